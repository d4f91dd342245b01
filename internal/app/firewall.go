package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"einklang/internal/addressbook"
	"einklang/internal/carddav"
	"einklang/internal/device"
	"einklang/internal/evidence"
	"einklang/internal/id"
	"einklang/internal/store"
	"einklang/internal/web/shell"
)

// openFirewall makes the address books of company phones. Whatever changes
// about people or their consents is told to the books in the same transaction.
func (a *App) openFirewall() {
	a.openWork()
	a.Books = addressbook.New(a.DB, a.Vault, a.IDs, a.Config.Now, a.People, a.Work)
	a.Devices = device.New(a.DB, a.Vault, a.IDs, a.Config.Now, a.Books, a.Log)
	a.People.Watch(a.Books.Touch)
}

// consentLedger is the evidence log as the consent desk sees it: each event of
// a consent also makes the address books judge the person anew.
func (a *App) consentLedger() touching { return touching{a} }

type touching struct{ app *App }

func (x touching) Append(ctx context.Context, tx store.Tx, org id.ID, entries ...evidence.Entry) error {
	var people []id.ID
	for _, e := range entries {
		if strings.HasPrefix(e.Kind, "consent.") || strings.HasPrefix(e.Kind, "opt_") {
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
	door := carddav.New(carddav.Parts{DB: a.DB, Books: a.Books, Register: a.Devices, Log: a.Config.Log, From: shell.ShortenedAddress})
	mux.Handle(carddav.Prefix, door)
	mux.HandleFunc(carddav.WellKnown, door.Discover)
	mux.HandleFunc("PROPFIND /{$}", door.Discover)
}
