package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

const (
	secret = "app secret"
	token  = "token"
	verify = "verify"
	phone  = "4917604069001"
)

// table is a sandbox with one number, a company that listens, and a clock.
type table struct {
	*sandbox.Sandbox
	url      string
	number   *sandbox.Number
	api      cloudapi.Number
	account  cloudapi.Account
	company  *company
	erika    *sandbox.Phone // with a phone number
	lieschen *sandbox.Phone // known by the user id only

	mu  sync.Mutex
	now time.Time
}

func lay(t *testing.T, changes ...func(*sandbox.Config)) *table {
	t.Helper()
	x := &table{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	x.company = listen(t)
	cfg := sandbox.Config{AppSecret: secret, VerifyToken: verify, Token: token, WebhookURL: x.company.url, Now: x.clock,
		Retries: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}, ReviewAfter: time.Millisecond}
	for _, change := range changes {
		change(&cfg)
	}
	x.Sandbox = sandbox.New(cfg)
	server := httptest.NewServer(x.Handler())
	t.Cleanup(func() { server.Close(); x.Close() })
	x.url = server.URL
	x.number = x.AddNumber("100", "200", "+49 30 23125000", "Beispiel GmbH")
	client := cloudapi.New(server.Client(), server.URL, "")
	x.api, x.account = client.Number("100", token), client.Account("200", token)
	x.erika = x.AddCustomer(sandbox.Customer{ID: "erika", Name: "Erika Mustermann", Phone: phone})
	x.lieschen = x.AddCustomer(sandbox.Customer{ID: "lieschen", Name: "Lieschen Müller", Username: "lieschen.mueller"})
	return x
}

func (x *table) clock() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.now
}

// pass lets time pass.
func (x *table) pass(d time.Duration) {
	x.mu.Lock()
	x.now = x.now.Add(d)
	x.mu.Unlock()
}

// wrote opens the window with Erika; the webhook is taken note of.
func (x *table) wrote(t *testing.T) {
	t.Helper()
	x.erika.Say(x.number, "Guten Tag")
	x.company.message(t)
}

func text(body string) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: body}}
}

func (x *table) send(t *testing.T, c cloudapi.Content) (cloudapi.SendResult, error) {
	t.Helper()
	return x.api.Send(t.Context(), cloudapi.Outgoing{To: phone, Content: c, OpaqueCallbackData: "ours"})
}

// raw posts a body that the client would refuse to send, and gives the code of
// the error; 0: it was accepted.
func (x *table) raw(t *testing.T, path, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.url+"/v25.0/"+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	var answer struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Trace   string `json:"fbtrace_id"`
		} `json:"error"`
	}
	status := exchange(t, r, &answer)
	if e := answer.Error; e.Code != 0 && (status < 400 || e.Message == "" || e.Trace == "") {
		t.Errorf("an error that is not Meta's: HTTP %d, %+v", status, e)
	}
	return answer.Error.Code
}

func exchange(t *testing.T, r *http.Request, into any) int {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

func code(err error) int {
	var e *cloudapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// company takes webhooks as a company would.
type company struct {
	url    string
	events chan cloudapi.Event

	mu      sync.Mutex
	refuse  int // so many webhooks
	refused int
}

func listen(t *testing.T) *company {
	t.Helper()
	c := &company{events: make(chan cloudapi.Event, 1000)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if q := r.URL.Query(); q.Get("hub.mode") == "subscribe" && q.Get("hub.verify_token") == verify {
				_, _ = io.WriteString(w, q.Get("hub.challenge"))
				return
			}
			w.WriteHeader(http.StatusForbidden)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || !cloudapi.VerifySignature(secret, body, r.Header.Get("X-Hub-Signature-256")) {
			t.Errorf("the signature is wrong: %v", err)
		}
		if c.refuses() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		n, err := cloudapi.ParseWebhook(body)
		if err != nil {
			t.Errorf("%v: %s", err, body)
		}
		for _, e := range n.Events {
			switch e := e.(type) {
			case *cloudapi.Broken, *cloudapi.Unknown:
				t.Errorf("%T in %s", e, body)
			}
			if h := e.Where(); h.WABA != "200" {
				t.Errorf("account %q", h.WABA)
			}
			c.events <- e
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *company) refuses() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse > 0 {
		c.refuse--
		c.refused++
		return true
	}
	return false
}

// next waits for the next event.
func (c *company) next(t *testing.T) cloudapi.Event {
	t.Helper()
	select {
	case e := <-c.events:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no webhook came")
		return nil
	}
}

func (c *company) message(t *testing.T) *cloudapi.IncomingMessage {
	t.Helper()
	m, ok := c.next(t).(*cloudapi.IncomingMessage)
	if !ok {
		t.Fatal("the webhook holds no message")
	}
	return m
}

func (c *company) status(t *testing.T) *cloudapi.Status {
	t.Helper()
	s, ok := c.next(t).(*cloudapi.Status)
	if !ok {
		t.Fatal("the webhook holds no status")
	}
	return s
}

// statuses waits for statuses and gives their words.
func (c *company) statuses(t *testing.T, n int) []string {
	t.Helper()
	words := make([]string, n)
	for i := range words {
		words[i] = c.status(t).Status
	}
	return words
}

// idle waits until every event is told and taken, and checks that none is
// left.
func (x *table) idle(t *testing.T) {
	t.Helper()
	until(t, "the sandbox is idle", x.Idle)
	select {
	case e := <-x.company.events:
		t.Errorf("one event too many: %T %+v", e, e)
	default:
	}
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never came true that %s", what)
		}
	}
}
