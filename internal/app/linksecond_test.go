package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// Two who are known by a number do not become one by way of a third who is not:
// whoever hangs together becomes one person, and a second person agrees to that.
func TestNobodyBecomesAnotherByWayOfAThird(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.SignIn(t, user.Admin)
		o.SignIn(t, user.DPO)
		var three [3]id.Person
		for i, phone := range []string{"4917604069001", "4917604069002", "4917604069003"} {
			o.Write(t, func(tx store.Tx) error {
				k, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: phone}})
				if err == nil {
					three[i] = k[0].ID
				}
				return err
			})
		}
		one, between, other := three[0], three[1], three[2]
		o.Write(t, func(tx store.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM identity WHERE contact_id = ?", between)
			return err
		})
		join := func(a, b id.Person) (l link.Link) {
			o.Write(t, func(tx store.Tx) (err error) {
				l, err = o.Links.Join(t.Context(), tx, o.Org.ID, a, b, knownFrom, id.Account{1})
				return err
			})
			return l
		}
		if l := join(one, between); l.State != link.Linked || l.Alone {
			t.Errorf("with somebody who has no number: %s", l.State)
		}
		if l := join(other, between); l.State != link.Asked {
			t.Errorf("by way of somebody who is linked: %s", l.State)
		}
		o.Clock.Advance(link.Undoable + 1)
		mergeDue(t, o)
		if k, err := o.People.Get(t.Context(), o.DB, o.Org.ID, other); err != nil || k.ID != other {
			t.Errorf("she became another: %v", err)
		}
	})
}

// Where nobody else may decide, a link waits for three days, and then the log, the
// page and the proof say that nobody agreed.
func TestALinkWithoutASecondPersonSaysSo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		one, other, _ := twins(t, o)
		if status, _ := submit(t, o, admin, "/people/"+one.ID.String()+"/merge", url.Values{"other": {other.ID.String()}, "reason": {knownFrom}}); status != http.StatusOK {
			t.Fatal(status)
		}
		if n := o.Count(t, "person_link", "state = 'asked'"); n != 1 {
			t.Errorf("%d links wait", n)
		}
		o.Clock.Advance(73 * time.Hour)
		if err := o.Approvals.RipenAll(t.Context(), o.DB, o.Orgs.IDs); err != nil {
			t.Fatal(err)
		}
		if acts := actsAbout(t, o, one.ID, other.ID); !slices.Equal(acts, []string{"person.link.asked", "person.linked.alone"}) {
			t.Errorf("the log says %v", acts)
		}
		if n := o.Count(t, "person_link", "alone = ? AND second_id IS NULL AND state = 'linked'", true); n != 1 {
			t.Errorf("%d links are marked", n)
		}
	})
}

// The log says of two people that somebody asked to link them, what became of
// it, and that they became one; and names both each time.
func TestTheLogSaysWhatBecameOfALink(t *testing.T) {
	for answer, want := range map[string][]string{
		"refuse": {"person.link.asked", "approval.decided"},
		"grant":  {"person.link.asked", "person.linked", "person.merged"},
	} {
		t.Run(answer, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, o *apptest.Office) {
				admin, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
				one, other, _ := twins(t, o)
				if status, _ := submit(t, o, admin, "/people/"+one.ID.String()+"/merge", url.Values{"other": {other.ID.String()}, "reason": {knownFrom}}); status != http.StatusOK {
					t.Fatal(status)
				}
				_, page := visit(t, o, dpo, "/desk/approvals")
				if status, _ := submit(t, o, dpo, grants.FindString(page), url.Values{"do": {answer}}); status != http.StatusOK {
					t.Fatal(status)
				}
				o.Clock.Advance(2 * link.Undoable)
				mergeDue(t, o)
				mergeDue(t, o)
				if acts := actsAbout(t, o, one.ID, other.ID); !slices.Equal(acts, want) {
					t.Errorf("the log says %v, want %v", acts, want)
				}
			})
		})
	}
}

