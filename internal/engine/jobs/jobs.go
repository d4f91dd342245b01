// Package jobs does long pieces of work in batches, so that a crash in the
// middle loses nothing and doubles nothing.
//
// A job knows its position. Each batch is one transaction that does its work
// and moves the position on, so both happen or neither does. Whoever works on
// a job holds a lease; when the process dies, another one opens the job again
// at its position. What a job is to do, its Kind says.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
)

// State says whether a job is still to be done.
type State string

// The states.
const (
	Due    State = "due"
	Done   State = "done"
	Failed State = "failed"
)

// Job is a long piece of work for one organisation.
type Job struct {
	Org      id.Org
	ID       id.Job
	Kind     string
	Subject  id.ID // what it works on
	State    State
	Position int64            // how far it is, in the kind's own measure
	Counts   map[string]int64 // of the kind's own choice; nothing personal
	Problem  string           // code of the failure
	Created  time.Time
	Ended    time.Time

	attempts int64
}

// Batch is a part of a job.
type Batch struct {
	Position int64 // of the job after it
	Last     bool
	// Apply does the work and adds to the counts. It may run again from the
	// start, so it must not change anything outside the transaction.
	Apply func(ctx context.Context, tx store.Tx, counts map[string]int64) error
}

// Work is a job that somebody works on.
type Work interface {
	// Next prepares the next batch, outside of any transaction.
	Next(ctx context.Context) (Batch, error)
	Close() error
}

// Kind is a kind of job.
type Kind struct {
	// Open begins or takes up the work at the job's position.
	Open func(ctx context.Context, j Job) (Work, error)
	// Ended is told, in the transaction that ends the job, that it is done or
	// has failed.
	Ended func(ctx context.Context, tx store.Tx, j Job) error
}

// Fail is an error that ends a job for good: doing it again would not help.
// The code tells people why, through a text of the catalogue.
func Fail(code string, cause error) error { return &failure{code, cause} }

type failure struct {
	code  string
	cause error
}

func (f *failure) Error() string { return f.code + ": " + f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

const (
	lease   = 30 * time.Second
	tries   = 8 // failures in a row, then the job has failed
	look    = time.Second
	workers = 2
)

// pause before a job goes on that was interrupted.
var pause = backoff.Pause{First: time.Second, Most: 10 * time.Minute}

// errLost is returned when another node has taken the job over.
var errLost = errors.New("another node works on the job")

// Runner does the jobs of all organisations.
type Runner struct {
	db    *store.DB
	ids   *id.Source
	now   func() time.Time
	log   *slog.Logger
	node  string
	kinds map[string]Kind
	poke  chan struct{}
}

// New makes a Runner. Every kind is handed over with Handle before Run.
func New(db *store.DB, ids *id.Source, now func() time.Time, log *slog.Logger, node string) *Runner {
	return &Runner{db: db, ids: ids, now: now, log: log, node: node, kinds: map[string]Kind{}, poke: make(chan struct{}, workers)}
}

// Handle says how jobs of a kind are done.
func (r *Runner) Handle(name string, k Kind) { r.kinds[name] = k }

// Add makes a job, to be done once the transaction is on the disk.
func (r *Runner) Add(ctx context.Context, tx store.Tx, org id.Org, kind string, subject id.Any) error {
	_, err := tx.Exec(ctx, `INSERT INTO job (org_id, id, kind, subject_id, state, position, counts, problem, attempts, node, lease_until, created_at, ended_at)
		VALUES (?, ?, ?, ?, 'due', 0, '{}', '', 0, '', 0, ?, 0)`, org, r.ids.New(), kind, id.ID(subject), store.Micros(r.now()))
	if err != nil {
		return fmt.Errorf("make a job: %w", err)
	}
	tx.AfterCommit(r.wake)
	return nil
}

func (r *Runner) wake() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

const columns = "id, kind, subject_id, state, position, counts, problem, attempts, created_at, ended_at"

func scan(org id.Org, row store.Row) (Job, error) {
	j := Job{Org: org}
	var counts string
	var created, ended int64
	if err := row.Scan(&j.ID, &j.Kind, &j.Subject, &j.State, &j.Position, &counts, &j.Problem, &j.attempts, &created, &ended); err != nil {
		return j, err
	}
	j.Created, j.Ended = store.Time(created), store.Time(ended)
	return j, json.Unmarshal([]byte(counts), &j.Counts)
}

// Of reads the jobs that work or have worked on something, the newest first.
func (r *Runner) Of(ctx context.Context, reader store.Reader, org id.Org, subject id.Any) ([]Job, error) {
	return store.Collect(ctx, reader, func(row store.Row) (Job, error) { return scan(org, row) },
		"SELECT "+columns+" FROM job WHERE org_id = ? AND subject_id = ? ORDER BY id DESC", org, id.ID(subject))
}

// Expire deletes jobs that ended before a time.
func (r *Runner) Expire(ctx context.Context, tx store.Tx, org id.Org, before time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM job WHERE org_id = ? AND state <> 'due' AND ended_at < ?", org, store.Micros(before))
	return err
}

// Succeed takes over at once what a node had leased that has ended.
func (r *Runner) Succeed(ctx context.Context, tx store.Tx, before string) error {
	_, err := tx.Exec(ctx, "UPDATE job SET lease_until = 0 WHERE state = 'due' AND node = ?", before)
	return err
}

// Run does jobs until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for ctx.Err() == nil {
				j, found, err := r.claim(ctx)
				if err == nil && found {
					r.do(ctx, j)
					continue
				}
				if err != nil && ctx.Err() == nil {
					r.log.Error("jobs cannot be read; trying again", "error", err)
				}
				select {
				case <-ctx.Done():
				case <-r.poke:
				case <-time.After(look):
				}
			}
		})
	}
	all.Wait()
}

