package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// People is the book of people.
type People interface {
	Pin(ctx context.Context, tx store.Tx, org id.Org, one, other id.Person) error
	Mark(ctx context.Context, tx store.Tx, org id.Org, mark id.Link, people ...id.Person) error
	Identified(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error)
	LinkedWith(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error)
	Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error
}

// Second asks a second person whether a link may be made; she answers through
// [Links.Decided], and who asked does where nobody else could and the time is
// over.
type Second func(ctx context.Context, tx store.Tx, org id.Org, link id.Link, by id.Account) error

// Log writes down, in the name of who asked for a link, what came about without
// her: two are one, a second person is asked after all, or nobody else could
// decide and the time is over.
type Log func(ctx context.Context, tx store.Tx, org id.Org, act string, l Link) error

// The acts.
const (
	AloneAct  = "person.linked.alone" // nobody else could decide
	MergedAct = "person.merged"
	AgainAct  = "person.link.again" // both became known while they were linked
)

// Links keeps the links.
type Links struct {
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	people People
	second Second
	log    Log
	ledger evidence.Ledger
}

// New makes Links.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, people People, second Second, log Log, ledger evidence.Ledger) *Links {
	return &Links{v, ids, now, people, second, log, ledger}
}

const reasonContext = "person_link.reason"

// Join links two records because a member of staff knows that they are one
// person: later goes becomes part of stays. If two of those who would hang
// together then, and become one, are known by an identity it waits for a second
// person; where nobody else may be one it waits, too, and says so in the end.
// Errors: ErrReason, ErrLong, ErrSame, ErrTwice, ErrGone.
func (d *Links) Join(ctx context.Context, tx store.Tx, org id.Org, stays, goes id.Person, reason string, by id.Account) (Link, error) {
	l := Link{ID: id.Link(d.ids.New()), Stays: stays, Goes: goes, By: by, Reason: strings.TrimSpace(reason), State: Asked, Created: d.now()}
	switch {
	case stays == goes:
		return l, ErrSame
	case l.Reason == "":
		return l, ErrReason
	case utf8.RuneCountInString(l.Reason) > ReasonMost:
		return l, ErrLong
	}
	if err := d.turn(ctx, tx, org); err != nil {
		return l, err
	}
	if err := d.people.Pin(ctx, tx, org, stays, goes); err != nil {
		return l, gone(err)
	}
	between, err := d.read(ctx, tx, org, " AND state IN ('asked', 'linked', 'again') AND contact_id IN (?, ?)", stays, goes)
	if err != nil {
		return l, err
	}
	if slices.ContainsFunc(between, func(o Link) bool { return o.joins(stays, goes) }) {
		return l, ErrTwice
	}
	if err := d.insert(ctx, tx, org, l); err != nil {
		return l, err
	}
	if err := d.prove(ctx, tx, org, l, "asked", by); err != nil {
		return l, err
	}
	together, err := d.people.LinkedWith(ctx, tx, org, stays, goes)
	if err != nil {
		return l, err
	}
	known, err := d.people.Identified(ctx, tx, org, together...)
	if err != nil {
		return l, err
	}
	if len(known) > 1 {
		return l, d.second(ctx, tx, org, l.ID, by)
	}
	return d.move(ctx, tx, org, l, Granted, by)
}

// People are the two people of a link, by its identifier. Errors: ErrNotFound.
func (d *Links) People(ctx context.Context, r store.Reader, org id.Org, subject string) ([]id.Person, error) {
	link, err := id.Parse[id.Link](subject)
	if err != nil {
		return nil, ErrNotFound
	}
	l, err := d.Get(ctx, r, org, link)
	if err != nil {
		return nil, err
	}
	return []id.Person{l.Stays, l.Goes}, nil
}

// Decided takes in what the second person said about a link; the subject is its
// identifier. Errors: ErrNotFound, ErrOver, ErrGone.
func (d *Links) Decided(ctx context.Context, tx store.Tx, org id.Org, subject string, granted bool, by id.Account) error {
	link, err := id.Parse[id.Link](subject)
	if err != nil {
		return ErrNotFound
	}
	if err := d.turn(ctx, tx, org); err != nil {
		return err
	}
	l, err := d.Get(ctx, tx, org, link)
	if err != nil {
		return err
	}
	if by != l.By {
		l.Second = by
	} else { // nobody else could decide, and the time is over
		l.Alone = granted
	}
	if !granted {
		_, err = d.move(ctx, tx, org, l, Refused, by)
		return err
	}
	if err := d.people.Pin(ctx, tx, org, l.Stays, l.Goes); err != nil {
		return gone(err)
	}
	if l, err = d.move(ctx, tx, org, l, Granted, by); err != nil || !l.Alone {
		return err
	}
	return d.log(ctx, tx, org, AloneAct, l)
}

