package contact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// ErrNotFound is returned for a person that the organisation does not know.
var ErrNotFound = errors.New("no such person")

// ErrRaced is returned when another node wrote the same person at the same
// moment. The work has been undone and succeeds when run again.
var ErrRaced = fmt.Errorf("%w: somebody else wrote the same person", store.ErrRaced)

// Merged is told, in the same transaction, that one person turned out to be
// another; it moves what it keeps about from to to.
type Merged func(ctx context.Context, tx store.Tx, org id.Org, from, to id.Person) error

// Changed is told, in the same transaction, about people who are new or whose
// profile or flags changed.
type Changed func(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error

// Book is the organisation's book of people.
type Book struct {
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	merged  []Merged
	parted  Parted
	apart   []Unproven
	changed []Changed
	home    Home
}

// Home is the country (ISO 3166) by which an organisation reads numbers without
// a country code; empty: it has none.
type Home func(ctx context.Context, r store.Reader, org id.Org) (string, error)

// Within says where organisations are. Call it before the Book is used.
func (b *Book) Within(home Home) { b.home = home }

// Country is the country by which an organisation reads numbers.
func (b *Book) Country(ctx context.Context, r store.Reader, org id.Org) (string, error) {
	if b.home == nil {
		return "", nil
	}
	return b.home(ctx, r, org)
}

// New makes a Book. Each of merged moves the rows of one keeper; further ones
// come by Merging.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, merged ...Merged) *Book {
	return &Book{vault: v, ids: ids, now: now, merged: merged}
}

// Merging adds keepers whose rows follow a person when two turn out to be one.
// Call it before the Book is used.
func (b *Book) Merging(keepers ...Merged) { b.merged = append(b.merged, keepers...) }

// Watch adds somebody who is told of changes. Call it before the Book is used.
func (b *Book) Watch(told Changed) { b.changed = append(b.changed, told) }

func (b *Book) tell(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	if len(people) == 0 {
		return nil
	}
	for _, told := range b.changed {
		if err := told(ctx, tx, org, people...); err != nil {
			return fmt.Errorf("tell of a change about people: %w", err)
		}
	}
	return nil
}

const columns = "id, state, merged_into, linked, blocked, opted_out, restricted, objected, minor, contract, held, halted, locale, profile, created_at"

// profileContext binds a sealed profile to its place.
const profileContext = "contact.profile"

type stored struct {
	pii.Personal
	person  chat.Person
	state   string
	into    id.Person
	linked  id.Link
	profile []byte
}

func scanStored(org id.Org, row store.Row) (stored, error) {
	var s stored
	var created int64
	f := &s.person.Flags
	err := row.Scan(&s.person.ID, &s.state, &s.into, &s.linked, &f.Blocked, &f.OptedOut, &f.Restricted, &f.Objected,
		&f.Minor, &f.Contract, &f.Held, &f.Halted, &s.person.Locale, &s.profile, &created)
	s.person.Org = org
	s.person.Created = store.Time(created)
	s.person.Erased = s.state == "erased" || s.state == "erasing"
	return s, err
}

// Get reads one person. An id that was merged leads to the person it became.
func (b *Book) Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error) {
	all, err := b.GetMany(ctx, r, org, []id.Person{person})
	if err != nil {
		return nil, err
	}
	known := all[person]
	if known == nil {
		return nil, ErrNotFound
	}
	return known, nil
}

// GetMany reads several people, by the ids asked for; who is not known is
// left out.
func (b *Book) GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error) {
	read, err := store.CollectIn(ctx, r, func(row store.Row) (stored, error) { return scanStored(org, row) },
		"SELECT "+columns+" FROM contact WHERE org_id = ? AND id IN (?)", people, org)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	rows := make(map[id.Person]stored, len(read))
	owners := make([]id.Person, 0, len(read))
	asked := make(map[id.Person]id.Person, len(read)) // asked for → found
	for _, s := range read {
		p := s.person.ID
		if s.state == "merged" {
			if s, err = b.follow(ctx, r, org, s.into); errors.Is(err, store.ErrNoRows) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("read a person: %w", err)
			}
		}
		asked[p] = s.person.ID
		if _, there := rows[s.person.ID]; !there {
			owners = append(owners, s.person.ID)
		}
		rows[s.person.ID] = s
	}
	found, err := b.open(ctx, r, org, rows, owners)
	if err != nil {
		return nil, err
	}
	result := make(map[id.Person]*chat.Known, len(asked))
	for p, at := range asked {
		if k := found[at]; k != nil {
			result[p] = k
		}
	}
	return result, nil
}

