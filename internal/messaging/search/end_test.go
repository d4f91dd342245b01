package search

import (
	"testing"

	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// The folding ends, also in the middle of its rounds.
func TestTheFoldingEnds(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		db := storetest.Open(t, address(t))
		o := open(t, db)
		texts := make([]string, segmentSize)
		for i := range texts {
			texts[i] = "Guten Tag"
		}
		o.say(t, texts...)
		leaktest.Runs(t, o.Run, func() bool {
			var n int64
			if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM search_ids WHERE org_id = ?", o.org).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n > 0
		})
	})
}
