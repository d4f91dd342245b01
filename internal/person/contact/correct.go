package contact

import (
	"context"
	"fmt"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Correction is what a person corrects about herself (GDPR Art. 16); nil stays as
// it is.
type Correction struct {
	pii.Personal
	Name  *string // by which we call her
	Email *string // which she has proven to be hers; empty takes it away
}

// Correct keeps what a person corrected. A mail address counts from then on as
// proven by her (see [Proven]).
func (b *Book) Correct(ctx context.Context, tx store.Tx, org id.Org, person id.Person, c Correction) error {
	known, err := b.Get(ctx, tx, org, person)
	if err != nil {
		return err
	}
	if known.Erased || known.Keys == nil {
		return ErrNotFound
	}
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return err
	}
	r.know(known)
	if c.Name != nil {
		known.Profile.Given = short(strings.TrimSpace(*c.Name))
	}
	if c.Email != nil {
		known.Profile.Email = strings.TrimSpace(*c.Email)
	}
	r.noted[known.ID] = true
	if err := r.save(ctx); err != nil {
		return err
	}
	if c.Email == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE contact SET email_entered_at = 0, email_proven_at = ? WHERE org_id = ? AND id = ?", store.Micros(b.now()), org, known.ID); err != nil {
		return fmt.Errorf("note that a mail address is proven: %w", err)
	}
	return nil
}
