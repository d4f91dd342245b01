package device

import (
	"slices"
	"time"
)

// Standing is how much of its book a device gets.
type Standing string

// The standings.
const (
	Open   Standing = "open"
	Frozen Standing = "frozen" // nobody new; who leaves the book still leaves the device
	Empty  Standing = "empty"
)

const (
	// AttestEvery is how long a check list holds (privacy.md §7).
	AttestEvery = 90 * 24 * time.Hour
	// Grace is how long a book stays frozen before it is emptied.
	Grace = 14 * 24 * time.Hour
	// RemindBefore is how long before its end a check list asks for the next.
	RemindBefore = 14 * 24 * time.Hour
)

// Stand decides how much of its book a device gets now. A device whose owner
// has never declared and checked it gets nothing (S4), nor does one with the
// full book on which there is WhatsApp after all (S1).
func Stand(d Device, now time.Time) Standing {
	lapses := d.Attested.Add(AttestEvery)
	if len(d.Failed) > 0 && d.FailedAt.Before(lapses) {
		lapses = d.FailedAt
	}
	switch {
	case d.Revoked, d.Attested.IsZero(), slices.ContainsFunc(d.Failed, Item.empties):
		return Empty
	case now.Before(lapses):
		return Open
	case now.Before(lapses.Add(Grace)):
		return Frozen
	default:
		return Empty
	}
}
