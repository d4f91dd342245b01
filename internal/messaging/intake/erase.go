package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// eraseBite is how many payloads a bite of EraseMentions looks through.
const eraseBite = 1000

// Erase deletes the payloads that are one person's own.
func (in *Intake) Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (int64, bool, error) {
	_, err := tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND owner_id = ?", org, contact)
	return 0, false, err
}

// EraseMentions looks through the payloads that are about several people, or
// about none, and deletes those that name one of the identities. A payload that
// could not be applied yet and names others as well is left: it holds messages
// of theirs that are nowhere else, and goes when it is applied or after
// [PoisonLife]. The zero id ends it.
func (in *Intake) EraseMentions(ctx context.Context, tx store.Tx, org id.Org, marks []string, after id.Cursor) (n int64, next id.Cursor, err error) {
	type kept struct {
		id     id.Cursor
		state  string
		sealed []byte
	}
	rows, err := store.Collect(ctx, tx, func(row store.Row) (kept, error) {
		var k kept
		return k, row.Scan(&k.id, &k.state, &k.sealed)
	}, "SELECT id, state, sealed FROM payload WHERE org_id = ? AND owner_id = ? AND id > ? ORDER BY id LIMIT ?", org, org, after[:], int64(eraseBite))
	if err != nil || len(rows) == 0 {
		return 0, id.Cursor{}, err
	}
	keys, err := in.Vault.Org(ctx, tx, org)
	if err != nil {
		return 0, id.Cursor{}, err
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return 0, id.Cursor{}, err
	}
	var gone [][]any
	for _, k := range rows {
		next = k.id
		body, err := ring.Open(payloadContext, k.id, k.sealed)
		if err != nil {
			return 0, next, fmt.Errorf("open a payload: %w", err)
		}
		if names(body, marks) && (k.state == "applied" || onlyAbout(body, marks)) {
			gone = append(gone, []any{org, k.id})
		}
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "payload", Where: "org_id = ? AND id = ?"}, gone); err != nil {
		return 0, next, err
	}
	if len(rows) < eraseBite {
		next = id.Cursor{}
	}
	return int64(len(gone)), next, nil
}

// names reports whether a JSON text holds one of the identities as a whole
// string.
func names(body []byte, marks []string) bool {
	value, ok := parsed(body)
	if !ok { // rather too much than too little
		return slices.ContainsFunc(marks, func(m string) bool { return bytes.Contains(body, []byte(m)) })
	}
	return holds(value, marks)
}

// holds reports whether one of the identities stands in read JSON. There "\/"
// is a slash: Meta may write either.
func holds(part any, marks []string) bool {
	return slices.ContainsFunc(texts(part), func(text string) bool { return slices.Contains(marks, text) })
}

// onlyAbout reports whether all people whom a webhook names are among the
// identities (Cloud API: webhooks; from, to, wa_id, recipient_id and the fields
// that end in user_id name people).
func onlyAbout(body []byte, marks []string) bool {
	value, ok := parsed(body)
	return ok && onlyOurs(value, marks)
}

// parsed is JSON that was read, with numbers as they are written.
func parsed(body []byte) (value any, ok bool) {
	read := json.NewDecoder(bytes.NewReader(body))
	read.UseNumber()
	return value, read.Decode(&value) == nil
}

func onlyOurs(value any, marks []string) bool {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			if !onlyOurs(one, marks) {
				return false
			}
		}
	case map[string]any:
		for key, one := range v {
			who, text := one.(string)
			if n, number := one.(json.Number); number {
				who, text = n.String(), true
			}
			switch {
			case !text && !onlyOurs(one, marks):
				return false
			case !text || who == "":
			case key == "from", key == "to", key == "wa_id", key == "recipient_id", strings.HasSuffix(key, "user_id"):
				if !slices.Contains(marks, who) {
					return false
				}
			}
		}
	}
	return true
}
