// Package gate decides whether one message may go out to one person now.
//
// It is the heart of Einklang: nothing is sent to WhatsApp without a verdict
// of Decide, computed when the message is queued and again right before the
// call. Decide is a pure function of an Input: no database, no clock, no
// network. The caller gathers the facts, the gate judges them, and the caller
// stores the Verdict, so that each message proves on which basis it went out
// and each refusal names its rule and a way out.
//
// The rule has twelve rows (see Rows); the first that matches wins. Some
// interplay is worth knowing:
//
//   - Free-form messages meet the window (row 5) before anything about
//     consent, because outside the window WhatsApp takes only templates.
//   - Rows 7 to 10 find the lawful basis. If none of them refuses, the budget
//     (row 11) may, and only then the message is allowed. So the Row of an
//     allowed message is the row that found its basis, or 12.
//   - Quiet hours defer and never refuse, and they concern advertising alone.
//     They are looked at last within row 7: what she may never be sent is
//     refused at once. What later rows ask for is asked when it goes out.
//   - Advertising is what UWG means: Meta's category, the flag of a template or
//     of a purpose, or the word of whoever sends. It needs the marketing consent
//     whatever carries the message otherwise.
//   - A consent carries its own purpose: service what is free-form, utility
//     templates. One whose wording names both carries both. A purpose that she
//     took back is carried by nothing, but for a colleague's free-form answer
//     to what she wrote since.
//   - An own purpose of the organisation narrows, it never widens: a message
//     sent for it needs the consent for that purpose, and an advertising one
//     needs the marketing consent as well.
//   - A contact-initiated matter covers answers while it lasts: inside the
//     window automatic ones too, outside it only a colleague's (S10). It never
//     carries what the company begins, nor a campaign, nor advertising.
//   - System duties are the answer to her own privacy request (the code for it
//     included), the one confirmation of a STOP and the letter of Art. 34. They
//     wait for no notice, no basis and no money, and each passes only where it
//     is real. The notice and the confirmation of an opt-in follow her own last
//     message: they have a basis of their own, and no other privilege. The
//     notice that has to go before an answer goes where that answer goes.
//   - A machine's answer (AI) is never a colleague's, whatever it is called.
//   - What the gate does not understand is refused.
package gate