// Reasons says why some links were asked for, by their identifiers; those that
// are gone have none.
func (d *Links) Reasons(ctx context.Context, r store.Reader, org id.Org, subjects []string) (map[string]string, error) {
	links := make([]id.Link, 0, len(subjects))
	for _, s := range subjects {
		if link, err := id.Parse[id.Link](s); err == nil {
			links = append(links, link)
		}
	}
	reasons := make(map[string]string, len(links))
	all, err := store.CollectIn(ctx, r, scan, selectLink+" AND id IN (?)", links, org)
	if err == nil {
		err = d.open(ctx, r, org, all)
	}
	for _, l := range all {
		reasons[l.ID.String()] = l.Reason
	}
	return reasons, err
}

// Undo takes a link back: both records stand as they did before. Errors:
// ErrNotFound, ErrOver.
func (d *Links) Undo(ctx context.Context, tx store.Tx, org id.Org, link id.Link, by id.Account) (Link, error) {
	if err := d.turn(ctx, tx, org); err != nil {
		return Link{}, err
	}
	l, err := d.Get(ctx, tx, org, link)
	if err != nil {
		return l, err
	}
	return d.move(ctx, tx, org, l, Undo, by)
}

// gone says in our own words that the book does not have somebody any more.
func gone(err error) error {
	if errors.Is(err, contact.ErrNotFound) {
		return ErrGone
	}
	return err
}

// turn waits until nobody else changes the links of the organisation: who hangs
// together with whom follows from all of them.
func (d *Links) turn(ctx context.Context, tx store.Tx, org id.Org) error {
	_, err := tx.Exec(ctx, "INSERT INTO person_link_turn (org_id, n) VALUES (?, 1) ON CONFLICT (org_id) DO UPDATE SET n = person_link_turn.n + 1", org)
	if err != nil {
		return fmt.Errorf("take the turn to link people: %w", err)
	}
	return nil
}

func (d *Links) insert(ctx context.Context, tx store.Tx, org id.Org, l Link) error {
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	rings, err := keys.NewKeyrings(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO person_link (org_id, id, contact_id, other_id, by_id, second_id, reason, state, created_at, due_at, ended_at) VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, 0, 0)",
		org, l.ID, l.Stays, l.Goes, l.By, rings[0].Seal(reasonContext, l.ID, []byte(l.Reason)), string(l.State), store.Micros(l.Created)); err != nil {
		return fmt.Errorf("link two people: %w", err)
	}
	return nil
}

// move has an event happen to a link, and marks anew who hangs together.
func (d *Links) move(ctx context.Context, tx store.Tx, org id.Org, l Link, e Event, by id.Account) (Link, error) {
	before := l.State
	l, err := l.Next(e, d.now())
	if err != nil {
		return l, err
	}
	n, err := tx.Exec(ctx, "UPDATE person_link SET second_id = ?, alone = ?, state = ?, due_at = ?, ended_at = ? WHERE org_id = ? AND id = ? AND state = ?",
		l.Second, l.Alone, string(l.State), store.Micros(l.Due), store.Micros(l.Ended), org, l.ID, string(before))
	if err != nil {
		return l, fmt.Errorf("change a link: %w", err)
	}
	if n == 0 {
		return l, ErrOver
	}
	if err := d.mark(ctx, tx, org, l.Stays, l.Goes); err != nil {
		return l, gone(err)
	}
	return l, d.prove(ctx, tx, org, l, string(l.State), by)
}

// mark marks those who hang together with some people, or did until now.
func (d *Links) mark(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	concerned, err := d.people.LinkedWith(ctx, tx, org, people...)
	if err != nil {
		return err
	}
	holding, err := d.read(ctx, tx, org, " AND state IN ('linked', 'again')")
	if err != nil {
		return err
	}
	for mark, members := range groups(holding) {
		if !slices.ContainsFunc(members, func(p id.Person) bool { return slices.Contains(concerned, p) }) {
			continue
		}
		if err := d.people.Mark(ctx, tx, org, mark, members...); err != nil {
			return err
		}
		concerned = slices.DeleteFunc(concerned, func(p id.Person) bool { return slices.Contains(members, p) })
	}
	return d.people.Mark(ctx, tx, org, id.Link{}, concerned...)
}

