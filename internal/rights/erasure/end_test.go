package erasure_test

import (
	"testing"

	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// The work on erasures ends when it is told to, with the step that it is at.
func TestTheWorkEnds(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		url := address(t)
		w := open(t, url)
		org := w.organisation(t)
		p := w.begin(t, org, w.person(t, org, erika, 3, 1))
		leaktest.Runs(t, w.desk.Run, func() bool {
			return w.count(t, "SELECT COUNT(*) FROM erasure WHERE org_id = ? AND id = ? AND step = 'done'", org, p.ID) == 1
		})
	})
}
