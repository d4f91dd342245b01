package app

import (
	"context"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
)

// mailCheckpoint sends the day's signed checkpoint of the evidence log to the
// organisation's data protection officers, once a day whatever the number of
// nodes. Kept in a mailbox, it finds a log that was cut or forked later, even
// by somebody who holds the signing key.
func (a *App) mailCheckpoint(ctx context.Context, o org.Org) error {
	if !a.Post.Configured() {
		return nil
	}
	officers, err := a.Users.WithRole(ctx, a.DB, o.ID, user.DPO)
	if err != nil || len(officers) == 0 {
		return err
	}
	texts, err := catalogues()
	if err != nil {
		return err
	}
	day := a.Config.Now().UTC().Format(time.DateOnly)
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, "INSERT INTO evidence_mailed (org_id, day) VALUES (?, ?) ON CONFLICT DO NOTHING", o.ID, day)
		if err != nil || n == 0 {
			return err
		}
		signed, err := a.Log.Checkpoint(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		for _, dpo := range officers {
			c := texts[dpo.Locale]
			if c == nil {
				c = texts["de"]
			}
			letter := mail.Letter{Org: o.ID, Kind: "checkpoint", Message: mail.Message{To: dpo.Email,
				Subject: c.T("checkpoint.subject", o.Name, day), Text: c.T("checkpoint.text", o.Name, signed)}}
			if err := a.Mails.Add(ctx, tx, letter); err != nil {
				return err
			}
		}
		return nil
	})
}
