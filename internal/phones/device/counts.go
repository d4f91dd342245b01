package device

import (
	"context"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Facts counts phones and their address books, and marks the numbers that the
// API should have for itself but that are on a phone as well.
func (g *Register) Facts(ctx context.Context, r store.Reader, org id.Org, _ time.Time, f *cockpit.Facts) error {
	all, err := g.LookAll(ctx, org)
	if err != nil {
		return err
	}
	for _, l := range all {
		l.count(&f.Books)
		for i := range f.Numbers {
			f.Numbers[i].OnPhone = f.Numbers[i].OnPhone || l.Facts.SameNumber && l.Product != None && l.HasNumber(f.Numbers[i].Display)
		}
	}
	f.Books.Unlawful, err = g.books.Unlawful(ctx, r, org)
	return err
}

// count adds a device to the counts.
func (l Looked) count(b *cockpit.Books) {
	add := func(when bool, to *int64) {
		if when {
			*to++
		}
	}
	b.StillHeld += int64(l.Facts.Held)
	add(l.Facts.Held > 0, &b.Stale)
	if l.Revoked {
		return
	}
	b.Devices++
	there := l.Product != None || slices.Contains(l.Failed, NoWhatsApp)
	add(there, &b.WithWhatsApp)
	add(there && l.Attested.IsZero(), &b.Unasked)
	add(l.Product == Consumer, &b.ConsumerApp)
	add(l.Attested.IsZero(), &b.Undeclared)
	add(!l.Attested.IsZero() && l.Standing != Open, &b.Lapsed)
	add(slices.Contains(l.Failed, ChatBackup), &b.CloudBackup)
	add(slices.Contains(l.Failed, MediaSaving), &b.SavesPictures)
	add(l.Management == Unmanaged && l.Product != None, &b.Unmanaged)
}
