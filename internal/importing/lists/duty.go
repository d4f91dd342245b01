package lists

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// How is in which way a person was informed (GDPR Art. 14).
type How string

// The ways. A notice by WhatsApp fulfils the duty by itself.
const (
	ByNotice How = "notice"
	ByLetter How = "letter"
	ByEMail  How = "e_mail"
	ByWord   How = "verbal"
)

// ErrHow is returned for a way of informing that is none, or a time that is
// not yet.
var ErrHow = errors.New("say by which way the people were informed, and when; the day cannot be in the future")

// Duties sums up whom an organisation has still to inform.
type Duties struct {
	Import  id.Import
	Open    int64
	Overdue int64
	Done    int64
	Due     time.Time // the earliest of those open
}

// Duties reads the duties to inform, import by import, the most urgent first.
func (d *Imports) Duties(ctx context.Context, r store.Reader, org id.Org) ([]Duties, error) {
	now := store.Micros(d.Now())
	return store.Collect(ctx, r, func(row store.Row) (Duties, error) {
		var one Duties
		var due int64
		err := row.Scan(&one.Import, &one.Open, &one.Overdue, &one.Done, &due)
		one.Due = store.Time(due)
		return one, err
	}, `SELECT import_id, SUM(CASE WHEN done_at = 0 THEN 1 ELSE 0 END), SUM(CASE WHEN done_at = 0 AND due_at < ? THEN 1 ELSE 0 END),
			SUM(CASE WHEN done_at <> 0 THEN 1 ELSE 0 END), COALESCE(MIN(CASE WHEN done_at = 0 THEN due_at END), 0)
		FROM information_duty WHERE org_id = ? GROUP BY import_id ORDER BY 3 DESC, 5, 1`, now, org)
}

// Notified notes that a person was sent the privacy notice.
func (d *Imports) Notified(ctx context.Context, tx store.Tx, org id.Org, person id.Person, at time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE information_duty SET done_at = ?, how = ? WHERE org_id = ? AND contact_id = ? AND done_at = 0",
		store.Micros(at), string(ByNotice), org, person)
	return err
}

// Inform records that all people of an import who were not yet informed have
// been, in a way other than WhatsApp, and says how many.
func (d *Imports) Inform(ctx context.Context, tx store.Tx, org id.Org, at id.Import, staff id.Account, how How, when time.Time) (int64, error) {
	if how != ByLetter && how != ByEMail && how != ByWord || when.IsZero() || when.After(d.Now()) {
		return 0, ErrHow
	}
	open, err := store.Collect(ctx, tx, store.One[id.Person], "SELECT contact_id FROM information_duty WHERE org_id = ? AND import_id = ? AND done_at = 0", org, at)
	if err != nil {
		return 0, fmt.Errorf("find whom to inform: %w", err)
	}
	if err := d.Notices.HandedAll(ctx, tx, org, open, when); err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, "UPDATE information_duty SET done_at = ?, how = ?, staff_id = ? WHERE org_id = ? AND import_id = ? AND done_at = 0",
		store.Micros(when), string(how), staff, org, at)
	if err != nil || n == 0 {
		return n, err
	}
	return n, d.Ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "import.informed", At: d.Now(),
		Record: map[string]any{"import": at.String(), "people": n, "how": string(how), "when": store.Micros(when), "staff": staff.String()}})
}

// Merge moves what is kept about a person to the person she turned out to be.
// An open duty of the one is fulfilled by what the other was told.
func (d *Imports) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE import_row SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{"UPDATE import_consent SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{`DELETE FROM import_sorted WHERE org_id = ? AND contact_id = ? AND EXISTS (SELECT 1 FROM import_sorted o
			WHERE o.org_id = ? AND o.contact_id = ? AND o.import_id = import_sorted.import_id AND o.subject_id = import_sorted.subject_id)`, []any{org, from, org, into}},
		{"UPDATE import_sorted SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
		{`DELETE FROM information_duty WHERE org_id = ? AND contact_id = ? AND done_at = 0
			AND EXISTS (SELECT 1 FROM information_duty o WHERE o.org_id = ? AND o.contact_id = ?)`, []any{org, from, org, into}},
		{`DELETE FROM information_duty WHERE org_id = ? AND contact_id = ? AND EXISTS (SELECT 1 FROM information_duty o WHERE o.org_id = ? AND o.contact_id = ?)`,
			[]any{org, into, org, from}},
		{"UPDATE information_duty SET contact_id = ? WHERE org_id = ? AND contact_id = ?", []any{into, org, from}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("merge imports: %w", err)
		}
	}
	return nil
}

// Erase deletes which rows brought her in.
func (d *Imports) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	for _, sql := range []string{
		"UPDATE import_row SET contact_id = NULL WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM import_consent WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM import_sorted WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM information_duty WHERE org_id = ? AND contact_id = ?",
	} {
		if _, err := tx.Exec(ctx, sql, org, person); err != nil {
			return 0, false, fmt.Errorf("erase imports: %w", err)
		}
	}
	return 0, false, nil
}
