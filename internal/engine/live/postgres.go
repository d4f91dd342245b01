package live

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
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
)

// Postgres joins a Hub with those of the other nodes until ctx ends.
func Postgres(ctx context.Context, url string, h *Hub, node string, log *slog.Logger) {
	out := make(chan signal, 8192)
	h.relayTo(func(s signal) {
		select {
		case out <- s:
		default: // the other nodes' browsers read anew when they reconnect
		}
	})
	var both sync.WaitGroup
	both.Go(func() { forever(ctx, log, node, func() error { return send(ctx, url, node, out) }) })
	both.Go(func() { forever(ctx, log, node, func() error { return listen(ctx, url, node, h) }) })
	both.Wait()
}

// pause before a node connects again.
var pause = backoff.Pause{First: time.Second, Most: time.Minute}

// forever runs again what was interrupted. What held for longer than the
// longest pause has not failed in a row.
func forever(ctx context.Context, log *slog.Logger, node string, run func() error) {
	for failures := int64(1); ctx.Err() == nil; failures++ {
		began := time.Now()
		if err := run(); err != nil && ctx.Err() == nil {
			log.Warn("the signals between nodes are interrupted; trying again", "error", err)
		}
		if time.Since(began) > pause.Most {
			failures = 1
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause.After(failures, node)):
		}
	}
}

func send(ctx context.Context, url, node string, out <-chan signal) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	for {
		var first signal
		select {
		case <-ctx.Done():
			return nil
		case first = <-out:
		}
		for _, text := range notices(node, collect(first, out)) {
			if err := ask(ctx, conn, "SELECT pg_notify($1, $2)", channelName, text); err != nil {
				return err
			}
		}
	}
}

// A server whose host is gone says nothing, for ever: so each step has its time,
// and whoever listens asks now and then.
const (
	answerWithin = 10 * time.Second
	quiet        = 30 * time.Second
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
func collect(first signal, out <-chan signal) map[signal]struct{} {
	all := map[signal]struct{}{first: {}}
	end := time.After(gather)
	for {
		select {
		case s := <-out:
			all[s] = struct{}{}
		case <-end:
			return all
		}
	}
}

func notices(node string, all map[signal]struct{}) []string {
	var texts []string
	var b strings.Builder
	n := 0
	for s := range all {
		if n == 0 {
			b.WriteString(node)
		}
		b.WriteString(" " + hex.EncodeToString(s.org[:]) + hex.EncodeToString(s.conversation[:]))
		if s.typing {
			b.WriteString(typingMark)
		}
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

func listen(ctx context.Context, url, node string, h *Hub) error {
	conn, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	if err := ask(ctx, conn, "LISTEN "+channelName); err != nil {
		return err
	}
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
		ids, typing := strings.CutSuffix(p, typingMark)
		if raw, err := hex.DecodeString(ids); err == nil && len(raw) == 32 {
			all = append(all, signal{id.Org(raw[:16]), id.Conversation(raw[16:]), typing})
		}
	}
	return all
}
