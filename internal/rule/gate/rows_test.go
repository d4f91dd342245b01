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
	byBreach    = Basis{BasisDuty, id.ID(theBreach)}

	toANotice    = []Remedy{UseNoticeTemplate, RecordNotice, AskToWriteFirst}
	moreMoney    = []Remedy{RaiseBudget, AllowOverdraft}
	onlyOfficers = []Remedy{RecordUse, AskDataProtection, UseOtherChannel}
)

// rowCase is a line of the table: what is given, and what follows.
type rowCase struct {
	name  string
	given []given
	want  expected
}

func checkRow(t *testing.T, cases []rowCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.want.check(t, Decide(facts(c.given...))) })
	}
}

func TestRow01Erased(t *testing.T) {
	underErasure := func(in *Input) { in.Recipient.UnderErasure = true }
	gone := func(in *Input) { in.Recipient.Erased = true }
	checkRow(t, []rowCase{
		{"erased, whatever else holds", []given{wroteIn, consented(forService), gone}, refused(1, ReasonErased)},
		{"under erasure", []given{wroteIn, underErasure}, refused(1, ReasonErased)},
		{"comes before a number that is not ready", []given{notActive, gone}, refused(1, ReasonErased)},
		{"not even the answer to the request", []given{wroteIn, privacyAnswer, gone}, refused(1, ReasonErased)},
	})
}

func TestRow02NumberNotReady(t *testing.T) {
	notReady := func(ways ...Remedy) expected { return refused(2, ReasonNumberNotReady, ways...) }
	checkRow(t, []rowCase{
		{"number not active", []given{wroteIn, notActive}, notReady(ActivateNumber)},
		{"no notice published", []given{wroteIn, nothingPublished}, notReady(PublishNotice)},
		{"the notice in force lacks a part", []given{wroteIn, noticeLacks}, notReady(PublishNotice)},
		{"no valid processor agreement", []given{wroteIn, noAgreement}, notReady(SignAgreement)},
		{"all three are named at once", []given{notActive, nothingPublished, noAgreement}, notReady(ActivateNumber, PublishNotice, SignAgreement)},
		{"comes before STOP", []given{notActive, optedOutOfAll}, notReady(ActivateNumber)},
		{"the confirmation of a STOP waits for no notice (S12)", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, nothingPublished}, allowed(3, byDuty)},
		{"nor does the answer to a privacy request", []given{wroteIn, privacyAnswer, nothingPublished}, allowed(9, byCase)},
		{"nor the letter of Art. 34", []given{wroteIn, breachLetter, noticeLacks}, allowed(9, byBreach)},
		{"the confirmation of a START does", []given{wroteIn, duty(ErrandOptInConfirmation), nothingPublished}, notReady(PublishNotice)},
		{"a duty needs an active number", []given{wroteIn, privacyAnswer, nothingPublished, notActive}, notReady(ActivateNumber)},
		{"and an agreement", []given{wroteIn, privacyAnswer, nothingPublished, noAgreement}, notReady(SignAgreement)},
	})
}

