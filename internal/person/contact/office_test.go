package contact

import (
	"context"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// office is an organisation with its book, and with a keeper of something about
// people, as all the capabilities are.
type office struct {
	*Book
	db   *store.DB
	org  id.Org
	now  time.Time
	kept map[id.Person][]int // what is kept about each person
	told []id.Person         // who changed
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, open(t, db, vaulttest.Open(t, db))) })
}

// open makes another organisation in the same database.
func open(t storetest.Failer, db *store.DB, v *vault.Vault) *office {
	t.Helper()
	ids := id.System()
	o := &office{db: db, org: id.Org(ids.New()), now: start, kept: map[id.Person][]int{}}
	o.Book = New(v, ids, func() time.Time { return o.now }, func(_ context.Context, _ store.Tx, _ id.Org, from, to id.Person) error {
		o.kept[to] = append(o.kept[to], o.kept[from]...)
		delete(o.kept, from)
		return nil
	})
	o.Watch(func(_ context.Context, _ store.Tx, _ id.Org, people ...id.Person) error {
		o.told = append(o.told, people...)
		return nil
	})
	o.write(t, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, o.org) })
	return o
}

func (o *office) write(t storetest.Failer, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := o.db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// see resolves sightings of one webhook.
func (o *office) see(t storetest.Failer, seen ...Sighting) (people []*chat.Known) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
		people, err = o.Resolve(ctx, tx, o.org, seen)
		return err
	})
	return people
}

func (o *office) byPhone(t storetest.Failer, digits string) *chat.Known {
	t.Helper()
	k, err := o.ByPhone(context.Background(), o.db, o.org, digits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *office) byUser(t storetest.Failer, bsuid string) *chat.Known {
	t.Helper()
	k, err := o.ByBSUID(context.Background(), o.db, o.org, bsuid)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *office) get(t storetest.Failer, person id.Person) *chat.Known {
	t.Helper()
	k, err := o.Get(context.Background(), o.db, o.org, person)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *office) flag(t storetest.Failer, person id.Person, flag Flag) {
	t.Helper()
	o.write(t, func(ctx context.Context, tx store.Tx) error { return o.SetFlag(ctx, tx, o.org, person, flag, true) })
}

// same reports whether two profiles say the same.
func same(a, b chat.Profile) bool {
	return a.Identity.Same(b.Identity) && a.Name == b.Name && a.Given == b.Given && a.Email == b.Email
}
