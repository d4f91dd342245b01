package gate

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
)

// histories is how many random histories are judged.
const histories = 100_000

// TestNoSendWithoutABasisInHundredThousandHistories tells random stories of a
// person (writes, says STOP and START, grants, withdraws, lets consents run
// out, objects, is erased …) in two ways. One folds them step by step into the
// facts for the gate, as the product does. The other, the judge, reads the
// whole story afresh at the moment of each call and finds what the law would
// accept. Whatever goes out must be found by the judge.
func TestNoSendWithoutABasisInHundredThousandHistories(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	if err := checks.Value.Set(fmt.Sprint(histories)); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = checks.Value.Set(before) }()

	told, calls, out := 0, 0, map[BasisKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		told++
		p := newPerson(t)
		for range rapid.IntRange(1, 6).Draw(t, "length") {
			p.live(t)
			p.ask(t)
			calls++
			v := Decide(p.facts)
			if v.Outcome == Deny {
				continue
			}
			out[v.Basis.Kind]++
			if objection := p.judge(v); objection != "" {
				t.Fatalf("%s\nasked %+v on %s\nwent out by row %d on %+v, but %s", p, p.facts.Asked, p.facts.Now.Format(time.RFC1123), v.Row, v.Basis, objection)
			}
			p.sent(v)
		}
	})
	if told < histories {
		t.Errorf("only %d histories were told", told)
	}
	for _, kind := range []BasisKind{BasisConsent, BasisMatter, BasisContract, BasisDuty, BasisExistingCustomer} {
		if out[kind] < histories/500 {
			t.Errorf("only %d of %d calls went out on %q: the histories prove little", out[kind], calls, kind)
		}
	}
	t.Logf("%d histories, %d calls, went out: %v", told, calls, out)
}

// event is one thing that happened.
type event struct {
	what  string
	about string // the purpose of a consent
	at    time.Time
	until time.Time
	id    id.ID
	both  bool // a consent whose wording names service and utility
}

// person is a story and the facts that it was folded into.
type person struct {
	story []event
	facts Input
}

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// newPerson begins a story on a number that is in order.
func newPerson(t *rapid.T) *person {
	p := &person{facts: Input{Now: time.Date(2026, 3, 2, 0, 0, 0, 0, berlin).Add(time.Duration(rapid.IntRange(0, 7*24).Draw(t, "begin")) * time.Hour)}}
	for _, what := range []string{"activate", "sign", "publish", "approve", rapid.SampledFrom([]string{"exception", "no exception"}).Draw(t, "existing customers")} {
		p.happen(event{what: what, until: p.facts.Now.AddDate(1, 0, 0)})
	}
	return p
}

// pauses are what lies between two events.
var pauses = []time.Duration{0, time.Minute, time.Hour, 9 * time.Hour, 24*time.Hour - time.Second, 24 * time.Hour, 5 * 24 * time.Hour, 90 * 24 * time.Hour, 400 * 24 * time.Hour}

// likely lists what happens, the frequent more often: half of it speaks for
// sending, so that a good part of the calls is not refused.
var likely = strings.Split(strings.Repeat("write,grant,", 8)+strings.Repeat("buy,choose channel,START,unblock,lift,activate,approve,choose channel,buy,exception,ask for data,budget,sign,", 2)+
	"STOP,STOP,withdraw,withdraw,supersede,request,close,object,minor,restrict,block,no exception,answered,publish,lack,hand notice,hand notice,overdraw,no overdraw,pause,deactivate,no budget,erase,hide number", ",")

var purposes = []string{"service", "utility", "marketing", "own"}

