package org

import (
	"context"
	"errors"

	"einklang/internal/engine/store"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
)

// NameOf is the name of an organisation.
func (r *Registry) NameOf(ctx context.Context, rd store.Reader, org id.Org) (string, error) {
	o, err := r.Get(ctx, rd, org)
	return o.Name, err
}

// NumberOf is a number as people write it.
func (r *Registry) NumberOf(ctx context.Context, rd store.Reader, org id.Org, channel id.Channel) (string, error) {
	c, err := r.Channel(ctx, rd, org, channel)
	return c.DisplayNumber, err
}

// Schedule is the working hours of an organisation.
func (r *Registry) Schedule(ctx context.Context, rd store.Reader, org id.Org) (calendar.Schedule, error) {
	o, err := r.Get(ctx, rd, org)
	if err != nil {
		return calendar.Schedule{}, err
	}
	return o.Settings.Schedule()
}

// IDs lists all organisations.
func (r *Registry) IDs(ctx context.Context, rd store.Reader) ([]id.Org, error) {
	all, err := r.All(ctx, rd)
	ids := make([]id.Org, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	return ids, err
}

// ErrSeveral is returned where the one organisation is asked for and there are
// more.
var ErrSeveral = errors.New("several organisations share this installation: say which one is meant")

// IDOf is the organisation with a short name; for none the only one.
func (r *Registry) IDOf(ctx context.Context, rd store.Reader, slug string) (id.Org, error) {
	if slug != "" {
		o, err := r.BySlug(ctx, rd, slug)
		return o.ID, err
	}
	all, err := r.IDs(ctx, rd)
	if err == nil && len(all) != 1 {
		err = ErrSeveral
	}
	if err != nil {
		return id.Org{}, err
	}
	return all[0], nil
}
