package app

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/notice"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// profiles reads and changes numbers' profiles at WhatsApp (S17).
type profiles struct{ app *App }

// noticeURL is the public address of an organisation's privacy notice.
func (a *App) noticeURL(slug string) string {
	return strings.TrimRight(a.Config.PublicURL, "/") + "/privacy/" + slug
}

// mostWebsites is how many websites a profile can show (Cloud API: business
// profiles).
const mostWebsites = 2

// Check reads a profile and notes whether it links the notice.
func (x profiles) Check(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error {
	number, err := x.number(ctx, c)
	if err != nil {
		return err
	}
	state := notice.Unread
	if p, err := number.Profile(ctx); err == nil {
		state = notice.Missing
		if links(p, x.app.noticeURL(o.Slug)) {
			state = notice.Linked
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
func (x profiles) Link(ctx context.Context, w store.Writer, o org.Org, c org.Channel) error {
	number, err := x.number(ctx, c)
	if err != nil {
		return err
	}
	address := x.app.noticeURL(o.Slug)
	p, err := number.Profile(ctx)
	if err == nil && !links(p, address) {
		websites := append([]string{address}, p.Websites...)
		err = number.SetProfile(ctx, cloudapi.Profile{Websites: websites[:min(len(websites), mostWebsites)]})
	}
	if err != nil {
		return x.save(ctx, w, o.ID, c.ID, notice.Unread)
	}
	return x.Check(ctx, w, o, c) // what Meta shows counts, not what we asked for
}

// Read reads the profile of a number from WhatsApp, and whether it links the
// notice.
func (x profiles) Read(ctx context.Context, o org.Org, c org.Channel) (cloudapi.Profile, bool, error) {
	number, err := x.number(ctx, c)
	if err != nil {
		return cloudapi.Profile{}, false, err
	}
	p, err := number.Profile(ctx)
	return p, links(p, x.app.noticeURL(o.Slug)), err
}

// Edit changes what people read in the profile of a number, and looks again
// whether it links the notice.
func (x profiles) Edit(ctx context.Context, w store.Writer, o org.Org, c org.Channel, p cloudapi.Profile) error {
	number, err := x.number(ctx, c)
	if err != nil {
		return err
	}
	if err := number.EditProfile(ctx, p); err != nil {
		return err
	}
	return x.Check(ctx, w, o, c)
}

func (x profiles) number(ctx context.Context, c org.Channel) (cloudapi.Number, error) {
	token, err := x.app.Orgs.Token(ctx, x.app.DB, c)
	return x.app.Client.Number(c.PhoneNumberID, token), err
}

func (x profiles) save(ctx context.Context, w store.Writer, orgID, channel id.ID, state string) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return x.app.Notices.SaveProfile(ctx, tx, orgID, notice.Profile{Channel: channel, State: state})
	})
}

// CheckProfiles looks whether the profile of every number still links the
// notice.
func (a *App) CheckProfiles(ctx context.Context) {
	channels, err := a.Orgs.AllChannels(ctx, a.DB)
	if err != nil {
		return
	}
	for _, c := range channels {
		o, err := a.Orgs.Get(ctx, a.DB, c.Org)
		if err == nil && c.Active {
			err = profiles{a}.Check(ctx, a.DB, o, c)
		}
		if err != nil && ctx.Err() == nil {
			a.Config.Log.Warn("the profile of a number cannot be checked; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
}
