// Package audited_test walks all ways in and looks at what the log of what is
// done says afterwards.
package audited_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"filippo.io/age"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// attempt is a request that changes something.
type attempt struct {
	path string
	form url.Values
	file map[string]string // field → content; then the form is a multipart one
	body any               // JSON, with the token of a program
	card string            // of a phone, which says who it is
	as   phone
	by   *http.Client     // who asks; nil: an administrator
	late bool             // the work is done after the answer
	on   *walk            // another installation
	vain []func() attempt // what is refused, though the request is well-formed
}

// phone is what a phone says who it is.
type phone struct{ login, password string }

// walk is an office with whatever the attempts need.
type walk struct {
	*apptest.Office
	t       *testing.T
	mail    *mailtest.Server
	erika   *sandbox.Phone
	person  *chat.Known
	thread  conversation.Summary
	staff   map[user.Role]*http.Client
	visitor *http.Client // in the portal
	google  *google
	empty   func() string // the address of a further database
}

func newWalk(t *testing.T, url string) *walk {
	t.Helper()
	w := &walk{t: t, mail: mailtest.Start(t, mail.StartTLS), staff: map[user.Role]*http.Client{}, google: newGoogle(t)}
	w.Office = apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) {
		c.Mail, c.PublicURL = w.mail.Config(t), named(c.PublicURL)
		c.Backup = backup.Config{Folder: t.TempDir(), Recipients: []string{recipient(t)}}
		w.google.manages(t, &c.Phones)
	}})
	w.empty = func() string {
		if strings.HasPrefix(url, "sqlite:") {
			return storetest.SQLite(t)
		}
		return storetest.Postgres(t)
	}
	w.erika = w.Customer("Erika Mustermann", "4917604069001")
	w.erika.Say(w.Number, "Guten Tag")
	w.Settle(t)
	w.person, w.thread = w.Person(t, w.erika), w.onlyThread()
	for _, role := range []user.Role{user.Agent, user.DPO, user.Admin} {
		w.staff[role] = stay(w.SignIn(t, role))
	}
	w.do(func(tx store.Tx) error {
		for _, purpose := range []string{optin.Service, optin.Utility, optin.Marketing} {
			if _, _, err := w.Consents.PublishText(t.Context(), tx, w.Org.ID, purpose, "Ja, gern.", "Yes, please.", false); err != nil {
				return err
			}
		}
		return w.Consents.SaveSettings(t.Context(), tx, w.Org.ID, optin.Settings{Form: true, ByEmail: true})
	})
	w.visitor = w.stranger()
	return w
}

func (w *walk) onlyThread() conversation.Summary {
	w.t.Helper()
	all, err := w.Threads.List(w.t.Context(), w.DB, w.Org.ID, conversation.Filter{View: conversation.ViewAll}, conversation.Place{}, 2)
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d conversations, %v", len(all), err)
	}
	return all[0]
}

func recipient(t *testing.T) string {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity.Recipient().String()
}

// named is an address with a name, as passkeys need one.
func named(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

// stay keeps a browser from following redirections: each answer is one request.
func stay(browser *http.Client) *http.Client {
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser
}

func (w *walk) stranger() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return stay(&http.Client{Jar: jar})
}

func (w *walk) do(fn func(store.Tx) error) {
	w.t.Helper()
	w.Write(w.t, fn)
}

// made is what a piece of work in a transaction made.
func made[T any](w *walk, fn func(store.Tx) (T, error)) (out T) {
	w.t.Helper()
	w.do(func(tx store.Tx) (err error) { out, err = fn(tx); return err })
	return out
}

func must[T any](w *walk) func(T, error) T {
	return func(v T, err error) T {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		return v
	}
}

// send makes the request.
func (w *walk) send(method string, a attempt, browser *http.Client) (int, string) {
	w.t.Helper()
	body, kind := io.Reader(strings.NewReader(a.form.Encode())), "application/x-www-form-urlencoded"
	switch {
	case a.card != "":
		body, kind = strings.NewReader(a.card), "text/vcard"
	case a.body != nil:
		raw, err := json.Marshal(a.body)
		if err != nil {
			w.t.Fatal(err)
		}
		body, kind = bytes.NewReader(raw), "application/json"
	case a.file != nil:
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for field, values := range a.form {
			if err := form.WriteField(field, values[0]); err != nil {
				w.t.Fatal(err)
			}
		}
		for field, content := range a.file {
			part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + field + `"; filename="datei.csv"`}, "Content-Type": {http.DetectContentType([]byte(content))}})
			if err == nil {
				_, err = io.WriteString(part, content)
			}
			if err != nil {
				w.t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			w.t.Fatal(err)
		}
		body, kind = &b, form.FormDataContentType()
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+a.path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if strings.HasPrefix(a.path, "/api/") && browser != http.DefaultClient {
		r.Header.Set("Authorization", "Bearer "+w.APIToken)
	}
	if a.as.login != "" {
		r.SetBasicAuth(a.as.login, a.as.password)
	}
	resp, err := browser.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// entries counts what the log says was changed or handed out.
