package outbox_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/app"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// arrived counts how often each of our messages reached Meta.
func arrived(s *sandbox.Sandbox) map[string]int {
	seen := map[string]int{}
	for _, m := range s.Accepted("", 0, 1<<30) {
		seen[m.Opaque]++
	}
	return seen
}

// eachOnce checks that so many messages reached Meta, each of them once.
func eachOnce(t *testing.T, o *apptest.Office, want int) {
	t.Helper()
	seen := arrived(o.Sandbox)
	if len(seen) != want {
		t.Errorf("%d messages reached Meta, want %d", len(seen), want)
	}
	doubles := 0
	for _, n := range seen {
		doubles += n - 1
	}
	if doubles > 0 {
		t.Errorf("%d calls too many", doubles)
	}
}

// A node whose clock is wrong neither takes lanes away from others nor sends
// what they send; and two nodes that answer a person at once send her one
// notice.
func TestANodeWhoseClockIsWrongSendsNothingTwice(t *testing.T) {
	for _, wrong := range []time.Duration{20 * time.Second, -20 * time.Second} {
		t.Run(wrong.String(), func(t *testing.T) {
			t.Parallel()
			d := open(t, storetest.Postgres(t), apptest.Options{})
			other := d.Join(t, func(c *app.Config) {
				right := c.Now
				c.Now = func() time.Time { return right().Add(wrong) }
			})
			const people, each = 12, 6
			for i := range people {
				d.Customer("Max Mustermann", fmt.Sprintf("4917604070%03d", i)).Say(d.Number, "Guten Tag")
			}
			d.Settle(t)
			d.Fault(t, sandbox.Fault{Kind: "slow", Probability: 0.5, DelayMS: 20})
			var writers sync.WaitGroup
			for _, node := range []*apptest.Office{d.Office, other} {
				writers.Go(func() {
					for i := range people * each {
						body := map[string]any{"to": fmt.Sprintf("4917604070%03d", i%people), "type": "text", "text": map[string]any{"body": fmt.Sprint("Antwort ", i)}}
						if status := node.REST(t, http.MethodPost, "/api/v1/messages", body, nil); status != http.StatusAccepted {
							t.Errorf("sending: %d", status)
						}
					}
				})
			}
			writers.Wait()
			d.Settle(t)
			eachOnce(t, d.Office, people*(1+2*each)) // with the privacy notice of each person
		})
	}
}

// sleeper is a further node whose outbox stands still at a place, as a process
// does that is stopped.
type sleeper struct {
	outbox.Threads
	outbox.Files
	atMark, atCall bool // where it falls asleep
	once           sync.Once
	asleep, wake   chan struct{}
}

func (s *sleeper) sleep() {
	s.once.Do(func() {
		close(s.asleep)
		<-s.wake
	})
}

// Find is asked for the messages between taking them from the queue and marking
// them.
func (s *sleeper) Find(ctx context.Context, r store.Reader, orgID id.Org, messages []id.Message) (map[id.Message]chat.Message, error) {
	found, err := s.Threads.Find(ctx, r, orgID, messages)
	if s.atMark && len(messages) > 0 {
		s.sleep()
	}
	return found, err
}

// Upload is asked between marking a message and its call.
func (s *sleeper) Upload(ctx context.Context, c org.Channel, file id.File) (string, error) {
	theirs, err := s.Files.Upload(ctx, c, file)
	if s.atCall {
		s.sleep()
	}
	return theirs, err
}

// start gives the lane to the sleeper and has it run; the returned function
// ends it.
func (s *sleeper) start(t *testing.T, d *desk) (end func()) {
	t.Helper()
	parts := d.Join(t, nil).Outbox.Parts
	s.asleep, s.wake = make(chan struct{}), make(chan struct{})
	s.Threads, s.Files = parts.Threads, parts.Files
	parts.Threads, parts.Files, parts.Node = s, s, "sleeper"
	d.lane(t, "UPDATE lane SET node = 'sleeper', until = ? WHERE org_id = ?", int64(math.MaxInt64))
	d.Clock.Advance(time.Minute) // whoever had the lane asks again whether it is his
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		outbox.New(parts).Run(ctx)
		close(ended)
	}()
	return func() { cancel(); <-ended }
}

