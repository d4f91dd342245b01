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
// version may know better) and when somebody asks for it. Until then it has a key
// of its own, which is destroyed with it, so that no backup keeps it readable. After
// [PoisonLife], or once somebody has decided so, its content goes; that it came,
// and the keyed digest by which it would be known again, stay for three years.

// lostKept is for how long it is known that a payload was never applied.
const lostKept = 3 * 366 * 24 * time.Hour

// keepPoison stores a payload that could not be applied.
func (in *Intake) keepPoison(ctx context.Context, p *payload) error {
	in.count(func(c *Counts) { c.Poison++ })
	p.puzzled(p.problem)
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		keys, err := in.Vault.Org(ctx, tx, p.org)
		if err != nil {
			return err
		}
		fresh, err := in.unseen(ctx, tx, p.org, keys, []*payload{p})
		if err != nil {
			return err
		}
		return in.keep(ctx, tx, p.org, keys, fresh, nil)
	})
}

// applied notes that a payload is applied, or applied further. From then on it is
// kept as any other.
func (in *Intake) applied(ctx context.Context, tx store.Tx, keys *vault.Org, p *payload, ring *vault.Keyring) error {
	if !p.waited {
		_, err := tx.Exec(ctx, "UPDATE payload SET kinds = ?, owner_id = ?, sealed = ? WHERE org_id = ? AND id = ?",
			lines(p.kinds), ring.Owner(), ring.Seal(payloadContext, p.id, p.kept()), p.org, p.id)
		return err
	}
	n, err := tx.Exec(ctx, "UPDATE payload SET state = 'applied', problem = '', kinds = ?, owner_id = ?, sealed = ? WHERE org_id = ? AND id = ? AND state = 'poison'",
		lines(p.kinds), ring.Owner(), ring.Seal(payloadContext, p.id, p.kept()), p.org, p.id)
	if err != nil {
		return fmt.Errorf("note that a payload is applied: %w", err)
	}
	if n == 0 {
		return errGone
	}
	_, err = keys.Destroy(ctx, tx, p.id)
	return err
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

// errSame: what was not understood of a payload still is not. errGone: another
// node has applied it meanwhile, or its time is over.
var (
	errSame = errors.New("nothing more of the payload is understood")
	errGone = errors.New("the payload does not wait any more")
)

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
			case errors.Is(err, errSame), errors.Is(err, errGone):
			case errors.Is(err, vault.ErrDestroyed): // a person is erased, and the payload with her; or it was applied after the backup that was restored
				if err := in.unreadable(ctx, org, a); err != nil {
					return applied, left, err
				}
			case store.Passing(err):
				return applied, left, fmt.Errorf("apply a payload again: %w", err)
			default:
				left++
				in.Log.Warn("a webhook still cannot be applied", "organisation", org.String(), "payload", a.id.String(), "error", err)
				if err := in.tried(ctx, org, a, along); err != nil {
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
	p := &payload{id: a.id, org: org, body: body, received: store.Time(a.received), replay: true, waited: !a.applied}
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

// tried counts a vain attempt. A payload of a version before gets its own key.
func (in *Intake) tried(ctx context.Context, org id.Org, a aside, along store.Course) error {
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE payload SET attempts = attempts + 1 WHERE org_id = ? AND id = ? AND state = 'poison'", org, a.id)
		if err != nil {
			return err
		}
		if n == 1 && a.owner != id.ID(a.id) {
			if err := in.setApart(ctx, tx, org, a); err != nil {
				return err
			}
		}
		return along.Begin(ctx, tx)
	})
}

func (in *Intake) setApart(ctx context.Context, tx store.Tx, org id.Org, a aside) error {
	keys, err := in.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, a.owner)
	if err != nil {
		return err
	}
	body, err := ring.Open(payloadContext, a.id, a.sealed)
	if err != nil {
		return fmt.Errorf("open a payload: %w", err)
	}
	return in.resealed(ctx, tx, org, keys, a.id, body)
}

// resealed stores a payload that waits under a new key of its own; one that it had
// is destroyed.
func (in *Intake) resealed(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, at id.Webhook, body []byte) error {
	if _, err := keys.Destroy(ctx, tx, at); err != nil {
		return err
	}
	rings, err := keys.NewKeyrings(ctx, tx, at)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE payload SET owner_id = ?, sealed = ? WHERE org_id = ? AND id = ? AND state = 'poison'", at, rings[0].Seal(payloadContext, at, body), org, at)
	if err != nil {
		return fmt.Errorf("seal a payload under its own key: %w", err)
	}
	return nil
}

// unreadable gives up a payload whose key is gone.
func (in *Intake) unreadable(ctx context.Context, org id.Org, a aside) error {
	if a.applied {
		return nil
	}
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return in.empty(ctx, tx, org, stateLost, a.id) })
}

