package cases

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Cases) Claims() []store.Claim {
	return []store.Claim{
		{Table: "privacy_case", Column: "contact_id", Erase: "the file of her request, under a key of its own, is proof (Art. 5(2))", Export: "she reads her requests in the portal"},
		{Table: "privacy_case_entry", Column: "case_id", Of: "privacy_case", Erase: "as its case"},
	}
}

// Expire deletes cases whose time is over, and which mails became cases long ago.
func (d *Cases) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	return errors.Join(d.expire(ctx, tx, org, now), d.expireMails(ctx, tx, org, now))
}

// Claims are the columns of this room that name a person.
func (*Visits) Claims() []store.Claim {
	return []store.Claim{
		{Table: "portal_code", Column: "contact_id", Merge: "who she is, is asked anew", Export: "it is gone in minutes"},
		{Table: "portal_visit", Column: "contact_id", Merge: "who she is, is asked anew", Export: "she is the one who visits"},
		{Table: "portal_wish", Column: "contact_id", Export: "she reads in the portal what she asked for"},
	}
}

// Erase ends the visits of a person.
func (v *Visits) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	return 0, false, errors.Join(v.End(ctx, tx, org, person), v.eraseWishes(ctx, tx, org, person))
}
