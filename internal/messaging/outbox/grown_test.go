package outbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
)

// S8: when the check of processors' entries grows, one that was complete covers
// its numbers for 30 days; a footing that does not fit its country covers nothing.
func TestS08GraceWhenTheCheckOfProcessorsGrows(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		entry := processors.Processor{Detail: processors.Detail{Name: "WhatsApp Ireland Ltd.", Country: "IE", Mechanism: place.NotNeeded},
			ValidFrom: d.Clock.Now().AddDate(0, -1, 0), ValidUntil: d.Clock.Now().AddDate(1, 0, 0), Channels: []id.Channel{d.Channel.ID}}
		save := func() {
			t.Helper()
			d.Write(t, func(tx store.Tx) (err error) {
				entry.ID, err = d.Registers.Save(t.Context(), tx, d.Org.ID, entry)
				return err
			})
		}
		written := func(detail processors.Detail) { // as if the check had asked for less then
			t.Helper()
			d.Write(t, func(tx store.Tx) error {
				keys, err := d.Vault.Org(t.Context(), tx, d.Org.ID)
				if err != nil {
					return err
				}
				ring, err := keys.Keyring(t.Context(), tx, d.Org.ID)
				if err != nil {
					return err
				}
				text, err := json.Marshal(detail)
				if err != nil {
					return err
				}
				_, err = tx.Exec(t.Context(), "UPDATE processor SET detail = ? WHERE org_id = ? AND id = ?", ring.Seal("processor.detail", entry.ID, text), d.Org.ID, entry.ID)
				return err
			})
		}
		recheck := func() {
			t.Helper()
			if err := d.Registers.RecheckAll(t.Context(), d.DB, d.Orgs.IDs); err != nil {
				t.Fatal(err)
			}
		}
		stands := func(want processors.State, verdict string) {
			t.Helper()
			p, err := d.Registers.Get(t.Context(), d.DB, d.Org.ID, entry.ID)
			if err != nil || p.State(d.Clock.Now()) != want {
				t.Errorf("it stands %s, %v; want %s", p.State(d.Clock.Now()), err, want)
			}
			if got := d.ask(t, nil); got != verdict {
				t.Errorf("%s: %s, want %s", want, got, verdict)
			}
		}
		save()
		stands(processors.Unfiled, "allow ok")
		written(processors.Detail{Name: "WhatsApp", Country: "US"})
		stands(processors.Short, "allow ok") // nobody has looked yet
		recheck()
		stands(processors.Short, "allow ok")
		d.SignIn(t, user.DPO)
		d.Expire(t.Context())
		if d.Count(t, "reminder", "topic = 'processor' AND stage LIKE 'short%'") == 0 {
			t.Error("nobody is told")
		}
		d.Clock.Advance(processors.Grace - time.Hour)
		recheck()
		d.erika.Say(d.Number, "Hallo?")
		d.Settle(t)
		stands(processors.Short, "allow ok")
		d.Clock.Advance(time.Hour)
		recheck()
		stands(processors.Unlawful, "deny number_not_ready")
		save()
		stands(processors.Unfiled, "allow ok")
		written(processors.Detail{Name: "WhatsApp", Country: "US", Mechanism: place.NotNeeded})
		recheck()
		if p, err := d.Registers.Get(t.Context(), d.DB, d.Org.ID, entry.ID); err != nil || p.State(d.Clock.Now()) != processors.Unlawful {
			t.Errorf("a footing that does not fit stands %s, %v", p.State(d.Clock.Now()), err)
		}
	})
}
