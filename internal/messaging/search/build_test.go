package search

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/test/storetest"
)

// entries counts how often messages are in the index.
func (o *office) entries(tb testing.TB) (n int) {
	tb.Helper()
	parts, err := store.Collect(tb.Context(), o.DB, store.One[[]byte], "SELECT ids FROM search_ids WHERE org_id = ?", o.org)
	if err != nil {
		tb.Fatal(err)
	}
	for _, flat := range parts {
		n += len(flat) / 16
	}
	var fresh int64
	if err := o.DB.QueryRow(tb.Context(), "SELECT COUNT(*) FROM search_fresh WHERE org_id = ?", o.org).Scan(&fresh); err != nil {
		tb.Fatal(err)
	}
	return n + int(fresh)
}

// bite has one bite of the index made.
func (o *office) bite(tb testing.TB) jobs.Batch {
	tb.Helper()
	w, err := o.open(tb.Context(), jobs.Job{Org: o.org})
	if err != nil {
		tb.Fatal(err)
	}
	b, err := w.Next(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	if b.Apply != nil {
		o.write(tb, func(ctx context.Context, tx store.Tx) error { return b.Apply(ctx, tx, nil) })
	}
	return b
}

func (o *office) building(tb testing.TB) *Build {
	tb.Helper()
	b, err := o.Building(tb.Context(), o.DB, o.org)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// What is older than the index is added in bites, each message once: not what
// was indexed when it came, and not what is deleted meanwhile. Whoever goes on
// does so where another stopped, and of two with the same bite one does it.
func TestWhatIsOlderThanTheIndexIsAddedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		texts := make([]string, 2*buildBatch+500)
		for i := range texts {
			texts[i] = fmt.Sprintf("Bestellung %d", i)
		}
		all := o.say(t, texts...)
		o.foldAll(t, 700)
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			for _, sql := range []string{"DELETE FROM search_fresh WHERE org_id = ?", "DELETE FROM search_ids WHERE org_id = ? AND part > 0", "DELETE FROM search_build WHERE org_id = ?"} {
				if _, err := tx.Exec(ctx, sql, o.org); err != nil {
					return err
				}
			}
			return nil
		})
		if b := o.building(t); b == nil || b.Total != 0 {
			t.Fatalf("before anybody has looked: %+v", b)
		}
		for range 2 {
			if err := o.BuildDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if due, err := o.Jobs.Of(t.Context(), db, o.org, o.org); err != nil || len(due) != 1 {
			t.Errorf("%d jobs, %v", len(due), err)
		}
		if b := o.bite(t); b.Last || b.Position != buildBatch {
			t.Errorf("the first bite: %d, the last: %v", b.Position, b.Last)
		}
		if b := o.building(t); b == nil || b.Done != buildBatch || b.Total != int64(len(all)) || b.Percent() != 40 {
			t.Errorf("after a bite: %+v", b)
		}

		// Two read the same bite; one message of it goes before it is written.
		var read [2]jobs.Batch
		for i := range read {
			w, err := o.open(t.Context(), jobs.Job{Org: o.org})
			if err != nil {
				t.Fatal(err)
			}
			if read[i], err = w.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		delete(o.messages, all[buildBatch+1])
		for i, want := range []error{nil, errMoved} {
			err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return read[i].Apply(ctx, tx, nil) })
			if !errors.Is(err, want) {
				t.Errorf("bite %d: %v", i, err)
			}
		}
		o.say(t, "Bestellung, als alles schon lief")
		if b := o.bite(t); !b.Last {
			t.Error("it does not end")
		}
		if b := o.building(t); b != nil {
			t.Errorf("in the end: %+v", b)
		}
		if n := o.entries(t); n != len(o.messages) {
			t.Errorf("%d entries of %d messages", n, len(o.messages))
		}
	})
}

// What an older version indexed is of no use, and what has ended is not begun
// again.
func TestANewVersionIndexesAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db)
		o.say(t, "Kaffee")
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Founded(ctx, tx, o.org) })
		o.bite(t)
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE search_fresh SET tokens = ? WHERE org_id = ?", []byte("anders"), o.org); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE search_build SET version = ? WHERE org_id = ?", int64(version-1), o.org)
			return err
		})
		if b := o.building(t); b == nil {
			t.Error("an older index is taken for whole")
		}
		if err := o.BuildDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.bite(t)
		if got := o.texts(t, Query{Text: "kaffee"}); len(got) != 1 || o.entries(t) != 1 {
			t.Errorf("found %q in %d entries", got, o.entries(t))
		}
		if err := o.BuildDue(t.Context()); err != nil || o.building(t) != nil {
			t.Errorf("it is begun again: %v", err)
		}
	})
}
