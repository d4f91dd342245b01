package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// A clock that is wrong deletes everything in an hour. So whoever deletes by age
// asks first whether the time can be right, and deletes nothing until it can, or
// until a person has said that it is.

// ErrTime says that the time can't be right, so nothing is deleted.
var ErrTime = errors.New("the clock of this machine can't be right: nothing is deleted")

// Doubt is why a time is not believed.
type Doubt string

// The doubts.
const (
	Believed  Doubt = ""
	Elsewhere Doubt = "database" // the database's clock shows another time
	Back      Doubt = "back"     // it is earlier than it was
	Leap      Doubt = "leap"     // it is so much later than it was
)

const (
	apart    = 5 * time.Minute // from the clock of the database
	backward = time.Hour
	leap     = 7 * 24 * time.Hour // forward; what runs deletes each day

	// foretold is how far ahead of the last look the ages of the rows tell what will
	// be due: until the run of the next day. What falls due beyond it waits, if it is
	// much, for surplusWait at most.
	foretold    = 25 * time.Hour
	surplusWait = 7 * 24 * time.Hour
)

// doubted judges a time by the clock of the database and by the time that was
// believed last. A zero time is not known.
func doubted(now, database, sure, seen time.Time) Doubt {
	switch {
	case !database.IsZero() && now.Sub(database).Abs() > apart:
		return Elsewhere
	case !sure.IsZero() && now.Before(sure.Add(-backward)):
		return Back
	case !seen.IsZero() && now.After(seen.Add(leap)):
		return Leap
	default:
		return Believed
	}
}

// Clock says whether the time can be right.
type Clock struct {
	Now func() time.Time
	// Database is its clock; nil: it is not asked.
	Database func(ctx context.Context, r store.Reader) (time.Time, error)
	// Newest is when the newest message came.
	Newest func(ctx context.Context, r store.Reader, org id.Org) (time.Time, error)
	// Turned: somebody turns the clock by hand, in a test or a demonstration.
	Turned bool
	Log    *slog.Logger
	Ledger evidence.Ledger
	IDs    *id.Source
}

// State is what is known of the time of an organisation.
type State struct {
	Seen  time.Time // the last one that was believed
	Doubt Doubt
	Wrong time.Time // that is not believed

	// Sure is the last time that followed from the one before, or from what people
	// wrote, as Meta dates it. Since when the time is further ahead of it than
	// foretold; zero: it is not. Waits counts the rows that are due beyond it.
	Sure  time.Time
	Since time.Time
	Waits int64
}

// Until is when what waits is deleted, whatever nobody said.
func (s State) Until() time.Time { return s.Since.Add(surplusWait) }

// horizon is by which time something must be due in order to be foretold.
func (s State) horizon() time.Time { return s.Sure.Add(foretold) }

// StateOf reads what was thought of the time when it was last asked.
func StateOf(ctx context.Context, r store.Reader, org id.Org) (s State, err error) {
	var seen, wrong, sure, since int64
	err = r.QueryRow(ctx, "SELECT seen, doubt, wrong, sure, since, waits FROM retention_clock WHERE org_id = ?", org).Scan(&seen, &s.Doubt, &wrong, &sure, &since, &s.Waits)
	if errors.Is(err, store.ErrNoRows) {
		return State{}, nil
	}
	s.Seen, s.Wrong, s.Sure, s.Since = store.Time(seen), store.Time(wrong), store.Time(sure), store.Time(since)
	if sure == 0 {
		s.Sure = s.Seen
	}
	return s, err
}