// List reads the people of an organisation in the order in which they became
// known, after one of them; those who are erased or merged are left out.
func (b *Book) List(ctx context.Context, r store.Reader, org id.Org, after id.Cursor, limit int) ([]*chat.Known, error) {
	people, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT id FROM contact WHERE org_id = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?", org, after[:], int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	known, err := b.GetMany(ctx, r, org, people)
	if err != nil {
		return nil, err
	}
	all := make([]*chat.Known, 0, len(people))
	for _, p := range people {
		if k := known[p]; k != nil {
			all = append(all, k)
		}
	}
	return all, nil
}

// follow reads a row and goes on to the person it was merged into.
func (b *Book) follow(ctx context.Context, r store.Reader, org id.Org, person id.Person) (stored, error) {
	for range 8 {
		s, err := scanStored(org, r.QueryRow(ctx, "SELECT "+columns+" FROM contact WHERE org_id = ? AND id = ?", org, person))
		if err != nil || s.state != "merged" {
			return s, err
		}
		person = s.into
	}
	return stored{}, store.ErrNoRows
}

// open unseals the profiles.
func (b *Book) open(ctx context.Context, r store.Reader, org id.Org, rows map[id.Person]stored, owners []id.Person) (map[id.Person]*chat.Known, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	marks := make([]id.Link, 0, len(rows))
	for _, s := range rows {
		marks = append(marks, s.linked)
	}
	var rings map[id.Person]*vault.Keyring
	var linked map[id.Link]chat.Flags
	err = store.Together(ctx, r,
		func(ctx context.Context) (err error) {
			rings, err = vault.Keyrings(ctx, r, keys, owners)
			return err
		},
		func(ctx context.Context) (err error) {
			linked, err = b.linked(ctx, r, org, marks)
			return err
		})
	if err != nil {
		return nil, err
	}
	found := make(map[id.Person]*chat.Known, len(rows))
	for at, s := range rows {
		s.person.Linked = linked[s.linked]
		k := &chat.Known{Person: s.person, Keys: rings[at]}
		if k.Keys == nil { // the key is destroyed: nothing about the person can be read
			k.Erased = true
			found[at] = k
			continue
		}
		plain, err := k.Keys.Open(profileContext, at, s.profile)
		if err != nil {
			return nil, fmt.Errorf("open a person's profile: %w", err)
		}
		if err := json.Unmarshal(plain, &k.Profile); err != nil {
			return nil, fmt.Errorf("read a person's profile: %w", err)
		}
		k.Profile.Identity = k.Profile.Canonical()
		found[at] = k
	}
	return found, nil
}

// Flag names one of the facts that SetFlag changes.
type Flag string

// The flags; the values are column names.
const (
	Blocked    Flag = "blocked"
	OptedOut   Flag = "opted_out"
	Restricted Flag = "restricted"
	Objected   Flag = "objected"
	Minor      Flag = "minor"
	Contract   Flag = "contract"
	Held       Flag = "held"
	Halted     Flag = "halted"
)

// flagUpdates holds a statement for each flag, so that no SQL is put together
// from values.
var flagUpdates = map[Flag]string{
	Blocked:    "UPDATE contact SET blocked = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	OptedOut:   "UPDATE contact SET opted_out = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Restricted: "UPDATE contact SET restricted = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Objected:   "UPDATE contact SET objected = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Minor:      "UPDATE contact SET minor = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Contract:   "UPDATE contact SET contract = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Held:       "UPDATE contact SET held = ?, changed_at = ? WHERE org_id = ? AND id = ?",
	Halted:     "UPDATE contact SET halted = ?, changed_at = ? WHERE org_id = ? AND id = ?",
}

// Altered notes that something about people is new that is kept elsewhere, such
// as a label or a picture, and tells whoever watches.
func (b *Book) Altered(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = []any{store.Micros(b.now()), org, p}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "changed_at = ?", Where: "org_id = ? AND id = ?"}, rows); err != nil {
		return fmt.Errorf("note a change about people: %w", err)
	}
	return b.tell(ctx, tx, org, people...)
}

// SetFlag sets or clears one fact about a person.
func (b *Book) SetFlag(ctx context.Context, tx store.Tx, org id.Org, person id.Person, flag Flag, on bool) error {
	update, known := flagUpdates[flag]
	if !known {
		return fmt.Errorf("no such flag: %q", flag)
	}
	n, err := tx.Exec(ctx, update, on, store.Micros(b.now()), org, person)
	if err != nil {
		return fmt.Errorf("set %s: %w", flag, err)
	}
	if n == 0 {
		return ErrNotFound
	}
	concerned, err := b.LinkedWith(ctx, tx, org, person) // it holds for all of them
	if err != nil {
		return err
	}
	return b.tell(ctx, tx, org, concerned...)
}
