package erasure

import (
	"context"

	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rule/id"
)

// Through looks at some rows after a place, where people stand together, and
// deletes those that name a person by one of her marks; the zero place ends it.
type Through func(ctx context.Context, tx store.Tx, org id.Org, marks []string, after id.Cursor) (n int64, next id.Cursor, err error)

// Keep says who keeps something about people, and where they stand together,
// before Run is called.
func (d *Erasures) Keep(all keeper.Keepers, webhooks, early Through) {
	d.Places = make([]Part, len(all))
	for i, k := range all {
		d.Places[i] = Part{Name: k.Name, Erase: nothing}
		if e, ok := k.Room.(keeper.Eraser); ok {
			d.Places[i].Erase = e.Erase
		}
		if c, ok := k.Room.(keeper.Counter); ok {
			d.Places[i].Count = c.CountOf
		}
	}
	d.Mentions = []Mentions{sweep("webhooks", webhooks), sweep("early", early)}
}

// nothing is what the claims of a room excuse.
func nothing(context.Context, store.Tx, id.Org, id.Person) (int64, bool, error) {
	return 0, false, nil
}

func sweep(name string, through Through) Mentions {
	return Mentions{Name: name, Erase: func(ctx context.Context, tx store.Tx, org id.Org, who Identity, after id.Cursor) (int64, id.Cursor, error) {
		return through(ctx, tx, org, who.Marks(), after)
	}}
}

// Claims are the columns of this room that name a person: what is left of one
// who is gone.
func (*Erasures) Claims() []store.Claim {
	return []store.Claim{
		{Table: "erasure", Column: "contact_id", Merge: "nobody is merged who is being erased", Erase: "it is the proof of the erasure (Art. 5(2))", Expire: "the proof stays, without anything about her", Export: "she is told that she was erased"},
		{Table: "tombstone", Column: "contact_id", Merge: "nobody is merged who is erased", Erase: "it keeps an import from bringing her back", Export: "nothing else is known of her"},
	}
}