func (w *walk) entries() int {
	w.t.Helper()
	w.Audit.Settle()
	var n int
	if err := w.DB.QueryRow(w.t.Context(), "SELECT COUNT(*) FROM audit WHERE act NOT LIKE '%viewed' AND act NOT LIKE '%listed' AND act NOT IN ('searched', 'book.synced', 'signin.failed')").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// without takes the table of the log away while something is tried: then the
// entry cannot be written, and so nothing can be done.
func (w *walk) without(try func()) {
	w.t.Helper()
	rename := func(from, to string) {
		w.do(func(tx store.Tx) error {
			_, err := tx.Exec(w.t.Context(), "ALTER TABLE "+from+" RENAME TO "+to)
			return err
		})
	}
	w.Audit.Settle()
	rename("audit", "audit_away")
	try()
	rename("audit_away", "audit")
}

// Each route that changes something writes exactly one entry when it did, and
// none when it did not: because nobody is signed in, the role does not allow it,
// there is no such thing, or the transaction fails. A change whose entry cannot
// be written does not happen, so that it can be tried again.
func TestEachChangeIsWrittenOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := newWalk(t, url)
		missing := map[string]bool{}
		for _, r := range w.Audit.Routes() {
			if r.Rule.Kind == audit.Change {
				missing[r.Pattern] = true
			}
		}
		for _, c := range changes() {
			if !missing[c.route] {
				t.Errorf("%s is not a route that changes something, or is there twice", c.route)
			}
			delete(missing, c.route)
			a := c.make(w)
			if a.on == nil {
				a.on = w
			}
			a.on.changesOnce(c.route, a)
		}
		for route := range maps.Keys(missing) {
			t.Errorf("%s changes something, and is not in the table", route)
		}
	})
}

func (w *walk) changesOnce(route string, a attempt) {
	t := w.t
	t.Helper()
	method, _, _ := strings.Cut(route, " ")
	browser := a.by
	before := w.entries()
	if browser == nil {
		browser = w.staff[user.Admin]
		if status, _ := w.send(method, a, stay(&http.Client{})); status != http.StatusSeeOther && status != http.StatusUnauthorized && a.body == nil {
			t.Errorf("%s without a session: %d", route, status)
		}
		if strings.Contains(route, "{id}") {
			lost := a
			lost.path = lostPath(route, a.path, w.IDs.New())
			if status, _ := w.send(method, lost, browser); status < http.StatusBadRequest {
				t.Errorf("%s to something that does not exist: %d", route, status)
			}
		}
	}
	for _, vain := range a.vain {
		if status, _ := w.send(method, vain(), browser); status < http.StatusBadRequest {
			t.Errorf("%s in vain: %d", route, status)
		}
	}
	if now := w.entries(); now != before {
		t.Errorf("%s was refused, and the log has %d entries more", route, now-before)
		before = now
	}
	if !a.late {
		w.without(func() {
			if status, _ := w.send(method, a, browser); status < http.StatusInternalServerError {
				t.Errorf("%s without its entry: %d", route, status)
			}
		})
	}
	status, page := w.send(method, a, browser)
	if a.late {
		w.Until(t, "the entry of "+route, func() bool { return w.entries() > before })
	}
	if n := w.entries() - before; n != 1 || status >= http.StatusBadRequest {
		t.Errorf("%s: %d, and %d entries\n%.600s", route, status, n, page)
	}
}

// lostPath names something that does not exist instead.
func lostPath(route, path string, nothing id.ID) string {
	_, pattern, _ := strings.Cut(route, " ")
	holes, parts := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, hole := range holes {
		if hole == "{id}" {
			parts[i] = nothing.String()
		}
	}
	return strings.Join(parts, "/")
}

// Who may not do something leaves no trace of having done it.
func TestWhatARoleMayNotDoLeavesNoTrace(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := newWalk(t, url)
		before, forbidden := w.entries(), 0
		for _, c := range w.Audit.Routes() {
			if c.Method() != http.MethodPost || c.Rule.Kind != audit.Change || !strings.HasPrefix(c.Path(), "/desk/") && !strings.HasPrefix(c.Path(), "/settings/") {
				continue
			}
			path := strings.NewReplacer("{id}", w.IDs.New().String(), "{class}", "messages", "{what}", "note").Replace(c.Path())
			if status, _ := w.send(http.MethodPost, attempt{path: path}, w.staff[user.Agent]); status == http.StatusForbidden {
				forbidden++
			}
		}
		if now := w.entries(); now != before || forbidden < 20 {
			t.Errorf("%d were forbidden, and the log has %d entries more", forbidden, now-before)
		}
	})
}
