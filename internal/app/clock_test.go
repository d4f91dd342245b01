package app_test

import (
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