// Look returns the time by which may be deleted, and whether it is believed. It
// stores what it found.
func (c Clock) Look(ctx context.Context, tx store.Tx, org id.Org) (now time.Time, s State, err error) {
	now = c.Now()
	if c.Turned {
		return now, State{Seen: now, Sure: now}, nil
	}
	if s, err = StateOf(ctx, tx, org); err != nil {
		return now, s, fmt.Errorf("read when things were deleted: %w", err)
	}
	var database time.Time
	if c.Database != nil {
		if database, err = c.Database(ctx, tx); err != nil {
			return now, s, err
		}
	}
	if s.Seen.IsZero() { // the first time
		if s.Seen, err = c.life(ctx, tx, org); err != nil {
			return now, s, err
		}
		s.Sure = s.Seen
	}
	doubt := doubted(now, database, s.Sure, s.Seen)
	if doubt != Believed {
		if s.Doubt != doubt {
			c.Log.Error("the clock of this machine can't be right: nothing that is due is deleted until it is, or until somebody has said so under Retention", "organisation", org.String(), "doubt", string(doubt),
				"now", now.UTC().Format(time.RFC3339), "before", s.Seen.UTC().Format(time.RFC3339))
		}
		s.Doubt, s.Wrong = doubt, now
		return now, s, c.store(ctx, tx, org, s)
	}
	if s, err = c.follow(ctx, tx, org, s, now); err != nil {
		return now, s, err
	}
	return now, s, c.store(ctx, tx, org, s)
}

// follow is the state at a time that is believed. If it is further ahead than
// foretold, and nobody has written meanwhile whose time Meta tells, it may be wrong
// all the same: off over the holidays and a clock that jumped look alike.
func (c Clock) follow(ctx context.Context, r store.Reader, org id.Org, before State, now time.Time) (State, error) {
	plain := State{Seen: now, Sure: now}
	if before.Sure.IsZero() || now.Sub(before.Sure) <= foretold {
		return plain, nil
	}
	newest, err := c.Newest(ctx, r, org)
	if err != nil {
		return plain, fmt.Errorf("read when the newest message came: %w", err)
	}
	ahead := State{Seen: now, Sure: before.Sure, Since: before.Since, Waits: before.Waits}
	if newest.After(ahead.Sure) {
		ahead.Sure = newest
	}
	if ahead.Since.IsZero() {
		ahead.Since = now
	}
	if now.Sub(ahead.Sure) <= foretold || now.Sub(ahead.Since) >= surplusWait {
		return plain, nil
	}
	return ahead, nil
}

// life is the last sign of it: a run, or a message.
func (c Clock) life(ctx context.Context, r store.Reader, org id.Org) (time.Time, error) {
	run, err := LastRun(ctx, r, org)
	if err != nil {
		return run, err
	}
	newest, err := c.Newest(ctx, r, org)
	if err != nil {
		return run, fmt.Errorf("read when the newest message came: %w", err)
	}
	if run.Before(newest) {
		run = newest
	}
	return run, nil
}

func (Clock) store(ctx context.Context, tx store.Tx, org id.Org, s State) error {
	_, err := tx.Exec(ctx, `INSERT INTO retention_clock (org_id, seen, doubt, wrong, sure, since, waits) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id) DO UPDATE SET seen = excluded.seen, doubt = excluded.doubt, wrong = excluded.wrong, sure = excluded.sure, since = excluded.since, waits = excluded.waits`,
		org, store.Micros(s.Seen), string(s.Doubt), store.Micros(s.Wrong), store.Micros(s.Sure), store.Micros(s.Since), s.Waits)
	if err != nil {
		return fmt.Errorf("note what time it is: %w", err)
	}
	return nil
}

// Confirm notes that a person has looked at the time and says that it is right:
// the installation was off for long. Another clock than the database's is not
// right whoever says so.
func (c Clock) Confirm(ctx context.Context, tx store.Tx, org id.Org, by id.Account) error {
	now := c.Now()
	if c.Database != nil && !c.Turned {
		database, err := c.Database(ctx, tx)
		if err != nil {
			return err
		}
		if doubted(now, database, time.Time{}, time.Time{}) != Believed {
			return ErrTime
		}
	}
	if err := c.store(ctx, tx, org, State{Seen: now, Sure: now}); err != nil {
		return err
	}
	return c.Ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(c.IDs.New()), Kind: "retention.time", At: now, Record: map[string]any{"by": by.String()}})
}