// actsAbout are the acts in the log that name both of two people, and are more
// than a look.
func actsAbout(t *testing.T, o *apptest.Office, one, other id.Person) []string {
	t.Helper()
	o.Audit.Settle()
	acts, err := store.Collect(t.Context(), o.DB, store.One[string], `SELECT act FROM audit WHERE org_id = ? AND act <> 'person.viewed'
		AND id IN (SELECT entry_id FROM audit_object WHERE object_id = ?) AND id IN (SELECT entry_id FROM audit_object WHERE object_id = ?) ORDER BY id`, o.Org.ID, one, other)
	if err != nil {
		t.Fatal(err)
	}
	return acts
}

// Two who were not both known when they were linked may be by the end of the
// week: then a second person is asked, the stricter flag goes on holding for
// both, and page and log say why. Without an answer they stay two.
func TestALinkOfTwoWhoBecameKnownWaitsForASecondPerson(t *testing.T) {
	for answer, want := range map[string][]string{
		"":       {"person.linked", "person.link.again"},
		"refuse": {"person.linked", "person.link.again", "approval.decided"},
		"grant":  {"person.linked", "person.link.again", "person.linked", "person.merged"},
	} {
		t.Run("answer "+answer, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, o *apptest.Office) {
				ctx := t.Context()
				admin := o.SignIn(t, user.Admin)
				one, other, threads := twins(t, o)
				away := map[id.Person]id.Person{one.ID: id.Person(o.IDs.New()), other.ID: id.Person(o.IDs.New())}
				lend := func(from, to id.Person) {
					o.Write(t, func(tx store.Tx) error {
						_, err := tx.Exec(ctx, "UPDATE identity SET contact_id = ? WHERE contact_id = ?", to, from)
						return err
					})
				}
				for hers, none := range away {
					lend(hers, none)
				}
				if status, page := submit(t, o, admin, "/people/"+one.ID.String()+"/merge", url.Values{"other": {other.ID.String()}, "reason": {knownFrom}}); status != http.StatusOK || !strings.Contains(page, "Verknüpft") {
					t.Fatalf("linking: %d", status)
				}
				o.Write(t, func(tx store.Tx) error { return o.People.SetFlag(ctx, tx, o.Org.ID, other.ID, contact.OptedOut, true) })
				for hers, none := range away {
					lend(none, hers)
				}
				o.Clock.Advance(link.Undoable)
				admin, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
				mergeDue(t, o)
				mergeDue(t, o)
				stopped := func() bool {
					k, err := o.People.Get(ctx, o.DB, o.Org.ID, one.ID)
					return err == nil && k.ID == one.ID && k.InForce().OptedOut
				}
				if n := o.Count(t, "contact", "state = 'merged'"); n != 0 || !stopped() {
					t.Fatalf("%d became one without a second person, the stop of the other holds: %v", n, stopped())
				}
				if _, page := visit(t, o, admin, "/inbox/"+threads[0]); !strings.Contains(page, "eine zweite Person muss noch zustimmen") {
					t.Error("the page of the record does not say that somebody has to agree")
				}
				links, err := o.Links.Of(ctx, o.DB, o.Org.ID, one.ID)
				if err != nil || len(links) != 1 {
					t.Fatal(links, err)
				}
				if _, page := visit(t, o, admin, "/links/"+links[0].ID.String()); !strings.Contains(page, "Inzwischen sind beide Einträge bei WhatsApp bekannt") {
					t.Error("the page of the link does not say why it waits")
				}
				if answer != "" {
					_, page := visit(t, o, dpo, "/desk/approvals")
					if status, _ := submit(t, o, dpo, grants.FindString(page), url.Values{"do": {answer}}); status != http.StatusOK {
						t.Fatal(status)
					}
				}
				o.Clock.Advance(link.Undoable)
				mergeDue(t, o)
				k, err := o.People.Get(ctx, o.DB, o.Org.ID, other.ID)
				if became := err == nil && k.ID == one.ID; became != (answer == "grant") {
					t.Errorf("they became one: %v (%v)", became, err)
				}
				if holding := o.Count(t, "person_link", "ended_at = 0"); holding != 0 {
					t.Error("the link goes on")
				}
				if acts := actsAbout(t, o, one.ID, other.ID); !slices.Equal(acts, want) {
					t.Errorf("the log says %v, want %v", acts, want)
				}
			})
		})
	}
}
