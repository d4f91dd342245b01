package threshold

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestWhereNothingIsEncryptedOnlyThisMachineListens(t *testing.T) {
	for listen, may := range map[string]bool{"127.0.0.1:8080": true, "[::1]:8080": true, "localhost:8080": true, "unix:/run/einklang.sock": true, "127.9.9.9:80": true,
		":8080": false, "0.0.0.0:8080": false, "192.0.2.7:443": false, "[::]:8080": false, "einklang.example.com:80": false, "nonsense": false} {
		if err := CheckPlain(listen, false); (err == nil) != may {
			t.Errorf("%s: %v", listen, err)
		}
		if err := CheckPlain(listen, true); err != nil {
			t.Errorf("%s behind proxies that are named: %v", listen, err)
		}
	}
}

func TestThePublicAddressIsEncrypted(t *testing.T) {
	for address, may := range map[string]bool{"https://whatsapp.example.com": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]": true,
		"http://whatsapp.example.com": false, "http://127.0.0.1.example.com": false, "http://10.0.0.1": false, "whatsapp.example.com": false, "ftp://example.com": false, "": false} {
		if err := CheckPublic(address); (err == nil) != may {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Who comes past the proxies is sent away; the proxies, and this machine over a
// socket, are let in.
func TestWhoComesPastTheProxiesIsSentAway(t *testing.T) {
	h := New(Options{ProxiesOnly: true, Proxies: Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}).
		Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(From(r))) }))
	for from, want := range map[string]struct {
		status int
		seen   string
	}{"10.1.2.3:4567": {http.StatusOK, "203.0.113.0"}, "203.0.113.9:4567": {http.StatusMisdirectedRequest, ""}, "127.0.0.1:4567": {http.StatusMisdirectedRequest, ""}, "@": {http.StatusOK, "203.0.113.0"}, "": {http.StatusOK, "203.0.113.0"}} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-For", "203.0.113.5")
		h.ServeHTTP(w, r)
		if w.Code != want.status || want.status == http.StatusOK && w.Body.String() != want.seen {
			t.Errorf("from %q: %d %s", from, w.Code, w.Body)
		}
	}
}
