package contact

import (
	"time"

	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Sighting is what one event tells about who a person is. Empty means that the
// event does not say.
type Sighting struct {
	pii.Personal
	Phone       string // E.164 digits
	BSUID       string
	ParentBSUID string
	Name        string // as WhatsApp shows it
	Username    string
	Given       string // as our staff name the person
	Offered     string // a name from elsewhere: taken if our staff have given none
	Email       string // taken if none is known
	Locale      string
	At          time.Time // when it was seen; zero: now
}

// candidate is a person who already holds one of the identities seen.
type candidate struct {
	id    id.Person
	phone string
	bsuid string
}

// identification is what follows from a sighting.
type identification struct {
	person    id.Person // zero: nobody known, make a new person
	merge     id.Person // the same person under another id, to be merged; or zero
	takePhone bool      // the number has moved: take it away from whoever holds it
}

// identify decides who was seen, given the people who hold the phone number and
// the BSUID (either may be nil).
//
// The BSUID is the stronger evidence: it belongs to one WhatsApp user, while a
// phone number can be given to somebody else (Cloud API: business-scoped user
// IDs). When in doubt two people stay two: a wrong merge would show one
// person's messages to another and lend one's consent to the other.
func identify(s Sighting, byPhone, byBSUID *candidate) identification {
	switch {
	case byPhone == nil && byBSUID == nil:
		return identification{}
	case byBSUID == nil:
		if s.BSUID != "" && byPhone.bsuid != "" {
			// The number now belongs to another WhatsApp user.
			return identification{takePhone: true}
		}
		return identification{person: byPhone.id}
	case byPhone == nil:
		return identification{person: byBSUID.id}
	case byPhone.id == byBSUID.id:
		return identification{person: byBSUID.id}
	case byPhone.bsuid == "" && byBSUID.phone == "":
		// Two halves of one person.
		return identification{person: older(byPhone.id, byBSUID.id), merge: newer(byPhone.id, byBSUID.id)}
	default:
		// The WhatsApp user has a new number that somebody else held before.
		return identification{person: byBSUID.id, takePhone: true}
	}
}

func older(a, b id.Person) id.Person {
	if string(a[:]) < string(b[:]) {
		return a
	}
	return b
}

func newer(a, b id.Person) id.Person {
	if older(a, b) == a {
		return b
	}
	return a
}
