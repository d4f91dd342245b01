// Package approval is the second pair of eyes (GDPR Art. 32(1)): what hands out
// or deletes the data of many people at once, or shows who of the staff did
// what, one person asks for with a reason and another grants. A grant holds for
// one week and, but for looking, once.
//
// Who may grant, and what becomes of a question that nobody else could answer, is
// the law of package foureyes. Such a question waits, all who decide are told at
// once, any of them may refuse it, and what comes of it stays marked. The pages
// and the cockpit say openly where only one person is there.
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
	"einklang/internal/rule/foureyes"
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
	// Account: change the account of somebody who decides, or make one; subject:
	// see [AccountSubject].
	Account Kind = "account"
	Control Kind = "control" // have one person do what took two; subject: which control
	Bulk    Kind = "bulk"    // have a program read lists of people; subject: its token
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Letters, Audit, Names, Period, Undo, Figures, Consents, Link, Account, Control, Bulk}
}

// The controls of what agents see (package sight): that they see everything, and that
// they see what no team has.
const (
	SightAll     = "sight.all"
	SightNobodys = "sight.nobodys"
)

// OfSight reports whether a control is one of what agents see.
func OfSight(subject string) bool { return subject == SightAll || subject == SightNobodys }

// roleControl and roleEnd begin the subjects of questions about own roles.
const (
	roleControl = "role."
	roleEnd     = "role.end."
)

// RoleControl names that accounts may more by their role: which role, and what it holds
// then.
func RoleControl(role id.Role, holds string) string { return roleControl + role.String() + " " + holds }

// RoleEnd names that accounts get another role, because theirs ends.
func RoleEnd(role id.Role, to string) string { return roleEnd + role.String() + " " + to }

// OfRole reads the subject of a question about an own role: which, and what it holds
// then or, where it ends, to which role its accounts go. Is: it is one.
func OfRole(subject string) (role id.Role, ends bool, rest string, is bool) {
	named, rest, _ := strings.Cut(subject, " ")
	at, ends := strings.CutPrefix(named, roleEnd)
	if !ends {
		if at, is = strings.CutPrefix(named, roleControl); !is {
			return role, false, "", false
		}
	}
	role, err := id.Parse[id.Role](at)
	return role, ends, rest, err == nil
}

// factorControl begins the subject of a question about the second factor of a role.
const factorControl = "factor."

// FactorControl names the control that a role needs a second factor.
func FactorControl(role string) string { return factorControl + role }

// FactorOf is the role that a control of a second factor names.
func FactorOf(subject string) string { return strings.TrimPrefix(subject, factorControl) }

// OfFactor reports whether a control is that of the second factor of a role.
func OfFactor(subject string) bool { return strings.HasPrefix(subject, factorControl) }

// AccountSubject names a change to an account: whose, what, and to what.
func AccountSubject(whose id.Account, what foureyes.Act, to string) string {
	return strings.TrimRight(whose.String()+" "+string(what)+" "+to, " ")
}

// AccountOf reads the subject of a question about an account.
func AccountOf(subject string) (whose id.Account, what foureyes.Act, to string) {
	parts := append(strings.SplitN(subject, " ", 3), "", "", "")
	whose, err := id.Parse[id.Account](parts[0])
	if err != nil {
		return id.Account{}, "", ""
	}
	return whose, foureyes.Act(parts[1]), parts[2]
}

// lasting kinds hold for a day, however often they are used.
var lasting = map[Kind]time.Duration{Names: 24 * time.Hour}

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such question for approval")
	ErrReason   = errors.New("say why: the one who decides has to know")
	ErrSelf     = errors.New("the second person must be somebody else")
	ErrNew      = errors.New("only who decided for a week before the question may grant it")
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
	Alone   bool       // nobody else could decide when it was asked
	Second  id.Account // who decided; who asked, where nobody else could and the time was over
	Decided time.Time
	Granted bool
	Used    time.Time
}

// Question is what the law knows of it.
func (r Request) Question() foureyes.Question {
	return foureyes.Question{Asked: r.Asked, Alone: r.Alone, Decided: r.Decided, Granted: r.Granted, Used: r.Used, Lasts: lasting[r.Kind]}
}

// State is where a question stands.
func (r Request) State(now time.Time) foureyes.Stage { return r.Question().Stage(now) }

// Ripe is when a question that nobody else could answer has waited long enough.
func (r Request) Ripe() time.Time { return r.Asked.Add(foureyes.Wait) }

// Circle reads who decides in an organisation, and who did.
type Circle func(ctx context.Context, r store.Reader, org id.Org) ([]foureyes.Decider, error)

// Tell tells all who decide, and those who count still, of a question that nobody
// else could answer.
type Tell func(ctx context.Context, tx store.Tx, org id.Org, r Request) error

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
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	ledger evidence.Ledger
	circle Circle
	about  map[Kind]About
	tell   Tell
}

// New makes Approvals.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger evidence.Ledger, circle Circle) *Approvals {
	return &Approvals{v, ids, now, ledger, circle, map[Kind]About{}, func(context.Context, store.Tx, id.Org, Request) error { return nil }}
}

// Telling says who tells of a question that nobody else could answer. Call it
// before the Approvals are used.
func (d *Approvals) Telling(tell Tell) { d.tell = tell }

// Concern says who keeps what a kind of question is about. Call it before the
// Approvals are used.
func (d *Approvals) Concern(kind Kind, about About) { d.about[kind] = about }

const sealContext = "approval.reason"

