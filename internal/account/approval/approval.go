// Package approval is the second pair of eyes (GDPR Art. 32(1)): what hands out
// or deletes the data of many people at once, or shows who of the staff did
// what, one person asks for with a reason and another grants. A grant holds for
// one week and, but for looking, once.
//
// Where an organisation has only one person who could grant, she goes on alone:
// her reason is written down all the same, and the cockpit says so.
package approval

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
	"einklang/internal/rule/period"
	"einklang/internal/rule/pii"
)

// Kind is what needs a second person. The catalogue has approval.kind.KIND.
type Kind string

// The kinds.
const (
	Letters Kind = "letters" // hand out all commercial letters
	Audit   Kind = "audit"   // hand out what staff did
	Names   Kind = "names"   // see which member of staff did something
	Period  Kind = "period"  // delete a class of data sooner; subject: class and amount
	Undo    Kind = "undo"    // delete the people of an import; subject: the import
	Figures Kind = "figures" // show figures about few members of staff; subject: the filed agreement
	// Consents: take over what people in an import are said to have agreed to;
	// subject: the import.
	Consents Kind = "consents"
	Link     Kind = "link" // make one person of two records; subject: the link
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Letters, Audit, Names, Period, Undo, Figures, Consents, Link} }

// lasting kinds hold for a day, however often they are used.
var lasting = map[Kind]time.Duration{Names: 24 * time.Hour}

// Within is how long a grant may wait to be used, and a question to be decided.
const Within = 7 * 24 * time.Hour

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such question for approval")
	ErrReason   = errors.New("say why: the one who decides has to know")
	ErrSelf     = errors.New("the second person must be somebody else")
	ErrDecided  = errors.New("this has been decided already, or is too old")
)

// Needed says that something waits for a second person.
type Needed struct {
	Kind    Kind
	Subject string
}

func (n *Needed) Error() string { return "a second person has to approve: " + string(n.Kind) }

// Request is one question and its answer.
type Request struct {
	pii.Personal
	ID      id.Approval
	Kind    Kind
	Subject string
	Reason  string
	By      id.Account
	Asked   time.Time
	Second  id.Account // who decided
	Decided time.Time
	Granted bool
	Used    time.Time
}

// Alone reports whether nobody else could decide.
func (r Request) Alone() bool { return r.Granted && r.Second == r.By }

// State is where a question stands: "open", "granted", "refused", "used" or
// "expired".
func (r Request) State(now time.Time) string {
	life, lasts := lasting[r.Kind]
	switch {
	case r.Decided.IsZero() && now.Sub(r.Asked) >= Within:
		return "expired"
	case r.Decided.IsZero():
		return "open"
	case !r.Granted:
		return "refused"
	case lasts && now.Sub(r.Decided) < life:
		return "granted"
	case !r.Used.IsZero():
		return "used"
	case lasts || now.Sub(r.Decided) >= Within:
		return "expired"
	default:
		return "granted"
	}
}

// Deciders counts the active accounts that may grant, without one.
type Deciders func(ctx context.Context, r store.Reader, org id.Org, without id.Account) (int, error)

// About is who keeps what a kind of question is about, where that is people: why
// it is asked stands there, sealed under a key that goes with them, and what was
// decided takes effect there at once.
type About interface {
	// Reasons says why some questions were asked, by their subjects.
	Reasons(ctx context.Context, r store.Reader, org id.Org, subjects []string) (map[string]string, error)
	// People are those whom a question is about.
	People(ctx context.Context, r store.Reader, org id.Org, subject string) ([]id.Person, error)
	// Decided takes in the answer.
	Decided(ctx context.Context, tx store.Tx, org id.Org, subject string, granted bool, by id.Account) error
}

// Approvals keeps the questions.
type Approvals struct {
	vault    *vault.Vault
	ids      *id.Source
	now      func() time.Time
	ledger   evidence.Ledger
	deciders Deciders
	about    map[Kind]About
}

// New makes Approvals.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger evidence.Ledger, deciders Deciders) *Approvals {
	return &Approvals{v, ids, now, ledger, deciders, map[Kind]About{}}
}

// Concern says who keeps what a kind of question is about. Call it before the
// Approvals are used.
func (d *Approvals) Concern(kind Kind, about About) { d.about[kind] = about }

const sealContext = "approval.reason"

// Ask puts a question. If nobody else could decide it is granted at once.
func (d *Approvals) Ask(ctx context.Context, tx store.Tx, org id.Org, kind Kind, subject, reason string, by id.Account) (Request, error) {
	r := Request{ID: id.Approval(d.ids.New()), Kind: kind, Subject: subject, Reason: strings.TrimSpace(reason), By: by, Asked: d.now()}
	switch {
	case !slices.Contains(Kinds(), kind) || d.about[kind] != nil:
		return r, ErrNotFound
	case r.Reason == "":
		return r, ErrReason
	}
	return d.put(ctx, tx, org, r)
}

