package app

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/phones"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// touching is the evidence log as the consents see it: each event of a consent
// also makes the address books judge the person anew, and a change of a purpose
// everybody.
type touching struct {
	log   *evidence.Log
	books *addressbook.Books // built after the consents
}

func (x *touching) Append(ctx context.Context, tx store.Tx, org id.ID, entries ...evidence.Entry) error {
	var people []id.ID
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Kind, "purpose."):
			if err := x.books.TouchAll(ctx, tx, org); err != nil {
				return err
			}
		case !e.Owner.IsZero() && !strings.HasPrefix(e.Kind, "contact."): // that somebody wrote changes no book
			people = append(people, e.Owner)
		}
	}
	if err := x.books.Touch(ctx, tx, org, people...); err != nil {
		return err
	}
	return x.log.Append(ctx, tx, org, entries...)
}

// departuresKept is how long it is remembered that somebody left a book. A
// phone that was silent for longer reads its whole book.
const departuresKept = 180 * 24 * time.Hour

// tidyFirewall forgets what the address books and the devices have kept long
// enough.
func (a *App) tidyFirewall(ctx context.Context, tx store.Tx, org id.ID) error {
	if err := a.Books.Prune(ctx, tx, org, a.Config.Now().Add(-departuresKept)); err != nil {
		return err
	}
	if err := a.Books.ForgetCandidates(ctx, tx, org); err != nil {
		return err
	}
	return a.Devices.Forget(ctx, tx, org)
}

// Phones says how company phones are managed from outside. The zero value: not
// at all.
type Phones struct {
	AndroidEnterprise string // "enterprises/LC…" at Google
	AndroidKey        []byte // JSON of its service account
	AndroidURL        string // of Google's API; empty: the real one
	Sign              *tls.Certificate
}

// destinations is Google's API as the gate of package egress lets it be
// reached; none if no enterprise is named.
func (p Phones) destinations() []egress.Destination {
	if p.AndroidEnterprise == "" {
		return nil
	}
	hosts := amapi.Hosts()
	if p.AndroidURL != "" {
		hosts = []string{p.AndroidURL}
	}
	return []egress.Destination{{Name: amapi.Destination, Allow: hosts, Recipient: "Google Ireland Ltd. / Google LLC", Country: "US",
		Mechanism: "Data Privacy Framework, SCC", DataCategories: []string{"metadata"}}}
}

// mountFirewall adds the pages about phones.
func (a *App) mountFirewall(sh *shell.Shell) error {
	p := a.Config.Phones
	parts := phones.Parts{DB: a.DB, Orgs: a.Orgs, People: a.People, Work: a.Work, Books: a.Books, Register: a.Devices, PublicURL: a.Config.PublicURL,
		Numbers: a.apiNumbers, Sign: p.Sign}
	if p.AndroidEnterprise != "" {
		var err error
		if parts.Android, err = amapi.Open(amapi.Options{Name: p.AndroidEnterprise, Key: p.AndroidKey, URL: p.AndroidURL,
			Client: a.Gate.Client(amapi.Destination)}); err != nil {
			return err
		}
	}
	return phones.Mount(sh, parts)
}

// apiNumbers are the numbers of an organisation that the API uses alone. A
// coexistence number is meant to be on a phone as well (S20).
func (a *App) apiNumbers(ctx context.Context, org id.ID) ([]string, error) {
	channels, err := a.Orgs.Channels(ctx, a.DB, org)
	var numbers []string
	for _, c := range channels {
		if c.Product == "cloud_api" {
			numbers = append(numbers, c.DisplayNumber)
		}
	}
	return numbers, err
}

// factsOfDevices counts phones and their address books for the cockpit.
func (a *App) factsOfDevices(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	numbers, err := a.apiNumbers(ctx, o.ID)
	if err != nil {
		return err
	}
	all, err := a.Devices.LookAll(ctx, o.ID, numbers)
	if err != nil {
		return err
	}
	for _, l := range all {
		countDevice(l, &f.Books)
		for i := range f.Numbers {
			f.Numbers[i].OnPhone = f.Numbers[i].OnPhone || l.Facts.SameNumber && l.Product != device.None && l.HasNumber(f.Numbers[i].Display)
		}
	}
	f.Books.Unlawful, err = a.Books.Unlawful(ctx, a.DB, o.ID)
	return err
}

// countDevice adds one device to the counts.
func countDevice(l device.Looked, b *cockpit.Books) {
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
	there := l.Product != device.None || slices.Contains(l.Failed, device.NoWhatsApp)
	add(there, &b.WithWhatsApp)
	add(there && l.Attested.IsZero(), &b.Unasked)
	add(l.Product == device.Consumer, &b.ConsumerApp)
	add(l.Attested.IsZero(), &b.Undeclared)
	add(!l.Attested.IsZero() && l.Standing != device.Open, &b.Lapsed)
	add(slices.Contains(l.Failed, device.ChatBackup), &b.CloudBackup)
	add(slices.Contains(l.Failed, device.MediaSaving), &b.SavesPictures)
	add(l.Management == device.Unmanaged && l.Product != device.None, &b.Unmanaged)
}
