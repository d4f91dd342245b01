package addressbook

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Consents tells who agreed to WhatsApp. Everybody is asked about at once,
// because the books of ten thousand people are judged at once.
type Consents interface {
	Agreements(ctx context.Context, r store.Reader, org id.Org) ([]chat.Agreement, error)
	AgreementsOf(ctx context.Context, r store.Reader, org id.Org, people []id.Person) ([]chat.Agreement, error)
	// Holding lists everybody with a consent that is granted and has not run out.
	Holding(ctx context.Context, r store.Reader, org id.Org, now time.Time) ([]id.Person, error)
}

// Ask says who knows the consents. It is called before anything is judged: the
// consents themselves are made with the books as their [Witness].
func (b *Books) Ask(consents Consents) { b.consents = consents }

// fact is a person as the books remember her.
type fact struct {
	Person
	changed int64 // when her profile or flags changed
	labels  []id.Label
}

type facts map[id.Person]*fact

// factsAbout reads the facts about some people. Who does not exist is left out.
func (b *Books) factsAbout(ctx context.Context, tx store.Tx, org id.Org, people []id.Person) (facts, error) {
	if len(people) == 0 {
		return facts{}, nil
	}
	outlines, err := b.people.OutlinesOf(ctx, tx, org, people)
	if err != nil {
		return nil, err
	}
	agreed, err := b.consents.AgreementsOf(ctx, tx, org, people)
	if err != nil {
		return nil, err
	}
	return b.gather(ctx, tx, org, outlines, agreed)
}

// allFacts reads the facts about everybody.
func (b *Books) allFacts(ctx context.Context, tx store.Tx, org id.Org) (facts, error) {
	outlines, err := b.people.Outlines(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	agreed, err := b.consents.Agreements(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return b.gather(ctx, tx, org, outlines, agreed)
}

func (b *Books) gather(ctx context.Context, tx store.Tx, org id.Org, outlines []chat.Outline, agreed []chat.Agreement) (facts, error) {
	found := make(facts, len(outlines))
	for _, s := range outlines {
		found[s.ID] = &fact{changed: store.Micros(s.Changed), Person: Person{ID: s.ID, Active: s.Active, Readable: s.Readable, HasNumber: s.HasNumber, Blocked: s.Blocked,
			OptedOut: s.OptedOut, Restricted: s.Restricted, Objected: s.Objected, Minor: s.Minor}}
	}
	for _, a := range agreed {
		if f := found[a.Person]; f != nil {
			f.Consents = append(f.Consents, Consent{Consent: a.Consent, Marketing: a.Advertising})
		}
	}
	return found, b.label(ctx, tx, org, found)
}

func (b *Books) label(ctx context.Context, tx store.Tx, org id.Org, found facts) error {
	if b.labels == nil || len(found) == 0 {
		return nil
	}
	people := make([]id.Person, 0, len(found))
	for p := range found {
		people = append(people, p)
	}
	labels, err := b.labels.Of(ctx, tx, org, people)
	for p, of := range labels {
		if f := found[p]; f != nil {
			f.labels = of
		}
	}
	return err
}
