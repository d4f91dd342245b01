package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func write(tb testing.TB, db *store.DB, fn func(context.Context, store.Tx) error) {
	tb.Helper()
	if err := db.Write(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

// organisation makes an organisation with its keys and one person.
func organisation(tb testing.TB, db *store.DB, v *vault.Vault) (*vault.Org, *vault.Keyring, id.Org, id.Person) {
	tb.Helper()
	org, person := id.Org(id.System().New()), id.Person(id.System().New())
	write(tb, db, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) })
	keys, err := v.Org(tb.Context(), db, org)
	if err != nil {
		tb.Fatal(err)
	}
	write(tb, db, func(ctx context.Context, tx store.Tx) error {
		_, err := keys.NewKeyrings(ctx, tx, person)
		return err
	})
	ring, err := keys.Keyring(tb.Context(), db, person)
	if err != nil {
		tb.Fatal(err)
	}
	return keys, ring, org, person
}

func TestSealedDataOpensOnlyInItsPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		_, ring, _, _ := organisation(t, db, v)
		_, stranger, _, _ := organisation(t, db, v)
		row, plain := id.System().New(), []byte("Guten Tag, Frau Mustermann")
		sealed := ring.Seal("message.body", row, plain)
		if bytes.Contains(sealed, plain[:8]) {
			t.Fatal("the sealed text is readable")
		}
		got, err := ring.Open("message.body", row, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened %q, %v", got, err)
		}
		for name, open := range map[string]func() ([]byte, error){
			"another use":    func() ([]byte, error) { return ring.Open("contact.profile", row, sealed) },
			"another row":    func() ([]byte, error) { return ring.Open("message.body", id.System().New(), sealed) },
			"another person": func() ([]byte, error) { return stranger.Open("message.body", row, sealed) },
			"cut off":        func() ([]byte, error) { return ring.Open("message.body", row, sealed[:20]) },
			"empty":          func() ([]byte, error) { return ring.Open("message.body", row, nil) },
		} {
			if _, err := open(); err == nil {
				t.Errorf("%s: opened", name)
			}
		}
		for i := range sealed {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			if _, err := ring.Open("message.body", row, bad); err == nil {
				t.Fatalf("opened with byte %d changed", i)
			}
		}
	})
}

func TestDestroyedIsDestroyed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		keys, ring, org, person := organisation(t, db, v)
		sealed := ring.Seal("x", person, []byte("secret"))
		write(t, db, func(ctx context.Context, tx store.Tx) error {
			n, err := keys.Destroy(ctx, tx, person)
			if n != 1 {
				return fmt.Errorf("destroyed %d keys, %w", n, err)
			}
			return err
		})
		if _, err := keys.Keyring(t.Context(), db, person); !errors.Is(err, vault.ErrDestroyed) {
			t.Fatalf("want ErrDestroyed, got %v", err)
		}
		own, err := keys.Keyring(t.Context(), db, org)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := own.Open("x", person, sealed); !errors.Is(err, vault.ErrDestroyed) {
			t.Fatalf("want ErrDestroyed, got %v", err)
		}
	})
}

func TestLookupHashesTellNothingAndStayTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		keys, _, org, _ := organisation(t, db, v)
		other, _, _, _ := organisation(t, db, v)
		h := keys.Lookup("phone", "4917604069000")
		if h != keys.Lookup("phone", "4917604069000") || h == keys.Lookup("bsuid", "4917604069000") || h == other.Lookup("phone", "4917604069000") {
			t.Fatal("a hash must depend on value, kind and organisation, and on nothing else")
		}
		if err := v.RotateOrg(t.Context(), db, org, store.Alone{}); err != nil {
			t.Fatal(err)
		}
		after, err := v.Org(t.Context(), db, org)
		if err != nil || after.Lookup("phone", "4917604069000") != h {
			t.Fatalf("the hash changed with the organisation's key (%v)", err)
		}
	})
}

func TestRootKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "root.key")
	if _, err := vault.OpenRoot(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("want not exist, got %v", err)
	}
	if _, err := vault.CreateRoot(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if _, err := vault.CreateRoot(path); err == nil {
		t.Fatal("an existing root key was replaced")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenRoot(path); err == nil {
		t.Fatal("a root key that others can read was taken")
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenRoot(path); err == nil {
		t.Fatal("a damaged root key was taken")
	}
}

func TestAnotherRootKeyOpensNothing(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	vaulttest.Open(t, db)
	wrong, err := vault.CreateRoot(filepath.Join(t.TempDir(), "other.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(t.Context(), db, wrong, id.System(), time.Now); !errors.Is(err, vault.ErrTampered) {
		t.Fatalf("want ErrTampered, got %v", err)
	}
}

// TestLife plays random lives of people, keys and rotations: what is alive
// stays readable, what is destroyed stays dead.
func TestLife(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	path := filepath.Join(t.TempDir(), "root.key")
	root, err := vault.CreateRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), db, root, id.System(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		org := id.Org(id.System().New())
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }))
		type text struct {
			row    id.ID
			sealed []byte
		}
		alive, dead := map[id.Person][]text{}, []text{}
		keys := func() *vault.Org {
			o, err := v.Org(ctx, db, org)
			must(err)
			return o
		}
		some := func() id.Person {
			if len(alive) == 0 {
				t.Skip()
			}
			people := slices.SortedFunc(maps.Keys(alive), id.Compare)
			return rapid.SampledFrom(people).Draw(t, "person")
		}
		t.Repeat(map[string]func(*rapid.T){
			"new person": func(*rapid.T) {
				p := id.Person(id.System().New())
				must(db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
					_, err := keys().NewKeyrings(ctx, tx, p)
					return err
				}))
				alive[p] = nil
			},
			"seal": func(*rapid.T) {
				p, row := some(), id.System().New()
				ring, err := keys().Keyring(ctx, db, p)
				must(err)
				alive[p] = append(alive[p], text{row, ring.Seal("x", row, row[:])})
			},
			"destroy": func(*rapid.T) {
				p := some()
				must(db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
					_, err := keys().Destroy(ctx, tx, p)
					return err
				}))
				dead = append(dead, alive[p]...)
				delete(alive, p)
			},
			"adopt": func(*rapid.T) {
				from, into := some(), some()
				if from == into {
					return
				}
				must(db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return keys().Adopt(ctx, tx, from, into) }))
				alive[into] = append(alive[into], alive[from]...)
				delete(alive, from)
			},
			"rotate organisation": func(*rapid.T) { must(v.RotateOrg(ctx, db, org, store.Alone{})) },
			"rotate root": func(*rapid.T) {
				must(root.Rotate())
				must(v.Rewrap(ctx, db, store.Alone{}))
			},
			"restart": func(*rapid.T) {
				var err error
				root, err = vault.OpenRoot(path)
				must(err)
				v, err = vault.Open(ctx, db, root, id.System(), time.Now)
				must(err)
			},
			"": func(t *rapid.T) {
				for p, texts := range alive {
					ring, err := keys().Keyring(ctx, db, p)
					must(err)
					for _, x := range texts {
						if plain, err := ring.Open("x", x.row, x.sealed); err != nil || !bytes.Equal(plain, x.row[:]) {
							t.Fatalf("what is alive cannot be read: %v", err)
						}
					}
					for _, x := range dead {
						if _, err := ring.Open("x", x.row, x.sealed); !errors.Is(err, vault.ErrDestroyed) {
							t.Fatalf("what is destroyed can be read (%v)", err)
						}
					}
				}
			},
		})
	})
}

func FuzzOpen(f *testing.F) {
	db := storetest.Open(f, storetest.SQLite(f))
	_, ring, _, _ := organisation(f, db, vaulttest.Open(f, db))
	row := id.System().New()
	f.Add(ring.Seal("x", row, []byte("clear")))
	f.Add([]byte{1})
	good := ring.Seal("x", row, []byte("clear"))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := ring.Open("x", row, sealed)
		if err == nil && string(plain) != "clear" && !bytes.Equal(sealed, good) {
			t.Fatalf("opened %q from garbage", plain)
		}
	})
}

func BenchmarkSealOpen(b *testing.B) {
	db := storetest.Open(b, storetest.SQLite(b))
	_, ring, _, _ := organisation(b, db, vaulttest.Open(b, db))
	row, plain := id.System().New(), make([]byte, 200)
	for b.Loop() {
		if _, err := ring.Open("x", row, ring.Seal("x", row, plain)); err != nil {
			b.Fatal(err)
		}
	}
}
