// Package audit is the log of what is done with personal data (GDPR Art. 5(2)
// and 32): who saw, changed or took away what, and whom it concerned. Staff,
// the people themselves in the portal, programs, company phones and commands
// stand in it alike.
//
// Each way in has a [Rule], and is not made without one. What is done there is
// an [Act]: whoever does it writes through it, and so the entry is part of the
// transaction of what it is about.
//
// An entry is a leaf of the evidence log, so that nobody can change it, put one
// in or take one out later; the table beside it only finds the leaves. The
// leaves of a month are sealed under a key of their own: when the retention
// period of the month is over the key is destroyed, and the leaves say nothing
// any more. Entries name people by their identifiers, never by their names.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Ledger is the evidence log.
type Ledger interface {
	AppendAt(ctx context.Context, tx store.Tx, org id.Org, entries ...evidence.Entry) (int64, error)
	At(ctx context.Context, r store.Reader, org id.Org, indexes []int64) ([]evidence.Line, error)
}

// Finder finds whom an object concerns; the zero id if there is no such object,
// because somebody made its identifier up.
type Finder func(ctx context.Context, r store.Reader, org id.Org, object id.ID) (id.Person, error)

// Parts are what the log works with.
type Parts struct {
	DB     *store.DB
	Vault  *vault.Vault
	IDs    *id.Source
	Now    func() time.Time
	Log    *slog.Logger
	Ledger Ledger
	// Persons find whom the objects concern; those without a finder concern
	// nobody.
	Persons map[Object]Finder
}

// Log writes and reads.
type Log struct {
	Parts
	routes    routes
	hour, day window
	views     *views
}

// New makes a Log.
func New(p Parts) *Log {
	return &Log{Parts: p, routes: routes{all: map[string]Rule{}}, views: newViews()}
}

// Concern adds the finder of a kind of object. Call it before the Log is used.
func Concern[T id.Like](l *Log, kind Object, find func(ctx context.Context, r store.Reader, org id.Org, object T) (id.Person, error)) {
	l.Persons[kind] = func(ctx context.Context, r store.Reader, org id.Org, object id.ID) (id.Person, error) {
		return find(ctx, r, org, T(object))
	}
}

// Deed is something done.
type Deed struct {
	By      Actor
	Act     string
	Kind    Object
	Objects []id.Any // none: it has no object
	Hits    *int     // of a search
}

// record is what the leaf holds.
type record struct {
	By     string `json:"by"`
	Who    string `json:"who,omitempty"` // entries of old do not say it
	Object string `json:"object,omitempty"`
	Hits   *int   `json:"hits,omitempty"`
}

// Write adds a deed, one entry for each of its objects.
func (l *Log) Write(ctx context.Context, tx store.Tx, org id.Org, d Deed) error {
	owner, err := l.month(ctx, tx, org)
	if err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	objects := d.Objects
	if len(objects) == 0 {
		objects = []id.Any{{}}
	}
	at := l.Now()
	entries := make([]evidence.Entry, len(objects))
	for i, object := range objects {
		o := id.ID(object)
		r := record{By: d.By.stored().String(), Who: string(d.By.Who), Hits: d.Hits}
		if !o.IsZero() {
			r.Object = o.String()
		}
		entries[i] = evidence.Entry{ID: id.Entry(l.IDs.New()), Kind: "audit." + d.Act, Owner: owner, At: at, Record: r}
	}
	leaf, err := l.Ledger.AppendAt(ctx, tx, org, entries...)
	if err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		person, err := l.concerns(ctx, tx, org, d.Kind, id.ID(objects[i]))
		if err != nil {
			return fmt.Errorf("write down what was done: %w", err)
		}
		rows[i] = []any{org, e.ID, leaf + int64(i), store.Micros(at), d.By.Who, d.By.stored(), d.Act, id.ID(objects[i]), person, d.Hits}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "audit (org_id, id, leaf, at, actor, account_id, act, object_id, contact_id, hits)"}, rows); err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	return nil
}