func TestRow03OptedOut(t *testing.T) {
	stopped := refused(3, ReasonOptedOut, onceStopped...)
	blocked := refused(3, ReasonOptedOut, Unblock, UseOtherChannel)
	checkRow(t, []rowCase{
		{"blocked by us", []given{wroteIn, isBlocked}, blocked},
		{"blocked, and she writes again after STOP", []given{wroteIn, isBlocked, optedOutOfAll, wroteAgain}, blocked},
		{"blocked, and her privacy request is answered", []given{wroteIn, privacyAnswer, isBlocked}, allowed(9, byCase)},
		{"STOP, and a reply in the open window", []given{wroteIn, optedOutOfAll}, stopped},
		{"STOP, and a template with every consent", []given{template(AgentInitiated, Utility), consented(forUtility), optedOutOfAll}, stopped},
		{"STOP, and the answer to a privacy request", []given{wroteIn, privacyAnswer, optedOutOfAll}, allowed(9, byCase)},
		{"STOP, and the code that she asked for", []given{privacyAnswer, asTemplate(Authentication), optedOutOfAll}, allowed(8, byCase)},
		{"STOP, and an answer to no request", []given{wroteIn, duty(ErrandPrivacyAnswer), optedOutOfAll}, stopped},
		{"STOP: the letter of Art. 34 goes another way", []given{wroteIn, breachLetter, optedOutOfAll}, stopped},
		{"the one confirmation of the opt-out", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll}, allowed(3, byDuty)},
		{"the confirmation does not bring the notice", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, noticeNeverSent}, allowed(3, byDuty)},
		{"a second confirmation", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, optOutIsConfirmed}, stopped},
		{"the confirmation after the window", []given{windowPassed, duty(ErrandOptOutConfirmation), optedOutOfAll}, stopped},
		{"the confirmation as a template", []given{wroteIn, duty(ErrandOptOutConfirmation), asTemplate(Utility), optedOutOfAll}, stopped},
		{"the confirmation to somebody we blocked", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, isBlocked}, blocked},
		{"an agent who calls an answer a confirmation", []given{wroteIn, func(in *Input) { in.Asked.Errand = ErrandOptOutConfirmation }, optedOutOfAll}, stopped},

		{"she writes again: a colleague's free-form reply", []given{wroteIn, optedOutOfAll, wroteAgain, tookBack(forService, 2*time.Hour)}, allowed(9, byMatter)},
		{"and the notice before it", []given{wroteIn, optedOutOfAll, wroteAgain, noticeNeverSent}, allowed(9, byMatter, SendNoticeFirst)},
		{"which is not a duty that she stopped", []given{wroteIn, duty(ErrandNoticeDelivery), optedOutOfAll, wroteAgain, noticeNeverSent}, allowed(9, byDuty)},
		{"she writes again, and a template", []given{template(Reply, Utility), wroteIn, optedOutOfAll, wroteAgain}, stopped},
		{"she writes again, and an automatic answer", []given{wroteIn, asked(Automation, Service), optedOutOfAll, wroteAgain}, stopped},
		{"she writes again, and a machine", []given{wroteIn, optedOutOfAll, wroteAgain, byMachine}, stopped},
		{"she writes again, and a campaign", []given{wroteIn, asked(Campaign, Service), optedOutOfAll, wroteAgain, consented(forService)}, stopped},
		{"she writes again, and something unasked", []given{wroteIn, asked(AgentInitiated, Service), optedOutOfAll, wroteAgain}, stopped},
		{"she writes again, and advertising", []given{wroteIn, asAdvertising, optedOutOfAll, wroteAgain, consented(forMarketing)}, stopped},
		{"she wrote again, a day ago", []given{wroteIn, windowPassed, optedOutOfAll, wroteAgain}, stopped},
		{"she writes again, the conversation is closed", []given{wroteIn, matterClosed, optedOutOfAll, wroteAgain}, refused(10, ReasonNoBasis, toABasis...)},
	})
}

func TestRow04Restricted(t *testing.T) {
	restricted := refused(4, ReasonRestricted, onlyOfficers...)
	checkRow(t, []rowCase{
		{"restricted", []given{wroteIn, isRestricted}, restricted},
		{"the person's own privacy request is answered", []given{wroteIn, privacyAnswer, isRestricted}, allowed(9, byCase)},
		{"the same by template", []given{privacyAnswer, asTemplate(Utility), isRestricted}, allowed(8, byCase)},
		{"her STOP is confirmed", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, isRestricted}, allowed(3, byDuty)},
		{"the letter of Art. 34", []given{wroteIn, breachLetter, isRestricted}, allowed(9, byBreach)},
		{"an answer to no request at all", []given{wroteIn, duty(ErrandPrivacyAnswer), isRestricted}, restricted},
		{"the notice alone is no system duty", []given{wroteIn, duty(ErrandNoticeDelivery), isRestricted}, restricted},
		{"nor is the confirmation of START", []given{wroteIn, duty(ErrandOptInConfirmation), isRestricted}, restricted},
		{"a use to which she consented (18(2))", []given{wroteIn, isRestricted, consentedToThis}, allowed(9, byMatter)},
		{"such a consent replaces no basis", []given{template(AgentInitiated, Utility), isRestricted, consentedToThis}, refused(8, ReasonNoBasis, toABasis...)},
	})
}

