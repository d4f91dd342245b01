package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"einklang/internal/cloudapi"
	"einklang/internal/id"
	"einklang/internal/store"
	"einklang/internal/vault"
)

// Raw payloads are kept for seven days, so that they can be applied again
// after a mistake of ours. A payload about one person is sealed under her key
// and dies with it; a payload about several, or about none, is sealed under
// the organisation's.

const payloadContext = "payload.body"

// PayloadLife is how long raw payloads are kept.
const PayloadLife = 7 * 24 * time.Hour

// only is the body without the entries of other organisations.
func only(body []byte, events []event) []byte {
	var whole struct {
		Object string            `json:"object"`
		Entry  []json.RawMessage `json:"entry"`
	}
	if json.Unmarshal(body, &whole) != nil {
		return []byte("{}")
	}
	ours := map[string]bool{}
	for _, e := range events {
		ours[e.waba] = true
	}
	kept := whole.Entry[:0]
	for _, raw := range whole.Entry {
		var entry struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &entry) == nil && ours[entry.ID] {
			kept = append(kept, raw)
		}
	}
	whole.Entry = kept
	part, err := json.Marshal(whole)
	if err != nil {
		return []byte("{}")
	}
	return part
}

// unseen returns the payloads that are not stored yet, each body once.
func (in *Intake) unseen(ctx context.Context, tx store.Tx, org id.ID, keys *vault.Org, parts []*payload) ([]*payload, error) {
	args := make([][]any, 0, len(parts))
	hashes := map[vault.Hash]bool{}
	var fresh []*payload
	for _, p := range parts {
		if p.replay {
			fresh = append(fresh, p)
			continue
		}
		h := keys.Lookup("payload", string(p.hash[:]))
		if !hashes[h] {
			hashes[h] = true
			fresh = append(fresh, p)
			args = append(args, []any{org, h})
		}
	}
	known := map[int]bool{}
	err := tx.QueryMany(ctx, "SELECT state FROM payload WHERE org_id = ? AND body_hash = ?", args, func(i int, row store.Row) error {
		var state string
		known[i] = true
		return row.Scan(&state)
	})
	if err != nil {
		return nil, fmt.Errorf("look for payloads: %w", err)
	}
	unseen, at := fresh[:0], 0
	for _, p := range fresh {
		if p.replay {
			unseen = append(unseen, p)
			continue
		}
		if !known[at] {
			unseen = append(unseen, p)
		}
		at++
	}
	if n := int64(len(parts) - len(unseen)); n > 0 {
		tx.AfterCommit(func() { in.count(func(c *Counts) { c.Duplicates += n }) })
	}
	return unseen, nil
}

// keep stores the payloads, sealed.
func (in *Intake) keep(ctx context.Context, tx store.Tx, org id.ID, keys *vault.Org, parts []*payload, owners map[*payload]*vault.Keyring) error {
	own, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(parts))
	for _, p := range parts {
		if p.replay {
			if _, err := tx.Exec(ctx, "UPDATE payload SET state = 'applied', problem = '' WHERE org_id = ? AND id = ?", org, p.id); err != nil {
				return err
			}
			continue
		}
		ring := owners[p]
		if ring == nil {
			ring = own
		}
		p.id = in.IDs.New()
		state := "applied"
		if p.problem != "" {
			state = "poison"
		}
		rows = append(rows, []any{org, p.id, keys.Lookup("payload", string(p.hash[:])), ring.Owner(), state, p.problem, ring.Seal(payloadContext, p.id, p.body), store.Micros(p.received)})
	}
	if err := tx.ExecAll(ctx, "INSERT INTO payload (org_id, id, body_hash, owner_id, state, problem, attempts, sealed, received_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING", rows); err != nil {
		return fmt.Errorf("store payloads: %w", err)
	}
	return nil
}

// keepPoison stores a payload that could not be applied.
func (in *Intake) keepPoison(ctx context.Context, p *payload) error {
	in.count(func(c *Counts) { c.Poison++ })
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if p.replay {
			_, err := tx.Exec(ctx, "UPDATE payload SET attempts = attempts + 1, problem = ? WHERE org_id = ? AND id = ?", p.problem, p.org, p.id)
			return err
		}
		keys, err := in.Vault.Org(ctx, tx, p.org)
		if err != nil {
			return err
		}
		return in.keep(ctx, tx, p.org, keys, []*payload{p}, nil)
	})
}

// Replay applies the payloads again that could not be applied, at most limit,
// and says how many succeeded.
func (in *Intake) Replay(ctx context.Context, org id.ID, limit int) (int, error) {
	type kept struct {
		id, owner id.ID
		sealed    []byte
		received  int64
	}
	rows, err := store.Collect(ctx, in.DB, func(row store.Row) (kept, error) {
		var k kept
		return k, row.Scan(&k.id, &k.owner, &k.sealed, &k.received)
	}, "SELECT id, owner_id, sealed, received_at FROM payload WHERE org_id = ? AND state = 'poison' ORDER BY id LIMIT ?", org, int64(limit))
	if err != nil {
		return 0, fmt.Errorf("read payloads to apply again: %w", err)
	}
	keys, err := in.Vault.Org(ctx, in.DB, org)
	if err != nil {
		return 0, err
	}
	applied := 0
	for _, k := range rows {
		ring, err := keys.Keyring(ctx, in.DB, k.owner)
		if err != nil {
			continue // the person is erased, and the payload with her
		}
		body, err := ring.Open(payloadContext, k.id, k.sealed)
		if err != nil {
			return applied, fmt.Errorf("open a payload: %w", err)
		}
		p := &payload{id: k.id, org: org, body: body, received: store.Time(k.received), replay: true, done: make(chan error, 1)}
		if p.events, err = in.again(ctx, org, body); err != nil {
			continue
		}
		if err := in.put(ctx, p); err != nil {
			return applied, err
		}
		if err := <-p.done; err == nil && p.problem == "" {
			applied++
		}
	}
	return applied, nil
}

// again reads the events of a stored payload.
func (in *Intake) again(ctx context.Context, org id.ID, body []byte) ([]event, error) {
	note, err := cloudapi.ParseWebhook(body)
	if err != nil {
		return nil, err
	}
	var events []event
	for _, e := range note.Events {
		head := e.Where()
		if _, broken := e.(*cloudapi.Broken); broken {
			return nil, fmt.Errorf("still unreadable: %s", head.Field)
		}
		route, err := in.route(ctx, head)
		if err != nil || route.Org != org {
			continue
		}
		channel := route.Channel
		if head.PhoneNumberID == "" {
			channel = id.ID{}
		}
		events = append(events, event{channel: channel, waba: head.WABA, what: e})
	}
	return events, nil
}

// Forget deletes the payloads received before a moment.
func (in *Intake) Forget(ctx context.Context, tx store.Tx, org id.ID, before time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND received_at < ?", org, store.Micros(before))
	return err
}