// Ask puts a question. If nobody else could decide it waits for a time, and all
// who might object are told.
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
// The answer goes to him.
func (d *Approvals) AskAbout(ctx context.Context, tx store.Tx, org id.Org, kind Kind, subject string, by id.Account) (Request, error) {
	return d.put(ctx, tx, org, Request{ID: id.Approval(d.ids.New()), Kind: kind, Subject: subject, By: by, Asked: d.now()})
}

func (d *Approvals) put(ctx context.Context, tx store.Tx, org id.Org, r Request) (Request, error) {
	circle, err := d.circle(ctx, tx, org)
	if err != nil {
		return r, err
	}
	r.Alone = foureyes.Alone(circle, r.By, r.Asked)
	ring, err := d.ring(ctx, tx, org)
	if err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO approval (org_id, id, kind, subject, reason, by_id, asked_at, alone, decided_id, decided_at, granted, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, FALSE, 0)",
		org, r.ID, string(r.Kind), r.Subject, ring.Seal(sealContext, r.ID, []byte(r.Reason)), r.By, store.Micros(r.Asked), r.Alone); err != nil {
		return r, fmt.Errorf("ask for approval: %w", err)
	}
	if r.Alone {
		if err := d.tell(ctx, tx, org, r); err != nil {
			return r, fmt.Errorf("tell of a question that nobody else could answer: %w", err)
		}
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
		Record: map[string]any{"approval": r.ID.String(), "kind": string(r.Kind), "subject": r.Subject, "by": by.String(), "granted": r.Granted, "alone": r.Alone}})
}

// Decide answers a question. It is not for the one who asked; yes is only for who
// decided for a week before it was asked. Errors: ErrNotFound, ErrSelf, ErrNew,
// ErrDecided.
func (d *Approvals) Decide(ctx context.Context, tx store.Tx, org id.Org, at id.Approval, grant bool, by id.Account) error {
	r, err := d.Get(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if stage := r.State(d.now()); r.By != by && stage != foureyes.Open && stage != foureyes.Waiting {
		return ErrDecided
	}
	circle, err := d.circle(ctx, tx, org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(circle, func(one foureyes.Decider) bool { return one.ID == by })
	switch {
	case r.By == by:
		return ErrSelf
	case i < 0, grant && !circle[i].MayGrant(r.By, r.Asked), !grant && !circle[i].MayRefuse(r.By):
		return ErrNew
	}
	return d.answer(ctx, tx, org, r, grant, by)
}

// answer stores an answer, and passes it on to whom it concerns.
func (d *Approvals) answer(ctx context.Context, tx store.Tx, org id.Org, r Request, grant bool, by id.Account) error {
	if err := d.note(ctx, tx, org, r, grant, by); err != nil || d.about[r.Kind] == nil {
		return err
	}
	return d.about[r.Kind].Decided(ctx, tx, org, r.Subject, grant, by)
}

// note stores an answer with its proof.
func (d *Approvals) note(ctx context.Context, tx store.Tx, org id.Org, r Request, grant bool, by id.Account) error {
	r.Granted, r.Second, r.Decided = grant, by, d.now()
	if grant && d.about[r.Kind] != nil {
		r.Used = r.Decided
	}
	n, err := tx.Exec(ctx, "UPDATE approval SET decided_id = ?, decided_at = ?, granted = ?, used_at = ? WHERE org_id = ? AND id = ? AND decided_at = 0",
		by, store.Micros(r.Decided), grant, store.Micros(r.Used), org, r.ID)
	if err != nil {
		return fmt.Errorf("decide on an approval: %w", err)
	}
	if n == 0 {
		return ErrDecided
	}
	return d.prove(ctx, tx, org, "approval.decided", r, by)
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
	i := slices.IndexFunc(all, func(r Request) bool { return r.State(d.now()) == foureyes.Granted })
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
	ids, more, err := store.Pick(ctx, r, limit, after, "SELECT id, CASE WHEN kind IN (?, ?) THEN ? ELSE LENGTH(reason) END FROM approval WHERE org_id = ? ORDER BY id DESC", string(Link), string(Bulk), int64(aboutBytes), org)
	if err != nil || len(ids) == 0 {
		return nil, more, err
	}
	page, err = d.read(ctx, r, org, " AND id >= ? AND id <= ? ORDER BY id DESC", ids[len(ids)-1], ids[0])
	return page, more, err
}

// Open reads the questions that wait for an answer, the oldest first.
func (d *Approvals) Open(ctx context.Context, r store.Reader, org id.Org) ([]Request, error) {
	return d.read(ctx, r, org, " AND decided_at = 0 AND (asked_at > ? OR alone = TRUE) ORDER BY id", store.Micros(d.now().Add(-foureyes.Within)))
}

func (d *Approvals) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Request, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (q Request, err error) {
		var asked, decided, used int64
		var reason []byte
		if err := row.Scan(&q.ID, &q.Kind, &q.Subject, &reason, &q.By, &asked, &q.Alone, &q.Second, &decided, &q.Granted, &used); err != nil {
			return q, err
		}
		q.Asked, q.Decided, q.Used = store.Time(asked), store.Time(decided), store.Time(used)
		plain, err := ring.Open(sealContext, q.ID, reason)
		q.Reason = string(plain)
		return q, err
	}, "SELECT id, kind, subject, reason, by_id, asked_at, alone, decided_id, decided_at, granted, used_at FROM approval WHERE org_id = ?"+rest, append([]any{org}, args...)...)
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
