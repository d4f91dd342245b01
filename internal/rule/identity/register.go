package identity

import (
	"slices"
	"time"

	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Person is one whom a Register knows.
type Person struct {
	pii.Personal
	ID       id.Person
	Identity *Identity
	Erased   bool // or under erasure: nobody is recognised as her, and nothing is learned of her
}

// Grant is a key and whose it is.
type Grant struct {
	Key
	Person id.Person
}

// Register is some people and who holds which key, as far as what was seen
// concerns them: what was read before, and what has changed since.
type Register struct {
	pii.Personal
	// Make makes a person whom nobody knew.
	Make func() *Person
	// Merge makes one person of two elsewhere, before the Register does; what was
	// found out until then may be written in it.
	Merge func(from, into *Person) error

	holder map[Key]id.Person
	people map[id.Person]*Person // one who was merged is the one she became

	// What is to be written: which identities changed, and which keys somebody
	// has gained, nobody holds any more, or a person has left.
	Dirty  map[id.Person]bool
	Gained []Grant
	Lost   []Key
	Left   []Grant
}

// NewRegister makes an empty Register.
func NewRegister() *Register {
	return &Register{holder: map[Key]id.Person{}, people: map[id.Person]*Person{}, Dirty: map[id.Person]bool{}}
}

// Know adds a person.
func (g *Register) Know(p *Person) { g.people[p.ID] = p }

// Hold says who holds a key.
func (g *Register) Hold(k Key, person id.Person) { g.holder[k] = person }

// Person is a person by her id, or by that of one who was merged into her; nil:
// not known here.
func (g *Register) Person(person id.Person) *Person { return g.people[person] }

// Written says that what was to be written is.
func (g *Register) Written() {
	g.Gained, g.Lost, g.Left = nil, nil, nil
	clear(g.Dirty)
}

// held is who holds a key. One that is held in another form of Meta's is put into
// its one form.
func (g *Register) held(k Key) (id.Person, bool) {
	if p, yes := g.holder[k]; yes {
		return p, true
	}
	for _, alike := range k.Alike() {
		if p, yes := g.holder[alike]; yes {
			delete(g.holder, alike)
			g.Lost = append(g.Lost, alike)
			g.grant(k, p)
			return p, true
		}
	}
	return id.Person{}, false
}

// candidate is the person who holds a key; nil: nobody who is alive.
func (g *Register) candidate(kind Kind, value string) *Person {
	if value == "" {
		return nil
	}
	holder, yes := g.held(Key{Kind: kind, Value: value})
	if !yes {
		return nil
	}
	p := g.people[holder]
	if p == nil || p.Erased {
		return nil
	}
	return p
}

// byUserID is the person whom a user id, or else its parent, names.
func (g *Register) byUserID(s Seen) *Person {
	if p := g.candidate(BSUID, s.BSUID); p != nil {
		return p
	}
	return g.candidate(Parent, s.ParentBSUID)
}

// grant notes that a person holds a key.
func (g *Register) grant(k Key, person id.Person) {
	g.Gained = slices.DeleteFunc(g.Gained, func(o Grant) bool { return o.Key == k })
	g.holder[k] = person
	g.Gained = append(g.Gained, Grant{k, person})
}

// gain hands a key to a person, whoever held it: a number that led to somebody,
// though she had another, is one that she had.
func (g *Register) gain(k Key, person id.Person) {
	holder, yes := g.held(k)
	if yes && holder == person {
		return
	}
	g.lose(k)
	g.grant(k, person)
	if p := g.people[holder]; yes && k.Kind == Phone && p != nil && !p.Erased && slices.Contains(p.Identity.FormerPhones, k.Value) {
		g.gain(Key{Kind: Former, Value: k.Value}, p.ID)
	}
}

// lose notes that whoever held a key does not hold it any more.
func (g *Register) lose(k Key) {
	delete(g.holder, k)
	g.Lost = append(g.Lost, k)
	g.Gained = slices.DeleteFunc(g.Gained, func(o Grant) bool { return o.Key == k })
}

// take takes a number away from the person who held it, if somebody did: another
// was seen with it. Whoever names it from elsewhere may still mean her.
func (g *Register) take(number string, at time.Time) bool {
	k := Key{Kind: Phone, Value: number}
	holder, yes := g.held(k)
	if !yes || g.people[holder] == nil {
		return false
	}
	g.lost(g.people[holder], number, at)
	return true
}

// lost notes that a number of a person's was seen with another, if it was hers.
func (g *Register) lost(p *Person, number string, at time.Time) {
	i := p.Identity
	if i.Phone != number && !slices.Contains(i.Also, number) {
		return
	}
	g.leave(p, number)
	if i.Phone == number { // she may be found by a further one, too
		i.Phone, i.WaID = "", ""
	}
	i.Passed = later(i.Passed, at)
	g.Dirty[p.ID] = true
}

// leave notes that a number is no longer a person's. It is never sent to, and
// what was written from it before is still hers.
func (g *Register) leave(p *Person, number string) {
	if number == "" {
		return
	}
	k := Key{Kind: Phone, Value: number}
	if holder, yes := g.held(k); !yes || holder == p.ID {
		delete(g.holder, k)
		g.Left = append(g.Left, Grant{k, p.ID})
		g.Gained = slices.DeleteFunc(g.Gained, func(o Grant) bool { return o.Key == k })
	}
	g.gain(Key{Kind: Former, Value: number}, p.ID)
	p.Identity.FormerPhones = with(p.Identity.FormerPhones, number)
	p.Identity.Also = without(p.Identity.Also, number)
}

// join makes one person of two: the earlier one stays.
func (g *Register) join(one, other *Person) (*Person, error) {
	from, into := other, one
	if id.Compare(other.ID, one.ID) < 0 {
		from, into = one, other
	}
	return into, g.Join(from, into)
}

// Join makes from a part of into.
func (g *Register) Join(from, into *Person) error {
	if err := g.Merge(from, into); err != nil {
		return err
	}
	for k, p := range g.holder {
		if p == from.ID {
			g.holder[k] = into.ID
		}
	}
	for i := range g.Gained {
		if g.Gained[i].Person == from.ID {
			g.Gained[i].Person = into.ID
		}
	}
	for i := range g.Left {
		if g.Left[i].Person == from.ID {
			g.Left[i].Person = into.ID
		}
	}
	*into.Identity = into.Identity.Join(*from.Identity)
	g.Dirty[into.ID] = true
	delete(g.Dirty, from.ID)
	for p, now := range g.people {
		if now == from {
			g.people[p] = into
		}
	}
	return nil
}

// Formerly are the further keys that it must know once it knows who holds those
// that were seen: by which somebody is found who wrote from a number before she
// left it.
func (g *Register) Formerly(s Seen) []Key {
	k, asks := s.formerly()
	if !asks {
		return nil
	}
	if p := g.candidate(Phone, k.Value); p != nil && !p.Identity.got(s) {
		return nil
	}
	return append(k.Alike(), k)
}

// Names reports whether a user id beside a number names who holds it.
func (g *Register) Names(s Seen) bool {
	p := g.byUserID(s)
	return p != nil && p == g.candidate(Phone, phone.Canonical(s.Phone))
}

// Rekey has a person hold a key that is hers in its one form, and none of its
// other spellings. Free: nobody holds it yet.
func (g *Register) Rekey(p *Person, k Key, free bool) {
	if !free {
		g.Lost = append(g.Lost, k)
	}
	for _, other := range k.spellings() {
		g.Left = append(g.Left, Grant{other, p.ID})
	}
	g.grant(k, p.ID)
	g.Dirty[p.ID] = true
}

// Part settles that two user ids have one number, of whom one has it now.
func (g *Register) Part(loses, has *Person) {
	number := loses.Identity.Phone
	loses.Identity.Phone, loses.Identity.WaID = "", ""
	loses.Identity.FormerPhones = with(loses.Identity.FormerPhones, number)
	g.gain(Key{Kind: Former, Value: number}, loses.ID)
	g.gain(Key{Kind: Phone, Value: number}, has.ID)
	g.Dirty[loses.ID], g.Dirty[has.ID] = true, true
}
