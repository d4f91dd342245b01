package contact

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// MailStands is how long a mail address must have stood, untouched by staff,
// programs and imports, until whoever reads its mails is taken for the person
// (GDPR Art. 12(6); privacy.md section 4).
const MailStands = 30 * 24 * time.Hour

// Proven says by which ways it is known that whoever answers there is the person.
type Proven struct {
	WhatsApp bool // she has written to us as the identity to which we write
	Email    bool // the address has stood for long enough
}

// Proven says what is proven of the ways to a person. A mail address is if she
// proved it herself (see [Book.Correct]), if nobody else than she entered it, or if
// what others entered has stood for [MailStands].
func (b *Book) Proven(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (Proven, error) {
	var is Proven
	key := identity.Key{Kind: identity.Phone, Value: p.Profile.Phone} // where we write
	if key.Value == "" {
		key = identity.Key{Kind: identity.BSUID, Value: p.Profile.BSUID}
	}
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return is, err
	}
	for _, h := range spelled(keys, key) {
		err := r.QueryRow(ctx, "SELECT wrote FROM identity WHERE org_id = ? AND contact_id = ? AND kind = ? AND hash = ?", org, p.ID, h.Kind, h.Hash).Scan(&is.WhatsApp)
		if err == nil {
			break
		}
		if !errors.Is(err, store.ErrNoRows) {
			return is, fmt.Errorf("see whether somebody wrote: %w", err)
		}
	}
	// An address that she proved has no time at which anybody else entered it.
	_, entered, err := b.Entered(ctx, r, org, p.ID)
	is.Email = p.Profile.Email != "" && (entered.IsZero() || b.now().Sub(entered) >= MailStands)
	return is, err
}

// saveProven notes the identities as which people wrote to us.
func (r *resolving) saveProven(ctx context.Context, seen []Sighting) error {
	var wrote [][]any
	for _, s := range seen {
		if !s.Wrote {
			continue
		}
		for _, k := range s.seen().Keys() {
			if k.Kind == identity.Parent || r.proven[k] {
				continue // a parent's id is that of a company
			}
			r.proven[k] = true
			h := hash(r.keys, k)
			wrote = append(wrote, []any{true, r.org, h.Kind, h.Hash})
		}
	}
	if len(wrote) == 0 {
		return nil
	}
	if err := r.tx.UpdateMany(ctx, store.Update{Table: "identity", Set: "wrote = ?", Where: "org_id = ? AND kind = ? AND hash = ?"}, wrote); err != nil {
		return fmt.Errorf("note who wrote: %w", err)
	}
	return nil
}
