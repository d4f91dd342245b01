package addressbook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// People knows people.
type People interface {
	// GetMany opens what is known about people; who is erased comes without a
	// profile.
	GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error)
	// Outlines outlines everybody, and OutlinesOf some people.
	Outlines(ctx context.Context, r store.Reader, org id.Org) ([]chat.Outline, error)
	OutlinesOf(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]chat.Outline, error)
	// LinkedWith lists some people and all whose records are linked with theirs.
	LinkedWith(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) ([]id.Person, error)
}

// Labels tells which labels people have: an address book may be limited to
// some of them.
type Labels interface {
	Of(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]id.Label, error)
	Names(ctx context.Context, r store.Reader, org id.Org) (map[id.Label]string, error)
}

// Pictures hands out pictures of people, as JPEG.
type Pictures interface {
	Of(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]byte, error)
}

// Books keeps the address books of all organisations.
type Books struct {
	db     *store.DB
	vault  *vault.Vault
	ids    *id.Source
	now    func() time.Time
	people People
	labels Labels
	pics   Pictures

	consents Consents
}

// New makes Books. Labels and pictures may be nil: then nobody has any.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, people People, labels Labels, pics Pictures) *Books {
	return &Books{db: db, vault: v, ids: ids, now: now, people: people, labels: labels, pics: pics}
}

// Next gives the next numbers of an organisation's series and returns the last
// of them. The row of the series stays locked until the transaction ends, so
// who sees a number sees all that came before it.
func (b *Books) Next(ctx context.Context, tx store.Tx, org id.Org, count int) (int64, error) {
	for range 2 {
		var seq int64
		err := tx.QueryRow(ctx, "UPDATE book_state SET seq = seq + ? WHERE org_id = ? RETURNING seq", int64(count), org).Scan(&seq)
		if !errors.Is(err, store.ErrNoRows) {
			return seq, err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO book_state (org_id, series, seq, pruned, checked_at) VALUES (?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
			org, newSeries()); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("the series of an address book cannot be begun")
}

func newSeries() string {
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return hex.EncodeToString(raw)
}

// Restored begins a new series in every organisation after a restore: numbers
// that were given after the backup will be given again, for other changes. So
// every phone reads its whole book anew, and holds no card that it cannot tell
// from one of before.
func (b *Books) Restored(ctx context.Context, tx store.Tx) error {
	orgs, err := store.Collect(ctx, tx, store.One[id.Org], "SELECT org_id FROM book_state")
	if err != nil {
		return fmt.Errorf("begin new series of address books: %w", err)
	}
	for _, org := range orgs {
		if _, err := tx.Exec(ctx, "UPDATE book_state SET series = ?, checked_at = 0 WHERE org_id = ?", newSeries(), org); err != nil {
			return fmt.Errorf("begin new series of address books: %w", err)
		}
	}
	return nil
}

// Touch notes that something changed about people which the rule looks at, in
// the transaction of that change.
func (b *Books) Touch(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error {
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = []any{org, b.ids.New(), p}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "book_touch (org_id, id, contact_id)"}, rows); err != nil {
		return fmt.Errorf("note a change for the address books: %w", err)
	}
	return nil
}

// TouchAll notes that something changed that may concern everybody, such as the
// text to which people agreed.
func (b *Books) TouchAll(ctx context.Context, tx store.Tx, org id.Org) error {
	if _, err := tx.Exec(ctx, "UPDATE book_state SET checked_at = 0 WHERE org_id = ?", org); err != nil {
		return fmt.Errorf("note a change for the address books: %w", err)
	}
	return nil
}

// Merge notes that one person turned out to be another: the card of the one
// leaves the phones, the other is judged anew.
func (b *Books) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	return b.Touch(ctx, tx, org, from, into)
}

