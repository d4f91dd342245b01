package search

import (
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// The folding ends, also in the middle of its rounds.
func TestTheFoldingEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
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
