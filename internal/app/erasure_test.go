package app_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/gate"
	"einklang/internal/test/apptest"
)

// eraseNow orders the erasure of a person and waits until it is done.
func eraseNow(t *testing.T, o *apptest.Office, who erasure.Identity) erasure.Procedure {
	t.Helper()
	var p erasure.Procedure
	o.Write(t, func(tx store.Tx) (err error) {
		p, err = o.Erasure.Begin(t.Context(), tx, o.Org.ID, who.Contact, erasure.Order{Source: "desk"})
		return err
	})
	o.Until(t, "the erasure is done", func() bool {
		var err error
		if p, err = o.Erasure.Get(t.Context(), o.DB, o.Org.ID, p.ID); err != nil {
			t.Fatal(err)
		}
		return p.Step == erasure.Done
	})
	return p
}

func TestS24ErasureThroughTheWholeHouse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		erika, mustermann := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Beispiel", "4917604069002")
		erika.Say(o.Number, "Guten Tag")
		mustermann.Say(o.Number, "Hallo")
		o.Settle(t)
		who, other := o.Person(t, erika), o.Person(t, mustermann)
		o.Write(t, func(tx store.Tx) error {
			_, err := o.Consents.Grant(ctx, tx, o.Org.ID, who, optin.Event{Purpose: optin.Service, Source: "verbal", Detail: optin.Detail{Note: "am Telefon"}})
			return err
		})
		answer := func(to string) int {
			return o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": to, "type": "text", "text": map[string]any{"body": "Gern!"}}, nil)
		}
		if status := answer(who.ID.String()); status != http.StatusAccepted {
			t.Fatalf("the answer was answered %d", status)
		}
		o.Settle(t)

		p := eraseNow(t, o, erasure.Identity{Contact: who.ID})
		for _, c := range []struct{ table, column string }{
			{"message", "contact_id"}, {"conversation", "contact_id"}, {"media", "contact_id"}, {"consent", "contact_id"}, {"consent_event", "contact_id"},
			{"identity", "contact_id"}, {"name_word", "contact_id"}, {"notice_delivery", "contact_id"}, {"outbox", "contact_id"}, {"verdict", "contact_id"},
			{"payload", "owner_id"}, {"data_key", "owner_id"},
		} {
			if n := o.Count(t, c.table, c.column+" = ?", who.ID); n != 0 {
				t.Errorf("%d rows are left in %s", n, c.table)
			}
		}
		if o.Count(t, "message", "contact_id = ?", other.ID) == 0 {
			t.Error("the other person has lost something")
		}
		told, err := o.Erasure.RecipientsOf(ctx, o.DB, o.Org.ID, p.ID)
		if err != nil || len(told) != 1 || told[0].Code != "deleted" {
			t.Errorf("Meta's contact book: %+v, %v", told, err)
		}
		kept, err := o.Erasure.KeptOf(ctx, o.DB, o.Org.ID, p.ID)
		if err != nil || len(kept) != 1 || kept[0].Duty != "consent_proof" || kept[0].Items < 2 || kept[0].Until.Year() != apptest.Start.Year()+6 {
			t.Errorf("kept: %+v, %v", kept, err)
		}
		// Nothing can be sent to her, by whatever way.
		strip, err := o.Outbox.Light(ctx, o.DB, o.Org.ID, who.ID, o.Channel.ID)
		if err != nil || strip.Reason != gate.ReasonErased {
			t.Errorf("the traffic light says %+v, %v", strip, err)
		}
		if status := answer(who.ID.String()); status == http.StatusAccepted {
			t.Error("a message to an erased person was accepted")
		}
		// A late status of a message that is gone leaves no trace.
		if status := o.Post(t, apptest.Status("wamid.late", "4917604069001", "read", o.IDs.New().String(), o.Clock.Now())); status != http.StatusOK {
			t.Fatalf("a late status was answered %d", status)
		}
		if n := o.Count(t, "early", ""); n != 0 {
			t.Errorf("%d traces wait for a message that is gone", n)
		}
		// If she writes again, she is a new person.
		erika.Say(o.Number, "Ich bin es noch einmal")
		o.Settle(t)
		again := o.Person(t, erika)
		if again == nil || again.ID == who.ID || again.Erased || o.Count(t, "message", "contact_id = ?", again.ID) == 0 {
			t.Errorf("after writing again: %+v", again)
		}
	})
}

// While an erasure waits for its turn, the person is out of reach already.
func TestNothingIsSentFromTheOrderOn(t *testing.T) {
	o := apptest.Open(t, "sqlite:"+t.TempDir()+"/einklang.db")
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	who := o.Person(t, erika)
	err := o.Allow(t, func(tx store.Tx) error {
		if _, err := o.Erasure.Begin(t.Context(), tx, o.Org.ID, who.ID, erasure.Order{Source: "portal"}); err != nil {
			return err
		}
		strip, err := o.Outbox.Light(t.Context(), tx, o.Org.ID, who.ID, o.Channel.ID)
		if err != nil || strip.Reason != gate.ReasonErased {
			t.Errorf("ordered, and the traffic light says %+v, %v", strip, err)
		}
		return errors.New("undone")
	})
	if err == nil || err.Error() != "undone" {
		t.Fatal(err)
	}
}

// A message that its writer deletes for everyone is nowhere any more.
func TestS24RevokeLeavesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		said := erika.Say(o.Number, "Mein Geheimnis")
		o.Settle(t)
		before := o.Count(t, "payload", "")
		erika.Revoke(o.Number, said)
		o.Settle(t)
		var size int64
		if err := o.DB.QueryRow(context.WithoutCancel(t.Context()), "SELECT MAX(LENGTH(body)) FROM message WHERE org_id = ?", o.Org.ID).Scan(&size); err != nil || size != 0 {
			t.Errorf("the message still has %d bytes, %v", size, err)
		}
		if n := o.Count(t, "payload", ""); before != 1 || n != 1 { // of the deletion itself
			t.Errorf("%d raw webhooks before, %d after", before, n)
		}
	})
}