// live lets time pass and one or more things happen.
func (p *person) live(t *rapid.T) {
	for range rapid.IntRange(1, 4).Draw(t, "events") {
		p.facts.Now = p.facts.Now.Add(pauses[rapid.IntRange(0, len(pauses)-1).Draw(t, "pause")])
		e := event{what: likely[rapid.IntRange(0, len(likely)-1).Draw(t, "event")]}
		switch e.what {
		case "grant", "withdraw", "request", "supersede":
			e.about = purposes[rapid.IntRange(0, len(purposes)-1).Draw(t, "purpose")]
			e.until = p.facts.Now.AddDate(0, rapid.IntRange(1, 24).Draw(t, "months"), 0)
			e.both = rapid.IntRange(0, 3).Draw(t, "both") == 0
		case "sign":
			e.until = p.facts.Now.AddDate(1, 0, 0)
		}
		p.happen(e)
	}
}

// happen adds an event to the story and folds it into the facts.
func (p *person) happen(e event) {
	e.at, e.id = p.facts.Now, ref(byte(len(p.story)+1))
	p.story = append(p.story, e)
	f := &p.facts
	switch e.what {
	case "write", "START":
		p.wrote(e)
		f.Recipient.WroteAgain = f.Recipient.OptedOut
		if e.what == "START" {
			f.Recipient.OptedOut, f.Recipient.WroteAgain = false, false
		}
	case "STOP":
		p.wrote(e)
		f.Recipient.WroteAgain = false
		if !f.Recipient.OptedOut {
			f.Recipient.OptedOut, f.Recipient.OptOutConfirmed = true, false
		}
		for _, about := range purposes {
			if p.consent(about).State == ConsentGranted {
				p.settle(about, ConsentWithdrawn)
				p.consent(about).WithdrawnAt = e.at
			}
		}
	case "close":
		f.Matter.Open = false
	case "grant":
		*p.consent(e.about) = Consent{State: ConsentGranted, ID: id.Consent(e.id), GrantedAt: e.at, ExpiresAt: e.until, Both: e.both}
	case "withdraw":
		p.consent(e.about).State, p.consent(e.about).WithdrawnAt = ConsentWithdrawn, e.at
	case "supersede":
		p.settle(e.about, ConsentSuperseded)
	case "request":
		if c := p.consent(e.about); c.State != ConsentGranted && c.State != ConsentWithdrawn {
			c.State = ConsentPending
		}
	case "object":
		f.Recipient.Objected = true
	case "minor":
		f.Recipient.Minor = true
	case "restrict", "lift":
		f.Recipient.Restricted = e.what == "restrict"
	case "block", "unblock":
		f.Recipient.Blocked = e.what == "block"
	case "erase":
		f.Recipient.UnderErasure = true
	case "hide number":
		f.Recipient.HasPhone = false
	case "choose channel":
		f.Contract = Contract{ChosenChannel: true, ID: id.Contract(e.id)}
	case "buy":
		f.Existing.Sale, f.Existing.NumberWithSale, f.Existing.SimilarGoods, f.Existing.InformedAtCollection = e.id, true, true, true
	case "exception":
		f.Existing.Enabled, f.Existing.Reason = true, "recorded"
	case "no exception":
		f.Existing.Enabled = false
	case "publish":
		f.Notice.Published, f.Notice.MateriallyChanged, f.Notice.Lacking = id.Notice(e.id), !f.Notice.Delivered.IsZero(), false
	case "lack":
		f.Notice.Lacking = true
	case "hand notice":
		f.Notice.Delivered, f.Notice.MateriallyChanged = f.Notice.Published, false
	case "overdraw", "no overdraw":
		f.Budget.Overdraw = e.what == "overdraw"
	case "activate", "deactivate":
		f.Number.Active = e.what == "activate"
	case "approve", "pause":
		f.Template.Approved = e.what == "approve"
	case "budget", "no budget":
		f.Budget.Exhausted = e.what == "no budget"
	}
}

// matterLasts is for how long a matter stays open after her last message.
const matterLasts = 30 * 24 * time.Hour

func (p *person) wrote(e event) {
	p.facts.WindowEnds = e.at.Add(24 * time.Hour)
	p.facts.Recipient.HasPhone = true
	if !p.facts.Matter.carries(e.at) {
		p.facts.Matter = Matter{Open: true, ID: id.Matter(e.id), OpenedAt: e.at}
	}
	p.facts.Matter.LastAt, p.facts.Matter.Ends = e.at, e.at.Add(matterLasts)
}

