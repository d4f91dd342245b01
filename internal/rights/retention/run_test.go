package retention_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
	"einklang/internal/test/storetest"
)

// TestMain lets a test start this binary again as a process that is killed in
// the middle of a run.
func TestMain(m *testing.M) {
	if bite := os.Getenv("RETENTION_DIE_AT"); bite != "" {
		n, _ := strconv.Atoi(bite)
		db, err := store.Open(context.Background(), os.Getenv("RETENTION_DATABASE"))
		if err != nil {
			panic(err)
		}
		h := newHouse(db)
		h.dieAt = n
		h.jobs.Run(context.Background())
	}
	os.Exit(m.Run())
}

type ledger struct{}

func (ledger) Append(ctx context.Context, tx store.Tx, org id.Org, entries ...evidence.Entry) error {
	for _, e := range entries {
		if _, err := tx.Exec(ctx, "INSERT INTO proof (org_id, id, kind) VALUES (?, ?, ?)", org, e.ID, e.Kind); err != nil {
			return err
		}
	}
	return nil
}

// house is a runner over a table of its own.
type house struct {
	db    *store.DB
	jobs  *jobs.Runner
	run   *retention.Runner
	ids   *id.Source
	dieAt int // the bite in whose middle the process is killed; 0: never
	bites int
}

const bite = 10

func newHouse(db *store.DB) *house {
	h := &house{db: db, ids: id.System()}
	h.jobs = jobs.New(db, h.ids, time.Now, slog.New(slog.NewTextHandler(io.Discard, nil)), h.ids.New().String())
	h.run = retention.NewRunner(retention.New(nil, h.ids, time.Now, ledger{}, nil), db, h.jobs, retention.Clock{Turned: true})
	h.run.Keep(h.step("first"), h.step("second"))
	return h
}

// step is a keeper by its verb.
type step func(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error)

func (s step) ExpireClasses(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error) {
	return s(ctx, tx, org, o, after, counts)
}

// step deletes what is due of one kind of things.
func (h *house) step(kind string) step {
	return func(ctx context.Context, tx store.Tx, org id.Org, o period.Orders, after id.Cursor, counts map[string]int64) (id.Cursor, error) {
		type thing struct {
			id    id.Cursor
			owner id.ID
		}
		due, err := store.Collect(ctx, tx, func(row store.Row) (t thing, err error) { return t, row.Scan(&t.id, &t.owner) },
			"SELECT id, owner_id FROM thing WHERE org_id = ? AND kind = ? AND id > ? AND began < ? ORDER BY id LIMIT ?", org, kind, after[:], store.Micros(o.Before[period.Messages]), int64(bite))
		if err != nil {
			return id.Cursor{}, err
		}
		for i, t := range due {
			if o.Held[t.owner] {
				continue
			}
			counts[kind]++
			if o.Dry {
				continue
			}
			if h.bites++; h.bites == h.dieAt && i == len(due)/2 || h.bites == h.dieAt {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			if _, err := tx.Exec(ctx, "DELETE FROM thing WHERE org_id = ? AND id = ?", org, t.id); err != nil {
				return id.Cursor{}, err
			}
		}
		if len(due) < bite {
			return id.Cursor{}, nil
		}
		return due[len(due)-1].id, nil
	}
}

func (h *house) write(t *testing.T, do func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := h.db.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// fill makes 45 old and 5 new things of each kind; every ninth belongs to
// somebody whom a legal hold keeps.
func (h *house) fill(t *testing.T) (org id.Org) {
	t.Helper()
	org, held := id.Org(h.ids.New()), h.ids.New()
	h.write(t, func(ctx context.Context, tx store.Tx) error {
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS thing (org_id BYTEA NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL, owner_id BYTEA NOT NULL, began BIGINT NOT NULL, PRIMARY KEY (org_id, id))",
			"CREATE TABLE IF NOT EXISTS proof (org_id BYTEA NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (org_id, id))",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "INSERT INTO legal_hold (org_id, id, contact_id, by_id, reason, began_at, until, lifted_at) VALUES (?, ?, ?, ?, ?, 0, ?, 0)",
			org, h.ids.New(), held, held, []byte{}, store.Micros(time.Now().Add(time.Hour))); err != nil {
			return err
		}
		var rows [][]any
		for _, kind := range []string{"first", "second"} {
			for i := range 50 {
				owner, began := h.ids.New(), time.Now().AddDate(-2, 0, 0)
				if i%9 == 0 {
					owner = held
				}
				if i >= 45 {
					began = time.Now()
				}
				rows = append(rows, []any{org, h.ids.New(), kind, owner, store.Micros(began)})
			}
		}
		return tx.InsertMany(ctx, store.Insert{Into: "thing (org_id, id, kind, owner_id, began)"}, rows)
	})
	return org
}

func (h *house) count(t *testing.T, what string, org id.Org) (n int) {
	t.Helper()
	var n64 int64
	if err := h.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+what+" WHERE org_id = ?", org).Scan(&n64); err != nil {
		t.Fatal(err)
	}
	return int(n64)
}

