package outbox_test

import (
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// S22: the first service messages of a number and calendar month cost nothing, and
// what did not go out is not counted among them.
func TestS22TheFirstServiceMessagesAreFree(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		free, month := int64(2), d.Clock.Now().UTC().Format("2006-01")
		d.settings(t, func(s *org.Settings) { s.Budget, s.Prices = 100, org.Prices{Service: 60, Utility: 1, Free: &free} })
		d.ask(t, nil) // the notice goes along with it
		d.Settle(t)
		before, err := d.Orgs.Served(t.Context(), d.DB, d.Org.ID, d.Channel.ID, d.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		free += before
		d.settings(t, func(s *org.Settings) { s.Prices.Free = &free })
		d.Fault(t, sandbox.Fault{Kind: "error", Code: 131026, Count: 1})
		if got := d.ask(t, nil); got != "allow ok" {
			t.Errorf("one that fails: %s", got)
		}
		d.Settle(t)
		for i, want := range []string{"allow ok", "allow ok", "allow ok", "deny budget"} {
			if got := d.ask(t, nil); got != want {
				t.Errorf("reply %d: %s, want %s", i+1, got, want)
			}
			d.Settle(t)
		}
		if spent, err := d.Orgs.Spent(t.Context(), d.DB, d.Org.ID, d.Clock.Now()); err != nil || spent != 60 {
			t.Errorf("spent %d, %v", spent, err)
		}
		if n := d.Count(t, "served", "month = ? AND n = ?", month, free+1); n != 1 {
			t.Errorf("not counted for %s", month)
		}
		if n, err := d.Orgs.Served(t.Context(), d.DB, d.Org.ID, d.Channel.ID, d.Clock.Now().Add(40*24*time.Hour)); n != 0 || err != nil {
			t.Errorf("the next month begins with %d, %v", n, err)
		}
	})
}
