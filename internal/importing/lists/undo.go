package lists

import (
	"context"
	"fmt"
	"math"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// undoing is the work of taking back an import, row by row.
type undoing struct {
	desk *Imports
	org  id.Org
	at   id.Import
	row  int64
}

func (d *Imports) openUndo(_ context.Context, j jobs.Job) (jobs.Work, error) {
	return &undoing{d, j.Org, id.Import(j.Subject), j.Position}, nil
}

// Close ends the work.
func (u *undoing) Close() error { return nil }

// Next takes the next rows.
func (u *undoing) Next(ctx context.Context) (jobs.Batch, error) {
	results, err := u.desk.Results(ctx, u.desk.DB, u.org, u.at, u.row, runBatch)
	if err != nil {
		return jobs.Batch{}, err
	}
	last := len(results) < runBatch
	if len(results) > 0 {
		u.row = results[len(results)-1].Row
	}
	position := u.row
	if last {
		position = math.MaxInt64
	}
	return jobs.Batch{Position: position, Last: last, Apply: func(ctx context.Context, tx store.Tx, counts map[string]int64) error {
		for _, r := range results {
			if r.Contact.IsZero() {
				continue
			}
			if err := u.desk.takeBack(ctx, tx, u.org, u.at, r, counts); err != nil {
				return fmt.Errorf("take back a row: %w", err)
			}
		}
		return nil
	}}, nil
}

// undoneNote stands in the history of a consent.
const undoneNote = "import undone"

// takeBack withdraws the consents that a row has brought, takes its labels and
// attributes back, and removes the person if the import made her and nothing else is known about her.
func (d *Imports) takeBack(ctx context.Context, tx store.Tx, org id.Org, at id.Import, r Result, counts map[string]int64) error {
	people, err := d.People.GetMany(ctx, tx, org, []id.Person{r.Contact})
	if err != nil {
		return err
	}
	k := people[r.Contact]
	if k == nil || k.Erased {
		return nil
	}
	events, err := d.brought(ctx, tx, org, at, k.ID)
	if err != nil {
		return err
	}
	if err := d.unsort(ctx, tx, org, at, k.ID); err != nil {
		return err
	}
	remove := false
	if r.Outcome == Created {
		if remove, err = d.Removal.Untouched(ctx, tx, org, k.ID, int64(len(events))); err != nil {
			return err
		}
	}
	if err := d.withdraw(ctx, tx, org, k, events, counts); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM import_consent WHERE org_id = ? AND import_id = ? AND contact_id = ?", org, at, k.ID); err != nil {
		return err
	}
	switch {
	case remove:
		counts[CountRemoved]++
		return d.Removal.Remove(ctx, tx, org, k.ID)
	case r.Outcome == Created:
		counts[CountKept]++
	}
	return nil
}

type broughtConsent struct {
	pii.Personal
	event   id.Consent
	purpose string
}

// brought are the consents that an import has recorded for a person.
func (d *Imports) brought(ctx context.Context, tx store.Tx, org id.Org, at id.Import, person id.Person) ([]broughtConsent, error) {
	return store.Collect(ctx, tx, func(row store.Row) (broughtConsent, error) {
		var b broughtConsent
		return b, row.Scan(&b.event, &b.purpose)
	}, "SELECT event_id, purpose FROM import_consent WHERE org_id = ? AND import_id = ? AND contact_id = ?", org, at, person)
}

// withdraw takes back consents that still rest on the import alone.
func (d *Imports) withdraw(ctx context.Context, tx store.Tx, org id.Org, k *chat.Known, events []broughtConsent, counts map[string]int64) error {
	for _, b := range events {
		now, err := d.state(ctx, tx, org, k.ID, b.purpose)
		if err != nil {
			return err
		}
		if now.Event != b.event {
			continue // the person has said something since
		}
		_, err = d.Consents.Withdraw(ctx, tx, org, k, optin.Event{Purpose: b.purpose, Source: optin.FromImport, At: d.Now(), Detail: optin.Detail{Note: undoneNote}})
		if err != nil {
			return err
		}
		counts[CountConsents]++
	}
	return nil
}
