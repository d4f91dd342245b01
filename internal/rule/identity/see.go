package identity

import (
	"slices"

	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// See finds or makes the person who was seen, and learns what is new: another
// identity, that two people are one.
func (g *Register) See(s Seen) (*Person, error) {
	s = s.one()
	byUserID := g.byUserID(s)
	if byUserID != nil {
		if byUserID.Identity.past(s) {
			g.learn(byUserID, s)
			return byUserID, nil
		}
		s = byUserID.Identity.current(s)
	}
	byPhone := g.candidate(Phone, s.Phone)
	if byPhone == nil || byPhone.Identity.got(s) {
		if p := g.before(s); p != nil {
			return p, nil
		}
	}
	if byPhone != nil && byPhone != byUserID && s.BSUID != "" && byPhone.Identity.got(s) {
		byPhone, s.Phone, s.waID = nil, "", "" // it is another's since then
	}
	found := identify(s, byPhone, byUserID)
	taken := found.takePhone && g.take(s.Phone, s.At)
	p := found.person
	if found.merge != nil {
		var err error
		if p, err = g.join(found.person, found.merge); err != nil {
			return nil, err
		}
	}
	if p == nil {
		p = g.Make()
		g.Know(p)
	}
	g.learn(p, s)
	if taken {
		p.Identity.Passed = later(p.Identity.Passed, s.At)
		g.Dirty[p.ID] = true
	}
	return p, nil
}

// identification is what follows from what was seen.
type identification struct {
	pii.Personal
	person    *Person // nil: nobody known, make a new person
	merge     *Person // the same person under another id, to be merged; or nil
	takePhone bool    // the number has moved: take it away from whoever holds it
}

// identify decides who was seen, given the people who hold the phone number and
// the BSUID (either may be nil).
//
// The BSUID is the stronger evidence: it belongs to one WhatsApp user, while a
// phone number can be given to somebody else (Cloud API: business-scoped user
// IDs). When in doubt two people stay two: a wrong merge would show one
// person's messages to another and lend one's consent to the other.
func identify(s Seen, byPhone, byUserID *Person) identification {
	switch {
	case byPhone == nil && byUserID == nil:
		return identification{}
	case byUserID == nil:
		if s.BSUID != "" && byPhone.Identity.BSUID != "" {
			// The number now belongs to another WhatsApp user.
			return identification{takePhone: true}
		}
		return identification{person: byPhone}
	case byPhone == nil, byPhone.ID == byUserID.ID:
		return identification{person: byUserID}
	case byPhone.Identity.BSUID == "" && byUserID.Identity.Phone == "":
		// Two halves of one person.
		return identification{person: byPhone, merge: byUserID}
	default:
		// The WhatsApp user has a new number that somebody else held before.
		return identification{person: byUserID, takePhone: true}
	}
}

// before is who wrote from a number before she left it.
func (g *Register) before(s Seen) *Person {
	k, asks := s.formerly()
	if !asks {
		return nil
	}
	p := g.candidate(Former, k.Value)
	if p == nil || p.Identity.since(s.At) {
		return nil
	}
	return p
}

// past reports whether a person was seen as she was before she got another user
// id: her number of that time may be somebody else's by now.
func (i Identity) past(s Seen) bool {
	return slices.Contains(i.FormerBSUIDs, s.BSUID) && !s.At.After(i.Moved)
}

// got reports whether a person got her number or user id only after something was
// seen from the number, so that it may have come from who had it before.
func (i Identity) got(s Seen) bool {
	return !s.At.IsZero() && (s.At.Before(i.Moved) || s.At.Before(i.Passed))
}

// current is what was seen without a number that she has left since: where she has
// moved, the number of that time is another.
func (i Identity) current(s Seen) Seen {
	moved := i.Phone != "" && i.Phone != s.Phone && !slices.Contains(i.Also, s.Phone) || slices.Contains(i.FormerPhones, s.Phone)
	if !s.At.IsZero() && !i.since(s.At) && moved {
		s.Phone, s.waID = "", ""
	}
	return s
}

// learn adds what was seen to what is known of a person.
func (g *Register) learn(p *Person, s Seen) {
	i := p.Identity
	before := *i
	if i.past(s) {
		s.Phone, s.waID, s.BSUID, s.ParentBSUID = "", "", "", ""
	}
	if s.Phone != "" && i.Phone != "" && i.Phone != s.Phone {
		g.leave(p, i.Phone)
	}
	for _, k := range s.Keys() {
		if holder, yes := g.held(k); holder != p.ID {
			if yes { // by somebody who is erased, or under another link of Meta's
				g.lose(k)
			}
			g.grant(k, p.ID)
		}
	}
	if s.Phone != "" {
		i.Phone = s.Phone
		i.FormerPhones, i.Also = without(i.FormerPhones, s.Phone), without(i.Also, s.Phone)
	}
	if s.FromMeta && s.waID != "" {
		if i.WaID = s.waID; i.WaID == i.Phone {
			i.WaID = ""
		}
	}
	replace(&i.BSUID, s.BSUID, &i.FormerBSUIDs)
	replace(&i.ParentBSUID, s.ParentBSUID, &i.FormerParents)
	replace(&i.Username, s.Username, &i.FormerUsernames)
	if !before.Same(*i) {
		g.Dirty[p.ID] = true
	}
}

// replace puts a value in the place of what is known, which becomes a former one.
func replace(field *string, value string, former *[]string) {
	if value == "" || value == *field {
		return
	}
	*former = with(without(*former, value), *field)
	*field = value
}

// Teach learns how Meta names a person whom something of ours has reached: the
// answer to a call, or a status (Cloud API: contacts[0].wa_id and user_id,
// recipient_id, recipient_user_id). Nobody becomes known by it. That two people
// are one is learned only where nothing speaks against it.
func (g *Register) Teach(person id.Person, s Seen) error {
	s = s.one()
	p := g.people[person]
	if p == nil || p.Erased || slices.Contains(p.Identity.FormerBSUIDs, s.BSUID) {
		return nil
	}
	if slices.Contains(p.Identity.FormerPhones, s.Phone) {
		s.Phone, s.waID = "", "" // the message went there before she left it
	}
	i := p.Identity
	switch other := g.byUserID(s); {
	case other != nil && other != p && (i.BSUID != "" || other.Identity.Phone != "" && i.Phone != "" && other.Identity.Phone != i.Phone):
		// The number is another user's by now, whom we know.
		_, err := g.See(s)
		return err
	case other != nil && other != p:
		var err error
		if p, err = g.join(p, other); err != nil {
			return err
		}
	case other == nil && s.BSUID != "" && i.BSUID != "" && i.BSUID != s.BSUID:
		// Another user's, whom we do not know: it is never sent to again.
		if s.Phone != "" && s.Phone == i.Phone {
			g.leave(p, s.Phone)
			i.Phone, i.WaID = "", ""
			g.Dirty[p.ID] = true
		}
		return nil
	}
	p, s, err := g.sameNumber(p, s)
	if err != nil {
		return err
	}
	g.learn(p, s)
	return nil
}

// sameNumber puts together whom Meta's form of a number and ours lead to.
func (g *Register) sameNumber(p *Person, s Seen) (*Person, Seen, error) {
	other := g.candidate(Phone, s.Phone)
	switch {
	case other == nil || other == p:
	case other.Identity.BSUID == "" || p.Identity.BSUID == "" && s.BSUID == "":
		var err error
		if p, err = g.join(p, other); err != nil {
			return nil, s, err
		}
	default:
		s.Phone, s.waID = "", ""
	}
	i := p.Identity
	if s.Phone != "" && i.Phone != "" && s.Phone != i.Phone {
		i.Also = with(i.Also, i.Phone) // the other form goes on leading to her
		i.FormerPhones = without(i.FormerPhones, i.Phone)
		i.Phone, i.WaID = "", ""
	}
	return p, s, nil
}
