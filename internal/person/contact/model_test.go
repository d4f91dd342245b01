package contact

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// user is somebody on WhatsApp, as she really is: a user id of her own and a
// number that may have been another's.
type user struct {
	name  string
	ids   []string // her user ids that events have named; the last one is hers now
	phone string
	seen  bool // an event has named her user id
	group int  // users of one group are one person, because staff said so
}

// world is an office and who is really there.
type world struct {
	*office
	users  []*user
	phones []string
	notes  map[int]note // by number
}

// note is something that was kept about the person of an event.
type note struct {
	user    *user // whose the event was for sure; nil: only a number was seen
	stopped bool  // the person had said STOP at some time since
}

func (w *world) who(t *rapid.T) *user {
	return w.users[rapid.IntRange(0, len(w.users)-1).Draw(t, "user")]
}

// writes: some people write; each event shows her user id, her number, or both.
func (w *world) writes(t *rapid.T) {
	w.now = w.now.Add(time.Minute)
	var seen []Sighting
	var by []*user
	for range rapid.IntRange(1, 3).Draw(t, "messages") {
		u := w.who(t)
		s := Sighting{Name: u.name, At: w.now, Phone: form(t, u.phone), FromMeta: true, BSUID: u.ids[len(u.ids)-1]}
		switch shown := rapid.SampledFrom([]string{"both", "both", "user id", "number"}).Draw(t, "shows"); {
		case shown == "user id":
			s.Phone = ""
		case shown == "number" && u.phone != "":
			s.BSUID = ""
		}
		seen, by = append(seen, s), append(by, u)
	}
	found := w.see(t, seen...)
	for i, s := range seen {
		n := note{}
		if s.BSUID != "" {
			n.user, by[i].seen = by[i], true
			if k := w.byUser(t, s.BSUID); k == nil || k.ID != found[i].ID {
				t.Fatalf("%s is %v, and found by her user id %v", by[i].name, found[i].ID, k)
			}
		}
		n.stopped = w.get(t, found[i].ID).Flags.OptedOut
		w.notes[len(w.notes)] = n
		w.kept[found[i].ID] = append(w.kept[found[i].ID], len(w.notes)-1)
	}
	last := seen[len(seen)-1]
	if k := w.byPhone(t, last.Phone); last.Phone != "" && (k == nil || k.ID != found[len(seen)-1].ID || k.Profile.Phone != phone.Canonical(last.Phone)) {
		t.Fatalf("the number that was seen last leads to %+v, not to %s", k, found[len(seen)-1].ID)
	}
}

// moves: somebody gets another number, which may have been another's, and with
// it perhaps another user id; WhatsApp tells so, perhaps twice.
func (w *world) moves(t *rapid.T) {
	w.now = w.now.Add(time.Minute)
	u := w.who(t)
	c := Change{Before: []Sighting{{Phone: u.phone, BSUID: u.ids[len(u.ids)-1]}}, At: w.now}
	number := rapid.SampledFrom(w.phones).Draw(t, "new number")
	for _, other := range w.users {
		if other.phone == number {
			other.phone = ""
		}
	}
	u.phone = number
	renamed := rapid.Bool().Draw(t, "new user id")
	if renamed {
		u.ids = append(u.ids, fmt.Sprintf("%s.%d", u.ids[0], len(u.ids)))
	}
	c.After = Sighting{Phone: form(t, number), FromMeta: true, BSUID: u.ids[len(u.ids)-1]}
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		var k *chat.Known
		w.write(t, func(ctx context.Context, tx store.Tx) (err error) {
			k, err = w.Change(ctx, tx, w.org, c)
			return err
		})
		if k != nil {
			u.seen = true
			if got := w.byPhone(t, number); got == nil || got.ID != k.ID || got.Profile.Phone != number || got.Profile.BSUID != c.After.BSUID {
				t.Fatalf("%s moved to %s, which leads to %+v", u.name, number, got)
			}
		} else if u.seen {
			t.Fatalf("nobody moved, although %s is known", u.name)
		}
	}
	if renamed && !u.seen { // nobody knows the id before
		u.ids = u.ids[len(u.ids)-1:]
	}
}

// form is a number in a form of Meta's.
func form(t *rapid.T, number string) string {
	if number == "" {
		return ""
	}
	return rapid.SampledFrom(append(phone.Alike(number), number)).Draw(t, "form")
}

// reaches: something of ours goes to somebody's number, and Meta says which user
// has it.
func (w *world) reaches(t *rapid.T) {
	u := w.who(t)
	k := w.byPhone(t, u.phone)
	if u.phone == "" || k == nil || k.Profile.Phone != u.phone {
		t.Skip("we send nothing to her")
	}
	w.write(t, func(ctx context.Context, tx store.Tx) error {
		return w.Learn(ctx, tx, w.org, k.ID, Sighting{Phone: form(t, u.phone), FromMeta: true, BSUID: u.ids[len(u.ids)-1], At: w.now})
	})
	if now := w.byUser(t, u.ids[len(u.ids)-1]); now != nil && now.Profile.Phone == u.phone {
		u.seen = true
	}
}

