package throttle

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// Of one key one is through at a time; another key does not wait for it, nor for
// those who wait; and nothing is kept of those who left.
func TestOneOfEachKeyIsThrough(t *testing.T) {
	var s Single
	leave, err := s.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	var through, most atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			leave, err := s.Enter(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), through.Add(1)))
			through.Add(-1)
			leave()
		})
	}
	other, err := s.Enter(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if n := through.Load(); n != 0 || most.Load() != 0 {
		t.Error("a second one of the key is through")
	}
	leave()
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d were through at once", most.Load())
	}
	other()
	if len(s.there) != 0 {
		t.Errorf("%d keys are kept", len(s.there))
	}
}

// Who does not want to wait any more goes, and takes nobody's place.
func TestWhoIsGoneWaitsForNothing(t *testing.T) {
	var s Single
	leave, err := s.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Enter(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("it waited on: %v", err)
	}
	leave()
	if leave, err = s.Enter(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	leave()
	if len(s.there) != 0 {
		t.Errorf("%d keys are kept", len(s.there))
	}
}
