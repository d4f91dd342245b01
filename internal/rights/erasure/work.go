package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// pollEvery is how often a node looks for work that another has left.
const pollEvery = 5 * time.Second

// TombstoneLife is how long a tombstone lasts: an import older than that is
// not a mistake any more.
const TombstoneLife = 3 * 365 * 24 * time.Hour

// Run works on erasures until ctx ends.
func (d *Erasures) Run(ctx context.Context) {
	timer := time.NewTicker(pollEvery)
	defer timer.Stop()
	for {
		for ctx.Err() == nil {
			worked, err := d.Work(context.WithoutCancel(ctx))
			if err != nil {
				d.Log.Error("erasures cannot go on; trying again", "error", err)
			}
			if !worked || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-d.poke:
		case <-timer.C:
		}
	}
}

// Work does one bite of one procedure that is due and reports whether there
// was one.
func (d *Erasures) Work(ctx context.Context) (bool, error) {
	p, err := scan(d.DB.QueryRow(ctx, "SELECT "+columns+" FROM erasure WHERE step <> 'done' AND not_before <= ? ORDER BY not_before LIMIT 1", store.Micros(d.Now())))
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for erasures: %w", err)
	}
	if d.stop != nil {
		if err := d.stop(p.Step); err != nil {
			return false, err
		}
	}
	err = d.bite(ctx, &p)
	if err == nil || errors.Is(err, errMoved) {
		return true, nil
	}
	d.Log.Error("an erasure met a problem; it goes on later", "erasure", p.ID.String(), "step", string(p.Step), "error", err)
	return true, d.postpone(ctx, &p)
}

// postpone lets a procedure wait after a problem, longer each time.
func (d *Erasures) postpone(ctx context.Context, p *Procedure) error {
	return d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE erasure SET attempts = attempts + 1, problem = ?, not_before = ? WHERE org_id = ? AND id = ? AND step = ?",
			"failed_"+string(p.Step), store.Micros(d.Now().Add(pause.After(p.attempts+1, p.ID.String()))), p.Org, p.ID, string(p.Step))
		return err
	})
}

// bite does the next piece of work of a procedure.
func (d *Erasures) bite(ctx context.Context, p *Procedure) error {
	switch p.Step {
	case Clean:
		return d.clean(ctx, p)
	case Tell:
		return d.tell(ctx, p)
	default:
		write := d.DB.Write
		if p.Step == Delete || p.Step == Sweep { // the long ones
			write = d.DB.WriteBite
		}
		return write(ctx, func(ctx context.Context, tx store.Tx) error {
			again := *p // the function may run twice
			again.Counts = map[string]int64{}
			for name, n := range p.Counts {
				again.Counts[name] = n
			}
			step := map[Step]func(context.Context, store.Tx, *Procedure) error{
				Keep: d.keep, Destroy: d.destroy, Delete: d.delete, Sweep: d.sweep, Prove: d.prove,
			}[p.Step]
			if step == nil {
				return fmt.Errorf("an erasure is at a step that this version does not know: %q", p.Step)
			}
			return step(ctx, tx, &again)
		})
	}
}

