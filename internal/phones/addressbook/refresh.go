package addressbook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

const (
	// checkEvery is how often everybody is judged anew, in case that a change
	// was not told.
	checkEvery = 5 * time.Minute
	// refreshMost bounds the changes that one transaction works off.
	refreshMost = 2000
)

// Refresh brings the books of an organisation up to date: it judges everybody
// about whom something changed, or whose consent began or ended meanwhile.
// When nothing did, it costs one query.
func (b *Books) Refresh(ctx context.Context, org id.Org) error {
	for {
		due, err := b.due(ctx, org)
		if err != nil || due == nothing {
			return err
		}
		err = b.db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
			// The lock comes first: what is read after it is not older than
			// what another node has written.
			if _, err := b.Next(ctx, tx, org, 0); err != nil {
				return err
			}
			if due == everybody {
				return b.check(ctx, tx, org)
			}
			return b.workOff(ctx, tx, org)
		})
		if err != nil {
			return fmt.Errorf("bring the address books up to date: %w", err)
		}
	}
}

// Check judges everybody anew, whatever has been told.
func (b *Books) Check(ctx context.Context, tx store.Tx, org id.Org) error {
	if _, err := b.Next(ctx, tx, org, 0); err != nil {
		return err
	}
	return b.check(ctx, tx, org)
}

type work int

const (
	nothing work = iota
	some
	everybody
)