// prove leaves the proof with both people.
func (d *Links) prove(ctx context.Context, tx store.Tx, org id.Org, l Link, what string, by id.Account) error {
	at, entries := d.now(), make([]evidence.Entry, 0, 2)
	for _, p := range []id.Person{l.Stays, l.Goes} {
		entries = append(entries, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "link." + what, Owner: id.ID(p), At: at,
			Record: map[string]any{"link": l.ID.String(), "stays": l.Stays.String(), "goes": l.Goes.String(), "by": by.String(), "second": l.Second.String(), "alone": l.Alone}})
	}
	return d.ledger.Append(ctx, tx, org, entries...)
}

// Get reads a link.
func (d *Links) Get(ctx context.Context, r store.Reader, org id.Org, link id.Link) (Link, error) {
	all, err := d.read(ctx, r, org, " AND id = ?", link)
	if err != nil {
		return Link{}, err
	}
	if len(all) == 0 {
		return Link{}, ErrNotFound
	}
	return all[0], nil
}

// Of reads all links of a person, also those that have ended, the newest first:
// for a copy of everything.
func (d *Links) Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Link, error) {
	return d.read(ctx, r, org, " AND (contact_id = ? OR other_id = ?)", person, person)
}

// shownMost is how many links of a person are shown.
const shownMost = 50

// Newest reads the links of a person that a page shows, the newest first: those
// that hold or wait, and as many that have ended as there is room for. More says
// that there are others.
func (d *Links) Newest(ctx context.Context, r store.Reader, org id.Org, person id.Person) (links []Link, more bool, err error) {
	keys, err := store.Collect(ctx, r, store.One[id.Link], "SELECT id FROM person_link WHERE org_id = ? AND (contact_id = ? OR other_id = ?) ORDER BY ended_at > 0, id DESC LIMIT ?", org, person, person, int64(shownMost)+1)
	if err != nil {
		return nil, false, fmt.Errorf("look for the links of a person: %w", err)
	}
	more, keys = len(keys) > shownMost, keys[:min(shownMost, len(keys))]
	links, err = store.CollectIn(ctx, r, scan, selectLink+" AND id IN (?)", keys, org)
	if err == nil {
		err = d.open(ctx, r, org, links)
	}
	slices.SortFunc(links, func(a, b Link) int { return id.Compare(b.ID, a.ID) })
	return links, more, err
}

const selectLink = "SELECT id, contact_id, other_id, by_id, second_id, alone, reason, state, created_at, due_at, ended_at FROM person_link WHERE org_id = ?"

// scan reads a row, its reason still sealed.
func scan(row store.Row) (l Link, err error) {
	var reason []byte
	var created, due, ended int64
	err = row.Scan(&l.ID, &l.Stays, &l.Goes, &l.By, &l.Second, &l.Alone, &reason, &l.State, &created, &due, &ended)
	l.Reason, l.Created, l.Due, l.Ended = string(reason), store.Time(created), store.Time(due), store.Time(ended)
	return l, err
}

func (d *Links) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Link, error) {
	all, err := store.Collect(ctx, r, scan, selectLink+rest+" ORDER BY id DESC", append([]any{org}, args...)...)
	if err == nil {
		err = d.open(ctx, r, org, all)
	}
	if err != nil {
		return nil, fmt.Errorf("read links between people: %w", err)
	}
	return all, nil
}

// open unseals the reasons.
func (d *Links) open(ctx context.Context, r store.Reader, org id.Org, all []Link) error {
	if len(all) == 0 {
		return nil
	}
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return err
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, all, func(l Link) id.Link { return l.ID })
	if err != nil {
		return err
	}
	for i, l := range all {
		ring := rings[l.ID]
		if ring == nil { // destroyed since the row was read
			all[i].Reason = ""
			continue
		}
		plain, err := ring.Open(reasonContext, l.ID, []byte(l.Reason))
		if err != nil {
			return fmt.Errorf("open the reason of a link: %w", err)
		}
		all[i].Reason = string(plain)
	}
	return nil
}
