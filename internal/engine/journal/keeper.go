package journal

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Journal) Claims() []store.Claim {
	return []store.Claim{{Table: "journal", Column: "subject_id", Export: "what was decided about her is told where it stands"}}
}

// Merge lets what is noted follow a person to the one she turned out to be: what
// holds about that one is copied for all records that became hers.
func (*Journal) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	for _, sql := range []string{
		"UPDATE journal SET subject_id = ?, version = version + 1 WHERE org_id = ? AND kind = ? AND subject_id = ? AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.org_id = journal.org_id AND j.kind = journal.kind AND j.subject_id = ?)",
		"DELETE FROM journal WHERE subject_id <> ? AND org_id = ? AND kind = ? AND subject_id = ? AND subject_id <> ?",
	} {
		if _, err := tx.Exec(ctx, sql, into, org, string(Person), from, into); err != nil {
			return fmt.Errorf("merge what is noted about a person: %w", err)
		}
	}
	return nil
}

// Erase strikes what is noted about a person: that she was erased holds by her
// tombstone, whatever backup is restored.
func (j *Journal) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM journal WHERE org_id = ? AND kind = ? AND subject_id = ?", org, string(Person), person)
	if err != nil {
		return 0, false, fmt.Errorf("strike what is noted about a person: %w", err)
	}
	return n, false, nil
}

// Expire strikes what nobody copies any more, because there are no backups now.
// What waits for a place that is down waits for as long as it is.
func (j *Journal) Expire(ctx context.Context, tx store.Tx, org id.Org, _ time.Time) error {
	if j.on {
		return nil
	}
	if _, err := tx.Exec(ctx, "DELETE FROM journal WHERE org_id = ?", org); err != nil {
		return fmt.Errorf("strike what nobody copies: %w", err)
	}
	return nil
}
