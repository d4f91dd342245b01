package notice

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ProfilesEvery is how often is looked whether profiles still link the notice:
// staff can change them at Meta at any time.
const ProfilesEvery = 15 * time.Minute

// mostWebsites is how many websites a profile can show (Cloud API: business
// profiles).
const mostWebsites = 2

// Profiles reads and changes numbers' profiles at WhatsApp (S17).
type Profiles struct {
	DB    *store.DB
	Board *Board
	Orgs  *org.Registry
	Meta  org.Meta
	Site  string // address of the public pages
	Log   *slog.Logger
}

// Address is the public address of an organisation's privacy notice.
func Address(site, slug string) string { return strings.TrimRight(site, "/") + "/privacy/" + slug }

// Check reads a profile and notes whether it links the notice.
func (x Profiles) Check(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error {
	number, err := x.Meta.Number(ctx, c)
	if err != nil {
		return err
	}
	state := Unread
	if p, err := number.Profile(ctx); err == nil {
		state = Missing
		if links(p, Address(x.Site, o.Slug)) {
			state = Linked
		}
	}
	return x.save(ctx, w, o.ID, c.ID, state)
}

func links(p cloudapi.Profile, address string) bool {
	same := func(w string) bool {
		return strings.EqualFold(strings.TrimRight(w, "/"), strings.TrimRight(address, "/"))
	}
	return slices.ContainsFunc(p.Websites, same) || strings.Contains(p.Description, address) || strings.Contains(p.About, address)
}

// Link puts the link to the notice first among the websites of a profile.
func (x Profiles) Link(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error {
	number, err := x.Meta.Number(ctx, c)
	if err != nil {
		return err
	}
	address := Address(x.Site, o.Slug)
	p, err := number.Profile(ctx)
	if err == nil && !links(p, address) {
		websites := append([]string{address}, p.Websites...)
		err = number.SetProfile(ctx, cloudapi.Profile{Websites: websites[:min(len(websites), mostWebsites)]})
	}
	if err != nil {
		return x.save(ctx, w, o.ID, c.ID, Unread)
	}
	return x.Check(ctx, w, o, c) // what Meta shows counts, not what we asked for
}

// Read reads the profile of a number from WhatsApp, and whether it links the
// notice.
func (x Profiles) Read(ctx context.Context, o org.Org, c org.Channel) (cloudapi.Profile, bool, error) {
	number, err := x.Meta.Number(ctx, c)
	if err != nil {
		return cloudapi.Profile{}, false, err
	}
	p, err := number.Profile(ctx)
	return p, links(p, Address(x.Site, o.Slug)), err
}

// Edit changes what people read in the profile of a number, and looks again
// whether it links the notice.
func (x Profiles) Edit(ctx context.Context, w store.Writer, o org.Org, c org.Channel, p cloudapi.Profile) error {
	number, err := x.Meta.Number(ctx, c)
	if err != nil {
		return err
	}
	if err := number.EditProfile(ctx, p); err != nil {
		return err
	}
	return x.Check(ctx, w, o, c)
}

func (x Profiles) save(ctx context.Context, w store.Writer, orgID id.Org, channel id.Channel, state string) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return x.Board.SaveProfile(ctx, tx, orgID, Profile{Channel: channel, State: state})
	})
}

// CheckAll looks whether the profile of every number still links the notice.
func (x Profiles) CheckAll(ctx context.Context) error {
	channels, err := x.Meta.Active(ctx)
	for _, c := range channels {
		o, err := x.Orgs.Get(ctx, x.DB, c.Org)
		if err == nil {
			err = x.Check(ctx, x.DB, o, c)
		}
		if err != nil && ctx.Err() == nil {
			x.Log.Warn("the profile of a number cannot be checked; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
	return err
}
