// Package processors keeps the registers that a controller owes: who processes
// data for it, under which agreement (GDPR Art. 28), what really left the
// installation and on which footing (Art. 30(1)(e), Chapter V). It also holds
// the switch that stops everything that goes to one recipient.
package processors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// The errors that a caller branches on.
var (
	ErrNotFound  = errors.New("no such processor")
	ErrName      = errors.New("a processor needs a name")
	ErrCountry   = errors.New("give the country as two letters, such as DE or IE")
	ErrUnlawful  = errors.New("this footing does not allow a transfer to this country (GDPR Chapter V)")
	ErrDates     = errors.New("the agreement must end after it begins")
	ErrTooLarge  = errors.New("the document is larger than 10 MB")
	ErrLong      = errors.New("an entry holds at most 16 KB of text: file what is longer as a document")
	ErrMany      = errors.New("there are as many processors as there may be")
	ErrNoneFiled = errors.New("no document is filed")
)

// MaxDocument bounds a filed agreement, in bytes.
const MaxDocument = 10 << 20

// Processor is somebody who processes personal data for the organisation.
type Processor struct {
	ID         id.Processor
	Detail     Detail
	ValidFrom  time.Time
	ValidUntil time.Time    // of the agreement; zero: no agreement is recorded
	ReviewAt   time.Time    // when somebody must look at it again
	Ended      time.Time    // zero: in use
	Filed      bool         // the agreement itself is filed here
	Channels   []id.Channel // the numbers that it covers

	passed int64     // the check that it passed when it was last saved, or looked at
	short  time.Time // since when it is short of the check of this release; zero: it is not
}

// Detail is the part that is stored sealed.
type Detail struct {
	Name         string          `json:"name"`
	Purpose      string          `json:"purpose,omitempty"` // what it does for us
	Contact      string          `json:"contact,omitempty"`
	Country      string          `json:"country"` // ISO 3166-1 alpha-2
	Mechanism    place.Mechanism `json:"mechanism"`
	Categories   string          `json:"categories,omitempty"` // kinds of data
	Note         string          `json:"note,omitempty"`
	DocumentName string          `json:"document_name,omitempty"`
	DocumentType string          `json:"document_type,omitempty"`
}

// State is how a processor's agreement stands.
type State string

// The states, the worst last.
const (
	Valid     State = "valid"
	ReviewDue State = "review_due" // valid, but a look is overdue
	Unfiled   State = "unfiled"    // valid, but the document is not here
	Short     State = "short"      // lacks what is asked for by now, and goes on for its grace
	Missing   State = "missing"    // no agreement is recorded
	Expired   State = "expired"
	Unlawful  State = "unlawful" // the footing does not fit the country
	Closed    State = "ended"
)

// State judges the agreement at a moment.
func (p Processor) State(now time.Time) State {
	switch {
	case !p.Ended.IsZero():
		return Closed
	case !place.Lawful(p.Detail.Country, p.Detail.Mechanism) && !p.graced(now):
		return Unlawful
	case p.ValidUntil.IsZero() || now.Before(p.ValidFrom):
		return Missing
	case !now.Before(p.ValidUntil):
		return Expired
	case p.lacking():
		return Short
	case !p.ReviewAt.IsZero() && !now.Before(p.ReviewAt):
		return ReviewDue
	case !p.Filed:
		return Unfiled
	default:
		return Valid
	}
}

// Covers reports whether data may be given to the processor at a moment.
func (p Processor) Covers(now time.Time) bool {
	switch p.State(now) {
	case Valid, ReviewDue, Unfiled, Short:
		return true
	default:
		return false
	}
}

// check refuses what cannot be meant.
func (p Processor) check() error {
	switch {
	case strings.TrimSpace(p.Detail.Name) == "":
		return ErrName
	case len(p.Detail.Country) != 2:
		return ErrCountry
	case !place.Lawful(p.Detail.Country, p.Detail.Mechanism):
		return ErrUnlawful
	case !p.ValidUntil.IsZero() && !p.ValidFrom.Before(p.ValidUntil):
		return ErrDates
	}
	return nil
}

// Until is until when one of the processors covers a number; zero if none does.
func Until(all []Processor, channel id.Channel, now time.Time) time.Time {
	var until time.Time
	for _, p := range all {
		for _, c := range p.Channels {
			if c == channel && p.Covers(now) && p.carriesUntil(now).After(until) {
				until = p.carriesUntil(now)
			}
		}
	}
	return until
}

