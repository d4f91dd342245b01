package main

import (
	"context"
	"fmt"

	"einklang/internal/account/audit"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
)

type searchCommand struct {
	Rebuild searchRebuild `cmd:"" help:"Make the search index anew from the messages, for example after a restore."`
}

type searchRebuild struct {
	installation
	Org string `help:"Only this organisation (short name)." placeholder:"SLUG"`
}

func (c searchRebuild) Run(ctx context.Context) error { return c.on(ctx, c) }

func (c searchRebuild) act(ctx context.Context, s console.Streams, r *house.Rooms) error {
	all, err := r.Accounts().Orgs.All(ctx, r.Engine().DB)
	if err != nil {
		return err
	}
	found := c.Org == ""
	for _, o := range all {
		if c.Org != "" && c.Org != o.Slug {
			continue
		}
		found = true
		n, err := r.Conversations().Search.Rebuild(ctx, o.ID, r.Accounts().Audit.Command(o.ID, audit.IndexMade))
		if err != nil {
			return fmt.Errorf("make the search index of %s anew: %w", o.Slug, err)
		}
		if _, err := fmt.Fprintf(s.Out, "%s: %d messages read\n", o.Slug, n); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("there is no organisation with the short name %s", c.Org)
	}
	return nil
}
