package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/person/keeper"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Runner deletes what is due: each keeper in its turn is a step of a run. A run
// that was killed simply begins anew.
type Runner struct {
	*Holds

	// Clock says whether the time can be right.
	Clock Clock

	db    *store.DB
	jobs  *jobs.Runner
	steps []keeper.Classed
}

const job = "retention.run"

// every is how often what is due is deleted.
const every = 24 * time.Hour

// NewRunner makes a Runner and tells the jobs how its runs are done.
func NewRunner(d *Holds, db *store.DB, j *jobs.Runner, clock Clock) *Runner {
	clock.Now, clock.Ledger, clock.IDs = d.now, d.ledger, d.ids
	r := &Runner{Holds: d, Clock: clock, db: db, jobs: j}
	j.Handle(job, jobs.Kind{Open: r.open, Ended: r.ended})
	return r
}

// Keep says who keeps something for a period of the organisation's own, in the
// order in which they delete it, before the jobs run: files before the messages
// that lead to them.
func (r *Runner) Keep(all ...keeper.Classed) { r.steps = all }

// Run is what a run has deleted, or would have.
type Run struct {
	ID      id.Run
	Dry     bool
	Started time.Time
	Ended   time.Time // zero: under way
	Counts  map[string]int64
	Problem string
}

// Start begins a run, unless one is under way. By a time that can't be right none
// begins, but for one that only counts: the next page tells why.
func (r *Runner) Start(ctx context.Context, tx store.Tx, org id.Org, dry bool) error {
	var busy bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM retention_run WHERE org_id = ? AND ended_at = 0)", org).Scan(&busy); err != nil || busy {
		return err
	}
	now, s, err := r.Clock.Look(ctx, tx, org)
	if err != nil || s.Doubt != Believed && !dry {
		return err
	}
	at, until := r.ids.New(), time.Time{}
	if !s.Since.IsZero() && !dry {
		until = s.horizon()
	}
	if _, err := tx.Exec(ctx, "INSERT INTO retention_run (org_id, id, dry, started_at, sure_until, ended_at, counts, problem) VALUES (?, ?, ?, ?, ?, 0, '{}', '')",
		org, at, dry, store.Micros(now), store.Micros(until)); err != nil {
		return fmt.Errorf("begin to delete what is due: %w", err)
	}
	if !dry {
		from := now
		if !until.IsZero() {
			from = until
		}
		if err := r.foretell(ctx, tx, org, at, from); err != nil {
			return err
		}
	}
	return r.jobs.Add(ctx, tx, org, job, at)
}

// foretell proves before when a run deletes what, so that nobody can say later
// that what she has taken away was due.
func (r *Runner) foretell(ctx context.Context, tx store.Tx, org id.Org, run id.ID, started time.Time) error {
	before, err := r.before(ctx, tx, org, started)
	if err != nil {
		return err
	}
	d := evidence.Deleted{Run: run.String(), Before: map[string]int64{}}
	for class, at := range before {
		d.Before[class] = store.Micros(at)
	}
	return r.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(r.ids.New()), Kind: evidence.DeletedKind, At: r.now(), Record: d})
}

// before is before when a run deletes what, by class.
func (r *Runner) before(ctx context.Context, from store.Reader, org id.Org, started time.Time) (map[string]time.Time, error) {
	rules, err := Rules(ctx, from, org)
	before := make(map[string]time.Time, len(rules))
	for _, rule := range rules {
		before[rule.Key] = rule.Cutoff(rule.Amount, started.In(r.now().Location()))
	}
	return before, err
}

// Daily begins a run if the last one is a day old.
func (r *Runner) Daily(ctx context.Context, tx store.Tx, org id.Org) error {
	last, err := LastRun(ctx, tx, org)
	if err != nil || r.now().Sub(last) < every {
		return err
	}
	return r.Start(ctx, tx, org, false)
}

