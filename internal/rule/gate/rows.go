package gate

import "einklang/internal/rule/id"

// Row 1. GDPR Art. 17.
func erased(in *Input, v *Verdict) bool {
	if in.Recipient.Erased || in.Recipient.UnderErasure {
		return v.deny(ReasonErased)
	}
	return false
}

// Row 2. GDPR Art. 13 (notice), Art. 28 (agreement with the processor). A
// system duty waits for no notice (S12).
func numberNotReady(in *Input, v *Verdict) bool {
	var ways []Remedy
	if !in.Number.Active {
		ways = append(ways, ActivateNumber)
	}
	if (in.Notice.Published.IsZero() || in.Notice.Lacking) && !in.systemDuty() {
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

// Row 3. GDPR Art. 7(3), 12, 15 to 22; WhatsApp's policy: respect every opt-out.
// Whoever we blocked gets the answer to her own request and nothing else. The
// STOP stands when she writes again: only what she asked is answered.
func optedOut(in *Input, v *Verdict) bool {
	r := in.Recipient
	switch {
	case in.duty(ErrandPrivacyAnswer):
		return false
	case r.Blocked:
		return v.deny(ReasonOptedOut, Unblock, UseOtherChannel)
	case !r.OptedOut && r.Halted: // a STOP that came late
		return v.deny(ReasonHeld, AnswerDoubt, UseOtherChannel)
	case !r.OptedOut, in.answersAfterStop():
		return false
	case in.duty(ErrandOptOutConfirmation):
		v.Basis = Basis{Kind: BasisDuty}
		return false
	default:
		return v.deny(ReasonOptedOut, WaitForStart, UseOtherChannel)
	}
}

// answersAfterStop: a colleague's free-form reply to what she wrote after her
// STOP, inside the window, and the notice that has to go before it.
func (in *Input) answersAfterStop() bool {
	if !in.Recipient.WroteAgain || in.Asked.Kind != KindFreeForm || !in.windowOpen() || in.advertising() {
		return false
	}
	return in.colleague() || in.duty(ErrandNoticeDelivery)
}

// Row 4. GDPR Art. 18(2): restricted data is used for a duty of ours, or with
// her consent to this very use.
func restricted(in *Input, v *Verdict) bool {
	if !in.Recipient.Restricted || in.systemDuty() || !in.Asked.Consented.IsZero() {
		return false
	}
	return v.deny(ReasonRestricted, RecordUse, AskDataProtection, UseOtherChannel)
}

// Row 5. Cloud API: customer service window.
func windowClosed(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindFreeForm || in.windowOpen() {
		return false
	}
	return v.deny(ReasonWindowClosed, UseTemplate, AskToWriteFirst, UseOtherChannel)
}

// Row 6. Cloud API: templates; 131062 for authentication without a number. To a
// template nothing can be added, so an AI needs one that says what it is.
func templateNotUsable(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindTemplate {
		return false
	}
	switch {
	case in.Asked.Category == Service:
		return v.deny(ReasonTemplateNotUsable, ChooseTemplate) // no template is in this category
	case !in.Template.Approved:
		return v.deny(ReasonTemplateNotUsable, AwaitApproval, ChooseTemplate)
	case in.Template.Category != in.Asked.Category, in.Asked.AI && !in.Template.SaysAI:
		return v.deny(ReasonTemplateNotUsable, ChooseTemplate)
	case in.Asked.Category == Authentication && !in.Recipient.HasPhone:
		return v.deny(ReasonTemplateNotUsable, AskForPhoneNumber, UseOtherChannel)
	default:
		return false
	}
}

// advertising is what UWG means: Meta's category, the flag of the template, the
// organisation's purpose, or whoever sends says so.
func (in *Input) advertising() bool {
	return in.Asked.Category == Marketing || in.Asked.Advertising || in.Asked.OwnPurpose && in.Consents.OwnAdvertises ||
		in.Asked.Kind == KindTemplate && (in.Template.Advertising || in.Template.Category == Marketing)
}

// Row 7. UWG §7(2); GDPR Art. 6(1)(a), 8, 21(2)–(3). An objection is absolute.
func marketing(in *Input, v *Verdict) bool {
	if !in.advertising() {
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
	switch {
	case in.Asked.Kind == KindTemplate && !in.Template.HasOptOutLine:
		return v.deny(ReasonTemplateNotUsable, AddOptOutLine, ChooseTemplate)
	case in.Asked.Kind == KindFreeForm && in.Asked.NoRoom:
		return v.deny(ReasonNoRoom, WriteText)
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
	if e.Enabled && e.Reason != "" && !e.Sale.IsZero() && e.NumberWithSale && e.SimilarGoods && e.InformedAtCollection && in.Consents.Marketing.State != ConsentWithdrawn {
		return Basis{BasisExistingCustomer, e.Sale}, true
	}
	return Basis{}, false
}

// Row 8. GDPR Art. 6(1)(a), (b).
func utilityTemplate(in *Input, v *Verdict) bool {
	if in.Asked.Kind != KindTemplate || v.Basis.Kind != BasisNone {
		return false
	}
	basis, held := in.basis()
	if !held {
		return v.deny(ReasonNoBasis, in.firstContact()...)
	}
	v.Basis = basis
	return false
}

// Row 9. S10: who writes first may be answered, in this matter. The notice
// goes first if its current version never went out; where it cannot go before,
// the first message carries its link, or the notice was handed over (GDPR
// Art. 13(1), 14(3)(b)). A code that she asks for waits for neither: such
// templates hold no link.
func reply(in *Input, v *Verdict) bool {
	if v.Basis.Kind == BasisNone {
		basis, held := in.basis()
		if !held {
			return false
		}
		v.Basis = basis
	}
	carries := in.Asked.Kind == KindTemplate && in.Template.HoldsNotice
	if in.systemDuty() || in.Asked.Errand == ErrandNoticeDelivery || carries {
		return false
	}
	never := in.Notice.Delivered.IsZero()
	if in.windowOpen() {
		if never || in.Notice.MateriallyChanged {
			v.Duties = v.Duties.With(SendNoticeFirst)
		}
		return false
	}
	code := in.Asked.Category == Authentication && in.Asked.Occasion != Campaign
	if !never || code {
		return false
	}
	return v.deny(ReasonNoticeNotDelivered, UseNoticeTemplate, RecordNotice, AskToWriteFirst)
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

// Row 11. S22. What the law asks of us does not wait for money (GDPR
// Art. 12(5)). Where replies to waiting customers may overdraw, the notice that
// goes before one does too.
func budget(in *Input, v *Verdict) bool {
	if !in.Budget.Exhausted || in.systemDuty() {
		return false
	}
	if in.Budget.Overdraw && in.windowOpen() && !in.advertising() && (in.colleague() || in.duty(ErrandNoticeDelivery)) {
		return false
	}
	return v.deny(ReasonBudget, RaiseBudget, AllowOverdraft)
}

// Row 12. AI Act Art. 50(1).
func otherwise(in *Input, v *Verdict) bool {
	if in.Asked.AI && in.Asked.Kind == KindFreeForm {
		if in.Asked.NoRoom {
			return v.deny(ReasonNoRoom, WriteText)
		}
		v.Duties = v.Duties.With(SayItIsAI)
	}
	v.Outcome, v.Reason = Allow, ReasonOK
	return true
}
