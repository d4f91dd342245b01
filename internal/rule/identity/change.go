package identity

import (
	"slices"

	"einklang/internal/rule/id"
)

// Change makes one person of all of whom a change speaks, and teaches her new
// identities; her old user ids go on leading to her. It returns nil if nobody
// alive is known by any of them.
func (g *Register) Change(c Change) (*Person, error) {
	c = c.one()
	all, current := g.concerned(c)
	if len(all) == 0 {
		g.follow(c)
		return nil, nil
	}
	stays := all[0]
	for _, p := range all[1:] {
		if id.Compare(p.ID, stays.ID) < 0 {
			stays = p
		}
	}
	for _, p := range all {
		if p == stays {
			continue
		}
		if err := g.Join(p, stays); err != nil {
			return nil, err
		}
	}
	g.move(stays, c, current)
	return stays, nil
}

// concerned are the people of whom the change speaks, each once, and what is
// known of the one who has the new identities already.
//
// A user id is hers for sure. A number may belong to somebody else by now, or
// have belonged to somebody else until now: who holds it under a user id that
// the change does not name is another, if the change names the one that goes
// with it.
func (g *Register) concerned(c Change) (all []*Person, current Identity) {
	named := c.named()
	add := func(p *Person) bool {
		if p != nil && !slices.Contains(all, p) {
			all = append(all, p)
		}
		return p != nil
	}
	holder := g.byUserID(c.After)
	byNumber := g.candidate(Phone, c.After.Phone)
	if byNumber != nil && byNumber.Identity.BSUID != "" && !named[byNumber.Identity.BSUID] && c.After.BSUID != "" {
		byNumber = nil
	}
	if holder == nil {
		holder = byNumber
	}
	add(byNumber)
	if add(holder) {
		current = *holder.Identity
	}
	tells := false
	for _, s := range c.Before {
		tells = tells || s.BSUID != ""
		add(g.candidate(BSUID, s.BSUID))
		add(g.candidate(Parent, s.ParentBSUID))
	}
	for _, s := range c.Before {
		p := g.candidate(Phone, s.Phone)
		gone := slices.Contains(current.FormerPhones, s.Phone) && !current.Moved.Before(c.At) // told before: the number may be another's now
		if p != nil && !gone && (p.Identity.BSUID == "" || named[p.Identity.BSUID] || !tells) {
			add(p)
		}
	}
	return all, current
}

// follow hands the identities that nobody holds to the person under erasure of
// whom the change speaks, so that they are erased with her. Whoever holds a
// number alone may be another, see concerned.
func (g *Register) follow(c Change) {
	var dying id.Person
	var free []Key
	named := c.named()
	for _, s := range c.all() {
		for _, k := range s.Keys() {
			if holder, yes := g.held(k); yes {
				p := g.people[holder]
				if p != nil && p.Erased && (k.Kind != Phone || s.BSUID == "" || p.Identity.BSUID == "" || named[p.Identity.BSUID]) {
					dying = holder
				}
			} else if !slices.Contains(free, k) {
				free = append(free, k)
			}
		}
	}
	if dying.IsZero() {
		return
	}
	for _, k := range free {
		g.grant(k, dying)
	}
}

// move teaches a person what she has now. A change that is older than what is
// known only adds to what she had.
func (g *Register) move(p *Person, c Change, current Identity) {
	i := p.Identity
	was := *i
	now := *i
	if !c.At.Before(i.Moved) {
		now.Phone, now.BSUID, now.ParentBSUID = first(c.After.Phone, current.Phone), first(c.After.BSUID, current.BSUID), first(c.After.ParentBSUID, current.ParentBSUID, i.ParentBSUID)
		if now.Phone == "" && c.After.BSUID == "" {
			now.Phone = i.Phone // neither is told
		}
		i.Moved = c.At
	}
	for _, s := range c.all() {
		if s.Phone != now.Phone {
			s.Phone = ""
		}
		for _, k := range s.Keys() {
			g.gain(k, p.ID)
		}
	}
	for _, s := range append(c.all(), Seen{Phone: was.Phone, BSUID: was.BSUID, ParentBSUID: was.ParentBSUID}, Seen{Phone: current.Phone, BSUID: current.BSUID, ParentBSUID: current.ParentBSUID}) {
		if s.BSUID != now.BSUID {
			i.FormerBSUIDs = with(i.FormerBSUIDs, s.BSUID)
		}
		if s.ParentBSUID != now.ParentBSUID {
			i.FormerParents = with(i.FormerParents, s.ParentBSUID)
		}
		if s.Phone != now.Phone {
			g.leave(p, s.Phone)
		}
	}
	if now.Phone != was.Phone { // forms of the number that she had
		for _, n := range was.Also {
			g.leave(p, n)
		}
	}
	i.FormerBSUIDs, i.FormerParents, i.FormerPhones = without(i.FormerBSUIDs, now.BSUID), without(i.FormerParents, now.ParentBSUID), without(i.FormerPhones, now.Phone)
	if now.Phone != "" { // whoever held it under another user id has lost it
		for _, other := range g.people {
			if other != p && !other.Erased {
				g.lost(other, now.Phone, c.At)
			}
		}
	}
	i.Phone, i.BSUID, i.ParentBSUID = now.Phone, now.BSUID, now.ParentBSUID
	i.WaID = waIDOf(now.Phone, c.After.waIDs(), was, current)
	replace(&i.Username, c.After.Username, &i.FormerUsernames)
	g.Dirty[p.ID] = true
}

// waIDs is the number of what was seen, and as Meta wrote it.
func (s Seen) waIDs() Identity { return Identity{Phone: s.Phone, WaID: s.waID} }

// waIDOf is how Meta writes a number, by the first who knows it; empty where
// that is its one form.
func waIDOf(number string, known ...Identity) string {
	for _, k := range known {
		if k.Phone == number && k.WaID != "" && k.WaID != number {
			return k.WaID
		}
	}
	return ""
}