func TestRow05WindowClosed(t *testing.T) {
	closed := refused(5, ReasonWindowClosed, toTheWindow...)
	checkRow(t, []rowCase{
		{"the person never wrote", []given{consented(forService)}, closed},
		{"24 hours have passed", []given{wroteIn, windowPassed}, closed},
		{"the window closes this instant", []given{wroteIn, windowEndsNow}, closed},
		{"the answer to a privacy request too", []given{privacyAnswer}, closed},
	})
}

func TestRow06TemplateNotUsable(t *testing.T) {
	other := refused(6, ReasonTemplateNotUsable, ChooseTemplate)
	waits := refused(6, ReasonTemplateNotUsable, AwaitApproval, ChooseTemplate)
	checkRow(t, []rowCase{
		{"not approved, or paused", []given{template(AgentInitiated, Utility), consented(forUtility), notApproved}, waits},
		{"a marketing template passed off as utility", []given{template(AgentInitiated, Utility), consented(forUtility), func(in *Input) { in.Template.Category = Marketing }}, other},
		{"a utility template in a marketing message", []given{template(Campaign, Marketing), consented(forMarketing), func(in *Input) { in.Template.Category = Utility }}, other},
		{"no template is of the category service", []given{template(Reply, Service), wroteIn, consented(forService)}, other},
		{"authentication needs a phone number (131062)", []given{template(AgentInitiated, Authentication), consented(forUtility), onlyUserID}, refused(6, ReasonTemplateNotUsable, AskForPhoneNumber, UseOtherChannel)},
		{"comes before consent", []given{template(Campaign, Marketing), notApproved}, waits},
		{"a machine needs one that says what it is", []given{template(Automation, Utility), consented(forUtility), byMachine}, other},
		{"and may send that", []given{template(Automation, Utility), consented(forUtility), byMachine, sayingAI}, allowed(8, byUtility)},
	})
}

