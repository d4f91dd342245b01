package intake_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/intake"
	"einklang/internal/test/apptest"
	"einklang/internal/test/leaktest"
)

// The intake ends when all that it has accepted is applied, and accepts nothing
// after that.
func TestTheIntakeEnds(t *testing.T) {
	apptest.InTurn(t, func(t *testing.T, o *apptest.Office) {
		in := intake.New(o.Intake.Parts)
		var taken atomic.Bool
		leaktest.Runs(t, func(ctx context.Context) {
			go func() {
				if err := in.Accept(t.Context(), apptest.AppKey, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())); err != nil {
					t.Error(err)
				}
				taken.Store(true)
			}()
			in.Run(ctx)
		}, taken.Load)
		if err := in.Accept(t.Context(), apptest.AppKey, apptest.Text("wamid.2", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())); !errors.Is(err, store.ErrClosed) {
			t.Errorf("accepted after the end: %v", err)
		}
	})
}
