// Package breach keeps the record of personal data breaches (GDPR Art. 33 and
// 34; EDPB Guidelines 9/2022): when somebody became aware, what happened, how
// many people it concerns as counted from the data, what was done, and when the
// authority and the people were told.
//
// A record is sealed under a key of its own: it outlives the people's data.
package breach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Within is how long the controller has to notify the authority after having
// become aware (Art. 33(1)).
const Within = 72 * time.Hour

// Risk is how likely and how grave harm to people is.
type Risk string

// The risks. Without a risk nobody is notified (Art. 33(1)); with a high one the
// people are told as well (Art. 34(1)).
const (
	NoRisk   Risk = "none"
	SomeRisk Risk = "risk"
	HighRisk Risk = "high"
)

// Scope is which data the breach concerns: what was written in a time, on one
// number or on all. It is counted, not estimated.
type Scope struct {
	Channel id.Channel `json:"channel,omitzero"` // zero: all numbers
	From    time.Time  `json:"from"`
	Until   time.Time  `json:"until"`
}

// Affected is how much a scope holds.
type Affected struct {
	People, Messages, Files int64
}

// Detail is what is written about a breach.
type Detail struct {
	pii.Personal
	What         string   `json:"what"`         // nature of the breach (Art. 33(3)(a))
	Consequences string   `json:"consequences"` // likely ones (c)
	Measures     string   `json:"measures"`     // taken or proposed (d)
	Delay        string   `json:"delay"`        // why it was reported after 72 hours (Art. 33(1))
	Risk         Risk     `json:"risk"`
	Scope        Scope    `json:"scope"`
	Affected     Affected `json:"affected"` // as counted when it was last saved
	Letter       *Letter  `json:"letter,omitempty"`
	// Exempt says why it was closed with people whom no letter had reached.
	Exempt *Exemption `json:"exempt,omitempty"`
}

// Record is one breach.
type Record struct {
	ID       id.Breach
	Aware    time.Time
	Reported time.Time // zero: the authority has not been told
	Told     time.Time // zero: the people have not been told
	Closed   time.Time
	Sending  Sending // of the letter to the people
	Detail
}

// Due is when the authority must have been notified.
func (r Record) Due() time.Time { return r.Aware.Add(Within) }

// Stage is where the clock stands.
type Stage string

// The stages; staff are reminded when one begins.
const (
	Fresh   Stage = "fresh"
	Day     Stage = "day"     // 24 hours have passed
	LastDay Stage = "lastday" // 48 hours have passed
	Overdue Stage = "overdue"
	Settled Stage = "settled" // reported, or nobody has to be
)

// Stage says where the clock stands at a moment.
func (r Record) Stage(now time.Time) Stage {
	passed := now.Sub(r.Aware)
	switch {
	case !r.Reported.IsZero() || !r.Closed.IsZero() || r.Risk == NoRisk:
		return Settled
	case passed >= Within:
		return Overdue
	case passed >= 48*time.Hour:
		return LastDay
	case passed >= 24*time.Hour:
		return Day
	default:
		return Fresh
	}
}

// Missing lists what a notification still lacks, as stable codes (Art. 33(3)).
func (r Record) Missing(now time.Time) []string { return Outline{r, r.lacks()}.Missing(now) }

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such breach")
	ErrWhat     = errors.New("say in a few words what has happened")
	ErrTimes    = errors.New("the times cannot be: nobody becomes aware in the future, and a time ends after it begins")
	ErrOpen     = errors.New("a breach with a risk is closed once the authority has been told")
	ErrClosed   = errors.New("this breach is closed")
	ErrLetter   = errors.New("a letter needs a subject and a text")
	ErrTemplate = errors.New("the template does not take this text")
	ErrScope    = errors.New("say first which numbers and which time are concerned")
	ErrUntold   = errors.New("a breach with a high risk is closed once each person is told, or for a ground of Art. 34(3) with a reason")
	ErrRisk     = errors.New("a breach has no such risk")
)

// Threads counts messages, and lists who wrote them.
type Threads interface {
	// Written also says which messages may carry files.
	Written(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, from, until time.Time) (people, messages int64, carriers []id.Message, err error)
	Writers(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, from, until time.Time, after id.Person, limit int) ([]id.Person, error)
}

