// Package audit is the log of what staff do with personal data (GDPR Art. 5(2)
// and 32): who saw, changed or took away what, and whom it concerned.
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
	"sync"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Ledger is the evidence log.
type Ledger interface {
	AppendAt(ctx context.Context, tx store.Tx, org id.ID, entries ...evidence.Entry) (int64, error)
	At(ctx context.Context, r store.Reader, org id.ID, indexes []int64) ([]evidence.Line, error)
}

// Finder finds whom an object concerns; the zero id if there is no such object,
// because somebody made its identifier up.
type Finder func(ctx context.Context, r store.Reader, org, object id.ID) (id.ID, error)

// Log writes and reads.
type Log struct {
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	ledger  Ledger
	persons map[Object]Finder

	mu   sync.Mutex
	hour int64
	seen map[sight]bool
}

// New makes a Log. Objects without a finder concern nobody.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger Ledger, persons map[Object]Finder) *Log {
	return &Log{vault: v, ids: ids, now: now, ledger: ledger, persons: persons, seen: map[sight]bool{}}
}

// Concern adds the finder of a kind of object. Call it before the Log is used.
func (l *Log) Concern(kind Object, find Finder) { l.persons[kind] = find }

// sight is a member of staff looking at something.
type sight struct {
	account, object id.ID
	act             string
}

// Fresh reports whether a view has not been written down in this hour, and
// notes that it now is.
func (l *Log) Fresh(account id.ID, act string, object id.ID) bool {
	hour := l.now().Unix() / 3600
	l.mu.Lock()
	defer l.mu.Unlock()
	if hour != l.hour {
		l.hour = hour
		clear(l.seen)
	}
	s := sight{account, object, act}
	fresh := !l.seen[s]
	l.seen[s] = true
	return fresh
}

// Deed is something done.
type Deed struct {
	Account id.ID
	Act     string
	Kind    Object
	Objects []id.ID // none: it has no object
}

// record is what the leaf holds.
type record struct {
	By     string `json:"by"`
	Object string `json:"object,omitempty"`
}

// Write adds a deed, one entry for each of its objects.
func (l *Log) Write(ctx context.Context, tx store.Tx, org id.ID, d Deed) error {
	owner, err := l.month(ctx, tx, org)
	if err != nil {
		return fmt.Errorf("write down what staff did: %w", err)
	}
	objects := d.Objects
	if len(objects) == 0 {
		objects = []id.ID{{}}
	}
	at := l.now()
	entries := make([]evidence.Entry, len(objects))
	for i, o := range objects {
		r := record{By: d.Account.String()}
		if !o.IsZero() {
			r.Object = o.String()
		}
		entries[i] = evidence.Entry{ID: l.ids.New(), Kind: "audit." + d.Act, Owner: owner, At: at, Record: r}
	}
	leaf, err := l.ledger.AppendAt(ctx, tx, org, entries...)
	if err != nil {
		return fmt.Errorf("write down what staff did: %w", err)
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		person, err := l.concerns(ctx, tx, org, d.Kind, objects[i])
		if err != nil {
			return fmt.Errorf("write down what staff did: %w", err)
		}
		rows[i] = []any{org, e.ID, leaf + int64(i), store.Micros(at), d.Account, d.Act, objects[i], person}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "audit (org_id, id, leaf, at, account_id, act, object_id, contact_id)"}, rows); err != nil {
		return fmt.Errorf("write down what staff did: %w", err)
	}
	return nil
}

func (l *Log) concerns(ctx context.Context, r store.Reader, org id.ID, kind Object, object id.ID) (person id.ID, err error) {
	if kind == Contact {
		return object, nil
	}
	find := l.persons[kind]
	if find == nil || object.IsZero() {
		return person, nil
	}
	return find(ctx, r, org, object)
}

// Kept reports whether anything has been written down.
func (l *Log) Kept(ctx context.Context, r store.Reader, org id.ID) (kept bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM audit WHERE org_id = ?)", org).Scan(&kept)
	return kept, err
}

func monthOf(t time.Time) int64 { return int64(t.UTC().Year())*100 + int64(t.UTC().Month()) }

// month is the owner of this month's key; the first entry makes it.
func (l *Log) month(ctx context.Context, tx store.Tx, org id.ID) (owner id.ID, err error) {
	month := monthOf(l.now())
	const find = "SELECT id FROM audit_month WHERE org_id = ? AND month = ?"
	err = tx.QueryRow(ctx, find, org, month).Scan(&owner)
	if !errors.Is(err, store.ErrNoRows) {
		return owner, err
	}
	fresh := l.ids.New()
	n, err := tx.Exec(ctx, "INSERT INTO audit_month (org_id, month, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", org, month, fresh)
	if err != nil {
		return owner, err
	}
	if n == 0 { // another node was faster
		return owner, tx.QueryRow(ctx, find, org, month).Scan(&owner)
	}
	keys, err := l.vault.Org(ctx, tx, org)
	if err != nil {
		return owner, err
	}
	_, err = keys.NewKeyrings(ctx, tx, []id.ID{fresh})
	return fresh, err
}

// Entry is a line of the log.
type Entry struct {
	ID      id.ID
	At      time.Time
	Account id.ID
	Act     string
	Object  id.ID
	Contact id.ID
	Altered bool // the evidence log says something else

	leaf int64
}

