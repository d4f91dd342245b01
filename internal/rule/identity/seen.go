package identity

import (
	"slices"
	"time"

	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Kind is a kind of key.
type Kind string

// The kinds of key, as they are stored.
const (
	Phone  Kind = "phone"
	BSUID  Kind = "bsuid"
	Parent Kind = "parent_bsuid"
	Former Kind = "former_phone" // a number that she left: what was written from it before is hers
)

// Key is one thing under which a person is found.
type Key struct {
	pii.Personal
	Kind  Kind
	Value string
}

// Alike are the other keys under which an earlier program may have kept what
// stands under a key: Meta's other forms of a number.
func (k Key) Alike() []Key {
	if k.Kind != Phone && k.Kind != Former {
		return nil
	}
	var all []Key
	for _, n := range phone.Alike(k.Value) {
		all = append(all, Key{Kind: k.Kind, Value: n})
	}
	return all
}

// Seen is what one event tells about who somebody is. Empty means that the event
// does not say.
type Seen struct {
	pii.Personal
	Phone       string // digits, in any form
	FromMeta    bool   // Meta wrote the number so
	BSUID       string
	ParentBSUID string
	Username    string
	At          time.Time // when; zero: now

	waID string // the number as Meta wrote it
}

// one is what was seen, with the number in its one form.
func (s Seen) one() Seen {
	if s.waID = ""; s.FromMeta {
		s.waID = s.Phone
	}
	s.Phone = phone.Canonical(s.Phone)
	return s
}

// Keys are the keys that were seen.
func (s Seen) Keys() []Key {
	all := make([]Key, 0, 3)
	for _, k := range [...]Key{{Kind: Phone, Value: phone.Canonical(s.Phone)}, {Kind: BSUID, Value: s.BSUID}, {Kind: Parent, Value: s.ParentBSUID}} {
		if k.Value != "" {
			all = append(all, k)
		}
	}
	return all
}

// formerly is the key by which a person is found who wrote from a number before
// she left it. Where a user id is shown nobody needs it.
func (s Seen) formerly() (Key, bool) {
	if s.Phone == "" || s.BSUID != "" || s.ParentBSUID != "" || s.At.IsZero() {
		return Key{}, false
	}
	return Key{Kind: Former, Value: phone.Canonical(s.Phone)}, true
}

// Wanted are all keys of which a [Register] must know who holds them before it
// is told what was seen.
func (s Seen) Wanted() []Key {
	all := s.Keys()
	for _, k := range all {
		all = append(all, k.Alike()...)
	}
	return all
}

// Change tells that a person has a new number, a new user id, or both (Cloud
// API: system messages). Either side may be known already, as one person or as
// two, or not at all.
type Change struct {
	pii.Personal
	Before []Seen // what she had, as far as the event says
	After  Seen   // what she has now
	At     time.Time
}

// all is everything of which the change speaks.
func (c Change) all() []Seen { return append(slices.Clone(c.Before), c.After) }

// one is the change with all numbers in their one form.
func (c Change) one() Change {
	o := Change{After: c.After.one(), At: c.At}
	for _, s := range c.Before {
		o.Before = append(o.Before, s.one())
	}
	return o
}

// named are the user ids of which the change speaks.
func (c Change) named() map[string]bool {
	all := map[string]bool{}
	for _, s := range c.all() {
		all[s.BSUID] = s.BSUID != ""
	}
	return all
}

// Keys are all keys of which the change speaks, each once.
func (c Change) Keys() []Key {
	var all []Key
	for _, s := range c.all() {
		for _, k := range s.Keys() {
			if !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all
}

// spellings are all other keys under which an earlier program may have kept what
// stands under a key.
func (k Key) spellings() []Key {
	if k.Kind != Phone && k.Kind != Former {
		return nil
	}
	var all []Key
	for _, n := range phone.Spellings(k.Value)[1:] {
		all = append(all, Key{Kind: k.Kind, Value: n})
	}
	return all
}
