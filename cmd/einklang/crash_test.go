package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/chance"
	"einklang/internal/test/postgrestest"
	"einklang/sandbox"
)

// kills is how often the process of a test is killed: a few times, or as often as
// `make crash` says.
var kills = func() int64 {
	if n, err := strconv.ParseInt(os.Getenv("EINKLANG_KILLS"), 10, 64); err == nil && n > 0 {
		return n
	}
	return 5
}()

// eachEngine runs a test on an empty data folder with each engine and hands it
// the arguments that name it.
func eachEngine(t *testing.T, test func(t *testing.T, where []string, database string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		test(t, []string{"--empty", "--data", dir}, dir+"/einklang.db")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		u := postgrestest.URL(t)
		test(t, []string{"--empty", "--data", t.TempDir(), "--database", u}, u)
	})
}

// mortal is a process that is killed and started again on the same data.
type mortal struct {
	tb    testing.TB
	dice  *rand.Rand
	where []string
	now   atomic.Pointer[process]
	died  func(*process) // told when a new life begins
}

func newMortal(tb testing.TB, where []string) *mortal {
	m := &mortal{tb: tb, dice: chance.New(tb), where: where}
	m.now.Store(startDemo(tb, where...))
	return m
}

// die ends the process by SIGKILL and starts it again.
func (m *mortal) die() {
	m.now.Load().kill()
	p := startDemo(m.tb, m.where...)
	m.now.Store(p)
	if m.died != nil {
		m.died(p)
	}
}

// dieAt kills the process when a counter passes random marks on its way to
// most, one mark in each of as many equal stretches.
func (m *mortal) dieAt(counter *atomic.Int64, most int64) {
	m.tb.Helper()
	stretch := most / (kills + 1)
	began := time.Now()
	for k := range kills {
		mark := k*stretch + m.dice.Int64N(stretch)
		until(m.tb, "enough has happened for the next crash", func() bool { return counter.Load() > mark })
		m.die()
	}
	m.tb.Logf("killed %d times in %v", kills, time.Since(began).Round(time.Second))
}

// Nothing lost, nothing doubled on the way in.
func TestEveryAcknowledgedWebhookIsThereOnceAfterCrashes(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, _ string) {
		const total, connections, people = 4000, 64, 150
		m := newMortal(t, where)
		texts := map[string]string{} // by wamid
		var bodies [][]byte
		at := time.Now()
		for i := range total {
			wamid, text := fmt.Sprintf("wamid.%06d", i), fmt.Sprintf("Nachricht %06d", i)
			texts[wamid] = text
			from := fmt.Sprintf("4917604%06d", i%people)
			bodies = append(bodies, apptest.Text(wamid, from, "Erika Mustermann", text, at.Add(time.Duration(i)*time.Millisecond)))
		}
		bodies = disorder(m.dice, bodies)

		var acknowledged atomic.Int64
		queue := make(chan []byte)
		var senders sync.WaitGroup
		for range connections {
			senders.Go(func() {
				client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
				defer client.CloseIdleConnections()
				for body := range queue {
					for !deliver(t, client, m.now.Load(), body) { // like Meta: again until it is taken
						if t.Context().Err() != nil {
							return
						}
					}
					acknowledged.Add(1)
				}
			})
		}
		go func() {
			defer close(queue)
			for _, body := range bodies {
				select {
				case queue <- body:
				case <-t.Context().Done():
					return
				}
			}
		}()
		m.dieAt(&acknowledged, int64(len(bodies)))
		senders.Wait()

		p := m.now.Load()
		threads := map[string]string{}
		for _, got := range p.messages(t) {
			want, open := texts[got.WAMID]
			if !open {
				t.Fatalf("message %s is there twice, or was never sent", got.WAMID)
			}
			delete(texts, got.WAMID)
			if got.Text != want || got.Direction != "in" {
				t.Fatalf("message %s is %q (%s), want %q", got.WAMID, got.Text, got.Direction, want)
			}
			if before := threads[got.ContactID]; before != "" && before != got.ConversationID {
				t.Fatalf("person %s has two conversations", got.ContactID)
			}
			threads[got.ContactID] = got.ConversationID
		}
		if len(texts) > 0 {
			t.Fatalf("%d acknowledged messages are lost, %v", len(texts), first(texts))
		}
		if len(threads) != people {
			t.Fatalf("%d people wrote, %d are there", people, len(threads))
		}
		if err := p.stop(); err != nil {
			t.Fatalf("stopping: %v", err)
		}
	})
}

