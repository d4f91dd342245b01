package live

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
)

// Between the nodes of one installation signals travel by PostgreSQL's NOTIFY,
// gathered over a short time. They carry identifiers only.

const (
	channelName = "einklang_live"
	gather      = 20 * time.Millisecond
	perNotice   = 100 // identifiers; a notice holds at most 8,000 bytes
	typingMark  = "t" // after the identifiers: not a hexadecimal digit
	rightsMark  = "r"
	anything    = "*" // in the place of identifiers: signals were lost
)

// Postgres joins a Hub with those of the other nodes until ctx ends.
func Postgres(ctx context.Context, url string, h *Hub, node string, log *slog.Logger) {
	o := &outgoing{node: node, signals: make(chan signal, 8192), unsent: map[signal]struct{}{}}
	h.relayTo(o.put)
	var both sync.WaitGroup
	both.Go(func() { forever(ctx, log, node, func(up func()) error { return o.send(ctx, url, up) }) })
	both.Go(func() { forever(ctx, log, node, func(up func()) error { return listen(ctx, url, node, h, up) }) })
	both.Wait()
}

// pause before a node connects again. It begins anew with each connection that
// came about: one that is cut is there again at once, however often it was cut.
var pause = backoff.Pause{First: 50 * time.Millisecond, Most: 2 * time.Second}

// forever runs again what was interrupted.
func forever(ctx context.Context, log *slog.Logger, node string, run func(up func()) error) {
	failures := int64(0)
	for ctx.Err() == nil {
		failures++
		if err := run(func() { failures = 0 }); err != nil && ctx.Err() == nil && failures <= 1 {
			log.Warn("the signals between nodes are interrupted; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause.After(max(1, failures), node)):
		}
	}
}

// outgoing is what this node tells the others. What could not be told is told
// with the next connection.
type outgoing struct {
	node    string
	signals chan signal
	lost    atomic.Bool         // some were too many
	unsent  map[signal]struct{} // only the goroutine that sends touches it
}

func (o *outgoing) put(s signal) {
	select {
	case o.signals <- s:
	default:
		o.lost.Store(true)
	}
}

func (o *outgoing) send(ctx context.Context, url string, up func()) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	up()
	tick := time.NewTicker(quiet)
	defer tick.Stop()
	for {
		if err := o.tell(ctx, conn); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case first := <-o.signals:
			o.collect(first)
		case <-tick.C: // is somebody there?
			if err := ask(ctx, conn, "SELECT 1"); err != nil {
				return err
			}
		}
	}
}

// tell tells what has not been told.
func (o *outgoing) tell(ctx context.Context, conn *pgx.Conn) error {
	texts := notices(o.node, o.unsent)
	lost := o.lost.Load()
	if lost {
		texts = []string{o.node + " " + anything}
	}
	for _, text := range texts {
		if err := ask(ctx, conn, "SELECT pg_notify($1, $2)", channelName, text); err != nil {
			return err
		}
	}
	clear(o.unsent)
	if lost {
		o.lost.Store(false)
	}
	return nil
}

// A server whose host is gone says nothing, for ever: so each step has its time,
// and whoever listens asks now and then.
const (
	answerWithin = 4 * time.Second
	quiet        = 5 * time.Second
)

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return pgx.Connect(ctx, url)
}

func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

func ask(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := conn.Exec(ctx, sql, args...)
	return err
}

// hear waits for a notice; nil if there is none for a while.
func hear(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	soon, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	n, err := conn.WaitForNotification(soon)
	if err != nil && ctx.Err() == nil && soon.Err() != nil && !conn.IsClosed() {
		return nil, nil
	}
	return n, err
}

// collect gathers signals for a short time, each once.
func (o *outgoing) collect(first signal) {
	o.unsent[first] = struct{}{}
	end := time.After(gather)
	for {
		select {
		case s := <-o.signals:
			o.unsent[s] = struct{}{}
		case <-end:
			return
		}
	}
}

// marks stand after the identifiers.
var marks = map[kind]string{changed: "", typing: typingMark, rights: rightsMark}

func notices(node string, all map[signal]struct{}) []string {
	var texts []string
	var b strings.Builder
	n := 0
	for s := range all {
		if n == 0 {
			b.WriteString(node)
		}
		b.WriteString(" " + hex.EncodeToString(s.org[:]) + hex.EncodeToString(s.conversation[:]))
		b.WriteString(marks[s.kind])
		if n++; n == perNotice {
			texts, n = append(texts, b.String()), 0
			b.Reset()
		}
	}
	if n > 0 {
		texts = append(texts, b.String())
	}
	return texts
}

func listen(ctx context.Context, url, node string, h *Hub, up func()) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	if err := ask(ctx, conn, "LISTEN "+channelName); err != nil {
		return err
	}
	up()
	h.Everything() // what was signalled while we did not listen
	for {
		n, err := hear(ctx, conn)
		if err != nil {
			return err
		}
		if n == nil { // it is quiet: is somebody there?
			if err := ask(ctx, conn, "SELECT 1"); err != nil {
				return err
			}
			continue
		}
		if sender, text, _ := strings.Cut(n.Payload, " "); text == anything && sender != node {
			h.Everything()
		}
		for _, news := range signals(node, n.Payload) {
			h.here(news)
		}
	}
}

// signals reads a notice of another node.
func signals(node, text string) []signal {
	parts := strings.Fields(text)
	if len(parts) == 0 || parts[0] == node {
		return nil
	}
	var all []signal
	for _, p := range parts[1:] {
		what := changed
		for k, mark := range marks {
			if mark != "" && strings.HasSuffix(p, mark) {
				what, p = k, strings.TrimSuffix(p, mark)
			}
		}
		if raw, err := hex.DecodeString(p); err == nil && len(raw) == 32 {
			all = append(all, signal{id.Org(raw[:16]), id.Conversation(raw[16:]), what})
		}
	}
	return all
}
