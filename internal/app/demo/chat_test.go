package demo

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// TestLinksLeadToTheSandbox: what a QR code or a link opens in the demo is a
// phone of the sandbox, with the message lying ready. Where no sandbox runs,
// it is WhatsApp.
func TestLinksLeadToTheSandbox(t *testing.T) {
	d, err := Start(t.Context(), Options{Data: t.TempDir(), Listen: "127.0.0.1:0", Empty: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	chat := d.App.Config.Chat
	if chat != d.App.Requests.Chat || !strings.HasPrefix(string(chat), d.Facts.SandboxURL) {
		t.Fatalf("links lead to %q, those in letters to %q", chat, d.App.Requests.Chat)
	}
	resp, err := http.Get(chat.Write(display, "Guten Tag #K7"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if q := resp.Request.URL.Query(); err != nil || resp.StatusCode != http.StatusOK || q.Get("text") != "Guten Tag #K7" || q.Get("number") != phoneNumberID || !strings.Contains(string(page), "app.js") {
		t.Errorf("the link leads to %s (%d, %v)", resp.Request.URL, resp.StatusCode, err)
	}
	if other := (&Demo{}).chat(); other.Open(display) != "https://wa.me/493023125000" {
		t.Errorf("without a sandbox links lead to %s", other.Open(display))
	}
}
