package live

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"einklang/internal/id"
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
	go forever(ctx, log, func() error { return send(ctx, url, node, out) })
	forever(ctx, log, func() error { return listen(ctx, url, node, h) })
}

func forever(ctx context.Context, log *slog.Logger, run func() error) {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		if err := run(); err != nil && ctx.Err() == nil {
			log.Warn("the signals between nodes are interrupted; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func send(ctx context.Context, url, node string, out <-chan signal) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		var first signal
		select {
		case <-ctx.Done():
			return nil
		case first = <-out:
		}
		for _, text := range notices(node, collect(first, out)) {
			if _, err := conn.Exec(ctx, "SELECT pg_notify($1, $2)", channelName, text); err != nil {
				return err
			}
		}
	}
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
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channelName); err != nil {
		return err
	}
	h.Everything() // what was signalled while we did not listen
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
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
			all = append(all, signal{id.ID(raw[:16]), id.ID(raw[16:]), typing})
		}
	}
	return all
}