// Files counts the files that came with messages.
type Files interface {
	CountFor(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (int64, error)
}

// Register keeps the record.
type Register struct {
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	ledger  evidence.Ledger
	threads Threads
	files   Files
}

// New makes a Register.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, ledger evidence.Ledger, threads Threads, files Files) *Register {
	return &Register{v, ids, now, ledger, threads, files}
}

const sealContext = "breach.detail"

// count counts whom and what a scope concerns; one without times concerns
// nothing yet.
func (d *Register) count(ctx context.Context, r store.Reader, org id.Org, s Scope) (Affected, error) {
	if s.From.IsZero() || !s.Until.After(s.From) {
		return Affected{}, nil
	}
	var n Affected
	var carriers []id.Message
	var err error
	if n.People, n.Messages, carriers, err = d.threads.Written(ctx, r, org, s.Channel, s.From, s.Until); err == nil {
		n.Files, err = d.files.CountFor(ctx, r, org, carriers)
	}
	if err != nil {
		return n, fmt.Errorf("count whom a breach concerns: %w", err)
	}
	return n, nil
}

// Open begins a record. The clock runs from when somebody became aware.
func (d *Register) Open(ctx context.Context, tx store.Tx, org id.Org, aware time.Time, what string, by id.Account) (Record, error) {
	r := Record{ID: id.Breach(d.ids.New()), Aware: aware, Detail: Detail{What: strings.TrimSpace(what)}}
	switch {
	case r.What == "":
		return r, ErrWhat
	case aware.After(d.now()):
		return r, ErrTimes
	}
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return r, err
	}
	rings, err := keys.NewKeyrings(ctx, tx, r.ID)
	if err != nil {
		return r, err
	}
	sealed, err := seal(rings[0], r)
	if err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO breach (org_id, id, aware_at, reported_at, told_at, closed_at, detail, people, risk, lacks) VALUES (?, ?, ?, 0, 0, 0, ?, 0, '', ?)",
		org, r.ID, store.Micros(aware), sealed, strings.Join(r.lacks(), ",")); err != nil {
		return r, fmt.Errorf("record a breach: %w", err)
	}
	return r, d.prove(ctx, tx, org, r, "breach.recorded", by)
}

func seal(ring *vault.Keyring, r Record) ([]byte, error) {
	plain, err := json.Marshal(r.Detail)
	if err != nil {
		return nil, err
	}
	return ring.Seal(sealContext, r.ID, plain), nil
}

// prove appends to the evidence log: times and numbers, no words.
func (d *Register) prove(ctx context.Context, tx store.Tx, org id.Org, r Record, kind string, by id.Account) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, At: d.now(), Record: map[string]any{"breach": r.ID.String(), "by": by.String(),
		"aware": store.Micros(r.Aware), "people": r.Affected.People, "messages": r.Affected.Messages, "risk": string(r.Risk)}})
}

// Save stores what somebody wrote, and counts anew.
func (d *Register) Save(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, what Detail) (Record, error) {
	r, err := d.open(ctx, tx, org, at)
	if err != nil {
		return r, err
	}
	what.What = strings.TrimSpace(what.What)
	switch {
	case what.What == "":
		return r, ErrWhat
	case !what.Scope.From.IsZero() && !what.Scope.Until.After(what.Scope.From), what.Scope.From.After(d.now()):
		return r, ErrTimes
	case what.Risk != "" && what.Risk != NoRisk && what.Risk != SomeRisk && what.Risk != HighRisk:
		return r, ErrRisk
	}
	if what.Affected, err = d.count(ctx, tx, org, what.Scope); err != nil {
		return r, err
	}
	what.Letter, what.Exempt = r.Letter, r.Exempt
	r.Detail = what
	ring, err := d.ring(ctx, tx, org, at)
	if err != nil {
		return r, err
	}
	sealed, err := seal(ring, r)
	if err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, "UPDATE breach SET detail = ?, people = ?, risk = ?, lacks = ? WHERE org_id = ? AND id = ?",
		sealed, r.Affected.People, string(r.Risk), strings.Join(r.lacks(), ","), org, at); err != nil {
		return r, fmt.Errorf("save a breach: %w", err)
	}
	return r, nil
}

