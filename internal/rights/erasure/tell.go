package erasure

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Notified is a recipient and what it answered.
type Notified struct {
	Name  string
	State State
	Code  string
	At    time.Time

	attempts int64
}

// RecipientsOf lists who is told of an erasure.
func (d *Erasures) RecipientsOf(ctx context.Context, r store.Reader, org id.Org, procedure id.Erasure) ([]Notified, error) {
	return store.Collect(ctx, r, scanNotified, "SELECT name, state, answer, at, attempts FROM erasure_recipient WHERE org_id = ? AND erasure_id = ? ORDER BY name", org, procedure)
}

func scanNotified(row store.Row) (Notified, error) {
	var n Notified
	var at int64
	err := row.Scan(&n.Name, &n.State, &n.Code, &at, &n.attempts)
	n.At = store.Time(at)
	return n, err
}

// address writes down who has to be told.
func (d *Erasures) address(ctx context.Context, tx store.Tx, p *Procedure) error {
	recipients, err := d.Recipients(ctx, tx, p.Org)
	if err != nil {
		return fmt.Errorf("list the recipients: %w", err)
	}
	rows := make([][]any, len(recipients))
	for i, to := range recipients {
		rows[i] = []any{p.Org, p.ID, to.Name, string(Waiting), store.Micros(d.Now())}
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "erasure_recipient (org_id, erasure_id, name, state, answer, attempts, not_before, at)", Values: "?, ?, ?, ?, '', 0, 0, ?", Skip: true}, rows)
	return err
}

// tell tells the recipients that are due.
func (d *Erasures) tell(ctx context.Context, p *Procedure) error {
	who, err := d.open(ctx, d.DB, p)
	if err != nil {
		return err
	}
	known, err := d.Recipients(ctx, d.DB, p.Org)
	if err != nil {
		return fmt.Errorf("list the recipients: %w", err)
	}
	byName := map[string]Recipient{}
	for _, to := range known {
		byName[to.Name] = to
	}
	due, err := store.Collect(ctx, d.DB, scanNotified, "SELECT name, state, answer, at, attempts FROM erasure_recipient WHERE org_id = ? AND erasure_id = ? AND state = ? AND not_before <= ? ORDER BY name",
		p.Org, p.ID, string(Waiting), store.Micros(d.Now()))
	if err != nil {
		return err
	}
	for _, n := range due {
		to, there := byName[n.Name]
		answer, err := Answer{State: Told, Code: "no_recipient_any_more"}, error(nil)
		if there {
			answer, err = to.Tell(ctx, p.Org, who)
		}
		if err != nil {
			d.Log.Warn("a recipient of an erasure does not answer; asking again later", "erasure", p.ID.String(), "recipient", n.Name, "error", err)
		}
		if err := d.note(ctx, p, n, answer, err); err != nil {
			return err
		}
	}
	return d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.afterTelling(ctx, tx, p) })
}

func (d *Erasures) note(ctx context.Context, p *Procedure, n Notified, a Answer, problem error) error {
	now := d.Now()
	state, code, again := outcome(a, problem, pause.After(n.attempts+1, p.ID.String()+n.Name), p.Started, now)
	return d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE erasure_recipient SET state = ?, answer = ?, attempts = attempts + 1, not_before = ?, at = ? WHERE org_id = ? AND erasure_id = ? AND name = ? AND state = ?",
			string(state), code, store.Micros(again), store.Micros(now), p.Org, p.ID, n.Name, string(Waiting))
		return err
	})
}

// afterTelling goes on to the proof when nobody is waited for, or sleeps until
// the next one is due.
func (d *Erasures) afterTelling(ctx context.Context, tx store.Tx, p *Procedure) error {
	var waiting, soonest int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(MIN(not_before), 0) FROM erasure_recipient WHERE org_id = ? AND erasure_id = ? AND state = ?",
		p.Org, p.ID, string(Waiting)).Scan(&waiting, &soonest); err != nil {
		return err
	}
	if waiting == 0 {
		return d.goOn(ctx, tx, p, next(Tell), place{})
	}
	_, err := tx.Exec(ctx, "UPDATE erasure SET not_before = ? WHERE org_id = ? AND id = ? AND step = ?", soonest, p.Org, p.ID, string(Tell))
	return err
}

// Answered records by hand what a recipient has answered, for those who answer
// by letter.
func (d *Erasures) Answered(ctx context.Context, tx store.Tx, org id.Org, procedure id.Erasure, name string, a Answer) error {
	n, err := tx.Exec(ctx, "UPDATE erasure_recipient SET state = ?, answer = ?, at = ? WHERE org_id = ? AND erasure_id = ? AND name = ?",
		string(a.State), a.Code, store.Micros(d.Now()), org, procedure, name)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	_, err = tx.Exec(ctx, "UPDATE erasure SET not_before = 0 WHERE org_id = ? AND id = ?", org, procedure)
	tx.AfterCommit(d.wake)
	return err
}
