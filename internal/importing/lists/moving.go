package lists

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Step is a step of the way from WhatsApp's apps to the API (privacy.md S19,
// S20). Some are seen from here, the others people tick off; the values are
// keys of texts.
type Step string

// The steps, in their order.
const (
	StepAgreement Step = "agreement" // seen: the data-processing agreement is valid
	StepNotice    Step = "notice"    // seen: a privacy notice is published
	StepTell      Step = "tell"      // told the people who wrote to the app
	StepExport    Step = "export"    // exported chats and contacts on the phone
	StepBackup    Step = "backup"    // switched the phone's cloud backup off, deleted old ones
	StepWay       Step = "way"       // decided: one number for app and API, or the API alone
	StepConnect   Step = "connect"   // seen: a number is in operation
	StepLinks     Step = "links"     // unlinked WhatsApp Web and desktop
	StepPeople    Step = "people"    // seen: people are imported
	StepChats     Step = "chats"     // seen: chats are imported
	StepInform    Step = "inform"    // seen: everybody imported is informed
	StepEmpty     Step = "empty"     // removed contacts and the app from the phone
	StepBook      Step = "book"      // switched off Meta's contact book
)

// Steps lists the steps in their order.
func Steps() []Step {
	return []Step{StepNotice, StepAgreement, StepTell, StepExport, StepBackup, StepWay, StepConnect, StepLinks, StepPeople, StepChats, StepInform, StepEmpty, StepBook}
}

// Ticked reports whether people tick a step off themselves.
func (s Step) Ticked() bool {
	switch s {
	case StepTell, StepExport, StepBackup, StepWay, StepLinks, StepEmpty, StepBook:
		return true
	default:
		return false
	}
}

// ErrStep is returned for a step that is none, or that cannot be ticked off.
var ErrStep = errors.New("this step cannot be ticked off: it is seen from what is set up")

// Tick says that a step is done, or not done after all.
func (d *Imports) Tick(ctx context.Context, tx store.Tx, org id.Org, staff id.Account, s Step, done bool) error {
	if !s.Ticked() {
		return ErrStep
	}
	if _, err := tx.Exec(ctx, "DELETE FROM moving_step WHERE org_id = ? AND step = ?", org, string(s)); err != nil || !done {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO moving_step (org_id, step, staff_id, done_at) VALUES (?, ?, ?, ?)", org, string(s), staff, store.Micros(d.Now()))
	return err
}

// Done reads which steps are ticked off, and when.
func (d *Imports) Done(ctx context.Context, r store.Reader, org id.Org) (map[Step]time.Time, error) {
	done := map[Step]time.Time{}
	type tick struct {
		step Step
		at   int64
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (tick, error) {
		var t tick
		return t, row.Scan(&t.step, &t.at)
	}, "SELECT step, done_at FROM moving_step WHERE org_id = ?", org)
	if err != nil {
		return nil, fmt.Errorf("read the steps of the move: %w", err)
	}
	for _, t := range all {
		done[t.step] = store.Time(t.at)
	}
	return done, nil
}
