package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// restricting are the flags that hold for both of two linked records.
var restricting = []struct {
	name string
	set  func(*chat.Flags)
	seen func(gate.Recipient) bool
}{
	{"blocked", func(f *chat.Flags) { f.Blocked = true }, func(r gate.Recipient) bool { return r.Blocked }},
	{"said STOP", func(f *chat.Flags) { f.OptedOut = true }, func(r gate.Recipient) bool { return r.OptedOut }},
	{"restricted", func(f *chat.Flags) { f.Restricted = true }, func(r gate.Recipient) bool { return r.Restricted }},
	{"objected", func(f *chat.Flags) { f.Objected = true }, func(r gate.Recipient) bool { return r.Objected }},
	{"a minor", func(f *chat.Flags) { f.Minor = true }, func(r gate.Recipient) bool { return r.Minor }},
}

// What restricts in one record restricts in the other, and a contract, which
// permits, does not cross.
func TestTheStricterFlagHoldsForBoth(t *testing.T) {
	for _, flag := range restricting {
		var set chat.Flags
		flag.set(&set)
		if own := recipient(&chat.Known{Person: chat.Person{Flags: set}}); !flag.seen(own) {
			t.Errorf("%s: not seen in her own record", flag.name)
		}
		if other := recipient(&chat.Known{Person: chat.Person{Linked: set}}); !flag.seen(other) {
			t.Errorf("%s: not seen from the linked record", flag.name)
		}
		if alone := recipient(&chat.Known{}); flag.seen(alone) {
			t.Errorf("%s: seen where nothing is said", flag.name)
		}
	}
	stopped := chat.Flags{OptedOut: true}
	if recipient(&chat.Known{Person: chat.Person{Flags: stopped}}).OptOutConfirmed || !recipient(&chat.Known{Person: chat.Person{Linked: stopped}}).OptOutConfirmed {
		t.Error("a STOP is confirmed to whoever said it, and to nobody else")
	}
	if (chat.Person{Linked: chat.Flags{Contract: true}}).InForce().Contract {
		t.Error("a contract of the other record permits")
	}
}

func anyFlags(t *rapid.T, name string) chat.Flags {
	draw := func(flag string) bool { return rapid.Bool().Draw(t, name+" "+flag) }
	return chat.Flags{Blocked: draw("blocked"), OptedOut: draw("opted out"), Restricted: draw("restricted"), Objected: draw("objected"), Minor: draw("minor"), Contract: draw("contract")}
}

// To be linked never lets a message pass that would not pass alone.
func TestLinkedIsNeverMorePermissive(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		own, other := anyFlags(t, "own"), anyFlags(t, "other")
		consent := func(name string) gate.Consent {
			if rapid.Bool().Draw(t, name) {
				return gate.Consent{State: gate.ConsentGranted, ID: id.Consent{1}, GrantedAt: now.Add(-time.Hour)}
			}
			return gate.Consent{}
		}
		in := gate.Input{Now: now, WindowEnds: now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "window")) * time.Hour),
			Asked: gate.Asked{Occasion: rapid.SampledFrom([]gate.Occasion{gate.Reply, gate.AgentInitiated, gate.Campaign, gate.Automation, gate.SystemDuty}).Draw(t, "occasion"),
				Category: rapid.SampledFrom([]gate.Category{gate.Service, gate.Utility, gate.Authentication, gate.Marketing}).Draw(t, "category"),
				Kind:     rapid.SampledFrom([]gate.Kind{gate.KindFreeForm, gate.KindTemplate}).Draw(t, "kind")},
			Consents: gate.Consents{Service: consent("service"), Utility: consent("utility"), Marketing: consent("marketing")},
			Matter:   gate.Matter{Open: true, ID: id.Matter{1}, OpenedAt: now},
			Notice:   gate.Notice{Published: id.Notice{1}, Delivered: id.Notice{1}}, Number: gate.Number{Active: true, AgreementValid: true}}
		in.Template = gate.Template{Approved: true, Category: in.Asked.Category, HasOptOutLine: true}
		if in.Asked.Occasion == gate.SystemDuty {
			in.Asked.Errand = rapid.SampledFrom([]gate.Errand{gate.ErrandOptOutConfirmation, gate.ErrandOptInConfirmation, gate.ErrandPrivacyAnswer, gate.ErrandNoticeDelivery}).Draw(t, "errand")
			in.Asked.Case = id.Case{1}
		}
		decide := func(p chat.Person) gate.Verdict {
			asked := in
			asked.Recipient = recipient(&chat.Known{Person: p})
			return gate.Decide(asked)
		}
		alone, linked := decide(chat.Person{Flags: own}), decide(chat.Person{Flags: own, Linked: other})
		if linked.Outcome == gate.Allow && alone.Outcome != gate.Allow {
			t.Fatalf("alone %v, linked %v", alone, linked)
		}
		restricts := other
		restricts.Contract = own.Contract
		// What the other may not get as she stands, nor may this one: but for the
		// one word about a STOP, which goes to whoever said it.
		if in.Asked.Errand != gate.ErrandOptOutConfirmation && linked.Outcome == gate.Allow && decide(chat.Person{Flags: restricts}).Outcome != gate.Allow {
			t.Fatalf("what the other record forbids went out: %v", linked)
		}
	})
}
