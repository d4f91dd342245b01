package app_test

import (
	"fmt"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// BenchmarkOutbox measures how many messages per second one number sends to a
// Meta that takes 20 ms for each answer and reports "sent" and "delivered" for
// each message, which is counted in. Every message passes the gate when it is
// queued (not measured) and again before the call. Goal: 1000 messages/s.
func BenchmarkOutbox(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkOutbox(b, storetest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { benchmarkOutbox(b, postgrestest.Start(b, postgrestest.Durable).Database(b)) })
}

func benchmarkOutbox(b *testing.B, database string) {
	const people, each, later = 1000, 5, 10 * time.Minute
	o := apptest.OpenWith(b, database, apptest.Options{PerSecond: 10_000})
	var round [][]byte
	for i := range people {
		round = append(round, apptest.Text(fmt.Sprintf("wamid.in%d", i), number(i), "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		o.Customer("Erika Mustermann", number(i)).Remember(o.Number, o.Clock.Now())
	}
	post(b, o.URL+"/webhooks/whatsapp", round)
	queue(b, o, people, 1, 0) // the privacy notice, once for each
	o.Settle(b)
	o.Fault(b, sandbox.Fault{Kind: "slow", DelayMS: 20})
	var took cost
	n := 0
	for b.Loop() {
		// All are queued first, for later, so that only the sending is measured.
		queue(b, o, people, each, later)
		o.Clock.Advance(later)
		began, used := time.Now(), processorTime()
		queue(b, o, 1, 1, 0) // wakes the lane
		o.Settle(b)
		took.add(cost{time.Since(began), processorTime() - used})
		n += people*each + 1
	}
	b.StopTimer()
	if got := o.Count(b, "message", "outgoing = ? AND state = 'delivered'", true); got < n {
		b.Fatalf("%d of %d messages were delivered", got, n)
	}
	b.ReportMetric(float64(n)/took.wall.Seconds(), "messages/s")
	b.ReportMetric(float64(took.cpu.Microseconds())/float64(n), "cpu-µs/message")
	b.ReportMetric(0, "ns/op")
}

func number(i int) string { return fmt.Sprintf("4917604%06d", i) }

// queue asks the gate for messages to everybody and queues them.
func queue(b *testing.B, o *apptest.Office, people, each int, later time.Duration) {
	b.Helper()
	for n := range each {
		o.Write(b, func(tx store.Tx) error {
			for i := range people {
				known, err := o.People.Resolve(b.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: number(i)}})
				if err != nil {
					return err
				}
				q, err := o.Outbox.Enqueue(b.Context(), tx, outbox.Draft{Org: o.Org.ID, Contact: known[0].ID, Channel: o.Channel.ID, Origin: chat.FromAPI, NotBefore: o.Clock.Now().Add(later),
					Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: fmt.Sprintf("Antwort %d", n)}},
					Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "benchmark"}})
				if err != nil || q.Message == (id.Message{}) {
					return fmt.Errorf("queue: %v %w", q.Verdict.Reason, err)
				}
			}
			return nil
		})
	}
}