func (l *Log) concerns(ctx context.Context, r store.Reader, org id.Org, kind Object, object id.ID) (person id.Person, err error) {
	if kind == Contact {
		return id.Person(object), nil
	}
	find := l.Persons[kind]
	if find == nil || object.IsZero() {
		return person, nil
	}
	return find(ctx, r, org, object)
}

// Kept reports whether anything has been written down.
func (l *Log) Kept(ctx context.Context, r store.Reader, org id.Org) (kept bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM audit WHERE org_id = ?)", org).Scan(&kept)
	return kept, err
}

func monthOf(t time.Time) int64 { return int64(t.UTC().Year())*100 + int64(t.UTC().Month()) }

// month is the owner of this month's key; the first entry makes it.
func (l *Log) month(ctx context.Context, tx store.Tx, org id.Org) (owner id.ID, err error) {
	month := monthOf(l.Now())
	const find = "SELECT id FROM audit_month WHERE org_id = ? AND month = ?"
	err = tx.QueryRow(ctx, find, org, month).Scan(&owner)
	if !errors.Is(err, store.ErrNoRows) {
		return owner, err
	}
	fresh := l.IDs.New()
	n, err := tx.Exec(ctx, "INSERT INTO audit_month (org_id, month, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", org, month, fresh)
	if err != nil {
		return owner, err
	}
	if n == 0 { // another node was faster
		return owner, tx.QueryRow(ctx, find, org, month).Scan(&owner)
	}
	keys, err := l.Vault.Org(ctx, tx, org)
	if err != nil {
		return owner, err
	}
	_, err = keys.NewKeyrings(ctx, tx, fresh)
	return fresh, err
}

// Entry is a line of the log.
type Entry struct {
	ID      id.Entry
	At      time.Time
	By      Actor
	Act     string
	Object  id.ID
	Contact id.Person
	Hits    *int64 // of a search
	Altered bool   // the evidence log says something else

	leaf int64
}

// Filter chooses entries; zero values choose all.
type Filter struct {
	Act     string
	Contact id.Person
	Account id.Account // of staff
	Who     Who
	From    time.Time
	Until   time.Time
	Before  id.Entry // go on after this entry, back in time
	Limit   int
}

func (f Filter) where(org id.Org) (where string, args []any) {
	where, args = "org_id = ?", []any{org}
	and := func(condition string, arg any) { where, args = where+" AND "+condition, append(args, arg) }
	if f.Act != "" {
		and("act = ?", f.Act)
	}
	if !f.Contact.IsZero() {
		and("contact_id = ?", f.Contact)
	}
	if !f.Account.IsZero() {
		and("actor = 'staff' AND account_id = ?", f.Account)
	}
	if f.Who != "" {
		and("actor = ?", string(f.Who))
	}
	if !f.From.IsZero() {
		and("id >= ?", id.At[id.ID](f.From))
	}
	if !f.Until.IsZero() {
		and("id < ?", id.At[id.ID](f.Until))
	}
	if !f.Before.IsZero() {
		and("id < ?", f.Before)
	}
	return where, args
}

// Read reads entries, the newest first, and compares each with its leaf.
func (l *Log) Read(ctx context.Context, r store.Reader, org id.Org, f Filter) ([]Entry, error) {
	where, args := f.where(org)
	all, err := store.Collect(ctx, r, func(row store.Row) (e Entry, err error) {
		var at int64
		var who Who
		var by id.Account
		err = row.Scan(&e.ID, &e.leaf, &at, &who, &by, &e.Act, &e.Object, &e.Contact, &e.Hits)
		e.At, e.By = store.Time(at), actorOf(who, id.ID(by))
		return e, err
	}, "SELECT id, leaf, at, actor, account_id, act, object_id, contact_id, hits FROM audit WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, int64(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read what was done: %w", err)
	}
	return all, l.compare(ctx, r, org, all)
}

// compare marks the entries that differ from their leaves.
func (l *Log) compare(ctx context.Context, r store.Reader, org id.Org, all []Entry) error {
	if len(all) == 0 {
		return nil
	}
	indexes := make([]int64, len(all))
	for i, e := range all {
		indexes[i] = e.leaf
	}
	lines, err := l.Ledger.At(ctx, r, org, indexes)
	if err != nil {
		return err
	}
	leaves := make(map[int64]evidence.Line, len(lines))
	for _, line := range lines {
		leaves[line.Index] = line
	}
	for i := range all {
		all[i].Altered = !all[i].is(leaves[all[i].leaf])
	}
	return nil
}

