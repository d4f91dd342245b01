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
	"einklang/internal/rule/identity"
	"einklang/internal/rule/pii"
)

// Resolve finds or makes the person of each sighting, and learns what is new:
// a name, another identity, that two people are one. The results stand in the
// order of the sightings; the same person is the same pointer. A sighting from
// elsewhere than WhatsApp (without a time) whose number somebody has left, also
// if another has it by now, is refused with a [LeftError]: who is meant, a person
// must say.
func (b *Book) Resolve(ctx context.Context, tx store.Tx, org id.Org, seen []Sighting) ([]*chat.Known, error) {
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	who := make([]identity.Seen, len(seen))
	for i, s := range seen {
		who[i] = s.seen()
	}
	if err := r.load(ctx, who...); err != nil {
		return nil, fmt.Errorf("find the people of a webhook: %w", err)
	}
	if err := r.refuse(ctx, seen); err != nil {
		return nil, err
	}
	result := make([]id.Person, len(seen))
	for i, s := range seen {
		p, err := r.register.See(who[i])
		if err != nil {
			return nil, fmt.Errorf("settle who a person is: %w", err)
		}
		r.note(r.people[p.ID], s)
		result[i] = p.ID
	}
	if err := r.save(ctx); err != nil {
		return nil, fmt.Errorf("store the people of a webhook: %w", err)
	}
	if err := r.saveProven(ctx, seen); err != nil {
		return nil, err
	}
	known := make([]*chat.Known, len(seen))
	for i, p := range result { // a later sighting may have shown that two are one
		known[i] = r.people[r.register.Person(p).ID]
	}
	return known, nil
}

// resolving is one run of Resolve: what has been read, and what has changed.
type resolving struct {
	pii.Personal
	book *Book
	tx   store.Tx
	org  id.Org
	keys *vault.Org

	register *identity.Register
	people   map[id.Person]*chat.Known
	fresh    []*chat.Known
	noted    map[id.Person]bool // what is no identity changed, such as the name
	entered  map[id.Person]bool // a number came from elsewhere than WhatsApp
	mailed   map[id.Person]bool // a mail address came
	proven   map[identity.Key]bool
}

func (b *Book) resolving(ctx context.Context, tx store.Tx, org id.Org) (*resolving, error) {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	r := &resolving{book: b, tx: tx, org: org, keys: keys, register: identity.NewRegister(), people: map[id.Person]*chat.Known{}, noted: map[id.Person]bool{},
		entered: map[id.Person]bool{}, mailed: map[id.Person]bool{}, proven: map[identity.Key]bool{}}
	r.register.Make = r.make
	r.register.Merge = func(from, into *identity.Person) error { return r.merge(ctx, from.ID, into.ID) }
	return r, nil
}

// know adds a person to what has been read.
func (r *resolving) know(k *chat.Known) *identity.Person {
	r.people[k.ID] = k
	p := &identity.Person{ID: k.ID, Identity: &k.Profile.Identity, Erased: k.Erased}
	r.register.Know(p)
	return p
}

func (r *resolving) make() *identity.Person {
	k := &chat.Known{New: true, Person: chat.Person{Org: r.org, ID: id.Person(r.book.ids.New()), Created: r.book.now()}}
	r.fresh = append(r.fresh, k)
	return r.know(k)
}

// load reads, in bulk, everybody who holds one of the identities. Who left a
// number is asked only where that may matter: most messages come from people who
// are known.
func (r *resolving) load(ctx context.Context, seen ...identity.Seen) error {
	var held, left []identity.Key
	for _, s := range seen {
		held = append(held, s.Wanted()...)
	}
	if err := r.hold(ctx, held); err != nil {
		return err
	}
	for _, s := range seen {
		left = append(left, r.register.Formerly(s)...)
	}
	return r.hold(ctx, left)
}

