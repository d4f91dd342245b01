package portal

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"einklang/internal/test/leaktest"
)

// What waits when it ends is done before it has ended.
func TestCodesEnd(t *testing.T) {
	c := NewCodes(slog.New(slog.DiscardHandler))
	var made atomic.Int64
	for range 3 {
		c.later(func(context.Context) error { made.Add(1); return nil })
	}
	leaktest.Runs(t, c.Run, func() bool { return made.Load() > 0 })
	if made.Load() != 3 {
		t.Errorf("%d codes were made of 3", made.Load())
	}
}
