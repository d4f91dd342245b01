package erasure

import (
	"context"
	"encoding/json"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// consentKinds begin the names of the leaves that prove a consent.
var consentKinds = []string{"consent.", "opt_", "optin."}

// consentProofYears is how long, from the end of the year in which it was last
// used, the proof of a consent is kept.
const consentProofYears = 5

// proofBite is how many leaves one bite locks away.
const proofBite = 500

// dutyOfProof is the duty to prove consents.
const dutyOfProof = "consent_proof"

// ConsentProof keeps what proves a consent until claims from it are barred:
// three years from the end of the year in which it was last used (BGB §§195,
// 199), but at least five years where it allowed advertising (UWG §7a(2)). The
// courts want the advertiser to prove it (GDPR Art. 7(1), 17(3)(e)).
func ConsentProof(log *evidence.Log, people Book) Duty {
	p := consentProof{log, people}
	return Duty{Name: dutyOfProof, Count: p.count, Items: p.items}
}

type consentProof struct {
	log    *evidence.Log
	people Book
}

func (p consentProof) count(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int64, time.Time, error) {
	n, last, err := p.log.CountKinds(ctx, r, org, person, consentKinds)
	if err != nil || n == 0 {
		return 0, time.Time{}, err
	}
	return n + 1, time.Date(store.Time(last).Year()+1+consentProofYears, 1, 1, 0, 0, 0, 0, time.UTC), nil
}

// items hands over the opened leaves, and first of all who it was. The place is
// the index of the next leaf.
func (p consentProof) items(ctx context.Context, r store.Reader, org id.Org, person id.Person, after id.Cursor) ([]Item, id.Cursor, error) {
	var items []Item
	from := indexOf(after)
	if from == 0 {
		who, err := settle(ctx, r, p.people, org, person)
		if err != nil {
			return nil, id.Cursor{}, err
		}
		plain, err := json.Marshal(who)
		if err != nil {
			return nil, id.Cursor{}, err
		}
		items = append(items, Item{ID: id.ID(person), Clear: plain})
	}
	openings, next, more, err := p.log.Openings(ctx, r, org, person, consentKinds, from, proofBite)
	if err != nil {
		return nil, id.Cursor{}, err
	}
	for _, o := range openings {
		plain, err := json.Marshal(o)
		if err != nil {
			return nil, id.Cursor{}, err
		}
		items = append(items, Item{ID: id.ID(o.ID), Clear: plain})
	}
	if !more {
		return items, id.Cursor{}, nil
	}
	return items, placeOf(next), nil
}

// placeOf and indexOf carry an index in an id, which is what a place is.
func placeOf(index int64) (at id.Cursor) {
	for i := range 8 {
		at[15-i] = byte(index >> (8 * i)) //nolint:gosec // one byte at a time
	}
	return at
}

func indexOf(at id.Cursor) (index int64) {
	for _, b := range at[8:] {
		index = index<<8 | int64(b)
	}
	return index
}
