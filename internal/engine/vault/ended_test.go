package vault_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// Older root keys end once everything is wrapped anew and no backup needs them: with
// a copy of the file from before, what was wrapped since does not open, and with the
// file of today, what was wrapped before. What is derived stays.
func TestOlderRootKeysEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "root.key")
		root, err := vault.CreateRoot(path)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(err)
		ids := id.System()
		v, err := vault.Open(t.Context(), db, root, ids, time.Now)
		must(err)
		org, person := id.Org(ids.New()), id.Person(ids.New())
		var sealed []byte
		must(db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if err := v.CreateOrg(ctx, tx, org); err != nil {
				return err
			}
			keys, err := v.Org(ctx, tx, org)
			if err != nil {
				return err
			}
			rings, err := keys.NewKeyrings(ctx, tx, person)
			if err == nil {
				sealed = rings[0].Seal("x", person, []byte("Beispiel"))
			}
			return err
		}))
		old, err := root.Wrap([]byte("Schlüssel"), nil)
		must(err)
		derived, err := root.Derive("Zweck")
		must(err)
		end := func(before time.Time) int {
			t.Helper()
			n, err := root.EndOlder(t.Context(), db, before)
			must(err)
			return n
		}
		later := time.Now().Add(time.Hour)
		if n := end(later); n != 0 {
			t.Errorf("%d keys ended before any was rotated", n)
		}
		must(root.Rotate())
		if n := end(later); n != 0 {
			t.Errorf("%d keys ended before everything was wrapped anew", n)
		}
		must(v.Rewrap(t.Context(), db, store.Alone{}))
		if n := end(time.Now().Add(-time.Hour)); n != 0 {
			t.Errorf("%d keys ended while a backup needs them", n)
		}
		if _, err := root.Unwrap(old, nil); err != nil {
			t.Errorf("what was wrapped before does not open yet: %v", err)
		}
		for _, want := range []int{1, 0} {
			if n := end(later); n != want {
				t.Errorf("%d keys ended, want %d", n, want)
			}
		}
		must(root.Rotate())
		must(v.Rewrap(t.Context(), db, store.Alone{}))
		end(later)
		for name, f := range map[string]*vault.FileRoot{"running": root, "read again": open(t, path)} {
			if _, err := f.Unwrap(old, nil); err == nil {
				t.Errorf("%s: what was wrapped before still opens", name)
			}
			if now, err := f.Derive("Zweck"); err != nil || !bytes.Equal(now, derived) {
				t.Errorf("%s: what is derived changed (%v)", name, err)
			}
			v, err := vault.Open(t.Context(), db, f, ids, time.Now)
			must(err)
			keys, err := v.Org(t.Context(), db, org)
			must(err)
			ring, err := keys.Keyring(t.Context(), db, person)
			must(err)
			if text, err := ring.Open("x", person, sealed); err != nil || string(text) != "Beispiel" {
				t.Errorf("%s: what was sealed does not open: %v", name, err)
			}
		}
	})
}

func open(t *testing.T, path string) *vault.FileRoot {
	t.Helper()
	f, err := vault.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
