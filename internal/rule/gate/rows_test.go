package gate

import (
	"testing"
	"time"

	"einklang/internal/rule/id"
)

// expected is what a case wants of the verdict; its zero members want the zero.
type expected struct {
	outcome  Outcome
	reason   Reason
	row      int
	basis    Basis
	duties   []Duty
	remedies []Remedy
}

func allowed(row int, b Basis, duties ...Duty) expected {
	return expected{outcome: Allow, reason: ReasonOK, row: row, basis: b, duties: duties}
}

func refused(row int, why Reason, ways ...Remedy) expected {
	return expected{outcome: Deny, reason: why, row: row, remedies: ways}
}

func deferred(b Basis) expected {
	return expected{outcome: Defer, reason: ReasonQuietHours, row: 7, basis: b}
}

func (e expected) check(t *testing.T, v Verdict) {
	t.Helper()
	if v.Outcome != e.outcome || v.Reason != e.reason || v.Row != e.row || v.Basis != e.basis {
		t.Errorf("got %s %s, row %d, basis %+v\nwant %s %s, row %d, basis %+v", v.Outcome, v.Reason, v.Row, v.Basis, e.outcome, e.reason, e.row, e.basis)
	}
	var duties Duties
	for _, d := range e.duties {
		duties = duties.With(d)
	}
	if v.Duties != duties {
		t.Errorf("duties %v, want %v", v.Duties.List(), e.duties)
	}
	if want := remedies(e.remedies...); v.Remedies != want {
		t.Errorf("remedies %v, want %v", v.Remedies.List(), want.List())
	}
	if e.row > 0 && v.RowName != Rows()[e.row-1].Name {
		t.Errorf("row %d is named %q", v.Row, v.RowName)
	}
}

// The ways out that recur.
var (
	toABasis    = []Remedy{AskToWriteFirst, ShowQRCode, InviteByEmail, AskForConsent}
	toMarketing = []Remedy{AskForConsent, InviteByEmail, ShowQRCode}
	toTheWindow = []Remedy{UseTemplate, AskToWriteFirst, UseOtherChannel}
	onceStopped = []Remedy{WaitForStart, UseOtherChannel}

	byMatter    = Basis{BasisMatter, id.ID(theMatter)}
	byContract  = Basis{BasisContract, id.ID(theContract)}
	byService   = Basis{BasisConsent, id.ID(serviceYes)}
	byUtility   = Basis{BasisConsent, id.ID(utilityYes)}
	byMarketing = Basis{BasisConsent, id.ID(marketingYes)}
	byOwn       = Basis{BasisConsent, id.ID(ownYes)}
	bySale      = Basis{BasisExistingCustomer, theSale}
	byDuty      = Basis{Kind: BasisDuty}
	byCase      = Basis{BasisDuty, id.ID(theCase)}
)

