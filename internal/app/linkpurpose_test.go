package app_test

import (
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// What is withdrawn in one record is withdrawn in the other as long as the two are
// linked, in the gate, on the pages and in the books of the phones; a consent that
// was given later holds.
func TestAPurposeWithdrawnHoldsWhileLinked(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		one, other, _ := twins(t, o)
		for _, p := range []id.Person{one.ID, other.ID} {
			o.Agree(t, p, optin.Service)
			o.Agree(t, p, optin.Marketing)
		}
		o.Clock.Advance(time.Hour)
		withdraw := func(p id.Person, purpose string) {
			o.Write(t, func(tx store.Tx) error {
				k, err := o.People.Get(ctx, tx, o.Org.ID, p)
				if err != nil {
					return err
				}
				_, err = o.Consents.Withdraw(ctx, tx, o.Org.ID, k, optin.Event{Purpose: purpose, Source: optin.FromStaff})
				return err
			})
		}
		state := func(p id.Person, purpose string) gate.ConsentState {
			t.Helper()
			all, err := o.Consents.InForce(ctx, o.DB, o.Org.ID, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all[p] {
				if s.Purpose == purpose {
					return s.State
				}
			}
			return gate.ConsentNone
		}
		present := func(p id.Person) bool {
			if err := o.Books.Refresh(ctx, o.Org.ID); err != nil {
				t.Fatal(err)
			}
			return o.Count(t, "book_entry", "kind = ? AND contact_id = ? AND present", string(addressbook.Consenting), p) == 1
		}
		withdraw(other.ID, optin.Marketing)
		if state(one.ID, optin.Marketing) != gate.ConsentGranted || !present(one.ID) {
			t.Fatal("a stranger's withdrawal holds")
		}
		l := joined(t, o, one.ID, other.ID)
		if got := state(one.ID, optin.Marketing); got != gate.ConsentWithdrawn {
			t.Errorf("marketing is %s in the record that is linked with the one in which it was withdrawn", got)
		}
		if got := state(one.ID, optin.Service); got != gate.ConsentGranted {
			t.Errorf("service is %s, though nobody withdrew it", got)
		}
		dpo := o.SignIn(t, user.DPO)
		if _, page := visit(t, o, dpo, "/people/"+one.ID.String()+"/consent"); !strings.Contains(page, "im verknüpften Eintrag") {
			t.Error("the page does not say where it was withdrawn")
		}
		withdraw(other.ID, optin.Service)
		facts, err := o.Consents.Standings(ctx, o.DB, o.Org.ID, []chat.Asked{{Person: one.ID}, {Person: other.ID}})
		if err != nil || facts[0].Service.State != gate.ConsentWithdrawn || facts[1].Service.State != gate.ConsentWithdrawn {
			t.Errorf("the gate sees %+v (%v)", facts, err)
		}
		if present(one.ID) {
			t.Error("the card of the linked record is still in the book")
		}
		o.Clock.Advance(time.Hour)
		o.Agree(t, one.ID, optin.Service)
		if got := state(one.ID, optin.Service); got != gate.ConsentGranted || !present(one.ID) {
			t.Errorf("service is %s after she agreed anew", got)
		}
		if got := state(other.ID, optin.Service); got != gate.ConsentWithdrawn || present(other.ID) {
			t.Errorf("service is %s in the record in which it was withdrawn", got)
		}
		withdraw(other.ID, optin.Service)
		if state(one.ID, optin.Service) != gate.ConsentWithdrawn || present(one.ID) {
			t.Error("a second withdrawal does not hold for the linked record")
		}
		if _, err := undone(t, o, l.ID); err != nil {
			t.Fatal(err)
		}
		if state(one.ID, optin.Service) != gate.ConsentGranted || state(one.ID, optin.Marketing) != gate.ConsentGranted || !present(one.ID) {
			t.Error("the withdrawal of another holds without a link")
		}
	})
}
