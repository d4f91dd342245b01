package conversation

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// eraseBite is how many messages are deleted in one transaction.
const eraseBite = 500

// Erase deletes some of a person's messages, with their reactions, and in the
// end her conversations. It says how many messages, and whether more are left.
func (t *Threads) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (n int64, more bool, err error) {
	var thread id.Conversation
	err = tx.QueryRow(ctx, "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? LIMIT 1", org, contact).Scan(&thread)
	if errors.Is(err, store.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("erase conversations: %w", err)
	}
	messages, err := store.Collect(ctx, tx, store.One[id.Message], "SELECT id FROM message WHERE org_id = ? AND conversation_id = ? LIMIT ?", org, thread, int64(eraseBite))
	if err != nil {
		return 0, false, fmt.Errorf("erase messages: %w", err)
	}
	rows := make([][]any, len(messages))
	for i, m := range messages {
		rows[i] = []any{org, m}
	}
	for _, gone := range []store.Delete{{From: "reaction", Where: "org_id = ? AND message_id = ?"}, {From: "message", Where: "org_id = ? AND id = ?"}} {
		if err := tx.DeleteMany(ctx, gone, rows); err != nil {
			return 0, false, fmt.Errorf("erase messages: %w", err)
		}
	}
	if err := t.index.Delete(ctx, tx, org, messages...); err != nil {
		return 0, false, err
	}
	if len(messages) < eraseBite {
		for _, sql := range []string{"DELETE FROM conversation_end WHERE org_id = ? AND conversation_id = ?", "DELETE FROM conversation WHERE org_id = ? AND id = ?"} {
			if _, err := tx.Exec(ctx, sql, org, thread); err != nil {
				return 0, false, fmt.Errorf("erase a conversation: %w", err)
			}
		}
		t.tell(tx, org, thread)
	}
	return int64(len(messages)), true, nil
}

// CountOf counts the messages of a person.
func (t *Threads) CountOf(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (int64, error) {
	var n int64
	err := r.QueryRow(ctx, "SELECT COUNT(*) FROM message WHERE org_id = ? AND conversation_id IN (SELECT id FROM conversation WHERE org_id = ? AND contact_id = ?)", org, org, contact).Scan(&n)
	return n, err
}

// mentionsBite is how many rows a bite of EraseEarly looks through.
const mentionsBite = 1000

// EraseEarly looks through what waits for its message, from after on, and
// deletes what belongs to a person: WhatsApp's message id holds her number.
// The zero id ends it.
func (t *Threads) EraseEarly(ctx context.Context, tx store.Tx, org id.Org, marks []string, after id.Cursor) (n int64, next id.Cursor, err error) {
	type waiting struct {
		id           id.Cursor
		hash, sealed []byte
	}
	rows, err := store.Collect(ctx, tx, func(row store.Row) (waiting, error) {
		var w waiting
		return w, row.Scan(&w.id, &w.hash, &w.sealed)
	}, "SELECT id, wamid_hash, detail FROM early WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?", org, after[:], int64(mentionsBite))
	if err != nil || len(rows) == 0 {
		return 0, id.Cursor{}, err
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return 0, id.Cursor{}, err
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return 0, id.Cursor{}, err
	}
	for _, w := range rows {
		next = w.id
		plain, err := ring.Open(earlyContext, w.id, w.sealed)
		if err != nil {
			return n, next, fmt.Errorf("open what waits for its message: %w", err)
		}
		var c Change
		if err := json.Unmarshal(plain, &c); err != nil {
			return n, next, err
		}
		if !namedIn(c.WAMID, marks) {
			continue
		}
		if _, err := tx.Exec(ctx, "DELETE FROM early WHERE org_id = ? AND wamid_hash = ? AND id = ?", org, w.hash, w.id); err != nil {
			return n, next, err
		}
		n++
	}
	if len(rows) < mentionsBite {
		next = id.Cursor{}
	}
	return n, next, nil
}

// namedIn reports whether WhatsApp's message id, which is base64 behind
// "wamid.", holds one of the identities.
func namedIn(wamid string, marks []string) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(wamid, "wamid."))
	if err != nil {
		raw = []byte(wamid)
	}
	for _, m := range marks {
		if bytes.Contains(raw, []byte(m)) {
			return true
		}
	}
	return false
}
