package contact

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Kinds of identity, as stored.
const (
	kindPhone  = "phone"
	kindBSUID  = "bsuid"
	kindParent = "parent_bsuid"
	kindFormer = "former_phone" // by the hash of the phone: what was written from it before she left it is hers
)

type handle struct {
	kind string
	hash vault.Hash
}

// Resolve finds or makes the person of each sighting, and learns what is new:
// a name, another identity, that two people are one. The results stand in the
// order of the sightings; the same person is the same pointer.
func (b *Book) Resolve(ctx context.Context, tx store.Tx, org id.Org, seen []Sighting) ([]*chat.Known, error) {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	r := &resolving{book: b, tx: tx, org: org, keys: keys,
		holder: map[handle]id.Person{}, people: map[id.Person]*chat.Known{}, dirty: map[id.Person]bool{}}
	if err := r.load(ctx, seen); err != nil {
		return nil, fmt.Errorf("find the people of a webhook: %w", err)
	}
	result := make([]*chat.Known, len(seen))
	for i, s := range seen {
		if result[i], err = r.one(ctx, s); err != nil {
			return nil, fmt.Errorf("settle who a person is: %w", err)
		}
	}
	for i, k := range result { // a later sighting may have shown that two are one
		for r.people[k.ID] != k {
			k = r.people[k.ID]
		}
		result[i] = k
	}
	if err := r.save(ctx); err != nil {
		return nil, fmt.Errorf("store the people of a webhook: %w", err)
	}
	return result, nil
}

// resolving is one run of Resolve: what has been read, and what has changed.
type resolving struct {
	book *Book
	tx   store.Tx
	org  id.Org
	keys *vault.Org

	holder map[handle]id.Person // who holds an identity
	people map[id.Person]*chat.Known
	fresh  []*chat.Known
	dirty  map[id.Person]bool // profile changed
	gained []gain
	lost   []handle
	left   []gain // lost by this person only
}

type gain struct {
	handle
	person id.Person
}

func (r *resolving) handles(s Sighting) []handle {
	var all []handle
	for _, h := range [...]struct{ kind, value string }{{kindPhone, s.Phone}, {kindBSUID, s.BSUID}, {kindParent, s.ParentBSUID}} {
		if h.value != "" {
			all = append(all, handle{h.kind, r.keys.Lookup(h.kind, h.value)})
		}
	}
	return all
}

// formerly is the handle by which a person is found who wrote from a number
// before she left it. Where a user id is shown nobody needs it.
func (r *resolving) formerly(s Sighting) (handle, bool) {
	if s.Phone == "" || s.BSUID != "" || s.ParentBSUID != "" || s.At.IsZero() {
		return handle{}, false
	}
	return handle{kindFormer, r.keys.Lookup(kindPhone, s.Phone)}, true
}

// load reads, in bulk, everybody who holds one of the identities. Who left a
// number is asked only where nobody is found by it now: most messages come from
// people who are known.
func (r *resolving) load(ctx context.Context, seen []Sighting) error {
	var held []handle
	for _, s := range seen {
		held = append(held, r.handles(s)...)
	}
	if err := r.hold(ctx, held); err != nil {
		return err
	}
	var left []handle
	for _, s := range seen {
		if h, asks := r.formerly(s); asks && r.candidate(kindPhone, s.Phone) == nil {
			left = append(left, h)
		}
	}
	return r.hold(ctx, left)
}

// hold reads who holds identities, and these people.
func (r *resolving) hold(ctx context.Context, all []handle) error {
	var wanted []handle
	var args [][]any
	for _, h := range all {
		if _, asked := r.holder[h]; asked {
			continue
		}
		r.holder[h] = id.Person{}
		wanted = append(wanted, h)
		args = append(args, []any{r.org, h.kind, h.hash})
	}
	err := r.tx.QueryMany(ctx, "SELECT contact_id FROM identity WHERE org_id = ? AND kind = ? AND hash = ?", args,
		func(i int, row store.Row) error {
			var person id.Person
			err := row.Scan(&person)
			r.holder[wanted[i]] = person
			return err
		})
	if err != nil {
		return err
	}
	var people []id.Person
	for _, h := range wanted {
		switch p := r.holder[h]; {
		case p.IsZero():
			delete(r.holder, h)
		case r.people[p] == nil && !slices.Contains(people, p):
			people = append(people, p)
		}
	}
	return r.read(ctx, people)
}

func (r *resolving) read(ctx context.Context, people []id.Person) error {
	rows := make(map[id.Person]stored, len(people))
	args := make([][]any, len(people))
	for i, p := range people {
		args[i] = []any{r.org, p}
	}
	err := r.tx.QueryMany(ctx, "SELECT "+columns+" FROM contact WHERE org_id = ? AND id = ?", args,
		func(i int, row store.Row) error {
			s, err := scanStored(r.org, row)
			rows[people[i]] = s
			return err
		})
	if err != nil {
		return err
	}
	found, err := r.book.open(ctx, r.tx, r.org, rows, people)
	for p, k := range found {
		r.people[p] = k
	}
	return err
}

