package live

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
)

// The signals between nodes are there again at once, however often the
// connections are cut, and what was signalled meanwhile is not lost.
func TestSignalsComeBackAtOnce(t *testing.T) {
	url := postgrestest.URL(t)
	ids := id.System()
	org := id.Org(ids.New())
	ctx, cancel := context.WithCancel(t.Context())
	here, there := NewHub(), NewHub()
	ended := make(chan struct{}, 2)
	for name, h := range map[string]*Hub{"here": here, "there": there} {
		go func() {
			Postgres(ctx, url, h, name, slog.New(slog.DiscardHandler))
			ended <- struct{}{}
		}()
	}
	defer func() { cancel(); <-ended; <-ended }()
	news := make(chan Change, 1000)
	go func() {
		_ = there.Watch(ctx, org, func(c Change) error { news <- c; return nil })
	}()
	// heard signals until it is heard, and says how long that took.
	heard := func() time.Duration {
		began := time.Now()
		for time.Since(began) < 20*time.Second {
			want := id.Conversation(ids.New())
			here.Publish(org, want)
			after := time.After(100 * time.Millisecond)
			for waiting := true; waiting; {
				select {
				case c := <-news:
					for _, got := range c.Conversations {
						if got == want {
							return time.Since(began)
						}
					}
				case <-after:
					waiting = false
				}
			}
		}
		return time.Since(began)
	}
	if took := heard(); took > 10*time.Second {
		t.Fatal("no signal arrives")
	}
	admin, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.Background()) }()
	for cut := range 12 {
		if _, err := admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
		if took := heard(); took > 2*time.Second {
			t.Fatalf("after cut %d it took %v", cut+1, took)
		}
	}
}

// What could not be told is told with the next connection, and what was too much
// makes the others read everything.
func TestWhatIsTooMuchIsToldAsSuch(t *testing.T) {
	o := &outgoing{node: "here", signals: make(chan signal, 1), unsent: map[signal]struct{}{}}
	ids := id.System()
	for range 3 {
		o.put(signal{id.Org(ids.New()), id.Conversation(ids.New()), changed})
	}
	if !o.lost.Load() {
		t.Fatal("signals were lost and nobody is to be told")
	}
	o.collect(<-o.signals)
	dead, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close(t.Context())
	if err := o.tell(t.Context(), dead); err == nil || len(o.unsent) != 1 || !o.lost.Load() {
		t.Errorf("it was told to nobody, %v, and %d signals are kept", err, len(o.unsent))
	}
}