func TestRow07Advertising(t *testing.T) {
	none := refused(7, ReasonNoMarketingConsent, toMarketing...)
	waiting := refused(7, ReasonNoMarketingConsent, append(toMarketing, AwaitConfirmation)...)
	campaign := template(Campaign, Marketing)
	checkRow(t, []rowCase{
		{"explicit consent", []given{campaign, consented(forMarketing)}, allowed(7, byMarketing)},
		{"no consent", []given{campaign}, none},
		{"consent for service is not consent for marketing", []given{campaign, consented(forService), consented(forUtility)}, none},
		{"nor is one whose wording names service and utility", []given{campaign, consented(forService), worded(forService)}, none},
		{"neither is an open matter", []given{template(Reply, Marketing), wroteIn}, none},
		{"nor a contract", []given{template(AgentInitiated, Marketing), choseWhatsApp}, none},
		{"free text in the open window needs it as well", []given{wroteIn, asked(Reply, Marketing)}, none},
		{"free text with consent says how to stop", []given{wroteIn, asked(Reply, Marketing), consented(forMarketing)}, allowed(7, byMarketing, AppendOptOutLine)},
		{"withdrawn", []given{campaign, consent(forMarketing, ConsentWithdrawn)}, none},
		{"expired", []given{campaign, consent(forMarketing, ConsentExpired)}, none},
		{"superseded", []given{campaign, consent(forMarketing, ConsentSuperseded)}, none},
		{"asked for, not given", []given{campaign, consent(forMarketing, ConsentRequested)}, waiting},
		{"double opt-in not confirmed", []given{campaign, consent(forMarketing, ConsentPending)}, waiting},
		{"granted, but ran out this instant", []given{campaign, consented(forMarketing), func(in *Input) { in.Consents.Marketing.ExpiresAt = now }}, none},
		{"granted, and runs out in a second", []given{campaign, consented(forMarketing), func(in *Input) { in.Consents.Marketing.ExpiresAt = now.Add(time.Second) }}, allowed(7, byMarketing)},
		{"granted from tomorrow", []given{campaign, consented(forMarketing), func(in *Input) { in.Consents.Marketing.GrantedAt = now.AddDate(0, 0, 1) }}, none},
		{"granted, without proof", []given{campaign, consented(forMarketing), func(in *Input) { in.Consents.Marketing.ID = id.Consent(ref(0)) }}, none},
		{"an objection is absolute (Art. 21(2))", []given{campaign, consented(forMarketing), hasObjected}, refused(7, ReasonObjected)},
		{"an objection beats the exception for customers", []given{campaign, boughtSomething, hasObjected}, refused(7, ReasonObjected)},
		{"a minor", []given{campaign, consented(forMarketing), isMinor}, refused(7, ReasonMinor)},
		{"no opt-out line", []given{campaign, consented(forMarketing), noOptOutLine}, refused(7, ReasonTemplateNotUsable, AddOptOutLine, ChooseTemplate)},
		{"an objection is told before a missing opt-out line", []given{campaign, hasObjected, noOptOutLine}, refused(7, ReasonObjected)},
		{"a content without words takes no opt-out line", []given{wroteIn, asAdvertising, consented(forMarketing), withoutRoom}, refused(7, ReasonNoRoom, WriteText)},
		{"quiet hours defer", []given{campaign, consented(forMarketing), quiet}, deferred(byMarketing)},
		{"quiet hours do not put off what can never be sent", []given{campaign, quiet}, none},
		{"quiet hours that have just ended", []given{campaign, consented(forMarketing), func(in *Input) { in.QuietUntil = now }}, allowed(7, byMarketing)},
		{"quiet hours concern marketing alone", []given{wroteIn, quiet}, allowed(9, byMatter)},

		// Marketing is what UWG means (BGH VI ZR 225/17, VI ZR 134/15).
		{"an offer in a reply is advertising", []given{wroteIn, asAdvertising}, none},
		{"the same with consent", []given{wroteIn, asAdvertising, consented(forMarketing)}, allowed(7, byMarketing, AppendOptOutLine)},
		{"the same in quiet hours", []given{wroteIn, asAdvertising, consented(forMarketing), quiet}, deferred(byMarketing)},
		{"the same after an objection", []given{wroteIn, asAdvertising, consented(forMarketing), hasObjected}, refused(7, ReasonObjected)},
		{"the same to a minor", []given{wroteIn, asAdvertising, consented(forMarketing), isMinor}, refused(7, ReasonMinor)},
		{"an automatic text that advertises", []given{wroteIn, asked(Automation, Service), asAdvertising}, none},
		{"a template that the organisation marked, whatever Meta calls it", []given{template(Reply, Utility), wroteIn, consented(forUtility), templateAdvertises}, none},
		{"such a template with consent", []given{template(Campaign, Utility), consented(forMarketing), templateAdvertises}, allowed(7, byMarketing)},
		{"such a template without an opt-out line", []given{template(Campaign, Utility), consented(forMarketing), templateAdvertises, noOptOutLine}, refused(7, ReasonTemplateNotUsable, AddOptOutLine, ChooseTemplate)},
		{"a purpose of the organisation's own that is advertising", []given{wroteIn, forOwnPurpose, ownAdvertises, consented(forOwn)}, none},
		{"such a purpose with both consents", []given{wroteIn, forOwnPurpose, ownAdvertises, consented(forOwn), consented(forMarketing)}, allowed(7, byMarketing, AppendOptOutLine)},
		{"nor is a template that the organisation marked", []given{privacyAnswer, asTemplate(Utility), templateAdvertises, consented(forMarketing)}, refused(0, ReasonNoBasis, CorrectRequest)},
		{"advertising is no system duty", []given{wroteIn, privacyAnswer, asAdvertising, consented(forMarketing)}, refused(0, ReasonNoBasis, CorrectRequest)},

		{"existing customer (UWG §7(3)), turned on with all conditions", []given{campaign, boughtSomething}, allowed(7, bySale)},
		{"existing customer, off", []given{campaign, boughtSomething, func(in *Input) { in.Existing.Enabled = false }}, none},
		{"existing customer, on without a reason", []given{campaign, boughtSomething, func(in *Input) { in.Existing.Reason = "" }}, none},
		{"existing customer, no sale", []given{campaign, boughtSomething, func(in *Input) { in.Existing.Sale = ref(0) }}, none},
		{"existing customer, number from elsewhere", []given{campaign, boughtSomething, func(in *Input) { in.Existing.NumberWithSale = false }}, none},
		{"existing customer who objected", []given{campaign, boughtSomething, hasObjected}, refused(7, ReasonObjected)},
		{"existing customer, other goods", []given{campaign, boughtSomething, func(in *Input) { in.Existing.SimilarGoods = false }}, none},
		{"existing customer, not told at the sale", []given{campaign, boughtSomething, func(in *Input) { in.Existing.InformedAtCollection = false }}, none},
		{"existing customer who withdrew", []given{campaign, boughtSomething, consent(forMarketing, ConsentWithdrawn)}, none},
		{"an own purpose needs its consent and the marketing consent", []given{campaign, forOwnPurpose, consented(forOwn), consented(forMarketing)}, allowed(7, byMarketing)},
		{"an own purpose does not widen marketing", []given{campaign, forOwnPurpose, consented(forOwn), consent(forMarketing, ConsentWithdrawn)}, none},
		{"marketing consent alone does not carry an own purpose", []given{campaign, forOwnPurpose, consented(forMarketing)}, none},
		{"nor does a sale", []given{campaign, forOwnPurpose, boughtSomething}, none},
	})
}

