package store

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	connectWithin = 5 * time.Second
	cancelWithin  = time.Second // a request to stop a statement
	silentHost    = 8 * time.Second
	countWithin   = 10 * time.Minute // the statistics of all tables
	cleanWithin   = time.Hour        // VACUUM of all tables
)

// dial opens connections that notice by themselves when the server's host is
// gone, also while nothing is asked of it.
func dial() pgconn.DialFunc {
	d := net.Dialer{Control: unanswered, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	return d.DialContext
}

// watch cuts the connection of a writing transaction when the server has been
// silent for too long, or when the database is abandoned. It does not hang on
// the contexts of single statements: whichever one waits, it ends.
type watch struct {
	conn  *pgxpool.Conn
	limit time.Duration
	timer *time.Timer
	life  func() bool
}

func watched(life context.Context, conn *pgxpool.Conn) *watch {
	cut := func() { cut(conn.Conn()) }
	return &watch{conn: conn, limit: answerWithin, timer: time.AfterFunc(answerWithin, cut), life: context.AfterFunc(life, cut)}
}

// again begins the time anew: something is asked of the server now.
func (w *watch) again() { w.timer.Reset(w.limit) }

// release gives the connection back. One that was cut just now is not used
// again.
//
//nolint:contextcheck // a connection is given back when its caller is gone, too
func (w *watch) release() {
	if stopped, alive := w.timer.Stop(), w.life(); !stopped || !alive {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.conn.Conn().Close(ctx)
	}
	w.conn.Release()
}

// cut ends a connection without a word to the server, which does not listen.
func cut(c *pgx.Conn) {
	raw := c.PgConn().Conn()
	if sealed, is := raw.(*tls.Conn); is {
		raw = sealed.NetConn()
	}
	_ = raw.Close()
}

// closePool waits for connections for a while. Those of a server that is gone
// are left to the end of the process.
func closePool(pool *pgxpool.Pool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		pool.Close()
	}()
	select {
	case <-done:
	case <-time.After(closeWithin):
	}
}
