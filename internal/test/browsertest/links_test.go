package browsertest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/app"
	"einklang/internal/app/demo"
	"einklang/internal/test/apptest"
)

// behindLinks opens the pages to which only a letter, a mail or a code leads:
// a new account's password, a phone's set-up and check list, the confirmation
// of an opt-in and its end.
func behindLinks(t *testing.T, d *demo.Demo, b *Browser) {
	p := b.Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "admin")
	p.Go("/settings/users")
	p.Type("#name", "Noch ein Beispiel")
	p.Type("#email", "noch-eins@example.com")
	p.Click(`form[action="/settings/users"] button.primary`)
	p.See(".done")
	paths := []string{mailed(t, d, `/password/[A-Za-z0-9_-]+`)}
	p.Go("/devices")
	device := Eval[string](p, `document.querySelector(".list a[href^='/devices/']").getAttribute("href")`)
	for _, purpose := range []string{"enrol", "check"} {
		p.Go(device)
		p.Click(`form[action$="/link/` + purpose + `"] button`)
		p.See(".secret")
		lookClosely(p)
		paths = append(paths, path(t, Eval[string](p, `document.querySelector(".secret").innerText`)))
	}
	areYouSure(t, d, b, device)
	p = b.Open(t, d.Facts.URL, Wide) // signed in nowhere
	for _, at := range paths {
		lookAt(p, at)
	}

	p.Look(Wide)
	p.Go("/opt-in/beispiel?lang=de")
	time.Sleep(2500 * time.Millisecond) // nobody fills a form in faster
	p.Eval(`document.querySelector("[name=purpose]").checked = document.querySelector("#way-email").checked = true`)
	p.Type("#phone", "+49 176 04069031")
	p.Type("#email", "person@example.com")
	p.Click("form button.primary")
	p.Gone("#email")
	lookAt(p, mailed(t, d, `/opt-in/confirm/[A-Za-z0-9_-]+`))
	p.Click("form button.primary")
	p.See("code.mono")
	lookClosely(p)
}

// areYouSure presses buttons that take something away: each leads to a page that
// asks, and whoever says no is back where she was.
func areYouSure(t *testing.T, d *demo.Demo, b *Browser, device string) {
	p := b.Open(t, d.Facts.URL, Wide)
	SignIn(p, d, "dpo")
	p.Go("/desk/cases")
	erasure := Eval[string](p, `[...document.querySelectorAll(".list tbody tr")].find((e) => e.innerText.includes("Groß-Beispiel")).querySelector("a").getAttribute("href")`)
	for _, at := range []struct{ path, button, says string }{
		{erasure, `form[action$="/grant"] button`, "Nachrichten: "},
		{device, `form[action$="/revoke"] button`, "neu eingerichtet"},
	} {
		speak(p, at.path, "de") // pictures leave the account in English
		p.Click(at.button)
		p.SeeText("main .danger", at.says)
		lookClosely(p)
		if *screenshots != "" {
			shootAll(p, "sure-"+shape(at.path), "de")
			p.Look(Wide)
		}
		p.Click("main .danger a.button")
		p.See(at.button)
	}
}

// TestTheFirstRun sets an empty installation up in the browser, page by page.
func TestTheFirstRun(t *testing.T) {
	front := httptest.NewUnstartedServer(nil)
	address := "http://" + front.Listener.Addr().String()
	a, err := app.Open(t.Context(), app.Config{Data: t.TempDir(), PublicURL: address, Log: slog.New(slog.DiscardHandler)})
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

	p := Start(t).Open(t, address, Wide)
	p.Go("/")
	p.See("[name=admin_email]")
	lookAt(p, "/setup")
	for name, text := range map[string]string{"code": a.SetupCode(t.Context()), "name": "Beispiel GmbH", "address": "Musterstraße 1, 10115 Berlin", "dpo": "datenschutz@example.com",
		"authority": "Muster-Behörde", "admin_name": "Sascha Beispiel", "admin_email": "admin@example.com", "password": "sehr geheim 1"} {
		p.Type("[name="+name+"]", text)
	}
	p.Click("form button.primary")
	p.See(`[name=phone_number_id]`)
	for _, step := range []string{"/setup/number", "/setup/notice", "/setup/ready"} {
		lookAt(p, step)
	}
}

// lookAt opens a page and looks at it closely; for pictures in both languages.
func lookAt(p *Page, at string) {
	p.Go(at)
	lookClosely(p)
	if *screenshots == "" {
		return
	}
	for _, locale := range []string{"en", "de"} {
		speak(p, at, locale)
		shootAll(p, shape(at), locale)
	}
	p.Look(Wide)
}

// lookClosely is what every page has to bear.
func lookClosely(p *Page) {
	dark := Wide
	dark.Dark = true
	p.Look(Wide)
	p.Accessible()
	p.Look(dark)
	p.Contrast()
	fits(p)
}

// fits looks at a page at all widths.
func fits(p *Page) {
	for _, v := range Widths {
		p.Look(v)
		p.Fits()
	}
	p.Look(Wide)
}

// mailed waits for a mail with a link, and returns the newest one's path.
func mailed(t *testing.T, d *demo.Demo, link string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(d.Facts.MailboxURL)
		if err != nil {
			t.Fatal(err)
		}
		mails, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(link).Find(mails); found != nil {
			return string(found)
		}
	}
	t.Fatalf("no mail with %s", link)
	return ""
}

// path is where an address leads on this host.
func path(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Path == "" {
		t.Fatalf("%q is no address: %v", address, err)
	}
	return u.RequestURI()
}
