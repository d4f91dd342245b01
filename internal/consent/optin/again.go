package optin

import (
	"context"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Ended is what a person had ended when a backup was already made.
type Ended struct {
	Everything bool // STOP
	Purposes   []string
	At         time.Time // when it was known to hold
}

// Withdrawn reports whether a consent was taken back.
func (s State) Withdrawn() bool { return s.State == gate.ConsentWithdrawn }

// EndAgain ends after a restore what a person had ended since the backup.
func (d *Consents) EndAgain(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Ended) error {
	states, err := d.States(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	for _, s := range states {
		if !slices.Contains(e.Purposes, s.Purpose) || !s.ends(e.At) {
			continue
		}
		if _, err := d.Withdraw(ctx, tx, org, p, Event{Purpose: s.Purpose, Source: FromRestore, At: e.At}); err != nil {
			return err
		}
	}
	if !e.Everything || p.Flags.OptedOut {
		return nil
	}
	_, err = d.stop(ctx, tx, org, p, Event{Source: FromRestore, At: e.At})
	return err
}
