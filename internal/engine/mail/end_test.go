package mail_test

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/test/leaktest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
)

// The queue ends when it has sent what waits, and no connection stays open.
func TestTheQueueEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := mailtest.Start(t, mail.StartTLS)
		p, _ := post(t, s.Config(t))
		q := newQueue(t, db, p)
		q.add(t, "kim@beispiel.example")
		leaktest.Runs(t, q.Run, func() bool { return len(s.Mails()) == 1 })
	})
}

// The reader of a mailbox ends, and no connection stays open.
func TestTheReaderEnds(t *testing.T) {
	box := mailtest.StartMailbox(t, mail.TLS)
	g, err := egress.New(egress.Options{Destinations: []egress.Destination{box.Config.Outside()}})
	if err != nil {
		t.Fatal(err)
	}
	box.Put(t, report("<fremd@beispiel.example>", "failed", "5.1.1"))
	var read atomic.Bool
	take := func(context.Context, []byte) (bool, error) { read.Store(true); return true, nil }
	reader := mail.NewReader(box.Config, g.Dial(mail.MailboxDestination), take, slog.New(slog.NewTextHandler(io.Discard, nil)))
	leaktest.Runs(t, reader.Run, read.Load)
}
