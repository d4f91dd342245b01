package store_test

import (
	"context"
	"errors"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// reads returns a piece that asks so many times, and what it found.
func reads(db *store.DB, times int, found *[]int64) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := range times {
			n, err := store.Collect(ctx, db, store.One[int64], "SELECT n FROM thing WHERE n > ? ORDER BY n", int64(i))
			if err != nil {
				return err
			}
			*found = append(*found, n...)
		}
		return nil
	}
}

func fewThings(t *testing.T, db *store.DB) {
	t.Helper()
	table(t, db)
	err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
		var rows [][]any
		for i := range 3 {
			rows = append(rows, []any{id.System().New(), id.System().New(), int64(i + 1), "x", true, nil})
		}
		return tx.InsertMany(ctx, things, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Pieces take as many trips as the longest of them, also one that divides itself.
func TestTogetherTakesFewTrips(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fewThings(t, db)
		ctx, trips := store.Counting(t.Context())
		var first, second, inner, beside, after []int64
		err := db.Together(ctx, reads(db, 3, &first), reads(db, 1, &second), func(ctx context.Context) error {
			if err := db.Together(ctx, reads(db, 2, &inner), reads(db, 1, &beside)); err != nil {
				return err
			}
			return reads(db, 2, &after)(ctx) // third and fourth
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			got  []int64
			want int
		}{"three queries": {first, 6}, "one": {second, 3}, "two, inside": {inner, 5}, "one, inside": {beside, 3}, "after what is inside": {after, 5}} {
			if len(c.got) != c.want {
				t.Errorf("%s: found %v, want %d", name, c.got, c.want)
			}
		}
		if n := len(trips.Statements()); n != 4 {
			t.Errorf("%d trips, want 4: %q", n, trips.Statements())
		}
	})
}

// What a query finds is the same as outside: a row that is not there, a value
// that is none, a row of a query for one.
func TestTogetherFindsTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fewThings(t, db)
		var word string
		var other []byte
		var nobody id.ID
		var flag bool
		var none, wrong error
		err := db.Together(t.Context(),
			func(ctx context.Context) error {
				return db.QueryRow(ctx, "SELECT word, other, flag FROM thing WHERE n = ?", int64(1)).Scan(&word, &other, &flag)
			},
			func(ctx context.Context) error {
				none = db.QueryRow(ctx, "SELECT id FROM thing WHERE n = ?", int64(9)).Scan(&nobody)
				return nil
			})
		if err != nil || word != "x" || other != nil || !flag || !errors.Is(none, store.ErrNoRows) {
			t.Errorf("%v: %q, %v, %t, %v", err, word, other, flag, none)
		}
		wrong = db.Together(t.Context(), func(ctx context.Context) error {
			_, err := db.Query(ctx, "SELECT nothing FROM thing")
			return err
		})
		if wrong == nil {
			t.Error("a query that cannot be read goes through")
		}
	})
}

// An error, or a panic, of one piece ends all, and is the one that is told.
func TestTogetherEndsWithAnError(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fewThings(t, db)
		broken := errors.New("broken")
		var found []int64
		err := db.Together(t.Context(), reads(db, 3, &found), func(ctx context.Context) error {
			var n []int64
			return errors.Join(reads(db, 1, &n)(ctx), broken)
		})
		if !errors.Is(err, broken) {
			t.Errorf("the error is %v", err)
		}
		var panicked *store.PanicError
		err = db.Together(t.Context(), reads(db, 3, &found), func(context.Context) error { panic("broken") })
		if !errors.As(err, &panicked) {
			t.Errorf("a panic is %v", err)
		}
	})
}
