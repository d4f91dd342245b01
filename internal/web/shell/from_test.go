package shell

import (
	"net/http/httptest"
	"testing"
)

func TestFrom(t *testing.T) {
	for name, c := range map[string]struct{ remote, forwarded, want string }{
		"directly":                      {"203.0.113.7:1234", "", "203.0.113.0"},
		"directly, with a made-up head": {"203.0.113.7:1234", "198.51.100.9", "203.0.113.0"},
		"by a proxy on this machine":    {"127.0.0.1:1234", "198.51.100.9", "198.51.100.0"},
		"by a proxy, with made-up ones": {"10.0.0.2:1234", "192.0.2.1, 198.51.100.9", "198.51.100.0"},
		"by a proxy, IPv6":              {"[::1]:1234", "2001:db8:1:2:3::4", "2001:db8:1::"},
		"by a proxy that says nothing":  {"127.0.0.1:1234", "unknown", "127.0.0.0"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := From(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
