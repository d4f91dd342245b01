package identity

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/test/chance"
)

func (w *world) time() time.Time { return time.Unix(int64(w.now)*60, 0) }

func (w *world) who() *user { return w.users[w.dice.IntN(len(w.users))] }

func (u *user) id() string { return u.ids[len(u.ids)-1] }

// sees has an event name somebody, and gives whom the book takes her for.
func (w *world) sees(u *user, s Seen) (id.Person, *record) {
	g := w.register(s)
	p, err := g.See(s)
	if err != nil {
		w.fail("%v", err)
		return id.Person{}, nil
	}
	w.write(g)
	if s.BSUID != "" {
		u.seen = true
	}
	if s.BSUID == u.id() && s.Phone != "" && phone.Canonical(s.Phone) == u.phone {
		w.shows(u, u.phone)
	}
	return w.at(p.ID)
}

// writes: somebody writes; the event shows her user id, her number, or both. She
// may say something that is never to be lost, or agree to something.
func (w *world) writes() {
	u := w.who()
	s := Seen{Phone: w.form(u.phone), FromMeta: true, BSUID: u.id(), At: w.time()}
	switch w.dice.IntN(4) {
	case 0:
		s.Phone = ""
	case 1:
		if u.phone != "" {
			s.BSUID = ""
		}
	}
	p, r := w.sees(u, s)
	w.step("user %d writes as %q %q: %d", u.n, s.Phone, s.BSUID, p[0])
	if r == nil {
		return
	}
	w.past = append(w.past, late{u, u.written, s})
	switch what := said(1 << w.dice.IntN(8)); {
	case what <= hold:
		w.step("she says %d", what)
		r.said |= what
		if s.BSUID != "" {
			u.said |= what
		}
	case s.BSUID != "" && what == 16:
		w.step("she agrees")
		r.consents[u.n] = true
	}
}

// repeats: what somebody wrote comes once more, after whatever happened since.
func (w *world) repeats() {
	if len(w.past) == 0 {
		return
	}
	l := w.past[w.dice.IntN(len(w.past))]
	if l.written != l.by.written || l.seen.BSUID == "" || !slices.Contains(l.by.ids, l.seen.BSUID) {
		return
	}
	number := map[*user]string{}
	for _, u := range w.users {
		if r := w.holder(u.id()); r != nil {
			number[u] = r.Phone
		}
	}
	p, _ := w.sees(l.by, l.seen)
	w.step("user %d once more as %q %q: %d", l.by.n, l.seen.Phone, l.seen.BSUID, p[0])
	if r := w.holder(l.by.id()); r != nil && l.by.phone != "" && number[l.by] == l.by.phone && r.Moved.After(l.seen.At) && r.Phone != l.by.phone {
		w.fail("user %d went back to the number %q, which she had left", l.by.n, r.Phone)
	}
	for _, u := range w.users {
		r := w.holder(u.id())
		if r == nil || u == l.by || u.group == l.by.group || u.phone == "" || number[u] != u.phone || l.by.phone == u.phone || !r.Moved.After(l.seen.At) {
			continue
		}
		if r.Phone != number[u] && !w.holder(l.by.id()).Moved.Before(l.seen.At) {
			w.fail("user %d lost her number to what user %d had long ago", u.n, l.by.n)
		}
	}
}

// moves: somebody gets another number, perhaps with another user id, and WhatsApp
// tells so, perhaps twice.
func (w *world) moves() {
	u := w.who()
	c := Change{Before: []Seen{{Phone: w.form(u.phone), FromMeta: true, BSUID: u.id()}}, At: w.time()}
	number := w.phones[w.dice.IntN(len(w.phones))]
	for _, other := range w.users {
		if other.phone == number {
			w.leaves(other)
			other.phone = ""
		}
	}
	w.leaves(u)
	u.phone = number
	renamed := w.dice.IntN(2) == 0
	if renamed {
		u.ids = append(u.ids, u.ids[0]+strings.Repeat("x", len(u.ids)))
	}
	c.After = Seen{Phone: w.form(number), FromMeta: true, BSUID: u.id()}
	w.step("user %d moves to %q %q", u.n, c.After.Phone, u.id())
	for range 1 + w.dice.IntN(2) {
		erased := false
		for _, k := range c.Keys() {
			for _, k := range append(k.spellings(), k) {
				erased = erased || w.graves[k]
			}
		}
		if erased { // a tombstone follows
			for _, k := range c.Keys() {
				w.graves[k] = true
			}
		}
		g := w.register(c.all()...)
		p, err := g.Change(c)
		if err != nil {
			w.fail("%v", err)
		}
		w.write(g)
		if p != nil {
			u.seen = true
			w.shows(u, number)
		}
	}
	if renamed && !u.seen {
		u.ids = u.ids[len(u.ids)-1:]
	}
}