// finish runs the jobs until the last run of an organisation has ended.
func (h *house) finish(t *testing.T, org id.Org) retention.Run {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.jobs.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		all, err := retention.Runs(t.Context(), h.db, org, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 1 && !all[0].Ended.IsZero() {
			return all[0]
		}
	}
	t.Fatal("the run did not end")
	return retention.Run{}
}

func (h *house) start(t *testing.T, org id.Org, dry bool) {
	t.Helper()
	h.write(t, func(ctx context.Context, tx store.Tx) error { return h.run.Start(ctx, tx, org, dry) })
}

func TestARunDeletesWhatIsDueAndReportsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(db)
		org := h.fill(t)
		h.start(t, org, true)
		h.start(t, org, false) // one is under way: nothing happens
		dry := h.finish(t, org)
		if !dry.Dry || dry.Counts["first"] != 40 || dry.Counts["second"] != 40 || h.count(t, "thing", org) != 100 || h.count(t, "proof", org) != 0 {
			t.Fatalf("the dry run: %+v, %d things", dry, h.count(t, "thing", org))
		}
		if last, err := retention.LastRun(t.Context(), db, org); err != nil || !last.IsZero() {
			t.Errorf("a dry run counts as the last one: %v, %v", last, err)
		}
		h.write(t, func(ctx context.Context, tx store.Tx) error { return h.run.Daily(ctx, tx, org) })
		done := h.finish(t, org)
		if done.Dry || done.Counts["first"] != 40 || done.Counts["second"] != 40 || h.count(t, "thing", org) != 20 || h.count(t, "proof", org) != 2 {
			t.Errorf("the run: %+v, %d things, %d proofs", done, h.count(t, "thing", org), h.count(t, "proof", org))
		}
		h.write(t, func(ctx context.Context, tx store.Tx) error { return h.run.Daily(ctx, tx, org) })
		if all, err := retention.Runs(t.Context(), db, org, 10); err != nil || len(all) != 2 {
			t.Errorf("twice on one day: %v, %v", all, err)
		}
	})
}

// TestARunSurvivesSIGKILL kills the process in the middle of a bite, early,
// between the two steps, and late: the next one ends the run, with the same
// result and a report that counts nothing twice.
func TestARunSurvivesSIGKILL(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		for _, at := range []int{3, 12, 41, 78} {
			db, err := store.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			h := newHouse(db)
			org := h.fill(t)
			h.start(t, org, false)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), "RETENTION_DIE_AT="+strconv.Itoa(at), "RETENTION_DATABASE="+url)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the process was not killed: %v\n%s", err, out)
			}
			if db, err = store.Open(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			h = newHouse(db)
			h.write(t, func(ctx context.Context, tx store.Tx) error { // the lease of the dead
				_, err := tx.Exec(ctx, "UPDATE job SET lease_until = 0 WHERE state = 'due'")
				return err
			})
			done := h.finish(t, org)
			if done.Counts["first"] != 40 || done.Counts["second"] != 40 || h.count(t, "thing", org) != 20 || h.count(t, "proof", org) != 2 {
				t.Errorf("killed at %d: %+v, %d things, %d proofs", at, done, h.count(t, "thing", org), h.count(t, "proof", org))
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(db)
		org := h.fill(t)
		set := func(class string, amount int, reason string) (err error) {
			return db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				return h.run.SetRule(ctx, tx, org, class, amount, reason, id.Account(h.ids.New()))
			})
		}
		for _, c := range []struct {
			class  string
			amount int
			reason string
			want   error
		}{
			{period.Messages, 6, "", retention.ErrOwnReason},
			{period.Messages, 0, "kürzer", retention.ErrAmount},
			{period.Messages, 361, "länger", retention.ErrAmount},
			{"payloads", 3, "kürzer", retention.ErrClass},
			{"nothing", 3, "kürzer", retention.ErrClass},
			{period.Messages, 6, "wir brauchen sie nicht", nil},
			{period.Letters, 3, "zu kurz, aber möglich", nil},
			{period.Media, 400, "lange Bauvorhaben", nil},
		} {
			if err := set(c.class, c.amount, c.reason); !errors.Is(err, c.want) {
				t.Errorf("%s %d: %v, want %v", c.class, c.amount, err, c.want)
			}
		}
		trouble := map[string]string{period.Letters: "too_short", period.Media: "too_long"}
		rules, err := retention.Rules(t.Context(), db, org)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rules {
			if changed := r.Key == period.Messages || trouble[r.Key] != ""; r.Changed() != changed || r.Trouble() != trouble[r.Key] {
				t.Errorf("%s: %+v", r.Key, r)
			}
		}
		if err := set(period.Media, 90, ""); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "retention_rule", org); n != 2 {
			t.Errorf("%d periods of its own, want 2: the default needs no row", n)
		}
	})
}
