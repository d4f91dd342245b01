// Package notice keeps the privacy notices (Datenschutzhinweise, GDPR
// Art. 13) of an organisation, version by version, and to whom which version
// was sent. A number cannot send until a version is published.
package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// ErrNone is returned where no version is published.
var ErrNone = errors.New("no privacy notice is published")

// ErrEmpty is returned for a notice without a text in one of the languages.
var ErrEmpty = errors.New("a privacy notice needs a German and an English text")

// Version is one published version.
type Version struct {
	ID        id.Notice
	Number    int
	Material  bool // differs in substance from the version before: must be sent again
	DE, EN    string
	Others    map[string]string // in languages that the organisation adds to its pages
	Published time.Time

	passed int       // the check of its parts that it last passed; 0: none
	short  time.Time // since when it is short of a later one; zero: it is not
}

// Board publishes notices and records their delivery.
type Board struct {
	ids    *id.Source
	now    func() time.Time
	ledger evidence.Ledger
	told   []Told
	said   parted
}

// Told is told, in the same transaction, that a person was sent a notice.
type Told func(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, at time.Time) error

// New makes a Board.
// De and en look up texts of the pages in the two languages: the headings of the
// parts.
func New(ids *id.Source, now func() time.Time, ledger evidence.Ledger, de, en Lookup, told ...Told) *Board {
	return &Board{ids: ids, now: now, ledger: ledger, said: parted{de: de, en: en}, told: told}
}

// Watch adds somebody who is told of deliveries. Call it before the Board is
// used.
func (b *Board) Watch(told Told) { b.told = append(b.told, told) }

const columns = "id, version, material, text_de, text_en, published_at, passed, short_since, others"

func scan(row store.Row) (Version, error) {
	var v Version
	var number, at, passed, short int64
	var others string
	err := row.Scan(&v.ID, &number, &v.Material, &v.DE, &v.EN, &at, &passed, &short, &others)
	if errors.Is(err, store.ErrNoRows) {
		return v, ErrNone
	}
	v.Number, v.Published, v.passed, v.short = int(number), store.Time(at), int(passed), store.Time(short)
	if err == nil && others != "" {
		err = json.Unmarshal([]byte(others), &v.Others)
	}
	return v, err
}

// In is the notice in a language, and the language in which it is said: English
// where the organisation added a language and did not translate it.
func (v Version) In(locale string) (text, spoken string) {
	switch {
	case locale == "de":
		return v.DE, locale
	case v.Others[locale] != "":
		return v.Others[locale], locale
	default:
		return v.EN, "en"
	}
}

// Publish makes a new version, in German and English, the one in force.
func (b *Board) Publish(ctx context.Context, tx store.Tx, org id.Org, de, en string, material bool) (Version, error) {
	return b.PublishIn(ctx, tx, org, de, en, nil, material)
}

// PublishIn is Publish of a version that is translated into further languages.
func (b *Board) PublishIn(ctx context.Context, tx store.Tx, org id.Org, de, en string, others map[string]string, material bool) (Version, error) {
	de, en = strings.TrimSpace(de), strings.TrimSpace(en)
	if de == "" || en == "" {
		return Version{}, ErrEmpty
	}
	number := 1
	before, err := b.Current(ctx, tx, org)
	switch {
	case err == nil:
		number = before.Number + 1
	case !errors.Is(err, ErrNone):
		return Version{}, err
	default:
		material = true
	}
	v := Version{ID: id.Notice(b.ids.New()), Number: number, Material: material, DE: de, EN: en, Others: map[string]string{}, Published: b.now()}
	record := map[string]any{"version": v.Number, "material": v.Material, "de": v.DE, "en": v.EN}
	for language, text := range others {
		if text = strings.TrimSpace(text); text != "" {
			v.Others[language], record["in_"+language] = text, text
		}
	}
	translated := ""
	if len(v.Others) > 0 {
		raw, err := json.Marshal(v.Others)
		if err != nil {
			return Version{}, err
		}
		translated = string(raw)
	}
	if len(b.said.gaps(v)) == 0 {
		v.passed = Check
	}
	if _, err := tx.Exec(ctx, "INSERT INTO notice (org_id, id, version, material, text_de, text_en, published_at, passed, others) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, v.ID, int64(v.Number), v.Material, v.DE, v.EN, store.Micros(v.Published), int64(v.passed), translated); err != nil {
		return Version{}, fmt.Errorf("publish a notice: %w", err)
	}
	return v, b.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(v.ID), Kind: "notice.published", At: v.Published, Record: record})
}

