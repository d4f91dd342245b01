package app

import (
	"context"
	"slices"

	"einklang/internal/account/org"
	"einklang/internal/door/web/inbox"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
)

// openRetention puts together what is deleted when its time is over. A
// capability that keeps something for a period adds its step here.
func (a *App) openRetention() {
	a.Retention = retention.NewRunner(a.Holds, a.DB, a.Jobs, a.retainFiles, a.retainMessages, a.retainAudit)
}

func (a *App) retainFiles(ctx context.Context, tx store.Tx, org id.ID, o retention.Orders, after id.ID, counts map[string]int64) (id.ID, error) {
	n, next, err := a.Shelf.Retain(ctx, tx, org, o.Before[retention.Media], a.keptMessages, o.Held, o.Dry, after)
	counts[retention.Media] += n
	return next, err
}

// keptMessages finds the messages whose files stay with their conversations.
func (a *App) keptMessages(ctx context.Context, r store.Reader, org id.ID, messages []id.ID, held map[id.ID]bool) (map[id.ID]bool, error) {
	places, err := a.Threads.Places(ctx, r, org, messages)
	kept := map[id.ID]bool{}
	for m, p := range places {
		kept[m] = p.Kept || held[p.Conversation]
	}
	return kept, err
}

func (a *App) retainAudit(ctx context.Context, tx store.Tx, org id.ID, o retention.Orders, after id.ID, counts map[string]int64) (id.ID, error) {
	n, next, err := a.Audit.Retain(ctx, tx, org, o.Before[retention.Audit], o.Dry, after)
	counts[retention.Audit] += n
	if err != nil || o.Dry {
		return next, err
	}
	return next, a.Approvals.Forget(ctx, tx, org, o.Before[retention.Audit])
}

func (a *App) retainMessages(ctx context.Context, tx store.Tx, org id.ID, o retention.Orders, after id.ID, counts map[string]int64) (id.ID, error) {
	done, next, err := a.Threads.Retain(ctx, tx, org, conversation.Retention{
		Messages: o.Before[retention.Messages], Letters: o.Before[retention.Letters], Vouchers: o.Before[retention.Vouchers],
		Cards: o.Before[retention.Cards], Details: o.Before[retention.Details], Held: o.Held, Dry: o.Dry}, after)
	if err != nil {
		return next, err
	}
	for class, n := range map[string]int64{retention.Messages: done.Messages, retention.Letters: done.Letters, retention.Vouchers: done.Vouchers,
		retention.Cards: done.Cards, retention.Details: done.Details} {
		counts[class] += n
	}
	return next, a.Shelf.Drop(ctx, tx, org, done.Gone)
}

// retain begins the daily run of an organisation.
func (a *App) retain(ctx context.Context, o org.Org) error {
	return a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error { return a.Retention.Daily(ctx, tx, o.ID) })
}

// periods are those that hold for a conversation which is kept in a way.
func (a *App) periods(ctx context.Context, org id.ID, as string) ([]inbox.Period, error) {
	rules, err := retention.Rules(ctx, a.DB, org)
	if err != nil {
		return nil, err
	}
	wanted := map[string][]string{string(conversation.Letter): {retention.Letters}, string(conversation.Voucher): {retention.Vouchers}}[as]
	if wanted == nil {
		wanted = []string{retention.Messages, retention.Media}
	}
	var all []inbox.Period
	for _, r := range rules {
		if slices.Contains(wanted, r.Key) {
			all = append(all, inbox.Period{Key: r.Key, Unit: string(r.Unit), Amount: r.Amount})
		}
	}
	return all, nil
}
