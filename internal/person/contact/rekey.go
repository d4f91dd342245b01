package contact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/phone"
)

// rekeyRules are the rules by which identities are keyed. A higher number brings
// all of them into the new form, once.
const rekeyRules = 1

// RekeyEvery is how often it is looked whether identities are in the form of
// today's rules; an installation that was just started or restored finds out so.
const RekeyEvery = 15 * time.Minute

// rekeyBite is how many people are looked at in one transaction.
const rekeyBite = 100

// Rekeyed is what came of bringing the identities of an organisation into the
// form of today's rules.
type Rekeyed struct {
	Looked  int64     // people looked at
	Rewrote int64     // people whose identities were written in another form
	Joined  int64     // people who had two records
	Parted  int64     // two user ids with one number: they stay two people
	Done    time.Time // zero: under way, or not begun
	Pairs   []Pair    // the latest, in any order
}

// Pair is two records that were found to be of one number.
type Pair struct {
	Stays, Other id.Person
	Joined       bool // else they stay two people, and Other has lost the number
	At           time.Time
}

// Rekey brings the identities of all organisations into the form of today's
// rules, in bites. It may run on several nodes at once and twice in a row.
func (b *Book) Rekey(ctx context.Context, db *store.DB, ledger evidence.Ledger, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	for _, org := range all {
		for {
			var done bool
			failed := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				done, err = b.rekeyBite(ctx, tx, ledger, org)
				return err
			})
			if err = errors.Join(err, failed); failed != nil || done {
				break
			}
		}
	}
	return err
}

// rekeyBite goes on from where the organisation stands; done: nothing is left.
func (b *Book) rekeyBite(ctx context.Context, tx store.Tx, ledger evidence.Ledger, org id.Org) (done bool, err error) {
	var place id.Cursor
	// Whoever comes first has the row, and others wait for it.
	if _, err := tx.Exec(ctx, `INSERT INTO identity_rekey (org_id, rules, place, looked, rewrote, joined, parted, done_at) VALUES (?, ?, ?, 0, 0, 0, 0, 0)
		ON CONFLICT (org_id) DO UPDATE SET rules = identity_rekey.rules`, org, int64(rekeyRules), place[:]); err != nil {
		return false, fmt.Errorf("note the keying of identities: %w", err)
	}
	var rules, ended int64
	var c Rekeyed
	err = tx.QueryRow(ctx, "SELECT rules, place, looked, rewrote, joined, parted, done_at FROM identity_rekey WHERE org_id = ?", org).
		Scan(&rules, &place, &c.Looked, &c.Rewrote, &c.Joined, &c.Parted, &ended)
	if err != nil {
		return false, fmt.Errorf("read the keying of identities: %w", err)
	}
	if rules != rekeyRules {
		c, place, ended = Rekeyed{}, id.Cursor{}, 0
	}
	if ended != 0 {
		return true, nil
	}
	people, err := store.Collect(ctx, tx, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?", org, place[:], int64(rekeyBite))
	if err != nil {
		return false, fmt.Errorf("key identities: %w", err)
	}
	for _, p := range people {
		if err := b.rekeyOne(ctx, tx, ledger, org, p, &c); err != nil {
			return false, fmt.Errorf("key the identities of a person: %w", err)
		}
		place = id.Cursor(p)
	}
	if len(people) < rekeyBite {
		ended = store.Micros(b.now())
	}
	_, err = tx.Exec(ctx, "UPDATE identity_rekey SET rules = ?, place = ?, looked = ?, rewrote = ?, joined = ?, parted = ?, done_at = ? WHERE org_id = ?",
		int64(rekeyRules), place[:], c.Looked, c.Rewrote, c.Joined, c.Parted, ended, org)
	return ended != 0, err
}

// rekeyOne keys the identities of one person, and makes one of two who have the
// same number.
func (b *Book) rekeyOne(ctx context.Context, tx store.Tx, ledger evidence.Ledger, org id.Org, person id.Person, c *Rekeyed) error {
	k, err := b.Get(ctx, tx, org, person)
	if errors.Is(err, ErrNotFound) || err == nil && (k.Erased || k.ID != person) {
		return nil // merged or erased since
	}
	if err != nil {
		return err
	}
	c.Looked++
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return err
	}
	p := r.know(k)
	if n, err := phone.Read("+"+k.Profile.Phone, ""); err == nil && n != k.Profile.Phone { // such as a zero behind the country code
		k.Profile.Phone = n
	}
	keys := p.Identity.Keys()
	others, err := r.holders(ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		switch other := others[i]; {
		case other == person:
		case other.IsZero() || r.people[other] == nil || r.people[other].Erased:
			r.register.Rekey(p, key, other.IsZero())
		case key.Kind == identity.Phone:
			return b.sameNumber(ctx, tx, ledger, r, p, r.register.Person(other), c)
		}
	}
	if len(r.register.Gained) == 0 {
		return nil
	}
	c.Rewrote++
	return r.save(ctx)
}

