package demo

import (
	"context"
	"errors"

	"einklang/internal/account/token"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// program makes a token for an example program, and lets the administrator ask and
// the data protection officer agree that it reads lists.
func (d *Demo) program(ctx context.Context, org id.Org, admin, dpo id.Account) error {
	return d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		made, secret, err := d.App.Tokens.Make(ctx, tx, token.Token{Org: org, Name: "Beispielprogramm", Kind: token.Automation, Owner: admin, Scopes: token.Scopes()})
		if err != nil {
			return err
		}
		d.Facts.APIToken = secret
		recipients, err := d.App.Registers.List(ctx, tx, org)
		if err != nil || len(recipients) == 0 {
			return errors.Join(err, d.save())
		}
		if err := d.App.Tokens.AskBulk(ctx, tx, org, made.ID, token.Bulk{Purpose: "Beispiel: Abgleich mit der Werkstatt", Recipient: recipients[0].ID, Ceiling: 100_000, Until: made.Expires.AddDate(0, 0, -1), By: admin}); err != nil {
			return err
		}
		asked, err := d.App.Approvals.List(ctx, tx, org, 1)
		if err != nil {
			return err
		}
		return errors.Join(d.App.Approvals.Decide(ctx, tx, org, asked[0].ID, true, dpo), d.save())
	})
}