// disorder doubles one webhook in a hundred and lets neighbours overtake each
// other.
func disorder(dice *rand.Rand, bodies [][]byte) [][]byte {
	for i := range len(bodies) / 100 {
		bodies = append(bodies, bodies[i*100+dice.IntN(100)])
	}
	for i := range bodies {
		j := min(len(bodies)-1, i+dice.IntN(50))
		bodies[i], bodies[j] = bodies[j], bodies[i]
	}
	return bodies
}

// deliver sends one webhook and reports whether it was acknowledged.
func deliver(t *testing.T, client *http.Client, p *process, body []byte) bool {
	r, err := http.NewRequest(http.MethodPost, p.WebhookURL, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return true
	}
	r.Header.Set("X-Hub-Signature-256", cloudapi.Sign(p.AppSecret, body))
	resp, err := client.Do(r)
	if err != nil {
		time.Sleep(2 * time.Millisecond) // nobody is there: do not spin
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func first(m map[string]string) (some []string) {
	for k := range m {
		if some = append(some, k); len(some) == 5 {
			break
		}
	}
	return some
}

// Nothing lost, nothing doubled on the way out: Meta is slow and loses answers,
// the process is killed, and its webhooks come twice and in any order.
func TestEveryMessageGoesOutOnceDespiteCrashes(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, database string) {
		const people, each = 25, 12
		meta := newMeta(t)
		m := newMortal(t, append(where, "--graph-url", meta.url))
		meta.open(m.now.Load())
		m.died = func(p *process) { meta.sandbox.SetWebhookURL(p.WebhookURL) }

		customers := meta.customers(people)
		until(t, "all customers are known", func() bool { return len(m.now.Load().messages(t)) == people })
		for _, f := range []sandbox.Fault{{Kind: "lost_answer", Probability: 0.05}, {Kind: "slow", Probability: 0.3, DelayMS: 40},
			{Kind: "error", Probability: 0.05, Code: 131016}, {Kind: "duplicate_webhook", Probability: 0.1},
			{Kind: "reorder_webhook", Probability: 0.1}, {Kind: "status_order", Probability: 0.2}} {
			if err := meta.sandbox.AddFault(f); err != nil {
				t.Fatal(err)
			}
		}

		var queued atomic.Int64
		var ids sync.Map // our id → text
		work := make(chan [2]string)
		var senders sync.WaitGroup
		for range 16 {
			senders.Go(func() {
				for w := range work {
					if at := meta.send(t, m, w[0], w[1]); at != "" {
						if _, twice := ids.LoadOrStore(at, w[1]); twice {
							t.Errorf("two requests were given the message %s", at)
						}
						queued.Add(1)
					}
				}
			})
		}
		go func() {
			defer close(work)
			for n := range each {
				for _, c := range customers {
					select {
					case work <- [2]string{c.Phone, fmt.Sprintf("Antwort %02d an %s", n, c.Phone)}:
					case <-t.Context().Done():
						return
					}
				}
			}
		}()
		m.dieAt(&queued, people*each)
		senders.Wait()
		meta.sandbox.ClearFaults()
		final := m.now.Load()

		// Whoever was caught by a crash before the call left is uncertain; a
		// person decides to send it again.
		staff := signIn(t, final)
		again := map[string]bool{}
		until(t, "every message has arrived", func() bool {
			arrived := meta.accepted()
			done := true
			for _, got := range final.messages(t) {
				switch {
				case got.Direction == "in", got.Status == "delivered", got.Status == "cancelled" && again[got.ID]:
				case got.Status == "uncertain" && arrived[got.ID] == 0 && !again[got.ID]:
					again[got.ID] = true
					press(t, staff, final.URL+"/messages/"+got.ID+"/again")
					done = false
				case got.Status == "failed", got.Status == "cancelled":
					t.Fatalf("message %q is %s", got.Text, got.Status)
				default:
					done = false
				}
			}
			return done
		})
		if int64(len(again)) > kills*20 {
			t.Errorf("%d of %d messages needed a person", len(again), people*each)
		}

		// What the customers see: every answer once, and the notice once.
		shown := map[string]int{}
		for _, c := range customers {
			for _, got := range c.Messages(meta.number) {
				if got.Business {
					shown[words(t, got)]++
				}
			}
		}
		ids.Range(func(_, text any) bool {
			if n := shown[text.(string)]; n != 1 {
				t.Errorf("%q was shown %d times, want once", text, n)
			}
			delete(shown, text.(string))
			return true
		})
		if n := queued.Load(); n != people*each {
			t.Errorf("%d messages were queued, want %d", n, people*each)
		}
		for text, n := range shown { // one text for all: the notice
			if !strings.Contains(text, "/privacy/") {
				t.Errorf("nobody asked to send %q, %d times", text, n)
			}
		}
		notices := 0
		for _, n := range shown {
			notices += n
		}
		if notices != people {
			t.Errorf("%d privacy notices were sent to %d people", notices, people)
		}
		if err := final.stop(); err != nil {
			t.Fatalf("stopping: %v", err)
		}
		everySendHasItsVerdict(t, database, meta.accepted())
	})
}

