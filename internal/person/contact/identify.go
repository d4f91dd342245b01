package contact

import (
	"time"

	"einklang/internal/rule/identity"
	"einklang/internal/rule/pii"
)

// Sighting is what one event tells about who a person is. Empty means that the
// event does not say.
type Sighting struct {
	pii.Personal
	Phone       string // digits with the country code, in any form
	FromMeta    bool   // Meta wrote the number so: that is how we send to it
	BSUID       string
	ParentBSUID string
	Name        string // as WhatsApp shows it
	Username    string
	Given       string // as our staff name the person
	Offered     string // a name from elsewhere: taken if our staff have given none
	Email       string // taken if none is known
	Locale      string
	At          time.Time // when it was seen; zero: now
	Wrote       bool      // she wrote to us as this identity: only that proves it
}

// seen is what of it says who the person is.
func (s Sighting) seen() identity.Seen {
	return identity.Seen{Phone: s.Phone, FromMeta: s.FromMeta, BSUID: s.BSUID, ParentBSUID: s.ParentBSUID, Username: short(s.Username), At: s.At}
}

// Change tells that a person has a new phone number, a new user id, or both
// (Cloud API: system messages).
type Change struct {
	pii.Personal
	Before []Sighting // what she had, as far as the event says
	After  Sighting   // what she has now
	At     time.Time
}

func (c Change) told() identity.Change {
	told := identity.Change{After: c.After.seen(), At: c.At}
	for _, s := range c.Before {
		told.Before = append(told.Before, s.seen())
	}
	return told
}