// Channels are the numbers of the organisation.
type Channels interface {
	SetAgreement(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, until time.Time) error
	Stop(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, reason string) error
}

// Register keeps the registers.
type Register struct {
	vault    *vault.Vault
	ids      *id.Source
	now      func() time.Time
	channels Channels
}

// New makes a Register.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, channels Channels) *Register {
	return &Register{v, ids, now, channels}
}

const (
	detailContext   = "processor.detail"
	documentContext = "processor.document"
	columns         = "id, detail, valid_from, valid_until, review_at, ended_at, length(document), passed, short_since"
)

func (d *Register) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

// List reads all processors, those in use first, the oldest first.
func (d *Register) List(ctx context.Context, r store.Reader, org id.Org) ([]Processor, error) {
	return d.read(ctx, r, org, "ORDER BY "+listed)
}

// Most is how many processors there are, and detailMost how many bytes of text an
// entry holds: the cockpit, the documents and the gate read all of them.
const (
	Most       = 100
	detailMost = 16 << 10
)

// listed is the order of the list.
const listed = "CASE WHEN ended_at = 0 THEN 0 ELSE 1 END, id"

// pageMost is how many processors one page lists.
const pageMost = 200

// Page is as much of the list as fits a page, behind one of them. More says that
// others follow.
func (d *Register) Page(ctx context.Context, r store.Reader, org id.Org, after id.Cursor) (page []Processor, more bool, err error) {
	ids, more, err := store.Pick(ctx, r, pageMost, after, "SELECT id, LENGTH(detail) FROM processor WHERE org_id = ? ORDER BY "+listed, org)
	if err != nil || len(ids) == 0 {
		return nil, more, err
	}
	marks, args := "?", []any{ids[0]}
	for _, one := range ids[1:] {
		marks, args = marks+", ?", append(args, one)
	}
	page, err = d.read(ctx, r, org, "AND id IN ("+marks+") ORDER BY "+listed, args...)
	return page, more, err
}

func (d *Register) read(ctx context.Context, r store.Reader, org id.Org, rest string, args ...any) ([]Processor, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, scan(ring), "SELECT "+columns+" FROM processor WHERE org_id = ? "+rest, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the processors: %w", err)
	}
	at := make(map[id.Processor]int, len(all))
	for i, p := range all {
		at[p.ID] = i
	}
	type covered struct {
		processor id.Processor
		channel   id.Channel
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (c covered, err error) {
		return c, row.Scan(&c.processor, &c.channel)
	}, "SELECT processor_id, channel_id FROM processor_channel WHERE org_id = ? ORDER BY channel_id", org)
	if err != nil {
		return nil, fmt.Errorf("read what the processors cover: %w", err)
	}
	for _, c := range rows {
		if i, read := at[c.processor]; read {
			all[i].Channels = append(all[i].Channels, c.channel)
		}
	}
	return all, nil
}

func scan(ring *vault.Keyring) func(store.Row) (Processor, error) {
	return func(row store.Row) (Processor, error) {
		var p Processor
		var sealed []byte
		var from, until, review, ended, size, short int64
		if err := row.Scan(&p.ID, &sealed, &from, &until, &review, &ended, &size, &p.passed, &short); err != nil {
			return p, err
		}
		p.ValidFrom, p.ValidUntil, p.ReviewAt, p.Ended, p.Filed = store.Time(from), store.Time(until), store.Time(review), store.Time(ended), size > 0
		p.short = store.Time(short)
		text, err := ring.Open(detailContext, p.ID, sealed)
		if err != nil {
			return p, err
		}
		return p, json.Unmarshal(text, &p.Detail)
	}
}

// Get reads one processor.
func (d *Register) Get(ctx context.Context, r store.Reader, org id.Org, processor id.Processor) (Processor, error) {
	all, err := d.List(ctx, r, org)
	if err != nil {
		return Processor{}, err
	}
	for _, p := range all {
		if p.ID == processor {
			return p, nil
		}
	}
	return Processor{}, ErrNotFound
}

