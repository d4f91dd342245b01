package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

func nothing(context.Context, store.Tx) error { return nil }

// TestAWriteInsideAWriteIsRefused at once, whichever context it is given, with
// both places in the program; what comes after is not harmed.
func TestAWriteInsideAWriteIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		inside := map[string]func(inner context.Context) error{
			"with its own context": func(inner context.Context) error { return db.Write(inner, nothing) },
			"with the one before":  func(context.Context) error { return db.Write(ctx, nothing) },
			"a bite":               func(inner context.Context) error { return db.WriteBite(inner, nothing) },
			"a bite with the context before": func(context.Context) error {
				return db.WriteBite(ctx, nothing)
			},
			"far down the stack": func(context.Context) error {
				return deep(200, func() error { return db.Write(ctx, nothing) })
			},
			"on another goroutine": func(inner context.Context) error {
				done := make(chan error)
				go func() { done <- db.Write(inner, nothing) }()
				return <-done
			},
		}
		for name, nested := range inside {
			for outer, write := range map[string]func(context.Context, func(context.Context, store.Tx) error) error{"write": db.Write, "bite": db.WriteBite} {
				err := write(ctx, func(inner context.Context, _ store.Tx) error { return nested(inner) })
				var refused *store.NestedError
				if !errors.As(err, &refused) {
					t.Errorf("%s in a %s: %v", name, outer, err)
					continue
				}
				for _, place := range []string{refused.Inner, refused.Outer} {
					if !strings.HasPrefix(place, "internal/engine/store/nested_test.go:") || !strings.Contains(err.Error(), place) {
						t.Errorf("%s in a %s: the place is %q in %q", name, outer, place, err)
					}
				}
			}
		}
		var kept context.Context
		if err := db.Write(ctx, func(inner context.Context, _ store.Tx) error { kept = inner; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(kept, nothing); err != nil {
			t.Errorf("a context that outlives its write: %v", err)
		}
	})
}

func deep(n int, do func() error) error {
	if n == 0 {
		return do()
	}
	return errors.Join(deep(n-1, do))
}

