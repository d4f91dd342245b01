package app_test

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// rows writes what the census counts: also what may never happen.
func rows(ctx context.Context, o *apptest.Office, tx store.Tx, now time.Time) error {
	of, at, long := o.Org.ID, store.Micros(now.Add(-time.Hour)), store.Micros(now.AddDate(-2, 0, 0))
	mail, month, day := "mail", now.Format("2006-01"), now.Add(-time.Hour).UTC().Format(time.DateOnly)
	message := func(kind, origin, state string, outgoing bool, at int64) []any {
		return []any{of, o.IDs.New(), o.IDs.New(), o.IDs.New(), o.Channel.ID, outgoing, kind, state, origin, at}
	}
	verdict := func(outcome, basis string) []any {
		return []any{of, o.IDs.New(), o.IDs.New(), o.IDs.New(), outcome, basis, at}
	}
	consent := func(state string) []any { return []any{of, o.IDs.New(), state, o.IDs.New()} }
	imported, notice := id.File(o.IDs.New()), []byte(nil)
	if err := tx.QueryRow(ctx, "SELECT id FROM notice WHERE org_id = ?", of).Scan(&notice); err != nil {
		return err
	}
	known, person := o.IDs.New(), id.Person(o.IDs.New())
	for _, write := range []struct {
		sql  string
		rows [][]any
	}{
		{`INSERT INTO message (org_id, id, conversation_id, contact_id, channel_id, outgoing, type, state, origin, wamid, body, at, sent_at, delivered_at, read_at, edited_at, revoked_at, error_code, reason, cost, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, 0, 0, 0, 0, 0, 0, '', 0, 0)`, [][]any{
			message("contacts", "customer", "received", false, at), message("contacts", "customer", "received", false, long),
			message("text", "api", "sent", true, at),
		}},
		{"INSERT INTO verdict (org_id, id, message_id, contact_id, phase, outcome, reason, row_no, basis, asked_by, at) VALUES (?, ?, ?, ?, 'call', ?, 'ok', 9, ?, 'account', ?)", [][]any{
			verdict("allow", "consent"), verdict("allow", "existing_customer"), verdict("allow", ""), verdict("deny", ""),
		}},
		{"INSERT INTO consent (org_id, contact_id, medium, purpose, state, event_id, granted_at, expires_at, said_at) VALUES (?, ?, 'whatsapp', 'service', ?, ?, 1, 0, 1)", [][]any{
			consent("granted"), consent("withdrawn"), consent("pending"), consent("expired"),
		}},
		{"INSERT INTO opt_out (org_id, contact_id, at, confirmed) VALUES (?, ?, ?, TRUE)", [][]any{{of, person, at}}},
		{`INSERT INTO conversation (org_id, id, contact_id, channel_id, state, unread, window_ends, matter_id, matter_at, last_at, last_in_at, last_out, last_state, preview, created_at, changed_at)
			VALUES (?, ?, ?, ?, 'open', 0, 0, ?, 0, 0, 0, FALSE, '', '', 0, 0)`, [][]any{{of, known, person, o.Channel.ID, known}}},
		{"INSERT INTO notice_delivery (org_id, contact_id, notice_id, message_id, state, at) VALUES (?, ?, ?, ?, 'sent', ?)", [][]any{{of, person, notice, known, at}}},
		{"INSERT INTO entry_point (org_id, id, channel_id, code, name, words, short_link, retired, created_at) VALUES (?, ?, ?, 'abc', 'Plakat', 'Hallo', '', FALSE, 1)", [][]any{{of, known, o.Channel.ID}}},
		{"INSERT INTO quick_reply (org_id, id, shortcut, body) VALUES (?, ?, 'gruss', 'Guten Tag')", [][]any{{of, known}}},
		{"INSERT INTO import (org_id, id, format, state, plan, staff_id, created_at, ended_at) VALUES (?, ?, 'csv', 'done', '{}', ?, 1, 1)", [][]any{{of, imported, known}}},
		{"INSERT INTO import_row (org_id, import_id, row_no, outcome, code, consents, contact_id) VALUES (?, ?, 1, 'created', '', 0, ?)", [][]any{{of, imported, person}}},
		{"INSERT INTO information_duty (org_id, contact_id, import_id, due_at, done_at, how) VALUES (?, ?, ?, ?, 0, '')", [][]any{{of, person, imported, at}}},
		{`INSERT INTO contact (org_id, id, state, blocked, opted_out, restricted, objected, minor, contract, locale, profile, created_at, changed_at)
			VALUES (?, ?, 'active', FALSE, TRUE, FALSE, FALSE, FALSE, FALSE, 'de', '', 1, 1)`, [][]any{{of, person}}},
		{`INSERT INTO book_entry (org_id, kind, contact_id, seq, present, since, labels, changed_at, recheck_at, left_at)
			VALUES (?, 'consenting', ?, ?, ?, 1, '[]', 0, 0, ?)`, [][]any{{of, o.IDs.New(), int64(900), true, int64(0)}, {of, o.IDs.New(), int64(901), false, at}}},
		{"INSERT INTO intake_gap (began_at, ended_at) VALUES (?, ?)", [][]any{
			{store.Micros(now.Add(time.Hour)), store.Micros(now.Add(3 * time.Hour))}, {store.Micros(now.Add(4 * time.Hour)), store.Micros(now.Add(4*time.Hour + 20*time.Minute))},
		}},
		{`INSERT INTO erasure (org_id, id, contact_id, step, place, source, parcel, counts, attempts, not_before, problem, started_at, unreadable_at, cleaned_at, done_at)
			VALUES (?, ?, ?, ?, '{}', 'desk', '', '{}', 0, ?, '', ?, 0, 0, ?)`, [][]any{
			{of, o.IDs.New(), o.IDs.New(), "done", int64(0), at, at}, {of, o.IDs.New(), o.IDs.New(), "tell", store.Micros(now.AddDate(1, 0, 0)), at, int64(0)},
		}},
		{"INSERT INTO retention_rule (org_id, class, amount, reason, at) VALUES (?, 'messages', 24, 'x', ?)", [][]any{{of, at}}},
		{"INSERT INTO retention_run (org_id, id, dry, started_at, ended_at, counts, problem) VALUES (?, ?, FALSE, ?, ?, '{}', '')", [][]any{{of, known, at, at}}},
		{"INSERT INTO spending (org_id, month, micros) VALUES (?, ?, 70000)", [][]any{{of, month}}},
		{"INSERT INTO transfer (day, recipient, calls, bytes_out, bytes_in) VALUES (?, ?, 3, 10, 10) ON CONFLICT (day, recipient) DO UPDATE SET calls = 3", [][]any{{day, mail}}},
		{"INSERT INTO evidence_checkpoint (org_id, size, note, at) VALUES (?, 1, '', ?)", [][]any{{of, at}}},
		{"INSERT INTO audit (org_id, id, leaf, at, account_id, act) VALUES (?, ?, 1, ?, ?, 'contact.seen')", [][]any{{of, known, at, known}}},
	} {
		for _, row := range write.rows {
			if _, err := tx.Exec(ctx, write.sql, row...); err != nil {
				return err
			}
		}
	}
	return nil
}
