// Package device is the register of company phones and computers: who has
// them, which WhatsApp runs there, with which password they read their address
// book, what they have received, and whether their owners have checked them in
// time.
//
// What nobody can enforce from outside (WhatsApp's own settings) is attested:
// every 90 days the owner walks through a dated check list. When that lapses,
// the device's book freezes, and two weeks later it is emptied: [Stand] is that
// rule. [Findings] tells what is wrong with a device and what to do.
package device

import (
	"errors"
	"time"

	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Product is which WhatsApp runs on a device; the rules differ (S6).
type Product string

// The products.
const (
	Consumer Product = "whatsapp" // WhatsApp for private people
	Business Product = "business" // WhatsApp Business app
	None     Product = "none"
)

// Platform is what kind of device it is.
type Platform string

// The platforms.
const (
	IOS      Platform = "ios"
	Android  Platform = "android"
	Computer Platform = "computer"
)

// Management is how far the company governs the device.
type Management string

// The kinds of management.
const (
	Unmanaged   Management = "none"
	WorkProfile Management = "work_profile" // Android: a separate profile; Apple: user enrolment
	Supervised  Management = "supervised"   // the whole device belongs to the company
)

// Device is one phone or computer.
type Device struct {
	pii.Personal
	Org        id.Org
	ID         id.Device
	Login      string
	Product    Product
	Platform   Platform
	Management Management
	Detail
	Labels     []id.Label // only people with one of these; none: everybody who may
	Names      bool       // cards hold names, not only numbers
	Groups     bool       // cards hold the names of labels
	Pictures   bool       // cards hold pictures
	Candidates bool       // people added on the phone are taken as candidates
	Revoked    bool

	Attested time.Time // last check list that passed; zero: never
	Failed   []Item    // what did not pass in the check list that came last
	FailedAt time.Time
	Standing Standing
	Since    time.Time // of the standing

	Synced  time.Time // last asked for its book; zero: never
	Created time.Time

	frozenSeq, viewSeq, heldSeq int64
	held                        heldView
}

// Detail is what is sealed, because it speaks of a member of staff.
type Detail struct {
	pii.Personal
	Name   string `json:"name"`   // of the device, such as "Außendienst 3"
	Owner  string `json:"owner"`  // who uses it
	Number string `json:"number"` // as people write it; may be empty
}

// heldView is the view through which a device last read its book.
type heldView struct {
	Kind   addressbook.Kind `json:"kind,omitempty"`
	Labels []id.Label       `json:"labels,omitempty"`
	Frozen int64            `json:"frozen,omitempty"`
	Empty  bool             `json:"empty,omitempty"`
}

// The errors that a caller branches on.
var (
	ErrNotFound  = errors.New("no such device")
	ErrSignIn    = errors.New("the login or the password of the device is wrong, or the device is revoked")
	ErrThrottled = errors.New("too many attempts: wait a minute")
	ErrInvalid   = errors.New("a device needs a name, an owner, and a known product, platform and management")
	ErrLink      = errors.New("this link has ended: ask for a new one")
)

// valid checks what somebody entered.
func (d Device) valid() bool {
	return d.Name != "" && d.Owner != "" && len(d.Name) <= 100 && len(d.Owner) <= 100 && len(d.Number) <= 40 &&
		(d.Product == Consumer || d.Product == Business || d.Product == None) &&
		(d.Platform == IOS || d.Platform == Android || d.Platform == Computer) &&
		(d.Management == Unmanaged || d.Management == WorkProfile || d.Management == Supervised)
}

// Kind is the book that the device reads: whoever has WhatsApp never gets the
// full one (S1).
func (d Device) Kind() addressbook.Kind {
	if d.Product == None {
		return addressbook.Everyone
	}
	return addressbook.Consenting
}

// View is the device's book.
func (d Device) View() addressbook.View {
	v := addressbook.View{Org: d.Org, Device: d.ID, Kind: d.Kind(), Labels: d.Labels, Since: d.viewSeq, Empty: d.Revoked, Fields: addressbook.Fields{Name: d.Names, Groups: d.Groups, Pictures: d.Pictures}}
	switch d.Standing {
	case Open:
	case Frozen:
		v.Frozen = max(d.frozenSeq, 1) // 0 would mean: not frozen
	default:
		v.Empty = true
	}
	return v
}

// lastView is the view as it was when the device last read its book.
func (d Device) lastView() addressbook.View {
	return addressbook.View{Org: d.Org, Device: d.ID, Kind: d.held.Kind, Labels: d.held.Labels, Frozen: d.held.Frozen, Empty: d.held.Empty}
}
