package main

import (
	"context"
	"fmt"

	"einklang/internal/app"
)

type searchCommand struct {
	Rebuild searchRebuild `cmd:"" help:"Make the search index anew from the messages, for example after a restore."`
}

type searchRebuild struct {
	installation
	Org string `help:"Only this organisation (short name)." placeholder:"SLUG"`
}

func (c searchRebuild) Run(ctx context.Context) error {
	return c.with(ctx, func(a *app.App) error {
		all, err := a.Orgs.All(ctx, a.DB)
		if err != nil {
			return err
		}
		found := c.Org == ""
		for _, o := range all {
			if c.Org != "" && c.Org != o.Slug {
				continue
			}
			found = true
			n, err := a.Search.Rebuild(ctx, o.ID)
			if err != nil {
				return fmt.Errorf("make the search index of %s anew: %w", o.Slug, err)
			}
			fmt.Printf("%s: %d messages read\n", o.Slug, n)
		}
		if !found {
			return fmt.Errorf("there is no organisation with the short name %s", c.Org)
		}
		return nil
	})
}
