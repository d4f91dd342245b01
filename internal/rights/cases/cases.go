package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNotFound  = errors.New("no such privacy case")
	ErrKind      = errors.New("a privacy case needs a kind: what the person asks for")
	ErrReason    = errors.New("say why: the person must be told the reasons (GDPR Art. 12(3) and (4))")
	ErrTooLate   = errors.New("the period can be extended only once, and only within the first month (GDPR Art. 12(3))")
	ErrClosed    = errors.New("the case is closed")
	ErrIdentity  = errors.New("first make sure who the person is (GDPR Art. 12(6))")
	ErrNoOutcome = errors.New("a case is closed as done, refused or withdrawn")
)

// Identity says how it is known who asks.
type Identity string

// The identities.
const (
	Unchecked  Identity = "open"
	ByCode     Identity = "code"    // she repeated a code sent to what is on file
	ByChat     Identity = "chat"    // she wrote from her own number
	KnownByUs  Identity = "known"   // staff know her, with the reason in the file
	NotHerself Identity = "refused" // could not be shown
)

// Shown reports whether it is known who asks.
func (i Identity) Shown() bool { return i == ByCode || i == ByChat || i == KnownByUs }

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"
	Refused   Outcome = "refused"
	Withdrawn Outcome = "withdrawn"
)

// Case is what a person asks for.
type Case struct {
	Org      id.Org
	ID       id.Case
	Contact  id.Person // zero: she is not known to us
	Kind     Kind
	Source   string
	Identity Identity
	Outcome  Outcome
	Packed   time.Time // when the last package was begun; zero: there was none
	Clock
}

// Entry is a line of a case's file.
type Entry struct {
	pii.Personal
	ID   id.CaseEntry
	Kind string
	By   id.Account
	Text string
	At   time.Time
}

// Cases keeps privacy cases.
type Cases struct {
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	ledger evidence.Ledger
}

// New makes Cases.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger evidence.Ledger) *Cases {
	return &Cases{vault: v, ids: ids, now: now, ledger: ledger}
}

// Request is what comes in.
type Request struct {
	pii.Personal
	Contact  id.Person
	Kind     Kind
	Source   string // keyword | portal | desk | e_mail | chat_import
	Text     string // in the person's words
	Received time.Time
	By       id.Account // the member of staff who entered it
	Identity Identity
}

// FromChat is the source of what was asked for in a chat that is taken over.
const FromChat = "chat_import"

// OpenPast opens a case for what a person asked for at the time said, in a chat
// that is taken over. The clock runs from now: earlier nobody could know it here.
// What she asked for again since, and was answered, is answered; opened is false.
func (d *Cases) OpenPast(ctx context.Context, tx store.Tx, org id.Org, r Request, said time.Time) (opened bool, err error) {
	before, err := d.OfContact(ctx, tx, org, r.Contact)
	if err != nil {
		return false, err
	}
	for _, c := range before {
		if c.Kind == r.Kind && !c.Closed.IsZero() && !c.Received.Before(said) {
			return false, nil
		}
	}
	r.Source, r.Received = FromChat, time.Time{}
	_, err = d.Open(ctx, tx, org, r)
	return err == nil, err
}

// Open opens a case. A person who asks twice for the same while her case is
// open has one case; the second request is a line in its file.
func (d *Cases) Open(ctx context.Context, tx store.Tx, org id.Org, r Request) (Case, error) {
	if !slices.Contains(Kinds(), r.Kind) {
		return Case{}, ErrKind
	}
	now := d.now()
	if r.Received.IsZero() || r.Received.After(now) {
		r.Received = now
	}
	if r.Identity == "" {
		r.Identity = Unchecked
	}
	if !r.Contact.IsZero() {
		before, err := scan(org, tx.QueryRow(ctx, "SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND contact_id = ? AND kind = ? AND closed_at = 0 ORDER BY id LIMIT 1", org, r.Contact, string(r.Kind)))
		if err == nil {
			return d.again(ctx, tx, before, r)
		}
		if !errors.Is(err, ErrNotFound) {
			return Case{}, err
		}
	}
	c := Case{Org: org, ID: id.Case(d.ids.New()), Contact: r.Contact, Kind: r.Kind, Source: r.Source, Identity: r.Identity, Clock: Clock{Received: r.Received}}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return Case{}, err
	}
	if _, err := keys.NewKeyrings(ctx, tx, c.ID); err != nil {
		return Case{}, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO privacy_case (org_id, id, contact_id, kind, source, received_at, extended_at, identity, closed_at, outcome) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '')",
		org, c.ID, c.Contact, string(c.Kind), c.Source, store.Micros(c.Received), string(c.Identity)); err != nil {
		return Case{}, fmt.Errorf("open a privacy case: %w", err)
	}
	if err := d.write(ctx, tx, c, "received", r.By, r.Text); err != nil {
		return Case{}, err
	}
	return c, d.prove(ctx, tx, c, "privacy_case.opened", map[string]any{"kind": string(c.Kind), "source": c.Source, "received": store.Micros(c.Received)})
}

