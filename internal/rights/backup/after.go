package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/contact"
	"einklang/internal/person/keeper"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
)

// Patience is how long one statement of a restore may take: some work on whole
// tables.
const Patience = 6 * time.Hour

// reindexBatch is how many people are read in one transaction.
const reindexBatch = 500

// House is what a restore brings in order.
type House struct {
	DB   *store.DB
	Now  func() time.Time
	Orgs interface {
		IDs(ctx context.Context, r store.Reader) ([]id.Org, error)
	}
	People   *contact.Book
	Vault    *vault.Vault
	Erasures *erasure.Erasures
	Standing map[journal.Kind]Keeper
	// Rooms have nothing be sent or handed out by itself that was waiting when the
	// backup was made.
	Rooms keeper.Keepers
	// Index makes the search index of an organisation anew.
	Index func(ctx context.Context, org id.Org) (int, error)
}

// Restored does what must be done before anything else may happen: whoever was
// erased since the backup is erased again, what was decided since holds again,
// nothing that was waiting is sent by itself, everything waits where decisions may
// be lost, and the search index is made anew.
func (h *House) Restored(ctx context.Context, l *Loaded) error {
	if err := h.giveBackKeys(ctx); err != nil {
		return err
	}
	gone, err := h.erasedSince(ctx, l.Markers)
	if err != nil {
		return err
	}
	for _, m := range gone {
		if err := h.eraseAgain(ctx, m); err != nil {
			return fmt.Errorf("erase again who was erased: %w", err)
		}
	}
	strangers, err := h.hold(ctx, l.Journal.Standings)
	if err != nil {
		return err
	}
	for _, n := range strangers {
		l.Unknown += n
	}
	if err := h.wait(ctx, l, strangers); err != nil {
		return err
	}
	if err := h.DB.Write(ctx, h.Rooms.Restored); err != nil {
		return err
	}
	for worked := true; worked; {
		if worked, err = h.Erasures.Work(ctx); err != nil {
			return err
		}
	}
	if err := h.reindex(ctx); err != nil {
		return err
	}
	return Finish(ctx, h.DB, h.Now())
}

// eraseAgain erases a person, unless she became known after the backup.
func (h *House) eraseAgain(ctx context.Context, m Marker) error {
	there, err := h.People.Exists(ctx, h.DB, m.Org, m.Contact)
	if err != nil || !there {
		return err
	}
	err = h.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := h.Erasures.Begin(ctx, tx, m.Org, m.Contact, erasure.Order{Source: erasure.Restored})
		return err
	})
	if errors.Is(err, erasure.ErrNobody) {
		return nil
	}
	return err
}

// erasedSince are those whom the markers name, and everybody whose keys the
// newest key file does not hold any more.
func (h *House) erasedSince(ctx context.Context, markers []Marker) ([]Marker, error) {
	keyless, err := h.keyless(ctx, h.DB)
	if err != nil {
		return nil, err
	}
	var gone []Marker
	for _, k := range keyless {
		gone = append(gone, Marker{Org: k.Org, Contact: k.Owner})
	}
	return append(gone, markers...), nil
}

// giveBackKeys returns the keys of people who were merged after the backup: a
// sealed profile names the key that opens it.
func (h *House) giveBackKeys(ctx context.Context) error {
	return h.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		keyless, err := h.keyless(ctx, tx)
		if err != nil {
			return err
		}
		return vault.Give(ctx, tx, slices.DeleteFunc(keyless, func(k vault.Given) bool { return k.Key.IsZero() }))
	})
}

// keyless are the people who have no keys, with the key that each needs.
func (h *House) keyless(ctx context.Context, r store.Reader) (all []vault.Given, err error) {
	orgs, err := h.Orgs.IDs(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		owners, err := vault.Owners(ctx, r, org)
		if err != nil {
			return nil, err
		}
		people, err := h.People.Keyed(ctx, r, org)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if _, has := slices.BinarySearchFunc(owners, id.ID(p.Person), id.Compare); !has {
				all = append(all, vault.Given{Org: org, Key: p.Key, Owner: p.Person})
			}
		}
	}
	return all, nil
}

func (h *House) reindex(ctx context.Context) error {
	orgs, err := h.Orgs.IDs(ctx, h.DB)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		for after, done := (id.Cursor{}), false; !done; {
			err := h.DB.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
				next, err := h.People.Reindex(ctx, tx, org, after, reindexBatch)
				tx.AfterCommit(func() { after, done = next, next.IsZero() })
				return err
			})
			if err != nil {
				return err
			}
		}
		if _, err := h.Index(ctx, org); err != nil {
			return err
		}
	}
	return nil
}
