package audited_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"einklang/internal/messaging/conversation"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
)

// bulk handles several conversations at once.
func (w *walk) bulk() attempt {
	w.t.Helper()
	a := to("/inbox/bulk", "do", "mine", "conversation", w.thread.ID.String())
	other := w.Customer("Max Mustermann", "4917604069051")
	other.Say(w.Number, "Guten Tag")
	w.Settle(w.t)
	for _, c := range must[[]conversation.Summary](w)(w.Threads.OfContact(w.t.Context(), w.DB, w.Org.ID, w.Person(w.t, other).ID)) {
		a.form.Add("conversation", c.ID.String())
	}
	lost := a
	lost.form = url.Values{"do": {"mine"}, "conversation": {w.thread.ID.String(), w.IDs.New().String()}}
	a.vain = []func() attempt{func() attempt { return lost }}
	return a
}

// firstChanges are those of an installation that has no company yet.
func firstChanges() []change {
	return []change{{"POST /setup", func(w *walk) attempt {
		first := &walk{t: w.t, Office: apptest.OpenWith(w.t, w.empty(), apptest.Options{Empty: true})}
		form := func(code, password string) attempt {
			a := to("/setup", "code", code, "name", "Beispiel GmbH", "address", "Musterstraße 1, 10115 Berlin", "state", "BY",
				"admin_name", "Sascha Beispiel", "admin_email", "admin@example.com", "password", password)
			a.by, a.on = w.stranger(), first
			return a
		}
		code := first.SetupCode(w.t.Context())
		a := form(code, "sehr geheim 1")
		a.vain = []func() attempt{func() attempt { return form("falsch", "sehr geheim 1") }, func() attempt { return form(code, "kurz") }}
		return a
	}}}
}

// passing are answers to the check list of a phone that may have the book.
var passing = map[device.Item]string{device.BusinessOnly: "yes", device.NoWhatsApp: "yes", device.Contacts: "book", device.ChatBackup: "off",
	device.MediaSaving: "off", device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes"}

const (
	card   = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Max Mustermann\r\nTEL:+4917604069022\r\nEND:VCARD\r\n"
	noCard = "no card"
)

// managedChanges are those of phones whose address book and policy come from
// here.
func managedChanges() []change {
	managed := func(w *walk, platform device.Platform) (device.Device, string) {
		w.t.Helper()
		d, password, err := w.Devices.Add(w.t.Context(), w.DB, device.Device{Org: w.Org.ID, Product: device.Business, Platform: platform, Management: device.WorkProfile,
			Candidates: true, Detail: device.Detail{Name: "Außendienst", Owner: "Erika Beispiel"}})
		if err != nil {
			w.t.Fatal(err)
		}
		return d, password
	}
	return []change{
		{"POST /devices/{id}/push", func(w *walk) attempt {
			phone, _ := managed(w, device.Android)
			apple, _ := managed(w, device.IOS)
			a, other := to("/devices/"+phone.ID.String()+"/push"), to("/devices/"+apple.ID.String()+"/push")
			refused := a
			a.vain = []func() attempt{
				func() attempt { return other },
				func() attempt { w.google.refuses.Store(1); return refused },
			}
			return a
		}},
		{"PUT /carddav/", func(w *walk) attempt {
			d, password := managed(w, device.Android)
			check := must[string](w)(w.Devices.Link(w.t.Context(), w.DB, w.Org.ID, d.ID, device.ToCheck))
			if failed, err := w.Devices.Attest(w.t.Context(), device.Through(w.DB), check, passing, nil); err != nil || len(failed) > 0 {
				w.t.Fatal(failed, err)
			}
			put := func(card, password string) attempt {
				return attempt{path: "/carddav/" + d.ID.String() + "/book/neu.vcf", card: card, as: phone{d.Login, password}, by: w.stranger()}
			}
			a := put(card, password)
			a.vain = []func() attempt{func() attempt { return put(card, "geraten") }, func() attempt { return put(noCard, password) }}
			return a
		}},
	}
}

// google stands for Google's management of phones.
type google struct {
	url     string
	key     []byte
	refuses atomic.Int64 // so many policies
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	g := &google{}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.url = server.URL
	g.key, err = json.Marshal(map[string]string{"type": "service_account", "client_email": "einklang@beispiel.example", "token_uri": g.url + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// manages sets an enterprise up.
func (g *google) manages(t *testing.T, f *device.Fleet) {
	t.Helper()
	f.AndroidEnterprise, f.AndroidKey, f.AndroidURL = "enterprises/LC0123", g.key, g.url
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/token":
		_, _ = io.WriteString(w, `{"access_token":"zugang","token_type":"Bearer","expires_in":3600}`)
	case strings.Contains(r.URL.Path, "/policies/") && g.refuses.Add(-1) >= 0:
		w.WriteHeader(http.StatusBadRequest)
	default:
		_, _ = io.WriteString(w, "{}")
	}
}