func TestRow08UtilityTemplate(t *testing.T) {
	none := refused(8, ReasonNoBasis, toABasis...)
	after := []given{template(Reply, Utility), wroteIn, windowPassed}
	and := func(all []given, more ...given) []given { return append(append([]given{}, all...), more...) }
	checkRow(t, []rowCase{
		{"consent for utility", []given{template(Campaign, Utility), consented(forUtility)}, allowed(8, byUtility)},
		{"consent for service does not carry it", []given{template(AgentInitiated, Utility), consented(forService)}, none},
		{"unless its wording says so", []given{template(AgentInitiated, Utility), consented(forService), worded(forService)}, allowed(8, byService)},
		{"nor does one on a mail alone, whatever its wording says", []given{template(AgentInitiated, Utility), consented(forService), worded(forService), byMailAlone(forService)}, none},
		{"not where utility was withdrawn", []given{template(AgentInitiated, Utility), consented(forService), worded(forService), tookBack(forUtility, time.Hour)}, none},
		{"an open matter, inside the window", []given{template(Reply, Utility), wroteIn}, allowed(8, byMatter)},
		{"inside the window an automatic answer too", []given{template(Automation, Utility), wroteIn}, allowed(8, byMatter)},
		{"not what a colleague begins", []given{template(AgentInitiated, Utility), wroteIn}, none},
		{"outside the window a colleague's answer", after, allowed(8, byMatter)},
		{"but no automatic one", []given{template(Automation, Utility), wroteIn, windowPassed}, none},
		{"nor a machine's", and(after, byMachine, sayingAI), none},
		{"a matter ends 30 days after her last message", and(after, matterEnds(now)), none},
		{"and not a second before", and(after, matterEnds(now.Add(time.Second))), allowed(8, byMatter)},
		{"a matter that is closed", and(after, matterClosed), none},
		{"a matter without proof", and(after, func(in *Input) { in.Matter.ID = id.Matter(ref(0)) }), none},
		{"a matter never carries a campaign", []given{template(Campaign, Utility), wroteIn}, none},
		{"nor a purpose that she withdrew", []given{template(Reply, Utility), wroteIn, tookBack(forUtility, 2*time.Hour)}, none},
		{"nor does a contract", []given{template(Automation, Utility), choseWhatsApp, tookBack(forUtility, time.Hour)}, none},
		{"what she took back of service is another purpose", []given{template(Reply, Utility), wroteIn, tookBack(forService, time.Hour)}, allowed(8, byMatter)},
		{"a contract, the channel chosen", []given{template(Automation, Utility), choseWhatsApp}, allowed(8, byContract)},
		{"a contract, the channel not chosen", []given{template(Automation, Utility), choseWhatsApp, func(in *Input) { in.Contract.ChosenChannel = false }}, none},
		{"a contract without a record", []given{template(Automation, Utility), choseWhatsApp, func(in *Input) { in.Contract.ID = id.Contract(ref(0)) }}, none},
		{"nothing", []given{template(AgentInitiated, Utility)}, none},
		{"marketing consent is not consent for the channel", []given{template(AgentInitiated, Utility), consented(forMarketing)}, none},
		{"consent that waits for confirmation", []given{template(AgentInitiated, Utility), consent(forUtility, ConsentPending)}, refused(8, ReasonNoBasis, append(toABasis, AwaitConfirmation)...)},
		{"authentication", []given{template(AgentInitiated, Authentication), consented(forUtility)}, allowed(8, byUtility)},
		{"authentication by consent for service", []given{template(AgentInitiated, Authentication), consented(forService)}, none},
		{"authentication without a basis", []given{template(AgentInitiated, Authentication)}, none},
		{"an own purpose rests on its own consent", []given{template(Campaign, Utility), forOwnPurpose, consented(forOwn)}, allowed(8, byOwn)},
		{"and on no other", []given{template(Reply, Utility), forOwnPurpose, wroteIn, choseWhatsApp, consented(forService), consented(forUtility)}, none},
		{"the answer to a privacy request", []given{privacyAnswer, asTemplate(Utility)}, allowed(8, byCase)},
		{"an answer to no request", []given{duty(ErrandPrivacyAnswer), asTemplate(Utility), consented(forUtility)}, none},
		{"the letter of Art. 34", []given{breachLetter, asTemplate(Utility)}, allowed(8, byBreach)},
		{"a letter about no breach", []given{duty(ErrandBreachLetter), asTemplate(Utility), consented(forUtility)}, none},
		{"a notice by template is no first contact", []given{duty(ErrandNoticeDelivery), asTemplate(Utility)}, none},
		{"nor is the confirmation of an opt-in", []given{duty(ErrandOptInConfirmation), asTemplate(Utility)}, none},
		{"a notice by template where the purpose is agreed", []given{duty(ErrandNoticeDelivery), asTemplate(Utility), consented(forUtility), noticeNeverSent}, allowed(8, byUtility)},
	})
}

