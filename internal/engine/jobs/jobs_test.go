package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// counting writes one row for each number up to most. The rows are jobs that
// nobody does, so that no table is needed.
type counting struct {
	r    *Runner
	j    Job
	most int64
	at   int64
	hurt func(at int64) error // after the rows of a batch are written
}

func (c *counting) Close() error { return nil }

func (c *counting) Next(context.Context) (Batch, error) {
	c.at++
	at := c.at
	return Batch{Position: at, Last: at == c.most, Apply: func(ctx context.Context, tx store.Tx, counts map[string]int64) error {
		counts["rows"]++
		_, err := tx.Exec(ctx, `INSERT INTO job (org_id, id, kind, subject_id, state, position, counts, problem, attempts, node, lease_until, created_at, ended_at)
			VALUES (?, ?, 'row', ?, 'done', ?, '{}', '', 0, '', 0, 0, 0)`, c.j.Org, c.r.ids.New(), c.j.Subject, at)
		if err == nil && c.hurt != nil {
			err = c.hurt(at)
		}
		return err
	}}, nil
}

type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func newRunner(db *store.DB, c *clock, node string, most int64, hurt func(int64) error, ended func(Job)) *Runner {
	r := New(db, id.System(), c.now, slog.New(slog.DiscardHandler), node)
	r.Handle("count", Kind{
		Open: func(_ context.Context, j Job) (Work, error) { return &counting{r, j, most, j.Position, hurt}, nil },
		Ended: func(_ context.Context, tx store.Tx, j Job) error {
			tx.AfterCommit(func() { ended(j) })
			return nil
		}})
	return r
}

func add(t *testing.T, r *Runner) (org, subject id.Org) {
	t.Helper()
	org, subject = id.Org(id.System().New()), id.Org(id.System().New())
	if err := r.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return r.Add(ctx, tx, org, "count", subject) }); err != nil {
		t.Fatal(err)
	}
	return org, subject
}

func rows(t *testing.T, db *store.DB, org id.Org) (n, different int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT position) FROM job WHERE org_id = ? AND kind = 'row'", org).Scan(&n, &different); err != nil {
		t.Fatal(err)
	}
	return n, different
}

// A node dies in the middle of its job: within a batch, and right after one,
// without giving anything back. Another one goes on.
func TestAJobSurvivesItsNode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const most = 40
		var c clock
		var org, subject id.Org
		for life := range 5 {
			ctx, die := context.WithCancel(t.Context())
			node := string(rune('a' + life))
			hurt := func(at int64) error {
				if at == int64(life*7+5) && life%2 == 0 {
					die() // within the transaction
					return errors.New("killed")
				}
				return nil
			}
			r := newRunner(db, &c, node, most, hurt, func(Job) { t.Error("the job has ended already") })
			if life == 0 {
				org, subject = add(t, r)
			}
			j, found, err := r.claim(ctx)
			if err != nil || !found {
				t.Fatal(found, err)
			}
			w, err := r.kinds["count"].Open(ctx, j)
			if err != nil {
				t.Fatal(err)
			}
			for range 7 { // work() without giving the lease back at the end
				b, err := w.Next(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if r.apply(ctx, &j, b, r.kinds["count"]) != nil {
					break
				}
			}
			if _, found, _ := newRunner(db, &c, "too early", most, nil, nil).claim(t.Context()); found {
				t.Fatal("somebody else got the job while the lease held")
			}
			c.offset.Add(int64(lease))
			die()
		}
		done := make(chan Job, 1)
		r := newRunner(db, &c, "last", most, nil, func(j Job) { done <- j })
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go r.Run(ctx)
		j := <-done
		if n, different := rows(t, db, org); n != most || different != most {
			t.Errorf("%d rows, %d different ones, want %d", n, different, most)
		}
		if j.Counts["rows"] != most || j.State != Done || j.Position != most {
			t.Errorf("got %+v", j)
		}
		if all, err := r.Of(t.Context(), db, org, subject); err != nil || len(all) != most+1 {
			t.Error(len(all), err)
		}
	})
}

func TestANodeThatLostItsLeaseChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var c clock
		slow, fast := newRunner(db, &c, "slow", 5, nil, nil), newRunner(db, &c, "fast", 5, nil, nil)
		org, _ := add(t, slow)
		mine, _, err := slow.claim(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.offset.Add(int64(lease))
		if _, found, err := fast.claim(t.Context()); err != nil || !found {
			t.Fatal(found, err)
		}
		w, _ := slow.kinds["count"].Open(t.Context(), mine)
		b, _ := w.Next(t.Context())
		if err := slow.apply(t.Context(), &mine, b, slow.kinds["count"]); !errors.Is(err, errLost) {
			t.Errorf("got %v", err)
		}
		if n, _ := rows(t, db, org); n != 0 {
			t.Errorf("%d rows were written", n)
		}
	})
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name    string
		hurt    func(int64) error
		problem string
		rows    int64
	}{
		{"for good", func(at int64) error {
			if at == 3 {
				return Fail("bad_row", errors.New("no such thing"))
			}
			return nil
		}, "bad_row", 2},
		{"again and again", func(at int64) error {
			if at == 3 {
				return errors.New("trouble")
			}
			return nil
		}, "internal", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := storetest.Open(t, storetest.SQLite(t))
			var k clock
			done := make(chan Job, 1)
			r := newRunner(db, &k, "a", 10, c.hurt, func(j Job) { done <- j })
			org, _ := add(t, r)
			for len(done) == 0 {
				j, found, err := r.claim(t.Context())
				if err != nil || !found {
					t.Fatal(found, err)
				}
				r.do(t.Context(), j)
				k.offset.Add(int64(time.Hour))
			}
			if j := <-done; j.State != Failed || j.Problem != c.problem {
				t.Errorf("got %+v", j)
			}
			if n, _ := rows(t, db, org); n != c.rows {
				t.Errorf("%d rows, want %d", n, c.rows)
			}
		})
	}
}
