package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Rows are the entries, for a check of the whole evidence log.
func (l *Log) Rows() evidence.Rows { return rows{l} }

type rows struct{ log *Log }

// Class: entries go after the period of the log.
func (rows) Class() string { return period.Audit }

// Proves: of each entry there is a leaf; that of an end belongs to the entry of
// the beginning.
func (rows) Proves(kind string) bool { return strings.HasPrefix(kind, "audit.") && kind != endKind }

// Compare finds entries that are gone, and those that say something else than
// their leaf.
func (w rows) Compare(ctx context.Context, r store.Reader, org id.Org, leaves []evidence.Line, _ time.Time) (missing, altered []id.Entry, err error) {
	ids := make([]id.Entry, len(leaves))
	for i, l := range leaves {
		ids[i] = l.ID
	}
	all, err := store.CollectIn(ctx, r, scanEntry, selectEntry+"org_id = ? AND id IN (?)", ids, org)
	if err != nil {
		return nil, nil, fmt.Errorf("read what was done: %w", err)
	}
	if err := w.log.several(ctx, r, org, all); err != nil {
		return nil, nil, err
	}
	if err := w.log.compare(ctx, r, org, all); err != nil {
		return nil, nil, err
	}
	there := make(map[id.Entry]bool, len(all))
	for _, e := range all {
		if there[e.ID] = true; e.Altered {
			altered = append(altered, e.ID)
		}
	}
	return evidence.Without(ids, there), altered, nil
}

// Each goes through the ids of the entries.
func (rows) Each(ctx context.Context, r store.Reader, org id.Org, see func(id.Entry)) error {
	return evidence.EachOf(ctx, r, see, "SELECT id FROM audit WHERE org_id = ?", org)
}
