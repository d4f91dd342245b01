package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rights/retention"
	"einklang/internal/test/apptest"
)

// A clock four years ahead deletes nothing, neither what comes round each hour
// nor the daily run nor somebody's click; it is said; and when it is right again,
// or somebody says that it is, what is due goes.
func TestAClockThatCannotBeRightDeletesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const erika, maxi = "4917604069001", "4917604069002"
		a := &aged{Office: o, t: t}
		o.Retention.Clock.Turned, o.Retention.Clock.Database = false, nil
		a.text(erika, "vor langer Zeit")
		o.Settle(t)
		o.Expire(t.Context())
		ahead := 4 * 365 * 24 * time.Hour
		o.Clock.Advance(ahead)
		a.text(maxi, "währenddessen")
		o.Settle(t)
		o.Write(t, func(tx store.Tx) error { return o.Retention.Start(t.Context(), tx, o.Org.ID, false) })
		o.Expire(t.Context())
		if got := o.Count(t, "retention_run", "dry = ?", false); got > 1 {
			t.Errorf("%d runs, want only the one from before", got)
		}
		if payloads, messages := o.Count(t, "payload", ""), o.Count(t, "message", ""); payloads != 2 || messages != 2 {
			t.Errorf("%d payloads and %d messages are left, want 2 and 2", payloads, messages)
		}
		admin := o.SignIn(t, user.Admin)
		if status, page := visit(t, o, admin, "/desk/retention"); status != http.StatusOK || !strings.Contains(page, "/desk/retention/time") {
			t.Errorf("the page does not say that the clock is doubted: %d", status)
		}

		o.Clock.Advance(-ahead)
		o.Clock.Advance(24 * time.Hour)
		o.Expire(t.Context())
		if s, err := retention.StateOf(t.Context(), o.DB, o.Org.ID); err != nil || s.Doubt != retention.Believed {
			t.Errorf("the clock is right again, and doubted: %q, %v", s.Doubt, err)
		}

		o.Clock.Advance(14 * 30 * 24 * time.Hour) // the installation was off
		o.Expire(t.Context())
		if got := o.Count(t, "message", ""); got != 2 {
			t.Errorf("%d messages after a year off, want 2 until somebody has looked", got)
		}
		admin = o.SignIn(t, user.Admin)
		if status, page := submit(t, o, admin, "/desk/retention/time", url.Values{}); status != http.StatusOK || strings.Contains(page, "/desk/retention/time") {
			t.Fatalf("saying that the time is right: %d", status)
		}
		o.Expire(t.Context())
		o.Until(t, "what is due is deleted", func() bool { return o.Count(t, "message", "") == 1 })
	})
}

// After a few days off, or with a clock that is a few days ahead, what was foretold
// to be due goes; if much more is, the rest waits until somebody has said that the
// time is right, or somebody writes, and for a week at most.
func TestWhatFellDueBeyondWhatWasForetoldWaits(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		rows int // that nobody foretold
		then func(a *aged)
		left int
	}{
		"few":                 {rows: 150, then: func(*aged) {}},
		"nobody does a thing": {rows: 205, then: func(*aged) {}, left: 205},
		"confirmed": {rows: 205, then: func(a *aged) {
			admin := a.SignIn(a.t, user.Admin)
			if status, page := visit(a.t, a.Office, admin, "/desk/retention"); status != http.StatusOK || !strings.Contains(page, "205 Einträge sind schneller fällig geworden") {
				a.t.Errorf("the page: %d %s", status, page)
			}
			if status, page := submit(a.t, a.Office, admin, "/desk/retention/time", url.Values{}); status != http.StatusOK || strings.Contains(page, `id="surplus"`) {
				a.t.Errorf("saying that the time is right: %d %s", status, page)
			}
		}},
		"somebody writes": {rows: 205, left: 1, then: func(a *aged) {
			a.text("4917604069003", "heute")
			a.Clock.Advance(day)
			a.Expire(a.t.Context())
		}},
		"a week later": {rows: 205, then: func(a *aged) {
			for range 7 {
				if n := a.Count(a.t, "message", ""); n != 205 {
					a.t.Errorf("%d messages before the week is over", n)
				}
				a.Clock.Advance(day)
				a.Expire(a.t.Context())
				a.ended()
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, o *apptest.Office) {
				a := &aged{Office: o, t: t}
				o.Retention.Clock.Turned, o.Retention.Clock.Database = false, nil
				a.text("4917604069001", "zuerst")
				o.Clock.Advance(3 * day)
				var all []any
				for i := range c.rows {
					all = append(all, map[string]any{"id": fmt.Sprint("wamid.many.", i), "from": "4917604069002", "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": map[string]any{"body": "danach"}})
				}
				if status := o.Post(t, apptest.Webhook(map[string]any{"messages": all})); status != http.StatusOK {
					t.Fatal(status)
				}
				o.Settle(t)
				o.Clock.Advance(361 * day)
				if status, _ := submit(t, o, o.SignIn(t, user.Admin), "/desk/retention/time", url.Values{}); status != http.StatusOK {
					t.Fatal(status)
				}
				o.Clock.Advance(6 * day)
				o.Expire(t.Context())
				a.ended()
				if n := o.Count(t, "message", "contact_id = ?", a.person("4917604069001")); n != 0 {
					t.Error("what was foretold to be due is left")
				}
				c.then(a)
				a.ended()
				if n := o.Count(t, "message", "outgoing = FALSE"); n != c.left {
					t.Errorf("%d messages are left, want %d", n, c.left)
				}
			})
		})
	}
}

// ended waits until no run is under way.
func (a *aged) ended() {
	a.t.Helper()
	a.Until(a.t, "the run has ended", func() bool { return a.Count(a.t, "retention_run", "ended_at = 0") == 0 })
}