// TestAWriteThatWaitsForItselfIsRefused also on a goroutine of its own, with a
// context that knows nothing of the outer one.
func TestAWriteThatWaitsForItselfIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		began := time.Now()
		err := db.Write(t.Context(), func(context.Context, store.Tx) error {
			done := make(chan error)
			go func() { done <- db.Write(t.Context(), nothing) }()
			return <-done
		})
		var refused *store.NestedError
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Inner, "internal/engine/store/nested_test.go:") || !strings.HasPrefix(refused.Outer, "internal/engine/store/nested_test.go:") {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// TestAWriteBehindASlowOneIsNotInside it, although a write has started its
// goroutine once.
func TestAWriteBehindASlowOneIsNotInside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		asked, done := make(chan struct{}), make(chan error, 1)
		if err := db.Write(t.Context(), func(context.Context, store.Tx) error {
			go func() {
				<-asked
				done <- db.Write(t.Context(), nothing)
			}()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		close(asked)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestAWriteIntoAnotherDatabaseIsNone that is inside.
func TestAWriteIntoAnotherDatabaseIsNone(t *testing.T) {
	one, other := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.SQLite(t))
	err := one.Write(t.Context(), func(ctx context.Context, _ store.Tx) error {
		return other.Write(ctx, func(ctx context.Context, _ store.Tx) error {
			var refused *store.NestedError
			if err := one.Write(ctx, nothing); !errors.As(err, &refused) {
				t.Errorf("by way of another database: %v", err)
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// occupy keeps the group busy until the returned function is called.
func occupy(t *testing.T, db *store.DB) (end func()) {
	t.Helper()
	begun, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	begin := sync.OnceFunc(func() { close(begun) })
	go func() {
		ended <- db.Write(context.Background(), func(context.Context, store.Tx) error {
			begin()
			<-free
			return nil
		})
	}()
	<-begun
	return func() {
		t.Helper()
		close(free)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// TestAWriteThatNobodyWaitsForDoesNotRun if its turn has not come; if it has,
// nothing more is written, unless all was.
func TestAWriteThatNobodyWaitsForDoesNotRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org := id.Org(ids.New())
		end := occupy(t, db)
		cancelled, cancel := context.WithCancel(t.Context())
		late, cancelLate := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancelLate()
		var waiting sync.WaitGroup
		for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
			waiting.Go(func() {
				if err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
					t.Error("it has run")
					return nil
				}); !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
		}
		cancel()
		waiting.Wait() // while the group is busy
		end()
		for name, write := range map[string]func(context.Context, func(context.Context, store.Tx) error) error{"write": db.Write, "bite": db.WriteBite} {
			if err := write(cancelled, func(context.Context, store.Tx) error { t.Error("it has run"); return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			add := func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, insert, org, ids.New(), int64(1), "w", true, nil)
				return err
			}
			if err := write(ctx, func(ctx context.Context, tx store.Tx) error {
				err := add(ctx, tx)
				cancel()
				return errors.Join(err, add(ctx, tx))
			}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s cancelled between two statements: %v", name, err)
			}
			ctx, cancel = context.WithCancel(t.Context())
			if err := write(ctx, func(ctx context.Context, tx store.Tx) error {
				defer cancel()
				return add(ctx, tx)
			}); err != nil {
				t.Errorf("%s cancelled at its end: %v", name, err)
			}
		}
		if n := count(t, db); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

// TestAWriteComesToAnEnd although its function would go on for ever.
func TestAWriteComesToAnEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		db.EndAtOnce()
		err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			for {
				if _, err := tx.Exec(ctx, "UPDATE thing SET n = 1 WHERE org_id = ?", id.ID{}); err != nil {
					return err
				}
			}
		})
		if err == nil || !strings.Contains(err.Error(), "too long") {
			t.Error(err)
		}
	})
}

func opened(t *testing.T, slow time.Duration, test func(t *testing.T, db *store.DB, log func() string)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		var log logged
		db := storetest.Open(t, url, store.Logging(slog.New(slog.NewTextHandler(&log, nil))), store.SlowAfter(slow))
		test(t, db, log.text)
	})
}

// logged is a log that several goroutines write.
type logged struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logged) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

var errOdd = errors.New("word of a person")

func stumble() { panic(fmt.Errorf("oh: %w", errOdd)) }

// TestAPanicKeepsItsStack and does not say what was thrown.
func TestAPanicKeepsItsStack(t *testing.T) {
	opened(t, 0, func(t *testing.T, db *store.DB, log func() string) {
		for _, write := range []func(context.Context, func(context.Context, store.Tx) error) error{db.Write, db.WriteBite} {
			err := write(t.Context(), func(context.Context, store.Tx) error { stumble(); return nil })
			var panicked *store.PanicError
			if !errors.As(err, &panicked) || !errors.Is(err, errOdd) || !strings.Contains(string(panicked.Stack), "store_test.stumble") {
				t.Fatalf("%v", err)
			}
			if said := err.Error() + log(); strings.Contains(said, "person") || !strings.Contains(said, "nested_test.go:") || !strings.Contains(log(), "store_test.stumble") {
				t.Error(said)
			}
		}
		err := db.Write(t.Context(), func(context.Context, store.Tx) error { var none []int; _ = none[len(log())]; return nil })
		if err == nil || !strings.Contains(err.Error(), "index out of range") {
			t.Error(err)
		}
	})
}

// TestASlowWriteIsLogged with its place, and a quick one is not.
func TestASlowWriteIsLogged(t *testing.T) {
	opened(t, time.Nanosecond, func(t *testing.T, db *store.DB, log func() string) {
		if err := db.Write(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		if said := log(); !strings.Contains(said, "slow") || !strings.Contains(said, "at=internal/engine/store/nested_test.go:") || !strings.Contains(said, "took=") {
			t.Error(said)
		}
	})
	opened(t, time.Hour, func(t *testing.T, db *store.DB, log func() string) {
		if err := db.Write(t.Context(), nothing); err != nil || log() != "" {
			t.Error(err, log())
		}
	})
}

// TestNobodyWaitsForABite on PostgreSQL: not other organisations, not even
// together with somebody who needs a row that the bite has changed.
func TestNobodyWaitsForABite(t *testing.T) {
	db := storetest.Open(t, postgrestest.URL(t))
	table(t, db)
	ids := id.System()
	busy, thing := id.Org(ids.New()), ids.New()
	if err := add(db, busy, thing); err != nil {
		t.Fatal(err)
	}
	raise := func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE thing SET n = n + 1 WHERE org_id = ? AND id = ?", busy, thing)
		return err
	}
	begun, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 4)
	go func() {
		ended <- db.WriteBite(t.Context(), func(ctx context.Context, tx store.Tx) error {
			err := raise(ctx, tx)
			close(begun)
			<-free
			return err
		})
	}()
	<-begun
	for range 3 {
		go func() { ended <- db.Write(t.Context(), raise) }()
	}
	for range 20 {
		if err := add(db, id.Org(ids.New()), ids.New()); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("somebody did not wait for the row: %v", err)
	default:
	}
	close(free)
	for range 4 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	var n int64
	if err := db.QueryRow(t.Context(), "SELECT n FROM thing WHERE org_id = ?", busy).Scan(&n); err != nil || n != 5 {
		t.Errorf("%d, want 5: %v", n, err)
	}
}

// TestABiteIsAWrite: what a write promises, it promises too.
func TestABiteIsAWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table(t, db)
		ids := id.System()
		org := id.Org(ids.New())
		hooked := 0
		bite := func(ctx context.Context, tx store.Tx) error {
			tx.AfterCommit(func() { hooked++ })
			_, err := tx.Exec(ctx, insert, org, ids.New(), int64(1), "w", true, nil)
			return err
		}
		if err := db.WriteBite(t.Context(), bite); err != nil || hooked != 1 || count(t, db) != 1 {
			t.Fatal(err, hooked, count(t, db))
		}
		refused := errors.New("refused")
		if err := db.WriteBite(t.Context(), func(ctx context.Context, tx store.Tx) error { return errors.Join(bite(ctx, tx), refused) }); !errors.Is(err, refused) || hooked != 1 || count(t, db) != 1 {
			t.Fatal(err, hooked, count(t, db))
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.WriteBite(t.Context(), bite); !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
}
