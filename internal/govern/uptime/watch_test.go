package uptime

import (
	"log/slog"
	"testing"
	"time"

	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// The watch beats as soon as it runs, and ends.
func TestTheWatchEnds(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		db := storetest.Open(t, address(t))
		w := Watch{DB: db, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)}
		leaktest.Runs(t, w.Run, func() bool {
			var n int64
			if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM intake_beat").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n == 1
		})
	})
}