func (p *person) consent(about string) *Consent {
	switch c := &p.facts.Consents; about {
	case "service":
		return &c.Service
	case "utility":
		return &c.Utility
	case "marketing":
		return &c.Marketing
	default:
		return &c.Own
	}
}

// settle ends a consent that is granted.
func (p *person) settle(about string, s ConsentState) {
	if c := p.consent(about); c.State == ConsentGranted {
		c.State = s
	}
}

// ask draws a question. What the story does not hold, such as which privacy
// case is open, is looked up as the caller of the gate would.
func (p *person) ask(t *rapid.T) {
	n := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
	a := Asked{
		Occasion:   []Occasion{Reply, AgentInitiated, Campaign, Automation, SystemDuty}[n("occasion", 4)],
		Category:   []Category{Service, Utility, Authentication, Marketing}[n("category", 3)],
		Kind:       []Kind{KindFreeForm, KindTemplate}[n("kind", 1)],
		OwnPurpose: n("own purpose", 5) == 5, Advertising: n("advertising", 5) == 5, AI: n("ai", 5) == 5, NoRoom: n("no room", 7) == 7,
	}
	if n("consented to this", 7) == 7 {
		a.Consented = ref(250)
	}
	if a.Occasion == SystemDuty {
		a.Errand = []Errand{ErrandOptOutConfirmation, ErrandOptOutConfirmation, ErrandOptInConfirmation, ErrandNoticeDelivery, ErrandPrivacyAnswer}[n("errand", 4)]
		if last, ok := p.last("ask for data", "answered"); ok && last.what == "ask for data" {
			a.Case = id.Case(last.id)
		}
	}
	p.facts.Asked = a
	p.facts.Template.Category, p.facts.Template.HasOptOutLine = a.Category, n("opt-out line", 4) > 0
	p.facts.Template.Advertising, p.facts.Template.HoldsNotice, p.facts.Template.SaysAI = n("marked", 7) == 7, n("link", 1) == 1, n("says ai", 1) == 1
	signed, _ := p.last("sign")
	p.facts.Number.AgreementValid = p.facts.Now.Before(signed.until)
	p.facts.QuietUntil = time.Time{}
	if advertises(a, p.facts.Template) {
		p.facts.QuietUntil = calendar.QuietUntil(p.facts.Now, calendar.Rule{From: 20 * time.Hour, Until: 8 * time.Hour, Location: berlin, Sundays: true})
	}
}

// sent notes what an allowed message changes.
func (p *person) sent(v Verdict) {
	if v.Outcome != Allow {
		return
	}
	a := p.facts.Asked
	if v.Duties.Has(SendNoticeFirst) || a.Errand == ErrandNoticeDelivery || a.Kind == KindTemplate && p.facts.Template.HoldsNotice {
		p.facts.Notice.Delivered, p.facts.Notice.MateriallyChanged = p.facts.Notice.Published, false
		p.story = append(p.story, event{what: "notice delivered", at: p.facts.Now})
	}
	if a.Errand == ErrandOptOutConfirmation {
		p.facts.Recipient.OptOutConfirmed = true
		p.story = append(p.story, event{what: "STOP confirmed", at: p.facts.Now})
	}
}

// last finds the last event of some kinds.
func (p *person) last(whats ...string) (event, bool) {
	for i := len(p.story) - 1; i >= 0; i-- {
		for _, what := range whats {
			if p.story[i].what == what {
				return p.story[i], true
			}
		}
	}
	return event{}, false
}

// is reports whether the last of two opposite events is the first.
func (p *person) is(yes, no string) bool {
	e, _ := p.last(yes, no)
	return e.what == yes
}

// agreed finds the consent for a purpose that holds now.
func (p *person) agreed(about string) (id.ID, bool) {
	held := p.held(about)
	return held.id, held.until.After(p.facts.Now)
}

