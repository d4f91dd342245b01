package main

import (
	"context"
	"fmt"

	"einklang/internal/app"
)

type webhooksCommand struct {
	Apply webhooksApply `cmd:"" help:"Apply the webhooks again that could not be applied when they came."`
}

type webhooksApply struct{ installation }

func (c webhooksApply) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		all, err := a.Orgs.All(ctx, a.DB)
		if err != nil {
			return err
		}
		again, err := a.ApplyAgain(ctx)
		for _, o := range all {
			fmt.Printf("%s: %d applied, %d left\n", o.Slug, again[o.ID].Applied, again[o.ID].Left)
		}
		return err
	})
}
