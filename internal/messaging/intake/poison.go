package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Poison is a payload that could not be applied: a part of it cannot be read,
// or the program fails on it. It is applied again when the program starts (a new
// version may know better) and when somebody asks for it.

// keepPoison stores a payload that could not be applied.
func (in *Intake) keepPoison(ctx context.Context, p *payload) error {
	in.count(func(c *Counts) { c.Poison++ })
	p.puzzled(p.problem)
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		keys, err := in.Vault.Org(ctx, tx, p.org)
		if err != nil {
			return err
		}
		return in.keep(ctx, tx, p.org, keys, []*payload{p}, nil)
	})
}

// Unapplied counts the payloads that are not applied, by the number that they
// came to; the zero number stands for those about the account.
func (in *Intake) Unapplied(ctx context.Context, org id.Org) (map[id.Channel]int64, error) {
	counts := map[id.Channel]int64{}
	rows, err := store.Collect(ctx, in.DB, func(row store.Row) (channel id.Channel, err error) {
		var n int64
		err = row.Scan(&channel, &n)
		counts[channel] = n
		return channel, err
	}, "SELECT channel_id, COUNT(*) FROM payload WHERE org_id = ? AND state = 'poison' GROUP BY channel_id", org)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return counts, nil
}

// againBite is how many payloads are read at once to be applied again.
const againBite = 100

// aside is a payload that is not applied yet.
type aside struct {
	id       id.Webhook
	owner    id.ID
	sealed   []byte
	received int64
	applied  bool // and not understood in full
	kinds    string
}

// errSame: what was not understood of a payload still is not.
var errSame = errors.New("nothing more of the payload is understood")

// Again applies the payloads that could not be applied, and says how many are
// applied now and how many are left. Those that were not understood in full are
// read again, too. An error that passes ends it.
func (in *Intake) Again(ctx context.Context, org id.Org, along store.Course) (applied, left int, err error) {
	for after := (id.Webhook{}); ; {
		bite, err := store.Collect(ctx, in.DB, func(row store.Row) (aside, error) {
			var a aside
			var state string
			err := row.Scan(&a.id, &a.owner, &a.sealed, &a.received, &state, &a.kinds)
			a.applied = state == "applied"
			return a, err
		}, "SELECT id, owner_id, sealed, received_at, state, kinds FROM payload WHERE org_id = ? AND (state = 'poison' OR kinds <> '') AND id > ? ORDER BY id LIMIT ?", org, after[:], int64(againBite))
		if err != nil {
			return applied, left, fmt.Errorf("read payloads to apply again: %w", err)
		}
		for _, a := range bite {
			after = a.id
			switch err := in.one(ctx, org, a, along); {
			case err == nil:
				applied++
			case errors.Is(err, errSame):
			case errors.Is(err, vault.ErrDestroyed): // the person is erased, and the payload with her
			case store.Passing(err):
				return applied, left, fmt.Errorf("apply a payload again: %w", err)
			default:
				left++
				in.Log.Warn("a webhook still cannot be applied", "organisation", org.String(), "payload", a.id.String(), "error", err)
				if err := in.tried(ctx, org, a.id, along); err != nil {
					return applied, left, err
				}
			}
		}
		if len(bite) == againBite {
			continue
		}
		if applied+left == 0 {
			return 0, 0, nil
		}
		// Each payload is applied, or counted as tried, in a transaction of its own
		// that may fail alone: how many were is known only behind the last.
		return applied, left, in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return along.End(ctx, tx, applied) })
	}
}

// one applies one payload again.
func (in *Intake) one(ctx context.Context, org id.Org, a aside, along store.Course) error {
	keys, err := in.Vault.Org(ctx, in.DB, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, in.DB, a.owner)
	if err != nil {
		return err
	}
	body, err := ring.Open(payloadContext, a.id, a.sealed)
	if err != nil {
		return fmt.Errorf("open a payload: %w", err)
	}
	p := &payload{id: a.id, org: org, body: body, received: store.Time(a.received), replay: true}
	if err := in.again(ctx, p); err != nil {
		return err
	}
	if a.applied {
		if lines(p.kinds) == a.kinds {
			return errSame
		}
		p.onlyNew(a.kinds)
	}
	return in.write(ctx, []*payload{p}, along.Begin)
}

// tried counts a vain attempt.
func (in *Intake) tried(ctx context.Context, org id.Org, payload id.Webhook, along store.Course) error {
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE payload SET attempts = attempts + 1 WHERE org_id = ? AND id = ? AND state = 'poison'", org, payload)
		if err != nil {
			return err
		}
		return along.Begin(ctx, tx)
	})
}

// again reads the events of a stored payload.
func (in *Intake) again(ctx context.Context, p *payload) error {
	note, err := cloudapi.ParseWebhook(p.body)
	if err != nil {
		return err
	}
	for _, e := range note.Events {
		if broken, is := e.(*cloudapi.Broken); is {
			return fmt.Errorf("still unreadable: %s", broken.Field)
		}
		route, channel, err := in.route(ctx, e.Where())
		if store.Passing(err) {
			return err
		}
		if err == nil && route.Org == p.org {
			p.add(event{channel: channel, waba: e.Where().WABA, what: e})
		}
	}
	return nil
}

// Expire deletes the payloads that have been kept for long enough.
func (in *Intake) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	if _, err := tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND state = 'applied' AND kinds = '' AND received_at < ?", org, store.Micros(now.Add(-PayloadLife))); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND received_at < ?", org, store.Micros(now.Add(-PoisonLife)))
	if n > 0 {
		in.Log.Error("webhooks that could never be applied or understood are deleted, ninety days after they came", "organisation", org.String(), "webhooks", n)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM payload_message WHERE org_id = ? AND received_at < ?
		AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.org_id = payload_message.org_id AND p.id = payload_message.payload_id)`, org, store.Micros(now.Add(-PayloadLife)))
	return err
}