func (d *desk) lane(t *testing.T, sql string, args ...any) {
	t.Helper()
	d.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(t.Context(), sql, append(args, d.Org.ID)...)
		return err
	})
}

// expire ends the lease of the sleeper, as time does.
func (d *desk) expire(t *testing.T) {
	d.lane(t, "UPDATE lane SET until = 0 WHERE org_id = ?")
}

// A node stands still between looking at the queue and marking what it sends.
// Meanwhile its lease ends, and another node sends everything. It wakes up, and
// sends nothing.
func TestANodeThatSleptBeforeMarkingSendsNothing(t *testing.T) {
	d := open(t, storetest.Postgres(t), apptest.Options{})
	d.text(t, "die Datenschutzhinweise gehen mit")
	d.Settle(t)
	s := &sleeper{atMark: true}
	end := s.start(t, d)
	const each = 20
	for i := range each {
		if status, a := d.text(t, fmt.Sprint("Antwort ", i)); status != http.StatusAccepted {
			t.Fatalf("%d %+v", status, a)
		}
	}
	<-s.asleep
	d.expire(t)
	d.Until(t, "another node has sent everything", func() bool { return len(arrived(d.Sandbox)) == each+2 })
	d.Settle(t)
	close(s.wake)
	end()
	d.Settle(t)
	eachOnce(t, d.Office, each+2)
	if n := d.Count(t, "message", "outgoing = TRUE AND state <> 'delivered'"); n != 0 {
		t.Errorf("%d messages are not delivered", n)
	}
}

// A node stands still between marking a message and its call. Another takes the
// lane over, so the message is uncertain, and a person sends it again. The node
// wakes up, and does not send it.
func TestANodeThatSleptBeforeTheCallSendsNothing(t *testing.T) {
	d := open(t, storetest.Postgres(t), apptest.Options{})
	d.text(t, "die Datenschutzhinweise gehen mit")
	d.Settle(t)
	person := d.Person(t, d.erika).ID
	file, err := d.Shelf.Save(t.Context(), d.Org.ID, person, d.Channel.ID, "plan.pdf", "application/pdf", strings.NewReader("%PDF-1.4"))
	if err != nil {
		t.Fatal(err)
	}
	s := &sleeper{atCall: true}
	end := s.start(t, d)
	var q outbox.Queued
	d.Write(t, func(tx store.Tx) (err error) {
		q, err = d.Outbox.Enqueue(t.Context(), tx, outbox.Draft{Org: d.Org.ID, Contact: person, Channel: d.Channel.ID, Media: file.ID, Origin: chat.FromAgent,
			Content: cloudapi.Content{Type: cloudapi.TypeDocument, Document: &cloudapi.Media{Filename: "plan.pdf"}},
			Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "account test"}})
		return err
	})
	<-s.asleep
	d.expire(t)
	d.Until(t, "the message is uncertain", func() bool { state, _, _ := d.state(t, q.Message.String()); return state == "uncertain" })
	d.Write(t, func(tx store.Tx) (err error) {
		_, err = d.Outbox.Again(t.Context(), tx, d.Org.ID, q.Message, id.Account(d.IDs.New()))
		return err
	})
	d.Settle(t)
	d.Clock.Advance(time.Minute)
	close(s.wake)
	end()
	d.Settle(t)
	sent := 0
	for _, m := range d.erika.Messages(d.Number) {
		if m.Business && m.Type == "document" {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("the customer got the document %d times, want once", sent)
	}
}

// A node of a version before, which leases a lane in the row of its number,
// takes none beside us.
func TestANodeOfAVersionBeforeTakesNoLane(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Write(t, func(tx store.Tx) error {
			n, err := tx.Exec(t.Context(), "UPDATE channel SET lane_node = 'before', lane_until = ? WHERE lane_node = 'before' OR lane_until < ?",
				store.Micros(o.Clock.Now()), store.Micros(o.Clock.Now().AddDate(100, 0, 0)))
			if n != 0 {
				t.Errorf("it has %d lanes", n)
			}
			return err
		})
	})
}
