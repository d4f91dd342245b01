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
//   - Quiet hours defer and never refuse, and they concern marketing alone.
//     They are looked at last within row 7: what could never be sent is
//     refused at once instead of being put off.
//   - An own purpose of the organisation narrows, it never widens: a message
//     sent for it needs the consent for that purpose, and a marketing message
//     needs the marketing consent as well.
//   - A contact-initiated matter covers answers about that matter. It never
//     carries a campaign (S10) and never marketing.
//   - A system duty passes only where the duty itself is real: the one
//     confirmation of an opt-out while the window is open (row 3), the answer
//     in an existing privacy case (row 4), the notice and the confirmation of
//     an opt-in as free text into the open window. Marketing is never a duty.
//     The exceptions of rows 3 and 4 only step over their own row: who is
//     restricted gets no confirmation, who said STOP no answer over WhatsApp.
//   - The notice goes first while the window is open, when it can be sent
//     free-form. The delivery of the notice does not ask for the notice again,
//     nor does a person who said STOP get one with the confirmation.
//   - The budget stops only what costs: free-form messages and utility
//     templates inside the window are free, and so must be the answer to a
//     privacy request (GDPR Art. 12(5)).
//   - What the gate does not understand is refused.
package gate
