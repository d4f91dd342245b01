package gate

import "einklang/internal/rule/id"

// Row 1. GDPR Art. 17.
func erased(in *Input, v *Verdict) bool {
	if in.Recipient.Erased || in.Recipient.UnderErasure {
		return v.deny(ReasonErased)
	}
	return false
}

// Row 2. GDPR Art. 13 (notice), Art. 28 (agreement with the processor).
func numberNotReady(in *Input, v *Verdict) bool {
	var ways []Remedy
	if !in.Number.Active {
		ways = append(ways, ActivateNumber)
	}
	if in.Notice.Published.IsZero() {
		ways = append(ways, PublishNotice)
	}
	if !in.Number.AgreementValid {
		ways = append(ways, SignAgreement)
	}
	if len(ways) == 0 {
		return false
	}
	return v.deny(ReasonNumberNotReady, ways...)
}

// Row 3. GDPR Art. 7(3); WhatsApp's policy: respect every opt-out. The one
// confirmation of the opt-out itself is carried on by its duty, to meet the
// rows below like any other message.
func optedOut(in *Input, v *Verdict) bool {
	r := in.Recipient
	if r.Blocked {
		return v.deny(ReasonOptedOut, Unblock, UseOtherChannel)
	}
	if !r.OptedOut {
		if r.Halted && !in.duty(ErrandPrivacyAnswer) {
			return v.deny(ReasonHeld, AnswerDoubt, UseOtherChannel) // GDPR Art. 7(3): a STOP that came late
		}
		return false
	}
	if in.duty(ErrandOptOutConfirmation) {
		v.Basis = Basis{Kind: BasisDuty}
		return false
	}
	return v.deny(ReasonOptedOut, WaitForStart, UseOtherChannel)
}

// Row 4. GDPR Art. 18, except the answer to the person's own privacy request.
func restricted(in *Input, v *Verdict) bool {
	if !in.Recipient.Restricted || in.duty(ErrandPrivacyAnswer) {
		return false
	}
	return v.deny(ReasonRestricted, AskDataProtection, UseOtherChannel)
}

// Row 5. Cloud API: customer service window.
func windowClosed(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindFreeForm || in.windowOpen() {
		return false
	}
	return v.deny(ReasonWindowClosed, UseTemplate, AskToWriteFirst, UseOtherChannel)
}

// Row 6. Cloud API: templates; 131062 for authentication without a number.
func templateNotUsable(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindTemplate {
		return false
	}
	switch {
	case in.Asked.Category == Service:
		return v.deny(ReasonTemplateNotUsable, ChooseTemplate) // no template is in this category
	case !in.Template.Approved:
		return v.deny(ReasonTemplateNotUsable, AwaitApproval, ChooseTemplate)
	case in.Template.Category != in.Asked.Category:
		return v.deny(ReasonTemplateNotUsable, ChooseTemplate)
	case in.Asked.Category == Authentication && !in.Recipient.HasPhone:
		return v.deny(ReasonTemplateNotUsable, AskForPhoneNumber, UseOtherChannel)
	default:
		return false
	}
}

// Row 7. UWG §7(2); GDPR Art. 6(1)(a), 8, 21(2)–(3). An objection is absolute.
func marketing(in *Input, v *Verdict) bool {
	if in.Asked.Category != Marketing {
		return false
	}
	switch {
	case in.Recipient.Objected:
		return v.deny(ReasonObjected)
	case in.Recipient.Minor:
		return v.deny(ReasonMinor)
	case in.Recipient.Held || in.Recipient.Halted:
		return v.deny(ReasonHeld, AnswerDoubt)
	}
	basis, held := in.marketingBasis()
	if !held {
		ways := []Remedy{AskForConsent, InviteByEmail, ShowQRCode}
		if s := in.Consents.Marketing.State; s == ConsentPending || s == ConsentRequested {
			ways = append(ways, AwaitConfirmation)
		}
		return v.deny(ReasonNoMarketingConsent, ways...)
	}
	if in.Asked.Kind == KindTemplate && !in.Template.HasOptOutLine {
		return v.deny(ReasonTemplateNotUsable, AddOptOutLine, ChooseTemplate)
	}
	v.Basis = basis
	if in.Now.Before(in.QuietUntil) {
		v.Outcome, v.Reason, v.NotBefore = Defer, ReasonQuietHours, in.QuietUntil
		return true
	}
	if in.Asked.Kind == KindFreeForm {
		v.Duties = v.Duties.With(AppendOptOutLine)
	}
	return false
}

// marketingBasis is the marketing consent, or the exception for existing
// customers where the controller turned it on (UWG §7(3): all conditions). A
// purpose of the organisation's own needs its own consent as well.
func (in *Input) marketingBasis() (Basis, bool) {
	if in.Asked.OwnPurpose && !in.Consents.Own.ValidAt(in.Now) {
		return Basis{}, false
	}
	if c := in.Consents.Marketing; c.ValidAt(in.Now) {
		return Basis{BasisConsent, id.ID(c.ID)}, true
	}
	e := in.Existing
	if e.Enabled && e.Reason != "" && !e.Sale.IsZero() && e.SimilarGoods && e.InformedAtCollection && in.Consents.Marketing.State != ConsentWithdrawn {
		return Basis{BasisExistingCustomer, e.Sale}, true
	}
	return Basis{}, false
}