// Step is something that was done about a breach.
type Step string

// The steps.
const (
	Report Step = "report" // the authority was told
	Tell   Step = "tell"   // the people were told
	Close  Step = "close"
)

var stepUpdates = map[Step]string{
	Report: "UPDATE breach SET reported_at = ? WHERE org_id = ? AND id = ?",
	Tell:   "UPDATE breach SET told_at = ? WHERE org_id = ? AND id = ?",
	Close:  "UPDATE breach SET closed_at = ? WHERE org_id = ? AND id = ?",
}

// Done notes that something was done, now; see [Register.Shut] for the end.
func (d *Register) Done(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, step Step, by id.Account) error {
	r, err := d.open(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if _, known := stepUpdates[step]; !known {
		return ErrNotFound
	}
	if step == Close {
		return d.Shut(ctx, tx, org, at, Exemption{By: by})
	}
	return d.note(ctx, tx, org, r, step, by)
}

// note notes a step of a record that is not closed.
func (d *Register) note(ctx context.Context, tx store.Tx, org id.Org, r Record, step Step, by id.Account) error {
	if _, err := tx.Exec(ctx, stepUpdates[step], store.Micros(d.now()), org, r.ID); err != nil {
		return fmt.Errorf("note what was done about a breach: %w", err)
	}
	return d.prove(ctx, tx, org, r, "breach."+string(step), by)
}

// open reads a record that is not closed.
func (d *Register) open(ctx context.Context, r store.Reader, org id.Org, at id.Breach) (Record, error) {
	found, err := d.Get(ctx, r, org, at)
	if err == nil && !found.Closed.IsZero() {
		err = ErrClosed
	}
	return found, err
}

func (d *Register) ring(ctx context.Context, r store.Reader, org id.Org, at id.Breach) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, at)
}

// Get reads one record.
func (d *Register) Get(ctx context.Context, r store.Reader, org id.Org, at id.Breach) (Record, error) {
	all, err := d.read(ctx, r, org, " AND id = ?", org, at)
	if err != nil {
		return Record{}, err
	}
	if len(all) == 0 {
		return Record{}, ErrNotFound
	}
	return all[0], nil
}

// pageMost is how many records one page lists.
const pageMost = 200

// Page reads as many records as fit a page, the newest first, behind one of them.
// More says that others follow.
func (d *Register) Page(ctx context.Context, r store.Reader, org id.Org, after id.Cursor) (page []Record, more bool, err error) {
	keys, more, err := store.Pick(ctx, r, pageMost, after, "SELECT id, LENGTH(detail) FROM breach WHERE org_id = ? ORDER BY id DESC", org)
	if err != nil || len(keys) == 0 {
		return nil, more, err
	}
	page, err = d.read(ctx, r, org, " AND id >= ? AND id <= ? ORDER BY id DESC", org, keys[len(keys)-1], keys[0])
	return page, more, err
}

func (d *Register) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Record, error) {
	type stored struct {
		Record
		sealed []byte
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (s stored, err error) {
		var aware, reported, told, closed int64
		err = row.Scan(&s.ID, &aware, &reported, &told, &closed, &s.Sending, &s.sealed)
		s.Aware, s.Reported, s.Told, s.Closed = store.Time(aware), store.Time(reported), store.Time(told), store.Time(closed)
		return s, err
	}, "SELECT id, aware_at, reported_at, told_at, closed_at, letter, detail FROM breach WHERE org_id = ?"+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read the breaches: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, rows, func(s stored) id.Breach { return s.ID })
	if err != nil {
		return nil, err
	}
	all := make([]Record, len(rows))
	for i, s := range rows {
		ring := rings[s.ID]
		if ring == nil {
			return nil, vault.ErrDestroyed
		}
		plain, err := ring.Open(sealContext, s.ID, s.sealed)
		if err != nil {
			return nil, fmt.Errorf("open a breach: %w", err)
		}
		all[i] = s.Record
		if err := json.Unmarshal(plain, &all[i].Detail); err != nil {
			return nil, err
		}
	}
	return all, nil
}
