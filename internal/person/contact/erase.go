package contact

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// Freeze begins the erasure of a person: to everybody who asks she is erased,
// so nothing is sent to her, nobody is merged with her, and if she writes
// again she is a new person.
func (b *Book) Freeze(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	if b.parted != nil {
		if err := b.parted(ctx, tx, org, person); err != nil {
			return fmt.Errorf("end the links of a person: %w", err)
		}
	}
	n, err := tx.Exec(ctx, "UPDATE contact SET state = 'erasing', changed_at = ? WHERE org_id = ? AND id = ? AND state = 'active'", store.Micros(b.now()), org, person)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// EraseRecord empties the entry of a person and of everybody who was merged into her,
// and returns the hashes under which she was found. Only her bare id stays.
func (b *Book) EraseRecord(ctx context.Context, tx store.Tx, org id.Org, person id.Person) ([]Handle, error) {
	handles, err := store.Collect(ctx, tx, func(row store.Row) (Handle, error) {
		var h Handle
		var raw []byte
		err := row.Scan(&h.Kind, &raw)
		copy(h.Hash[:], raw)
		if h.Kind == string(identity.Former) { // an import that names her old number does not bring her back
			h.Kind = string(identity.Phone)
		}
		return h, err
	}, "SELECT kind, hash FROM identity WHERE org_id = ? AND contact_id = ? ORDER BY kind, hash", org, person)
	if err != nil {
		return nil, fmt.Errorf("erase a person: %w", err)
	}
	merged, err := b.MergedInto(ctx, tx, org, person)
	if err != nil {
		return nil, fmt.Errorf("erase a person: %w", err)
	}
	for _, p := range append(merged, person) {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{"DELETE FROM identity WHERE org_id = ? AND contact_id = ?", []any{org, p}},
			{"DELETE FROM name_word WHERE org_id = ? AND contact_id = ?", []any{org, p}},
			{"DELETE FROM identity_joined WHERE org_id = ? AND (contact_id = ? OR other_id = ?)", []any{org, p, p}},
			{"DELETE FROM number_question WHERE org_id = ? AND contact_id = ?", []any{org, p}},
			{`UPDATE contact SET state = 'erased', blocked = FALSE, opted_out = FALSE, restricted = FALSE, objected = FALSE, minor = FALSE, contract = FALSE, held = FALSE, halted = FALSE,
				locale = '', profile = ?, email_hash = NULL, changed_at = ? WHERE org_id = ? AND id = ?`, []any{[]byte{}, store.Micros(b.now()), org, p}},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
				return nil, fmt.Errorf("erase a person: %w", err)
			}
		}
	}
	return handles, nil
}

// MergedInto lists who was merged into a person, and into those: an older copy of
// the database holds them as people of their own. Whether they are erased since does
// not matter.
func (b *Book) MergedInto(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]id.Person, error) {
	all := []id.Person{person}
	for i := 0; i < len(all); i++ {
		merged, err := store.Collect(ctx, r, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND merged_into = ? AND state IN ('merged', 'erased')", org, all[i])
		if err != nil {
			return nil, fmt.Errorf("read who was merged: %w", err)
		}
		all = append(all, merged...)
	}
	return all[1:], nil
}
