package template

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
)

// SyncEvery is how often templates are read from Meta: what Meta decides about
// them also comes as a webhook, but what staff change there does not.
const SyncEvery = 15 * time.Minute

// Sync reads templates from Meta.
type Sync struct {
	DB        *store.DB
	Catalogue *Catalogue
	Meta      org.Meta
	Log       *slog.Logger
}

// All reads the templates of every account.
func (s Sync) All(ctx context.Context) error {
	channels, err := s.Meta.Active(ctx)
	seen := map[string]bool{}
	for _, c := range channels {
		key := c.Org.String() + c.WABA
		if seen[key] {
			continue
		}
		seen[key] = true
		if err := s.account(ctx, c); err != nil && ctx.Err() == nil {
			s.Log.Warn("the templates of an account cannot be read; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
	return err
}

func (s Sync) account(ctx context.Context, c org.Channel) error {
	account, err := s.Meta.Account(ctx, c)
	if err != nil {
		return err
	}
	listed := s.Catalogue.now()
	all, err := s.read(ctx, account, c)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return s.Catalogue.Put(ctx, tx, c.Org, c.WABA, listed, all)
	})
}

// read reads the templates of an account.
func (s Sync) read(ctx context.Context, account cloudapi.Account, c org.Channel) ([]Template, error) {
	listed, err := account.Templates(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Template, 0, len(listed))
	for _, t := range listed {
		one := Template{Name: t.Name, Language: t.Language, Category: t.Category, State: t.Status, Format: t.ParameterFormat, MetaID: t.ID}
		if err := json.Unmarshal(t.Components, &one.Parts); err != nil {
			s.Log.Warn("a template cannot be read and is left out", "channel", c.ID.String())
			continue
		}
		all = append(all, one)
	}
	return all, nil
}
