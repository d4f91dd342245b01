package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// BenchmarkQueue measures what a long queue does to others: 10,000 messages on a
// number whose Graph API never answers, beside a second number; and 8,000 to one
// person, beside other people on the same number. The limit is 80 messages a
// second. Counted are the messages of the others in a second, and how long webhooks
// take meanwhile, of which 100 come in a second. Goal: the others at the limit,
// webhooks under 50 ms (p99).
func BenchmarkQueue(b *testing.B) {
	for name, run := range map[string]func(*testing.B, string){"dead Graph API": queueToNobody, "one person": queueToOne} {
		b.Run(name, func(b *testing.B) {
			b.Run("sqlite", func(b *testing.B) { run(b, storetest.SQLite(b)) })
			b.Run("postgres", func(b *testing.B) { run(b, postgrestest.Start(b, postgrestest.Durable).Database(b)) })
		})
	}
}

const (
	queueLimit  = 80
	queueOthers = 800 // messages to others: ten seconds
)

// besideQueue is an office with a second number and people who have written to both.
type besideQueue struct {
	*apptest.Office
	b      *testing.B
	second org.Channel
	people []id.Person
}

// silentNumber has one number of Meta's hang for as long as somebody waits.
type silentNumber struct {
	http.Handler
	number string
}

func (s silentNumber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/"+s.number) {
		<-r.Context().Done()
		return
	}
	s.Handler.ServeHTTP(w, r)
}

func openQueue(b *testing.B, database string, dead bool) *besideQueue {
	const people, phone = 1000, "200000000000009"
	var meta func(http.Handler) http.Handler
	if dead {
		meta = func(behind http.Handler) http.Handler { return silentNumber{behind, apptest.PhoneNumberID} }
	}
	o := apptest.OpenWith(b, database, apptest.Options{PerSecond: queueLimit, Before: meta})
	q := &besideQueue{Office: o, b: b}
	other := o.Sandbox.AddNumber(phone, apptest.WABA, "+49 30 23125099", "Werkstatt")
	var err error
	q.second, err = o.Orgs.AddChannel(b.Context(), org.Channel{Org: o.Org.ID, App: apptest.AppKey, PhoneNumberID: phone, WABA: apptest.WABA, DisplayNumber: "+49 30 23125099",
		Name: "Werkstatt", PerSecond: queueLimit, StorageMode: o.Channel.StorageMode, AgreementUntil: apptest.Start.AddDate(1, 0, 0)}, apptest.GraphToken)
	if err != nil {
		b.Fatal(err)
	}
	var round [][]byte
	for i := range people {
		body := apptest.Text(fmt.Sprintf("wamid.in%d", i), number(i), "Erika Mustermann", "Guten Tag", o.Clock.Now())
		c := o.Customer("Erika Mustermann", number(i))
		c.Remember(o.Number, o.Clock.Now())
		c.Remember(other, o.Clock.Now())
		round = append(round, body, bytes.ReplaceAll(bytes.ReplaceAll(body, []byte(apptest.PhoneNumberID), []byte(phone)), []byte("wamid.in"), []byte("wamid.other")))
	}
	post(b, o.URL+"/webhooks/whatsapp", round)
	for i := range people {
		known, err := o.People.ByPhone(b.Context(), o.DB, o.Org.ID, number(i))
		if err != nil || known == nil {
			b.Fatal(known, err)
		}
		q.people = append(q.people, known.ID)
	}
	return q
}

// queue queues messages on a number, ten in a transaction.
func (q *besideQueue) queue(channel id.Channel, to func(i int) id.Person, messages int) {
	q.b.Helper()
	for from := 0; from < messages; from += 10 {
		q.Write(q.b, func(tx store.Tx) error {
			for i := from; i < min(from+10, messages); i++ {
				queued, err := q.Outbox.Enqueue(q.b.Context(), tx, outbox.Draft{Org: q.Org.ID, Contact: to(i), Channel: channel, Origin: chat.FromAPI,
					Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: fmt.Sprintf("Antwort %d", i)}},
					Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "benchmark"}})
				if err != nil || queued.Message == (id.Message{}) {
					return fmt.Errorf("queue: %v %w", queued.Verdict.Reason, err)
				}
			}
			return nil
		})
	}
}

// beside sends to others while webhooks come, and reports both.
func (q *besideQueue) beside(channel id.Channel, people []id.Person) {
	b := q.b
	b.Helper()
	out := func() bool {
		return q.Count(b, "outbox", "channel_id = ? AND contact_id <> ?", channel, q.people[0]) == 0
	}
	q.queue(channel, func(i int) id.Person { return people[i%len(people)] }, len(people)) // the notices
	q.Until(b, "the notices are out", out)
	stop := make(chan struct{})
	var webhooks sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	webhooks.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			webhooks.Go(func() {
				began := time.Now()
				if status := q.Post(b, apptest.Text(fmt.Sprintf("wamid.beside%d", n), number(n%1000), "Erika Mustermann", "Und?", q.Clock.Now())); status != http.StatusOK {
					b.Errorf("a webhook was answered %d", status)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			})
		}
	})
	began := time.Now()
	q.queue(channel, func(i int) id.Person { return people[i%len(people)] }, queueOthers)
	q.Until(b, "the others have theirs", out)
	all := time.Since(began)
	close(stop)
	webhooks.Wait()
	slices.Sort(took)
	b.ReportMetric(queueOthers/all.Seconds(), "others/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "webhook-p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "webhook-p99-ms")
	b.ReportMetric(0, "ns/op")
}

func queueToNobody(b *testing.B, database string) {
	for b.Loop() {
		q := openQueue(b, database, true)
		q.queue(q.Channel.ID, func(i int) id.Person { return q.people[i%200] }, 10_000)
		q.beside(q.second.ID, q.people[200:])
	}
}

func queueToOne(b *testing.B, database string) {
	for b.Loop() {
		q := openQueue(b, database, false)
		q.queue(q.Channel.ID, func(int) id.Person { return q.people[0] }, 8000)
		q.beside(q.Channel.ID, q.people[200:])
	}
}