// hold reads who holds some keys, and these people.
func (r *resolving) hold(ctx context.Context, keys []identity.Key) error {
	var wanted []identity.Key
	var args [][]any
	for _, k := range keys {
		if slices.Contains(wanted, k) {
			continue
		}
		h := hash(r.keys, k)
		wanted, args = append(wanted, k), append(args, []any{r.org, h.Kind, h.Hash})
	}
	if len(args) == 0 {
		return nil
	}
	var people []id.Person
	err := r.tx.QueryMany(ctx, "SELECT contact_id, wrote FROM identity WHERE org_id = ? AND kind = ? AND hash = ?", args,
		func(i int, row store.Row) error {
			var person id.Person
			var wrote bool
			err := row.Scan(&person, &wrote)
			r.proven[wanted[i]] = wrote
			r.register.Hold(wanted[i], person)
			if r.people[person] == nil && !slices.Contains(people, person) {
				people = append(people, person)
			}
			return err
		})
	if err != nil {
		return err
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
	for _, k := range found {
		r.know(k)
	}
	return err
}

// note adds what a sighting tells beside who it was.
func (r *resolving) note(k *chat.Known, s Sighting) {
	p := &k.Profile
	name, given, email := p.Name, p.Given, p.Email
	set(&p.Name, short(s.Name))
	set(&p.Given, short(s.Given))
	if p.Given == "" {
		p.Given = short(s.Offered)
	}
	if p.Email == "" {
		p.Email = short(s.Email)
		r.mailed[k.ID] = r.mailed[k.ID] || p.Email != ""
	}
	r.entered[k.ID] = r.entered[k.ID] || s.At.IsZero()
	if k.New && k.Locale == "" {
		k.Locale = s.Locale
	}
	if name != p.Name || given != p.Given || email != p.Email {
		r.noted[k.ID] = true
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

// save writes what has changed.
func (r *resolving) save(ctx context.Context) error {
	if err := r.saveFresh(ctx); err != nil {
		return err
	}
	if err := r.saveKeys(ctx); err != nil {
		return err
	}
	if err := r.saveEntered(ctx); err != nil {
		return err
	}
	var profiles [][]any
	var changed []*chat.Known
	for p, k := range r.people {
		if k.ID != p || k.New || !r.register.Dirty[p] && !r.noted[p] {
			continue
		}
		sealed, err := sealProfile(k)
		if err != nil {
			return err
		}
		profiles = append(profiles, []any{sealed, r.mailHash(k), store.Micros(r.book.now()), r.org, p})
		changed = append(changed, k)
	}
	if err := r.tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "profile = ?, email_hash = ?, changed_at = ?", Where: "org_id = ? AND id = ?"}, profiles); err != nil {
		return err
	}
	changed = append(changed, r.fresh...)
	if err := r.index(ctx, changed); err != nil {
		return err
	}
	people := make([]id.Person, len(changed))
	for i, k := range changed {
		people[i] = k.ID
	}
	return r.book.tell(ctx, r.tx, r.org, people...)
}

// saveKeys writes who holds which identity.
func (r *resolving) saveKeys(ctx context.Context) error {
	g := r.register
	var lost, left, gained [][]any
	for _, k := range g.Lost {
		h := hash(r.keys, k)
		lost = append(lost, []any{r.org, h.Kind, h.Hash})
	}
	for _, l := range g.Left {
		h := hash(r.keys, l.Key)
		left = append(left, []any{r.org, h.Kind, h.Hash, l.Person})
	}
	for _, got := range g.Gained {
		h := hash(r.keys, got.Key)
		gained = append(gained, []any{r.org, h.Kind, h.Hash, got.Person})
	}
	if err := r.tx.DeleteMany(ctx, store.Delete{From: "identity", Where: "org_id = ? AND kind = ? AND hash = ?"}, lost); err != nil {
		return err
	}
	if err := r.tx.DeleteMany(ctx, store.Delete{From: "identity", Where: "org_id = ? AND kind = ? AND hash = ? AND contact_id = ?"}, left); err != nil {
		return err
	}
	if err := r.askAnew(ctx); err != nil {
		return err
	}
	isNew, err := r.tx.InsertNew(ctx, store.Insert{Into: "identity (org_id, kind, hash, contact_id)"}, gained)
	if err == nil && slices.Contains(isNew, false) {
		err = ErrRaced
	}
	return err
}

// written clears what was to be written, once it is.
func (r *resolving) written() {
	for _, k := range r.fresh {
		k.New = false
	}
	r.fresh = nil
	clear(r.noted)
	clear(r.mailed)
	r.register.Written()
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
		rows[i] = []any{r.org, k.ID, "active", id.ID{}, false, false, false, false, false, false, k.Locale, sealed, r.mailHash(k), at, at}
	}
	err = r.tx.InsertMany(ctx, store.Insert{Into: "contact (org_id, id, state, merged_into, blocked, opted_out, restricted, objected, minor, contract, locale, profile, email_hash, created_at, changed_at)"}, rows)
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