// stops: somebody says STOP.
func (w *world) stops(t *rapid.T) {
	if len(w.kept) == 0 {
		t.Skip("nobody yet")
	}
	people := slices.SortedFunc(maps.Keys(w.kept), id.Compare)
	p := people[rapid.IntRange(0, len(people)-1).Draw(t, "person")]
	w.flag(t, p, OptedOut)
	for _, i := range w.kept[p] {
		n := w.notes[i]
		n.stopped = true
		w.notes[i] = n
	}
}

// merges: staff say that two are one.
func (w *world) merges(t *rapid.T) {
	a, b := w.who(t), w.who(t)
	if !a.seen || !b.seen || a.group == b.group {
		t.Skip("not two people who are known")
	}
	from, into := w.byUser(t, a.ids[len(a.ids)-1]), w.byUser(t, b.ids[len(b.ids)-1])
	w.write(t, func(ctx context.Context, tx store.Tx) error { return w.Merge(ctx, tx, w.org, from.ID, into.ID) })
	gone := a.group
	for _, u := range w.users {
		if u.group == gone {
			u.group = b.group
		}
	}
	for _, i := range w.kept[into.ID] {
		n := w.notes[i]
		n.stopped = n.stopped || from.Flags.OptedOut || into.Flags.OptedOut
		w.notes[i] = n
	}
	if got := w.get(t, from.ID); got.ID != into.ID {
		t.Fatalf("the id of who was merged leads to %s, not to %s", got.ID, into.ID)
	}
}

// agrees: everybody is one person, and no two are the same; nothing that is kept
// about somebody gets to another or is lost, and no STOP is forgotten.
func (w *world) agrees(t *rapid.T) {
	person := map[int]id.Person{}
	for _, u := range w.users {
		if !u.seen {
			continue
		}
		for _, b := range u.ids {
			k := w.byUser(t, b)
			if k == nil {
				t.Fatalf("%s is not found by %s", u.name, b)
			}
			if one, known := person[u.group]; known && one != k.ID {
				t.Fatalf("%s is two people: %s and %s", u.name, one, k.ID)
			}
			person[u.group] = k.ID
		}
	}
	if all := slices.Collect(maps.Values(person)); len(all) != len(distinct(all)) {
		t.Fatalf("two people became one: %v", person)
	}
	at := map[int]id.Person{}
	for p, notes := range w.kept {
		k := w.get(t, p)
		if k.ID != p {
			t.Fatalf("something is kept about %s, who is %s now", p, k.ID)
		}
		for _, i := range notes {
			at[i] = p
			if w.notes[i].stopped && !k.Flags.OptedOut {
				t.Fatalf("the STOP of %s is forgotten", k.Profile.Name)
			}
		}
	}
	for i, n := range w.notes {
		if n.user != nil && at[i] != person[n.user.group] || at[i].IsZero() {
			t.Fatalf("what was kept about %v is kept about %s", n.user, at[i])
		}
	}
	holder := map[string]id.Person{}
	for _, number := range w.phones {
		if k := w.byPhone(t, number); k != nil {
			if k.Profile.Phone != number && !slices.Contains(k.Profile.FormerPhones, number) {
				t.Fatalf("%s leads to somebody with the number %q, formerly %v", number, k.Profile.Phone, k.Profile.FormerPhones)
			}
			if k.Profile.Phone != "" {
				holder[k.Profile.Phone] = k.ID
			}
		}
	}
	people, err := w.List(context.Background(), w.db, w.org, id.Cursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range people {
		if k.Profile.Phone != "" && holder[k.Profile.Phone] != k.ID {
			t.Fatalf("%s has the number %s, which leads to %s", k.ID, k.Profile.Phone, holder[k.Profile.Phone])
		}
	}
}

func distinct(ids []id.Person) map[id.Person]bool {
	all := map[id.Person]bool{}
	for _, i := range ids {
		all[i] = true
	}
	return all
}

// Numbers change hands, user ids change, events show one or the other, and
// staff merge: who is one stays one, and who is two stays two.
func TestPeopleAreWhoTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(t *rapid.T) {
			w := &world{office: open(t, db, v), notes: map[int]note{}, phones: []string{"5511987654321", "525512345678", "491760406903", "491760406904"}}
			for i, name := range []string{"Ada", "Berta", "Carla"} {
				w.users = append(w.users, &user{name: name, ids: []string{fmt.Sprintf("DE.%d", i)}, phone: w.phones[i], group: i})
			}
			t.Repeat(map[string]func(*rapid.T){"": w.agrees, "writes": w.writes, "writes again": w.writes, "moves": w.moves, "reaches": w.reaches, "stops": w.stops, "merges": w.merges})
		})
	})
}
