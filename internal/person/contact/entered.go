package contact

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// Entered is when staff, a program or an import last entered a person's number
// and her mail address, also by merging her record with another; zero: none did.
func (b *Book) Entered(ctx context.Context, r store.Reader, org id.Org, person id.Person) (number, email time.Time, err error) {
	var n, e int64
	if err := r.QueryRow(ctx, "SELECT number_entered_at, email_entered_at FROM contact WHERE org_id = ? AND id = ?", org, person).Scan(&n, &e); err != nil {
		return number, email, fmt.Errorf("read when somebody entered a number: %w", err)
	}
	return store.Time(n), store.Time(e), nil
}

// saveEntered notes whose number or mail address came from elsewhere than
// WhatsApp, and when.
func (r *resolving) saveEntered(ctx context.Context) error {
	now := store.Micros(r.book.now())
	var numbers, mails [][]any
	for _, g := range r.register.Gained {
		if g.Key.Kind == identity.Phone && r.entered[g.Person] {
			numbers = append(numbers, []any{now, r.org, g.Person})
		}
	}
	for person, is := range r.mailed {
		if !is {
			continue
		}
		mails = append(mails, []any{now, r.org, person})
	}
	err := r.tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "number_entered_at = ?", Where: "org_id = ? AND id = ?"}, numbers)
	if err == nil {
		err = r.tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "email_entered_at = ?, email_proven_at = 0", Where: "org_id = ? AND id = ?"}, mails)
	}
	if err != nil {
		return fmt.Errorf("note when a number was entered: %w", err)
	}
	return nil
}