// reaches: something of ours goes to the number or the user id of somebody whom
// we know, and Meta says whom it reached: whoever has it now.
func (w *world) reaches() {
	p, r := w.someone()
	if r == nil {
		return
	}
	var u *user
	for _, o := range w.users {
		if r.Phone != "" && o.phone == phone.Canonical(r.Phone) || r.Phone == "" && o.id() == r.BSUID {
			u = o
		}
	}
	if u == nil {
		return
	}
	s := Seen{Phone: w.form(u.phone), FromMeta: true, BSUID: u.id(), At: w.time()}
	if r.Phone == "" && w.dice.IntN(2) == 0 {
		s.Phone = ""
	}
	w.step("something for %d reaches user %d: %q %q", p[0], u.n, s.Phone, s.BSUID)
	g := w.register(s)
	if g.Person(p) == nil {
		r.Identity = r.Canonical()
		g.Know(&Person{ID: p, Identity: &r.Identity})
	}
	before := len(w.people)
	if err := g.Teach(p, s); err != nil {
		w.fail("%v", err)
	}
	w.write(g)
	if len(w.people) > before && w.holder(u.id()) == nil {
		w.fail("somebody became known by a status")
	}
	if k := w.holder(u.id()); k != nil {
		u.seen = true
	}
}

func (w *world) holder(userID string) *record {
	_, r := w.find(Key{Kind: BSUID, Value: userID})
	return r
}

// imports: a list names a number, and what whoever is meant by it agreed to. Whose
// grave it is, or who has left it, is held.
func (w *world) imports() {
	number := w.form(w.phones[w.dice.IntN(len(w.phones))])
	one := phone.Canonical(number)
	before := len(w.people)
	_, holder := w.find(Key{Kind: Phone, Value: one})
	_, left := w.find(Key{Kind: Former, Value: one})
	meant := w.meant(one)
	held := w.erased(number) || left != nil && left != holder
	w.step("a list names %q: held %t", number, held)
	if held {
		return
	}
	g := w.register(Seen{Phone: number})
	p, err := g.See(Seen{Phone: number})
	if err != nil {
		w.fail("%v", err)
	}
	w.write(g)
	if _, r := w.at(p.ID); (holder != nil) == (len(w.people) > before) || len(r.consents) > 0 && holder == nil {
		w.fail("a list made %d of %d people, and %v knew the number", len(w.people), before, holder)
	} else if meant != nil {
		w.step("user %d agreed to what it says", meant.n)
		r.consents[meant.n] = true
	}
}

// meant is whom a list means by a number: one of the last two whom Meta has shown
// with it; nil: nobody whom anybody could know.
func (w *world) meant(number string) *user {
	all := w.shown[number]
	if len(all) == 0 {
		return nil
	}
	one := all[len(all)-1-w.dice.IntN(min(len(all), 2))]
	if one.written != one.who.written {
		return nil // she was erased since
	}
	return one.who
}

// someone is a person whom the book knows.
func (w *world) someone() (id.Person, *record) {
	var alive []id.Person
	for p, r := range w.people {
		if r.state == "active" {
			alive = append(alive, p)
		}
	}
	if len(alive) == 0 {
		return id.Person{}, nil
	}
	slices.SortFunc(alive, id.Compare)
	p := alive[w.dice.IntN(len(alive))]
	return p, w.people[p]
}

// links: staff say that two users are one; later it comes true, or is taken back.
func (w *world) links() {
	if len(w.linked) > 0 && w.dice.IntN(2) == 0 {
		pair := w.linked[0]
		w.linked = w.linked[1:]
		if w.dice.IntN(3) > 0 {
			w.merges(pair)
		}
		return
	}
	a, _ := w.someone()
	b, r := w.someone()
	if r != nil && a != b {
		w.linked = append(w.linked, [2]id.Person{a, b})
		w.step("%d and %d are linked", a[0], b[0])
	}
}

func (w *world) merges(pair [2]id.Person) {
	from, gone := w.at(pair[0])
	into, stays := w.at(pair[1])
	if from == into || gone.state != "active" || stays.state != "active" {
		return
	}
	w.step("%d becomes a part of %d", from[0], into[0])
	groups := [2]map[int]bool{w.groups(from), w.groups(into)}
	g := w.register()
	gone.Identity, stays.Identity = gone.Canonical(), stays.Canonical()
	one, other := &Person{ID: from, Identity: &gone.Identity}, &Person{ID: into, Identity: &stays.Identity}
	g.Know(one)
	g.Know(other)
	if err := g.Join(one, other); err != nil {
		w.fail("%v", err)
	}
	w.write(g)
	all := slices.Sorted(maps.Keys(groups[0]))
	all = append(all, slices.Sorted(maps.Keys(groups[1]))...)
	for _, u := range w.users {
		if slices.Contains(all, u.group) {
			u.group = all[0]
		}
	}
}

