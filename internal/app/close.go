package app

import (
	"context"
	"errors"
	"time"
)

// finishWithin is how long work under way may take to finish when the process
// is asked to end. It is not lost then: whatever was not committed begins anew
// with the next start, as after a crash.
const finishWithin = 5 * time.Second

// Close finishes what is under way and ends, also when the database does not
// answer any more. Nobody may ask for anything by then: the doors are closed
// before.
func (a *App) Close() error {
	defer time.AfterFunc(finishWithin, a.DB.Abandon).Stop()
	a.cancel()
	a.Intake.Close()
	a.done.Wait()
	if err := a.saveTransfers(context.Background()); err != nil {
		a.Config.Log.Error("the transfer register could not be saved", "error", err)
	}
	a.Gate.Close()
	return errors.Join(a.DB.Close(), a.release())
}