func (r *resolving) candidate(kind, value string) *candidate {
	if value == "" {
		return nil
	}
	person, ok := r.holder[handle{kind, r.keys.Lookup(kind, value)}]
	if !ok {
		return nil
	}
	k := r.people[person]
	if k == nil || k.Erased {
		return nil
	}
	return &candidate{id: person, phone: k.Profile.Phone, bsuid: k.Profile.BSUID}
}

func (r *resolving) one(ctx context.Context, s Sighting) (*chat.Known, error) {
	byBSUID := r.candidate(kindBSUID, s.BSUID)
	if byBSUID == nil {
		byBSUID = r.candidate(kindParent, s.ParentBSUID)
	}
	if byBSUID != nil && past(r.people[byBSUID.id], s) {
		k := r.people[byBSUID.id]
		r.learn(k, s)
		return k, nil
	}
	byPhone := r.candidate(kindPhone, s.Phone)
	if byPhone == nil {
		if k := r.before(s); k != nil {
			return k, nil
		}
	}
	found := identify(s, byPhone, byBSUID)
	if found.takePhone {
		r.takePhone(s.Phone)
	}
	if !found.merge.IsZero() {
		if err := r.merge(ctx, found.merge, found.person); err != nil {
			return nil, err
		}
	}
	k := r.people[found.person]
	if k == nil {
		k = r.make()
	}
	r.learn(k, s)
	return k, nil
}

// before is who wrote from a number before she left it.
func (r *resolving) before(s Sighting) *chat.Known {
	h, asks := r.formerly(s)
	if !asks {
		return nil
	}
	k := r.people[r.holder[h]]
	if k == nil || k.Erased || s.At.After(k.Profile.Moved) {
		return nil
	}
	return k
}

// past reports whether a person was seen as she was before she got another user
// id: her number of that time may be somebody else's by now.
func past(k *chat.Known, s Sighting) bool {
	return slices.Contains(k.Profile.FormerBSUIDs, s.BSUID) && !s.At.After(k.Profile.Moved)
}

func (r *resolving) make() *chat.Known {
	k := &chat.Known{New: true, Person: chat.Person{Org: r.org, ID: id.Person(r.book.ids.New()), Created: r.book.now()}}
	r.people[k.ID] = k
	r.fresh = append(r.fresh, k)
	return k
}

// takePhone takes a number away from the person who held it before.
func (r *resolving) takePhone(phone string) {
	h := handle{kindPhone, r.keys.Lookup(kindPhone, phone)}
	before := r.people[r.holder[h]]
	if before == nil {
		return
	}
	if before.Profile.Phone == phone { // she may be found by a former one, too
		before.Profile.Phone = ""
		r.dirty[before.ID] = true
	}
	delete(r.holder, h)
	r.lost = append(r.lost, h)
	r.gained = slices.DeleteFunc(r.gained, func(g gain) bool { return g.handle == h })
}

// learn adds what the sighting tells to what is known.
func (r *resolving) learn(k *chat.Known, s Sighting) {
	p := &k.Profile
	before := *p
	if past(k, s) {
		s.Phone, s.BSUID, s.ParentBSUID = "", "", ""
	}
	if s.Phone != "" && p.Phone != "" && p.Phone != s.Phone {
		old := p.Phone
		r.takePhone(old)
		p.FormerPhones = with(p.FormerPhones, old)
	}
	if s.Phone != "" {
		p.FormerPhones = without(p.FormerPhones, s.Phone)
	}
	if s.BSUID != "" {
		p.FormerBSUIDs = without(p.FormerBSUIDs, s.BSUID)
	}
	for _, h := range r.handles(s) {
		if holder, held := r.holder[h]; holder != k.ID {
			if held { // by somebody who is erased, or under another link of Meta's
				r.lost = append(r.lost, h)
			}
			r.holder[h] = k.ID
			r.gained = append(r.gained, gain{h, k.ID})
		}
	}
	set(&p.Phone, s.Phone)
	set(&p.BSUID, s.BSUID)
	set(&p.ParentBSUID, s.ParentBSUID)
	set(&p.Name, short(s.Name))
	set(&p.Given, short(s.Given))
	set(&p.Username, short(s.Username))
	if p.Given == "" {
		p.Given = short(s.Offered)
	}
	if p.Email == "" {
		p.Email = short(s.Email)
	}
	if k.New && k.Locale == "" {
		k.Locale = s.Locale
	}
	if !same(before, *p) {
		r.dirty[k.ID] = true
	}
}

// nameMost is how many bytes of a name are kept. WhatsApp's own have 25
// characters; every list shows names, so that one of megabytes would be read with
// each row. The payload keeps what came.
const nameMost = 1 << 10

func short(name string) string {
	if len(name) <= nameMost {
		return name
	}
	return strings.ToValidUTF8(name[:nameMost], "")
}