// holders are who holds some keys; the zero id: nobody. Those people are read.
func (r *resolving) holders(ctx context.Context, keys []identity.Key) ([]id.Person, error) {
	args, holders := make([][]any, len(keys)), make([]id.Person, len(keys))
	for i, key := range keys {
		h := hash(r.keys, key)
		args[i] = []any{r.org, h.Kind, h.Hash}
	}
	err := r.tx.QueryMany(ctx, "SELECT contact_id FROM identity WHERE org_id = ? AND kind = ? AND hash = ?", args, func(i int, row store.Row) error { return row.Scan(&holders[i]) })
	if err != nil {
		return nil, err
	}
	var unread []id.Person
	for i, p := range holders {
		if p.IsZero() {
			continue
		}
		r.register.Hold(keys[i], p)
		if r.people[p] == nil && !slices.Contains(unread, p) {
			unread = append(unread, p)
		}
	}
	return holders, r.read(ctx, unread)
}

// sameNumber settles that two records have one number: they are one person, or,
// if each has a user id of its own, two, of whom the one who came later has the
// number. The stricter flag holds for both either way: whoever said STOP from
// this number said it in one of its spellings.
func (b *Book) sameNumber(ctx context.Context, tx store.Tx, ledger evidence.Ledger, r *resolving, one, other *identity.Person, c *Rekeyed) error {
	stays, goes := one, other
	if id.Compare(other.ID, one.ID) < 0 {
		stays, goes = other, one
	}
	pair := Pair{Stays: stays.ID, Other: goes.ID, Joined: one.Identity.BSUID == "" || other.Identity.BSUID == "" || one.Identity.BSUID == other.Identity.BSUID, At: b.now()}
	if pair.Joined {
		c.Joined++
		if err := r.register.Join(goes, stays); err != nil {
			return err
		}
	} else {
		c.Parted++
		pair.Stays, pair.Other = goes.ID, stays.ID
		r.register.Part(stays, goes)
		strict := r.people[stays.ID].Flags.Stricter(r.people[goes.ID].Flags)
		if err := b.restrict(ctx, tx, r.org, strict, stays.ID, goes.ID); err != nil {
			return err
		}
	}
	for _, p := range []*identity.Person{stays, goes} {
		if r.register.Person(p.ID) != p {
			continue
		}
		for _, key := range p.Identity.Keys() {
			r.register.Rekey(p, key, false)
		}
	}
	if err := r.save(ctx); err != nil {
		return err
	}
	how := map[bool]string{true: "joined", false: "parted"}[pair.Joined]
	if err := tx.InsertMany(ctx, store.Insert{Into: "identity_joined (org_id, contact_id, other_id, how, at)", Skip: true}, [][]any{{r.org, pair.Stays, pair.Other, how, store.Micros(pair.At)}}); err != nil {
		return err
	}
	return ledger.Append(ctx, tx, r.org, evidence.Entry{ID: id.Entry(b.ids.New()), Kind: "identity." + how, Owner: id.ID(pair.Stays), At: pair.At,
		Record: map[string]any{"stays": pair.Stays.String(), "other": pair.Other.String()}})
}

// restrict lets what restricts hold for some people, beside what does already.
func (b *Book) restrict(ctx context.Context, tx store.Tx, org id.Org, f chat.Flags, people ...id.Person) error {
	for _, p := range people {
		if _, err := tx.Exec(ctx, "UPDATE contact SET blocked = blocked OR ?, opted_out = opted_out OR ?, restricted = restricted OR ?, objected = objected OR ?, minor = minor OR ?, changed_at = ? WHERE org_id = ? AND id = ?",
			f.Blocked, f.OptedOut, f.Restricted, f.Objected, f.Minor, store.Micros(b.now()), org, p); err != nil {
			return fmt.Errorf("let the stricter flags hold: %w", err)
		}
	}
	return b.tell(ctx, tx, org, people...)
}

// pairsMost bounds the list of pairs.
const pairsMost = 200

// Rekeying reads what came of the keying of identities.
func (b *Book) Rekeying(ctx context.Context, r store.Reader, org id.Org) (c Rekeyed, err error) {
	var done int64
	err = r.QueryRow(ctx, "SELECT looked, rewrote, joined, parted, done_at FROM identity_rekey WHERE org_id = ?", org).Scan(&c.Looked, &c.Rewrote, &c.Joined, &c.Parted, &done)
	if errors.Is(err, store.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the keying of identities: %w", err)
	}
	c.Done = store.Time(done)
	c.Pairs, err = store.Collect(ctx, r, func(row store.Row) (p Pair, err error) {
		var how string
		var at int64
		err = row.Scan(&p.Stays, &p.Other, &how, &at)
		p.Joined, p.At = how == "joined", store.Time(at)
		return p, err
	}, "SELECT contact_id, other_id, how, at FROM identity_joined WHERE org_id = ? ORDER BY at DESC, contact_id LIMIT ?", org, int64(pairsMost))
	return c, err
}
