package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// A number that Meta moved away may belong to somebody else by now. It is never
// sent to, and whoever names it from elsewhere than WhatsApp, by an import, a
// form, a program or a form of staff's, is held up until a person has said who is
// meant: to take it for hers could write to a stranger, to take it for a
// stranger's could lose her STOP.

// LeftError is returned for a number that somebody has left, if nobody has said
// whose it is now.
type LeftError struct{ Person id.Person } // who left it

func (*LeftError) Error() string {
	return "somebody whom we know has left this number: a person must say whose it is now"
}

// Naming is by what a number was named that somebody had left.
type Naming string

// The namings.
const (
	ByImport  Naming = "import"
	ByForm    Naming = "form"
	ByProgram Naming = "program"
	ByStaff   Naming = "staff"
)

// Belonging is whose a number is.
type Belonging string

// The answers.
const (
	Asked  Belonging = "asked" // nobody has answered
	Others Belonging = "other" // somebody else has it now
	Hers   Belonging = "hers"  // who left it was meant: what names it is out of date
)

// Question is a number of which somebody has to say whose it is.
type Question struct {
	pii.Personal
	ID      id.Question
	Person  *chat.Known // who left it
	Number  string      // canonical; personal data, which stands in her profile; empty if it cannot be read any more
	By      Naming
	State   Belonging
	Asked   time.Time
	Decided time.Time
}

// whoLeft finds, for each number, who has left it; the zero id: nobody, or it was
// said that somebody else has it.
func whoLeft(ctx context.Context, tx store.Tx, keys *vault.Org, org id.Org, numbers []string) ([]id.Person, error) {
	var args [][]any
	var of []int
	for i, n := range numbers {
		one := keys.Lookup(string(identity.Phone), phone.Canonical(n))
		for _, h := range spelled(keys, identity.Key{Kind: identity.Former, Value: n}) {
			args, of = append(args, []any{org, h.Kind, h.Hash, org, one}), append(of, i)
		}
	}
	left := make([]id.Person, len(numbers))
	err := tx.QueryMany(ctx, `SELECT i.contact_id FROM identity i JOIN contact c ON c.org_id = i.org_id AND c.id = i.contact_id
		WHERE i.org_id = ? AND i.kind = ? AND i.hash = ? AND c.state = 'active'
		AND NOT EXISTS (SELECT 1 FROM identity h WHERE h.org_id = i.org_id AND h.kind = 'phone' AND h.hash = i.hash AND h.contact_id = i.contact_id)
		AND NOT EXISTS (SELECT 1 FROM number_question q WHERE q.org_id = ? AND q.hash = ? AND q.state = 'other')`, args,
		func(i int, row store.Row) error { return row.Scan(&left[of[i]]) })
	if err != nil {
		return nil, fmt.Errorf("look who left a number: %w", err)
	}
	return left, nil
}

// WhoLeft finds, for each of some numbers, who has left it, also where somebody
// else has it by now; the zero id: nobody, or it was said whose it is.
func (b *Book) WhoLeft(ctx context.Context, tx store.Tx, org id.Org, numbers ...string) ([]id.Person, error) {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return whoLeft(ctx, tx, keys, org, numbers)
}

// askAnew takes back what was said of a number that a further person has left: it
// was said before she had it.
func (r *resolving) askAnew(ctx context.Context) error {
	var left [][]any
	for _, g := range r.register.Gained {
		if g.Kind == identity.Former {
			left = append(left, []any{r.org, hash(r.keys, g.Key).Hash, g.Person})
		}
	}
	return r.tx.DeleteMany(ctx, store.Delete{From: "number_question", Where: "org_id = ? AND hash = ? AND contact_id <> ? AND state = 'other'"}, left)
}

