package contact

import (
	"context"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Change tells that a person has a new phone number, a new user id, or both
// (Cloud API: system messages). Either side may be known already, as one
// person or as two, or not at all.
type Change struct {
	pii.Personal
	Before []Sighting // what she had, as far as the event says
	After  Sighting   // what she has now
	At     time.Time
}

// named are the user ids that the change speaks of.
func (c Change) named() map[string]bool {
	all := map[string]bool{}
	for _, s := range append(slices.Clone(c.Before), c.After) {
		all[s.BSUID] = s.BSUID != ""
	}
	return all
}

// Handles are the hashes of all identities that the change speaks of.
func (b *Book) Handles(ctx context.Context, r store.Reader, org id.Org, c Change) ([]Handle, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	hashing := &resolving{keys: keys}
	var all []Handle
	for _, s := range append(slices.Clone(c.Before), c.After) {
		for _, h := range hashing.handles(s) {
			if !slices.Contains(all, Handle{h.kind, h.hash}) {
				all = append(all, Handle{h.kind, h.hash})
			}
		}
	}
	return all, nil
}

// Change makes one person of all whom the change speaks of, and teaches her new
// identities; her old user ids go on leading to her. It returns nil if nobody
// alive is known by any of them. Where the two disagree the stricter flag wins,
// see [Book.Merge].
func (b *Book) Change(ctx context.Context, tx store.Tx, org id.Org, c Change) (*chat.Known, error) {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	r := &resolving{book: b, tx: tx, org: org, keys: keys, holder: map[handle]id.Person{}, people: map[id.Person]*chat.Known{}, dirty: map[id.Person]bool{}}
	if err := r.load(ctx, append(slices.Clone(c.Before), c.After)); err != nil {
		return nil, err
	}
	all, current := r.concerned(c)
	if len(all) == 0 {
		return nil, r.follow(ctx, c)
	}
	stays := all[0]
	for _, p := range all[1:] {
		stays = older(stays, p)
	}
	for _, p := range all {
		if p == stays {
			continue
		}
		if err := r.merge(ctx, p, stays); err != nil {
			return nil, err
		}
	}
	k := r.people[stays]
	r.move(k, c, current)
	return k, r.save(ctx)
}

// concerned are the people of whom the change speaks, each once, and what is
// known of the one who has the new identities already.
//
// A user id is hers for sure. A number may belong to somebody else by now, or
// have belonged to somebody else until now: who holds it under a user id that
// the change does not name is another, if the change names the one that goes
// with it.
func (r *resolving) concerned(c Change) (all []id.Person, current chat.Profile) {
	named := c.named()
	add := func(p *candidate) bool {
		if p == nil {
			return false
		}
		if !slices.Contains(all, p.id) {
			all = append(all, p.id)
		}
		return true
	}
	holder := r.candidate(kindBSUID, c.After.BSUID)
	if holder == nil {
		holder = r.candidate(kindParent, c.After.ParentBSUID)
	}
	byNumber := r.candidate(kindPhone, c.After.Phone)
	if byNumber != nil && byNumber.bsuid != "" && !named[byNumber.bsuid] && c.After.BSUID != "" {
		byNumber = nil
	}
	if holder == nil {
		holder = byNumber
	}
	add(byNumber)
	if add(holder) {
		current = r.people[holder.id].Profile
	}
	tells := false
	for _, s := range c.Before {
		tells = tells || s.BSUID != ""
		add(r.candidate(kindBSUID, s.BSUID))
		add(r.candidate(kindParent, s.ParentBSUID))
	}
	for _, s := range c.Before {
		p := r.candidate(kindPhone, s.Phone)
		gone := slices.Contains(current.FormerPhones, s.Phone) && !current.Moved.Before(c.At) // told before: the number may be another's now
		if p != nil && !gone && (p.bsuid == "" || named[p.bsuid] || !tells) {
			add(p)
		}
	}
	return all, current
}

// follow hands the identities that nobody holds to the person under erasure of
// whom the change speaks, so that they are buried with her. Whoever holds a
// number alone may be another, see concerned.
func (r *resolving) follow(ctx context.Context, c Change) error {
	var dying id.Person
	var free []handle
	named := c.named()
	for _, s := range append(slices.Clone(c.Before), c.After) {
		for _, h := range r.handles(s) {
			if p, held := r.holder[h]; held {
				k := r.people[p]
				if k != nil && k.Erased && (h.kind != kindPhone || s.BSUID == "" || k.Profile.BSUID == "" || named[k.Profile.BSUID]) {
					dying = p
				}
			} else if !slices.Contains(free, h) {
				free = append(free, h)
			}
		}
	}
	if dying.IsZero() {
		return nil
	}
	for _, h := range free {
		r.gained = append(r.gained, gain{h, dying})
	}
	return r.save(ctx)
}

// move teaches a person what she has now. A change that is older than what is
// known only adds to what she had.
func (r *resolving) move(k *chat.Known, c Change, current chat.Profile) {
	p := &k.Profile
	phone, bsuid, parent := p.Phone, p.BSUID, p.ParentBSUID
	newest := !c.At.Before(p.Moved)
	if newest {
		phone, bsuid, parent = first(c.After.Phone, current.Phone), first(c.After.BSUID, current.BSUID), first(c.After.ParentBSUID, current.ParentBSUID, parent)
		if phone == "" && c.After.BSUID == "" {
			phone = p.Phone // neither is told
		}
		p.Moved = c.At
	}
	for _, s := range append(slices.Clone(c.Before), c.After) {
		if s.Phone != phone {
			s.Phone = ""
		}
		for _, h := range r.handles(s) {
			r.gain(h, k.ID)
		}
	}
	for _, s := range append(slices.Clone(c.Before), c.After, Sighting{Phone: p.Phone, BSUID: p.BSUID}, Sighting{Phone: current.Phone, BSUID: current.BSUID}) {
		if s.BSUID != bsuid {
			p.FormerBSUIDs = with(p.FormerBSUIDs, s.BSUID)
		}
		if s.Phone != phone {
			r.leave(k, s.Phone)
		}
	}
	p.FormerBSUIDs, p.FormerPhones = without(p.FormerBSUIDs, bsuid), without(p.FormerPhones, phone)
	if phone != "" { // whoever held it under another user id has lost it
		for other, known := range r.people {
			if known != k && known.Profile.Phone == phone {
				known.Profile.Phone = ""
				r.dirty[other] = true
			}
		}
	}
	p.Phone, p.BSUID, p.ParentBSUID = phone, bsuid, parent
	set(&p.Username, c.After.Username)
	r.dirty[k.ID] = true
}

// gain hands an identity to a person, whoever held it.
func (r *resolving) gain(h handle, person id.Person) {
	holder, held := r.holder[h]
	if held && holder == person {
		return
	}
	r.lost = append(r.lost, h)
	r.gained = slices.DeleteFunc(r.gained, func(g gain) bool { return g.handle == h })
	r.holder[h] = person
	r.gained = append(r.gained, gain{h, person})
}

// leave notes that a number is no longer a person's. It is never sent to, and
// what was written from it before is still hers.
func (r *resolving) leave(k *chat.Known, phone string) {
	if phone == "" {
		return
	}
	h := handle{kindPhone, r.keys.Lookup(kindPhone, phone)}
	if holder, held := r.holder[h]; !held || holder == k.ID {
		delete(r.holder, h)
		r.left = append(r.left, gain{h, k.ID})
	}
	r.gain(handle{kindFormer, h.hash}, k.ID)
	k.Profile.FormerPhones = with(k.Profile.FormerPhones, phone)
}

// first is the first of the values that says something.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// with is the list and a value, once.
func with(list []string, value string) []string {
	if value == "" || slices.Contains(list, value) {
		return list
	}
	return append(slices.Clone(list), value)
}

// without is the list without a value.
func without(list []string, value string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == value })
}