// is reports whether a leaf says the same.
func (e Entry) is(leaf evidence.Line) bool {
	var r record
	if leaf.Record == nil || json.Unmarshal(leaf.Record, &r) != nil {
		return false
	}
	object, _ := e.Object.MarshalText()
	if r.Who == "" && e.By.Who == Person { // an entry of old
		r.Who = string(Person)
	}
	if r.Who == "" {
		r.Who = string(Staff)
	}
	return leaf.ID == e.ID && leaf.Kind == "audit."+e.Act && leaf.At.Equal(e.At) && r.Who == string(e.By.Who) && r.By == e.By.stored().String() &&
		r.Object == string(object) && e.found(r.Hits)
}

// found reports whether a leaf names as many hits.
func (e Entry) found(hits *int) bool {
	if hits == nil || e.Hits == nil {
		return hits == nil && e.Hits == nil
	}
	return int64(*hits) == *e.Hits
}

// Count is how often something was done.
type Count struct {
	Act      string
	N        int64
	People   int64 // whom it concerned
	Accounts int64 // of staff who did it
}

// Counts adds up what was done since a moment, by act.
func Counts(ctx context.Context, r store.Reader, org id.Org, since time.Time) ([]Count, error) {
	from := id.At[id.ID](since)
	all, err := store.Collect(ctx, r, func(row store.Row) (c Count, err error) {
		return c, row.Scan(&c.Act, &c.N, &c.People, &c.Accounts)
	}, "SELECT act, COUNT(*), COUNT(DISTINCT contact_id), COUNT(DISTINCT CASE WHEN actor = 'staff' THEN account_id END) FROM audit WHERE org_id = ? AND id >= ? GROUP BY act ORDER BY act", org, from[:])
	if err != nil {
		return nil, fmt.Errorf("count what was done: %w", err)
	}
	return all, nil
}

// Merge lets the entries about a person follow her to the one she turned out to
// be. The leaves do not change.
func (l *Log) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE audit SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

// bite is how many entries one transaction deletes.
const bite = 500

// Retain deletes, or in a dry run counts, entries from before a moment, and
// destroys the keys of months that lie wholly before it. It goes on after an
// identifier and returns the next; zero when nothing is left.
func (l *Log) Retain(ctx context.Context, tx store.Tx, org id.Org, before time.Time, dry bool, after id.Cursor) (n int64, next id.Cursor, err error) {
	found, err := store.Collect(ctx, tx, store.One[id.ID],
		"SELECT id FROM audit WHERE org_id = ? AND id > ? AND id < ? ORDER BY id LIMIT ?", org, after[:], id.At[id.ID](before), int64(bite))
	if err != nil {
		return 0, next, fmt.Errorf("find old entries of what was done: %w", err)
	}
	if len(found) == bite {
		next = id.Cursor(found[len(found)-1])
	}
	if dry {
		return int64(len(found)), next, nil
	}
	if len(found) > 0 {
		if _, err := tx.Exec(ctx, "DELETE FROM audit WHERE org_id = ? AND id > ? AND id <= ?", org, after[:], found[len(found)-1]); err != nil {
			return 0, next, fmt.Errorf("delete old entries of what was done: %w", err)
		}
	}
	if next.IsZero() {
		err = l.forgetMonths(ctx, tx, org, before)
	}
	return int64(len(found)), next, err
}

// forgetMonths destroys the keys of months that are over.
func (l *Log) forgetMonths(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error {
	months, err := store.Collect(ctx, tx, store.One[id.ID],
		"SELECT id FROM audit_month WHERE org_id = ? AND month < ?", org, monthOf(before))
	if err != nil || len(months) == 0 {
		return err
	}
	keys, err := l.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, m := range months {
		if _, err := keys.Destroy(ctx, tx, m); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM audit_month WHERE org_id = ? AND month < ?", org, monthOf(before))
	return err
}
