package identity

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// said are things that may never be lost, by bits.
type said uint8

const (
	stop said = 1 << iota
	objection
	withdrawal
	hold
)

// record is what an organisation keeps of a person.
type record struct {
	Identity
	said     said
	consents map[int]bool // by the user who gave it, by a message under her own user id
	state    string       // active | merged | erasing | erased
	into     id.Person
}

// user is somebody on WhatsApp, as she really is.
type user struct {
	n       int
	ids     []string // the user ids that events have named, the last one is hers now
	phone   string
	seen    bool // an event has named her user id
	group   int  // users of one group are one person, because staff said so
	said    said // under her user id, since she was last erased
	written int  // how many people she has been: an erasure makes her a new one
}

// late is an event that Meta tells once more.
type late struct {
	by      *user
	written int // who she was then
	seen    Seen
}

// world is a book in memory: it keeps what a [Register] says is to be written, as
// the real one does, and knows who is really there.
type world struct {
	dice   *rand.Rand
	now    int
	made   byte
	keys   map[Key]id.Person
	people map[id.Person]*record
	graves map[Key]bool
	users  []*user
	phones []string
	linked [][2]id.Person
	past   []late
	shown  map[string][]shown // by number: whom Meta has shown with it, in this order
	steps  []string
	wrong  string
}

// shown is somebody whom Meta has shown with a number, under her user id.
type shown struct {
	who     *user
	written int  // who she was then
	gone    bool // she has another number since
}

// shows notes whom Meta has shown with a number. Who got a number back that she
// had left leaves no trace of those before her.
func (w *world) shows(u *user, number string) {
	all := w.shown[number]
	if n := len(all); n > 0 && all[n-1].who == u && all[n-1].written == u.written {
		if all[n-1].gone {
			w.shown[number] = []shown{{who: u, written: u.written}}
		}
		return
	}
	w.shown[number] = append(all, shown{who: u, written: u.written})
}

// leaves notes that somebody really has another number now.
func (w *world) leaves(u *user) {
	for _, all := range w.shown {
		for i := range all {
			all[i].gone = all[i].gone || all[i].who == u
		}
	}
}

// numbers are of Brazil, Mexico, Argentina and Germany.
var numbers = []string{"5511987654321", "525512345678", "5491123456789", "4917604069001", "5521987654321"}

func newWorld(dice *rand.Rand) *world {
	w := &world{dice: dice, keys: map[Key]id.Person{}, people: map[id.Person]*record{}, graves: map[Key]bool{}, shown: map[string][]shown{}, phones: numbers}
	for n := range 3 {
		w.users = append(w.users, &user{n: n, ids: []string{fmt.Sprintf("DE.%d", n)}, phone: numbers[n], group: n})
	}
	if dice.IntN(2) == 0 { // somebody of an earlier program's, under another form of her number
		w.made++
		p := id.Person{w.made}
		form := w.form(numbers[dice.IntN(3)])
		w.people[p] = &record{Identity: Identity{Phone: form}, state: "active", said: said(dice.IntN(16)), consents: map[int]bool{}}
		w.keys[Key{Kind: Phone, Value: form}] = p
	}
	return w
}

// form is a number in a form of Meta's.
func (w *world) form(number string) string {
	if all := append(phone.Alike(number), number); number != "" {
		return all[w.dice.IntN(len(all))]
	}
	return ""
}

func (w *world) fail(format string, args ...any) {
	if w.wrong == "" {
		w.wrong = fmt.Sprintf(format, args...)
	}
}

func (w *world) step(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

// at is the record that a person became.
func (w *world) at(p id.Person) (id.Person, *record) {
	for w.people[p].state == "merged" {
		p = w.people[p].into
	}
	return p, w.people[p]
}

// register reads who is concerned.
func (w *world) register(seen ...Seen) *Register {
	g := NewRegister()
	know := func(p id.Person) {
		if r := w.people[p]; g.Person(p) == nil {
			i := r.Identity.Canonical()
			r.Identity = i
			g.Know(&Person{ID: p, Identity: &r.Identity, Erased: r.state != "active"})
		}
	}
	hold := func(keys []Key) {
		for _, k := range keys {
			if p, held := w.keys[k]; held {
				g.Hold(k, p)
				know(p)
			}
		}
	}
	hold(wantedOf(seen...))
	for _, s := range seen {
		hold(g.Formerly(s))
	}
	g.Make = func() *Person {
		w.made++
		p := id.Person{w.made}
		w.people[p] = &record{state: "active", consents: map[int]bool{}}
		return &Person{ID: p, Identity: &w.people[p].Identity}
	}
	g.Merge = func(from, into *Person) error {
		w.write(g)
		gone, stays := w.people[from.ID], w.people[into.ID]
		if gone.state != "active" || stays.state != "active" {
			w.fail("%s was merged into %s", gone.state, stays.state)
		}
		stays.said |= gone.said
		for u := range gone.consents {
			stays.consents[u] = true
		}
		gone.state, gone.into = "merged", into.ID
		for k, p := range w.keys {
			if p == from.ID {
				w.keys[k] = into.ID
			}
		}
		return nil
	}
	return g
}

// write keeps what is to be written.
func (w *world) write(g *Register) {
	for _, k := range g.Lost {
		delete(w.keys, k)
	}
	for _, l := range g.Left {
		if w.keys[l.Key] == l.Person {
			delete(w.keys, l.Key)
		}
	}
	for _, got := range g.Gained {
		if _, held := w.keys[got.Key]; held {
			w.fail("a key is given to two people")
		}
		w.keys[got.Key] = got.Person
	}
	g.Written()
}

// wantedOf are the keys of a change.
func wantedOf(all ...Seen) (keys []Key) {
	for _, s := range all {
		keys = append(keys, s.Wanted()...)
	}
	return keys
}

// find is who holds a key, in any spelling; nil: nobody who is alive.
func (w *world) find(k Key) (id.Person, *record) {
	for _, k := range append(k.spellings(), k) {
		if p, held := w.keys[k]; held && w.people[p].state == "active" {
			return p, w.people[p]
		}
	}
	return id.Person{}, nil
}

// erased reports whether a number is an erased person's.
func (w *world) erased(number string) bool {
	return slices.ContainsFunc(phone.Spellings(phone.Canonical(number)), func(n string) bool { return w.graves[Key{Kind: Phone, Value: n}] })
}