// Confirm notes that somebody has looked at the clock and says that it is right.
// What waited for that is deleted at once.
func (r *Runner) Confirm(ctx context.Context, tx store.Tx, org id.Org, by id.Account) error {
	s, err := StateOf(ctx, tx, org)
	if err != nil {
		return err
	}
	if err := r.Clock.Confirm(ctx, tx, org, by); err != nil || s.Waits == 0 {
		return err
	}
	return r.Start(ctx, tx, org, false)
}

// DailyFor begins the run of an organisation in a transaction of its own.
func (r *Runner) DailyFor(ctx context.Context, o org.Org) error {
	return r.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return r.Daily(ctx, tx, o.ID) })
}

// LastRun is when what was due was last deleted; zero: never.
func LastRun(ctx context.Context, r store.Reader, org id.Org) (time.Time, error) {
	var at int64
	err := r.QueryRow(ctx, "SELECT COALESCE(MAX(started_at), 0) FROM retention_run WHERE org_id = ? AND dry = FALSE AND ended_at > 0 AND problem = ''", org).Scan(&at)
	return store.Time(at), err
}

// Runs lists the runs, the newest first.
func Runs(ctx context.Context, r store.Reader, org id.Org, limit int) ([]Run, error) {
	return store.Collect(ctx, r, func(row store.Row) (Run, error) {
		var run Run
		var started, ended int64
		var counts string
		if err := row.Scan(&run.ID, &run.Dry, &started, &ended, &counts, &run.Problem); err != nil {
			return run, err
		}
		run.Started, run.Ended = store.Time(started), store.Time(ended)
		return run, json.Unmarshal([]byte(counts), &run.Counts)
	}, "SELECT id, dry, started_at, ended_at, counts, problem FROM retention_run WHERE org_id = ? ORDER BY id DESC LIMIT ?", org, int64(limit))
}

// work is a run under way.
type work struct {
	r      *Runner
	org    id.Org
	orders period.Orders
	step   int
	after  id.Cursor
	done   int64

	surplus *surplus // nil: it is known what goes
}

// surplusLeast is how many rows must have fallen due beyond what was foretold for
// them to wait.
const surplusLeast = 200

// surplus counts what is due when the run began, and what was foretold to be: first
// the one, then the other.
type surplus struct {
	run      id.ID
	started  time.Time
	foretold map[string]time.Time // before when something must have begun, by class
	again    bool
	due      [2]map[string]int64
}

func (r *Runner) open(ctx context.Context, j jobs.Job) (jobs.Work, error) {
	w := &work{r: r, org: j.Org, done: j.Position, orders: period.Orders{Held: map[id.ID]bool{}}}
	var started, until int64
	err := r.db.QueryRow(ctx, "SELECT dry, started_at, sure_until FROM retention_run WHERE org_id = ? AND id = ?", j.Org, j.Subject).Scan(&w.orders.Dry, &started, &until)
	if err != nil {
		return nil, fmt.Errorf("begin to delete what is due: %w", err)
	}
	// What the clock says meanwhile does not matter: the time was believed when the
	// run began.
	if w.orders.Before, err = r.before(ctx, r.db, j.Org, store.Time(started)); err != nil || until == 0 {
		return w, err
	}
	w.surplus = &surplus{run: j.Subject, started: store.Time(started), due: [2]map[string]int64{{}, {}}}
	w.surplus.foretold, err = r.before(ctx, r.db, j.Org, store.Time(until))
	return w, err
}

// Close ends the work.
func (w *work) Close() error { return nil }

// Next is the next step. Legal holds are read each time: one that is placed
// while a run is under way holds at once.
func (w *work) Next(ctx context.Context) (jobs.Batch, error) {
	w.done++
	if w.step == len(w.r.steps) {
		if w.surplus == nil {
			return jobs.Batch{Position: w.done, Last: true, Apply: func(context.Context, store.Tx, map[string]int64) error { return nil }}, nil
		}
		return jobs.Batch{Position: w.done, Apply: func(ctx context.Context, tx store.Tx, _ map[string]int64) error { return w.counted(ctx, tx) }}, nil
	}
	step, after := w.step, w.after
	return jobs.Batch{Position: w.done, Apply: func(ctx context.Context, tx store.Tx, counts map[string]int64) error {
		held, err := w.r.held(ctx, tx, w.org)
		if err != nil {
			return err
		}
		orders := w.orders
		if s := w.surplus; s != nil {
			counts = s.due[0]
			if s.again {
				orders.Before, counts = s.foretold, s.due[1]
			}
			orders.Dry = true
		}
		orders.Held = held
		next, err := w.r.steps[step].ExpireClasses(ctx, tx, w.org, orders, after, counts)
		if w.step, w.after = step, next; next.IsZero() {
			w.step++
		}
		return err
	}}, nil
}

