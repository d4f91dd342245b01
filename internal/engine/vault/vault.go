package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Installation is the owner of what belongs to no organisation: the hashes of
// e-mail addresses with which staff sign in.
var Installation = id.Org{15: 1}

// Vault opens organisations' keys.
type Vault struct {
	root Root
	ids  *id.Source
	now  func() time.Time

	mu   sync.Mutex
	orgs map[id.Org]*Org
}

// orgsMost bounds how many organisations' keys are held in memory.
const orgsMost = 4096

// Open makes a Vault. It creates the installation's own keys on first use.
func Open(ctx context.Context, db *store.DB, root Root, ids *id.Source, now func() time.Time) (*Vault, error) {
	v := &Vault{root: root, ids: ids, now: now, orgs: map[id.Org]*Org{}}
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM org_key WHERE org_id = ?)", Installation).Scan(&there); err != nil || there {
			return err
		}
		return v.CreateOrg(ctx, tx, Installation)
	})
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	if _, err := v.Org(ctx, db, Installation); err != nil {
		return nil, err
	}
	return v, nil
}

// inUse reports whether a database holds wrapped keys: then its root key must
// not be made anew.
func inUse(ctx context.Context, r store.Reader) (bool, error) {
	var used bool
	err := r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM org_key)").Scan(&used)
	return used, err
}

func fresh() []byte {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // never fails: crypto/rand
	return key
}

// The contexts that bind wrapped keys.
func orgContext(org id.Org) []byte    { return append([]byte("org "), org[:]...) }
func lookupContext(org id.Org) []byte { return append([]byte("lookup "), org[:]...) }