// TestRows is the table of privacy.md section 2.
func TestRows(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []given
		want  expected
	}{
		// Row 1. Recipient erased or under erasure.
		{"row 1: erased, whatever else holds", []given{wroteIn, asked(Reply, Service), consented(forService), func(in *Input) { in.Recipient.Erased = true }}, refused(1, ReasonErased)},
		{"row 1: under erasure", []given{wroteIn, asked(Reply, Service), func(in *Input) { in.Recipient.UnderErasure = true }}, refused(1, ReasonErased)},
		{"row 1: erased comes before a number that is not ready", []given{notActive, func(in *Input) { in.Recipient.Erased = true }}, refused(1, ReasonErased)},
		{"row 1: not even the answer to the request", []given{wroteIn, privacyAnswer, func(in *Input) { in.Recipient.Erased = true }}, refused(1, ReasonErased)},

		// Row 2. Number not active, no published notice, no valid processor agreement.
		{"row 2: number not active", []given{wroteIn, asked(Reply, Service), notActive}, refused(2, ReasonNumberNotReady, ActivateNumber)},
		{"row 2: no notice published", []given{wroteIn, asked(Reply, Service), nothingPublished}, refused(2, ReasonNumberNotReady, PublishNotice)},
		{"row 2: no valid processor agreement", []given{wroteIn, asked(Reply, Service), noAgreement}, refused(2, ReasonNumberNotReady, SignAgreement)},
		{"row 2: all three are named at once", []given{notActive, nothingPublished, noAgreement}, refused(2, ReasonNumberNotReady, ActivateNumber, PublishNotice, SignAgreement)},
		{"row 2: comes before STOP", []given{notActive, optedOutOfAll}, refused(2, ReasonNumberNotReady, ActivateNumber)},

		// Row 3. Recipient blocked by us, or opted out of everything.
		{"row 3: blocked by us", []given{wroteIn, asked(Reply, Service), isBlocked}, refused(3, ReasonOptedOut, Unblock, UseOtherChannel)},
		{"row 3: STOP, and a reply in the open window", []given{wroteIn, asked(Reply, Service), optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: STOP, and a template with every consent", []given{template(AgentInitiated, Utility), consented(forUtility), optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: STOP, and the answer to a privacy request", []given{wroteIn, privacyAnswer, optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: the one confirmation of the opt-out", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll}, allowed(3, byDuty)},
		{"row 3: the confirmation does not bring the notice", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, noticeNeverSent}, allowed(3, byDuty)},
		{"row 3: a second confirmation", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, optOutIsConfirmed}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: the confirmation after the window", []given{windowPassed, duty(ErrandOptOutConfirmation), optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: the confirmation as a template", []given{wroteIn, duty(ErrandOptOutConfirmation), asTemplate(Utility), optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},
		{"row 3: the confirmation to somebody we blocked", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, isBlocked}, refused(3, ReasonOptedOut, Unblock, UseOtherChannel)},
		{"row 3: an agent who calls an answer a confirmation", []given{wroteIn, asked(Reply, Service), func(in *Input) { in.Asked.Errand = ErrandOptOutConfirmation }, optedOutOfAll}, refused(3, ReasonOptedOut, onceStopped...)},

		// Row 4. Processing restricted (Art. 18).
		{"row 4: restricted", []given{wroteIn, asked(Reply, Service), isRestricted}, refused(4, ReasonRestricted, AskDataProtection, UseOtherChannel)},
		{"row 4: restricted, and the person's own privacy request is answered", []given{wroteIn, privacyAnswer, isRestricted}, allowed(9, byCase)},
		{"row 4: the same by template", []given{privacyAnswer, asTemplate(Utility), isRestricted}, allowed(8, byCase)},
		{"row 4: an answer to no request at all", []given{wroteIn, duty(ErrandPrivacyAnswer), isRestricted}, refused(4, ReasonRestricted, AskDataProtection, UseOtherChannel)},
		{"row 4: other duties do not step over it", []given{wroteIn, duty(ErrandNoticeDelivery), isRestricted}, refused(4, ReasonRestricted, AskDataProtection, UseOtherChannel)},
		{"row 4: nor does the confirmation of a STOP", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, isRestricted}, refused(4, ReasonRestricted, AskDataProtection, UseOtherChannel)},

		// Row 5. Free-form and window closed.
		{"row 5: the person never wrote", []given{consented(forService)}, refused(5, ReasonWindowClosed, toTheWindow...)},
		{"row 5: 24 hours have passed", []given{wroteIn, windowPassed, asked(Reply, Service)}, refused(5, ReasonWindowClosed, toTheWindow...)},
		{"row 5: the window closes this instant", []given{wroteIn, windowEndsNow, asked(Reply, Service)}, refused(5, ReasonWindowClosed, toTheWindow...)},
		{"row 5: the answer to a privacy request too", []given{privacyAnswer}, refused(5, ReasonWindowClosed, toTheWindow...)},

		// Row 6. Template not approved, paused, or category mismatch.
		{"row 6: not approved, or paused", []given{template(AgentInitiated, Utility), consented(forService), notApproved}, refused(6, ReasonTemplateNotUsable, AwaitApproval, ChooseTemplate)},
		{"row 6: a marketing template passed off as utility", []given{template(AgentInitiated, Utility), consented(forService), func(in *Input) { in.Template.Category = Marketing }}, refused(6, ReasonTemplateNotUsable, ChooseTemplate)},
		{"row 6: a utility template in a marketing message", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Template.Category = Utility }}, refused(6, ReasonTemplateNotUsable, ChooseTemplate)},
		{"row 6: no template is of the category service", []given{template(Reply, Service), wroteIn, consented(forService)}, refused(6, ReasonTemplateNotUsable, ChooseTemplate)},
		{"row 6: authentication needs a phone number (131062)", []given{template(AgentInitiated, Authentication), consented(forService), onlyUserID}, refused(6, ReasonTemplateNotUsable, AskForPhoneNumber, UseOtherChannel)},
		{"row 6: comes before consent", []given{template(Campaign, Marketing), notApproved}, refused(6, ReasonTemplateNotUsable, AwaitApproval, ChooseTemplate)},

		// Row 7. Marketing.
		{"row 7: explicit consent", []given{template(Campaign, Marketing), consented(forMarketing)}, allowed(7, byMarketing)},
		{"row 7: no consent", []given{template(Campaign, Marketing)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: consent for service is not consent for marketing", []given{template(Campaign, Marketing), consented(forService), consented(forUtility)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: neither is an open matter", []given{template(Reply, Marketing), wroteIn}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: nor a contract", []given{template(AgentInitiated, Marketing), choseWhatsApp}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: free text in the open window needs it as well", []given{wroteIn, asked(Reply, Marketing)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: free text with consent says how to stop", []given{wroteIn, asked(Reply, Marketing), consented(forMarketing)}, allowed(7, byMarketing, AppendOptOutLine)},
		{"row 7: withdrawn", []given{template(Campaign, Marketing), consent(forMarketing, ConsentWithdrawn)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: expired", []given{template(Campaign, Marketing), consent(forMarketing, ConsentExpired)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: superseded", []given{template(Campaign, Marketing), consent(forMarketing, ConsentSuperseded)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: asked for, not given", []given{template(Campaign, Marketing), consent(forMarketing, ConsentRequested)}, refused(7, ReasonNoMarketingConsent, append(toMarketing, AwaitConfirmation)...)},
		{"row 7: double opt-in not confirmed", []given{template(Campaign, Marketing), consent(forMarketing, ConsentPending)}, refused(7, ReasonNoMarketingConsent, append(toMarketing, AwaitConfirmation)...)},
		{"row 7: granted, but ran out this instant", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Consents.Marketing.ExpiresAt = now }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: granted, and runs out in a second", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Consents.Marketing.ExpiresAt = now.Add(time.Second) }}, allowed(7, byMarketing)},
		{"row 7: granted from tomorrow", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Consents.Marketing.GrantedAt = now.AddDate(0, 0, 1) }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: granted, without proof", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Consents.Marketing.ID = id.Consent(ref(0)) }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: an objection is absolute (Art. 21(2))", []given{template(Campaign, Marketing), consented(forMarketing), hasObjected}, refused(7, ReasonObjected)},
		{"row 7: an objection beats the exception for customers", []given{template(Campaign, Marketing), boughtSomething, hasObjected}, refused(7, ReasonObjected)},
		{"row 7: a minor", []given{template(Campaign, Marketing), consented(forMarketing), isMinor}, refused(7, ReasonMinor)},
		{"row 7: no opt-out line", []given{template(Campaign, Marketing), consented(forMarketing), noOptOutLine}, refused(7, ReasonTemplateNotUsable, AddOptOutLine, ChooseTemplate)},
		{"row 7: an objection is told before a missing opt-out line", []given{template(Campaign, Marketing), hasObjected, noOptOutLine}, refused(7, ReasonObjected)},
		{"row 7: quiet hours defer", []given{template(Campaign, Marketing), consented(forMarketing), quiet}, deferred(byMarketing)},
		{"row 7: quiet hours do not put off what can never be sent", []given{template(Campaign, Marketing), quiet}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: quiet hours that have just ended", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.QuietUntil = now }}, allowed(7, byMarketing)},
		{"row 7: quiet hours concern marketing alone", []given{wroteIn, asked(Reply, Service), quiet}, allowed(9, byMatter)},
		{"row 7: existing customer (UWG §7(3)), turned on with all conditions", []given{template(Campaign, Marketing), boughtSomething}, allowed(7, bySale)},
		{"row 7: existing customer, off", []given{template(Campaign, Marketing), boughtSomething, func(in *Input) { in.Existing.Enabled = false }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: existing customer, on without a reason", []given{template(Campaign, Marketing), boughtSomething, func(in *Input) { in.Existing.Reason = "" }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: existing customer, no sale", []given{template(Campaign, Marketing), boughtSomething, func(in *Input) { in.Existing.Sale = ref(0) }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: existing customer, other goods", []given{template(Campaign, Marketing), boughtSomething, func(in *Input) { in.Existing.SimilarGoods = false }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: existing customer, not told at the sale", []given{template(Campaign, Marketing), boughtSomething, func(in *Input) { in.Existing.InformedAtCollection = false }}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: existing customer who withdrew", []given{template(Campaign, Marketing), boughtSomething, consent(forMarketing, ConsentWithdrawn)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: an own purpose needs its consent and the marketing consent", []given{template(Campaign, Marketing), forOwnPurpose, consented(forOwn), consented(forMarketing)}, allowed(7, byMarketing)},
		{"row 7: an own purpose does not widen marketing", []given{template(Campaign, Marketing), forOwnPurpose, consented(forOwn), consent(forMarketing, ConsentWithdrawn)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: marketing consent alone does not carry an own purpose", []given{template(Campaign, Marketing), forOwnPurpose, consented(forMarketing)}, refused(7, ReasonNoMarketingConsent, toMarketing...)},
		{"row 7: nor does a sale", []given{template(Campaign, Marketing), forOwnPurpose, boughtSomething}, refused(7, ReasonNoMarketingConsent, toMarketing...)},

		// Row 8. Utility or authentication template.
		{"row 8: consent for service", []given{template(AgentInitiated, Utility), consented(forService)}, allowed(8, byService)},
		{"row 8: consent for utility", []given{template(Campaign, Utility), consented(forUtility)}, allowed(8, byUtility)},
		{"row 8: an open matter", []given{template(Reply, Utility), wroteIn, windowPassed}, allowed(8, byMatter)},
		{"row 8: a matter that is closed", []given{template(Reply, Utility), wroteIn, matterClosed}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a matter without proof", []given{template(Reply, Utility), wroteIn, func(in *Input) { in.Matter.ID = id.Matter(ref(0)) }}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a matter never carries a campaign", []given{template(Campaign, Utility), wroteIn}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a contract, the channel chosen", []given{template(Automation, Utility), choseWhatsApp}, allowed(8, byContract)},
		{"row 8: a contract, the channel not chosen", []given{template(Automation, Utility), choseWhatsApp, func(in *Input) { in.Contract.ChosenChannel = false }}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a contract without a record", []given{template(Automation, Utility), choseWhatsApp, func(in *Input) { in.Contract.ID = id.Contract(ref(0)) }}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: nothing", []given{template(AgentInitiated, Utility)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: marketing consent is not consent for the channel", []given{template(AgentInitiated, Utility), consented(forMarketing)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: consent that waits for confirmation", []given{template(AgentInitiated, Utility), consent(forService, ConsentPending)}, refused(8, ReasonNoBasis, append(toABasis, AwaitConfirmation)...)},
		{"row 8: authentication", []given{template(AgentInitiated, Authentication), consented(forService)}, allowed(8, byService)},
		{"row 8: authentication without a basis", []given{template(AgentInitiated, Authentication)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: an own purpose rests on its own consent", []given{template(Campaign, Utility), forOwnPurpose, consented(forOwn)}, allowed(8, byOwn)},
		{"row 8: and on no other", []given{template(Reply, Utility), forOwnPurpose, wroteIn, choseWhatsApp, consented(forService), consented(forUtility)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: the answer to a privacy request", []given{privacyAnswer, asTemplate(Utility)}, allowed(8, byCase)},
		{"row 8: an answer to no request", []given{duty(ErrandPrivacyAnswer), asTemplate(Utility), consented(forService)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a notice by template is no first contact", []given{duty(ErrandNoticeDelivery), asTemplate(Utility)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: nor is the confirmation of an opt-in", []given{duty(ErrandOptInConfirmation), asTemplate(Utility)}, refused(8, ReasonNoBasis, toABasis...)},
		{"row 8: a notice by template where the channel is agreed", []given{duty(ErrandNoticeDelivery), asTemplate(Utility), consented(forService)}, allowed(8, byService)},

		// Row 9. Reply inside the window to a contact-initiated conversation.
		{"row 9: a reply", []given{wroteIn, asked(Reply, Service)}, allowed(9, byMatter)},
		{"row 9: a reply to somebody known by user id only", []given{wroteIn, asked(Reply, Service), onlyUserID}, allowed(9, byMatter)},
		{"row 9: an automatic reply", []given{wroteIn, asked(Automation, Service)}, allowed(9, byMatter)},
		{"row 9: the notice was never sent", []given{wroteIn, asked(Reply, Service), noticeNeverSent}, allowed(9, byMatter, SendNoticeFirst)},
		{"row 9: the notice changed materially", []given{wroteIn, asked(Reply, Service), noticeChanged}, allowed(9, byMatter, SendNoticeFirst)},
		{"row 9: the notice was only reworded", []given{wroteIn, asked(Reply, Service), noticeReworded}, allowed(9, byMatter)},
		{"row 9: the notice goes before a template in the window too", []given{template(Reply, Utility), wroteIn, noticeNeverSent}, allowed(8, byMatter, SendNoticeFirst)},
		{"row 9: outside the window there is no way to send it", []given{template(Reply, Utility), consented(forService), noticeNeverSent}, allowed(8, byService)},
		{"row 9: the notice itself does not wait for the notice", []given{wroteIn, duty(ErrandNoticeDelivery), noticeNeverSent}, allowed(9, byDuty)},
		{"row 9: START is confirmed", []given{wroteIn, duty(ErrandOptInConfirmation)}, allowed(9, byDuty)},
		{"row 9: a STOP that never was is not confirmed", []given{wroteIn, duty(ErrandOptOutConfirmation)}, refused(10, ReasonNoBasis, toABasis...)},
		{"row 9: consent carries a reply without a matter", []given{wroteIn, matterClosed, asked(Reply, Service), consented(forService)}, allowed(9, byService)},
		{"row 9: the answer to a privacy request", []given{wroteIn, matterClosed, privacyAnswer}, allowed(9, byCase)},

		// Row 10. Agent-initiated or campaign first message without any record.
		{"row 10: the matter is closed and nothing else is there", []given{wroteIn, matterClosed}, refused(10, ReasonNoBasis, toABasis...)},
		{"row 10: a campaign into open windows", []given{wroteIn, asked(Campaign, Service)}, refused(10, ReasonNoBasis, toABasis...)},
		{"row 10: an own purpose without its consent", []given{wroteIn, asked(Reply, Service), forOwnPurpose}, refused(10, ReasonNoBasis, toABasis...)},
		{"row 10: consent that waits for confirmation", []given{wroteIn, matterClosed, consent(forUtility, ConsentRequested)}, refused(10, ReasonNoBasis, append(toABasis, AwaitConfirmation)...)},
		{"row 10: no duty is left of a refusal", []given{wroteIn, matterClosed, noticeNeverSent}, refused(10, ReasonNoBasis, toABasis...)},

		// Row 11. Budget used up.
		{"row 11: a template that costs", []given{template(AgentInitiated, Utility), consented(forService), budgetUsedUp}, refused(11, ReasonBudget, RaiseBudget, AwaitReply)},
		{"row 11: marketing costs inside the window too", []given{template(Campaign, Marketing), wroteIn, consented(forMarketing), budgetUsedUp}, refused(11, ReasonBudget, RaiseBudget, AwaitReply)},
		{"row 11: authentication costs inside the window too", []given{template(Reply, Authentication), wroteIn, budgetUsedUp}, refused(11, ReasonBudget, RaiseBudget, AwaitReply)},
		{"row 11: replies inside the window are free", []given{wroteIn, asked(Reply, Service), budgetUsedUp}, allowed(9, byMatter)},
		{"row 11: utility inside the window is free", []given{template(Reply, Utility), wroteIn, budgetUsedUp}, allowed(8, byMatter)},
		{"row 11: Meta does not charge this one", []given{template(AgentInitiated, Utility), consented(forService), budgetUsedUp, func(in *Input) { in.Budget.Free = true }}, allowed(8, byService)},
		{"row 11: the answer to a privacy request does not wait for money (Art. 12(5))", []given{privacyAnswer, asTemplate(Utility), budgetUsedUp}, allowed(8, byCase)},

		// Row 12. Otherwise allow: the verdict names the row of its basis.
		{"row 12: an unasked message in an open matter", []given{wroteIn}, allowed(9, byMatter)},

		// What the gate does not understand is refused.
		{"no occasion", []given{wroteIn, asked("", Service)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"an unknown occasion", []given{wroteIn, asked("newsletter", Service)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"an unknown category", []given{wroteIn, asked(Reply, "promotion")}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"an unknown kind", []given{wroteIn, asked(Reply, Service), func(in *Input) { in.Asked.Kind = "fax" }}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"a duty without an errand", []given{wroteIn, duty(ErrandNone)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"an unknown errand", []given{wroteIn, duty("greeting")}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"a confirmation that is advertising", []given{wroteIn, duty(ErrandOptOutConfirmation), asked(SystemDuty, Marketing), optedOutOfAll, consented(forMarketing)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"an answer that is advertising", []given{wroteIn, privacyAnswer, asked(SystemDuty, Marketing), consented(forMarketing)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"no time", []given{wroteIn, asked(Reply, Service), func(in *Input) { in.Now = time.Time{} }}, refused(0, ReasonNoBasis, CorrectRequest)},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Decide(facts(c.given...))
			c.want.check(t, v)
			if v.Outcome == Defer && !v.NotBefore.Equal(facts(c.given...).QuietUntil) {
				t.Errorf("deferred until %v", v.NotBefore)
			}
			if v.Outcome == Deny && (v.Remedies == 0) != v.Reason.HasNoRemedy() {
				t.Errorf("the refusal %s has the remedies %v", v.Reason, v.Remedies.List())
			}
		})
	}
}

func TestTheZeroInputIsRefused(t *testing.T) {
	refused(0, ReasonNoBasis, CorrectRequest).check(t, Decide(Input{}))
}

func TestRowsAreNumberedInOrder(t *testing.T) {
	for i, r := range Rows() {
		if r.Number != i+1 || r.Name == "" {
			t.Errorf("row %d is numbered %d and named %q", i+1, r.Number, r.Name)
		}
	}
	if len(Rows()) != 12 {
		t.Errorf("%d rows", len(Rows()))
	}
}

func TestTheVerdictNamesTheNoticeInForceAndItsConsent(t *testing.T) {
	v := Decide(facts(template(Campaign, Marketing), consented(forMarketing)))
	if v.NoticeVersion != theNotice || v.ConsentID() != marketingYes || !v.Allowed() {
		t.Errorf("%+v", v)
	}
	if v := Decide(facts(wroteIn)); !v.ConsentID().IsZero() {
		t.Errorf("a matter is named as consent: %+v", v)
	}
}
