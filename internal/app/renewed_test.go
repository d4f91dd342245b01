package app_test

import (
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/test/apptest"
)

// After an organisation's key was rotated, the next message of a person is sealed
// under a new key of hers; what was sealed before still opens.
func TestTheNextMessageAfterARotationHasANewKey(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, erika).ID
		keys := func() int { return o.Count(t, "data_key", "owner_id = ?", p) }
		erika.Say(o.Number, "Noch etwas")
		o.Settle(t)
		if n := keys(); n != 1 {
			t.Fatalf("she has %d keys before any rotation", n)
		}
		o.Clock.Advance(time.Second)
		if err := o.Vault.RotateOrg(t.Context(), o.DB, o.Org.ID, store.Alone{}); err != nil {
			t.Fatal(err)
		}
		o.Clock.Advance(time.Second)
		for _, words := range []string{"Nach dem Wechsel", "Und noch einmal"} {
			erika.Say(o.Number, words)
			o.Settle(t)
			if n := keys(); n != 2 {
				t.Errorf("after %q she has %d keys, want 2", words, n)
			}
		}
		all, _, err := o.Threads.Page(t.Context(), o.DB, o.Org.ID, thread(t, o, p).ID, conversation.Place{}, 50)
		said := 0
		for _, m := range all {
			if !m.Outgoing && conversation.Words(m.Body.Content) != "" {
				said++
			}
		}
		if err != nil || said != 4 {
			t.Errorf("%d of her four messages can be read: %v", said, err)
		}
	})
}
