package app

import (
	"context"
	"crypto/tls"
	"einklang/internal/door/carddav"
	"einklang/internal/door/web/phones"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/attribute"
	"einklang/internal/person/picture"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rule/id"
	"net/http"
	"strings"
	"time"
)

// openFirewall makes the address books of company phones. Whatever changes
// about people or their consents is told to the books in the same transaction.
func (a *App) openFirewall() {
	a.openWork()
	a.Portraits = picture.New(a.Vault, a.Config.Now, a.People.Altered)
	a.Attributes = attribute.New(a.Vault, a.IDs, a.Config.Now, a.attributesChanged)
	a.Books = addressbook.New(a.DB, a.Vault, a.IDs, a.Config.Now, a.People, a.Work, a.Portraits)
	a.Devices = device.New(a.DB, a.Vault, a.IDs, a.Config.Now, a.Books, a.Orgs, a.Log)
	a.People.Watch(a.Books.Touch)
}

// consentLedger is the evidence log as the consent desk sees it: each event of
// a consent also makes the address books judge the person anew, and a change of
// a purpose everybody.
func (a *App) consentLedger() touching { return touching{a} }

type touching struct{ app *App }

func (x touching) Append(ctx context.Context, tx store.Tx, org id.ID, entries ...evidence.Entry) error {
	var people []id.ID
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Kind, "purpose."):
			if err := x.app.Books.TouchAll(ctx, tx, org); err != nil {
				return err
			}
		case !e.Owner.IsZero() && !strings.HasPrefix(e.Kind, "contact."): // that somebody wrote changes no book
			people = append(people, e.Owner)
		}
	}
	if err := x.app.Books.Touch(ctx, tx, org, people...); err != nil {
		return err
	}
	return x.app.Log.Append(ctx, tx, org, entries...)
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

// mountCardDAV opens the door for phones.
func (a *App) mountCardDAV(mux *http.ServeMux) {
	door := carddav.New(carddav.Parts{DB: a.DB, Books: a.Books, Register: a.Devices, Log: a.Config.Log})
	mux.Handle(carddav.Prefix, door)
	mux.HandleFunc(carddav.WellKnown, door.Discover)
	mux.HandleFunc("PROPFIND /{$}", door.Discover)
}

// Phones says how company phones are managed from outside. The zero value: not
// at all.
type Phones struct {
	AndroidEnterprise string // "enterprises/LC…" at Google
	AndroidKey        []byte // JSON of its service account
	AndroidURL        string // of Google's API; empty: the real one
	Sign              *tls.Certificate
}

// androidDestination is Google's API as the gate of package egress lets it be
// reached; none if no enterprise is named.
func (a *App) androidDestination() []egress.Destination {
	p := a.Config.Phones
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
		Sign: p.Sign}
	if p.AndroidEnterprise != "" {
		var err error
		if parts.Android, err = amapi.Open(amapi.Options{Name: p.AndroidEnterprise, Key: p.AndroidKey, URL: p.AndroidURL,
			Client: a.Gate.Client(amapi.Destination)}); err != nil {
			return err
		}
	}
	return phones.Mount(sh, parts)
}