// AskAbout puts a question whose reason stands where [Approvals.Concern] says.
// If nobody else could decide it is granted at once; what follows from it is
// the caller's.
func (d *Approvals) AskAbout(ctx context.Context, tx store.Tx, org id.Org, kind Kind, subject string, by id.Account) (Request, error) {
	return d.put(ctx, tx, org, Request{ID: id.Approval(d.ids.New()), Kind: kind, Subject: subject, By: by, Asked: d.now()})
}

func (d *Approvals) put(ctx context.Context, tx store.Tx, org id.Org, r Request) (Request, error) {
	others, err := d.deciders(ctx, tx, org, r.By)
	if err != nil {
		return r, err
	}
	if others == 0 {
		r.Second, r.Decided, r.Granted = r.By, r.Asked, true
		if d.about[r.Kind] != nil {
			r.Used = r.Asked
		}
	}
	ring, err := d.ring(ctx, tx, org)
	if err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO approval (org_id, id, kind, subject, reason, by_id, asked_at, decided_id, decided_at, granted, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, r.ID, string(r.Kind), r.Subject, ring.Seal(sealContext, r.ID, []byte(r.Reason)), r.By, store.Micros(r.Asked), r.Second, store.Micros(r.Decided), r.Granted, store.Micros(r.Used)); err != nil {
		return r, fmt.Errorf("ask for approval: %w", err)
	}
	return r, d.prove(ctx, tx, org, "approval.asked", r, r.By)
}

func (d *Approvals) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

func (d *Approvals) prove(ctx context.Context, tx store.Tx, org id.Org, kind string, r Request, by id.Account) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, At: d.now(),
		Record: map[string]any{"approval": r.ID.String(), "kind": string(r.Kind), "subject": r.Subject, "by": by.String(), "granted": r.Granted, "alone": r.Alone()}})
}

// Decide answers a question. It is not for the one who asked.
func (d *Approvals) Decide(ctx context.Context, tx store.Tx, org id.Org, at id.Approval, grant bool, by id.Account) error {
	r, err := d.Get(ctx, tx, org, at)
	switch {
	case err != nil:
		return err
	case r.By == by:
		return ErrSelf
	case r.State(d.now()) != "open":
		return ErrDecided
	}
	about := d.about[r.Kind]
	if grant && about != nil {
		r.Used = d.now()
	}
	n, err := tx.Exec(ctx, "UPDATE approval SET decided_id = ?, decided_at = ?, granted = ?, used_at = ? WHERE org_id = ? AND id = ? AND decided_at = 0", by, store.Micros(d.now()), grant, store.Micros(r.Used), org, at)
	if err != nil {
		return fmt.Errorf("decide on an approval: %w", err)
	}
	if n == 0 {
		return ErrDecided
	}
	r.Granted, r.Second = grant, by
	if err := d.prove(ctx, tx, org, "approval.decided", r, by); err != nil || about == nil {
		return err
	}
	return about.Decided(ctx, tx, org, r.Subject, grant, by)
}

// Use takes up what was granted to somebody, in the transaction of what needed
// it. Without a grant it fails with a *Needed.
func (d *Approvals) Use(ctx context.Context, tx store.Tx, org id.Org, kind Kind, subject string, by id.Account) error {
	r, granted, err := d.Granted(ctx, tx, org, kind, subject, by)
	if err != nil {
		return err
	}
	if !granted {
		return &Needed{kind, subject}
	}
	if !r.Used.IsZero() { // a lasting grant
		return nil
	}
	n, err := tx.Exec(ctx, "UPDATE approval SET used_at = ? WHERE org_id = ? AND id = ? AND used_at = 0", store.Micros(d.now()), org, r.ID)
	if err != nil {
		return fmt.Errorf("use an approval: %w", err)
	}
	if n == 0 {
		return &Needed{kind, subject}
	}
	return d.prove(ctx, tx, org, "approval.used", r, by)
}

// Holds reports whether somebody holds a grant.
func (d *Approvals) Holds(ctx context.Context, r store.Reader, org id.Org, kind Kind, subject string, by id.Account) (bool, error) {
	_, granted, err := d.Granted(ctx, r, org, kind, subject, by)
	return granted, err
}

// Granter is who granted what somebody may do. Without a grant it fails with a
// *Needed.
func (d *Approvals) Granter(ctx context.Context, r store.Reader, org id.Org, kind Kind, subject string, by id.Account) (id.Account, error) {
	q, granted, err := d.Granted(ctx, r, org, kind, subject, by)
	if err == nil && !granted {
		err = &Needed{kind, subject}
	}
	return q.Second, err
}