// refuse refuses what names, from elsewhere than WhatsApp, a number that somebody
// has left, unless it names who has it now by her user id, too. That another has
// it does not say that whoever names it means him: what he gets may be hers.
func (r *resolving) refuse(ctx context.Context, seen []Sighting) error {
	var numbers []string
	for _, s := range seen {
		if s.Phone != "" && s.At.IsZero() && !s.FromMeta && !r.register.Names(s.seen()) {
			numbers = append(numbers, s.Phone)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	left, err := whoLeft(ctx, r.tx, r.keys, r.org, numbers)
	if err != nil {
		return err
	}
	for _, p := range left {
		if !p.IsZero() {
			return &LeftError{p}
		}
	}
	return nil
}

// Ask asks whose a number is that somebody has left, once for each number.
func (b *Book) Ask(ctx context.Context, tx store.Tx, org id.Org, left id.Person, number string, by Naming) error {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "number_question (org_id, id, contact_id, hash, source, state, account_id, asked_at, decided_at)", Values: "?, ?, ?, ?, ?, 'asked', NULL, ?, 0", Skip: true},
		[][]any{{org, b.ids.New(), left, keys.Lookup(string(identity.Phone), phone.Canonical(number)), string(by), store.Micros(b.now())}})
	if err != nil {
		return fmt.Errorf("ask whose a number is: %w", err)
	}
	return nil
}

// questionsMost bounds a list of questions; those that nobody has answered stand
// first.
const questionsMost = 200

// Questions lists the questions, those without an answer first.
func (b *Book) Questions(ctx context.Context, r store.Reader, org id.Org) ([]Question, error) {
	type row struct {
		Question
		person id.Person
		hash   []byte
	}
	all, err := store.Collect(ctx, r, func(at store.Row) (q row, err error) {
		var asked, decided int64
		err = at.Scan(&q.ID, &q.person, &q.hash, &q.By, &q.State, &asked, &decided)
		q.Asked, q.Decided = store.Time(asked), store.Time(decided)
		return q, err
	}, "SELECT id, contact_id, hash, source, state, asked_at, decided_at FROM number_question WHERE org_id = ? ORDER BY decided_at, id DESC LIMIT ?", org, int64(questionsMost))
	if err != nil {
		return nil, fmt.Errorf("list whose numbers are asked for: %w", err)
	}
	people := make([]id.Person, len(all))
	for i, q := range all {
		people[i] = q.person
	}
	known, err := b.GetMany(ctx, r, org, people)
	if err != nil {
		return nil, err
	}
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	questions := make([]Question, 0, len(all))
	for _, q := range all {
		if q.Person = known[q.person]; q.Person == nil {
			continue
		}
		for _, n := range q.Person.Profile.FormerPhones {
			if h := keys.Lookup(string(identity.Phone), n); string(h[:]) == string(q.hash) {
				q.Number = n
			}
		}
		questions = append(questions, q.Question)
	}
	return questions, nil
}

// ErrAnswered is returned for a question that has been answered.
var ErrAnswered = errors.New("this question has been answered")

// Answer says whose a number is, and of whom that was asked: what names it
// from now on is somebody else's, or is turned away as out of date. Errors:
// ErrNotFound, ErrAnswered.
func (b *Book) Answer(ctx context.Context, tx store.Tx, org id.Org, question id.Question, whose Belonging, by id.Account) (id.Person, error) {
	var person id.Person
	err := tx.QueryRow(ctx, "SELECT contact_id FROM number_question WHERE org_id = ? AND id = ?", org, question).Scan(&person)
	if errors.Is(err, store.ErrNoRows) {
		return person, ErrNotFound
	}
	if err != nil {
		return person, fmt.Errorf("read a question about a number: %w", err)
	}
	n, err := tx.Exec(ctx, "UPDATE number_question SET state = ?, account_id = ?, decided_at = ? WHERE org_id = ? AND id = ? AND state = 'asked'",
		string(whose), by, store.Micros(b.now()), org, question)
	if err == nil && n == 0 {
		err = ErrAnswered
	}
	return person, err
}