// Save stores a processor, a new one if it has no id, and tells its numbers
// until when they are covered.
func (d *Register) Save(ctx context.Context, tx store.Tx, org id.Org, p Processor) (id.Processor, error) {
	p.Detail.Country = strings.ToUpper(strings.TrimSpace(p.Detail.Country))
	if err := p.check(); err != nil {
		return p.ID, err
	}
	before, err := d.List(ctx, tx, org)
	if err != nil {
		return p.ID, err
	}
	if p.ID.IsZero() && len(before) >= Most {
		return p.ID, ErrMany
	}
	p.passed, p.short = Check, time.Time{}
	if err := d.write(ctx, tx, org, &p); err != nil {
		return p.ID, err
	}
	return p.ID, d.tell(ctx, tx, org, before)
}

func (d *Register) write(ctx context.Context, tx store.Tx, org id.Org, p *Processor) error {
	ring, err := d.ring(ctx, tx, org)
	if err != nil {
		return err
	}
	now := store.Micros(d.now())
	if fresh := p.ID.IsZero(); fresh {
		p.ID = id.Processor(d.ids.New())
		if _, err := tx.Exec(ctx, `INSERT INTO processor (org_id, id, detail, valid_from, valid_until, review_at, ended_at, document, created_at, changed_at, passed, short_since)
			VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?, ?, 0, 0)`, org, p.ID, []byte{}, []byte{}, now, now); err != nil {
			return fmt.Errorf("add a processor: %w", err)
		}
	}
	text, err := json.Marshal(p.Detail)
	if err != nil {
		return err
	}
	if len(text) > detailMost {
		return ErrLong
	}
	n, err := tx.Exec(ctx, "UPDATE processor SET detail = ?, valid_from = ?, valid_until = ?, review_at = ?, ended_at = ?, changed_at = ?, passed = ?, short_since = ? WHERE org_id = ? AND id = ?",
		ring.Seal(detailContext, p.ID, text), store.Micros(p.ValidFrom), store.Micros(p.ValidUntil), store.Micros(p.ReviewAt), store.Micros(p.Ended), now, p.passed, store.Micros(p.short), org, p.ID)
	if err != nil {
		return fmt.Errorf("store a processor: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	if _, err := tx.Exec(ctx, "DELETE FROM processor_channel WHERE org_id = ? AND processor_id = ?", org, p.ID); err != nil {
		return err
	}
	rows := make([][]any, len(p.Channels))
	for i, c := range p.Channels {
		rows[i] = []any{org, p.ID, c}
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "processor_channel (org_id, processor_id, channel_id)", Skip: true}, rows)
	return err
}

// tell renews until when the numbers are covered, for all that were or are.
func (d *Register) tell(ctx context.Context, tx store.Tx, org id.Org, before []Processor) error {
	after, err := d.List(ctx, tx, org)
	if err != nil {
		return err
	}
	told := map[id.Channel]bool{}
	for _, p := range append(before, after...) {
		for _, c := range p.Channels {
			if told[c] {
				continue
			}
			told[c] = true
			if err := d.channels.SetAgreement(ctx, tx, org, c, Until(after, c, d.now())); err != nil {
				return err
			}
		}
	}
	return nil
}

// File stores the agreement itself.
func (d *Register) File(ctx context.Context, tx store.Tx, org id.Org, processor id.Processor, name, mimeType string, document []byte) error {
	if len(document) > MaxDocument {
		return ErrTooLarge
	}
	p, err := d.Get(ctx, tx, org, processor)
	if err != nil {
		return err
	}
	p.Detail.DocumentName, p.Detail.DocumentType = name, mimeType
	if err := d.write(ctx, tx, org, &p); err != nil { // which may be short of the check: that is another matter
		return err
	}
	ring, err := d.ring(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE processor SET document = ? WHERE org_id = ? AND id = ?", ring.Seal(documentContext, processor, document), org, processor)
	return err
}

// Document opens the filed agreement.
func (d *Register) Document(ctx context.Context, r store.Reader, org id.Org, processor id.Processor) ([]byte, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	err = r.QueryRow(ctx, "SELECT document FROM processor WHERE org_id = ? AND id = ?", org, processor).Scan(&sealed)
	switch {
	case errors.Is(err, store.ErrNoRows):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read an agreement: %w", err)
	case len(sealed) == 0:
		return nil, ErrNoneFiled
	}
	return ring.Open(documentContext, processor, sealed)
}