// claim leases a job that is due.
func (r *Runner) claim(ctx context.Context) (j Job, found bool, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		now := r.now()
		found = false
		var org, at id.Org
		err := tx.QueryRow(ctx, "SELECT org_id, id FROM job WHERE state = 'due' AND lease_until <= ? ORDER BY lease_until, id LIMIT 1", store.Micros(now)).Scan(&org, &at)
		if errors.Is(err, store.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE job SET node = ?, lease_until = ? WHERE org_id = ? AND id = ? AND state = 'due' AND lease_until <= ?",
			r.node, store.Micros(now.Add(lease)), org, at, store.Micros(now))
		if err != nil || n == 0 {
			return err
		}
		found = true
		j, err = scan(org, tx.QueryRow(ctx, "SELECT "+columns+" FROM job WHERE org_id = ? AND id = ?", org, at))
		return err
	})
	return j, found, err
}

// do works on a job until it ends, fails, or ctx ends.
func (r *Runner) do(ctx context.Context, j Job) {
	err := r.work(ctx, &j)
	if err == nil || errors.Is(err, errLost) {
		return
	}
	var final *failure
	switch {
	case ctx.Err() != nil:
		err = r.release(context.WithoutCancel(ctx), j, j.attempts, 0)
	case errors.As(err, &final):
		r.log.Warn("a job has failed", "job", j.ID.String(), "kind", j.Kind, "problem", final.code)
		err = r.end(ctx, j, Failed, final.code)
	case j.attempts+1 >= tries:
		r.log.Error("a job has failed too often and is given up", "job", j.ID.String(), "kind", j.Kind, "error", err)
		err = r.end(ctx, j, Failed, "internal")
	default:
		r.log.Warn("a job is interrupted; it goes on by itself", "job", j.ID.String(), "kind", j.Kind, "error", err)
		err = r.release(ctx, j, j.attempts+1, pause.After(j.attempts+1, j.ID.String()))
	}
	if err != nil && !errors.Is(err, errLost) {
		r.log.Error("a job cannot be marked; its lease runs out", "job", j.ID.String(), "error", err)
	}
}

func (r *Runner) work(ctx context.Context, j *Job) (err error) {
	kind, known := r.kinds[j.Kind]
	if !known {
		return fmt.Errorf("nobody does jobs of the kind %q", j.Kind)
	}
	w, err := kind.Open(ctx, *j)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := w.Next(ctx)
		if err != nil {
			return err
		}
		if err := r.apply(ctx, j, b, kind); err != nil || b.Last {
			return err
		}
	}
}

// apply does a batch and moves the job on, both or neither.
func (r *Runner) apply(ctx context.Context, j *Job, b Batch, kind Kind) error {
	var after Job
	err := r.db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) error {
		after = *j
		after.Counts = maps.Clone(j.Counts)
		after.Position, after.attempts = b.Position, 0
		if b.Apply != nil {
			if err := b.Apply(ctx, tx, after.Counts); err != nil {
				return err
			}
		}
		if b.Last {
			after.State, after.Ended = Done, r.now()
		}
		if err := r.move(ctx, tx, *j, after); err != nil {
			return err
		}
		if b.Last && kind.Ended != nil {
			return kind.Ended(ctx, tx, after)
		}
		return nil
	})
	if err == nil {
		*j = after
	}
	return err
}

// move stores where a job stands, unless somebody else has moved it.
func (r *Runner) move(ctx context.Context, tx store.Tx, before, after Job) error {
	counts, err := json.Marshal(after.Counts)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE job SET state = ?, position = ?, counts = ?, problem = ?, attempts = ?, lease_until = ?, ended_at = ?
		WHERE org_id = ? AND id = ? AND state = 'due' AND node = ? AND position = ?`,
		string(after.State), after.Position, string(counts), after.Problem, after.attempts, store.Micros(r.now().Add(lease)), store.Micros(after.Ended),
		before.Org, before.ID, r.node, before.Position)
	if err != nil {
		return fmt.Errorf("store where a job stands: %w", err)
	}
	if n == 0 {
		return errLost
	}
	return nil
}

func (r *Runner) end(ctx context.Context, j Job, state State, problem string) error {
	after := j
	after.State, after.Problem, after.Ended = state, problem, r.now()
	return r.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := r.move(ctx, tx, j, after); err != nil {
			return err
		}
		if ended := r.kinds[j.Kind].Ended; ended != nil {
			return ended(ctx, tx, after)
		}
		return nil
	})
}

// release gives the lease back, so that the job goes on after a while.
func (r *Runner) release(ctx context.Context, j Job, attempts int64, after time.Duration) error {
	until := int64(0)
	if after > 0 {
		until = store.Micros(r.now().Add(after))
	}
	return r.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE job SET lease_until = ?, attempts = ? WHERE org_id = ? AND id = ? AND state = 'due' AND node = ?",
			until, attempts, j.Org, j.ID, r.node)
		return err
	})
}
