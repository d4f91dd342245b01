package intake

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Raw payloads are kept for seven days, so that they can be applied again
// after a mistake of ours; one that could not be applied, or not be understood
// in full, for ninety: what it says is nowhere else. A text longer than any of
// WhatsApp's is kept once, as its message; the payload has its beginning. A
// payload about one person is sealed under her key and dies with it; a payload
// about several, or about none, is sealed under the organisation's; one that
// could not be applied under a key of its own.

const payloadContext = "payload.body"

// PayloadLife is how long raw payloads are kept, PoisonLife how long at most
// those that cannot be applied or understood.
const (
	PayloadLife = 7 * 24 * time.Hour
	PoisonLife  = 90 * 24 * time.Hour
)

// only is the body without the entries of other organisations.
func only(body []byte, events []event) []byte {
	ours := map[string]bool{}
	for _, e := range events {
		ours[e.waba] = true
	}
	return cloudapi.Part(body, func(account, _ string) bool { return ours[account] })
}

// unseen returns the payloads that are not stored yet, each body once.
func (in *Intake) unseen(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, parts []*payload) ([]*payload, error) {
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
func (in *Intake) keep(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, parts []*payload, owners map[*payload]*vault.Keyring) error {
	own, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(parts))
	for _, p := range parts {
		ring := owners[p]
		if ring == nil {
			ring = own
		}
		if p.replay {
			if err := in.applied(ctx, tx, keys, p, ring); err != nil {
				return err
			}
			continue
		}
		p.id = id.Webhook(in.IDs.New())
		state := stateApplied
		if p.problem != "" {
			state = statePoison
			rings, err := keys.NewKeyrings(ctx, tx, p.id)
			if err != nil {
				return err
			}
			ring = rings[0]
		}
		rows = append(rows, []any{org, p.id, keys.Lookup("payload", string(p.hash[:])), ring.Owner(), p.channel, state, p.problem, lines(p.kinds), ring.Seal(payloadContext, p.id, p.kept()), store.Micros(p.received)})
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "payload (org_id, id, body_hash, owner_id, channel_id, state, problem, kinds, attempts, sealed, received_at)", Values: "?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?", Skip: true}, rows); err != nil {
		return fmt.Errorf("store payloads: %w", err)
	}
	return nil
}