func set(field *string, value string) {
	if value != "" {
		*field = value
	}
}

func same(a, b chat.Profile) bool {
	return a.Phone == b.Phone && a.BSUID == b.BSUID && a.ParentBSUID == b.ParentBSUID && a.Name == b.Name &&
		a.Given == b.Given && a.Email == b.Email && a.Username == b.Username && slices.Equal(a.FormerPhones, b.FormerPhones) && slices.Equal(a.FormerBSUIDs, b.FormerBSUIDs) && a.Moved.Equal(b.Moved)
}

// save writes what has changed.
func (r *resolving) save(ctx context.Context) error {
	if err := r.saveFresh(ctx); err != nil {
		return err
	}
	var lost, gained, profiles [][]any
	for _, h := range r.lost {
		lost = append(lost, []any{r.org, h.kind, h.hash})
	}
	if err := r.tx.DeleteMany(ctx, store.Delete{From: "identity", Where: "org_id = ? AND kind = ? AND hash = ?"}, lost); err != nil {
		return err
	}
	var left [][]any
	for _, l := range r.left {
		left = append(left, []any{r.org, l.kind, l.hash, l.person})
	}
	if err := r.tx.DeleteMany(ctx, store.Delete{From: "identity", Where: "org_id = ? AND kind = ? AND hash = ? AND contact_id = ?"}, left); err != nil {
		return err
	}
	for _, g := range r.gained {
		gained = append(gained, []any{r.org, g.kind, g.hash, g.person})
	}
	isNew, err := r.tx.InsertNew(ctx, store.Insert{Into: "identity (org_id, kind, hash, contact_id)"}, gained)
	if err != nil {
		return err
	}
	if slices.Contains(isNew, false) {
		return ErrRaced
	}
	var renamed []*chat.Known
	for p := range r.dirty {
		k := r.people[p]
		if k.New {
			continue
		}
		sealed, err := sealProfile(k)
		if err != nil {
			return err
		}
		profiles = append(profiles, []any{sealed, store.Micros(r.book.now()), r.org, p})
		renamed = append(renamed, k)
	}
	if err := r.tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "profile = ?, changed_at = ?", Where: "org_id = ? AND id = ?"}, profiles); err != nil {
		return err
	}
	noted := append(renamed, r.fresh...)
	if err := r.index(ctx, noted); err != nil {
		return err
	}
	people := make([]id.Person, len(noted))
	for i, k := range noted {
		people[i] = k.ID
	}
	return r.book.tell(ctx, r.tx, r.org, people...)
}

func (r *resolving) saveFresh(ctx context.Context) error {
	if len(r.fresh) == 0 {
		return nil
	}
	owners := make([]id.Any, len(r.fresh))
	for i, k := range r.fresh {
		owners[i] = k.ID
	}
	rings, err := r.keys.NewKeyrings(ctx, r.tx, owners...)
	if err != nil {
		return err
	}
	rows := make([][]any, len(r.fresh))
	for i, k := range r.fresh {
		k.Keys = rings[i]
		sealed, err := sealProfile(k)
		if err != nil {
			return err
		}
		at := store.Micros(k.Created)
		rows[i] = []any{r.org, k.ID, "active", id.ID{}, false, false, false, false, false, false, k.Locale, sealed, at, at}
	}
	err = r.tx.InsertMany(ctx, store.Insert{Into: "contact (org_id, id, state, merged_into, blocked, opted_out, restricted, objected, minor, contract, locale, profile, created_at, changed_at)"}, rows)
	return err
}

func sealProfile(k *chat.Known) ([]byte, error) {
	plain, err := json.Marshal(k.Profile)
	if err != nil {
		return nil, err
	}
	return k.Keys.Seal(profileContext, k.ID, plain), nil
}

// index renews the blind index of the people's names.
func (r *resolving) index(ctx context.Context, people []*chat.Known) error {
	var stale, rows [][]any
	for _, k := range people {
		if !k.New {
			stale = append(stale, []any{r.org, k.ID})
		}
		for _, w := range indexed(k.Profile.Given + " " + k.Profile.Name + " " + k.Profile.Username) {
			rows = append(rows, []any{r.org, r.keys.Lookup("name", w), k.ID})
		}
	}
	if err := r.tx.DeleteMany(ctx, store.Delete{From: "name_word", Where: "org_id = ? AND contact_id = ?"}, stale); err != nil {
		return err
	}
	err := r.tx.InsertMany(ctx, store.Insert{Into: "name_word (org_id, hash, contact_id)", Skip: true}, rows)
	return err
}

// Person finds or makes the person with a phone number (E.164 digits) and the
// name under which somebody else knows her.
func (b *Book) Person(ctx context.Context, tx store.Tx, org id.Org, phone, name string) (*chat.Known, error) {
	all, err := b.Resolve(ctx, tx, org, []Sighting{{Phone: phone, Offered: name}})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