// CreateOrg makes the keys of an organisation and its own key ring.
func (v *Vault) CreateOrg(ctx context.Context, tx store.Tx, org id.Org) error {
	key, lookup := fresh(), fresh()
	wrapped, err := v.root.Wrap(key, orgContext(org))
	if err != nil {
		return fmt.Errorf("wrap an organisation's key: %w", err)
	}
	wrappedLookup, err := v.root.Wrap(lookup, lookupContext(org))
	if err != nil {
		return fmt.Errorf("wrap an organisation's key: %w", err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO org_key (org_id, generation, wrapped, lookup, created_at) VALUES (?, 1, ?, ?, ?)",
		org, wrapped, wrappedLookup, store.Micros(v.now())); err != nil {
		return fmt.Errorf("store an organisation's key: %w", err)
	}
	// Not held in memory: the caller's transaction may yet fail.
	o, err := v.readOrg(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = o.NewKeyrings(ctx, tx, org)
	return err
}

// Org opens an organisation's keys. They are held in memory: an organisation's
// key is replaced but never destroyed while the organisation exists.
func (v *Vault) Org(ctx context.Context, r store.Reader, org id.Org) (*Org, error) {
	v.mu.Lock()
	known := v.orgs[org]
	v.mu.Unlock()
	if known != nil {
		return known, nil
	}
	o, err := v.readOrg(ctx, r, org)
	if err != nil {
		return nil, fmt.Errorf("open an organisation's keys: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.orgs) >= orgsMost {
		clear(v.orgs)
	}
	v.orgs[org] = o
	return o, nil
}

func (v *Vault) readOrg(ctx context.Context, r store.Reader, org id.Org) (*Org, error) {
	o := &Org{vault: v, id: org, keys: map[int64]*dataKey{}}
	rows, err := r.Query(ctx, "SELECT generation, created_at, wrapped, lookup FROM org_key WHERE org_id = ? ORDER BY generation", org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var generation, since int64
		var wrapped, wrappedLookup []byte
		if err := rows.Scan(&generation, &since, &wrapped, &wrappedLookup); err != nil {
			return nil, err
		}
		raw, err := v.root.Unwrap(wrapped, orgContext(org))
		if err != nil {
			return nil, fmt.Errorf("%w: the root key does not fit this database", ErrTampered)
		}
		if o.keys[generation], err = newDataKey(id.Key{}, raw); err != nil {
			return nil, err
		}
		lookup, err := v.root.Unwrap(wrappedLookup, lookupContext(org))
		if err != nil {
			return nil, ErrTampered
		}
		o.generation, o.since = generation, since
		o.macs.New = func() any { return hmac.New(sha256.New, lookup) }
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if o.generation == 0 {
		return nil, ErrDestroyed
	}
	return o, nil
}

func (v *Vault) evict(org id.Org) {
	v.mu.Lock()
	delete(v.orgs, org)
	v.mu.Unlock()
}

// Org holds the opened keys of one organisation.
type Org struct {
	vault      *Vault
	id         id.Org
	generation int64
	since      int64              // when its key of this generation was made, in microseconds
	keys       map[int64]*dataKey // by generation
	macs       sync.Pool          // hash.Hash under the look-up key
}

// Hash is a keyed hash for look-ups: the same value gives the same hash within
// an organisation and a kind, and tells nothing without the key. 128 bits
// leave no room for accidental matches.
type Hash [16]byte

// Value stores the 16 bytes.
func (h Hash) Value() (driver.Value, error) { return h[:], nil }

// Lookup hashes a normalized value, such as a phone number in E.164 digits.
// Kinds keep apart what would otherwise look alike.
//
// The look-up key stays the same when the organisation's key is rotated,
// because a hash cannot be made anew without the value.
func (o *Org) Lookup(kind, value string) Hash {
	mac := o.macs.Get().(hash.Hash)
	mac.Reset()
	_, _ = mac.Write([]byte(kind))
	_, _ = mac.Write([]byte{0})
	_, _ = mac.Write([]byte(value))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	o.macs.Put(mac)
	return Hash(sum[:16])
}

// dataContext binds a wrapped key to its organisation and name, not to its
// owner: keys change hands when two people turn out to be one.
func (o *Org) dataContext(key id.Key) []byte {
	return bound(o.id, "data_key", key)
}

var insertKey = store.Insert{Into: "data_key (org_id, owner_id, id, generation, wrapped, created_at)"}

// NewKeyrings makes a key ring with one key for each owner.
func (o *Org) NewKeyrings(ctx context.Context, tx store.Tx, owners ...id.Any) ([]*Keyring, error) {
	rings := make([]*Keyring, len(owners))
	rows := make([][]any, len(owners))
	wrapper, now := o.keys[o.generation], store.Micros(o.vault.now())
	for i, owner := range owners {
		key, err := newDataKey(id.Key(o.vault.ids.New()), fresh())
		if err != nil {
			return nil, err
		}
		key.made = now
		rings[i] = &Keyring{org: o.id, owner: id.Person(owner), keys: []*dataKey{key}}
		rows[i] = []any{o.id, id.ID(owner), key.id, o.generation, wrapper.wrap(key.raw[:], o.dataContext(key.id)), now}
	}
	if err := tx.InsertMany(ctx, insertKey, rows); err != nil {
		return nil, fmt.Errorf("store keys: %w", err)
	}
	return rings, nil
}

// Renew makes new keys for those whose newest is older than the organisation's: what
// is sealed from now on is closed to whoever held that before it was rotated. It
// returns their rings; those that came stay as they are, should the work be done again.
func (o *Org) Renew(ctx context.Context, tx store.Tx, rings []*Keyring) (map[id.Person]*Keyring, error) {
	renewed := map[id.Person]*Keyring{}
	var old []*Keyring
	var owners []id.Any
	for _, k := range rings {
		if k.keys[len(k.keys)-1].made < o.since && renewed[k.owner] == nil {
			renewed[k.owner] = k
			old, owners = append(old, k), append(owners, k.owner)
		}
	}
	if len(old) == 0 {
		return nil, nil
	}
	fresh, err := o.NewKeyrings(ctx, tx, owners...)
	if err != nil {
		return nil, err
	}
	for i, k := range fresh {
		k.keys = slices.Concat(old[i].keys, k.keys)
		renewed[k.owner] = k
	}
	return renewed, nil
}

func (k *dataKey) wrap(plain, context []byte) []byte {
	nonce := make([]byte, 12, 12+len(plain)+16)
	_, _ = rand.Read(nonce) // never fails: crypto/rand
	return k.aead.Seal(nonce, nonce, plain, context)
}

func (k *dataKey) unwrap(wrapped, context []byte) ([]byte, error) {
	if len(wrapped) < 12 {
		return nil, ErrTampered
	}
	plain, err := k.aead.Open(nil, wrapped[:12], wrapped[12:], context)
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

const selectKeys = "SELECT owner_id, id, created_at, generation, wrapped FROM data_key WHERE org_id = ? AND owner_id IN (?) ORDER BY owner_id, id"

// Keyring opens the keys of one owner; ErrDestroyed if there are none.
func (o *Org) Keyring(ctx context.Context, r store.Reader, owner id.Any) (*Keyring, error) {
	rings, err := Keyrings(ctx, r, o, []id.ID{owner})
	if err != nil {
		return nil, err
	}
	if rings[owner] == nil {
		return nil, ErrDestroyed
	}
	return rings[owner], nil
}

// OpenMany reads what is kept sealed of several owners, one thing of each: the
// query, for store.CollectIn, selects the owner and what is sealed. Who has
// none, or has been erased, is left out.
func OpenMany[Owner id.Like](ctx context.Context, r store.Reader, v *Vault, org id.Org, sealContext, query string, owners []Owner) (map[Owner][]byte, error) {
	type kept struct {
		owner  Owner
		sealed []byte
	}
	rows, err := store.CollectIn(ctx, r, func(row store.Row) (k kept, err error) { return k, row.Scan(&k.owner, &k.sealed) }, query, owners, org)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := v.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	rings, err := KeyringsOf(ctx, r, keys, rows, func(k kept) Owner { return k.owner })
	if err != nil {
		return nil, err
	}
	all := make(map[Owner][]byte, len(rows))
	for _, k := range rows {
		ring := rings[k.owner]
		if ring == nil {
			continue // erased: nobody can read it any more
		}
		if all[k.owner], err = ring.Open(sealContext, k.owner, k.sealed); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OpenMerged is OpenMany for two people who turned out to be one: the keys of
// the one have been handed to the other, see [Org.Adopt].
func OpenMerged[Owner id.Like](ctx context.Context, r store.Reader, v *Vault, org id.Org, sealContext, query string, from, into Owner) (map[Owner][]byte, error) {
	all := map[Owner][]byte{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var owner Owner
		var sealed []byte
		err := row.Scan(&owner, &sealed)
		all[owner] = sealed
		return struct{}{}, err
	}, query, []Owner{from, into}, org)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	keys, err := v.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	ring, err := keys.Keyring(ctx, r, into)
	if err != nil {
		return nil, err
	}
	for owner, sealed := range all {
		if all[owner], err = ring.Open(sealContext, owner, sealed); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Keyrings opens the keys of several owners. Who has none is left out.
//
// Keys are read from the database each time, within the caller's transaction:
// after a key was destroyed on one node, no node uses it any more.
func Keyrings[Owner id.Like](ctx context.Context, r store.Reader, o *Org, owners []Owner) (map[Owner]*Keyring, error) {
	rings := make(map[Owner]*Keyring, len(owners))
	type found struct {
		owner      Owner
		key        id.Key
		made       int64
		generation int64
		wrapped    []byte
	}
	all, err := store.CollectIn(ctx, r, func(row store.Row) (f found, err error) {
		err = row.Scan(&f.owner, &f.key, &f.made, &f.generation, &f.wrapped)
		return f, err
	}, selectKeys, id.Distinct(owners), o.id)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	for _, f := range all {
		key, err := o.unwrap(ctx, r, f.key, f.generation, f.wrapped)
		if err != nil {
			return nil, fmt.Errorf("open keys: %w", err)
		}
		key.made = f.made
		if rings[f.owner] == nil {
			rings[f.owner] = &Keyring{org: o.id, owner: id.Person(f.owner)}
		}
		rings[f.owner].keys = append(rings[f.owner].keys, key)
	}
	return rings, nil
}

// KeyringsOf finds the keyrings of those to whom rows belong.
func KeyringsOf[T any, Owner id.Like](ctx context.Context, r store.Reader, keys *Org, rows []T, owner func(T) Owner) (map[Owner]*Keyring, error) {
	owners := make([]Owner, len(rows))
	for i, row := range rows {
		owners[i] = owner(row)
	}
	return Keyrings(ctx, r, keys, owners)
}

func (o *Org) unwrap(ctx context.Context, r store.Reader, at id.Key, generation int64, wrapped []byte) (*dataKey, error) {
	wrapper, err := o.wrapper(ctx, r, generation)
	if err != nil {
		return nil, err
	}
	raw, err := wrapper.unwrap(wrapped, o.dataContext(at))
	if err != nil {
		return nil, err
	}
	return newDataKey(at, raw)
}

// wrapper is the organisation's key of a generation. Another node may have
// rotated the key meanwhile: then the keys are read anew.
func (o *Org) wrapper(ctx context.Context, r store.Reader, generation int64) (*dataKey, error) {
	if k := o.keys[generation]; k != nil {
		return k, nil
	}
	renewed, err := o.vault.readOrg(ctx, r, o.id)
	if err != nil {
		return nil, err
	}
	k := renewed.keys[generation]
	if k == nil { // her key is there, so nothing was destroyed
		return nil, fmt.Errorf("%w: the organisation's key of generation %d is missing", ErrTampered, generation)
	}
	o.vault.mu.Lock()
	o.vault.orgs[o.id] = renewed
	o.vault.mu.Unlock()
	return k, nil
}

// Adopt hands the keys of one owner to another.
func (o *Org) Adopt(ctx context.Context, tx store.Tx, from, into id.Any) error {
	_, err := tx.Exec(ctx, "UPDATE data_key SET owner_id = ? WHERE org_id = ? AND owner_id = ?", id.ID(into), o.id, id.ID(from))
	return err
}

// Destroy destroys the keys of an owner and says how many there were. What
// they sealed is unreadable from then on, wherever a copy lies.
func (o *Org) Destroy(ctx context.Context, tx store.Tx, owner id.Any) (int64, error) {
	// Overwritten first, so that no page of the file keeps the old bytes.
	if _, err := tx.Exec(ctx, "UPDATE data_key SET wrapped = ? WHERE org_id = ? AND owner_id = ?", make([]byte, 12+keyLength+16), o.id, id.ID(owner)); err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	n, err := tx.Exec(ctx, "DELETE FROM data_key WHERE org_id = ? AND owner_id = ?", o.id, id.ID(owner))
	if err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	return n, nil
}
