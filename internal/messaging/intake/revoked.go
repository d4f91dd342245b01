package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// A message that a person deleted for everyone must not go on in a raw payload
// (Cloud API: revoke). Her own payloads are found by their owner; what lies
// under the organisation's key or one of its own, because it is about several
// people, brings a change only or could not be applied, by the index payload_message.

// Merge lets the payloads of a person follow her key to the person she turned
// out to be.
func (in *Intake) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE payload SET owner_id = ? WHERE org_id = ? AND owner_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge payloads: %w", err)
	}
	return nil
}

// content is a payload that holds the words of a message.
type content struct {
	pii.Personal
	from  *payload
	wamid string
}

// contents are the messages and the edits of a batch.
func (b *batch) contents() (all []content) {
	for _, m := range b.messages {
		all = append(all, content{from: m.from, wamid: m.in.WAMID})
	}
	for i, m := range b.edits {
		all = append(all, content{from: m.from, wamid: b.changes[i].WAMID})
	}
	return all
}

// index notes which messages lie in payloads that are nobody's own.
func (in *Intake) index(ctx context.Context, tx store.Tx, keys *vault.Org, b *batch, owners map[*payload]*vault.Keyring) error {
	var rows [][]any
	for _, c := range b.contents() {
		if owners[c.from] == nil || c.from.replay || c.from.problem != "" {
			rows = append(rows, []any{b.org, keys.Lookup("wamid", c.wamid), c.from.id, store.Micros(c.from.received)})
		}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "payload_message (org_id, wamid_hash, payload_id, received_at)", Skip: true}, rows); err != nil {
		return fmt.Errorf("index payloads: %w", err)
	}
	return nil
}

// eraseLate deletes the words of messages that were deleted before they came,
// or came again.
func (in *Intake) eraseLate(ctx context.Context, tx store.Tx, keys *vault.Org, b *batch, added []conversation.Added) error {
	for i, a := range added {
		if a.Revoked {
			if err := in.cut(ctx, tx, b.org, keys, b.messages[i].from.id, b.messages[i].in.WAMID); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseRevoked takes a message that was deleted for everyone out of the
// payloads that hold it.
func (in *Intake) eraseRevoked(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, wamid string) error {
	keys, err := in.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	scan := store.One[id.Webhook]
	hers, err := store.Collect(ctx, tx, scan, "SELECT id FROM payload WHERE org_id = ? AND owner_id = ?", org, contact)
	if err != nil {
		return fmt.Errorf("look for a deleted message in the payloads: %w", err)
	}
	shared, err := store.Collect(ctx, tx, scan, "SELECT payload_id FROM payload_message WHERE org_id = ? AND wamid_hash = ?", org, keys.Lookup("wamid", wamid))
	if err != nil {
		return fmt.Errorf("look for a deleted message in the payloads: %w", err)
	}
	for _, at := range append(hers, shared...) {
		if err := in.cut(ctx, tx, org, keys, at, wamid); err != nil {
			return err
		}
	}
	return nil
}

// cut deletes a payload if it names a message. One that could not be applied
// in full holds others that are nowhere else: of it only the message goes.
func (in *Intake) cut(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, at id.Webhook, wamid string) error {
	var owner id.ID
	var state string
	var sealed []byte
	err := tx.QueryRow(ctx, "SELECT owner_id, state, sealed FROM payload WHERE org_id = ? AND id = ?", org, at).Scan(&owner, &state, &sealed)
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a payload: %w", err)
	}
	ring, err := keys.Keyring(ctx, tx, owner)
	if errors.Is(err, vault.ErrDestroyed) {
		return nil
	}
	if err != nil {
		return err
	}
	body, err := ring.Open(payloadContext, at, sealed)
	if err != nil {
		return fmt.Errorf("open a payload: %w", err)
	}
	if !names(body, []string{wamid}) {
		return nil
	}
	rest, cut := without(body, []string{wamid})
	if state == statePoison && cut {
		return in.resealed(ctx, tx, org, keys, at, rest)
	}
	if state == statePoison {
		if _, err := keys.Destroy(ctx, tx, at); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND id = ?", org, at)
	return err
}

// without is a payload without what names one of the marks, such as a message and
// the changes of it. It reports whether it could be read.
func without(body []byte, marks []string) ([]byte, bool) {
	value, ok := parsed(body)
	if !ok {
		return nil, false
	}
	rest, err := json.Marshal(unnamed(value, marks))
	return rest, err == nil && !names(rest, marks)
}

// unnamed leaves out of all lists what names one of the marks, down to the smallest
// part.
func unnamed(part any, marks []string) any {
	switch v := part.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = unnamed(inner, marks)
		}
	case []any:
		kept := make([]any, 0, len(v))
		for _, one := range v {
			if one = unnamed(one, marks); !holds(one, marks) {
				kept = append(kept, one)
			}
		}
		return kept
	}
	return part
}