// Filter chooses entries; zero values choose all.
type Filter struct {
	Act     string
	Contact id.ID
	Account id.ID
	From    time.Time
	Until   time.Time
	Before  id.ID // go on after this entry, back in time
	Limit   int
}

func (f Filter) where(org id.ID) (where string, args []any) {
	where, args = "org_id = ?", []any{org}
	and := func(condition string, arg any) { where, args = where+" AND "+condition, append(args, arg) }
	if f.Act != "" {
		and("act = ?", f.Act)
	}
	if !f.Contact.IsZero() {
		and("contact_id = ?", f.Contact)
	}
	if !f.Account.IsZero() {
		and("account_id = ?", f.Account)
	}
	if !f.From.IsZero() {
		and("id >= ?", id.At(f.From))
	}
	if !f.Until.IsZero() {
		and("id < ?", id.At(f.Until))
	}
	if !f.Before.IsZero() {
		and("id < ?", f.Before)
	}
	return where, args
}

// Read reads entries, the newest first, and compares each with its leaf.
func (l *Log) Read(ctx context.Context, r store.Reader, org id.ID, f Filter) ([]Entry, error) {
	where, args := f.where(org)
	all, err := store.Collect(ctx, r, func(row store.Row) (e Entry, err error) {
		var at int64
		err = row.Scan(&e.ID, &e.leaf, &at, &e.Account, &e.Act, &e.Object, &e.Contact)
		e.At = store.Time(at)
		return e, err
	}, "SELECT id, leaf, at, account_id, act, object_id, contact_id FROM audit WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, int64(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read what staff did: %w", err)
	}
	return all, l.compare(ctx, r, org, all)
}

// compare marks the entries that differ from their leaves.
func (l *Log) compare(ctx context.Context, r store.Reader, org id.ID, all []Entry) error {
	if len(all) == 0 {
		return nil
	}
	indexes := make([]int64, len(all))
	for i, e := range all {
		indexes[i] = e.leaf
	}
	lines, err := l.ledger.At(ctx, r, org, indexes)
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
	return leaf.ID == e.ID && leaf.Kind == "audit."+e.Act && leaf.At.Equal(e.At) && r.By == e.Account.String() && r.Object == string(object)
}

// Count is how often something was done.
type Count struct {
	Act      string
	N        int64
	People   int64 // whom it concerned
	Accounts int64 // who did it
}

// Counts adds up what was done since a moment, by act.
func Counts(ctx context.Context, r store.Reader, org id.ID, since time.Time) ([]Count, error) {
	from := id.At(since)
	all, err := store.Collect(ctx, r, func(row store.Row) (c Count, err error) {
		return c, row.Scan(&c.Act, &c.N, &c.People, &c.Accounts)
	}, "SELECT act, COUNT(*), COUNT(DISTINCT contact_id), COUNT(DISTINCT account_id) FROM audit WHERE org_id = ? AND id >= ? GROUP BY act ORDER BY act", org, from[:])
	if err != nil {
		return nil, fmt.Errorf("count what staff did: %w", err)
	}
	return all, nil
}

// Merge lets the entries about a person follow her to the one she turned out to
// be. The leaves do not change.
func (l *Log) Merge(ctx context.Context, tx store.Tx, org, from, into id.ID) error {
	_, err := tx.Exec(ctx, "UPDATE audit SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

// bite is how many entries one transaction deletes.
const bite = 500

// Retain deletes, or in a dry run counts, entries from before a moment, and
// destroys the keys of months that lie wholly before it. It goes on after an
// identifier and returns the next; zero when nothing is left.
func (l *Log) Retain(ctx context.Context, tx store.Tx, org id.ID, before time.Time, dry bool, after id.ID) (n int64, next id.ID, err error) {
	found, err := store.Collect(ctx, tx, func(row store.Row) (e id.ID, err error) { return e, row.Scan(&e) },
		"SELECT id FROM audit WHERE org_id = ? AND id > ? AND id < ? ORDER BY id LIMIT ?", org, after[:], id.At(before), int64(bite))
	if err != nil {
		return 0, next, fmt.Errorf("find old entries of what staff did: %w", err)
	}
	if len(found) == bite {
		next = found[len(found)-1]
	}
	if dry {
		return int64(len(found)), next, nil
	}
	if len(found) > 0 {
		if _, err := tx.Exec(ctx, "DELETE FROM audit WHERE org_id = ? AND id > ? AND id <= ?", org, after[:], found[len(found)-1]); err != nil {
			return 0, next, fmt.Errorf("delete old entries of what staff did: %w", err)
		}
	}
	if next.IsZero() {
		err = l.forgetMonths(ctx, tx, org, before)
	}
	return int64(len(found)), next, err
}

// forgetMonths destroys the keys of months that are over.
func (l *Log) forgetMonths(ctx context.Context, tx store.Tx, org id.ID, before time.Time) error {
	months, err := store.Collect(ctx, tx, func(row store.Row) (m id.ID, err error) { return m, row.Scan(&m) },
		"SELECT id FROM audit_month WHERE org_id = ? AND month < ?", org, monthOf(before))
	if err != nil || len(months) == 0 {
		return err
	}
	keys, err := l.vault.Org(ctx, tx, org)
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