// Erase deletes a person out of all books at once.
func (b *Books) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (int64, bool, error) {
	last, err := b.Next(ctx, tx, org, len(Kinds()))
	if err != nil {
		return 0, false, fmt.Errorf("take an erased person out of the address books: %w", err)
	}
	for i, kind := range Kinds() {
		if _, err := tx.Exec(ctx, `UPDATE book_entry SET present = FALSE, seq = ?, labels = '[]', changed_at = 0, recheck_at = 0, left_at = ?
			WHERE org_id = ? AND kind = ? AND contact_id = ? AND present`, last-int64(i), store.Micros(b.now()), org, string(kind), contact); err != nil {
			return 0, false, fmt.Errorf("take an erased person out of the address books: %w", err)
		}
	}
	return 0, false, nil
}

// departuresKept is how long it is remembered that somebody left a book. A
// phone that was silent for longer reads its whole book.
const departuresKept = 180 * 24 * time.Hour

// Expire deletes what the books have kept long enough.
func (b *Books) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	if err := b.ExpireTouches(ctx, tx, org, now.Add(-departuresKept)); err != nil {
		return err
	}
	return b.ExpireCandidates(ctx, tx, org)
}

// ExpireTouches deletes who left the books before a moment, and which cards phones
// should have deleted by then. A phone that comes with an older number than the
// last that is forgotten of its own has to read the whole book.
func (b *Books) ExpireTouches(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error {
	const (
		left = " FROM book_entry WHERE org_id = ? AND NOT present AND left_at > 0 AND left_at < ?"
		made = " FROM candidate WHERE org_id = ? AND NOT open AND at < ?"
	)
	at := store.Micros(before)
	forgotten, err := store.Collect(ctx, tx, func(row store.Row) ([]any, error) {
		var kind string
		var seq int64
		err := row.Scan(&kind, &seq)
		return []any{org, kind, seq}, err
	}, "SELECT kind, MAX(seq)"+left+" GROUP BY kind", org, at)
	if err != nil {
		return fmt.Errorf("shorten an address book: %w", err)
	}
	cards, err := store.Collect(ctx, tx, func(row store.Row) ([]any, error) {
		var device id.Device
		var seq int64
		err := row.Scan(&device, &seq)
		return []any{org, device.String(), seq}, err
	}, "SELECT device_id, MAX(seq)"+made+" GROUP BY device_id", org, at)
	if err != nil {
		return fmt.Errorf("shorten an address book: %w", err)
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "book_pruned (org_id, scope, seq)", Upsert: "(org_id, scope) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > book_pruned.seq"}, append(forgotten, cards...)); err != nil {
		return fmt.Errorf("shorten an address book: %w", err)
	}
	for _, what := range []string{left, made} {
		if _, err := tx.Exec(ctx, "DELETE"+what, org, at); err != nil {
			return fmt.Errorf("shorten an address book: %w", err)
		}
	}
	return nil
}

// Present reports whether the book of consenting people has somebody in it.
func (b *Books) Present(ctx context.Context, r store.Reader, org id.Org, person id.Person) (bool, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM book_entry WHERE org_id = ? AND kind = ? AND contact_id = ? AND present", org, string(Consenting), person).Scan(&n)
	return n > 0, err
}

// Unlawful counts the people in the consenting book who have no consent that
// holds: by another way than the rule, so that the one proves the other. It must
// be 0 once the books are up to date.
func (b *Books) Unlawful(ctx context.Context, r store.Reader, org id.Org) (n int64, err error) {
	held, err := b.consents.Holding(ctx, r, org, b.now())
	if err != nil {
		return 0, err
	}
	may := make(map[id.Person]bool, len(held))
	for _, p := range held {
		may[p] = true
	}
	in, err := store.Collect(ctx, r, store.One[id.Person], "SELECT contact_id FROM book_entry WHERE org_id = ? AND kind = ? AND present", org, string(Consenting))
	for _, p := range in {
		if !may[p] {
			n++
		}
	}
	return n, err
}
