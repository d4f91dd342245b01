package addressbook

import (
	"time"

	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Kind says which of an organisation's two books is meant.
type Kind string

// The books.
const (
	// Consenting holds people who agreed to WhatsApp, for devices with it.
	Consenting Kind = "consenting"
	// Everyone holds all customers, for devices and computers on which no
	// WhatsApp runs.
	Everyone Kind = "everyone"
)

// Kinds lists the books.
func Kinds() []Kind { return []Kind{Consenting, Everyone} }

// Person is what the rule looks at.
type Person struct {
	ID         id.Person
	Active     bool // neither erased nor merged into somebody else
	Readable   bool // her key exists
	HasNumber  bool // a phone number is known; without one there is nothing to dial
	Blocked    bool // by the company
	OptedOut   bool // STOP
	Restricted bool // GDPR Art. 18
	Objected   bool // to marketing, GDPR Art. 21(2)
	Minor      bool // under 16, GDPR Art. 8
	Consents   []Consent
}

// Consent is one consent of a person to WhatsApp.
type Consent struct {
	gate.Consent
	Marketing bool // to advertising
}

// Reason says why somebody is not in a book.
type Reason string

// The reasons. The empty reason means that the person is in the book.
const (
	In         Reason = ""
	Gone       Reason = "gone"       // erased, merged, or her key is destroyed
	NoNumber   Reason = "no_number"  // nothing to put into an address book
	Restricted Reason = "restricted" // GDPR Art. 18(2): storage only
	Blocked    Reason = "blocked"
	OptedOut   Reason = "opted_out"
	MinorOnly  Reason = "minor"      // agreed to advertising only, which a minor can't (privacy.md §3)
	NoConsent  Reason = "no_consent" // none is valid now
)

// Verdict is what the rule says about one person and one book.
type Verdict struct {
	Reason Reason
	// Recheck is when the verdict changes by itself, because a consent ends or
	// begins. Zero: never.
	Recheck time.Time
}

// Present reports whether the person stands in the book.
func (v Verdict) Present() bool { return v.Reason == In }

// Judge decides whether a person stands in a book at a moment. The first row
// that applies holds; the zero Person is in no book.
func Judge(kind Kind, p Person, at time.Time) Verdict {
	switch {
	case !p.Active || !p.Readable: // GDPR Art. 17
		return Verdict{Reason: Gone}
	case !p.HasNumber:
		return Verdict{Reason: NoNumber}
	case p.Restricted: // GDPR Art. 18(2)
		return Verdict{Reason: Restricted}
	case kind == Everyone:
		return Verdict{}
	case p.Blocked:
		return Verdict{Reason: Blocked}
	case p.OptedOut: // privacy.md §2 row 3
		return Verdict{Reason: OptedOut}
	}
	return consenting(p, at)
}

// consenting asks whether one of the person's consents is valid (S1, S3).
func consenting(p Person, at time.Time) Verdict {
	v := Verdict{Reason: NoConsent}
	var begins time.Time
	for _, c := range p.Consents {
		switch {
		case c.Marketing && p.Minor: // as the gate says (row 7)
			if !v.Present() && c.ValidAt(at) {
				v.Reason = MinorOnly
			}
		case c.Marketing && p.Objected: // GDPR Art. 21(3)
		case c.ValidAt(at):
			if !v.Present() || endsLater(c.ExpiresAt, v.Recheck) {
				v = Verdict{Recheck: c.ExpiresAt}
			}
		case c.GrantedAt.After(at) && c.ValidAt(c.GrantedAt):
			if begins.IsZero() || c.GrantedAt.Before(begins) {
				begins = c.GrantedAt
			}
		}
	}
	if !v.Present() {
		v.Recheck = begins
	}
	return v
}

// endsLater reports whether a consent that ends at a outlasts one that ends at
// b; zero is never.
func endsLater(a, b time.Time) bool { return !b.IsZero() && (a.IsZero() || a.After(b)) }
