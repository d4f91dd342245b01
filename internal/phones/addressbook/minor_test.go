package addressbook

import (
	"testing"

	"pgregory.net/rapid"

	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// A minor's consent means the same in the gate and in the book of a phone: to
// service it holds, to advertising it doesn't (privacy.md §3).
func TestMinorsAlikeInGateAndBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom([]gate.ConsentState{gate.ConsentGranted, gate.ConsentGranted, gate.ConsentWithdrawn, gate.ConsentPending})
		one := granted(func(c *Consent) { c.State, c.Marketing = state.Draw(t, "state"), rapid.Bool().Draw(t, "advertising") })
		minor := rapid.Bool().Draw(t, "minor")
		book := Judge(Consenting, Person{ID: id.Person{7}, Active: true, Readable: true, HasNumber: true, Minor: minor, Consents: []Consent{one}}, noon)

		in := gate.Input{Now: noon, Recipient: gate.Recipient{Minor: minor, HasPhone: true}, Number: gate.Number{Active: true, AgreementValid: true},
			Notice: gate.Notice{Published: id.Notice{1}, Delivered: id.Notice{1}},
			Asked:  gate.Asked{Occasion: gate.AgentInitiated, Category: gate.Utility, Kind: gate.KindTemplate}, Consents: gate.Consents{Utility: one.Consent}}
		if one.Marketing {
			in.Asked.Category, in.Consents = gate.Marketing, gate.Consents{Marketing: one.Consent}
		}
		in.Template = gate.Template{Approved: true, Category: in.Asked.Category, HasOptOutLine: true}
		if verdict := gate.Decide(in); verdict.Allowed() != book.Present() {
			t.Fatalf("the gate says %s %s, the book %q", verdict.Outcome, verdict.Reason, book.Reason)
		}
	})
}