// wordedFor finds a consent for one purpose whose wording names another too.
func (p *person) wordedFor(about string) (id.ID, bool) {
	held := p.held(about)
	return held.id, held.both && held.until.After(p.facts.Now)
}

// held is the consent for a purpose that nobody took back.
func (p *person) held(about string) event {
	var held event
	for _, e := range p.story {
		switch {
		case e.what == "STOP", e.about == about && (e.what == "withdraw" || e.what == "supersede"):
			held = event{}
		case e.about == about && e.what == "grant":
			held = e
		}
	}
	return held
}

// tookBack is when the last word on a purpose was no; zero if it was not.
func (p *person) tookBack(about string) time.Time {
	var no time.Time
	yes := false
	for _, e := range p.story {
		switch {
		case e.about == about && e.what == "grant":
			yes, no = true, time.Time{}
		case e.about == about && e.what == "supersede":
			yes = false
		case e.about == about && e.what == "withdraw", e.what == "STOP" && yes:
			yes, no = false, e.at
		}
	}
	return no
}

// advertises: UWG's sense, not only Meta's.
func advertises(a Asked, t Template) bool {
	return a.Category == Marketing || a.Advertising || a.Kind == KindTemplate && t.Advertising
}

// judge reads the story and says what stands against a message, or nothing.
// It shares no rule with the gate.
func (p *person) judge(v Verdict) string {
	a, now := p.facts.Asked, p.facts.Now
	_, erased := p.last("erase")
	_, objected := p.last("object")
	_, minor := p.last("minor")
	signed, _ := p.last("sign")
	wrote, ever := p.last("write", "STOP", "START")
	open := ever && now.Sub(wrote.at) < 24*time.Hour
	answering := a.Occasion == SystemDuty && a.Errand == ErrandPrivacyAnswer && p.is("ask for data", "answered")
	stopped, confirming := p.is("STOP", "START"), a.Occasion == SystemDuty && a.Errand == ErrandOptOutConfirmation
	telling := a.Occasion == SystemDuty && a.Errand == ErrandNoticeDelivery
	human := a.Occasion == Reply && !a.AI
	ads, duty := advertises(a, p.facts.Template), answering || confirming
	linked := a.Kind == KindTemplate && p.facts.Template.HoldsNotice
	_, told := p.last("notice delivered", "hand notice")
	switch {
	case erased:
		return "the person is erased"
	case p.is("block", "unblock") && !answering:
		return "the person is blocked"
	case stopped && !duty && (a.Kind != KindFreeForm || !open || wrote.what != "write" || ads || !human && !telling):
		return "the person said STOP"
	case stopped && confirming && p.confirmedSinceStop():
		return "the STOP is confirmed already"
	case !stopped && confirming:
		return "there is no STOP to confirm"
	case p.is("restrict", "lift") && !duty && a.Consented.IsZero():
		return "the processing is restricted"
	case !p.is("activate", "deactivate") || !signed.until.After(now):
		return "the number is not ready"
	case p.is("lack", "publish") && !duty:
		return "the notice is not complete"
	case a.Kind == KindFreeForm && !open:
		return "the window is closed"
	case a.Kind == KindTemplate && !p.is("approve", "pause"):
		return "the template is paused"
	case v.Outcome == Allow && p.is("no budget", "budget") && !duty && (!p.is("overdraw", "no overdraw") || !open || ads || !human && !telling):
		return "the budget is used up"
	case ads && (objected || minor || a.Occasion == SystemDuty):
		return "advertising is out of the question"
	case ads && v.Outcome == Allow && resting(now):
		return "advertising rests now"
	case ads && a.Kind == KindFreeForm && (a.NoRoom || v.Outcome == Allow && !v.Duties.Has(AppendOptOutLine)):
		return "nobody says how to stop"
	case ads && a.Kind == KindTemplate && !p.facts.Template.HasOptOutLine:
		return "the template does not say how to stop"
	case a.AI && v.Outcome == Allow && !v.Duties.Has(SayItIsAI) && (a.Kind == KindFreeForm || !p.facts.Template.SaysAI):
		return "a machine does not say so"
	case v.Outcome == Allow && !told && !duty && !telling && !linked && !v.Duties.Has(SendNoticeFirst) && (a.Category != Authentication || a.Occasion == Campaign):
		return "she was never told what becomes of her data"
	case !p.bases(open, answering)[v.Basis]:
		return "the story knows no such basis"
	}
	return ""
}

