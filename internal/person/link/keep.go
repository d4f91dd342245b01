package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
)

// RoundEvery is how often the links whose week is over become one person.
const RoundEvery = 10 * time.Minute

// keptFor is how long a link that has ended is remembered: as long as the log
// of what staff did.
const keptFor = 366 * 24 * time.Hour

// dueMost bounds how many are merged at one go.
const dueMost = 100

// MergeDue makes one person of those whose week is over, in all organisations,
// and refuses the questions that nobody has decided in a week. It may run on several nodes at once and twice in a row: each link is merged in
// a transaction of its own, which first looks whether it still is to be.
func (d *Links) MergeDue(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	for _, org := range all {
		due, failed := store.Collect(ctx, db, store.One[id.Link], "SELECT id FROM person_link WHERE org_id = ? AND (state IN ('linked', 'again') AND due_at <= ? OR state = 'asked' AND created_at <= ?) ORDER BY id LIMIT ?",
			org, store.Micros(d.now()), store.Micros(d.now().Add(-Undoable)), int64(dueMost))
		err = errors.Join(err, failed)
		for _, link := range due {
			err = errors.Join(err, db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error { return d.mergeOne(ctx, tx, org, link) }))
		}
	}
	return err
}

func (d *Links) mergeOne(ctx context.Context, tx store.Tx, org id.Org, link id.Link) error {
	if err := d.turn(ctx, tx, org); err != nil {
		return err
	}
	l, err := d.Get(ctx, tx, org, link)
	if err != nil {
		return gone(err)
	}
	if l.State == Asked || l.State == Again && !d.now().Before(l.Due) {
		_, err := d.move(ctx, tx, org, l, Refused, id.Account{})
		return err
	}
	if _, err := l.Next(Come, d.now()); err != nil {
		return nil //nolint:nilerr // another node, or a click, was faster
	}
	if unasked, err := d.unasked(ctx, tx, org, l); err != nil || unasked {
		return err
	}
	if err := d.log(ctx, tx, org, MergedAct, l); err != nil {
		return err
	}
	return d.people.Merge(ctx, tx, org, l.Goes, l.Stays)
}

// unasked asks a second person about a link that was made without one, because
// only one of the two was known by an identity then, if both are now.
func (d *Links) unasked(ctx context.Context, tx store.Tx, org id.Org, l Link) (bool, error) {
	if l.Alone || !l.Second.IsZero() {
		return false, nil
	}
	known, err := d.people.Identified(ctx, tx, org, l.Stays, l.Goes)
	if err != nil || len(known) < 2 {
		return false, err
	}
	if l, err = d.move(ctx, tx, org, l, Doubt, id.Account{}); err != nil {
		return true, err
	}
	if err := d.log(ctx, tx, org, AgainAct, l); err != nil {
		return true, err
	}
	return true, d.second(ctx, tx, org, l.ID, l.By)
}

// Merge is told that two people are one, by Meta's proof or because the week is
// over: the link between them has ended, and those to others go on.
func (d *Links) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	all, err := d.ofTwo(ctx, tx, org, from, into)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := d.turn(ctx, tx, org); err != nil {
		return err
	}
	concerned, err := d.people.LinkedWith(ctx, tx, org, from, into)
	if err != nil {
		return err
	}
	if all, err = d.ofTwo(ctx, tx, org, from, into); err != nil {
		return err
	}
	held := map[id.Person]bool{into: true} // to whom the one who stays is linked anyway
	for _, l := range all {
		if !l.State.Over() && !l.has(from) {
			held[l.Other(into)] = true
		}
	}
	for _, l := range all {
		if !l.has(from) {
			continue
		}
		if !l.State.Over() && held[l.Other(from)] {
			if l, err = l.Next(Proven, d.now()); err != nil {
				return err
			}
			if err := d.prove(ctx, tx, org, l, string(l.State), id.Account{}); err != nil {
				return err
			}
		}
		if err := d.follow(ctx, tx, org, l, from, into); err != nil {
			return err
		}
	}
	return d.mark(ctx, tx, org, concerned...)
}

// ofTwo are the links of either of two people.
func (d *Links) ofTwo(ctx context.Context, r store.Reader, org id.Org, one, other id.Person) ([]Link, error) {
	return d.read(ctx, r, org, " AND (contact_id IN (?, ?) OR other_id IN (?, ?))", one, other, one, other)
}

// follow lets a link name who somebody turned out to be. One between the two
// goes on naming the record that is gone.
func (d *Links) follow(ctx context.Context, tx store.Tx, org id.Org, l Link, from, into id.Person) error {
	stays, goes := l.Stays, l.Goes
	switch {
	case l.joins(from, into):
		stays, goes = into, from
	case stays == from:
		stays = into
	default:
		goes = into
	}
	_, err := tx.Exec(ctx, "UPDATE person_link SET contact_id = ?, other_id = ?, state = ?, ended_at = ? WHERE org_id = ? AND id = ?",
		stays, goes, string(l.State), store.Micros(l.Ended), org, l.ID)
	if err != nil {
		return fmt.Errorf("merge links: %w", err)
	}
	return nil
}

// Part ends the links of a person who is about to be erased: only she is.
func (d *Links) Part(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	all, err := d.Of(ctx, tx, org, person)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := d.turn(ctx, tx, org); err != nil {
		return err
	}
	if all, err = d.Of(ctx, tx, org, person); err != nil {
		return err
	}
	for _, l := range all {
		if l.State.Over() {
			continue
		}
		if _, err := d.move(ctx, tx, org, l, Part, id.Account{}); err != nil {
			return err
		}
	}
	return nil
}

// Claims are the columns of this room that name a person.
func (*Links) Claims() []store.Claim {
	return []store.Claim{
		{Table: "person_link", Column: "contact_id"},
		{Table: "person_link", Column: "other_id", Merge: "a link between the two goes on naming the record that is gone", Export: "it is told with the link"},
	}
}

// Erase deletes the links of a person who is erased, with their reasons.
func (d *Links) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	links, err := store.Collect(ctx, tx, store.One[id.Link], "SELECT id FROM person_link WHERE org_id = ? AND (contact_id = ? OR other_id = ?)", org, person, person)
	if err != nil {
		return 0, false, fmt.Errorf("erase links: %w", err)
	}
	return int64(len(links)), false, d.delete(ctx, tx, org, links)
}

// Expire deletes links that ended long ago.
func (d *Links) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	links, err := store.Collect(ctx, tx, store.One[id.Link], "SELECT id FROM person_link WHERE org_id = ? AND ended_at > 0 AND ended_at < ? LIMIT 500", org, store.Micros(now.Add(-keptFor)))
	if err != nil {
		return fmt.Errorf("expire links: %w", err)
	}
	return d.delete(ctx, tx, org, links)
}

func (d *Links) delete(ctx context.Context, tx store.Tx, org id.Org, links []id.Link) error {
	if len(links) == 0 {
		return nil
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, at := range links {
		if _, err := keys.Destroy(ctx, tx, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM person_link WHERE org_id = ? AND id = ?", org, at); err != nil {
			return fmt.Errorf("delete a link: %w", err)
		}
	}
	return nil
}

// Export writes which links were made about a person, and why.
func (d *Links) Export(ctx context.Context, r store.Reader, org id.Org, into *record.Record) error {
	all, err := d.Of(ctx, r, org, into.Person.ID)
	for _, l := range all {
		into.Links = append(into.Links, record.Link{At: l.Created, State: string(l.State), Reason: l.Reason})
	}
	return err
}