// Current is the version in force; ErrNone if there is none.
func (b *Board) Current(ctx context.Context, r store.Reader, org id.Org) (Version, error) {
	return scan(r.QueryRow(ctx, "SELECT "+columns+" FROM notice WHERE org_id = ? ORDER BY version DESC LIMIT 1", org))
}

// All are the versions, the newest first.
func (b *Board) All(ctx context.Context, r store.Reader, org id.Org) ([]Version, error) {
	return store.Collect(ctx, r, scan, "SELECT "+columns+" FROM notice WHERE org_id = ? ORDER BY version DESC", org)
}

// Delivery is what a person has been sent.
type Delivery struct {
	Notice  id.Notice // the newest version sent, or on its way
	Version int
	Sent    bool
	At      time.Time
	// Outdated: a version published since then differs in substance.
	Outdated bool
}

// Delivered is the newest version that a person was sent; the zero Delivery
// if none was.
func (b *Board) Delivered(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (Delivery, error) {
	found, err := b.deliveries(ctx, r, org, []id.Person{contact})
	return found[contact], err
}

// History lists the versions that a person was sent, and when.
func (b *Board) History(ctx context.Context, r store.Reader, org id.Org, contact id.Person) ([]Delivery, error) {
	return store.Collect(ctx, r, func(row store.Row) (Delivery, error) {
		var version, at int64
		d := Delivery{Sent: true}
		err := row.Scan(&d.Notice, &version, &at)
		d.Version, d.At = int(version), store.Time(at)
		return d, err
	}, `SELECT n.id, n.version, d.at FROM notice_delivery d JOIN notice n ON n.org_id = d.org_id AND n.id = d.notice_id
		WHERE d.org_id = ? AND d.contact_id = ? AND d.state = 'sent' ORDER BY n.version`, org, contact)
}

// deliveries reads the newest version that each person was sent.
func (b *Board) deliveries(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]Delivery, error) {
	var material int64 // the newest version that differs in substance
	if err := r.QueryRow(ctx, "SELECT COALESCE(MAX(version), 0) FROM notice WHERE org_id = ? AND material = TRUE", org).Scan(&material); err != nil {
		return nil, fmt.Errorf("read the notices: %w", err)
	}
	newest := map[id.Person]Delivery{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var contact id.Person
		var d Delivery
		var state string
		var version, at int64
		err := row.Scan(&contact, &d.Notice, &version, &state, &at)
		if d.Version = int(version); d.Version > newest[contact].Version {
			d.Sent, d.At, d.Outdated = state == "sent", store.Time(at), version < material
			newest[contact] = d
		}
		return struct{}{}, err
	}, `SELECT d.contact_id, n.id, n.version, d.state, d.at FROM notice_delivery d JOIN notice n ON n.org_id = d.org_id AND n.id = d.notice_id
		WHERE d.org_id = ? AND d.contact_id IN (?)`, people, org)
	if err != nil {
		return nil, fmt.Errorf("read which notice people got: %w", err)
	}
	return newest, nil
}