// resting is 20 to 8 o'clock and Sunday.
func resting(t time.Time) bool {
	hour := t.In(berlin).Hour()
	return hour >= 20 || hour < 8 || t.In(berlin).Weekday() == time.Sunday
}

func (p *person) confirmedSinceStop() bool {
	confirmed, stopped := false, false
	for _, e := range p.story {
		switch e.what {
		case "STOP":
			if !stopped {
				stopped, confirmed = true, false
			}
		case "START":
			stopped = false
		case "STOP confirmed":
			confirmed = true
		}
	}
	return confirmed
}

// bases are all that the story offers for what is asked.
func (p *person) bases(open, answering bool) map[Basis]bool {
	a, all := p.facts.Asked, map[Basis]bool{}
	own, ownAgreed := p.agreed("own")
	if advertises(a, p.facts.Template) {
		if a.OwnPurpose && !ownAgreed {
			return all
		}
		if yes, ok := p.agreed("marketing"); ok {
			all[Basis{BasisConsent, yes}] = true
		}
		if sale, bought := p.last("buy"); bought && p.is("exception", "no exception") && p.tookBack("marketing").IsZero() {
			all[Basis{BasisExistingCustomer, sale.id}] = true
		}
		return all
	}
	switch {
	case answering:
		all[Basis{BasisDuty, id.ID(a.Case)}] = true
	case a.Occasion == SystemDuty && a.Errand != ErrandPrivacyAnswer && a.Kind == KindFreeForm && open:
		all[Basis{BasisDuty, id.ID(a.Case)}] = true
		if a.Errand == ErrandOptOutConfirmation {
			all[Basis{Kind: BasisDuty}] = true
		}
	}
	if a.OwnPurpose {
		if ownAgreed {
			all[Basis{BasisConsent, own}] = true
		}
		return all
	}
	about, other := "utility", "service"
	if a.Category == Service {
		about, other = other, about
	}
	if yes, ok := p.agreed(about); ok {
		all[Basis{BasisConsent, yes}] = true
	}
	matter, wrote, ok := p.matter()
	human := a.Occasion == Reply && !a.AI
	answers := ok && (human || open && (a.Occasion == Reply || a.Occasion == Automation || a.Occasion == SystemDuty))
	if no := p.tookBack(about); !no.IsZero() {
		if answers && human && a.Kind == KindFreeForm && wrote.After(no) {
			all[Basis{BasisMatter, matter}] = true
		}
		return all
	}
	if yes, ok := p.wordedFor(other); ok {
		all[Basis{BasisConsent, yes}] = true
	}
	if chosen, ok := p.last("choose channel"); ok {
		all[Basis{BasisContract, chosen.id}] = true
	}
	if answers {
		all[Basis{BasisMatter, matter}] = true
	}
	return all
}

// matter is the first thing that the person wrote since the last was closed or
// she fell silent for too long, and when she wrote last.
func (p *person) matter() (id.ID, time.Time, bool) {
	var open id.ID
	var last time.Time
	for _, e := range p.story {
		switch e.what {
		case "close":
			open = id.ID{}
		case "write", "STOP", "START":
			if open.IsZero() || e.at.Sub(last) >= matterLasts {
				open = e.id
			}
			last = e.at
		}
	}
	return open, last, !open.IsZero() && p.facts.Now.Sub(last) < matterLasts
}

// String tells the story.
func (p *person) String() string {
	var b strings.Builder
	for _, e := range p.story {
		fmt.Fprintf(&b, "%s %s %s\n", e.at.Format("2006-01-02 15:04:05"), e.what, e.about)
	}
	return b.String()
}
