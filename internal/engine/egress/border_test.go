package egress

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAllowList(t *testing.T) {
	list := []string{"graph.facebook.com", "*.fbcdn.net", "http://127.0.0.1:9100/v25.0", "https://files.example.org:8443"}
	places, err := parsePlaces(Destination{Name: "meta", Allow: list})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		url   string
		allow bool
	}{
		{"https://graph.facebook.com/v25.0/1", true},
		{"https://GRAPH.facebook.com./v25.0/1", true},
		{"https://graph.facebook.com:443/", true},
		{"https://graph.facebook.com:8443/", false},
		{"http://graph.facebook.com/", false},
		{"https://graph.facebook.com.example.org/", false},
		{"https://graph.facebook.com@example.org/", false},
		{"https://facebook.com/", false},
		{"https://x.fbcdn.net/a", true},
		{"https://a.b.fbcdn.net/a", true},
		{"https://fbcdn.net/a", false},
		{"https://evilfbcdn.net/a", false},
		{"http://127.0.0.1:9100/v25.0", true},
		{"http://127.0.0.1:9100/v25.0/1/messages", true},
		{"http://127.0.0.1:9100/v25.01", false},
		{"http://127.0.0.1:9100/v25.0/../admin", false},
		{"http://127.0.0.1:9100/v25.0/%2e%2e/admin", false},
		{"http://127.0.0.1:9100/", false},
		{"http://127.0.0.1:9101/v25.0", false},
		{"https://files.example.org:8443/x", true},
		{"https://files.example.org/x", false},
	} {
		u, err := url.Parse(row.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := allowsURL(places, u); got != row.allow {
			t.Errorf("%s: allowed %v, want %v", row.url, got, row.allow)
		}
	}
}

func TestNewRefusesABadList(t *testing.T) {
	for _, d := range []Destination{
		{Allow: []string{"example.org"}},
		{Name: "empty"},
		{Name: "all", Allow: []string{"*"}},
		{Name: "top", Allow: []string{"*.com"}},
		{Name: "star", Allow: []string{"a*.example.org"}},
		{Name: "scheme", Allow: []string{"ftp://example.org"}},
		{Name: "user", Allow: []string{"https://a:b@example.org"}},
		{Name: "query", Allow: []string{"https://example.org/?a=b"}},
	} {
		if _, err := New(Options{Destinations: []Destination{d}}); err == nil {
			t.Errorf("%+v was accepted", d)
		}
	}
	twice := Destination{Name: "a", Allow: []string{"example.org"}}
	if _, err := New(Options{Destinations: []Destination{twice, twice}}); err == nil {
		t.Error("two destinations of one name were accepted")
	}
}

func newBorder(t *testing.T, allow ...string) *Border {
	t.Helper()
	g, err := New(Options{
		Destinations: []Destination{{Name: "meta", Allow: allow, Recipient: "Beispiel GmbH", Country: "DE"}},
		Now:          func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func TestCallsAreCountedOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	defer server.Close()
	g := newBorder(t, server.URL)

	payload := strings.Repeat("x", 5000)
	resp, err := g.Client("meta").Post(server.URL+"/echo", "text/plain", strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || string(body) != payload {
		t.Fatalf("echo: %d bytes, %v", len(body), err)
	}

	n := g.Snapshot()[0]
	if n.Calls != 1 || n.Failed != 0 || n.Refused != 0 || n.BytesOut <= 5000 || n.BytesIn <= 5000 {
		t.Errorf("counts %+v", n)
	}
	if n.Destination.Recipient != "Beispiel GmbH" || n.Last.Hour() != 12 {
		t.Errorf("counts without the recipient or the time: %+v", n)
	}
	if drained := g.Drain()[0]; drained.Calls != 1 {
		t.Errorf("drained %+v", drained)
	} else if g.Snapshot()[0].Calls != 0 {
		t.Error("a drain does not start again at zero")
	} else if g.Restore([]Count{drained}); g.Snapshot()[0].Calls != 1 {
		t.Error("restored counts are lost")
	}
}

func TestRefusesOtherHosts(t *testing.T) {
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	g := newBorder(t, "graph.facebook.com")

	_, err := g.Client("meta").Get(server.URL + "/secret-path?user=erika")
	var refused *Refused
	if !errors.As(err, &refused) || refused.Unknown || refused.Destination != "meta" {
		t.Fatalf("error %v", err)
	}
	if reached {
		t.Error("the call went out")
	}
	if strings.Contains(refused.Error(), "erika") || strings.Contains(refused.Error(), "secret-path") {
		t.Errorf("the error shows path or query: %v", refused)
	}
	if n := g.Snapshot()[0]; n.Refused != 1 || n.Calls != 0 {
		t.Errorf("counts %+v", n)
	}
	if _, err := g.Client("nobody").Get(server.URL); !errors.As(err, &refused) || !refused.Unknown {
		t.Errorf("unknown destination: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	outsideReached := false
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { outsideReached = true }))
	defer outside.Close()
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/out":
			http.Redirect(w, r, outside.URL, http.StatusTemporaryRedirect)
		case "/in":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	defer inside.Close()
	client := newBorder(t, inside.URL).Client("meta")

	var refused *Refused
	if _, err := client.Get(inside.URL + "/out"); !errors.As(err, &refused) {
		t.Errorf("redirect outside: %v", err)
	}
	if outsideReached {
		t.Error("the redirect was followed")
	}
	resp, err := client.Get(inside.URL + "/in")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("redirect inside: %v", err)
	}
	_ = resp.Body.Close()
	if _, err := client.Get(inside.URL + "/loop"); err == nil {
		t.Error("a redirect loop ended well")
	}
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	w := newBorder(t, "graph.facebook.com").ways["meta"]
	transport := w.client.Transport.(*guard).next
	if transport.Proxy != nil {
		t.Error("a proxy is on by default")
	}
	if transport.MaxIdleConnsPerHost < 256 {
		t.Errorf("keeps %d idle connections", transport.MaxIdleConnsPerHost)
	}
}

func TestMailServers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "220 ready\r\n")
		_ = conn.Close()
	}()
	g := newBorder(t, "smtp://"+listener.Addr().String())

	conn, err := g.Dial("meta")(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	greeting, _ := io.ReadAll(conn)
	_ = conn.Close()
	if n := g.Snapshot()[0]; n.Calls != 1 || n.BytesIn != int64(len(greeting)) {
		t.Errorf("counts %+v", n)
	}
	var refused *Refused
	if _, err := g.Dial("meta")(t.Context(), "tcp", "127.0.0.1:1"); !errors.As(err, &refused) {
		t.Errorf("other port: %v", err)
	}
	if _, err := g.Dial("other")(t.Context(), "tcp", "127.0.0.1:1"); !errors.As(err, &refused) || !refused.Unknown {
		t.Errorf("unknown destination: %v", err)
	}
	if resp, err := g.Client("meta").Get("http://" + listener.Addr().String()); !errors.As(err, &refused) {
		t.Errorf("HTTP to a mail server: %v %v", resp, err)
	}
}