// again notes that the person asked once more, perhaps by a way that shows who
// she is.
func (d *Cases) again(ctx context.Context, tx store.Tx, c Case, r Request) (Case, error) {
	if err := d.write(ctx, tx, c, "received", r.By, r.Text); err != nil {
		return c, err
	}
	if c.Identity == Unchecked && r.Identity != Unchecked {
		err := d.SetIdentity(ctx, tx, &c, r.Identity, r.By, "")
		return c, err
	}
	return c, nil
}

const columns = "id, contact_id, kind, source, received_at, extended_at, identity, closed_at, outcome, packed_at"

func scan(org id.Org, row store.Row) (Case, error) {
	c := Case{Org: org}
	var received, extended, closed, packed int64
	err := row.Scan(&c.ID, &c.Contact, &c.Kind, &c.Source, &received, &extended, &c.Identity, &closed, &c.Outcome, &packed)
	if errors.Is(err, store.ErrNoRows) {
		return c, ErrNotFound
	}
	c.Received, c.Extended, c.Closed, c.Packed = store.Time(received), store.Time(extended), store.Time(closed), store.Time(packed)
	return c, err
}

// Get reads a case.
func (d *Cases) Get(ctx context.Context, r store.Reader, org id.Org, at id.Case) (Case, error) {
	return scan(org, r.QueryRow(ctx, "SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND id = ?", org, at))
}

// Waiting lists the open cases, the one that is due first first.
func (d *Cases) Waiting(ctx context.Context, r store.Reader, org id.Org, zone *time.Location) ([]Case, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (Case, error) { return scan(org, row) },
		"SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND closed_at = 0 ORDER BY received_at", org)
	slices.SortStableFunc(all, func(a, b Case) int { return a.Due(zone).Compare(b.Due(zone)) })
	return all, err
}

// Packed lists the cases, ended or not, whose last package was begun after a time.
func (d *Cases) Packed(ctx context.Context, r store.Reader, org id.Org, after time.Time) ([]Case, error) {
	return store.Collect(ctx, r, func(row store.Row) (Case, error) { return scan(org, row) },
		"SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND packed_at > ? ORDER BY received_at", org, store.Micros(after))
}

// Past lists closed cases, the newest first.
func (d *Cases) Past(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Case, error) {
	return store.Collect(ctx, r, func(row store.Row) (Case, error) { return scan(org, row) },
		"SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND closed_at > 0 ORDER BY closed_at DESC LIMIT ?", org, int64(limit))
}

// OfContact lists the cases of a person, the newest first.
func (d *Cases) OfContact(ctx context.Context, r store.Reader, org id.Org, contact id.Person) ([]Case, error) {
	return store.Collect(ctx, r, func(row store.Row) (Case, error) { return scan(org, row) },
		"SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND contact_id = ? ORDER BY id DESC", org, contact)
}

