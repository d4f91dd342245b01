package keyword

import (
	"fmt"
	"unicode/utf8"
)

// mostOwn is how many own words of a kind an organisation may have,
// longestOwn how long one is, in letters.
const (
	mostOwn    = 30
	longestOwn = 60
)

// Kind is what an own word of an organisation does.
type Kind string

// The kinds.
const (
	Ending   Kind = "stop"
	Starting Kind = "start"
	Ordinary Kind = "except"
)

// Unfit is an own word that cannot be kept.
type Unfit struct {
	Why  string // many | long | start | except
	Word string // empty: there are too many
}

func (u *Unfit) Error() string {
	return fmt.Sprintf("the own word %q cannot be kept: %s", u.Word, u.Why)
}

// Of are the words of a kind; nil if there is no such kind.
func (s *Set) Of(kind Kind) *[]string {
	switch kind {
	case Ending:
		return &s.Stop
	case Starting:
		return &s.Start
	case Ordinary:
		return &s.Except
	default:
		return nil
	}
}

// Check returns an [Unfit] for the first own word that cannot be kept.
func (s Set) Check() error {
	for _, all := range [][]string{s.Stop, s.Start, s.Except} {
		if len(all) > mostOwn {
			return &Unfit{Why: "many"}
		}
		for _, one := range all {
			if utf8.RuneCountInString(one) > longestOwn {
				return &Unfit{"long", one}
			}
		}
	}
	for _, one := range s.Start {
		if (Set{}).Match(one).Ends() { // what ends something never begins it
			return &Unfit{"start", one}
		}
	}
	for _, one := range s.Except {
		if !Exceptable(one) {
			return &Unfit{"except", one}
		}
	}
	return nil
}
