package contact

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// Unproven notes what is kept about a person as not proven to be of the one
// whose code will open it.
type Unproven func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error

// Apart adds keepers who note, before a merge for which only staff vouch, what
// does not belong to the one whose identity can be proven. Call it before the
// Book is used.
func (b *Book) Apart(keepers ...Unproven) { b.apart = append(b.apart, keepers...) }

// setApart has everybody note what will not belong to the one whose identity
// can be proven once the two are one: to the one who stays, or, where she has no
// number, to the other. Her identities are her own from then on.
func (b *Book) setApart(ctx context.Context, tx store.Tx, gone, stays *chat.Known) error {
	owner, other := stays, gone
	if stays.Profile.Phone == "" && gone.Profile.Phone != "" {
		owner, other = gone, stays
	}
	for _, note := range b.apart {
		if err := note(ctx, tx, gone.Org, other.ID); err != nil {
			return fmt.Errorf("note what nobody proved: %w", err)
		}
	}
	var mixed int64
	if err := tx.QueryRow(ctx, "SELECT mixed_at FROM contact WHERE org_id = ? AND id = ?", gone.Org, owner.ID).Scan(&mixed); err != nil {
		return fmt.Errorf("see whose a record is: %w", err)
	}
	if mixed == 0 { // else they are noted already, and others have come since
		mixed = store.Micros(b.now())
		if _, err := tx.Exec(ctx, "UPDATE identity SET own = TRUE WHERE org_id = ? AND contact_id = ?", gone.Org, owner.ID); err != nil {
			return fmt.Errorf("note whose a record is: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE identity SET own = FALSE WHERE org_id = ? AND contact_id = ?", gone.Org, other.ID); err != nil {
		return fmt.Errorf("note whose a record is: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE contact SET mixed_at = ? WHERE org_id = ? AND id = ?", mixed, gone.Org, stays.ID); err != nil {
		return fmt.Errorf("note that a record is of two: %w", err)
	}
	return nil
}

// Belonging says what of a record belongs to the one to whom codes go.
func (b *Book) Belonging(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (record.Belonging, error) {
	var mixed int64
	if err := r.QueryRow(ctx, "SELECT mixed_at FROM contact WHERE org_id = ? AND id = ?", org, p.ID).Scan(&mixed); err != nil {
		return record.Belonging{}, fmt.Errorf("see what belongs to a person: %w", err)
	}
	if mixed == 0 {
		return record.Belonging{}, nil
	}
	all := record.Belonging{Mixed: true, Until: store.Time(mixed), Own: true}
	for _, k := range []identity.Key{{Kind: identity.Phone, Value: p.Profile.Phone}, {Kind: identity.BSUID, Value: p.Profile.BSUID}} { // where codes go
		if k.Value == "" {
			continue
		}
		own, err := b.own(ctx, r, org, p.ID, k)
		if err != nil {
			return all, err
		}
		all.Own = all.Own && own
	}
	return all, nil
}

// own reports whether a key was hers before anybody was merged with her.
func (b *Book) own(ctx context.Context, r store.Reader, org id.Org, person id.Person, k identity.Key) (own bool, err error) {
	spelled, err := b.Spelled(ctx, r, org, string(k.Kind), k.Value)
	for _, h := range spelled {
		if err != nil || own {
			break
		}
		err = r.QueryRow(ctx, "SELECT own FROM identity WHERE org_id = ? AND contact_id = ? AND kind = ? AND hash = ?", org, person, h.Kind, h.Hash).Scan(&own)
		if errors.Is(err, store.ErrNoRows) {
			err = nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("see what belongs to a person: %w", err)
	}
	return own, nil
}
