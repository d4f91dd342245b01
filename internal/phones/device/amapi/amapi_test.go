package amapi_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/egress"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/phones/device/profile"
)

// google stands for Google: it gives out access tokens and takes policies.
type google struct {
	public   *rsa.PublicKey
	tokens   int               // given out
	policies map[string]string // path → body
	refuse   func(w http.ResponseWriter, r *http.Request) bool
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case g.refuse != nil && g.refuse(w, r):
	case r.URL.Path == "/token":
		if err := g.signed(r); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"%s"}`, err)
			return
		}
		g.tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"zugang-%d","token_type":"Bearer","expires_in":3600}`, g.tokens)
	case r.Header.Get("Authorization") != fmt.Sprintf("Bearer zugang-%d", g.tokens) || g.tokens == 0:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}`)
	case r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		g.policies[r.URL.EscapedPath()] = string(body)
		_, _ = w.Write(body)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// signed checks what asks for a token (RFC 7523, section 2.1).
func (g *google) signed(r *http.Request) error {
	if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return errors.New("another grant")
	}
	parts := strings.Split(r.FormValue("assertion"), ".")
	if len(parts) != 3 {
		return errors.New("no JWT")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(g.public, crypto.SHA256, sum[:], signature) != nil {
		return errors.New("Invalid JWT Signature.") //nolint:staticcheck // Google's words
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var claims struct{ Iss, Scope, Aud string }
	if err := json.Unmarshal(text, &claims); err != nil {
		return err
	}
	if claims.Iss != "einklang@beispiel.example" || claims.Scope != "https://www.googleapis.com/auth/androidmanagement" || claims.Aud != "http://"+r.Host+"/token" {
		return errors.New("other claims")
	}
	return nil
}

var workProfile = device.Device{Product: device.Business, Management: device.WorkProfile}

// place is Google with the gate before it and an enterprise that pushes there.
type place struct {
	*google
	gate    *egress.Border
	url     string
	key     []byte
	options amapi.Options
}

func at(t *testing.T) *place {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &google{public: &private.PublicKey, policies: map[string]string{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	gate, err := egress.New(egress.Options{Destinations: []egress.Destination{{Name: amapi.Destination, Allow: []string{server.URL},
		Recipient: "Google Ireland Ltd.", Country: "IE", Mechanism: "EU", DataCategories: []string{"devices"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gate.Close)
	key := serviceAccount(t, private, server.URL+"/token")
	return &place{google: g, gate: gate, url: server.URL, key: key,
		options: amapi.Options{Name: "enterprises/LC1", Key: key, Client: gate.Client(amapi.Destination), URL: server.URL}}
}

func (p *place) open(t *testing.T) *amapi.Enterprise {
	t.Helper()
	e, err := amapi.Open(p.options)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func serviceAccount(t *testing.T, key *rsa.PrivateKey, tokenURL string) []byte {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "einklang@beispiel.example", "private_key_id": "1", "token_uri": tokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPush(t *testing.T) {
	p := at(t)
	e := p.open(t)
	for range 2 {
		if err := e.Push(t.Context(), "geraet/1", profile.Android(workProfile, profile.AndroidChoices{})); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.policies["/v1/enterprises/LC1/policies/geraet%2F1"]; got != strings.TrimSpace(string(want)) || len(p.policies) != 1 {
		t.Errorf("Google got %v", p.policies)
	}
	// Everything went through the gate, the token too, which was fetched once.
	if counts := p.gate.Drain(); len(counts) != 1 || counts[0].Calls != 3 || p.tokens != 1 {
		t.Errorf("the gate counted %+v for %d tokens", counts, p.tokens)
	}
}

// What Google answers is what the administrator reads.
func TestRefusals(t *testing.T) {
	answer := func(path string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, path) {
				return false
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for _, c := range []struct {
		name   string
		refuse func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		{"not allowed", answer("/v1", 403, `{"error":{"code":403,"message":"Caller is not authorized to manage enterprise.","status":"PERMISSION_DENIED"}}`), "refuses the policy (status 403): Caller is not authorized"},
		{"a name that Google does not know", answer("/v1", 400, `{"error":{"code":400,"message":"Invalid value at 'policy'"}}`), "(status 400): Invalid value"},
		{"out of order", answer("/v1", 502, `<html>`), "refuses the policy (status 502)"},
		{"an account that was deleted", answer("/token", 400, `{"error":"invalid_grant","error_description":"Invalid grant: account not found"}`), "no access (status 400): Invalid grant: account not found"},
		{"no tokens", answer("/token", 503, `<html>`), "no access (status 503)"},
		{"a token that is none", answer("/token", 200, `<html>`), "fetch an access token"},
		{"a token that leads elsewhere", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "http://localhost:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}, "egress refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := at(t)
			p.refuse = c.refuse
			err := p.open(t).Push(t.Context(), "geraet-1", amapi.Policy{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if len(p.policies) != 0 {
				t.Errorf("Google got %v", p.policies)
			}
		})
	}
}

// A token that Google takes back before its time is fetched anew.
func TestTokenTakenBack(t *testing.T) {
	p := at(t)
	e := p.open(t)
	if err := e.Push(t.Context(), "geraet-1", amapi.Policy{}); err != nil {
		t.Fatal(err)
	}
	p.tokens++
	if err := e.Push(t.Context(), "geraet-1", amapi.Policy{}); err == nil || !strings.Contains(err.Error(), "status 401") {
		t.Errorf("%v", err)
	}
	if err := e.Push(t.Context(), "geraet-1", amapi.Policy{}); err != nil {
		t.Error(err)
	}
}

// Google may be silent: neither the token nor the push is waited for longer
// than the caller wants, or than was set.
func TestSilence(t *testing.T) {
	for _, path := range []string{"/token", "/v1"} {
		p := at(t)
		ctx, cancel := context.WithCancel(t.Context())
		p.refuse = func(_ http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, path) {
				return false
			}
			_, _ = io.ReadAll(r.Body) // only then the server sees that the caller has gone
			cancel()
			<-r.Context().Done()
			return true
		}
		if err := p.open(t).Push(ctx, "geraet-1", amapi.Policy{}); err == nil || ctx.Err() == nil {
			t.Errorf("%s was waited for: %v", path, err)
		}
		p.options.Timeout = time.Nanosecond
		if err := p.open(t).Push(t.Context(), "geraet-1", amapi.Policy{}); err == nil || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestOpen(t *testing.T) {
	p := at(t)
	for _, c := range []struct{ name, enterprise, key, want string }{
		{"a name without its kind", "LC1", string(p.key), "must be written as enterprises/"},
		{"only its kind", "enterprises/", string(p.key), "must be written as enterprises/"},
		{"no JSON", "enterprises/LC1", "-----BEGIN PRIVATE KEY-----", "is no JSON"},
		{"an empty key", "enterprises/LC1", "{}", "service_account"},
		{"a key of a person", "enterprises/LC1", `{"type":"authorized_user","client_email":"a","private_key":"b"}`, "service_account"},
	} {
		p.options.Name, p.options.Key = c.enterprise, []byte(c.key)
		if _, err := amapi.Open(p.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	p.options.Key = []byte(`{"type":"service_account","client_email":"a","private_key":"b"}`)
	if err := p.open(t).Push(t.Context(), "x", amapi.Policy{}); err == nil || !strings.Contains(err.Error(), "access token") {
		t.Errorf("a key that signs nothing: %v", err)
	}
	var off *amapi.Enterprise
	if err := off.Push(t.Context(), "x", amapi.Policy{}); !errors.Is(err, amapi.ErrOff) {
		t.Errorf("pushed to nowhere: %v", err)
	}
}
