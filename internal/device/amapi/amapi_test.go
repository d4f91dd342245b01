package amapi_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"einklang/internal/device"
	"einklang/internal/device/amapi"
	"einklang/internal/device/profile"
	"einklang/internal/egress"
)

// google stands for Google: it gives out an access token and takes policies.
type google struct {
	policies map[string]map[string]any
	refuse   bool
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/token":
		_, _ = io.WriteString(w, `{"access_token":"zugang","token_type":"Bearer","expires_in":3600}`)
	case r.Header.Get("Authorization") != "Bearer zugang":
		w.WriteHeader(http.StatusUnauthorized)
	case g.refuse:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":403,"message":"Caller is not authorized"}}`)
	case r.Method == http.MethodPatch && strings.HasPrefix(r.URL.Path, "/v1/enterprises/LC1/policies/"):
		var p map[string]any
		if json.NewDecoder(r.Body).Decode(&p) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		g.policies[strings.TrimPrefix(r.URL.Path, "/v1/enterprises/LC1/policies/")] = p
		_ = json.NewEncoder(w).Encode(p)
	case r.Method == http.MethodPost && r.URL.Path == "/v1/enterprises/LC1/enrollmentTokens":
		_, _ = io.WriteString(w, `{"qrCode":"{\"android.app.extra\":1}"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestPush(t *testing.T) {
	g := &google{policies: map[string]map[string]any{}}
	server := httptest.NewServer(g)
	defer server.Close()
	gate, err := egress.New(egress.Options{Destinations: []egress.Destination{{Name: amapi.Destination, Allow: []string{server.URL},
		Recipient: "Google Ireland Ltd.", Country: "IE", Mechanism: "EU", DataCategories: []string{"devices"}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	open := func(key []byte, name string) (*amapi.Enterprise, error) {
		return amapi.Open(t.Context(), amapi.Options{Name: name, Key: key, Client: gate.Client(amapi.Destination), URL: server.URL})
	}
	key := serviceAccount(t, server.URL+"/token")
	e, err := open(key, "enterprises/LC1")
	if err != nil {
		t.Fatal(err)
	}
	d := device.Device{Product: device.Business, Management: device.WorkProfile}
	if err := e.Push(t.Context(), "geraet-1", profile.Android(d, profile.AndroidChoices{})); err != nil {
		t.Fatal(err)
	}
	if apps, _ := g.policies["geraet-1"]["applications"].([]any); len(apps) != 3 {
		t.Errorf("Google got %v", g.policies)
	}
	if qr, err := e.Enrol(t.Context(), "geraet-1"); err != nil || !strings.Contains(qr, "android") {
		t.Errorf("%q, %v", qr, err)
	}
	g.refuse = true
	if err := e.Push(t.Context(), "geraet-1", profile.Android(d, profile.AndroidChoices{})); err == nil || !strings.Contains(err.Error(), "not authorized") {
		t.Errorf("a refusal: %v", err)
	}
	// Everything went through the gate, the token too.
	if counts := gate.Drain(); len(counts) != 1 || counts[0].Calls != 4 {
		t.Errorf("the gate counted %+v", counts)
	}
	if _, err := open(key, "LC1"); err == nil {
		t.Error("a name without its kind is taken")
	}
	if _, err := open([]byte("{}"), "enterprises/LC1"); err == nil {
		t.Error("a key that is none is taken")
	}
	var off *amapi.Enterprise
	if err := off.Push(t.Context(), "x", nil); err == nil {
		t.Error("pushed to nowhere")
	}
}

func serviceAccount(t *testing.T, tokenURL string) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
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