// everySendHasItsVerdict looks into the database: what was sent was allowed
// when it was queued, and again right before the call.
func everySendHasItsVerdict(t *testing.T, database string, sent map[string]int) {
	t.Helper()
	db, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	type row struct {
		message, phase, outcome string
	}
	rows, err := store.Collect(t.Context(), db, func(r store.Row) (row, error) {
		var v row
		var message id.Message
		err := r.Scan(&message, &v.phase, &v.outcome)
		v.message = message.String()
		return v, err
	}, "SELECT message_id, phase, outcome FROM verdict")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]map[string]int{"queue": {}, "call": {}}
	for _, r := range rows {
		if r.outcome == "allow" {
			allowed[r.phase][r.message]++
		}
	}
	for message, n := range sent {
		if n != 1 {
			t.Errorf("message %s reached Meta %d times", message, n)
		}
		if allowed["queue"][message] != 1 || allowed["call"][message] < 1 {
			t.Errorf("message %s was sent, with %d verdicts when queued and %d before the call", message, allowed["queue"][message], allowed["call"][message])
		}
	}
}

// meta is the sandbox in this process, so that it outlives the other one.
type meta struct {
	url     string
	sandbox *sandbox.Sandbox
	number  *sandbox.Number
	ready   atomic.Pointer[http.Handler]
	close   func(func())
}

func newMeta(t *testing.T) *meta {
	x := &meta{close: t.Cleanup}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := x.ready.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	x.url = server.URL
	return x
}

// open starts the sandbox with the secrets that the demo chose.
func (x *meta) open(p *process) {
	retries := make([]time.Duration, 600)
	for i := range retries {
		retries[i] = 50 * time.Millisecond
	}
	x.sandbox = sandbox.New(sandbox.Config{AppSecret: p.AppSecret, Token: p.GraphToken, WebhookURL: p.WebhookURL, PublicURL: x.url, PerSecond: -1,
		NoPairLimit: true, SentAfter: 5 * time.Millisecond, DeliveredAfter: 5 * time.Millisecond, Retries: retries})
	x.close(x.sandbox.Close)
	x.number = x.sandbox.AddNumber(p.PhoneNumberID, p.WABA, "+49 30 23125000", "Beispiel GmbH")
	h := x.sandbox.Handler()
	x.ready.Store(&h)
}

// customers write, so that they may be answered.
func (x *meta) customers(n int) (all []*sandbox.Phone) {
	for i := range n {
		p := x.sandbox.AddCustomer(sandbox.Customer{Name: "Erika Mustermann", Phone: fmt.Sprintf("4917604069%03d", i)})
		p.Say(x.number, "Guten Tag")
		all = append(all, p)
	}
	return all
}

// send asks over REST until the message is queued, as a careful program does:
// the same key for the same message.
func (x *meta) send(t *testing.T, m *mortal, to, text string) string {
	body, _ := json.Marshal(map[string]any{"to": to, "type": "text", "text": map[string]any{"body": text}})
	for t.Context().Err() == nil {
		var queued struct{ ID string }
		switch status := m.now.Load().rest(t, http.MethodPost, "/api/v1/messages", body, &queued, "Idempotency-Key", text); status {
		case http.StatusAccepted:
			return queued.ID
		case 0, http.StatusServiceUnavailable:
			time.Sleep(5 * time.Millisecond)
		default:
			t.Errorf("sending %q was answered %d", text, status)
			return ""
		}
	}
	return ""
}

// accepted counts how often each of our messages reached Meta.
func (x *meta) accepted() map[string]int {
	seen := map[string]int{}
	for _, a := range x.sandbox.Accepted("", 0, 1<<30) {
		seen[a.Opaque]++
	}
	return seen
}

func words(t *testing.T, m sandbox.Message) string {
	t.Helper()
	var text struct{ Body string }
	if err := json.Unmarshal(m.Content, &text); err != nil {
		t.Fatal(err)
	}
	return text.Body
}

// signIn returns a browser that is signed in as the agent.
func signIn(t *testing.T, p *process) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	resp, err := browser.PostForm(p.URL+"/sign-in", url.Values{"email": {p.Users[0].Email}, "password": {p.Users[0].Password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("signing in: %s", resp.Status)
	}
	return browser
}

func press(t *testing.T, browser *http.Client, address string) {
	t.Helper()
	resp, err := browser.PostForm(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= 400 {
		t.Fatalf("POST %s: %s", address, resp.Status)
	}
}
