package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/chance"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func open(t *testing.T, db *store.DB) (*Box, id.Org) {
	t.Helper()
	v, ids := vaulttest.Open(t, db), id.System()
	org := id.Org(ids.New())
	if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
		t.Fatal(err)
	}
	return New(db, v, time.Now), org
}

func count(t *testing.T, db *store.DB, table string, org id.Org) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE org_id = ?", org).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFileIsReadAsItCame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		box, org := open(t, db)
		dice := chance.New(t)
		for _, size := range []int{1, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 17} {
			content := make([]byte, size)
			for i := range content {
				content[i] = byte(dice.Uint32())
			}
			file := id.File(id.System().New())
			if _, err := box.Put(t.Context(), org, file, "liste.csv", bytes.NewReader(content), int64(size)); err != nil {
				t.Fatal(err)
			}
			f, err := box.Open(t.Context(), org, file)
			if err != nil || f.Name != "liste.csv" || f.Size != int64(size) {
				t.Fatal(f, err)
			}
			if err := iotest.TestReader(f.Reader(t.Context()), content); size < chunkSize && err != nil {
				t.Error(err)
			}
			if read, err := io.ReadAll(f.Reader(t.Context())); err != nil || !bytes.Equal(read, content) {
				t.Errorf("%d bytes came back changed: %v", size, err)
			}
			r := f.Reader(t.Context())
			for range 20 {
				from := dice.IntN(size)
				part := make([]byte, dice.IntN(size-from)+1)
				if n, err := r.ReadAt(part, int64(from)); n != len(part) || err != nil || !bytes.Equal(part, content[from:from+n]) {
					t.Fatalf("%d bytes from %d came back changed: %v", len(part), from, err)
				}
			}
		}
	})
}

func TestADeletedFileIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		box, org := open(t, db)
		keys := count(t, db, "data_key", org)
		gone := func(file id.File) {
			t.Helper()
			if _, err := box.Open(t.Context(), org, file); !errors.Is(err, ErrNotFound) {
				t.Errorf("the file is still there: %v", err)
			}
			if count(t, db, "blob_chunk", org) != 0 || count(t, db, "blob", org) != 0 || count(t, db, "data_key", org) != keys {
				t.Error("something of the file is left")
			}
		}
		file := id.File(id.System().New())
		if _, err := box.Put(t.Context(), org, file, "a", bytes.NewReader(make([]byte, chunkSize+2)), chunkSize+1); !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
		gone(file)
		if _, err := box.Put(t.Context(), org, file, "a", bytes.NewReader(nil), 5); !errors.Is(err, ErrEmpty) {
			t.Fatal(err)
		}
		gone(file)
		broken := io.MultiReader(bytes.NewReader(make([]byte, chunkSize+5)), iotest.ErrReader(io.ErrClosedPipe))
		if _, err := box.Put(t.Context(), org, file, "a", broken, 1<<30); !errors.Is(err, io.ErrClosedPipe) {
			t.Fatal(err)
		}
		gone(file)
		if _, err := box.Put(t.Context(), org, file, "a", bytes.NewReader([]byte("abc")), 5); err != nil {
			t.Fatal(err)
		}
		expire := func(before time.Time) {
			t.Helper()
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return box.ExpireOlder(ctx, tx, org, before) }); err != nil {
				t.Fatal(err)
			}
		}
		expire(time.Now().Add(-time.Hour))
		if _, err := box.Open(t.Context(), org, file); err != nil {
			t.Fatal(err)
		}
		expire(time.Now().Add(time.Hour))
		gone(file)
	})
}

func TestAFileThatIsDeletedWhileItIsRead(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	box, org := open(t, db)
	file := id.File(id.System().New())
	f, err := box.Put(t.Context(), org, file, "a", bytes.NewReader(make([]byte, 2*chunkSize)), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	r := f.Reader(t.Context())
	if _, err := r.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := box.deleteNow(t.Context(), org, file); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	// The keys go first for a reader that looks between the two.
	if _, err := box.Put(t.Context(), org, file, "a", bytes.NewReader([]byte("abc")), 5); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM data_key WHERE org_id = ? AND owner_id = ?", org, file)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Open(t.Context(), org, file); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
