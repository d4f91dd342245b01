package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
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
// about none, and deletes those that name one of the identities. Of a payload that
// could not be applied yet and names others as well only what is about her goes:
// the rest is nowhere else. The zero id ends it.
func (in *Intake) EraseMentions(ctx context.Context, tx store.Tx, org id.Org, marks []string, after id.Cursor) (n int64, next id.Cursor, err error) {
	rows, err := store.Collect(ctx, tx, func(row store.Row) (a aside, err error) {
		var state string
		err = row.Scan(&a.id, &a.owner, &state, &a.sealed)
		a.applied = state == stateApplied
		return a, err
	}, "SELECT id, owner_id, state, sealed FROM payload WHERE org_id = ? AND (state = 'applied' AND owner_id = ? OR state = 'poison') AND id > ? ORDER BY id LIMIT ?", org, org, after[:], int64(eraseBite))
	if err != nil || len(rows) == 0 {
		return 0, id.Cursor{}, err
	}
	keys, err := in.Vault.Org(ctx, tx, org)
	if err != nil {
		return 0, id.Cursor{}, err
	}
	rings, err := vault.KeyringsOf(ctx, tx, keys, rows, func(a aside) id.ID { return a.owner })
	if err != nil {
		return 0, id.Cursor{}, err
	}
	var gone [][]any
	for _, a := range rows {
		next = id.Cursor(a.id)
		ring := rings[a.owner]
		if ring == nil {
			continue // nobody can read it any more
		}
		body, err := ring.Open(payloadContext, a.id, a.sealed)
		if err != nil {
			return 0, next, fmt.Errorf("open a payload: %w", err)
		}
		if !names(body, marks) {
			continue
		}
		n++
		if rest, cut := without(body, marks); !a.applied && cut && !onlyAbout(body, marks) {
			if err := in.resealed(ctx, tx, org, keys, a.id, rest); err != nil {
				return 0, next, err
			}
			continue
		}
		if !a.applied {
			if _, err := keys.Destroy(ctx, tx, a.id); err != nil {
				return 0, next, err
			}
		}
		gone = append(gone, []any{org, a.id})
	}
	if err := tx.DeleteMany(ctx, store.Delete{From: "payload", Where: "org_id = ? AND id = ?"}, gone); err != nil {
		return 0, next, err
	}
	if len(rows) < eraseBite {
		next = id.Cursor{}
	}
	return n, next, nil
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