// due says what there is to do.
func (b *Books) due(ctx context.Context, org id.Org) (work, error) {
	now := store.Micros(b.now())
	var touched, ended bool
	var checked int64
	err := b.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM book_touch WHERE org_id = ?),
		EXISTS (SELECT 1 FROM book_entry WHERE org_id = ? AND recheck_at > 0 AND recheck_at <= ?),
		checked_at FROM book_state WHERE org_id = ?`, org, org, now, org).Scan(&touched, &ended, &checked)
	switch {
	case errors.Is(err, store.ErrNoRows):
		return everybody, nil
	case err != nil:
		return nothing, fmt.Errorf("ask whether an address book has changed: %w", err)
	case b.now().Sub(store.Time(checked)) >= checkEvery:
		return everybody, nil
	case touched || ended:
		return some, nil
	}
	return nothing, nil
}

// workOff judges the people who were touched or whose time has come.
func (b *Books) workOff(ctx context.Context, tx store.Tx, org id.Org) error {
	type touch struct {
		id      id.Cursor
		contact id.Person
	}
	touches, err := store.Collect(ctx, tx, func(row store.Row) (t touch, err error) {
		err = row.Scan(&t.id, &t.contact)
		return t, err
	}, "SELECT id, contact_id FROM book_touch WHERE org_id = ? ORDER BY id LIMIT ?", org, int64(refreshMost))
	if err != nil {
		return err
	}
	people, err := store.Collect(ctx, tx, store.One[id.Person], "SELECT contact_id FROM book_entry WHERE org_id = ? AND recheck_at > 0 AND recheck_at <= ? LIMIT ?",
		org, store.Micros(b.now()), int64(refreshMost))
	if err != nil {
		return err
	}
	done := make([][]any, len(touches))
	for i, t := range touches {
		people = append(people, t.contact)
		done[i] = []any{org, t.id}
	}
	people = id.Distinct(people)
	now, err := b.factsAbout(ctx, tx, org, people)
	if err != nil {
		return err
	}
	var args [][]any
	for _, p := range people {
		for _, kind := range Kinds() {
			args = append(args, []any{org, string(kind), p})
		}
	}
	held := map[key]entry{}
	err = tx.QueryMany(ctx, selectEntry+" AND kind = ? AND contact_id = ?", args, func(_ int, row store.Row) error {
		e, err := scanEntry(row)
		held[e.key] = e
		return err
	})
	if err != nil {
		return err
	}
	if err := b.settle(ctx, tx, org, people, now, held); err != nil {
		return err
	}
	err = tx.DeleteMany(ctx, store.Delete{From: "book_touch", Where: "org_id = ? AND id = ?"}, done)
	return err
}

// check judges everybody, also those who are in a book and exist no more.
func (b *Books) check(ctx context.Context, tx store.Tx, org id.Org) error {
	now, err := b.allFacts(ctx, tx, org)
	if err != nil {
		return err
	}
	entries, err := store.Collect(ctx, tx, scanEntry, selectEntry, org)
	if err != nil {
		return err
	}
	held := make(map[key]entry, len(entries))
	people := make([]id.Person, 0, len(now))
	for p := range now {
		people = append(people, p)
	}
	for _, e := range entries {
		held[e.key] = e
		if now[e.contact] == nil && e.present {
			people = append(people, e.contact)
		}
	}
	if err := b.settle(ctx, tx, org, id.Distinct(people), now, held); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE book_state SET checked_at = ? WHERE org_id = ?", store.Micros(b.now()), org)
	return err
}

type key struct {
	kind    Kind
	contact id.Person
}

// entry is a row of book_entry.
type entry struct {
	key
	seq     int64
	present bool
	since   int64
	labels  []id.Label
	changed int64
	recheck int64
	left    int64
}

const selectEntry = "SELECT kind, contact_id, seq, present, since, labels, changed_at, recheck_at, left_at FROM book_entry WHERE org_id = ?"

func scanEntry(row store.Row) (e entry, err error) {
	var labels string
	if err := row.Scan(&e.kind, &e.contact, &e.seq, &e.present, &e.since, &labels, &e.changed, &e.recheck, &e.left); err != nil {
		return e, err
	}
	return e, e.readLabels(labels)
}

func (e *entry) readLabels(text string) error {
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), &e.labels)
}

var putEntry = store.Insert{Into: "book_entry (org_id, kind, contact_id, seq, present, since, labels, changed_at, recheck_at, left_at)",
	Upsert: `(org_id, kind, contact_id) DO UPDATE SET seq = excluded.seq, present = excluded.present, since = excluded.since, labels = excluded.labels,
		changed_at = excluded.changed_at, recheck_at = excluded.recheck_at, left_at = excluded.left_at`}

// settle writes what has changed between what was held and what is now.
func (b *Books) settle(ctx context.Context, tx store.Tx, org id.Org, people []id.Person, now facts, held map[key]entry) error {
	at := b.now()
	var changed []entry
	var waiting [][]any // nobody on a phone notices these
	for _, p := range people {
		for _, kind := range Kinds() {
			before, known := held[key{kind, p}]
			after := next(before, kind, now[p], at)
			after.key = key{kind, p}
			switch {
			case after.differs(before):
				changed = append(changed, after)
			case after.recheck != before.recheck && known:
				waiting = append(waiting, []any{after.recheck, org, string(kind), p})
			case after.recheck != 0 && !known:
				changed = append(changed, after)
			}
		}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "book_entry", Set: "recheck_at = ?", Where: "org_id = ? AND kind = ? AND contact_id = ?"}, waiting); err != nil {
		return err
	}
	if len(changed) == 0 {
		return nil
	}
	last, err := b.Next(ctx, tx, org, len(changed))
	if err != nil {
		return err
	}
	rows := make([][]any, len(changed))
	for i, e := range changed {
		seq := last - int64(len(changed)-1-i)
		if e.since == comesIn {
			e.since = seq
		}
		labels, err := json.Marshal(e.labels)
		if err != nil {
			return err
		}
		if len(e.labels) == 0 {
			labels = []byte("[]")
		}
		rows[i] = []any{org, string(e.kind), e.contact, seq, e.present, e.since, string(labels), e.changed, e.recheck, e.left}
	}
	err = tx.InsertMany(ctx, putEntry, rows)
	return err
}

// comesIn stands for the number that an entry gets when it is written.
const comesIn = -1

// next is the entry that follows from the facts. A nil fact is somebody who
// does not exist.
func next(before entry, kind Kind, f *fact, at time.Time) entry {
	after := before
	var p Person
	if f != nil {
		p = f.Person
	}
	v := Judge(kind, p, at)
	after.present, after.recheck = v.Present(), store.Micros(v.Recheck)
	switch {
	case after.present:
		// A frozen book shows nobody who came in later, by consent or by label.
		if !before.present || slices.ContainsFunc(f.labels, func(l id.Label) bool { return !slices.Contains(before.labels, l) }) {
			after.since = comesIn
		}
		after.labels, after.changed, after.left = f.labels, f.changed, 0
	case before.present:
		after.left = store.Micros(at)
		after.changed = 0
	}
	return after
}

// differs reports whether a phone must hear of the change.
func (e entry) differs(before entry) bool {
	return e.present != before.present || e.present && (e.changed != before.changed || !sameLabels(e.labels, before.labels))
}

func sameLabels(a, b []id.Label) bool {
	if len(a) != len(b) {
		return false
	}
	for _, l := range a {
		if !slices.Contains(b, l) {
			return false
		}
	}
	return true
}
