// Package journal notes, in the transaction of a decision, about whom or what it
// was: a STOP, a withdrawal, an objection, a restriction, a revoked device, a
// replaced password. What was noted is copied beside the backups as soon as it is
// committed, so that no restore of an older backup undoes it. Only ids stand
// here: what holds about them is read when it is copied.
package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Kind says what a decision is about.
type Kind string

// The kinds.
const (
	Person  Kind = "person"
	Device  Kind = "device"
	Account Kind = "account"
)

// Checks are the closed sets of values of the table.
func Checks() []store.Check {
	return []store.Check{store.OneOf("journal", "kind", Person, Device, Account)}
}

// Journal takes notes.
type Journal struct {
	on  bool
	now func() time.Time
}

// New makes a Journal. Where there are no backups nothing is noted.
func New(on bool, now func() time.Time) *Journal { return &Journal{on, now} }

// Note notes that something was decided about subjects.
func (j *Journal) Note(ctx context.Context, tx store.Tx, org id.Org, kind Kind, subjects ...id.ID) error {
	if !j.on || len(subjects) == 0 {
		return nil
	}
	rows := make([][]any, len(subjects))
	for i, s := range subjects {
		rows[i] = []any{org, string(kind), s, int64(1), store.Micros(j.now())}
	}
	err := tx.InsertMany(ctx, store.Insert{Into: "journal (org_id, kind, subject_id, version, at)",
		Upsert: "(org_id, kind, subject_id) DO UPDATE SET version = journal.version + 1"}, rows)
	if err != nil {
		return fmt.Errorf("note what no restore may undo: %w", err)
	}
	return nil
}

// People is [Journal.Note] for people, as package contact tells of changes.
func (j *Journal) People(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	return j.Note(ctx, tx, org, Person, subjects(people)...)
}

// One is [Journal.Note] for one subject of a kind.
func (j *Journal) One(kind Kind) func(ctx context.Context, tx store.Tx, org id.Org, subject id.ID) error {
	return func(ctx context.Context, tx store.Tx, org id.Org, subject id.ID) error {
		return j.Note(ctx, tx, org, kind, subject)
	}
}

func subjects(people []id.Person) []id.ID {
	seen, all := map[id.Person]bool{}, make([]id.ID, 0, len(people))
	for _, p := range people {
		if !seen[p] {
			seen[p] = true
			all = append(all, id.ID(p))
		}
	}
	return all
}

// Change is a subject about which something was decided that is not copied.
type Change struct {
	Org     id.Org
	Kind    Kind
	Subject id.ID
	Version int64
	At      time.Time // of the first decision
}

// Waiting lists what is not copied, the oldest first.
func Waiting(ctx context.Context, r store.Reader, most int) ([]Change, error) {
	return store.Collect(ctx, r, func(row store.Row) (c Change, err error) {
		var at int64
		err = row.Scan(&c.Org, &c.Kind, &c.Subject, &c.Version, &at)
		c.At = store.Time(at)
		return c, err
	}, "SELECT org_id, kind, subject_id, version, at FROM journal ORDER BY at, org_id, kind, subject_id LIMIT ?", int64(most))
}

// Copied strikes what is copied. What was decided meanwhile stays.
func Copied(ctx context.Context, tx store.Tx, all []Change) error {
	rows := make([][]any, len(all))
	for i, c := range all {
		rows[i] = []any{c.Org, string(c.Kind), c.Subject, c.Version}
	}
	return tx.DeleteMany(ctx, store.Delete{From: "journal", Where: "org_id = ? AND kind = ? AND subject_id = ? AND version = ?"}, rows)
}

// Behind tells since when something waits to be copied; zero: nothing does.
func Behind(ctx context.Context, r store.Reader) (time.Time, error) {
	var at int64
	err := r.QueryRow(ctx, "SELECT at FROM journal ORDER BY at LIMIT 1").Scan(&at)
	if errors.Is(err, store.ErrNoRows) {
		return time.Time{}, nil
	}
	return store.Time(at), err
}