// goOn notes where the next bite begins. If another node has moved the
// procedure meanwhile, it undoes this bite.
func (d *Erasures) goOn(ctx context.Context, tx store.Tx, p *Procedure, step Step, to place) error {
	from, err := json.Marshal(p.place)
	if err != nil {
		return err
	}
	where, err := json.Marshal(to)
	if err != nil {
		return err
	}
	counts, err := json.Marshal(p.Counts)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE erasure SET step = ?, place = ?, counts = ?, attempts = 0, problem = '', not_before = 0, unreadable_at = ?, cleaned_at = ?, done_at = ?
		WHERE org_id = ? AND id = ? AND step = ? AND place = ?`, string(step), string(where), string(counts),
		store.Micros(p.Unreadable), store.Micros(p.Cleaned), store.Micros(p.Done), p.Org, p.ID, string(p.Step), string(from))
	if err == nil && n == 0 {
		err = errMoved
	}
	return err
}

// destroy makes the person unreadable.
func (d *Erasures) destroy(ctx context.Context, tx store.Tx, p *Procedure) error {
	keys, err := d.Vault.Org(ctx, tx, p.Org)
	if err != nil {
		return err
	}
	destroyed, err := keys.Destroy(ctx, tx, p.Contact)
	if err != nil {
		return err
	}
	handles, err := d.People.EraseRecord(ctx, tx, p.Org, p.Contact)
	if err != nil {
		return err
	}
	now := d.Now()
	graves := make([][]any, len(handles))
	for i, h := range handles {
		graves[i] = []any{p.Org, h.Kind, h.Hash, p.Contact, store.Micros(now), store.Micros(now.Add(TombstoneLife))}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "tombstone (org_id, kind, hash, contact_id, at, until)", Upsert: "(org_id, kind, hash) DO UPDATE SET contact_id = excluded.contact_id, at = excluded.at, until = excluded.until"}, graves); err != nil {
		return err
	}
	p.Unreadable = now
	if err := d.goOn(ctx, tx, p, next(Destroy), place{}); err != nil {
		return err
	}
	return d.Ledger.Append(ctx, tx, p.Org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "erasure.keys_destroyed", At: now,
		Record: map[string]any{"erasure": p.ID.String(), "contact": p.Contact.String(), "keys": destroyed}})
}

// delete does a bite of the part at which the procedure stands.
func (d *Erasures) delete(ctx context.Context, tx store.Tx, p *Procedure) error {
	if p.place.Part >= len(d.Places) {
		return d.goOn(ctx, tx, p, next(Delete), place{})
	}
	part := d.Places[p.place.Part]
	n, more, err := part.Erase(ctx, tx, p.Org, p.Contact)
	if err != nil {
		return fmt.Errorf("delete %s: %w", part.Name, err)
	}
	if n > 0 {
		p.Counts[part.Name] += n
	}
	to := p.place
	if !more {
		to.Part++
		if to.Part == len(d.Places) {
			return d.goOn(ctx, tx, p, next(Delete), place{})
		}
		return d.goOn(ctx, tx, p, Delete, to)
	}
	// The place is the same, so a bite that another node did at the same
	// moment does not show; deleting twice does no harm.
	return d.goOn(ctx, tx, p, Delete, to)
}

// sweep does a bite of looking for the person among others.
func (d *Erasures) sweep(ctx context.Context, tx store.Tx, p *Procedure) error {
	if p.place.Part >= len(d.Mentions) {
		return d.goOn(ctx, tx, p, next(Sweep), place{})
	}
	who, err := d.open(ctx, tx, p)
	if err != nil {
		return err
	}
	at := d.Mentions[p.place.Part]
	n, after, err := at.Erase(ctx, tx, p.Org, who, p.place.After)
	if err != nil {
		return fmt.Errorf("delete mentions in %s: %w", at.Name, err)
	}
	if n > 0 {
		p.Counts[at.Name] += n
	}
	to := place{Part: p.place.Part, After: after}
	if after.IsZero() {
		to.Part++
	}
	return d.goOn(ctx, tx, p, Sweep, to)
}

// open reads the parcel. A procedure that a restore began has none.
func (d *Erasures) open(ctx context.Context, r store.Reader, p *Procedure) (Identity, error) {
	who := Identity{Contact: p.Contact}
	if len(p.parcel) == 0 {
		return who, nil
	}
	keys, err := d.Vault.Org(ctx, r, p.Org)
	if err != nil {
		return who, err
	}
	ring, err := keys.Keyring(ctx, r, p.ID)
	if errors.Is(err, vault.ErrDestroyed) {
		return who, nil
	}
	if err != nil {
		return who, err
	}
	plain, err := ring.Open(parcelContext, p.ID, p.parcel)
	if err != nil {
		return who, fmt.Errorf("open an erasure's parcel: %w", err)
	}
	return who, json.Unmarshal(plain, &who)
}

// clean lets the database overwrite what the deleted rows left behind.
func (d *Erasures) clean(ctx context.Context, p *Procedure) error {
	if err := d.DB.Scrub(ctx); err != nil {
		return err
	}
	return d.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		again := *p
		again.Cleaned = d.Now()
		if err := d.address(ctx, tx, p); err != nil {
			return err
		}
		return d.goOn(ctx, tx, &again, next(Clean), place{})
	})
}

// prove ends a procedure, once nothing is left that a bite which ran at the
// same moment may have brought in.
func (d *Erasures) prove(ctx context.Context, tx store.Tx, p *Procedure) error {
	for _, part := range d.Places {
		_, more, err := part.Erase(ctx, tx, p.Org, p.Contact)
		if err != nil {
			return fmt.Errorf("delete %s: %w", part.Name, err)
		}
		if more {
			return d.goOn(ctx, tx, p, Delete, place{})
		}
	}
	told, err := d.RecipientsOf(ctx, tx, p.Org, p.ID)
	if err != nil {
		return err
	}
	answers := map[string]string{}
	for _, t := range told {
		answers[t.Name] = string(t.State) + " " + t.Code
	}
	kept, err := d.KeptOf(ctx, tx, p.Org, p.ID)
	if err != nil {
		return err
	}
	duties := map[string]int64{}
	for _, k := range kept {
		duties[k.Duty] = k.Items
	}
	keys, err := d.Vault.Org(ctx, tx, p.Org)
	if err != nil {
		return err
	}
	if _, err := keys.Destroy(ctx, tx, p.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE erasure SET parcel = ? WHERE org_id = ? AND id = ?", []byte{}, p.Org, p.ID); err != nil {
		return err
	}
	p.Done = d.Now()
	if err := d.goOn(ctx, tx, p, Done, place{}); err != nil {
		return err
	}
	return d.Ledger.Append(ctx, tx, p.Org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "erasure.done", At: p.Done,
		Record: map[string]any{"erasure": p.ID.String(), "contact": p.Contact.String(), "deleted": p.Counts, "recipients": answers, "kept": duties}})
}

// Expire deletes tombstones whose time is over, and what a duty kept until now.
func (d *Erasures) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	if _, err := tx.Exec(ctx, "DELETE FROM tombstone WHERE org_id = ? AND until < ?", org, store.Micros(now)); err != nil {
		return err
	}
	return d.expireKept(ctx, tx, org, now)
}
