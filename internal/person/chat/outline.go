package chat

import (
	"time"

	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Outline is what is known of a person without opening anything: enough to
// judge many people at once.
type Outline struct {
	ID        id.Person
	Active    bool      // neither erased nor merged into somebody else
	HasNumber bool      // a phone number is known
	Readable  bool      // her key exists
	Flags               // in force, with those of linked records
	Changed   time.Time // her profile or flags, last
}

// Agreement is one consent of a person to WhatsApp.
type Agreement struct {
	Person      id.Person
	Advertising bool
	gate.Consent
}
