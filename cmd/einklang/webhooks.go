package main

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/account/audit"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

type webhooksCommand struct {
	Apply webhooksApply `cmd:"" help:"Apply the webhooks again that could not be applied when they came."`
}

type webhooksApply struct{ installation }

func (c webhooksApply) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c webhooksApply) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	a, err := r.All()
	if err != nil {
		return err
	}
	all, err := a.Orgs.All(ctx, a.DB)
	if err != nil {
		return err
	}
	again, err := a.Intake.ApplyAll(ctx, func(org id.Org) store.Course { return a.Audit.Command(org, audit.WebhooksApplied) })
	for _, o := range all {
		_, told := fmt.Fprintf(s.Out, "%s: %d applied, %d left\n", o.Slug, again[o.ID].Applied, again[o.ID].Left)
		err = errors.Join(err, told)
	}
	return err
}
