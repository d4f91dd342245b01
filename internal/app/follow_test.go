package app_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// follower reads all messages as a program does that goes on with the last one it
// got.
type follower struct {
	o    *apptest.Office
	last string
	got  []string // texts
}

func (f *follower) read(t *testing.T) {
	t.Helper()
	for {
		var page struct {
			Items []struct {
				ID, Text string
			}
		}
		address := "/api/v1/messages?order=asc&limit=20"
		if f.last != "" {
			address += "&after=" + f.last
		}
		if status := f.o.REST(t, http.MethodGet, address, nil, &page); status != http.StatusOK {
			t.Fatalf("reading on: %d", status)
		}
		if len(page.Items) == 0 {
			return
		}
		for _, m := range page.Items {
			f.last = m.ID
			f.got = append(f.got, m.Text)
		}
	}
}

// Whoever follows misses no message that was begun earlier and committed later.
func TestAFollowerMissesNothingThatIsCommittedLater(t *testing.T) {
	o := apptest.Open(t, storetest.Postgres(t))
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "zuerst")
	o.Settle(t)
	known := o.Person(t, erika)
	inside, committing, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	commit := sync.OnceFunc(func() { close(committing) })
	defer commit()
	go func() {
		var once sync.Once
		done <- o.DB.WriteBite(context.WithoutCancel(t.Context()), func(ctx context.Context, tx store.Tx) error {
			_, err := o.Threads.AddIncoming(ctx, tx, o.Org.ID, []conversation.Incoming{{Channel: o.Channel.ID, WAMID: "wamid.slow", At: o.Clock.Now(), Received: o.Clock.Now(),
				Writer: conversation.Writer{Contact: known.ID, Keys: known.Keys},
				Body:   chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "früh begonnen"}}}}})
			once.Do(func() { close(inside) })
			<-committing
			return err
		})
	}()
	<-inside
	for n := range 3 {
		if status := o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d", n), fmt.Sprintf("491760406901%d", n), "Max Mustermann", fmt.Sprintf("spät %d", n), o.Clock.Now())); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	f := &follower{o: o}
	f.read(t)
	time.Sleep(100 * time.Millisecond)
	commit()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	o.Until(t, "all is read", func() bool { f.read(t); return len(f.got) >= 5 })
	seen := map[string]int{}
	for _, text := range f.got {
		seen[text]++
	}
	for _, want := range []string{"zuerst", "früh begonnen", "spät 0", "spät 1", "spät 2"} {
		if seen[want] != 1 {
			t.Errorf("%q was read %d times", want, seen[want])
		}
	}
}

// Two nodes write as fast as they can, and a program follows.
func TestAFollowerMissesNothingWhileTwoNodesWrite(t *testing.T) {
	o := apptest.Open(t, storetest.Postgres(t))
	other := o.Join(t, nil)
	const each, lanes = 150, 4
	var writers sync.WaitGroup
	for at, node := range []*apptest.Office{o, other} {
		for lane := range lanes {
			writers.Go(func() {
				for n := range each {
					key := fmt.Sprintf("%d-%d-%d", at, lane, n)
					for node.Post(t, apptest.Text("wamid."+key, fmt.Sprintf("49176040%d%d%03d", at, lane, n%40), "Max Mustermann", key, o.Clock.Now())) != http.StatusOK && t.Context().Err() == nil {
					}
				}
			})
		}
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	f := &follower{o: o}
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
		}
		f.read(t)
	}
	want := 2 * lanes * each
	o.Until(t, "all is read", func() bool { f.read(t); return len(f.got) >= want })
	seen := map[string]bool{}
	for _, text := range f.got {
		seen[text] = true
	}
	if len(f.got) != want || len(seen) != want {
		t.Errorf("%d messages were read, %d different ones, want %d", len(f.got), len(seen), want)
	}
}