func TestRow09ReplyAndNotice(t *testing.T) {
	undelivered := refused(9, ReasonNoticeNotDelivered, toANotice...)
	first := []given{template(AgentInitiated, Utility), consented(forUtility), noticeNeverSent}
	and := func(all []given, more ...given) []given { return append(append([]given{}, all...), more...) }
	checkRow(t, []rowCase{
		{"a reply", []given{wroteIn}, allowed(9, byMatter)},
		{"a reply to somebody known by user id only", []given{wroteIn, onlyUserID}, allowed(9, byMatter)},
		{"an automatic reply", []given{wroteIn, asked(Automation, Service)}, allowed(9, byMatter)},
		{"the notice was never sent", []given{wroteIn, noticeNeverSent}, allowed(9, byMatter, SendNoticeFirst)},
		{"the notice changed materially", []given{wroteIn, noticeChanged}, allowed(9, byMatter, SendNoticeFirst)},
		{"the notice was only reworded", []given{wroteIn, noticeReworded}, allowed(9, byMatter)},
		{"the notice goes before a template in the window too", []given{template(Reply, Utility), wroteIn, noticeNeverSent}, allowed(8, byMatter, SendNoticeFirst)},
		{"unless the template holds it", []given{template(Reply, Utility), wroteIn, noticeNeverSent, holdingNotice}, allowed(8, byMatter)},
		{"the notice itself does not wait for the notice", []given{wroteIn, duty(ErrandNoticeDelivery), noticeNeverSent}, allowed(9, byDuty)},
		{"START is confirmed", []given{wroteIn, duty(ErrandOptInConfirmation)}, allowed(9, byDuty)},
		{"a STOP that never was is not confirmed", []given{wroteIn, duty(ErrandOptOutConfirmation)}, refused(10, ReasonNoBasis, toABasis...)},
		{"consent carries a reply without a matter", []given{wroteIn, matterClosed, consented(forService)}, allowed(9, byService)},
		{"also one on a mail alone", []given{wroteIn, matterClosed, consented(forService), byMailAlone(forService)}, allowed(9, byService)},
		{"which carries no automatic answer", []given{wroteIn, matterClosed, asked(Automation, Service), consented(forService), byMailAlone(forService)}, refused(10, ReasonNoBasis, AskToWriteFirst, ShowQRCode, InviteByEmail, AskForConsent)},
		{"consent for utility does not", []given{wroteIn, matterClosed, consented(forUtility)}, refused(10, ReasonNoBasis, toABasis...)},
		{"unless its wording says so", []given{wroteIn, matterClosed, consented(forUtility), worded(forUtility)}, allowed(9, byUtility)},
		{"the answer to a privacy request waits for no notice", []given{wroteIn, matterClosed, privacyAnswer, noticeNeverSent}, allowed(9, byCase)},
		{"she took service back and wrote since: a colleague answers", []given{wroteIn, tookBack(forService, 2*time.Hour)}, allowed(9, byMatter)},
		{"not a machine", []given{wroteIn, tookBack(forService, 2*time.Hour), asked(Automation, Service)}, refused(10, ReasonNoBasis, toABasis...)},
		{"she took service back after she wrote", []given{wroteIn, tookBack(forService, time.Minute), choseWhatsApp}, refused(10, ReasonNoBasis, toABasis...)},

		// Outside the window nothing free-form goes before: Art. 13(1), 14(3)(b).
		{"a first message outside the window", first, undelivered},
		{"marketing too", []given{template(Campaign, Marketing), consented(forMarketing), noticeNeverSent}, undelivered},
		{"an answer that comes too late for the window too", []given{template(Reply, Utility), wroteIn, windowPassed, noticeNeverSent}, undelivered},
		{"the template holds the link", and(first, holdingNotice), allowed(8, byUtility)},
		{"a version that was handed over before", and(first, noticeChanged), allowed(8, byUtility)},
		{"a code that she asks for", []given{template(Automation, Authentication), consented(forUtility), noticeNeverSent}, allowed(8, byUtility)},
		{"codes to many were asked for by nobody", []given{template(Campaign, Authentication), consented(forUtility), noticeNeverSent}, undelivered},
		{"the code for a privacy request", []given{privacyAnswer, asTemplate(Authentication), noticeNeverSent}, allowed(8, byCase)},
		{"the letter of Art. 34", []given{breachLetter, asTemplate(Utility), noticeNeverSent}, allowed(8, byBreach)},
	})
}