// groups are the groups of the users whom a person's user ids name.
func (w *world) groups(p id.Person) map[int]bool {
	all := map[int]bool{}
	for _, u := range w.users {
		for _, i := range u.ids {
			if w.keys[Key{Kind: BSUID, Value: i}] == p {
				all[u.group] = true
			}
		}
	}
	return all
}

// erases: somebody is being erased, or is.
func (w *world) erases() {
	for p, r := range w.people {
		if r.state == "erasing" {
			w.step("%d is erased", p[0])
			r.state, r.Identity, r.said, r.consents = "erased", Identity{}, 0, nil
			for k, holder := range w.keys {
				if holder != p {
					continue
				}
				delete(w.keys, k)
				if k.Kind == Former {
					k.Kind = Phone
				}
				w.graves[k] = true
			}
			return
		}
	}
	if p, r := w.someone(); r != nil {
		w.step("%d is being erased", p[0])
		groups := w.groups(p)
		r.state = "erasing"
		for _, u := range w.users {
			if groups[u.group] { // she is a new person when she writes again
				u.seen, u.said, u.ids = false, 0, u.ids[len(u.ids)-1:]
				u.group, u.written = u.n+100*(u.written+1), u.written+1
			}
		}
	}
}

// agrees looks at what must hold at any time.
func (w *world) agrees(kept map[id.Person]said, graves int) {
	person := map[int]id.Person{}
	for _, u := range w.users {
		if !u.seen {
			continue
		}
		for _, i := range u.ids {
			p, r := w.find(Key{Kind: BSUID, Value: i})
			if r == nil {
				if i == u.id() {
					w.fail("user %d is not found by %s", u.n, i)
				}
				continue
			}
			if one, known := person[u.group]; known && one != p {
				w.fail("user %d is two people", u.n)
			}
			person[u.group] = p
			if r.said&u.said != u.said {
				w.fail("user %d said %d, and %d of it is kept", u.n, u.said, r.said)
			}
			for giver := range r.consents {
				if w.users[giver].group != u.group && w.users[giver].written == 0 {
					w.fail("user %d has the consent of user %d", u.n, giver)
				}
			}
		}
	}
	seen := map[id.Person]int{}
	for group, p := range person {
		if other, twice := seen[p]; twice {
			w.fail("groups %d and %d became one person", group, other)
		}
		seen[p] = group
	}
	for p, what := range kept {
		if _, r := w.at(p); r.state == "active" && r.said&what != what {
			w.fail("of what %d said, %d, only %d is kept", p[0], what, r.said)
		}
	}
	if len(w.graves) < graves {
		w.fail("a tombstone is gone")
	}
	for p, r := range w.people {
		if r.state != "active" || r.Phone == "" {
			continue
		}
		if holder, _ := w.find(Key{Kind: Phone, Value: phone.Canonical(r.Phone)}); holder != p {
			w.fail("%d is written to at a number that is %d's", p[0], holder[0])
		}
		if slices.Contains(r.FormerPhones, phone.Canonical(r.Phone)) {
			w.fail("%d is written to at a number that she left", p[0])
		}
	}
}

// run lives one order of things, and says what went wrong.
func (w *world) run(steps int) string {
	acts := []func(){w.writes, w.writes, w.writes, w.repeats, w.moves, w.reaches, w.reaches, w.imports, w.links, w.erases}
	for range steps {
		kept := map[id.Person]said{}
		for p, r := range w.people {
			kept[p] = r.said
		}
		graves := len(w.graves)
		w.now++
		acts[w.dice.IntN(len(acts))]()
		if w.agrees(kept, graves); w.wrong != "" {
			return w.wrong
		}
	}
	return ""
}

// orders is how many random orders of things are lived, and steps how long each is.
const (
	orders = 100_000
	steps  = 14
)

// In whatever order people are seen, get other numbers and user ids, say STOP,
// object, withdraw, agree, are linked, merged, named by lists and erased: nothing
// that restricts is lost, no tombstone goes, no consent gets to another, and who
// is two stays two.
func TestNothingIsLostInAnyOrder(t *testing.T) {
	dice := chance.New(t)
	for n := range orders {
		a, b := dice.Uint64(), dice.Uint64()
		w := newWorld(chance.From(a, b))
		if wrong := w.run(steps); wrong != "" {
			t.Fatalf("order %d: %s\n%s", n, wrong, strings.Join(w.steps, "\n"))
		}
	}
}
