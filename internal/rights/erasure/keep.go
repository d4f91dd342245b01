package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const itemContext = "kept.item"

// Kept is what a duty keeps of an erased person.
type Kept struct {
	ID      id.Box
	Erasure id.Erasure
	Duty    string
	Until   time.Time
	Items   int64
	Created time.Time
}

func scanKept(row store.Row) (Kept, error) {
	var k Kept
	var until, created int64
	err := row.Scan(&k.ID, &k.Erasure, &k.Duty, &until, &k.Items, &created)
	k.Until, k.Created = store.Time(until), store.Time(created)
	return k, err
}

const keptColumns = "id, erasure_id, duty, until, items, created_at"

// KeptOf lists what the duties keep after an erasure.
func (d *Erasures) KeptOf(ctx context.Context, r store.Reader, org id.Org, procedure id.Erasure) ([]Kept, error) {
	return store.Collect(ctx, r, scanKept, "SELECT "+keptColumns+" FROM kept WHERE org_id = ? AND erasure_id = ? ORDER BY duty", org, procedure)
}

// keep seals a bite of what a duty keeps under a key of its own.
func (d *Erasures) keep(ctx context.Context, tx store.Tx, p *Procedure) error {
	if p.place.Part >= len(d.Duties) {
		return d.goOn(ctx, tx, p, next(Keep), place{})
	}
	duty := d.Duties[p.place.Part]
	to := place{Part: p.place.Part + 1}
	count, until, err := duty.Count(ctx, tx, p.Org, p.Contact)
	if err != nil {
		return fmt.Errorf("see what %s keeps: %w", duty.Name, err)
	}
	if count > 0 && until.After(d.Now()) {
		items, after, err := duty.Items(ctx, tx, p.Org, p.Contact, p.place.After)
		if err != nil {
			return fmt.Errorf("read what %s keeps: %w", duty.Name, err)
		}
		if err := d.lockAway(ctx, tx, p, duty.Name, until, items); err != nil {
			return err
		}
		if !after.IsZero() {
			to = place{Part: p.place.Part, After: after}
		}
	}
	if to.Part == len(d.Duties) {
		return d.goOn(ctx, tx, p, next(Keep), place{})
	}
	return d.goOn(ctx, tx, p, Keep, to)
}

func (d *Erasures) lockAway(ctx context.Context, tx store.Tx, p *Procedure, duty string, until time.Time, items []Item) error {
	keys, err := d.Vault.Org(ctx, tx, p.Org)
	if err != nil {
		return err
	}
	var box id.Box
	err = tx.QueryRow(ctx, "SELECT id FROM kept WHERE org_id = ? AND erasure_id = ? AND duty = ?", p.Org, p.ID, duty).Scan(&box)
	if errors.Is(err, store.ErrNoRows) {
		box = id.Box(d.IDs.New())
		if _, err := keys.NewKeyrings(ctx, tx, box); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO kept (org_id, id, erasure_id, duty, until, items, created_at) VALUES (?, ?, ?, ?, ?, 0, ?)",
			p.Org, box, p.ID, duty, store.Micros(until), store.Micros(d.Now()))
	}
	if err != nil {
		return fmt.Errorf("lock away: %w", err)
	}
	ring, err := keys.Keyring(ctx, tx, box)
	if err != nil {
		return err
	}
	rows := make([][]any, len(items))
	for i, item := range items {
		rows[i] = []any{p.Org, box, item.ID, ring.Seal(itemContext, item.ID, item.Clear)}
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "kept_item (org_id, kept_id, id, sealed)", Skip: true}, rows); err != nil {
		return fmt.Errorf("lock away: %w", err)
	}
	_, err = tx.Exec(ctx, "UPDATE kept SET items = items + ? WHERE org_id = ? AND id = ?", int64(len(items)), p.Org, box)
	return err
}

// OpenKept reads what a duty keeps, at most limit items after a place. Looking
// is itself proven: the drawer is for the one duty only.
func (d *Erasures) OpenKept(ctx context.Context, tx store.Tx, org id.Org, box id.Box, by id.Account, after id.ID, limit int) ([]Item, error) {
	keys, err := d.Vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	ring, err := keys.Keyring(ctx, tx, box)
	if err != nil {
		return nil, err
	}
	items, err := store.Collect(ctx, tx, func(row store.Row) (Item, error) {
		var i Item
		if err := row.Scan(&i.ID, &i.Clear); err != nil {
			return i, err
		}
		var err error
		i.Clear, err = ring.Open(itemContext, i.ID, i.Clear)
		return i, err
	}, "SELECT id, sealed FROM kept_item WHERE org_id = ? AND kept_id = ? AND id > ? ORDER BY id LIMIT ?", org, box, after[:], int64(limit))
	if err != nil {
		return nil, fmt.Errorf("open what a duty keeps: %w", err)
	}
	return items, d.Ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "erasure.kept_opened", At: d.Now(),
		Record: map[string]any{"kept": box.String(), "by": by.String()}})
}

// expireKept destroys what no duty keeps any longer.
func (d *Erasures) expireKept(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	over, err := store.Collect(ctx, tx, scanKept, "SELECT "+keptColumns+" FROM kept WHERE org_id = ? AND until < ?", org, store.Micros(now))
	if err != nil || len(over) == 0 {
		return err
	}
	keys, err := d.Vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, k := range over {
		if _, err := keys.Destroy(ctx, tx, k.ID); err != nil {
			return err
		}
		for _, sql := range []string{"DELETE FROM kept_item WHERE org_id = ? AND kept_id = ?", "DELETE FROM kept WHERE org_id = ? AND id = ?"} {
			if _, err := tx.Exec(ctx, sql, org, k.ID); err != nil {
				return err
			}
		}
		if err := d.Ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.IDs.New()), Kind: "erasure.kept_ended", At: now,
			Record: map[string]any{"erasure": k.Erasure.String(), "duty": k.Duty, "items": k.Items}}); err != nil {
			return err
		}
	}
	return nil
}

// Preview is what an erasure would do.
type Preview struct {
	pii.Personal
	Goes  []Count
	Stays []Kept
	Told  []string // names of the recipients
	Held  bool     // a legal hold forbids it
}

// Count is how much a part keeps.
type Count struct {
	Name string
	N    int64
}

// Preview says what goes and what stays, and why.
func (d *Erasures) Preview(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (Preview, error) {
	var p Preview
	who, err := settle(ctx, r, d.People, org, contact)
	if err != nil {
		return p, err
	}
	if p.Held, err = d.Held(ctx, r, org, who.Contact); err != nil {
		return p, err
	}
	for _, part := range d.Places {
		if part.Count == nil {
			continue
		}
		n, err := part.Count(ctx, r, org, who.Contact)
		if err != nil {
			return p, fmt.Errorf("count %s: %w", part.Name, err)
		}
		if n > 0 {
			p.Goes = append(p.Goes, Count{part.Name, n})
		}
	}
	for _, duty := range d.Duties {
		n, until, err := duty.Count(ctx, r, org, who.Contact)
		if err != nil {
			return p, fmt.Errorf("see what %s keeps: %w", duty.Name, err)
		}
		if n > 0 && until.After(d.Now()) {
			p.Stays = append(p.Stays, Kept{Duty: duty.Name, Items: n, Until: until})
		}
	}
	recipients, err := d.Recipients(ctx, r, org)
	for _, to := range recipients {
		p.Told = append(p.Told, to.Name)
	}
	return p, err
}
