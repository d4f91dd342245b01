package erasure

import (
	"context"
	"errors"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Numbers are the WhatsApp numbers of organisations.
type Numbers interface {
	Channels(ctx context.Context, r store.Reader, org id.Org) ([]org.Channel, error)
	Token(ctx context.Context, r store.Reader, c org.Channel) (string, error)
}

// MetaBooks are the contact books that Meta keeps, one for each number (Cloud
// API: contact book), by user id.
func MetaBooks(db *store.DB, numbers Numbers, client *cloudapi.Client) Recipients {
	return func(ctx context.Context, r store.Reader, org id.Org) ([]Recipient, error) {
		channels, err := numbers.Channels(ctx, r, org)
		if err != nil {
			return nil, err
		}
		var all []Recipient
		for _, c := range channels {
			all = append(all, Recipient{Name: "WhatsApp, " + c.DisplayNumber, Tell: func(ctx context.Context, _ id.Org, who Identity) (Answer, error) {
				if len(who.BSUIDs) == 0 {
					return Answer{State: Told, Code: "no_entry"}, nil // the book is kept by user id
				}
				token, err := numbers.Token(ctx, db, c)
				if err != nil {
					return Answer{}, err
				}
				return metaAnswer(client.Number(c.PhoneNumberID, token).DeleteContactBookEntry(ctx, who.BSUIDs[0]))
			}})
		}
		return all, nil
	}
}

// metaAnswer reads what Meta said. What it refuses for good is not asked again.
func metaAnswer(deleted bool, err error) (Answer, error) {
	var refused *cloudapi.Error
	switch {
	case err == nil && deleted:
		return Answer{State: Told, Code: "deleted"}, nil
	case err == nil:
		return Answer{State: Told, Code: "no_entry"}, nil
	case errors.As(err, &refused) && (refused.Class() == cloudapi.ClassParameter || refused.Class() == cloudapi.ClassPermanent):
		return Answer{State: Refused, Code: refused.Class().String()}, nil
	default:
		return Answer{}, err
	}
}
