// Package identity says who a person is: a set of identities, of which each may
// change, and the rules by which what Meta tells is put together.
//
// Since 2026 WhatsApp users may come without a phone number; a business-scoped
// user id (BSUID) names them, which changes with their number (Cloud API:
// usernames and BSUIDs). So a person is a number, a BSUID, a parent BSUID and a
// username, each with those that were hers before. It is pure: a [Register]
// holds who is concerned by what was seen, decides, and says what to write.
package identity

import (
	"slices"
	"time"

	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Identity is by what a person is known. Numbers are in their canonical form.
type Identity struct {
	pii.Personal
	Phone       string `json:"phone,omitempty"` // E.164 digits without "+"
	WaID        string `json:"wa_id,omitempty"` // the number as Meta last wrote it, where that differs
	BSUID       string `json:"bsuid,omitempty"`
	ParentBSUID string `json:"parent_bsuid,omitempty"`
	Username    string `json:"username,omitempty"`

	// Also are forms of her number that lead to her without being how it is
	// written now: Meta answered with another than was asked for.
	Also            []string `json:"also_phones,omitempty"`
	FormerPhones    []string `json:"former_phones,omitempty"` // never sent to: they may belong to others by now
	FormerBSUIDs    []string `json:"former_bsuids,omitempty"` // still lead to her, as do the parents
	FormerParents   []string `json:"former_parent_bsuids,omitempty"`
	FormerUsernames []string `json:"former_usernames,omitempty"` // lead to nobody: names are given anew

	// Moved is when she last changed her number or user id.
	Moved time.Time `json:"moved,omitzero"`
	// Passed is when a number was first seen to have gone from one person to
	// another without a word of Meta's: with who lost it and with who has it.
	Passed time.Time `json:"passed,omitzero"`
}

// since reports whether a moment is after she last got or lost a number or a user
// id. What Meta tells of is over with its moment; what is seen goes on from it.
func (i Identity) since(at time.Time) bool { return at.After(i.Moved) && !at.Before(i.Passed) }

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Address is the number to which WhatsApp is asked to send: as it writes it.
func (i Identity) Address() string {
	if i.WaID != "" {
		return i.WaID
	}
	return i.Phone
}

// Canonical is an identity that an earlier program may have kept, with its
// numbers in their one form.
func (i Identity) Canonical() Identity {
	one := phone.Canonical(i.Phone)
	if one != i.Phone && i.WaID == "" {
		i.WaID = i.Phone
	}
	i.Phone = one
	i.Also, i.FormerPhones = canonical(i.Also), canonical(i.FormerPhones)
	return i
}

// canonical is a list of numbers in their one form, each once. One that is right
// is not made anew.
func canonical(numbers []string) []string {
	if !slices.ContainsFunc(numbers, func(n string) bool { return phone.Canonical(n) != n }) {
		return numbers
	}
	var all []string
	for _, n := range numbers {
		all = with(all, phone.Canonical(n))
	}
	return all
}

// Same reports whether two identities say the same.
func (i Identity) Same(o Identity) bool {
	return i.Phone == o.Phone && i.WaID == o.WaID && i.BSUID == o.BSUID && i.ParentBSUID == o.ParentBSUID && i.Username == o.Username &&
		slices.Equal(i.Also, o.Also) && slices.Equal(i.FormerPhones, o.FormerPhones) && slices.Equal(i.FormerBSUIDs, o.FormerBSUIDs) &&
		slices.Equal(i.FormerParents, o.FormerParents) && slices.Equal(i.FormerUsernames, o.FormerUsernames) && i.Moved.Equal(o.Moved) && i.Passed.Equal(o.Passed)
}

// Keys are the keys under which a person with this identity is found.
func (i Identity) Keys() []Key {
	var all []Key
	add := func(kind Kind, values ...string) {
		for _, v := range values {
			if k := (Key{Kind: kind, Value: v}); v != "" && !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	add(Phone, i.Phone)
	add(Phone, i.Also...)
	add(BSUID, i.BSUID)
	add(BSUID, i.FormerBSUIDs...)
	add(Parent, i.ParentBSUID)
	add(Parent, i.FormerParents...)
	add(Former, i.FormerPhones...)
	return all
}

// Numbers are all numbers by which she is or was named, in every spelling.
func (i Identity) Numbers() []string {
	var all []string
	for _, n := range slices.Concat([]string{i.Phone}, i.Also, i.FormerPhones) {
		if n != "" {
			all = append(all, phone.Spellings(n)...)
		}
	}
	return all
}

// UserIDs are all user ids by which she is or was named, the current one first.
func (i Identity) UserIDs() []string {
	return slices.DeleteFunc(slices.Concat([]string{i.BSUID, i.ParentBSUID}, i.FormerBSUIDs, i.FormerParents), func(u string) bool { return u == "" })
}

// Join is the identity of a person of whom two were known: what stays is kept,
// what goes fills its gaps. Of two numbers, user ids or names the one that stays
// is used; the other is kept as a former one.
func (i Identity) Join(goes Identity) Identity {
	former := func(list []string, now, other string, before []string) []string {
		list = without(list, now)
		for _, v := range append([]string{other}, before...) {
			if v != now {
				list = with(list, v)
			}
		}
		return list
	}
	if i.Phone == "" {
		i.Phone, i.WaID = goes.Phone, goes.WaID
	} else if i.WaID == "" && i.Phone == goes.Phone {
		i.WaID = goes.WaID
	}
	i.BSUID, i.ParentBSUID, i.Username = first(i.BSUID, goes.BSUID), first(i.ParentBSUID, goes.ParentBSUID), first(i.Username, goes.Username)
	i.FormerPhones = former(i.FormerPhones, i.Phone, goes.Phone, goes.FormerPhones)
	i.FormerBSUIDs = former(i.FormerBSUIDs, i.BSUID, goes.BSUID, goes.FormerBSUIDs)
	i.FormerParents = former(i.FormerParents, i.ParentBSUID, goes.ParentBSUID, goes.FormerParents)
	i.FormerUsernames = former(i.FormerUsernames, i.Username, goes.Username, goes.FormerUsernames)
	for _, n := range goes.Also {
		i.Also = with(i.Also, n)
	}
	i.Moved, i.Passed = later(i.Moved, goes.Moved), later(i.Passed, goes.Passed)
	return i
}

// first is the first of the values that says something.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// with is the list and a value, once.
func with(list []string, value string) []string {
	if value == "" || slices.Contains(list, value) {
		return list
	}
	return append(slices.Clone(list), value)
}

// without is the list without a value; nil if nothing is left.
func without(list []string, value string) []string {
	if !slices.Contains(list, value) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == value })
}
