package optin

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Links is the book of people, which knows whose records are linked.
type Links interface {
	// Marks are the marks of those of some people, or of everybody, whose records
	// are linked, and of those with whom they are.
	Marks(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) (map[id.Person]id.Link, error)
}

// Linking says who knows whose records are linked: a withdrawal in one holds for
// all of them as long as they are. Call it before anybody is judged.
func (d *Consents) Linking(links Links) { d.links = links }

// alone is the book of who is linked with nobody.
type alone struct{}

func (alone) Marks(context.Context, store.Reader, id.Org, ...id.Person) (map[id.Person]id.Link, error) {
	return nil, nil
}

// InForce reads what holds for each of some people: her own consents, and what
// was withdrawn in a record that is linked with hers. What is written down of her
// own, States reads.
func (d *Consents) InForce(ctx context.Context, r store.Reader, org id.Org, people ...id.Person) (map[id.Person][]State, error) {
	if len(people) == 0 {
		return nil, nil
	}
	marks, err := d.links.Marks(ctx, r, org, people...)
	if err != nil {
		return nil, err
	}
	all, err := d.states(ctx, r, org, concerned(people, marks))
	if err != nil || len(marks) == 0 {
		return all, err
	}
	ended := map[id.Link][]State{}
	for person, mark := range marks {
		for _, s := range all[person] {
			if s.State == gate.ConsentWithdrawn {
				ended[mark] = append(ended[mark], s)
			}
		}
	}
	strict := make(map[id.Person][]State, len(people))
	for _, p := range people {
		if strict[p] = all[p]; !marks[p].IsZero() {
			strict[p] = stricter(all[p], ended[marks[p]])
		}
	}
	return strict, nil
}

// concerned are some people and all whose marks were read.
func concerned(people []id.Person, marks map[id.Person]id.Link) []id.Person {
	all := slices.Clone(people)
	for p := range marks {
		all = append(all, p)
	}
	return id.Distinct(all)
}

// stricter are the states of a person with what was withdrawn in records that are
// linked with hers: it ends what she had granted before, as when the two become
// one, and says no where she said nothing.
func stricter(own, ended []State) []State {
	strict := slices.Clone(own)
	for _, e := range ended {
		e.Linked = true
		switch at := slices.IndexFunc(strict, func(s State) bool { return s.Purpose == e.Purpose }); {
		case at < 0:
			strict = append(strict, e)
		case strict[at].Event != e.Event && ends(e, strict[at]):
			strict[at] = e
		}
	}
	slices.SortStableFunc(strict, func(a, b State) int { return strings.Compare(a.Purpose, b.Purpose) })
	return strict
}

// ends reports whether a withdrawal comes after what was said: a consent that was
// given before it does not outlast it by being recorded late.
func ends(withdrawal, s State) bool {
	return s.State != gate.ConsentWithdrawn && (!s.Said.After(withdrawal.Said) || s.State == gate.ConsentGranted && !s.Granted.After(withdrawal.Said))
}

// agreement is a consent as the books ask about it, with what tells whether
// another record ends it.
type agreement struct {
	chat.Agreement
	State
}

// inForce are the agreements of those whom asked names, or of everybody, with
// what was withdrawn in records that are linked.
func inForce(all []agreement, marks map[id.Person]id.Link, asked []id.Person) []chat.Agreement {
	ended := map[id.Link][]State{}
	for _, a := range all {
		if mark := marks[a.Person]; !mark.IsZero() && a.State.State == gate.ConsentWithdrawn {
			ended[mark] = append(ended[mark], a.State)
		}
	}
	wanted := make(map[id.Person]bool, len(asked))
	for _, p := range asked {
		wanted[p] = true
	}
	found := make([]chat.Agreement, 0, len(all))
	for _, a := range all {
		if asked != nil && !wanted[a.Person] {
			continue
		}
		for _, e := range ended[marks[a.Person]] {
			if e.Purpose == a.Purpose && ends(e, a.State) {
				a.Consent.State = gate.ConsentWithdrawn
			}
		}
		found = append(found, a.Agreement)
	}
	return found
}
