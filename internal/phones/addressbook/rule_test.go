package addressbook

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func granted(change ...func(*Consent)) Consent {
	c := Consent{Consent: gate.Consent{State: gate.ConsentGranted, ID: id.Consent{1}, GrantedAt: noon.Add(-time.Hour)}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func until(d time.Duration) func(*Consent) {
	return func(c *Consent) { c.ExpiresAt = noon.Add(d) }
}

func from(d time.Duration) func(*Consent) {
	return func(c *Consent) { c.GrantedAt = noon.Add(d) }
}

func marketing(c *Consent) { c.Marketing = true }

func state(s gate.ConsentState) func(*Consent) { return func(c *Consent) { c.State = s } }

func TestS01WhoStandsInTheBookOfAPhone(t *testing.T) {
	agreed := func(change ...func(*Person)) Person {
		p := Person{ID: id.Person{7}, Active: true, Readable: true, HasNumber: true, Consents: []Consent{granted()}}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	consents := func(all ...Consent) func(*Person) { return func(p *Person) { p.Consents = all } }
	for _, c := range []struct {
		name       string
		person     Person
		consenting Reason
		everyone   Reason
		recheck    time.Duration // from noon, in the consenting book; 0: never
	}{
		{"nobody", Person{}, Gone, Gone, 0},
		{"agreed", agreed(), In, In, 0},
		{"never asked", agreed(consents()), NoConsent, In, 0},
		{"asked, not answered", agreed(consents(granted(state(gate.ConsentRequested)))), NoConsent, In, 0},
		{"double opt-in not confirmed", agreed(consents(granted(state(gate.ConsentPending)))), NoConsent, In, 0},
		{"withdrawn", agreed(consents(granted(state(gate.ConsentWithdrawn)))), NoConsent, In, 0},
		{"superseded", agreed(consents(granted(state(gate.ConsentSuperseded)))), NoConsent, In, 0},
		{"ends tomorrow", agreed(consents(granted(until(24 * time.Hour)))), In, In, 24 * time.Hour},
		{"ends this moment", agreed(consents(granted(until(0)))), NoConsent, In, 0},
		{"ended", agreed(consents(granted(until(-time.Second)))), NoConsent, In, 0},
		{"begins in a moment", agreed(consents(granted(from(time.Second)))), NoConsent, In, time.Second},
		{"not provable", agreed(consents(granted(func(c *Consent) { c.ID = id.Consent{} }))), NoConsent, In, 0},
		{"one of two consents withdrawn", agreed(consents(granted(state(gate.ConsentWithdrawn)), granted())), In, In, 0},
		{"the consent that lasts longest counts", agreed(consents(granted(until(time.Hour)), granted(until(3*time.Hour)), granted(until(2*time.Hour)))), In, In, 3 * time.Hour},
		{"a consent without end outlasts all", agreed(consents(granted(until(time.Hour)), granted(), granted(until(2*time.Hour)))), In, In, 0},
		{"advertising only", agreed(consents(granted(marketing))), In, In, 0},
		{"advertising only, then objected", agreed(consents(granted(marketing)), func(p *Person) { p.Objected = true }), NoConsent, In, 0},
		{"objected to advertising, agreed to service", agreed(func(p *Person) { p.Objected = true }), In, In, 0},
		{"said STOP", agreed(func(p *Person) { p.OptedOut = true }), OptedOut, In, 0},
		{"blocked", agreed(func(p *Person) { p.Blocked = true }), Blocked, In, 0},
		{"restricted", agreed(func(p *Person) { p.Restricted = true }), Restricted, Restricted, 0},
		{"minor, agreed to service", agreed(func(p *Person) { p.Minor = true }), In, In, 0},
		{"minor, agreed to advertising only", agreed(consents(granted(marketing)), func(p *Person) { p.Minor = true }), MinorOnly, In, 0},
		{"minor, agreed to both", agreed(consents(granted(marketing), granted()), func(p *Person) { p.Minor = true }), In, In, 0},
		{"minor, her consent to advertising has ended", agreed(consents(granted(marketing, until(0))), func(p *Person) { p.Minor = true }), NoConsent, In, 0},
		{"erased or merged", agreed(func(p *Person) { p.Active = false }), Gone, Gone, 0},
		{"key destroyed", agreed(func(p *Person) { p.Readable = false }), Gone, Gone, 0},
		{"known by BSUID only", agreed(func(p *Person) { p.HasNumber = false }), NoNumber, NoNumber, 0},
	} {
		got := Judge(Consenting, c.person, noon)
		if got.Reason != c.consenting {
			t.Errorf("%s: consenting book %q, want %q", c.name, got.Reason, c.consenting)
		}
		want := time.Time{}
		if c.recheck != 0 {
			want = noon.Add(c.recheck)
		}
		if !got.Recheck.Equal(want) {
			t.Errorf("%s: recheck at %v, want %v", c.name, got.Recheck, want)
		}
		if got := Judge(Everyone, c.person, noon); got.Reason != c.everyone || !got.Recheck.IsZero() {
			t.Errorf("%s: full book %+v, want %q", c.name, got, c.everyone)
		}
	}
}

// Whoever stands in the book of a phone has, at that moment, a consent that the
// gate would take too, and none of the facts that forbid it.
func TestS01NobodyWithoutConsent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPerson(t)
		at := noon.Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "at")) * time.Minute)
		v := Judge(Consenting, p, at)
		valid := slices.ContainsFunc(p.Consents, func(c Consent) bool { return c.ValidAt(at) })
		if v.Present() && (!valid || p.OptedOut || p.Restricted || p.Blocked || !p.Active || !p.Readable) {
			t.Fatalf("%+v is in the book", p)
		}
		if Judge(Everyone, p, at).Present() != (p.Active && p.Readable && p.HasNumber && !p.Restricted) {
			t.Fatalf("%+v stands wrongly in the full book", p)
		}
		// A verdict holds until its recheck.
		for _, later := range []time.Time{at.Add(time.Second), v.Recheck.Add(-1), at.AddDate(1, 0, 0)} {
			if later.Before(at) || !v.Recheck.IsZero() && !later.Before(v.Recheck) {
				continue
			}
			if got := Judge(Consenting, p, later); got.Reason != v.Reason {
				t.Fatalf("at %v %q, at %v %q, though recheck was to be at %v", at, v.Reason, later, got.Reason, v.Recheck)
			}
		}
	})
}

func drawPerson(t *rapid.T) Person {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	p := Person{ID: id.Person{1}, Active: flag("active"), Readable: flag("readable"), HasNumber: flag("number"), Blocked: flag("blocked"), OptedOut: flag("out"),
		Restricted: flag("restricted"), Objected: flag("objected"), Minor: flag("minor")}
	for range rapid.IntRange(0, 3).Draw(t, "consents") {
		c := granted(from(time.Duration(rapid.IntRange(-4, 4).Draw(t, "from")) * time.Minute))
		c.State = rapid.SampledFrom([]gate.ConsentState{gate.ConsentGranted, gate.ConsentGranted, gate.ConsentWithdrawn, gate.ConsentPending, gate.ConsentExpired}).Draw(t, "state")
		if flag("ends") {
			c.ExpiresAt = c.GrantedAt.Add(time.Duration(rapid.IntRange(1, 8).Draw(t, "lasts")) * time.Minute)
		}
		c.Marketing = flag("marketing")
		p.Consents = append(p.Consents, c)
	}
	return p
}
