package media

import (
	"testing"

	"einklang/internal/test/leaktest"
)

// The shelf ends when what it fetches is there.
func TestTheShelfEnds(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		who, ring := o.person(t)
		o.want(t, who, ring, []byte("Bild"), gives)
		leaktest.Runs(t, o.Run, func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return len(o.told) == 1
		})
	})
}
