// Package doortest opens the shell of the pages with nothing in it but what
// every door needs: an empty database, organisations, and accounts. A door is
// mounted in it alone, with fakes for what it asks of others.
package doortest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
	"einklang/internal/test/vaulttest"
)

// House is a shell with two organisations.
type House struct {
	DB     *store.DB
	Vault  *vault.Vault
	IDs    *id.Source
	Time   time.Time // the clock stands until a test moves it
	Log    *evidence.Log
	Audit  *audit.Log
	Orgs   *org.Registry
	Users  *user.Directory
	Shell  *shell.Shell
	Org    org.Org
	Others org.Org // another organisation in the same database

	handler http.Handler
}

// Open makes a House. Mount the door in its Shell before the first request.
func Open(t *testing.T, db *store.DB) *House {
	t.Helper()
	h := &House{DB: db, Vault: vaulttest.Open(t, db), IDs: id.System(), Time: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	h.Log = evidence.New(h.Vault, h.Now)
	h.Audit = audit.New(audit.Parts{DB: db, Vault: h.Vault, IDs: h.IDs, Now: h.Now, Log: slog.New(slog.DiscardHandler), Ledger: h.Log})
	h.Orgs = org.New(db, h.Vault, h.IDs, h.Now)
	h.Users = user.New(db, h.Vault, h.IDs, h.Now).Costing(user.Trifling())
	var err error
	if h.Shell, err = shell.New(shell.Options{DB: db, Users: h.Users, Orgs: h.Orgs, Audit: h.Audit, Now: h.Now, Log: slog.New(slog.DiscardHandler),
		Sight: func(context.Context, user.Account) (sight.Scope, error) { return sight.Everything(), nil }}); err != nil {
		t.Fatal(err)
	}
	for slug, at := range map[string]*org.Org{"beispiel": &h.Org, "andere": &h.Others} {
		if *at, err = h.Orgs.Create(t.Context(), slug, "Firma "+slug, org.DefaultSettings()); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// Now is the time of the House.
func (h *House) Now() time.Time { return h.Time }

// Write writes to the database.
func (h *House) Write(t *testing.T, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := h.DB.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Number registers a number of an organisation.
func (h *House) Number(t *testing.T, of org.Org, name string) org.Channel {
	t.Helper()
	c, err := h.Orgs.AddChannel(t.Context(), org.Channel{Org: of.ID, App: "app", PhoneNumberID: name, WABA: "waba " + of.Slug, Name: name, DisplayNumber: name}, "token")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Visitor is a browser.
type Visitor struct {
	user.Account // zero if nobody is signed in
	house        *House
	cookies      map[string]string
}

// Anybody is a browser in which nobody is signed in.
func (h *House) Anybody() *Visitor { return &Visitor{house: h, cookies: map[string]string{}} }

// As is somebody of an organisation with a role, signed in.
func (h *House) As(t *testing.T, of org.Org, role user.Role, locale string) *Visitor {
	t.Helper()
	v := h.Anybody()
	var err error
	name := of.Slug + "-" + string(role) + "-" + locale
	if v.Account, err = h.Users.Create(t.Context(), user.Account{Org: of.ID, Role: role, Locale: locale, Name: name, Email: name + "@example.com"}, "Beispiel-Passwort"); err != nil {
		t.Fatal(err)
	}
	if a := v.Post(t, "/sign-in", url.Values{"email": {v.Email}, "password": {"Beispiel-Passwort"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("%s cannot sign in: %d", name, a.Status)
	}
	return v
}

// Answer is what a door answered.
type Answer struct {
	Status int
	Body   string
	Header http.Header
}

// Says reports whether a page holds a text.
func (a Answer) Says(text string) bool { return strings.Contains(a.Body, text) }

// Get asks for a page.
func (v *Visitor) Get(t *testing.T, path string) Answer {
	t.Helper()
	return v.Do(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
}

// Post sends a form.
func (v *Visitor) Post(t *testing.T, path string, form url.Values) Answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.Do(t, r)
}

// Do sends a request with the cookies that the visitor has, and keeps those
// that come back.
func (v *Visitor) Do(t *testing.T, r *http.Request) Answer {
	t.Helper()
	if v.house.handler == nil {
		var err error
		if v.house.handler, err = v.house.Shell.Handler(); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.house.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	return Answer{Status: w.Code, Body: w.Body.String(), Header: w.Header()}
}
