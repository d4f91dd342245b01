package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// DownloadLife is how long what a person asked for in the portal can be fetched.
const DownloadLife = 24 * time.Hour

// Wish is what a person asked for in the portal and that does not happen at once:
// an erasure, which she may still stop, or a download.
type Wish struct {
	Case       id.Case // that answers it; its clock runs
	Contact    id.Person
	Kind       Kind // Erase, Access or Portability
	Way        Way  // by which she showed who she is
	Asked      time.Time
	Due        time.Time // of an erasure: when it happens; of a download: when it is over
	Restricted bool      // she was restricted before she asked for the erasure
}

// ErrNoWish is returned for what nobody asked for, or that is over.
var ErrNoWish = errors.New("nobody asked for this, or it is over")

const wishColumns = "case_id, contact_id, kind, way, asked_at, due_at, restricted"

func scanWish(row store.Row) (w Wish, err error) {
	var asked, due int64
	err = row.Scan(&w.Case, &w.Contact, &w.Kind, &w.Way, &asked, &due, &w.Restricted)
	if errors.Is(err, store.ErrNoRows) {
		err = ErrNoWish
	}
	w.Asked, w.Due = store.Time(asked), store.Time(due)
	return w, err
}

// Await keeps a wish. Asked for twice, a download can be fetched for longer; an
// erasure stays when it was, however often she asks.
func (v *Visits) Await(ctx context.Context, tx store.Tx, org id.Org, w Wish) error {
	_, err := tx.Exec(ctx, "INSERT INTO portal_wish (org_id, "+wishColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (org_id, case_id) DO UPDATE SET due_at = excluded.due_at",
		org, w.Case, w.Contact, string(w.Kind), string(w.Way), store.Micros(v.now()), store.Micros(w.Due), w.Restricted)
	if err != nil {
		return fmt.Errorf("keep what a person asked for: %w", err)
	}
	return nil
}

// Erasing is the erasure that waits for a person; ErrNoWish if none does.
func (v *Visits) Erasing(ctx context.Context, r store.Reader, org id.Org, person id.Person) (Wish, error) {
	return scanWish(r.QueryRow(ctx, "SELECT "+wishColumns+" FROM portal_wish WHERE org_id = ? AND contact_id = ? AND kind = ? ORDER BY asked_at LIMIT 1", org, person, string(Erase)))
}

// Downloads are what a person may fetch now.
func (v *Visits) Downloads(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Wish, error) {
	return store.Collect(ctx, r, scanWish, "SELECT "+wishColumns+" FROM portal_wish WHERE org_id = ? AND contact_id = ? AND kind <> ? AND due_at > ? ORDER BY asked_at DESC",
		org, person, string(Erase), store.Micros(v.now()))
}

// ErasuresDue lists erasures of an organisation whose time has come.
func (v *Visits) ErasuresDue(ctx context.Context, r store.Reader, org id.Org) ([]Wish, error) {
	return store.Collect(ctx, r, scanWish, "SELECT "+wishColumns+" FROM portal_wish WHERE org_id = ? AND kind = ? AND due_at <= ? ORDER BY due_at LIMIT 50", org, string(Erase), store.Micros(v.now()))
}

// Settle ends a wish; ErrNoWish if somebody else has.
func (v *Visits) Settle(ctx context.Context, tx store.Tx, org id.Org, w Wish) error {
	n, err := tx.Exec(ctx, "DELETE FROM portal_wish WHERE org_id = ? AND case_id = ?", org, w.Case)
	if err == nil && n == 0 {
		err = ErrNoWish
	}
	return err
}

// mergeWishes: what she asked for follows her.
func (*Visits) mergeWishes(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE portal_wish SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

func (*Visits) eraseWishes(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	_, err := tx.Exec(ctx, "DELETE FROM portal_wish WHERE org_id = ? AND contact_id = ?", org, person)
	return err
}

// expireWishes deletes downloads that are over. Erasures are none of them: they
// end when they happen.
func (*Visits) expireWishes(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM portal_wish WHERE org_id = ? AND kind <> ? AND due_at < ?", org, string(Erase), store.Micros(now))
	return err
}