func TestRow10NoRecord(t *testing.T) {
	none := refused(10, ReasonNoBasis, toABasis...)
	checkRow(t, []rowCase{
		{"the matter is closed and nothing else is there", []given{wroteIn, matterClosed}, none},
		{"the matter has ended, the window is open", []given{wroteIn, matterEnds(now)}, none},
		{"a campaign into open windows", []given{wroteIn, asked(Campaign, Service)}, none},
		{"unasked into an open window", []given{wroteIn, asked(AgentInitiated, Service)}, none},
		{"an own purpose without its consent", []given{wroteIn, forOwnPurpose}, none},
		{"consent that waits for confirmation", []given{wroteIn, matterClosed, consent(forUtility, ConsentRequested)}, refused(10, ReasonNoBasis, append(toABasis, AwaitConfirmation)...)},
		{"no duty is left of a refusal", []given{wroteIn, matterClosed, noticeNeverSent}, none},
	})
}

func TestRow11Budget(t *testing.T) {
	spent := refused(11, ReasonBudget, moreMoney...)
	checkRow(t, []rowCase{
		{"a template", []given{template(AgentInitiated, Utility), consented(forUtility), budgetUsedUp}, spent},
		{"marketing", []given{template(Campaign, Marketing), wroteIn, consented(forMarketing), budgetUsedUp}, spent},
		{"authentication", []given{template(Reply, Authentication), wroteIn, budgetUsedUp}, spent},
		{"a reply inside the window costs too", []given{wroteIn, budgetUsedUp}, spent},
		{"utility inside the window costs too", []given{template(Reply, Utility), wroteIn, budgetUsedUp}, spent},
		{"the confirmation of START does not pass", []given{wroteIn, duty(ErrandOptInConfirmation), budgetUsedUp}, spent},
		{"the answer to a privacy request does (Art. 12(5))", []given{privacyAnswer, asTemplate(Utility), budgetUsedUp}, allowed(8, byCase)},
		{"the confirmation of STOP does", []given{wroteIn, duty(ErrandOptOutConfirmation), optedOutOfAll, budgetUsedUp}, allowed(3, byDuty)},
		{"the organisation lets replies to waiting customers overdraw", []given{wroteIn, budgetUsedUp, mayOverdraw}, allowed(9, byMatter)},
		{"with the notice that goes before", []given{wroteIn, duty(ErrandNoticeDelivery), budgetUsedUp, mayOverdraw}, allowed(9, byDuty)},
		{"but nothing automatic", []given{wroteIn, asked(Automation, Service), budgetUsedUp, mayOverdraw}, spent},
		{"nor advertising in a reply", []given{wroteIn, asAdvertising, consented(forMarketing), budgetUsedUp, mayOverdraw}, spent},
		{"nor after the window", []given{template(Reply, Utility), wroteIn, windowPassed, budgetUsedUp, mayOverdraw}, spent},
		{"quiet hours come first: the money is asked for when it goes out", []given{template(Campaign, Marketing), consented(forMarketing), quiet, budgetUsedUp}, deferred(byMarketing)},
	})
}

func TestRow12Otherwise(t *testing.T) {
	checkRow(t, []rowCase{
		{"a machine says in its first sentence that it is one", []given{wroteIn, asked(Automation, Service), byMachine}, allowed(9, byMatter, SayItIsAI)},
		{"also where it advertises", []given{wroteIn, asked(Automation, Service), byMachine, asAdvertising, consented(forMarketing)}, allowed(7, byMarketing, AppendOptOutLine, SayItIsAI)},
		{"also before the notice", []given{wroteIn, byMachine, noticeNeverSent}, allowed(9, byMatter, SendNoticeFirst, SayItIsAI)},
		{"a machine sends nothing that has no words", []given{wroteIn, asked(Automation, Service), byMachine, withoutRoom}, refused(12, ReasonNoRoom, WriteText)},
		{"a colleague may", []given{wroteIn, withoutRoom}, allowed(9, byMatter)},
	})
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
