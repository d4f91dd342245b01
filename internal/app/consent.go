package app

import (
	"context"
	"errors"

	"einklang/internal/id"
	"einklang/internal/optin"
	"einklang/internal/store"
	"einklang/internal/text"
)

// optIns makes the ways to a consent.
func (a *App) optIns() error {
	de, en, err := text.Load()
	if err != nil {
		return err
	}
	a.Entries = optin.NewEntries(a.IDs, a.Config.Now, a.Log)
	a.Requests = optin.NewRequests(a.Consents.Desk, a.People, a.Mails, a.Log, a.Entries, de, en, a.Config.PublicURL)
	return nil
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
