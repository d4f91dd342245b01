package leaktest_test

import (
	"context"
	"testing"

	"einklang/internal/test/leaktest"
)

// fake is a test that only notes what it is told.
type fake struct {
	testing.TB
	cleanup func()
	failed  bool
}

func (f *fake) Helper()               {}
func (f *fake) Cleanup(do func())     { f.cleanup = do }
func (f *fake) Errorf(string, ...any) { f.failed = true }

// A goroutine that is left is found, and one that has ended is not.
func TestCheck(t *testing.T) {
	for name, left := range map[string]bool{"left": true, "ended": false} {
		t.Run(name, func(t *testing.T) {
			f, stop := &fake{TB: t}, make(chan struct{})
			leaktest.Check(f)
			go func() { <-stop }()
			if !left {
				close(stop)
			}
			f.cleanup()
			if f.failed != left {
				t.Errorf("found %v", f.failed)
			}
			if left {
				close(stop)
			}
		})
	}
}

// What starts something that does not end with it is found.
func TestRuns(t *testing.T) {
	for name, left := range map[string]bool{"left": true, "ended": false} {
		t.Run(name, func(t *testing.T) {
			f, stop, began := &fake{TB: t}, make(chan struct{}), make(chan struct{})
			leaktest.Runs(f, func(ctx context.Context) {
				go func() {
					select {
					case <-stop:
					case <-ended(ctx, left):
					}
				}()
				close(began)
				<-ctx.Done()
			}, func() bool { <-began; return true })
			if f.failed != left {
				t.Errorf("found %v", f.failed)
			}
			close(stop)
		})
	}
}

// ended is closed when ctx has ended, unless it is not heard.
func ended(ctx context.Context, deaf bool) <-chan struct{} {
	if deaf {
		return nil
	}
	return ctx.Done()
}