func (d *Cases) write(ctx context.Context, tx store.Tx, c Case, kind string, by id.Account, text string) error {
	keys, err := d.vault.Org(ctx, tx, c.Org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	at := d.ids.New()
	_, err = tx.Exec(ctx, "INSERT INTO privacy_case_entry (org_id, case_id, id, kind, by_id, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.Org, c.ID, at, kind, by, ring.Seal(entryContext, at, []byte(strings.TrimSpace(text))), store.Micros(d.now()))
	if err != nil {
		return fmt.Errorf("write into a privacy case: %w", err)
	}
	return nil
}

func (d *Cases) prove(ctx context.Context, tx store.Tx, c Case, kind string, record map[string]any) error {
	record["case"] = c.ID.String()
	return d.ledger.Append(ctx, tx, c.Org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, At: d.now(), Record: record})
}

// Note writes a note or a letter into the file; kind is "note" or "letter".
func (d *Cases) Note(ctx context.Context, tx store.Tx, c Case, kind string, by id.Account, text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return d.write(ctx, tx, c, kind, by, text)
}

// Extend extends the period by two months, with the reasons that the person is
// told.
func (d *Cases) Extend(ctx context.Context, tx store.Tx, c *Case, by id.Account, reason string, zone *time.Location) error {
	now := d.now()
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	if !c.MayExtend(now, zone) {
		return ErrTooLate
	}
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET extended_at = ? WHERE org_id = ? AND id = ? AND extended_at = 0 AND closed_at = 0", store.Micros(now), c.Org, c.ID); err != nil {
		return fmt.Errorf("extend a privacy case: %w", err)
	}
	c.Extended = now
	if err := d.write(ctx, tx, *c, "extended", by, reason); err != nil {
		return err
	}
	return d.prove(ctx, tx, *c, "privacy_case.extended", map[string]any{"by": by.String()})
}

// SetIdentity records how it is known who asks. Without a code, staff say in
// the file how they know.
func (d *Cases) SetIdentity(ctx context.Context, tx store.Tx, c *Case, how Identity, by id.Account, reason string) error {
	if !c.Closed.IsZero() {
		return ErrClosed
	}
	if how != ByCode && how != ByChat && strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET identity = ? WHERE org_id = ? AND id = ?", string(how), c.Org, c.ID); err != nil {
		return fmt.Errorf("record who asks: %w", err)
	}
	c.Identity = how
	if err := d.write(ctx, tx, *c, "identity", by, reason); err != nil {
		return err
	}
	return d.prove(ctx, tx, *c, "privacy_case.identity", map[string]any{"how": string(how), "by": by.String()})
}

// Close ends a case with its outcome and what the person was told. Rights are
// granted only to whom they belong: "done" needs an identity.
func (d *Cases) Close(ctx context.Context, tx store.Tx, c *Case, out Outcome, by id.Account, told string) error {
	switch {
	case !c.Closed.IsZero():
		return ErrClosed
	case out != Done && out != Refused && out != Withdrawn:
		return ErrNoOutcome
	case out == Done && !c.Identity.Shown():
		return ErrIdentity
	case out == Refused && strings.TrimSpace(told) == "":
		return ErrReason
	}
	now := d.now()
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET closed_at = ?, outcome = ? WHERE org_id = ? AND id = ? AND closed_at = 0", store.Micros(now), string(out), c.Org, c.ID); err != nil {
		return fmt.Errorf("close a privacy case: %w", err)
	}
	c.Closed, c.Outcome = now, out
	if err := d.write(ctx, tx, *c, "closed", by, told); err != nil {
		return err
	}
	return d.prove(ctx, tx, *c, "privacy_case.closed", map[string]any{"kind": string(c.Kind), "outcome": string(out), "by": by.String(), "received": store.Micros(c.Received)})
}

// keptYears is how long a closed case is kept: until claims from it are barred,
// three years from the end of the year (BGB §§195, 199).
const keptYears = 3

// Expire destroys cases whose time is over.
func (d *Cases) expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	before := time.Date(now.Year()-keptYears, 1, 1, 0, 0, 0, 0, time.UTC)
	over, err := store.Collect(ctx, tx, func(row store.Row) (Case, error) { return scan(org, row) },
		"SELECT "+columns+" FROM privacy_case WHERE org_id = ? AND closed_at > 0 AND closed_at < ? LIMIT 500", org, store.Micros(before))
	if err != nil || len(over) == 0 {
		return err
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, c := range over {
		if _, err := keys.Destroy(ctx, tx, c.ID); err != nil {
			return err
		}
		for _, sql := range []string{"DELETE FROM privacy_case_entry WHERE org_id = ? AND case_id = ?", "DELETE FROM privacy_case WHERE org_id = ? AND id = ?"} {
			if _, err := tx.Exec(ctx, sql, org, c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Merge lets the cases follow a person to the person she turned out to be.
func (d *Cases) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge cases: %w", err)
	}
	return nil
}

// PersonOf is the person whom a case concerns; the zero id if nobody is known.
func (d *Cases) PersonOf(ctx context.Context, r store.Reader, org id.Org, at id.Case) (id.Person, error) {
	c, err := d.Get(ctx, r, org, at)
	if errors.Is(err, ErrNotFound) {
		return id.Person{}, nil
	}
	return c.Contact, err
}