// Granted reads the grant that somebody holds, with the one who gave it.
func (d *Approvals) Granted(ctx context.Context, r store.Reader, org id.Org, kind Kind, subject string, by id.Account) (Request, bool, error) {
	all, err := d.read(ctx, r, org, " AND kind = ? AND subject = ? AND by_id = ? ORDER BY id DESC LIMIT 20", string(kind), subject, by)
	if err != nil {
		return Request{}, false, err
	}
	i := slices.IndexFunc(all, func(r Request) bool { return r.State(d.now()) == "granted" })
	if i < 0 {
		return Request{}, false, nil
	}
	return all[i], true, nil
}

// Get reads one question.
func (d *Approvals) Get(ctx context.Context, r store.Reader, org id.Org, at id.Approval) (Request, error) {
	all, err := d.read(ctx, r, org, " AND id = ?", at)
	if err != nil {
		return Request{}, err
	}
	if len(all) == 0 {
		return Request{}, ErrNotFound
	}
	return all[0], nil
}

// List reads the newest questions, the newest first.
func (d *Approvals) List(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Request, error) {
	return d.read(ctx, r, org, " ORDER BY id DESC LIMIT ?", int64(limit))
}

// aboutBytes is what is counted for a question whose reason stands with what it
// is about: as much as a form takes.
const aboutBytes = 64 << 10

// People are those whom a question is about; none where it is not about people.
func (d *Approvals) People(ctx context.Context, r store.Reader, org id.Org, at id.Approval) ([]id.Person, error) {
	q, err := d.Get(ctx, r, org, at)
	if err != nil || d.about[q.Kind] == nil {
		return nil, err
	}
	return d.about[q.Kind].People(ctx, r, org, q.Subject)
}

// Page reads the newest questions behind one of them, as many as fit a page, at
// most limit. More says that others follow.
func (d *Approvals) Page(ctx context.Context, r store.Reader, org id.Org, after id.Cursor, limit int) (page []Request, more bool, err error) {
	ids, more, err := store.Pick(ctx, r, limit, after, "SELECT id, CASE WHEN kind = ? THEN ? ELSE LENGTH(reason) END FROM approval WHERE org_id = ? ORDER BY id DESC", string(Link), int64(aboutBytes), org)
	if err != nil || len(ids) == 0 {
		return nil, more, err
	}
	page, err = d.read(ctx, r, org, " AND id >= ? AND id <= ? ORDER BY id DESC", ids[len(ids)-1], ids[0])
	return page, more, err
}

// Open reads the questions that wait for an answer, the oldest first.
func (d *Approvals) Open(ctx context.Context, r store.Reader, org id.Org) ([]Request, error) {
	return d.read(ctx, r, org, " AND decided_at = 0 AND asked_at > ? ORDER BY id", store.Micros(d.now().Add(-Within)))
}

func (d *Approvals) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Request, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (q Request, err error) {
		var asked, decided, used int64
		var reason []byte
		if err := row.Scan(&q.ID, &q.Kind, &q.Subject, &reason, &q.By, &asked, &q.Second, &decided, &q.Granted, &used); err != nil {
			return q, err
		}
		q.Asked, q.Decided, q.Used = store.Time(asked), store.Time(decided), store.Time(used)
		plain, err := ring.Open(sealContext, q.ID, reason)
		q.Reason = string(plain)
		return q, err
	}, "SELECT id, kind, subject, reason, by_id, asked_at, decided_id, decided_at, granted, used_at FROM approval WHERE org_id = ?"+rest, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read what waits for approval: %w", err)
	}
	for kind, about := range d.about {
		var subjects []string
		for _, q := range all {
			if q.Kind == kind {
				subjects = append(subjects, q.Subject)
			}
		}
		if len(subjects) == 0 {
			continue
		}
		reasons, err := about.Reasons(ctx, r, org, subjects)
		if err != nil {
			return nil, err
		}
		for i, q := range all {
			if q.Kind == kind {
				all[i].Reason = reasons[q.Subject]
			}
		}
	}
	return all, nil
}

// ExpireClasses deletes questions that are as old as the log of what staff did
// may be. They are part of it, and are not counted apart.
func (d *Approvals) ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, _ id.Cursor, _ map[string]int64) (next id.Cursor, err error) {
	if !o.Dry {
		_, err = tx.Exec(ctx, "DELETE FROM approval WHERE org_id = ? AND id < ?", org, id.At[id.ID](o.Before[period.Audit]))
	}
	return next, err
}
