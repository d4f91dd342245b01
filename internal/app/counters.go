package app

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
)

// affects counts what a stop of the transfers to WhatsApp would affect.
func (a *App) affects(ctx context.Context, r store.Reader, org id.ID) (n processors.Affected, err error) {
	channels, err := a.Orgs.Channels(ctx, r, org)
	if err != nil {
		return n, err
	}
	for _, c := range channels {
		if c.Active {
			n.Numbers++
		}
	}
	for _, q := range []struct {
		into  *int64
		count func(context.Context, store.Reader, id.ID) (int64, error)
	}{{&n.Conversations, a.Threads.CountOpen}, {&n.Waiting, a.Outbox.Waiting}, {&n.People, a.People.CountActive}} {
		if *q.into, err = q.count(ctx, r, org); err != nil {
			return n, err
		}
	}
	consenting, err := a.Consents.Consenting(ctx, r, org)
	n.Consenting = int64(len(consenting))
	return n, err
}
