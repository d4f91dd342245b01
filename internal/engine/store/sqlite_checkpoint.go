package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// checkpoints write SQLite's log back into its file. A log that grew while
// somebody read for long (a backup) takes seconds to write back, and the one who
// writes must not wait for it: so a connection of its own does it beside the
// writes, and only what came meanwhile is written back between two of them. Then
// nothing of the log is needed any more, and SQLite begins it anew.
//
// Nobody ever waits for a reader: as long as one sees an old state, the log
// grows.
type checkpoints struct {
	beside *sql.DB
	rest   atomic.Bool // the rest is to be written back between two transactions

	mu    sync.Mutex
	wants []chan<- emptied // who wants the log empty

	wrote atomic.Bool // something, since the log was last looked at
	end   context.CancelFunc
	ended chan struct{}
}

type emptied struct {
	done bool
	err  error
}

const (
	lookEvery = 200 * time.Millisecond
	longLog   = 4000 // pages from which on the log is written back
	shortRest = 1000 // pages that may be written back between two transactions
)

func newCheckpoints(path string) (*checkpoints, error) {
	beside, err := sql.Open("sqlite", liteURL(path, "busy_timeout(0)", "synchronous(normal)", "wal_autocheckpoint(0)"))
	if err != nil {
		return nil, err
	}
	beside.SetMaxOpenConns(1)
	c := &checkpoints{beside: beside, ended: make(chan struct{})}
	ctx, end := context.WithCancel(context.Background())
	c.end = end
	go c.run(ctx)
	return c, nil
}

func (c *checkpoints) close() {
	c.end()
	<-c.ended
	_ = c.beside.Close()
}

// pages of a log: how many it has, and how many of them are written back.
type pages struct{ all, back int64 }

// write writes back what nobody needs any more, in one of SQLite's modes
// (sqlite.org/pragma.html#pragma_wal_checkpoint). Busy says that it stopped
// before the end.
func write(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, mode string) (p pages, busy bool, err error) {
	var stopped int64
	err = q.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&stopped, &p.all, &p.back)
	return p, stopped != 0, err
}

func (c *checkpoints) run(ctx context.Context) {
	defer close(c.ended)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if c.rest.Load() || !c.wrote.Swap(false) {
			continue
		}
		p, _, err := write(ctx, c.beside, "NOOP")
		if err != nil || p.all < longLog {
			continue
		}
		if p, _, err = write(ctx, c.beside, "PASSIVE"); err == nil && p.all-p.back <= shortRest {
			c.rest.Store(true)
		}
	}
}

// turn is called after a transaction, on the connection that writes.
func (c *checkpoints) turn(ctx context.Context, conn *sql.Conn, wrote bool) {
	if wrote {
		c.wrote.Store(true)
	}
	if c.rest.Swap(false) {
		_, _, _ = write(ctx, conn, "PASSIVE") // what fails now is done by the next one
	}
	c.mu.Lock()
	wants := c.wants
	c.wants = nil
	c.mu.Unlock()
	if len(wants) == 0 {
		return
	}
	done, err := emptyNow(ctx, conn)
	for _, want := range wants {
		want <- emptied{done, err}
	}
}

// emptyNow writes all back and empties the log, unless somebody still reads from
// it: he is not waited for.
func emptyNow(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return false, err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "PRAGMA busy_timeout = 10000") }()
	_, busy, err := write(ctx, conn, "TRUNCATE")
	return err == nil && !busy, err
}

// empty has the log written back and emptied in the next turn; false: somebody
// still reads from it.
func (c *checkpoints) empty(ctx context.Context, turn func(context.Context) error) (bool, error) {
	if _, _, err := write(ctx, c.beside, "PASSIVE"); err != nil {
		return false, fmt.Errorf("write the log back: %w", err)
	}
	if p, _, err := write(ctx, c.beside, "PASSIVE"); err != nil || p.all-p.back > shortRest {
		return false, err // a reader holds it, and it is long
	}
	done := make(chan emptied, 1)
	c.mu.Lock()
	c.wants = append(c.wants, done)
	c.mu.Unlock()
	if err := turn(ctx); err != nil {
		return false, err
	}
	select {
	case got := <-done:
		return got.done, got.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
