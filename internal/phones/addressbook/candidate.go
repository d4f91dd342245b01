package addressbook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Candidate is somebody whom a member of staff added on a phone. She has agreed
// to nothing: the phone is told to delete her, and what it sent waits, sealed
// under a key of its own, until somebody decides.
type Candidate struct {
	ID     id.Candidate
	Device id.Device
	At     time.Time
	Entered
}

// Entered is what the phone sent. More than a name and a number is not kept
// (GDPR Art. 5(1)(c)).
type Entered struct {
	pii.Personal
	Name  string `json:"name"`
	Phone string `json:"phone"` // as it was typed
}

// CandidateLife is how long a candidate waits. Nobody decided: it vanishes.
const CandidateLife = 30 * 24 * time.Hour

// ErrNoCandidate is returned for a candidate that is not there, or not any
// more.
var ErrNoCandidate = errors.New("there is no such candidate: somebody has decided already, or the time is up")

const (
	candidateContext = "candidate.card"
	resourceContext  = "candidate.resource"
)

// Propose keeps a candidate under the name that the phone gave the card. The
// same name again replaces it.
func (b *Books) Propose(ctx context.Context, tx store.Tx, org id.Org, device id.Device, resource string, e Entered) error {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	hash := keys.Lookup(device.String(), resource)
	before, err := store.Collect(ctx, tx, store.One[id.Candidate], "SELECT id FROM candidate WHERE org_id = ? AND device_id = ? AND resource_hash = ?", org, device, hash)
	if err != nil {
		return fmt.Errorf("keep a candidate: %w", err)
	}
	for _, c := range before {
		if err := b.deleteCandidate(ctx, tx, org, c); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM candidate WHERE org_id = ? AND device_id = ? AND id = ?", org, device, c); err != nil {
			return fmt.Errorf("keep a candidate: %w", err)
		}
	}
	own, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	at := b.ids.New()
	rings, err := keys.NewKeyrings(ctx, tx, at)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(e)
	if err != nil {
		return err
	}
	seq, err := b.Next(ctx, tx, org, 1)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO candidate (org_id, device_id, id, seq, resource_hash, resource, open, card, at) VALUES (?, ?, ?, ?, ?, ?, TRUE, ?, ?)",
		org, device, at, seq, hash, own.Seal(resourceContext, at, []byte(resource)), rings[0].Seal(candidateContext, at, plain), store.Micros(b.now()))
	if err != nil {
		return fmt.Errorf("keep a candidate: %w", err)
	}
	return nil
}

// Candidates are those of a device that wait, the oldest first.
func (b *Books) Candidates(ctx context.Context, r store.Reader, org id.Org, device id.Device) ([]Candidate, error) {
	type sealed struct {
		Candidate
		card []byte
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (sealed, error) {
		var at int64
		s := sealed{Candidate: Candidate{Device: device}}
		err := row.Scan(&s.ID, &s.card, &at)
		s.At = store.Time(at)
		return s, err
	}, "SELECT id, card, at FROM candidate WHERE org_id = ? AND device_id = ? AND open ORDER BY id", org, device)
	if err != nil {
		return nil, fmt.Errorf("read candidates: %w", err)
	}
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, rows, func(s sealed) id.Candidate { return s.ID })
	if err != nil {
		return nil, err
	}
	all := make([]Candidate, 0, len(rows))
	for _, s := range rows {
		ring := rings[s.ID]
		if ring == nil {
			continue
		}
		plain, err := ring.Open(candidateContext, s.ID, s.card)
		if errors.Is(err, vault.ErrDestroyed) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open a candidate: %w", err)
		}
		if err := json.Unmarshal(plain, &s.Entered); err != nil {
			return nil, err
		}
		all = append(all, s.Candidate)
	}
	return all, nil
}

// Settle ends the waiting of a candidate, whatever was decided: what the phone
// sent becomes unreadable.
func (b *Books) Settle(ctx context.Context, tx store.Tx, org id.Org, device id.Device, candidate id.Candidate) error {
	n, err := tx.Exec(ctx, "UPDATE candidate SET open = FALSE WHERE org_id = ? AND device_id = ? AND id = ? AND open", org, device, candidate)
	if err != nil {
		return fmt.Errorf("settle a candidate: %w", err)
	}
	if n == 0 {
		return ErrNoCandidate
	}
	return b.deleteCandidate(ctx, tx, org, candidate)
}

// deleteCandidate destroys what is known about a candidate; that the phone shall
// delete the card stays.
func (b *Books) deleteCandidate(ctx context.Context, tx store.Tx, org id.Org, candidate id.Candidate) error {
	if _, err := tx.Exec(ctx, "UPDATE candidate SET open = FALSE, card = ? WHERE org_id = ? AND id = ?", []byte{}, org, candidate); err != nil {
		return fmt.Errorf("delete a candidate: %w", err)
	}
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = keys.Destroy(ctx, tx, candidate)
	return err
}

// toRemove are the cards that a phone made itself since a number, and shall delete.
func (b *Books) toRemove(ctx context.Context, r store.Reader, v View, since int64) ([]Item, error) {
	type sealed struct {
		Item
		id   id.Candidate
		name []byte
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (s sealed, err error) {
		err = row.Scan(&s.id, &s.name, &s.seq)
		return s, err
	}, "SELECT id, resource, seq FROM candidate WHERE org_id = ? AND device_id = ? AND seq > ?", v.Org, v.Device, since)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := b.vault.Org(ctx, r, v.Org)
	if err != nil {
		return nil, err
	}
	own, err := keys.Keyring(ctx, r, v.Org)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(rows))
	for i, s := range rows {
		name, err := own.Open(resourceContext, s.id, s.name)
		if err != nil {
			return nil, fmt.Errorf("open the name of a candidate's card: %w", err)
		}
		items[i] = s.Item
		items[i].Name = string(name)
	}
	return items, nil
}

// ExpireCandidates deletes those that have waited long enough.
func (b *Books) ExpireCandidates(ctx context.Context, tx store.Tx, org id.Org) error {
	old, err := store.Collect(ctx, tx, store.One[id.Candidate], "SELECT id FROM candidate WHERE org_id = ? AND open AND at < ?", org, store.Micros(b.now().Add(-CandidateLife)))
	if err != nil {
		return fmt.Errorf("delete candidates: %w", err)
	}
	for _, c := range old {
		if err := b.deleteCandidate(ctx, tx, org, c); err != nil {
			return err
		}
	}
	return nil
}
