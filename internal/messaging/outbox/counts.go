package outbox

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts the verdicts of the last days.
func (*Outbox) Facts(ctx context.Context, r store.Reader, orgID id.Org, now time.Time, f *cockpit.Facts) error {
	args := []any{orgID, store.Micros(now.Add(-cockpit.Window))}
	return store.Count(ctx, r,
		store.Number{Into: &f.Gate.Allowed, SQL: "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND phase = 'call' AND outcome = 'allow'", Args: args},
		store.Number{Into: &f.Gate.Denied, SQL: "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND outcome = 'deny'", Args: args},
		store.Number{Into: &f.Gate.Baseless, SQL: "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND outcome = 'allow' AND basis = ''", Args: args},
		store.Number{Into: &f.Consent.OnSales, SQL: "SELECT COUNT(*) FROM verdict WHERE org_id = ? AND at >= ? AND phase = 'call' AND outcome = 'allow' AND basis = 'existing_customer'", Args: args})
}

// Allowed lists the messages, from one on, that the gate has let out.
func (*Outbox) Allowed(ctx context.Context, r store.Reader, orgID id.Org, from id.Message) ([]id.Message, error) {
	all, err := store.Collect(ctx, r, store.One[id.Message], "SELECT DISTINCT message_id FROM verdict WHERE org_id = ? AND message_id >= ? AND outcome = 'allow'", orgID, from[:])
	if err != nil {
		return nil, fmt.Errorf("list what the gate let out: %w", err)
	}
	return all, nil
}

// Waiting counts what is in the queues.
func (*Outbox) Waiting(ctx context.Context, r store.Reader, orgID id.Org) (n int64, err error) {
	return n, store.Count(ctx, r, store.Number{Into: &n, SQL: "SELECT COUNT(*) FROM outbox WHERE org_id = ?", Args: []any{orgID}})
}

// LastUse is when the last message went out to a person that rested on a
// consent, by its event; zero if none did.
func (*Outbox) LastUse(ctx context.Context, r store.Reader, orgID id.Org, contact id.Person, event id.Consent) (time.Time, error) {
	var at int64
	err := r.QueryRow(ctx, "SELECT COALESCE(MAX(at), 0) FROM verdict WHERE org_id = ? AND contact_id = ? AND basis_id = ? AND phase = 'call' AND outcome = 'allow'",
		orgID, contact, event).Scan(&at)
	return store.Time(at), err
}
