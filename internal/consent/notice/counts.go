package notice

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts tells which version is in force, what it does not say, who got it, and
// which numbers link it.
func (b *Board) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	if err := b.factsOfProfiles(ctx, r, org, f); err != nil {
		return err
	}
	current, err := b.Current(ctx, r, org)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	f.Notice.Version, f.Notice.Published = current.Number, current.Published
	for _, g := range b.said.gaps(current) {
		f.Notice.Missing = append(f.Notice.Missing, cockpit.NoticeGap{Part: g.Part, Locale: g.Locale, Lacks: g.Lacks})
	}
	return store.Count(ctx, r, store.Number{Into: &f.Notice.Delivered,
		SQL: "SELECT COUNT(*) FROM notice_delivery WHERE org_id = ? AND state = 'sent' AND notice_id = ?", Args: []any{org, current.ID}})
}

func (b *Board) factsOfProfiles(ctx context.Context, r store.Reader, org id.Org, f *cockpit.Facts) error {
	profiles, err := b.Profiles(ctx, r, org)
	for i, n := range f.Numbers {
		f.Numbers[i].Profile = cockpit.Profile(profiles[n.Channel].State)
	}
	return err
}
