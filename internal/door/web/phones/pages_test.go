package phones_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

type browser struct {
	t *testing.T
	o *apptest.Office
	c *http.Client
}

func (b browser) answer(resp *http.Response, err error) (int, string, *http.Response) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.Contains(string(text), "⟨") {
		b.t.Errorf("%s: a text is missing: %s", resp.Request.URL.Path, regexp.MustCompile(`⟨[^⟩]*⟩`).FindAllString(string(text), -1))
	}
	return resp.StatusCode, string(text), resp
}

func (b browser) get(path string) (int, string, *http.Response) {
	b.t.Helper()
	return b.answer(b.c.Get(b.o.URL + path))
}

func (b browser) post(path string, form url.Values) (int, string, *http.Response) {
	b.t.Helper()
	return b.answer(b.c.PostForm(b.o.URL+path, form))
}

// fill sends a check list with a screenshot.
func (b browser) fill(path string, answers map[string]string, shot []byte) (int, string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range answers {
		if err := w.WriteField(k, v); err != nil {
			b.t.Fatal(err)
		}
	}
	if shot != nil {
		part, err := w.CreateFormFile("shot-chat_backup", "x.png")
		if err == nil {
			_, err = part.Write(shot)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	status, text, _ := b.answer(b.c.Post(b.o.URL+path, w.FormDataContentType(), &body))
	return status, text
}

func passing(backup string) map[string]string {
	return map[string]string{"business_only": "yes", "contacts": "book", "chat_backup": backup, "media_saving": "off", "read_receipts": "off", "linked_devices": "none", "screen_lock": "yes"}
}

func form(change ...string) url.Values {
	v := url.Values{"name": {"Telefon <1>"}, "owner": {"Erika Beispiel"}, "number": {"030 23125000"}, "product": {"business"}, "platform": {"ios"}, "management": {"supervised"},
		"names": {"on"}, "candidates": {"on"}}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// From the register to a phone that has its book, through the pages alone.
func TestS04APhoneFromRegisterToBook(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	lead, owner := browser{t, o, o.SignIn(t, user.Lead)}, browser{t, o, apptest.Browser()}
	if status, text, _ := lead.post("/devices", form("name", "")); status != 422 || !strings.Contains(text, "Erika Beispiel") {
		t.Errorf("without a name: %d", status)
	}
	_, text, resp := lead.post("/devices", form())
	at := resp.Request.URL.Path
	// S20: the number is that of the API channel.
	for _, want := range []string{"Telefon &lt;1&gt;", "Noch nie geprüft", "Dieselbe Nummer"} {
		if !strings.Contains(text, want) {
			t.Errorf("the new device's page lacks %q", want)
		}
	}
	link := func(purpose string) string {
		t.Helper()
		_, text, _ := lead.post(at+"/link/"+purpose, nil)
		m := regexp.MustCompile(`/phone/` + purpose + `/[\w-]+`).FindString(text)
		if m == "" || !strings.Contains(text, "<svg") {
			t.Fatalf("no link: %s", text)
		}
		return m
	}
	check := link("check")
	if status, text, _ := owner.get(check); status != 200 || !strings.Contains(text, "Erika Beispiel") {
		t.Errorf("the check list: %d", status)
	}
	if status, text := owner.fill(check, map[string]string{"business_only": "yes"}, nil); status != 422 || !strings.Contains(text, "alle Fragen") {
		t.Errorf("half a check list: %d", status)
	}
	if status, text := owner.fill(check, passing("off"), []byte("no picture")); status != 422 || !strings.Contains(text, "PNG") {
		t.Errorf("a picture that is none: %d", status)
	}
	if status, text := owner.fill(check, passing("cloud"), append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 64)...)); status != 200 || !strings.Contains(text, "Chat-Sicherung") {
		t.Errorf("backup in the cloud: %d", status)
	}
	if status, _ := owner.fill(check, passing("off"), nil); status != 410 {
		t.Errorf("a used link: %d", status)
	}
	if status, text := owner.fill(link("check"), passing("off"), nil); status != 200 || !strings.Contains(text, "alles in Ordnung") {
		t.Errorf("all well: %d %s", status, text)
	}
	_, text, _ = lead.get(at)
	shot := regexp.MustCompile(at + `/shot/[0-9a-f-]+`).FindString(text)
	if status, _, resp := lead.get(shot); status != 200 || resp.Header.Get("Content-Type") != "image/png" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the screenshot: %d %v", status, resp.Header)
	}
	enrol := link("enrol")
	if status, text, _ := owner.get(enrol); status != 200 || !strings.Contains(text, "Profil laden") {
		t.Errorf("the set-up page: %d", status)
	}
	status, text, resp := owner.post(enrol, url.Values{"as": {"profile"}})
	if status != 200 || resp.Header.Get("Content-Type") != "application/x-apple-aspen-config" || !strings.Contains(text, "CardDAVPassword") {
		t.Errorf("the profile: %d %s", status, text)
	}
	if status, _, _ := owner.post(enrol, nil); status != 410 {
		t.Errorf("a used link: %d", status)
	}
	_, text, _ = owner.post(link("enrol"), url.Values{"as": {"account"}})
	found := regexp.MustCompile(`secret mono">([^<]+)<`).FindAllStringSubmatch(text, -1)
	if len(found) != 3 {
		t.Fatalf("no access data: %s", text)
	}
	r, err := http.NewRequestWithContext(t.Context(), "PROPFIND", found[0][1], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(found[1][1], found[2][1])
	if status, _, _ := owner.answer(http.DefaultClient.Do(r)); status != 207 {
		t.Errorf("the access data do not open the book: %d", status)
	}
	if _, text, _ := lead.post(at+"/revoke", url.Values{"sure": {"yes"}}); !strings.Contains(text, "gesperrt") {
		t.Error("not revoked")
	}
	if status, _, _ := lead.get("/devices"); status != 200 {
		t.Errorf("the list: %d", status)
	}
}

func TestCandidatesOnThePages(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	lead := browser{t, o, o.SignIn(t, user.Lead)}
	_, _, resp := lead.post("/devices", form("platform", "android"))
	at := resp.Request.URL.Path
	all, err := o.Devices.All(t.Context(), o.DB, o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, number := range map[string]string{"Max Muster": "0151 2345678", "Ohne Nummer": "abc"} {
		o.Write(t, func(tx store.Tx) error {
			return o.Books.Propose(context.Background(), tx, o.Org.ID, all[0].ID, name, addressbook.Entered{Name: name, Phone: number})
		})
	}
	_, text, _ := lead.get(at)
	forms := regexp.MustCompile(`<strong>([^<]+)</strong>[^/]*.*\s*<form method="post" action="([^"]+/candidate/[^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(forms) != 2 {
		t.Fatalf("%d candidates in %s", len(forms), text)
	}
	for _, f := range forms {
		status, text, _ := lead.post(f[2], url.Values{"do": {"take"}})
		if f[1] == "Max Muster" && (status != 200 || !strings.Contains(text, "sobald sie zugestimmt hat")) || f[1] == "Ohne Nummer" && status != 422 {
			t.Errorf("%s: %d", f[1], status)
		}
	}
	k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "491512345678")
	if err != nil || k == nil || k.Profile.Given != "Max Muster" {
		t.Fatal(k, err)
	}
	if n, err := o.Books.Size(t.Context(), o.DB, addressbook.View{Org: o.Org.ID, Kind: addressbook.Consenting}); err != nil || n != 0 {
		t.Errorf("without consent %d people are in the book, %v", n, err)
	}
	if status, text, _ := lead.get(at + "/policy.json?deny=1"); status != 200 || !strings.Contains(text, "com.whatsapp.w4b") {
		t.Errorf("the policy: %d", status)
	}
}

func TestWhoMaySeePhones(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	for role, want := range map[user.Role]int{user.Agent: 403, user.Lead: 200, user.DPO: 200, user.Admin: 200} {
		if status, _, _ := (browser{t, o, o.SignIn(t, role)}).get("/devices"); status != want {
			t.Errorf("%s: %d, want %d", role, status, want)
		}
	}
	b := browser{t, o, apptest.Browser()}
	for _, path := range []string{"/phone/check/abc", "/phone/enrol/abc?lang=en"} {
		if status, _, _ := b.get(path); status != 410 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := (browser{t, o, o.SignIn(t, user.Lead)}).get("/devices/" + device.Device{}.ID.String()); status != 404 {
		t.Errorf("no such device: %d", status)
	}
}
