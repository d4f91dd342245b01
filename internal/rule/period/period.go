// Package period says for how long each class of data is kept, and what is due
// at a moment (GDPR Art. 5(1)(e), DIN 66398).
package period

import (
	"time"

	"einklang/internal/rule/id"
)

// Orders is what whoever keeps something for a period is told when it is to go.
type Orders struct {
	Before map[string]time.Time // by class: what began before is due
	Held   map[id.ID]bool       // people and conversations that a legal hold keeps
	Dry    bool                 // count, but delete nothing
}

// Unit is what a period is counted in.
type Unit string

// The units. Years run from the end of the year in which something began, as
// the duties of commerce and tax law do (HGB §257(5), AO §147(4)).
const (
	Days   Unit = "days"
	Months Unit = "months"
	Years  Unit = "years"
)

// Class is a class of data after DIN 66398: a category, what its period begins
// with, and the period.
type Class struct {
	Key     string // the catalogue has retention.KEY, .start and .law
	Unit    Unit
	Default int
	Duty    int  // how long law asks to keep it at least; 0: no duty
	Fixed   bool // part of how the program works, or a right of the person
}

// The classes that a run deletes.
const (
	Messages = "messages"
	Letters  = "letters"
	Vouchers = "vouchers"
	Media    = "media"
	Cards    = "third_party"
	Details  = "status_details"
	Audit    = "audit"
)

// ConsentProof is what proves that somebody might be written to: fixed.
const ConsentProof = "consent_proof"

// Classes lists all classes, those that can be changed first (privacy law asks
// for a period for everything: GDPR Art. 5(1)(e)).
func Classes() []Class {
	return []Class{
		{Key: Messages, Unit: Months, Default: 12},
		{Key: Letters, Unit: Years, Default: 6, Duty: 6},  // HGB §257(4), AO §147(3)
		{Key: Vouchers, Unit: Years, Default: 8, Duty: 8}, // AO §147(3), eight years since 2025
		{Key: Media, Unit: Days, Default: 90},
		{Key: Cards, Unit: Days, Default: 30}, // people who did not agree to anything (S2)
		{Key: Details, Unit: Days, Default: 90},
		{Key: Audit, Unit: Months, Default: 12},
		{Key: "payloads", Unit: Days, Default: 7, Fixed: true},
		{Key: "unapplied", Unit: Days, Default: 90, Fixed: true},
		{Key: ConsentProof, Unit: Years, Default: 3, Duty: 3, Fixed: true}, // BGB §§195, 199; UWG §7a
		{Key: "unconfirmed", Unit: Days, Default: 14, Fixed: true},
		{Key: "cases", Unit: Years, Default: 3, Duty: 3, Fixed: true},
		{Key: "sessions", Unit: Days, Default: 30, Fixed: true},
		{Key: "screenshots", Unit: Days, Default: 30, Fixed: true},
		{Key: "tombstones", Unit: Years, Default: 3, Fixed: true},
	}
}

// ClassOf finds a class by its key.
func ClassOf(key string) (Class, bool) {
	for _, c := range Classes() {
		if c.Key == key {
			return c, true
		}
	}
	return Class{}, false
}

// Cutoff is the moment before which something must have begun in order to be
// due now.
func (c Class) Cutoff(amount int, now time.Time) time.Time {
	switch c.Unit {
	case Months:
		return now.AddDate(0, -amount, 0)
	case Years:
		return time.Date(now.Year()-amount, time.January, 1, 0, 0, 0, 0, now.Location())
	default:
		return now.AddDate(0, 0, -amount)
	}
}

// Due is when something that began at a moment is due.
func (c Class) Due(amount int, began time.Time) time.Time {
	switch c.Unit {
	case Months:
		return began.AddDate(0, amount, 0)
	case Years:
		return time.Date(began.Year()+amount+1, time.January, 1, 0, 0, 0, 0, began.Location())
	default:
		return began.AddDate(0, 0, amount)
	}
}

// Warning says what is wrong with a period: "too_short" for a duty to keep,
// "too_long" for the duty to delete; empty if nothing is.
func (c Class) Warning(amount int) string {
	switch {
	case amount < c.Duty:
		return "too_short"
	case amount > c.Default:
		return "too_long"
	default:
		return ""
	}
}

// InDays is a period in days, for registers.
func (c Class) InDays(amount int) int {
	switch c.Unit {
	case Months:
		return amount * 365 / 12
	case Years:
		return amount * 365
	default:
		return amount
	}
}

// Most is the longest period that can be set, in the unit.
func (c Class) Most() int { return map[Unit]int{Days: 3650, Months: 360, Years: 30}[c.Unit] }
