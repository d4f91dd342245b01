package erasure

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Forgets deletes all that is kept about a person.
type Forgets func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error

// Those whose rows about people are counted for the preview, and where people
// stand together.
type (
	// InBites deletes some rows at a time.
	InBites interface {
		Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (n int64, more bool, err error)
		CountOf(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (int64, error)
	}
	// AtOnce deletes all rows.
	AtOnce interface {
		Erase(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) error
		CountOf(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (int64, error)
	}
	// Through looks at some rows after a place and deletes those that name a
	// person by one of her marks; the zero place ends it.
	Through func(ctx context.Context, tx store.Tx, org id.Org, marks []string, after id.Cursor) (n int64, next id.Cursor, err error)
)

// Keepers are those who keep something about people. A capability that does so
// gets a field here, and a place in the order.
type Keepers struct {
	Queue func(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) (n int64, more bool, err error)

	Files, Messages      InBites
	Consents, Attributes AtOnce

	Drafts, Webhooks, Pictures, Books, Work, Notices, Parcels, Visits, Mails, Links, Lists, Chats Forgets

	// Where people stand together.
	SharedWebhooks, EarlyStatuses Through
}

// Keep says who keeps something about people, before Run is called.
//
// The order: first what could still leave the house, then what is large (files,
// and the messages that they belong to), then what others have written about
// her, and last what brought her in.
func (d *Erasures) Keep(k Keepers) {
	whole := func(name string, forget Forgets) Part { return Part{Name: name, Forget: Whole(forget)} }
	d.Places = []Part{
		{Name: "queue", Forget: k.Queue},
		{Name: "files", Forget: k.Files.Erase, Count: k.Files.CountOf},
		{Name: "messages", Forget: k.Messages.Erase, Count: k.Messages.CountOf},
		whole("drafts", k.Drafts),
		whole("webhooks", k.Webhooks),
		{Name: "consents", Forget: Whole(k.Consents.Erase), Count: k.Consents.CountOf},
		whole("pictures", k.Pictures),
		{Name: "attributes", Forget: Whole(k.Attributes.Erase), Count: k.Attributes.CountOf},
		whole("books", k.Books),
		whole("work", k.Work),
		whole("notices", k.Notices),
		whole("parcels", k.Parcels),
		whole("visits", k.Visits),
		whole("mails", k.Mails),
		whole("links", k.Links),
		whole("imports", func(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
			if err := k.Lists(ctx, tx, org, person); err != nil {
				return err
			}
			return k.Chats(ctx, tx, org, person)
		}),
	}
	d.Mentions = []Mentions{sweep("webhooks", k.SharedWebhooks), sweep("early", k.EarlyStatuses)}
}

func sweep(name string, through Through) Mentions {
	return Mentions{Name: name, Forget: func(ctx context.Context, tx store.Tx, org id.Org, who Identity, after id.Cursor) (int64, id.Cursor, error) {
		return through(ctx, tx, org, who.Marks(), after)
	}}
}
