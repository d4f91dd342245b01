package media

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Shelf) Claims() []store.Claim {
	return []store.Claim{
		{Table: "media", Column: "contact_id", Expire: "the retention run deletes files by their class"},
	}
}

// Expire deletes nothing: the retention run does, by class.
func (*Shelf) Expire(context.Context, store.Tx, id.Org, time.Time) error { return nil }
