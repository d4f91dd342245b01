package intake

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// The WhatsApp Business app of a coexistence number hands over its address book
// and its chats of half a year. Nobody in them has agreed to anything: the
// address book is thrown away always, the chats unless the organisation asks for
// them. Nothing of it is kept, not even raw; how much it was is counted.

// throwAway takes out of a payload what is not to be kept.
func (in *Intake) throwAway(ctx context.Context, p *payload) error {
	var book, chats bool
	for _, e := range p.events {
		switch e.what.(type) {
		case *cloudapi.AppState:
			book = true
		case *cloudapi.History:
			chats = true
		}
	}
	if chats {
		o, err := in.Registry.Get(ctx, in.DB, p.org)
		if err != nil {
			return err
		}
		chats = !o.Settings.History
	}
	if book || chats {
		p.body = cloudapi.Part(p.body, func(_, field string) bool {
			return field != cloudapi.FieldAppState && (!chats || field != cloudapi.FieldHistory)
		})
	}
	return nil
}

// The kinds of what is thrown away.
const (
	thrownContacts = "contacts"
	thrownChats    = "chats"
	thrownGroup    = "group" // messages in groups
)

// Discarded is how much of a kind was thrown away unread.
type Discarded struct {
	Kind        string
	N           int64
	First, Last time.Time
}

func (in *Intake) discarded(ctx context.Context, tx store.Tx, org id.Org, kind string, n int, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO discarded (org_id, kind, n, first_at, last_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, kind) DO UPDATE SET n = discarded.n + excluded.n, last_at = excluded.last_at`, org, kind, int64(n), store.Micros(at), store.Micros(at))
	if err != nil {
		return fmt.Errorf("count what is thrown away: %w", err)
	}
	return nil
}

// Discards lists what was thrown away unread.
func (in *Intake) Discards(ctx context.Context, org id.Org) ([]Discarded, error) {
	return store.Collect(ctx, in.DB, func(row store.Row) (Discarded, error) {
		var d Discarded
		var first, last int64
		err := row.Scan(&d.Kind, &d.N, &first, &last)
		d.First, d.Last = store.Time(first), store.Time(last)
		return d, err
	}, "SELECT kind, n, first_at, last_at FROM discarded WHERE org_id = ? ORDER BY kind", org)
}
