package app

import (
	"context"
	"errors"
	"strings"

	"einklang/internal/account/org"
	webConsent "einklang/internal/door/web/consent"
	webOptin "einklang/internal/door/web/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// consentPages adds the pages about consent.
func (a *App) consentPages(sh *shell.Shell) error {
	return errors.Join(
		webOptin.Mount(sh, webOptin.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, People: a.People, Consents: a.Consents.Consents,
			Requests: a.Requests, Mail: a.Post.Configured(), Stop: a.stopAll}),
		webConsent.Mount(sh, webConsent.Parts{DB: a.DB, Now: a.Config.Now, Orgs: a.Orgs, People: a.People, Threads: a.Threads, Consents: a.Consents.Consents,
			Requests: a.Requests, Notices: a.Notices, Entries: a.Entries, Outbox: a.Outbox, Users: a.Users, Log: a.Log, Links: metaLinks{a}, Mail: a.Post.Configured(),
			PublicURL: strings.TrimRight(a.Config.PublicURL, "/")}),
	)
}

// metaLinks makes short links at Meta.
type metaLinks struct{ app *App }

// ShortLink asks Meta for a link with a message (Cloud API: message_qrdls).
func (x metaLinks) ShortLink(ctx context.Context, c org.Channel, message string) (string, error) {
	token, err := x.app.Orgs.Token(ctx, x.app.DB, c)
	if err != nil {
		return "", err
	}
	link, err := x.app.Client.Number(c.PhoneNumberID, token).CreateLink(ctx, message, "SVG")
	return link.DeepLinkURL, err
}

// stopAll ends everything for a person who did not say so in a conversation,
// and confirms it in her latest one if that is still open.
func (a *App) stopAll(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, source string) error {
	news, err := a.Consents.Stop(ctx, tx, org, p, source, id.ID{}, a.Config.Now())
	if err != nil || !news {
		return err
	}
	open, err := a.Threads.OfContact(ctx, tx, org, p.ID)
	if err != nil || len(open) == 0 {
		return err
	}
	o, err := a.Orgs.Get(ctx, tx, org)
	if err != nil {
		return err
	}
	locale := "de"
	if p.Locale == "en" {
		locale = "en"
	}
	q, err := a.Outbox.Enqueue(ctx, tx, outbox.Draft{Org: org, Contact: p.ID, Channel: open[0].Channel, Origin: chat.FromDuty,
		Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: o.Settings.Stopped.In(locale)}},
		Request: outbox.Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: gate.ErrandOptOutConfirmation, AskedBy: "rule stop " + source}})
	if err != nil || q.Message.IsZero() {
		return err // outside the window nothing may be confirmed
	}
	return a.Consents.Confirmed(ctx, tx, org, p.ID)
}

// lapseAtOnce is how many consents one transaction writes down as over.
const lapseAtOnce = 500

// tidyConsents writes down what time has done to an organisation's consents
// and forgets what nobody confirmed.
func (a *App) tidyConsents(ctx context.Context, org id.ID) error {
	for {
		moved := 0
		err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			var err error
			moved, err = a.Consents.Lapse(ctx, tx, org, a.People, lapseAtOnce)
			return err
		})
		if err != nil || moved == 0 {
			return errors.Join(err, a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return a.Requests.Tidy(ctx, tx, org) }))
		}
	}
}
