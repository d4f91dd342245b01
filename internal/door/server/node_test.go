package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"einklang/internal/account/audit"
	"einklang/internal/door/server"
	"einklang/internal/engine/threshold"
	"einklang/internal/test/leaktest"
)

func newNode(ready error) *server.Node {
	return &server.Node{Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return ready },
		Seen: func() map[string]any { return map[string]any{"webhooks": 7} }}
}

func TestWhatANodeSaysOfItself(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		ready  error
		status int
		body   string
	}{
		"it runs":                     {"/healthz", nil, 200, `{"status":"ok"}`},
		"it runs without a database":  {"/healthz", errors.New("away"), 200, `{"status":"ok"}`},
		"it is ready":                 {"/readyz", nil, 200, `{"status":"ready"}`},
		"without a database it isn't": {"/readyz", errors.New("away"), 503, `{"status":"unavailable"}`},
	} {
		t.Run(name, func(t *testing.T) {
			mux := audit.New(audit.Parts{}).Mux()
			newNode(c.ready).Mount(mux)
			h, err := mux.Handler()
			if err != nil {
				t.Fatal(err)
			}
			got := httptest.NewRecorder()
			h.ServeHTTP(got, httptest.NewRequest(http.MethodGet, c.path, nil))
			if got.Code != c.status || strings.TrimSpace(got.Body.String()) != c.body || got.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %s %v", got.Code, got.Body, got.Header())
			}
		})
	}
}

// The reason, and what was seen, is told to whoever is on the machine himself, not
// to those for whom a proxy there asks.
func TestTheReasonIsToldOnTheLocalAddressOnly(t *testing.T) {
	mux := audit.New(audit.Parts{}).Mux()
	newNode(errors.New("the disk is full")).Mount(mux)
	h, err := mux.Handler()
	if err != nil {
		t.Fatal(err)
	}
	h = threshold.New(threshold.Options{Proxies: threshold.Proxies{Trusted: threshold.SameMachine}}).Handler(h)
	for name, c := range map[string]struct {
		from, proxied string
		told          bool
	}{"here": {"127.0.0.1:9", "", true}, "here, too": {"[::1]:9", "", true}, "by a proxy": {"127.0.0.1:9", "192.0.2.7", false}, "from elsewhere": {"192.0.2.7:9", "", false}} {
		r := httptest.NewRequest(http.MethodGet, "/readyz", nil)
		if r.RemoteAddr = c.from; c.proxied != "" {
			r.Header.Set("X-Forwarded-For", c.proxied)
		}
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r)
		if strings.Contains(got.Body.String(), "the disk is full") != c.told || strings.Contains(got.Body.String(), "webhooks") != c.told || got.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// Whether the node ends on purpose is nobody's business elsewhere.
func TestOthersLearnOnlyThatTheNodeIsNotReady(t *testing.T) {
	mux := audit.New(audit.Parts{}).Mux()
	node := newNode(nil)
	node.Mount(mux)
	h, err := mux.Handler()
	if err != nil {
		t.Fatal(err)
	}
	node.Leave()
	for from, want := range map[string]string{"127.0.0.1:9": "leaving", "192.0.2.7:9": "unavailable"} {
		r := httptest.NewRequest(http.MethodGet, "/readyz", nil)
		r.RemoteAddr = from
		got := httptest.NewRecorder()
		threshold.New(threshold.Options{}).Handler(h).ServeHTTP(got, r)
		if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), `"status":"`+want+`"`) {
			t.Errorf("from %s: %d %s, want %s", from, got.Code, got.Body, want)
		}
	}
}

// A listener that fails ends what runs, and what it says comes back with what
// the rest says.
func TestAListenerThatFailsEndsTheRest(t *testing.T) {
	leaktest.Check(t)
	l, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ended := errors.New("what ran has ended")
	err = newNode(nil).Serve(t.Context(), l, http.NotFoundHandler(), func(ctx context.Context) error { <-ctx.Done(); return ended })
	if !errors.Is(err, ended) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("it ended with %v", err)
	}
}

// An address in use is refused with what to do.
func TestAnAddressInUse(t *testing.T) {
	l, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := server.Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("a second listener: %v", err)
	}
}