// Row 8. GDPR Art. 6(1)(a), (b).
func utilityTemplate(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindTemplate || in.Asked.Category == Marketing {
		return false
	}
	basis, held := in.basis()
	if !held {
		return v.deny(ReasonNoBasis, in.firstContact()...)
	}
	v.Basis = basis
	return false
}

// basis is what carries a message that is not advertising: its duty, or what
// carries any message on the channel. An opt-out to confirm or a request to
// answer either exists or does not; nothing stands in for it.
func (in *Input) basis() (Basis, bool) {
	if in.Asked.Occasion == SystemDuty {
		if in.duty(in.Asked.Errand) {
			return Basis{BasisDuty, id.ID(in.Asked.Case)}, true
		}
		if in.Asked.Errand == ErrandOptOutConfirmation || in.Asked.Errand == ErrandPrivacyAnswer {
			return Basis{}, false
		}
	}
	return in.channelBasis()
}

// channelBasis is consent for the channel, the open matter that the message is
// about, or a contract with the channel chosen. A purpose of the
// organisation's own rests on its own consent alone, and a matter never
// carries one message to many (S10).
func (in *Input) channelBasis() (Basis, bool) {
	c := in.Consents
	if in.Asked.OwnPurpose {
		return Basis{BasisConsent, id.ID(c.Own.ID)}.when(c.Own.ValidAt(in.Now))
	}
	switch {
	case c.Service.ValidAt(in.Now):
		return Basis{BasisConsent, id.ID(c.Service.ID)}, true
	case c.Utility.ValidAt(in.Now):
		return Basis{BasisConsent, id.ID(c.Utility.ID)}, true
	case in.Matter.Open && !in.Matter.ID.IsZero() && in.Asked.Occasion != Campaign:
		return Basis{BasisMatter, id.ID(in.Matter.ID)}, true
	case in.Contract.ChosenChannel && !in.Contract.ID.IsZero():
		return Basis{BasisContract, id.ID(in.Contract.ID)}, true
	default:
		return Basis{}, false
	}
}

// when is the basis if it holds.
func (b Basis) when(holds bool) (Basis, bool) {
	if !holds {
		return Basis{}, false
	}
	return b, true
}

// Row 9. S10: who writes first may be answered, in this matter. The notice
// goes first if its current version never went out (GDPR Art. 13).
func reply(in *Input, v *Verdict) bool {
	if v.Basis.Kind == BasisNone {
		basis, held := in.basis()
		if !held {
			return false
		}
		v.Basis = basis
	}
	if in.noticeDue() {
		v.Duties = v.Duties.With(SendNoticeFirst)
	}
	return false
}

// noticeDue reports whether the notice must go before this message. The
// notice itself and the confirmation of a STOP do not wait for it, and outside
// the window its link cannot go as free text.
func (in *Input) noticeDue() bool {
	if in.Asked.Occasion == SystemDuty && (in.Asked.Errand == ErrandNoticeDelivery || in.Asked.Errand == ErrandOptOutConfirmation) {
		return false
	}
	if !in.windowOpen() {
		return false
	}
	return in.Notice.Delivered.IsZero() || in.Notice.MateriallyChanged
}

// Row 10. S11: nobody is written to first without a record.
func noRecord(in *Input, v *Verdict) bool {
	if v.Basis.Kind != BasisNone {
		return false
	}
	return v.deny(ReasonNoBasis, in.firstContact()...)
}

// firstContact are the ways to a basis.
func (in *Input) firstContact() []Remedy {
	ways := []Remedy{AskToWriteFirst, ShowQRCode, InviteByEmail, AskForConsent}
	for _, c := range []Consent{in.Consents.Service, in.Consents.Utility} {
		if c.State == ConsentPending || c.State == ConsentRequested {
			return append(ways, AwaitConfirmation)
		}
	}
	return ways
}

// Row 11. S22. Replies inside the window are free and pass.
func budget(in *Input, v *Verdict) bool {
	if !in.Budget.Exhausted || in.free() {
		return false
	}
	return v.deny(ReasonBudget, RaiseBudget, AwaitReply)
}

// free: free-form messages and, inside the window, utility templates cost
// nothing (Cloud API: pricing). The answer to a privacy request may cost, but
// must be free for the person and so must not wait for money (GDPR Art. 12(5)).
func (in *Input) free() bool {
	return in.Budget.Free || in.Asked.Kind == KindFreeForm || in.duty(ErrandPrivacyAnswer) ||
		in.Asked.Category == Utility && in.windowOpen()
}

// Row 12.
func otherwise(_ *Input, v *Verdict) bool {
	v.Outcome, v.Reason = Allow, ReasonOK
	return true
}

func (in *Input) windowOpen() bool { return in.Now.Before(in.WindowEnds) }

// duty reports whether the message is this errand and the errand is real. A
// confirmation or the notice follows what the person just wrote, so it goes
// free-form into an open window.
func (in *Input) duty(e Errand) bool {
	if in.Asked.Occasion != SystemDuty || in.Asked.Errand != e {
		return false
	}
	follows := in.Asked.Kind == KindFreeForm && in.windowOpen()
	switch e {
	case ErrandOptOutConfirmation:
		return follows && in.Recipient.OptedOut && !in.Recipient.OptOutConfirmed
	case ErrandOptInConfirmation, ErrandNoticeDelivery:
		return follows
	case ErrandPrivacyAnswer:
		return !in.Asked.Case.IsZero()
	case ErrandNone:
		return false
	default:
		return false
	}
}
