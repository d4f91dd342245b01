package retention

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rule/id"
)

// messages are kept by conversations.
type messages interface {
	Retain(ctx context.Context, tx store.Tx, org id.Org, q conversation.Retention, after id.Cursor) (conversation.Retained, id.Cursor, error)
	// Staying finds the messages whose files stay with their conversations.
	Staying(ctx context.Context, r store.Reader, org id.Org, messages []id.Message, held map[id.ID]bool) (map[id.Message]bool, error)
}

// files are those of messages.
type files interface {
	Retain(ctx context.Context, tx store.Tx, org id.Org, before time.Time, kept func(ctx context.Context, r store.Reader, org id.Org, messages []id.Message, held map[id.ID]bool) (map[id.Message]bool, error),
		held map[id.ID]bool, dry bool, after id.Cursor) (n int64, next id.Cursor, err error)
	// Delete deletes the files of messages that are gone.
	Delete(ctx context.Context, tx store.Tx, org id.Org, messages []id.Message) error
}

// deeds are what staff did.
type deeds interface {
	Retain(ctx context.Context, tx store.Tx, org id.Org, before time.Time, dry bool, after id.Cursor) (n int64, next id.Cursor, err error)
}

// approvals are what was asked of a second person.
type approvals interface {
	Expire(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error
}

// Keepers are those who keep something for a period. A capability that does so
// gets a field here, and a step.
type Keepers struct {
	Files     files
	Messages  messages
	Audit     deeds
	Approvals approvals
}

// Steps are the steps of a run: files before the messages that lead to them.
func (k Keepers) Steps() []Step { return []Step{k.files, k.messages, k.audit} }

func (k Keepers) files(ctx context.Context, tx store.Tx, org id.Org, o Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error) {
	n, next, err := k.Files.Retain(ctx, tx, org, o.Before[Media], k.Messages.Staying, o.Held, o.Dry, after)
	counts[Media] += n
	return next, err
}

func (k Keepers) messages(ctx context.Context, tx store.Tx, org id.Org, o Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error) {
	done, next, err := k.Messages.Retain(ctx, tx, org, conversation.Retention{Messages: o.Before[Messages], Letters: o.Before[Letters], Vouchers: o.Before[Vouchers],
		Cards: o.Before[Cards], Details: o.Before[Details], Held: o.Held, Dry: o.Dry}, after)
	if err != nil {
		return next, err
	}
	for class, n := range map[string]int64{Messages: done.Messages, Letters: done.Letters, Vouchers: done.Vouchers, Cards: done.Cards, Details: done.Details} {
		counts[class] += n
	}
	return next, k.Files.Delete(ctx, tx, org, done.Gone)
}

func (k Keepers) audit(ctx context.Context, tx store.Tx, org id.Org, o Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error) {
	n, next, err := k.Audit.Retain(ctx, tx, org, o.Before[Audit], o.Dry, after)
	counts[Audit] += n
	if err != nil || o.Dry {
		return next, err
	}
	return next, k.Approvals.Expire(ctx, tx, org, o.Before[Audit])
}
