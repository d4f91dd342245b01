package app_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// whyAnyTime says of each round that does not ask whether the time can be right why
// it need not. All others ask: who adds a round decides.
var whyAnyTime = map[string]string{
	"identities":       "goes by rules, not by the time",
	"consents by mail": "goes by what is kept, not by the time",
	"mail addresses":   "goes by rules, not by the time",
	"opt-ins":          "looks up whose a request is; nothing ends by it",
	"cockpit":          "notes what it found",
	"transfers":        "writes down what was counted",
	"processors":       "a check that has grown may be done again",
	"wake":             "a conversation can be put off again",
	"notices":          "a check that has grown may be done again",
	"seals":            "adds seals, and takes none away",
	"letter boxes":     "looks whether they answer",
	"profiles":         "looks what Meta shows",
	"meta":             "reads what Meta has",
	"journal":          "copies what was decided; a restore does not go by its times alone",
}

func TestEachRoundThatCannotBeUndoneAsksForTheTime(t *testing.T) {
	_, recipients := newIdentity(t)
	o := apptest.OpenWith(t, "", apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: t.TempDir(), Recipients: recipients} }})
	var final []string
	for _, r := range o.Rounds() {
		if _, anyTime := whyAnyTime[r.Name]; anyTime == r.Final {
			t.Errorf("the round %q: either it does by the time what can't be undone and asks first (Final), or it stands in the list with a reason", r.Name)
		}
		if r.Final {
			final = append(final, r.Name)
		}
	}
	want := []string{"backups", "erasures ordered in the portal", "expiry", "four eyes", "letters about breaches", "links"}
	if slices.Sort(final); !slices.Equal(final, want) {
		t.Errorf("those that ask are %q, want %q", final, want)
	}
}

// doubting lets an installation doubt its clock.
func doubting(o *apptest.Office) { o.Retention.Clock.Turned, o.Retention.Clock.Database = false, nil }

// comesRound does a round once.
func comesRound(t *testing.T, o *apptest.Office, name string) {
	t.Helper()
	for _, r := range o.Rounds() {
		if r.Name == name {
			if err := r.Do(t.Context()); err != nil {
				t.Error(name, err)
			}
			return
		}
	}
	t.Fatalf("there is no round %q", name)
}

// A clock that can't be right, or is ahead of all that is known, erases nobody
// before her time to stop it is over, makes no two people one, grants nothing and
// sends no letter; when it is right again, each comes in its time.
func TestAWrongClockDoesNothingThatCannotBeUndone(t *testing.T) {
	const day = 24 * time.Hour
	for name, ahead := range map[string]time.Duration{"years": 4 * 365 * day, "days": 5 * day} {
		t.Run(name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, o *apptest.Office) {
				doubting(o)
				admin := o.SignIn(t, user.Admin)
				one, other, _ := twins(t, o)
				leaving := o.Customer("Maxi Muster", "4917604069003")
				leaving.Say(o.Number, "Guten Tag")
				o.Settle(t)
				who := o.Person(t, leaving).ID
				o.Write(t, func(tx store.Tx) error { return ordersErasure(t, o, tx, who) })
				joined(t, o, one.ID, other.ID)
				if status, _ := submit(t, o, admin, "/desk/approvals", approvalOf(approval.Letters)); status != 200 {
					t.Fatal(status)
				}
				rounds := func() {
					for _, r := range []string{"erasures ordered in the portal", "links", "four eyes", "letters about breaches"} {
						comesRound(t, o, r)
					}
				}
				rounds()
				state := func() (done [3]bool) {
					done[0] = o.Count(t, "contact", "state = 'erased'") > 0
					done[1] = o.Count(t, "contact", "state = 'merged'") > 0
					done[2] = o.Count(t, "approval", "decided_at > 0 AND alone = ?", true) > 0
					return done
				}
				o.Clock.Advance(ahead)
				if ahead > 7*day {
					o.Write(t, func(tx store.Tx) error { return breachGoes(t, o, tx) })
				}
				rounds()
				if done := state(); done != [3]bool{} {
					t.Errorf("by a wrong clock: erased, merged, granted: %v", done)
				}
				if n := o.Count(t, "breach", "letter = 'sending'"); ahead > 7*day && n != 1 {
					t.Error("a letter went out by a clock that can't be right")
				}
				o.Clock.Advance(-ahead)
				for range 8 {
					o.Clock.Advance(day)
					rounds()
					o.Settle(t)
				}
				if done := state(); done != [3]bool{true, true, true} {
					t.Errorf("in their time: erased, merged, granted: %v", done)
				}
				if n := o.Count(t, "breach", "letter = 'sending'"); n != 0 {
					t.Error("the letter does not go out when the clock is right again")
				}
			})
		})
	}
}

// ordersErasure has a person ask in the portal to be erased.
func ordersErasure(t *testing.T, o *apptest.Office, tx store.Tx, who id.Person) error {
	t.Helper()
	c, err := o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Contact: who, Kind: cases.Erase, Source: "portal", Identity: cases.ByCode})
	if err != nil {
		return err
	}
	company, err := o.Orgs.Get(t.Context(), tx, o.Org.ID)
	if err != nil {
		return err
	}
	p, err := o.People.Get(t.Context(), tx, o.Org.ID, who)
	if err != nil {
		return err
	}
	_, err = o.Answers.OrderErasure(t.Context(), tx, company, p, c, cases.ByWhatsApp)
	return err
}

func approvalOf(kind approval.Kind) url.Values {
	return url.Values{"kind": {string(kind)}, "subject": {""}, "reason": {"Beispielgrund"}}
}

// breachGoes has a letter about a breach go out, to nobody.
func breachGoes(t *testing.T, o *apptest.Office, tx store.Tx) error {
	t.Helper()
	now := o.Clock.Now()
	r, err := o.Breaches.Open(t.Context(), tx, o.Org.ID, now, "Ein Laptop fehlt", id.Account{1})
	if err != nil {
		return err
	}
	what := r.Detail
	what.Scope = breach.Scope{From: now.Add(-time.Hour), Until: now}
	if _, err := o.Breaches.Save(t.Context(), tx, o.Org.ID, r.ID, what); err != nil {
		return err
	}
	return o.Breaches.Post(t.Context(), tx, o.Org.ID, r.ID, breach.Letter{Subject: "Ihre Daten", Text: "Ein Laptop ist weg.", By: id.Account{1}})
}
