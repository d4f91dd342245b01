package conversation

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

const countCards = "SELECT COUNT(*) FROM message WHERE org_id = ? AND type = 'contacts' AND NOT outgoing"

// Facts counts the matters that people opened, the contact cards that they
// sent, and what went out without anybody pressing a key.
func (t *Threads) Facts(ctx context.Context, r store.Reader, org id.Org, now time.Time, f *cockpit.Facts) error {
	foreign, err := t.Foreign(ctx, r, org, now)
	if err != nil {
		return err
	}
	for _, n := range foreign {
		f.Gate.Foreign += n
	}
	return store.Count(ctx, r,
		store.Number{Into: &f.Consent.Initiated, SQL: "SELECT COUNT(*) FROM conversation WHERE org_id = ? AND matter_id IS NOT NULL", Args: []any{org}},
		store.Number{Into: &f.ThirdParty.Cards, SQL: countCards, Args: []any{org}},
		store.Number{Into: &f.Automation.Sent, SQL: `SELECT COUNT(*) FROM message WHERE org_id = ? AND id >= ? AND outgoing AND origin IN ('automation', 'api')
			AND state IN ('accepted', 'sent', 'delivered', 'read', 'played')`, Args: []any{org, id.At[id.ID](now.Add(-cockpit.Window))}})
}

// CardsBefore counts contact cards that came before a moment and are still
// kept.
func (*Threads) CardsBefore(ctx context.Context, r store.Reader, org id.Org, before time.Time) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: countCards + " AND at < ?", Args: []any{org, store.Micros(before)}})
}

// CountOpen counts the conversations that are open.
func (*Threads) CountOpen(ctx context.Context, r store.Reader, org id.Org) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: "SELECT COUNT(*) FROM conversation WHERE org_id = ? AND state = 'open'", Args: []any{org}})
}

// Given lists the messages, from one on, that have been handed to Meta by us.
func (*Threads) Given(ctx context.Context, r store.Reader, org id.Org, from id.Message) ([]id.Message, error) {
	all, err := store.Collect(ctx, r, store.One[id.Message], `SELECT id FROM message WHERE org_id = ? AND id >= ? AND outgoing AND origin <> 'echo'
		AND state IN ('sending', 'uncertain', 'accepted', 'sent', 'delivered', 'read', 'played')`, org, from[:])
	if err != nil {
		return nil, fmt.Errorf("list what was handed to Meta: %w", err)
	}
	return all, nil
}

// Number counts the messages of an organisation up to one.
func (*Threads) Number(ctx context.Context, r store.Reader, org id.Org, upto id.Cursor) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: "SELECT COUNT(*) FROM message WHERE org_id = ? AND id <= ?", Args: []any{org, upto[:]}})
}

// Here says which of some messages there are.
func (*Threads) Here(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]bool, error) {
	all, err := store.CollectIn(ctx, r, store.One[id.Message], "SELECT id FROM message WHERE org_id = ? AND id IN (?)", messages, org)
	if err != nil {
		return nil, fmt.Errorf("look which messages there are: %w", err)
	}
	here := make(map[id.Message]bool, len(all))
	for _, m := range all {
		here[m] = true
	}
	return here, nil
}
