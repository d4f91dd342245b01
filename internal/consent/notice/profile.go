package notice

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// The states of a profile at WhatsApp (S17).
const (
	Linked  = "linked"  // it links the notice
	Missing = "missing" // it does not: drifted, or never did
	Unread  = "unread"  // Meta did not answer
)

// Profile is whether a number's profile at WhatsApp links the notice.
type Profile struct {
	Channel id.Channel
	State   string
	Checked time.Time
}

// SaveProfile notes what a check found.
func (b *Board) SaveProfile(ctx context.Context, tx store.Tx, org id.Org, p Profile) error {
	_, err := tx.Exec(ctx, `INSERT INTO notice_profile (org_id, channel_id, state, checked_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (org_id, channel_id) DO UPDATE SET state = excluded.state, checked_at = excluded.checked_at`, org, p.Channel, p.State, store.Micros(b.now()))
	return err
}

// Profiles are the latest checks, by number.
func (b *Board) Profiles(ctx context.Context, r store.Reader, org id.Org) (map[id.Channel]Profile, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (Profile, error) {
		var p Profile
		var at int64
		err := row.Scan(&p.Channel, &p.State, &at)
		p.Checked = store.Time(at)
		return p, err
	}, "SELECT channel_id, state, checked_at FROM notice_profile WHERE org_id = ?", org)
	by := make(map[id.Channel]Profile, len(all))
	for _, p := range all {
		by[p.Channel] = p
	}
	return by, err
}
