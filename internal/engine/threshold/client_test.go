package threshold

import (
	"net/http/httptest"
	"testing"
)

func TestWhereARequestComesFrom(t *testing.T) {
	for _, c := range []struct {
		name            string
		trusted         []string
		header          string
		remote          string
		forwardedFor    []string
		forwarded, want string
	}{
		{"directly", []string{"127.0.0.1"}, "", "203.0.113.7:1234", nil, "", "203.0.113.0"},
		{"directly, with a made-up header", []string{"127.0.0.1"}, "", "203.0.113.7:1234", []string{"198.51.100.9"}, "", "203.0.113.0"},
		{"from the private network, which nobody named a proxy", []string{"127.0.0.1"}, "", "10.0.0.2:1234", []string{"198.51.100.9"}, "", "10.0.0.0"},
		{"by a proxy on this machine", []string{"127.0.0.1"}, "", "127.0.0.1:1234", []string{"198.51.100.9"}, "", "198.51.100.0"},
		{"by a proxy on this machine that nobody trusts", nil, "", "127.0.0.1:1234", []string{"198.51.100.9"}, "", "127.0.0.0"},
		{"by a proxy, with made-up ones before", []string{"10.0.0.0/8"}, "", "10.0.0.2:1234", []string{"192.0.2.1, 198.51.100.9"}, "", "198.51.100.0"},
		{"by a proxy, with a made-up line before", []string{"10.0.0.0/8"}, "", "10.0.0.2:1234", []string{"192.0.2.1", "198.51.100.9"}, "", "198.51.100.0"},
		{"by two proxies of ours", []string{"10.0.0.0/8"}, "", "10.0.0.2:1234", []string{"192.0.2.1, 198.51.100.9, 10.0.0.3"}, "", "198.51.100.0"},
		{"by a proxy, IPv6 with a port", []string{"::1"}, "", "[::1]:1234", []string{"[2001:db8:1:2:3::4]:99"}, "", "2001:db8:1::"},
		{"by a proxy, IPv4 written as IPv6", []string{"127.0.0.1"}, "", "[::ffff:127.0.0.1]:1234", []string{"::ffff:198.51.100.9"}, "", "198.51.100.0"},
		{"by a proxy that says nothing", []string{"127.0.0.1"}, "", "127.0.0.1:1234", nil, "", "127.0.0.0"},
		{"by a proxy that does not know", []string{"127.0.0.1"}, "", "127.0.0.1:1234", []string{"192.0.2.1, unknown"}, "", "127.0.0.0"},
		{"by a proxy with the other header made up", []string{"127.0.0.1"}, "", "127.0.0.1:1234", nil, "for=192.0.2.1", "127.0.0.0"},
		{"by a proxy with Forwarded", []string{"127.0.0.1"}, "forwarded", "127.0.0.1:1234", []string{"192.0.2.1"}, `for=192.0.2.2, for=198.51.100.9;proto=https`, "198.51.100.0"},
		{"by a proxy with Forwarded, IPv6", []string{"127.0.0.1"}, "Forwarded", "127.0.0.1:1234", nil, `Proto=https;For="[2001:db8:1::17]:4711"`, "2001:db8:1::"},
		{"by a proxy with Forwarded that hides the client", []string{"127.0.0.1"}, "Forwarded", "127.0.0.1:1234", nil, `for=192.0.2.2, for=_hidden`, "127.0.0.0"},
		{"by nothing that has an address", []string{"127.0.0.1"}, "", "@", nil, "", ""},
	} {
		p, err := ParseProxies(c.trusted, c.header)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, line := range c.forwardedFor {
			r.Header.Add("X-Forwarded-For", line)
		}
		if c.forwarded != "" {
			r.Header.Set("Forwarded", c.forwarded)
		}
		if got := Shortened(p.Client(r)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, wrong := range []string{"proxy.example.com", "10.0.0.0/40", ""} {
		if _, err := ParseProxies([]string{wrong}, ""); err == nil {
			t.Errorf("%q is taken for a proxy", wrong)
		}
	}
	if _, err := ParseProxies(nil, "X-Real-IP"); err == nil {
		t.Error("an unknown header is taken")
	}
}

func FuzzClient(f *testing.F) {
	f.Add("192.0.2.1, [2001:db8::1]:4", `for="[::1]";by=x, for=_`)
	f.Fuzz(func(t *testing.T, xff, fwd string) {
		for _, header := range []string{forwardedFor, forwarded} {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = "127.0.0.1:1"
			r.Header[forwardedFor], r.Header[forwarded] = []string{xff}, []string{fwd}
			if at := (Proxies{Trusted: SameMachine, Header: header}).Client(r); !at.IsValid() {
				t.Errorf("%q, %q: nobody asked", xff, fwd)
			}
		}
	})
}
