package intake

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// learn learns how statuses name the people whom our messages have reached: a
// STOP may come under a user id that no message of hers has shown yet. Mostly
// there is nothing new; then nothing is written, and once that was seen nothing
// is asked either.
func (in *Intake) learn(ctx context.Context, tx store.Tx, b *batch, applied []conversation.Applied) error {
	var people []id.Person
	var seen []contact.Sighting
	for i := range b.changes {
		s, m := b.named[i].Sighting, applied[i].Message
		if m.ID.IsZero() || s.Phone == "" && s.BSUID == "" && s.ParentBSUID == "" || in.taught.has(b.org, m.Contact, s) {
			continue
		}
		people, seen = append(people, m.Contact), append(seen, s)
	}
	if len(people) == 0 {
		return nil
	}
	known, err := in.People.Knows(ctx, tx, b.org, people, seen)
	if err != nil {
		return fmt.Errorf("look what a status tells about a person: %w", err)
	}
	for i, s := range seen {
		if known[i] && phone.Canonical(s.Phone) == s.Phone {
			continue
		}
		if err := in.People.Learn(ctx, tx, b.org, people[i], s); err != nil {
			return fmt.Errorf("learn what a status tells about a person: %w", err)
		}
	}
	tx.AfterCommit(func() {
		for i, s := range seen {
			in.taught.add(b.org, people[i], s)
		}
	})
	return nil
}

// taughtMost bounds how many names are remembered; then it begins anew.
const taughtMost = 1 << 16

// taught are hashes of the names of which nothing is to be learned any more. What
// is not among them is asked of the database, so that nothing hangs on it.
type taught struct {
	mu   sync.Mutex
	seed maphash.Seed
	all  map[uint64]struct{}
}

func (t *taught) hash(org id.Org, person id.Person, s contact.Sighting) uint64 {
	if t.all == nil {
		t.seed, t.all = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	return maphash.Comparable(t.seed, [5]string{string(org[:]), string(person[:]), s.Phone, s.BSUID, s.ParentBSUID})
}

func (t *taught) has(org id.Org, person id.Person, s contact.Sighting) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, yes := t.all[t.hash(org, person, s)]
	return yes
}

func (t *taught) add(org id.Org, person id.Person, s contact.Sighting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hash(org, person, s)
	if len(t.all) >= taughtMost {
		clear(t.all)
	}
	t.all[h] = struct{}{}
}
