package optin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Entry is a place from which people write first: a link in a signature, a
// poster with a QR code, a button on the website (S10). Its code stands in the
// message that lies ready on the person's phone, so that the first message
// tells where she came from.
type Entry struct {
	ID        id.Consent
	Channel   id.Channel
	Code      string
	Name      string // where it hangs: "Plakat am Eingang"
	Words     string // the message, without the code
	ShortLink string // Meta's, if one was made (Cloud API: message_qrdls)
	Retired   bool
	Created   time.Time
	Uses      int // messages that came from it
	People    int // who wrote them
}

// Message is what lies ready on the phone.
func (e Entry) Message() string { return e.Words + " #" + e.Code }

// The errors of entry points.
var (
	ErrNoEntry   = errors.New("there is no such entry point")
	ErrEntryName = errors.New("say where the link or poster is, in at most 80 letters")
	ErrWords     = errors.New("write the message that shall lie ready, in 2 to 120 letters, without the sign #")
)

// Entries are the entry points.
type Entries struct {
	ids    *id.Source
	now    func() time.Time
	ledger evidence.Ledger
}

// NewEntries makes Entries.
func NewEntries(ids *id.Source, now func() time.Time, ledger evidence.Ledger) *Entries {
	return &Entries{ids: ids, now: now, ledger: ledger}
}

// Create adds an entry point to a number.
func (x *Entries) Create(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, name, words string) (Entry, error) {
	name, words = strings.Join(strings.Fields(name), " "), strings.Join(strings.Fields(words), " ")
	switch n := len([]rune(words)); {
	case name == "" || len([]rune(name)) > 80:
		return Entry{}, ErrEntryName
	case n < 2 || n > 120 || strings.Contains(words, "#"):
		return Entry{}, ErrWords
	}
	e := Entry{ID: id.Consent(x.ids.New()), Channel: channel, Name: name, Words: words, Created: x.now()}
	for range 8 { // 33 million codes: two tries are one too many
		e.Code = newCode(codeMark)
		n, err := tx.Exec(ctx, "INSERT INTO entry_point (org_id, id, channel_id, code, name, words, short_link, retired, created_at) VALUES (?, ?, ?, ?, ?, ?, '', FALSE, ?) ON CONFLICT DO NOTHING",
			org, e.ID, channel, e.Code, name, words, store.Micros(e.Created))
		if err != nil {
			return Entry{}, fmt.Errorf("make an entry point: %w", err)
		}
		if n == 1 {
			return e, nil
		}
	}
	return Entry{}, errors.New("no code is free for an entry point")
}

const entryColumns = "SELECT e.id, e.channel_id, e.code, e.name, e.words, e.short_link, e.retired, e.created_at"

func scanEntry(row store.Row, more ...any) (Entry, error) {
	var e Entry
	var at int64
	err := row.Scan(append([]any{&e.ID, &e.Channel, &e.Code, &e.Name, &e.Words, &e.ShortLink, &e.Retired, &at}, more...)...)
	e.Created = store.Time(at)
	if errors.Is(err, store.ErrNoRows) {
		return e, ErrNoEntry
	}
	return e, err
}

// All are the entry points with their use, the newest first.
func (x *Entries) All(ctx context.Context, r store.Reader, org id.Org) ([]Entry, error) {
	return store.Collect(ctx, r, func(row store.Row) (Entry, error) {
		var uses, people int64
		e, err := scanEntry(row, &uses, &people)
		e.Uses, e.People = int(uses), int(people)
		return e, err
	}, entryColumns+`, (SELECT COUNT(*) FROM entry_use u WHERE u.org_id = e.org_id AND u.entry_id = e.id),
		(SELECT COUNT(DISTINCT u.contact_id) FROM entry_use u WHERE u.org_id = e.org_id AND u.entry_id = e.id)
		FROM entry_point e WHERE e.org_id = ? ORDER BY e.id DESC`, org)
}

// Get is one entry point; ErrNoEntry if there is none.
func (x *Entries) Get(ctx context.Context, r store.Reader, org id.Org, entry id.Entry) (Entry, error) {
	return scanEntry(r.QueryRow(ctx, entryColumns+" FROM entry_point e WHERE e.org_id = ? AND e.id = ?", org, entry))
}

// Retire takes an entry point out of the list. Its printed codes go on
// telling where people come from.
func (x *Entries) Retire(ctx context.Context, tx store.Tx, org id.Org, entry id.Consent, retired bool) error {
	_, err := tx.Exec(ctx, "UPDATE entry_point SET retired = ? WHERE org_id = ? AND id = ?", retired, org, entry)
	return err
}

// SetShortLink notes the short link that Meta made.
func (x *Entries) SetShortLink(ctx context.Context, tx store.Tx, org id.Org, entry id.Consent, link string) error {
	_, err := tx.Exec(ctx, "UPDATE entry_point SET short_link = ? WHERE org_id = ? AND id = ?", link, org, entry)
	return err
}

// use records that a message came from an entry point, with its proof.
func (x *Entries) use(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, code string, h Heard) error {
	e, err := scanEntry(tx.QueryRow(ctx, entryColumns+" FROM entry_point e WHERE e.org_id = ? AND e.code = ?", org, code))
	if errors.Is(err, ErrNoEntry) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "INSERT INTO entry_use (org_id, message_id, entry_id, contact_id, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", org, h.Message, e.ID, p.ID, store.Micros(h.At))
	if err != nil || n == 0 {
		return err
	}
	return x.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(x.ids.New()), Kind: "contact.source", Owner: id.ID(p.ID), At: x.now(),
		Record: map[string]any{"entry": e.ID.String(), "name": e.Name, "message": h.Message.String(), "at": store.Micros(h.At)}})
}

// OfPerson are the entry points through which a person came, the latest use
// first.
func (x *Entries) OfPerson(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Entry, error) {
	return store.Collect(ctx, r, func(row store.Row) (Entry, error) { return scanEntry(row) },
		entryColumns+" FROM entry_use u JOIN entry_point e ON e.org_id = u.org_id AND e.id = u.entry_id WHERE u.org_id = ? AND u.contact_id = ? ORDER BY u.at DESC LIMIT 10", org, person)
}