// Queued notes that a message with the notice is on its way to a person. The
// error is store.ErrRaced if another node has put one on its way in this moment.
func (b *Board) Queued(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, notice id.Notice, message id.Message) error {
	n, err := tx.Exec(ctx, `INSERT INTO notice_delivery (org_id, contact_id, notice_id, message_id, state, at) VALUES (?, ?, ?, ?, 'queued', ?)
		ON CONFLICT DO NOTHING`, org, contact, notice, message, store.Micros(b.now()))
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: somebody else sent the notice", store.ErrRaced)
	}
	return err
}

// Carried notes that a message on its way to a person holds the link to the
// notice; nothing changes where she has it already.
func (b *Board) Carried(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, notice id.Notice, message id.Message) error {
	_, err := tx.Exec(ctx, `INSERT INTO notice_delivery (org_id, contact_id, notice_id, message_id, state, at) VALUES (?, ?, ?, ?, 'queued', ?)
		ON CONFLICT DO NOTHING`, org, contact, notice, message, store.Micros(b.now()))
	return err
}

// Sent notes that WhatsApp took messages, some of which carried the notice,
// and proves it.
func (b *Board) Sent(ctx context.Context, tx store.Tx, org id.Org, messages ...chat.Carried) error {
	asked := make([][]any, len(messages))
	for i, m := range messages {
		asked[i] = []any{org, m.Contact, m.Message}
	}
	now := b.now()
	var proofs []evidence.Entry
	var sent [][]any
	var people []id.Person
	err := tx.QueryMany(ctx, `SELECT n.id, n.version FROM notice_delivery d JOIN notice n ON n.org_id = d.org_id AND n.id = d.notice_id
		WHERE d.org_id = ? AND d.contact_id = ? AND d.message_id = ? AND d.state = 'queued'`, asked, func(i int, row store.Row) error {
		var notice id.Notice
		var version int64
		err := row.Scan(&notice, &version)
		m := messages[i]
		sent, people = append(sent, []any{store.Micros(now), org, m.Contact, notice}), append(people, m.Contact)
		proofs = append(proofs, evidence.Entry{ID: id.Entry(b.ids.New()), Kind: "notice.delivered", Owner: id.ID(m.Contact), At: now,
			Record: map[string]any{"notice": notice.String(), "version": version, "message": m.Message.String()}})
		return err
	})
	if err != nil || len(sent) == 0 {
		return err
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "notice_delivery", Set: "state = 'sent', at = ?", Where: "org_id = ? AND contact_id = ? AND notice_id = ?"}, sent); err != nil {
		return err
	}
	if err := b.tellAll(ctx, tx, org, now, people...); err != nil {
		return err
	}
	return b.ledger.Append(ctx, tx, org, proofs...)
}

// Failed notes that the message with the notice did not go out, so that the
// next reply sends it again.
func (b *Board) Failed(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, message id.Message) error {
	_, err := tx.Exec(ctx, "DELETE FROM notice_delivery WHERE org_id = ? AND contact_id = ? AND message_id = ? AND state = 'queued'", org, contact, message)
	return err
}

// Merge moves the deliveries of a person to the person she turned out to be.
func (b *Board) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notice_delivery WHERE org_id = ? AND contact_id = ? AND notice_id IN
		(SELECT notice_id FROM notice_delivery WHERE org_id = ? AND contact_id = ?)`, org, from, org, into); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE notice_delivery SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

// Standings are what the gate asks about notices, for each of the people.
func (b *Board) Standings(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]gate.Notice, error) {
	current, err := b.Current(ctx, r, org)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	delivered, err := b.deliveries(ctx, r, org, people)
	if err != nil {
		return nil, err
	}
	lacking := b.Lacking(current)
	all := make(map[id.Person]gate.Notice, len(people))
	for _, p := range people {
		d := delivered[p]
		all[p] = gate.Notice{Published: current.ID, Lacking: lacking, Delivered: d.Notice, MateriallyChanged: d.Outdated}
	}
	return all, nil
}

// Erase deletes which notices a person was sent.
func (b *Board) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "DELETE FROM notice_delivery WHERE org_id = ? AND contact_id = ?", org, contact)
	return 0, false, err
}
