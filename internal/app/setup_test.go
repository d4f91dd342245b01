package app_test

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/app"
	"einklang/internal/door/webhook"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// TestTheFirstRun goes through the assistant as a browser without scripts does:
// from an empty installation to a number that may answer.
func TestTheFirstRun(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		graph := sandbox.New(sandbox.Config{Token: "geheim", PerSecond: -1})
		t.Cleanup(graph.Close)
		graph.AddNumber(apptest.PhoneNumberID, apptest.WABA, apptest.Display, "Beispiel GmbH")
		meta := httptest.NewServer(graph.Handler())
		t.Cleanup(meta.Close)
		front := httptest.NewUnstartedServer(nil)
		o := &apptest.Office{URL: "http://" + front.Listener.Addr().String()}
		c := app.Config{Data: t.TempDir(), Database: database, PublicURL: o.URL, GraphURL: meta.URL, Log: slog.New(slog.DiscardHandler),
			Apps: []webhook.App{{Key: "main", Secret: "secret", VerifyToken: "verify"}}}
		if path, lite := strings.CutPrefix(database, "sqlite:"); lite {
			c.Data, c.Database = filepath.Dir(path), ""
		}
		a, err := app.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		end := apptest.Run(a)
		t.Cleanup(func() { end(t) })
		if front.Config.Handler, err = a.Handler(); err != nil {
			t.Fatal(err)
		}
		front.Start()
		t.Cleanup(front.Close)
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar}
		says := func(what, page, want string) {
			t.Helper()
			if !strings.Contains(page, want) {
				t.Fatalf("%s: the page does not say %q:\n%s", what, want, page)
			}
		}

		_, page := visit(t, o, browser, "/")
		says("an empty installation", page, "Einmaliger Code")
		form := url.Values{"code": {"falsch"}, "name": {"Beispiel GmbH"}, "address": {"Musterstraße 1, 10115 Berlin"}, "dpo": {"datenschutz@example.com"}, "authority": {"Muster-Behörde"},
			"state": {"BY"}, "admin_name": {"Sascha Beispiel"}, "admin_email": {"admin@example.com"}, "password": {"sehr geheim 1"}}
		_, page = submit(t, o, browser, "/setup", form)
		says("a wrong code", page, "nicht der Code")
		says("a wrong code", page, `value="Beispiel GmbH"`)
		code := a.SetupCode(t.Context())
		form.Set("code", strings.ToUpper(code))
		form.Set("password", "kurz")
		_, page = submit(t, o, browser, "/setup", form)
		says("a weak password", page, "mindestens 10 Zeichen")
		if none, err := a.Orgs.None(t.Context(), a.DB); err != nil || !none {
			t.Fatal("half an organisation is left behind", err)
		}
		form.Set("password", "sehr geheim 1")
		_, page = submit(t, o, browser, "/setup", form)
		says("the company", page, "Sandbox unter "+meta.URL)

		number := url.Values{"app": {"main"}, "name": {"Kundendienst"}, "phone_number_id": {apptest.PhoneNumberID}, "waba": {apptest.WABA}, "token": {"falsch"},
			"until": {time.Now().AddDate(1, 0, 0).Format(time.DateOnly)}}
		_, page = submit(t, o, browser, "/setup/number", number)
		says("a wrong token", page, "nimmt das Token nicht an")
		number.Set("token", "geheim")
		_, page = submit(t, o, browser, "/setup/number", number)
		says("the notice", page, "Musterstraße 1, 10115 Berlin")
		says("the notice", page, "[bitte ergänzen]") // the e-mail address
		says("the notice", page, "Muster-Behörde")
		_, page = submit(t, o, browser, "/setup/notice", url.Values{"de": {"Beschwerde: [bitte ergänzen]"}, "en": {"x"}})
		says("an unfinished notice", page, "eckige Klammern")
		_, page = submit(t, o, browser, "/setup/notice", url.Values{"de": {"So gehen wir mit Daten um."}, "en": {"How we handle data."}})
		says("a notice that lacks what it must say", page, "So darf die Nummer nicht senden")
		o.App = a
		de, en := o.Notice()
		_, page = submit(t, o, browser, "/setup/notice", url.Values{"de": {de}, "en": {en}})
		says("ready", page, "Die Nummer ist verbunden.")
		says("ready", page, "sind veröffentlicht")
		if !strings.Contains(page, "liegt bei Meta zur Prüfung") && !strings.Contains(page, "Codes erreichen jede Nummer") {
			t.Errorf("the assistant did not make the template for codes:\n%s", page)
		}

		org, err := a.Orgs.BySlug(t.Context(), a.DB, "beispiel-gmbh")
		if err != nil || org.Settings.State != "BY" {
			t.Fatal(org, err)
		}
		channels, err := a.Orgs.Channels(t.Context(), a.DB, org.ID)
		if err != nil || len(channels) != 1 || !channels[0].AgreementValid(time.Now()) || channels[0].DisplayNumber != apptest.Display {
			t.Fatal(channels, err)
		}
		done, err := a.Audit.Read(t.Context(), a.DB, org.ID, audit.Filter{Limit: 10})
		if err != nil || len(done) != 3 || done[2].Act != "company.founded" || done[2].By.ID.IsZero() || done[1].Act != "settings.changed" || done[0].Act != "notice.published" {
			t.Errorf("the log: %+v, %v", done, err)
		}
		if a.SetupCode(t.Context()) != "" {
			t.Error("the assistant is still open")
		}
		jar, err = cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		stranger := &http.Client{Jar: jar}
		form.Set("code", code)
		if _, page = submit(t, o, stranger, "/setup", form); !strings.Contains(page, "schon eingerichtet") {
			t.Error("a second company can be set up")
		}
	})
}
