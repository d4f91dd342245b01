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
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
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
	return &Log{Parts: p, routes: routes{all: map[string]Rule{}}, views: newViews(), hour: window{seed: maphash.MakeSeed()}, day: window{seed: maphash.MakeSeed()}}
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
	Objects []id.ID // none: it has no object
	Hits    *int    // of a search
	Long    bool    // of many transactions; this one is its beginning
}

// record is what the leaf holds.
type record struct {
	pii.Personal
	By      string   `json:"by"`
	Who     string   `json:"who,omitempty"` // entries of old do not say it
	Object  string   `json:"object,omitempty"`
	Objects []string `json:"objects,omitempty"` // several, in the order of their identifiers
	Hits    *int     `json:"hits,omitempty"`
	Long    bool     `json:"long,omitempty"`
}

// Write adds a deed: one entry, however many objects it has.
func (l *Log) Write(ctx context.Context, tx store.Tx, org id.Org, d Deed) error {
	if _, err := l.write(ctx, tx, org, d); err != nil {
		return fmt.Errorf("write down what was done: %w", err)
	}
	return nil
}

func (l *Log) write(ctx context.Context, tx store.Tx, org id.Org, d Deed) (entry id.Entry, err error) {
	e := Entry{ID: id.Entry(l.IDs.New()), At: l.Now(), By: d.By, Act: d.Act, Long: d.Long}
	r := record{By: d.By.stored().String(), Who: string(d.By.Who), Hits: d.Hits, Long: d.Long}
	objects := id.Distinct(d.Objects)
	if len(objects) == 1 {
		if e.Object = objects[0]; !e.Object.IsZero() {
			r.Object = e.Object.String()
		}
		if e.Contact, err = l.concerns(ctx, tx, org, d.Kind, e.Object); err != nil {
			return entry, err
		}
	} else {
		for _, o := range objects {
			r.Objects = append(r.Objects, o.String())
		}
	}
	leaf, err := l.append(ctx, tx, org, evidence.Entry{ID: e.ID, Kind: "audit." + d.Act, At: e.At, Record: r})
	if err != nil {
		return entry, err
	}
	_, err = tx.Exec(ctx, "INSERT INTO audit (org_id, id, leaf, at, actor, account_id, act, object_id, contact_id, hits, long) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, e.ID, leaf, store.Micros(e.At), string(d.By.Who), d.By.stored(), d.Act, e.Object, e.Contact, d.Hits, d.Long)
	if err != nil || len(objects) < 2 {
		return e.ID, err
	}
	return e.ID, l.each(ctx, tx, org, e.ID, d.Kind, objects)
}

// append adds a leaf under the key of this month.
func (l *Log) append(ctx context.Context, tx store.Tx, org id.Org, e evidence.Entry) (leaf int64, err error) {
	if e.Owner, err = l.month(ctx, tx, org); err != nil {
		return 0, err
	}
	return l.Ledger.AppendAt(ctx, tx, org, e)
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

// Entry is a line of the log.
type Entry struct {
	ID      id.Entry
	At      time.Time
	By      Actor
	Act     string
	Object  id.ID
	Contact id.Person
	Hits    *int64  // of a search
	Several []About // of an act on several objects at once
	Long    bool    // an act of many transactions
	Ended   *int64  // of a long act that has ended: how much it did
	Altered bool    // the evidence log says something else

	leaf int64
	end  *int64 // the leaf of its end
}

// About is one of several objects of an entry, and whom it concerns.
type About struct {
	Object  id.ID
	Contact id.Person
}

// Concerned are the people whom it concerns, none of them twice.
func (e Entry) Concerned() (all []id.Person) {
	for _, a := range append([]About{{e.Object, e.Contact}}, e.Several...) {
		if !a.Contact.IsZero() && !slices.Contains(all, a.Contact) {
			all = append(all, a.Contact)
		}
	}
	return all
}

// Broken reports whether a long act has not ended: it goes on, or was broken
// off.
func (e Entry) Broken() bool { return e.Long && e.Ended == nil }

// Filter chooses entries; zero values choose all.
type Filter struct {
	Act     string
	Contact id.Person
	Account id.Account // of staff
	Who     Who
	From    time.Time
	Until   time.Time
	Before  id.Cursor // go on after this entry, back in time
	Limit   int
}

func (f Filter) where(org id.Org) (where string, args []any) {
	where, args = "org_id = ?", []any{org}
	and := func(condition string, arg any) { where, args = where+" AND "+condition, append(args, arg) }
	if f.Act != "" {
		and("act = ?", f.Act)
	}
	if !f.Contact.IsZero() {
		where += " AND (contact_id = ? OR id IN (SELECT entry_id FROM audit_object WHERE org_id = ? AND contact_id = ?))"
		args = append(args, f.Contact, org, f.Contact)
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

const selectEntry = "SELECT id, leaf, at, actor, account_id, act, object_id, contact_id, hits, long, end_leaf, done FROM audit WHERE "

func scanEntry(row store.Row) (e Entry, err error) {
	var at int64
	var who Who
	var by id.Account
	err = row.Scan(&e.ID, &e.leaf, &at, &who, &by, &e.Act, &e.Object, &e.Contact, &e.Hits, &e.Long, &e.end, &e.Ended)
	e.At, e.By = store.Time(at), actorOf(who, id.ID(by))
	return e, err
}

// Read reads entries, the newest first, and compares each with its leaf.
func (l *Log) Read(ctx context.Context, r store.Reader, org id.Org, f Filter) ([]Entry, error) {
	where, args := f.where(org)
	all, err := store.Collect(ctx, r, scanEntry, selectEntry+where+" ORDER BY id DESC LIMIT ?", append(args, int64(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read what was done: %w", err)
	}
	if err := l.several(ctx, r, org, all); err != nil {
		return nil, fmt.Errorf("read what was done: %w", err)
	}
	return all, l.compare(ctx, r, org, all)
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
	}, `SELECT a.act, COUNT(DISTINCT a.id), COUNT(DISTINCT COALESCE(o.contact_id, a.contact_id)), COUNT(DISTINCT CASE WHEN a.actor = 'staff' THEN a.account_id END)
		FROM audit a LEFT JOIN audit_object o ON o.org_id = a.org_id AND o.entry_id = a.id WHERE a.org_id = ? AND a.id >= ? GROUP BY a.act ORDER BY a.act`, org, from[:])
	if err != nil {
		return nil, fmt.Errorf("count what was done: %w", err)
	}
	return all, nil
}

// Merge lets the entries about a person follow her to the one she turned out to
// be. The leaves do not change.
func (l *Log) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	for _, table := range []string{"audit", "audit_object"} {
		if _, err := tx.Exec(ctx, "UPDATE "+table+" SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
			return err
		}
	}
	return nil
}