// counted goes on to count what was foretold, and then to delete: all that is due,
// or only what was foretold if much more is.
func (w *work) counted(ctx context.Context, tx store.Tx) error {
	s := w.surplus
	w.step, w.after = 0, id.Cursor{}
	if !s.again {
		s.again = true
		return nil
	}
	var waits int64
	for class, n := range s.due[0] {
		waits += n - s.due[1][class]
	}
	w.surplus = nil
	if waits < surplusLeast {
		return w.r.foretell(ctx, tx, w.org, s.run, s.started)
	}
	w.orders.Before = s.foretold
	w.r.Clock.Log.Warn("more is due than the ages of what is kept foretold: it waits until somebody has said under Retention that the time is right, for a week at most", "organisation", w.org.String(), "rows", waits)
	if _, err := tx.Exec(ctx, "UPDATE retention_clock SET waits = ? WHERE org_id = ? AND since > 0", waits, w.org); err != nil {
		return fmt.Errorf("note what waits to be deleted: %w", err)
	}
	return nil
}

// held are the people and the conversations that holds keep.
func (d *Holds) held(ctx context.Context, r store.Reader, org id.Org) (map[id.ID]bool, error) {
	all, err := store.Collect(ctx, r, store.One[id.ID],
		"SELECT conversation_id FROM legal_hold WHERE org_id = ? AND lifted_at = 0 AND until > ? AND conversation_id IS NOT NULL", org, store.Micros(d.now()))
	if err != nil {
		return nil, err
	}
	people, err := store.Collect(ctx, r, store.One[id.Person],
		"SELECT contact_id FROM legal_hold WHERE org_id = ? AND lifted_at = 0 AND until > ? AND conversation_id IS NULL", org, store.Micros(d.now()))
	if err != nil {
		return nil, err
	}
	if people, err = d.people.LinkedWith(ctx, r, org, people...); err != nil {
		return nil, err
	}
	held := make(map[id.ID]bool, len(all)+len(people))
	for _, at := range all {
		held[at] = true
	}
	for _, p := range people {
		held[id.ID(p)] = true
	}
	return held, nil
}

// ended writes the report, and proves what was deleted.
func (r *Runner) ended(ctx context.Context, tx store.Tx, j jobs.Job) error {
	counts, err := json.Marshal(j.Counts)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE retention_run SET ended_at = ?, counts = ?, problem = ? WHERE org_id = ? AND id = ?",
		store.Micros(r.now()), string(counts), j.Problem, j.Org, j.Subject); err != nil {
		return fmt.Errorf("report what was deleted: %w", err)
	}
	var dry bool
	if err := tx.QueryRow(ctx, "SELECT dry FROM retention_run WHERE org_id = ? AND id = ?", j.Org, j.Subject).Scan(&dry); err != nil || dry {
		return err
	}
	return r.ledger.Append(ctx, tx, j.Org, evidence.Entry{ID: id.Entry(r.ids.New()), Kind: "retention.run", At: r.now(),
		Record: map[string]any{"run": j.Subject.String(), "counts": j.Counts, "problem": j.Problem}})
}

// runsKept is for how long reports are kept.
const runsKept = 3 * 366 * 24 * time.Hour

// ExpireRuns deletes old reports; what they said stays in the evidence log.
func (d *Holds) expireRuns(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM retention_run WHERE org_id = ? AND started_at < ? AND ended_at > 0", org, store.Micros(now.Add(-runsKept)))
	return err
}