// empty takes the content of payloads; that they came stays.
func (in *Intake) empty(ctx context.Context, tx store.Tx, org id.Org, state string, payloads ...id.Webhook) error {
	keys, err := in.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	rows := make([][]any, len(payloads))
	for i, at := range payloads {
		if _, err := keys.Destroy(ctx, tx, at); err != nil {
			return err
		}
		rows[i] = []any{state, at, []byte{}, org, at}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "payload", Set: "state = ?, owner_id = ?, kinds = '', sealed = ?", Where: "org_id = ? AND id = ?"}, rows); err != nil {
		return fmt.Errorf("take the content of payloads: %w", err)
	}
	return nil
}

// Waiting counts what could not be applied yet, and tells since when the oldest
// waits.
func (in *Intake) Waiting(ctx context.Context, r store.Reader, org id.Org) (n int64, since time.Time, err error) {
	var oldest int64
	err = r.QueryRow(ctx, "SELECT COUNT(*), COALESCE(MIN(received_at), 0) FROM payload WHERE org_id = ? AND state = 'poison'", org).Scan(&n, &oldest)
	return n, store.Time(oldest), err
}

// Reason is why payloads wait.
type Reason struct {
	Problem string // as a [Kind] is named
	N       int64
	Since   time.Time
}

// Until is when the content of the oldest goes.
func (r Reason) Until() time.Time { return r.Since.Add(PoisonLife) }

// Reasons lists why payloads wait.
func (in *Intake) Reasons(ctx context.Context, org id.Org) ([]Reason, error) {
	return store.Collect(ctx, in.DB, func(row store.Row) (w Reason, err error) {
		var since int64
		err = row.Scan(&w.Problem, &w.N, &since)
		w.Since = store.Time(since)
		return w, err
	}, "SELECT problem, COUNT(*), MIN(received_at) FROM payload WHERE org_id = ? AND state = 'poison' GROUP BY problem ORDER BY problem", org)
}

// Discard takes the content of what waits for one reason, because somebody decided
// that it is not needed, and says how many webhooks that were.
func (in *Intake) Discard(ctx context.Context, tx store.Tx, org id.Org, problem string) (int, error) {
	all, err := store.Collect(ctx, tx, store.One[id.Webhook], "SELECT id FROM payload WHERE org_id = ? AND state = 'poison' AND problem = ?", org, problem)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return len(all), in.empty(ctx, tx, org, stateDiscarded, all...)
}

// Gone is a webhook that was never applied, and whose content is gone.
type Gone struct {
	Received  time.Time
	Problem   string
	Discarded bool // somebody decided so
	Digest    []byte
}

// Never lists the webhooks that were never applied, the newest first, and counts
// them.
func (in *Intake) Never(ctx context.Context, org id.Org, most int) (all []Gone, n int64, err error) {
	all, err = store.Collect(ctx, in.DB, func(row store.Row) (g Gone, err error) {
		var received int64
		var state string
		err = row.Scan(&received, &g.Problem, &state, &g.Digest)
		g.Received, g.Discarded = store.Time(received), state == stateDiscarded
		return g, err
	}, "SELECT received_at, problem, state, body_hash FROM payload WHERE org_id = ? AND state IN ('lost', 'dropped') ORDER BY id DESC LIMIT ?", org, int64(most))
	if err != nil || len(all) == 0 {
		return nil, 0, err
	}
	err = in.DB.QueryRow(ctx, "SELECT COUNT(*) FROM payload WHERE org_id = ? AND state IN ('lost', 'dropped')", org).Scan(&n)
	return all, n, err
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
		route, channel, err := in.route(ctx, e)
		if store.Passing(err) {
			return err
		}
		if err == nil && route.Org == p.org {
			p.add(event{channel: channel, waba: e.Where().WABA, what: e})
		}
	}
	return nil
}

// expireBite is how many payloads that were never applied lose their content at once.
const expireBite = 1000

// Expire deletes the payloads that have been kept for long enough, and what was
// chosen at Meta by people who became known by nothing.
func (in *Intake) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	for _, old := range []struct {
		where string
		life  time.Duration
	}{{"state = 'applied' AND kinds = ''", PayloadLife}, {"state = 'applied'", PoisonLife}, {"state IN ('lost', 'dropped')", lostKept}} {
		if _, err := tx.Exec(ctx, "DELETE FROM payload WHERE org_id = ? AND "+old.where+" AND received_at < ?", org, store.Micros(now.Add(-old.life))); err != nil {
			return err
		}
	}
	lost, err := store.Collect(ctx, tx, store.One[id.Webhook], "SELECT id FROM payload WHERE org_id = ? AND state = 'poison' AND received_at < ? LIMIT ?", org, store.Micros(now.Add(-PoisonLife)), int64(expireBite))
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		in.Log.Error("webhooks that could never be applied lose their content, ninety days after they came", "organisation", org.String(), "webhooks", len(lost))
		if err := in.empty(ctx, tx, org, stateLost, lost...); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM early_word WHERE org_id = ? AND received_at < ?", org, store.Micros(now.Add(-PoisonLife))); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM payload_message WHERE org_id = ? AND received_at < ?
		AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.org_id = payload_message.org_id AND p.id = payload_message.payload_id)`, org, store.Micros(now.Add(-PayloadLife)))
	return err
}
