package gate

import (
	"time"

	"einklang/internal/rule/id"
)

// now is a working day at noon.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// ref makes an id for a test.
func ref(n byte) id.ID { return id.ID{15: n} }

// The facts that verdicts name.
var (
	theNotice    = id.Notice(ref(1))
	oldNotice    = id.Notice(ref(2))
	theMatter    = id.Matter(ref(3))
	theContract  = id.Contract(ref(4))
	theSale      = ref(5)
	theCase      = id.Case(ref(6))
	theBreach    = id.Breach(ref(7))
	theUse       = ref(8)
	serviceYes   = id.Consent(ref(11))
	utilityYes   = id.Consent(ref(12))
	marketingYes = id.Consent(ref(13))
	ownYes       = id.Consent(ref(14))
)

type given func(*Input)

// facts is a stranger on a number that is ready, who has seen the notice, and
// the changes of the case.
func facts(changes ...given) Input {
	in := Input{
		Now:       now,
		Asked:     Asked{Occasion: Reply, Category: Service, Kind: KindFreeForm},
		Recipient: Recipient{HasPhone: true},
		Notice:    Notice{Published: theNotice, Delivered: theNotice},
		Number:    Number{Active: true, AgreementValid: true},
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

// What is asked.

func asked(o Occasion, c Category) given {
	return func(in *Input) { in.Asked.Occasion, in.Asked.Category = o, c }
}

// template asks for a usable template.
func template(o Occasion, c Category) given {
	return func(in *Input) {
		in.Asked = Asked{Occasion: o, Category: c, Kind: KindTemplate}
		in.Template = Template{Approved: true, Category: c, HasOptOutLine: true}
	}
}

func duty(e Errand) given {
	return func(in *Input) {
		in.Asked = Asked{Occasion: SystemDuty, Category: Service, Kind: KindFreeForm, Errand: e}
	}
}

func privacyAnswer(in *Input) {
	duty(ErrandPrivacyAnswer)(in)
	in.Asked.Case = theCase
}

func breachLetter(in *Input) {
	duty(ErrandBreachLetter)(in)
	in.Asked.Breach = theBreach
}

func asTemplate(c Category) given {
	return func(in *Input) {
		in.Asked.Kind, in.Asked.Category = KindTemplate, c
		in.Template = Template{Approved: true, Category: c, HasOptOutLine: true}
	}
}

func forOwnPurpose(in *Input)      { in.Asked.OwnPurpose = true }
func asAdvertising(in *Input)      { in.Asked.Advertising = true }
func byMachine(in *Input)          { in.Asked.AI = true }
func withoutRoom(in *Input)        { in.Asked.NoRoom = true }
func consentedToThis(in *Input)    { in.Asked.Consented = theUse }
func templateAdvertises(in *Input) { in.Template.Advertising = true }
func holdingNotice(in *Input)      { in.Template.HoldsNotice = true }
func sayingAI(in *Input)           { in.Template.SaysAI = true }

// What the person did.

// wroteIn opens the window and a matter: the person wrote an hour ago.
func wroteIn(in *Input) {
	in.WindowEnds = now.Add(23 * time.Hour)
	in.Matter = Matter{Open: true, ID: theMatter, OpenedAt: now.Add(-time.Hour), LastAt: now.Add(-time.Hour), Ends: now.AddDate(0, 0, 30)}
}

func matterEnds(at time.Time) given { return func(in *Input) { in.Matter.Ends = at } }
func wroteAgain(in *Input)          { in.Recipient.WroteAgain = true }

func windowPassed(in *Input)  { in.WindowEnds = now.Add(-time.Second) }
func windowEndsNow(in *Input) { in.WindowEnds = now }
func matterClosed(in *Input)  { in.Matter.Open = false }

func optedOutOfAll(in *Input)     { in.Recipient.OptedOut = true }
func optOutIsConfirmed(in *Input) { in.Recipient.OptOutConfirmed = true }
func hasObjected(in *Input)       { in.Recipient.Objected = true }
func isMinor(in *Input)           { in.Recipient.Minor = true }
func isRestricted(in *Input)      { in.Recipient.Restricted = true }
func isBlocked(in *Input)         { in.Recipient.Blocked = true }
func onlyUserID(in *Input)        { in.Recipient.HasPhone = false }
func choseWhatsApp(in *Input)     { in.Contract = Contract{ChosenChannel: true, ID: theContract} }

// tookBack withdraws a consent, so long before now.
func tookBack(p purpose, ago time.Duration) given {
	return func(in *Input) {
		consent(p, ConsentWithdrawn)(in)
		p.of(&in.Consents).WithdrawnAt = now.Add(-ago)
	}
}

// worded: the wording of a consent names service and utility alike.
func byMailAlone(p purpose) given { return func(in *Input) { p.of(&in.Consents).AnswersOnly = true } }

func worded(p purpose) given { return func(in *Input) { p.of(&in.Consents).Both = true } }

func ownAdvertises(in *Input) { in.Consents.OwnAdvertises = true }

func noticeNeverSent(in *Input) { in.Notice.Delivered = id.Notice{} }
func noticeChanged(in *Input)   { in.Notice.Delivered, in.Notice.MateriallyChanged = oldNotice, true }
func noticeReworded(in *Input)  { in.Notice.Delivered = oldNotice }

// consented grants the consent for a purpose a month ago.
func consented(p purpose) given { return consent(p, ConsentGranted) }

func consent(p purpose, s ConsentState) given {
	return func(in *Input) {
		*p.of(&in.Consents) = Consent{State: s, ID: p.id, GrantedAt: now.AddDate(0, -1, 0)}
	}
}

type purpose struct {
	of func(*Consents) *Consent
	id id.Consent
}

var (
	forService   = purpose{func(c *Consents) *Consent { return &c.Service }, serviceYes}
	forUtility   = purpose{func(c *Consents) *Consent { return &c.Utility }, utilityYes}
	forMarketing = purpose{func(c *Consents) *Consent { return &c.Marketing }, marketingYes}
	forOwn       = purpose{func(c *Consents) *Consent { return &c.Own }, ownYes}
)

func boughtSomething(in *Input) {
	in.Existing = ExistingCustomer{Enabled: true, Reason: "recorded", Sale: theSale, NumberWithSale: true, SimilarGoods: true, InformedAtCollection: true}
}

func quiet(in *Input)            { in.QuietUntil = now.Add(20 * time.Hour) }
func budgetUsedUp(in *Input)     { in.Budget.Exhausted = true }
func mayOverdraw(in *Input)      { in.Budget.Overdraw = true }
func noticeLacks(in *Input)      { in.Notice.Lacking = true }
func noOptOutLine(in *Input)     { in.Template.HasOptOutLine = false }
func notApproved(in *Input)      { in.Template.Approved = false }
func noAgreement(in *Input)      { in.Number.AgreementValid = false }
func notActive(in *Input)        { in.Number.Active = false }
func nothingPublished(in *Input) { in.Notice = Notice{} }
