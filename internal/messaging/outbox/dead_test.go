package outbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// gateway stands before Meta and answers in its place when it is told to.
type gateway struct {
	answer       atomic.Pointer[func(http.ResponseWriter)]
	calls, sends atomic.Int64 // that it answered itself
	behind       http.Handler
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if answer := g.answer.Load(); answer != nil {
		g.calls.Add(1)
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") {
			g.sends.Add(1)
		}
		(*answer)(w)
		return
	}
	g.behind.ServeHTTP(w, r)
}

func (g *gateway) says(answer func(http.ResponseWriter)) { g.answer.Store(&answer) }

func html(status int, retryAfter string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<html><body><h1>%d</h1></body></html>", status)
	}
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// before opens a desk with a gateway before Meta, and people who have written and
// know the notice.
func before(t *testing.T, url string, people int) (*desk, *gateway) {
	g := &gateway{}
	d := open(t, url, apptest.Options{PerSecond: 80, Before: func(meta http.Handler) http.Handler { g.behind = meta; return g }})
	for i := range people {
		d.Customer("Max Mustermann", fmt.Sprintf("4917604071%03d", i)).Say(d.Number, "Guten Tag")
	}
	d.Settle(t)
	for i := range people {
		d.send(t, i, "Datenschutz")
	}
	d.Settle(t)
	return d, g
}

func (d *desk) send(t *testing.T, person int, words string) {
	t.Helper()
	body := map[string]any{"to": fmt.Sprintf("4917604071%03d", person), "type": "text", "text": map[string]any{"body": words}}
	if status := d.REST(t, http.MethodPost, "/api/v1/messages", body, nil); status != http.StatusAccepted {
		t.Fatalf("sending: %d", status)
	}
}

// A Graph API that does not answer is asked now and then; the messages wait, are
// not judged again and again, and go out once, in their order, when it is back.
func TestADeadMetaIsKnockedAt(t *testing.T) {
	for name, c := range map[string]struct {
		answer    func(http.ResponseWriter)
		uncertain bool // some may be
	}{
		"it hangs up":          {hangUp, true},
		"a gateway says 502":   {html(http.StatusBadGateway, ""), true},
		"a gateway says 404":   {html(http.StatusNotFound, ""), false},
		"a gateway says 429":   {html(http.StatusTooManyRequests, ""), false},
		"429 with Retry-After": {html(http.StatusTooManyRequests, "2"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, url string) {
				const people, each = 15, 8
				d, g := before(t, url, people)
				was := d.Count(t, "verdict", "")
				g.says(c.answer)
				for n := range each {
					for i := range people {
						d.send(t, i, fmt.Sprintf("Antwort %d", n)) // which wakes the lane
						d.Clock.Advance(35 * time.Millisecond)
					}
				}
				calls, sends := g.calls.Load(), g.sends.Load()
				uncertain := d.Count(t, "outbox", "state = 'uncertain'")
				if judged := d.Count(t, "verdict", "") - was - people*each; judged > 30 {
					t.Errorf("%d verdicts while nobody answered", judged)
				}
				if calls > 30 || sends > 20 {
					t.Errorf("%d calls, of which %d sends, while nobody answered", calls, sends)
				}
				if uncertain > 16 || uncertain > 0 && !c.uncertain {
					t.Errorf("%d messages are uncertain", uncertain)
				}
				g.answer.Store(nil)
				d.Until(t, "all is sent", func() bool {
					d.Clock.Advance(time.Second)
					return d.Count(t, "outbox", "state <> 'uncertain'") == 0
				})
				d.Until(t, "all has arrived", func() bool {
					return len(arrived(d.Sandbox)) == people*(each+2)+1-uncertain || len(arrived(d.Sandbox)) == people*(each+2)-uncertain
				})
				for message, n := range arrived(d.Sandbox) {
					if n > 1 {
						t.Errorf("message %s was sent %d times", message, n)
					}
				}
			})
		})
	}
}
