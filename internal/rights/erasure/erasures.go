package erasure

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
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such erasure")
	ErrNobody   = errors.New("no such person")
	// ErrHeld: a legal hold keeps the person (GDPR Art. 17(3)(e)).
	ErrHeld = errors.New("a legal hold keeps this person's data: lift it first, or restrict processing instead")

	errMoved = errors.New("another node did this bite")
)

// Part is one place that keeps something about people. Every capability that
// has rows about a person registers one.
type Part struct {
	Name string // key of its text: erasure.part.NAME
	// Erase deletes some of what it keeps about a person and says how many
	// rows; more means that it wants to be called again.
	Erase func(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (n int64, more bool, err error)
	// Count says how many rows there are, for the preview; nil: not counted.
	Count func(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (int64, error)
}

// Mentions is a place where people stand together, sealed under the
// organisation's key, so that a person must be looked for by her identities.
type Mentions struct {
	Name string
	// Erase looks through some rows after a place and deletes those that name
	// the person; the zero place ends it.
	Erase func(ctx context.Context, tx store.Tx, org id.Org, who Identity, after id.Cursor) (n int64, next id.Cursor, err error)
}

// Recipient is somebody to whom data about the person was given (Art. 19).
type Recipient struct {
	Name string // unique; nothing personal
	Tell func(ctx context.Context, org id.Org, who Identity) (Answer, error)
}

// Recipients lists those to whom an organisation has given data about its
// people.
type Recipients func(ctx context.Context, r store.Reader, org id.Org) ([]Recipient, error)

// Together lists all of some recipients.
func Together(all ...Recipients) Recipients {
	return func(ctx context.Context, r store.Reader, org id.Org) (together []Recipient, err error) {
		for _, list := range all {
			some, err := list(ctx, r, org)
			if err != nil {
				return nil, err
			}
			together = append(together, some...)
		}
		return together, nil
	}
}

// Item is a piece of what a duty keeps.
type Item struct {
	pii.Personal
	ID    id.ID
	Clear []byte
}

// Duty is a legal reason to keep something of an erased person (Art. 17(3)).
type Duty struct {
	Name string // key of its text: duty.NAME
	// Count says how many items it would keep, and until when; zero items:
	// nothing.
	Count func(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (items int64, until time.Time, err error)
	// Items hands over some items after a place; the zero place ends it.
	Items func(ctx context.Context, r store.Reader, org id.Org, contact id.Person, after id.Cursor) (items []Item, next id.Cursor, err error)
}

// Book is the book of people.
type Book interface {
	// Get reads the person that an id stands for today.
	Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
	// Freeze stops everything that is sent to her.
	Freeze(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error
	// EraseRecord empties her entry and returns the hashes of her identities.
	EraseRecord(ctx context.Context, tx store.Tx, org id.Org, person id.Person) ([]contact.Handle, error)
}

// Parts are what the desk works with.
type Parts struct {
	DB     *store.DB
	Vault  *vault.Vault
	IDs    *id.Source
	Now    func() time.Time
	Log    *slog.Logger
	People Book
	Ledger evidence.Ledger
	// Unsend takes back what waits to be sent to a person.
	Unsend func(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) error
	// Held reports whether a legal hold keeps a person.
	Held       func(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (bool, error)
	Duties     []Duty
	Places     []Part
	Mentions   []Mentions
	Recipients Recipients
}

// Erasures runs erasures.
type Erasures struct {
	Parts
	poke chan struct{}
	stop func(Step) error // of tests: told before each bite, an error ends the work there
}

// New makes Erasures. Nothing goes on until Run is called.
func New(p Parts) *Erasures { return &Erasures{Parts: p, poke: make(chan struct{}, 1)} }

// Restored is the source of an erasure that is done again after a restore.
const Restored = "restore"

// Order says who asked for an erasure, and why.
type Order struct {
	Source string // desk | portal | retention | restore
	Case   id.Case
	By     id.Account // the member of staff
}

// Procedure is an erasure as it stands.
type Procedure struct {
	Org        id.Org
	ID         id.Erasure
	Contact    id.Person
	Step       Step
	Source     string
	Case       id.Case
	By         id.Account
	Counts     map[string]int64
	Problem    string
	Started    time.Time
	Unreadable time.Time
	Cleaned    time.Time
	Done       time.Time

	place    place
	parcel   []byte
	attempts int64
}

// place is where in a step the next bite begins.
type place struct {
	Part  int       `json:"part,omitempty"`
	After id.Cursor `json:"after,omitzero"`
}

// Begin orders the erasure of a person. From the return on nothing is sent to
// her. Asked for twice, it answers with the same procedure.
func (d *Erasures) Begin(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, o Order) (Procedure, error) {
	who, err := settle(ctx, tx, d.People, org, contact)
	if err != nil {
		return Procedure{}, err
	}
	p, err := d.OfContact(ctx, tx, org, who.Contact)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return p, err
	}
	first := Keep
	if o.Source == Restored {
		first = Destroy // what a duty keeps was settled when she was erased
	} else if held, err := d.Held(ctx, tx, org, who.Contact); err != nil {
		return Procedure{}, err
	} else if held {
		return Procedure{}, ErrHeld
	}
	if err := d.freeze(ctx, tx, org, who.Contact); err != nil {
		return Procedure{}, fmt.Errorf("begin an erasure: %w", err)
	}
	now := d.Now()
	p = Procedure{Org: org, ID: id.Erasure(d.IDs.New()), Contact: who.Contact, Step: first, Source: o.Source, Case: o.Case, By: o.By, Started: now, Counts: map[string]int64{}}
	keys, err := d.Vault.Org(ctx, tx, org)
	if err != nil {
		return Procedure{}, err
	}
	ring, err := keys.NewKeyrings(ctx, tx, p.ID)
	if err != nil {
		return Procedure{}, err
	}
	parcel, err := json.Marshal(who)
	if err != nil {
		return Procedure{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO erasure (org_id, id, contact_id, step, place, source, case_id, by_id, parcel, counts, attempts, not_before, problem, started_at, unreadable_at, cleaned_at, done_at)
		VALUES (?, ?, ?, ?, '{}', ?, ?, ?, ?, '{}', 0, 0, '', ?, 0, 0, 0)`,
		org, p.ID, p.Contact, string(p.Step), p.Source, p.Case, p.By, ring[0].Seal(parcelContext, p.ID, parcel), store.Micros(now))
	if err != nil {
		return Procedure{}, fmt.Errorf("begin an erasure: %w", err)
	}
	tx.AfterCommit(d.wake)
	return p, d.Ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "erasure.ordered", At: now,
		Record: map[string]any{"erasure": p.ID.String(), "contact": p.Contact.String(), "source": o.Source, "case": o.Case.String(), "by": o.By.String()}})
}

const parcelContext = "erasure.parcel"

const columns = "org_id, id, contact_id, step, place, source, case_id, by_id, parcel, counts, attempts, problem, started_at, unreadable_at, cleaned_at, done_at"

func scan(row store.Row) (Procedure, error) {
	var p Procedure
	var where, counts string
	var started, unreadable, cleaned, done int64
	err := row.Scan(&p.Org, &p.ID, &p.Contact, &p.Step, &where, &p.Source, &p.Case, &p.By, &p.parcel, &counts, &p.attempts, &p.Problem, &started, &unreadable, &cleaned, &done)
	if err != nil {
		return p, err
	}
	p.Started, p.Unreadable, p.Cleaned, p.Done = store.Time(started), store.Time(unreadable), store.Time(cleaned), store.Time(done)
	return p, errors.Join(json.Unmarshal([]byte(where), &p.place), json.Unmarshal([]byte(counts), &p.Counts))
}

// Get reads a procedure.
func (d *Erasures) Get(ctx context.Context, r store.Reader, org id.Org, procedure id.Erasure) (Procedure, error) {
	return found(scan(r.QueryRow(ctx, "SELECT "+columns+" FROM erasure WHERE org_id = ? AND id = ?", org, procedure)))
}

// OfContact reads the procedure that erases a person; ErrNotFound if there is
// none.
func (d *Erasures) OfContact(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (Procedure, error) {
	return found(scan(r.QueryRow(ctx, "SELECT "+columns+" FROM erasure WHERE org_id = ? AND contact_id = ?", org, contact)))
}

func found(p Procedure, err error) (Procedure, error) {
	if errors.Is(err, store.ErrNoRows) {
		return p, ErrNotFound
	}
	return p, err
}

// List reads the procedures of an organisation, the newest first.
func (d *Erasures) List(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Procedure, error) {
	return store.Collect(ctx, r, scan, "SELECT "+columns+" FROM erasure WHERE org_id = ? ORDER BY id DESC LIMIT ?", org, int64(limit))
}

func (d *Erasures) wake() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}
