package seal

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// State is how far a place is.
type State struct {
	Size    int64     // leaves that the newest checkpoint there covers
	At      time.Time // when it was put there; zero: never
	Failing time.Time // since when it takes nothing; zero: it does
}

// States reads how far each place is.
func States(ctx context.Context, r store.Reader, org id.Org) (map[string]State, error) {
	all := map[string]State{}
	_, err := store.Collect(ctx, r, func(row store.Row) (none struct{}, err error) {
		var place string
		var s State
		var at, failed int64
		err = row.Scan(&place, &s.Size, &at, &failed)
		s.At, s.Failing = store.Time(at), store.Time(failed)
		all[place] = s
		return none, err
	}, "SELECT place, size, at, failed_at FROM evidence_seal WHERE org_id = ?", org)
	if err != nil {
		return nil, fmt.Errorf("read where seals lie: %w", err)
	}
	return all, nil
}

func save(ctx context.Context, tx store.Tx, org id.Org, place string, s State) error {
	_, err := tx.Exec(ctx, `INSERT INTO evidence_seal (org_id, place, size, at, failed_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, place) DO UPDATE SET size = excluded.size, at = excluded.at, failed_at = excluded.failed_at`,
		org, place, s.Size, store.Micros(s.At), store.Micros(s.Failing))
	if err != nil {
		return fmt.Errorf("note where a seal lies: %w", err)
	}
	return nil
}

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{{Table: "evidence_seal", Column: "place", Values: []string{Folder, Store, Stamp}}}
}
