package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"einklang/internal/engine/jobs"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// The installation makes its backups by itself if the configuration says how often,
// and when somebody asks for one. Of several nodes one makes it; if that one ends,
// the next look finds it interrupted and begins anew.

// LookEvery is how often it is looked whether a backup is due.
const LookEvery = 10 * time.Minute

const (
	aliveEvery = 30 * time.Second
	deadAfter  = 2 * time.Minute
	failedWait = time.Hour // after one that failed
	runsKept   = 400 * 24 * time.Hour
)

// Problem is why a run has made no backup.
type Problem string

// The problems.
const (
	Interrupted Problem = "interrupted" // the node ended
	Failed      Problem = "failed"      // the log says why
)

// Checks are the closed sets of values of the table.
func Checks() []store.Check {
	return []store.Check{store.OneOf("backup_run", "problem", "", Interrupted, Failed)}
}

// Run is a backup that the installation made, makes or is to make.
type Run struct {
	ID      id.Run
	By      id.Account // who asked for it; zero: its time had come
	Asked   time.Time
	Ended   time.Time // zero: it waits, or is under way
	Taken   Taken
	Problem Problem
}

// Schedule makes backups.
type Schedule struct {
	DB    *store.DB
	IDs   *id.Source
	Now   func() time.Time
	Node  string
	Log   *slog.Logger
	To    Target
	Every time.Duration // zero: only when somebody asks
	Take  func(ctx context.Context) (Taken, error)
	Soon  jobs.Soon
}

// Ask asks for a backup at once, unless one waits or is under way.
func (s *Schedule) Ask(ctx context.Context, tx store.Tx, by id.Account) (bool, error) {
	busy, err := s.busy(ctx, tx)
	if err != nil || busy {
		return false, err
	}
	tx.AfterCommit(s.Soon.Ask)
	return true, s.add(ctx, tx, s.IDs.New(), "", by)
}

func (s *Schedule) add(ctx context.Context, tx store.Tx, at id.ID, node string, by id.Account) error {
	now := store.Micros(s.Now())
	_, err := tx.Exec(ctx, `INSERT INTO backup_run (org_id, id, node, by_id, asked_at, alive_at, ended_at, name, rows_in_it, files, new_files, problem)
		VALUES (?, ?, ?, ?, ?, ?, 0, '', 0, 0, 0, '')`, vault.Installation, at, node, by, now, now)
	if err != nil {
		return fmt.Errorf("note a backup: %w", err)
	}
	return nil
}

// busy reports whether one waits or is under way; those whose node has ended are
// interrupted.
func (s *Schedule) busy(ctx context.Context, tx store.Tx) (busy bool, err error) {
	now := s.Now()
	if _, err := tx.Exec(ctx, "UPDATE backup_run SET ended_at = ?, problem = 'interrupted' WHERE org_id = ? AND ended_at = 0 AND node <> '' AND alive_at < ?",
		store.Micros(now), vault.Installation, store.Micros(now.Add(-deadAfter))); err != nil {
		return true, err
	}
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM backup_run WHERE org_id = ? AND ended_at = 0)", vault.Installation).Scan(&busy)
	return busy, err
}

// Look makes a backup if somebody asked for one or its time has come.
func (s *Schedule) Look(ctx context.Context) error {
	last := s.Now()
	if s.Every > 0 {
		state, err := StateOf(ctx, s.To)
		if err != nil {
			return fmt.Errorf("look whether a backup is due: %w", err)
		}
		last = state.Last
	}
	var run id.ID
	err := s.DB.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		run, err = s.claim(ctx, tx, last)
		return err
	})
	if err != nil || run.IsZero() {
		return err
	}
	return s.make(ctx, run)
}

// claim takes what somebody asked for, or begins one if it is due; zero: there is
// nothing to do.
func (s *Schedule) claim(ctx context.Context, tx store.Tx, last time.Time) (run id.ID, err error) {
	busy, err := s.busy(ctx, tx)
	if err != nil {
		return run, err
	}
	now := s.Now()
	if busy {
		err := tx.QueryRow(ctx, "SELECT id FROM backup_run WHERE org_id = ? AND ended_at = 0 AND node = '' LIMIT 1", vault.Installation).Scan(&run)
		if errors.Is(err, store.ErrNoRows) {
			return id.ID{}, nil
		}
		if err != nil {
			return run, err
		}
		_, err = tx.Exec(ctx, "UPDATE backup_run SET node = ?, alive_at = ? WHERE org_id = ? AND id = ?", s.Node, store.Micros(now), vault.Installation, run)
		return run, err
	}
	if s.Every == 0 || now.Sub(last) < s.Every {
		return run, nil
	}
	var failed bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM backup_run WHERE org_id = ? AND problem = 'failed' AND ended_at > ?)", vault.Installation, store.Micros(now.Add(-failedWait))).Scan(&failed); err != nil || failed {
		return run, err
	}
	run = s.IDs.New()
	return run, s.add(ctx, tx, run, s.Node, id.Account{})
}

// make makes the backup of a run, and says all the while that it is at it.
func (s *Schedule) make(ctx context.Context, run id.ID) error {
	alive, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		tick := time.NewTicker(aliveEvery)
		defer tick.Stop()
		for {
			select {
			case <-alive.Done():
				return
			case <-tick.C:
			}
			err := s.DB.Write(alive, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE backup_run SET alive_at = ? WHERE org_id = ? AND id = ?", store.Micros(s.Now()), vault.Installation, run)
				return err
			})
			if err != nil && alive.Err() == nil {
				s.Log.Warn("a backup under way could not say so", "error", err)
			}
		}
	}()
	taken, err := s.Take(ctx)
	stop()
	var problem Problem
	switch {
	case ctx.Err() != nil:
		problem = Interrupted
	case err != nil:
		problem = Failed
	}
	over, cancel := context.WithTimeout(context.WithoutCancel(ctx), aliveEvery)
	defer cancel()
	return errors.Join(err, s.DB.Write(over, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE backup_run SET ended_at = ?, name = ?, rows_in_it = ?, files = ?, new_files = ?, problem = ? WHERE org_id = ? AND id = ?",
			store.Micros(s.Now()), taken.Name, taken.Rows, taken.Files, taken.NewFiles, string(problem), vault.Installation, run)
		return err
	}))
}

// Runs lists the last runs, the newest first.
func Runs(ctx context.Context, r store.Reader, limit int) ([]Run, error) {
	return store.Collect(ctx, r, func(row store.Row) (run Run, err error) {
		var asked, ended int64
		err = row.Scan(&run.ID, &run.By, &asked, &ended, &run.Taken.Name, &run.Taken.Rows, &run.Taken.Files, &run.Taken.NewFiles, &run.Problem)
		run.Asked, run.Ended = store.Time(asked), store.Time(ended)
		return run, err
	}, "SELECT id, by_id, asked_at, ended_at, name, rows_in_it, files, new_files, problem FROM backup_run WHERE org_id = ? ORDER BY id DESC LIMIT ?", vault.Installation, int64(limit))
}

// ExpireRuns deletes old runs.
func ExpireRuns(ctx context.Context, tx store.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM backup_run WHERE org_id = ? AND asked_at < ? AND ended_at > 0", vault.Installation, store.Micros(now.Add(-runsKept)))
	return err
}
