package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// The secret of a link leaves the address as soon as it is opened: the page stands
// under an address that opens nothing elsewhere, and works as it did.
func TestTheSecretOfALinkLeavesTheAddress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		_, secret, err := o.Users.Invite(t.Context(), o.DB, user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: "Beispielkonto", Email: "beispiel@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		hers, other := apptest.Browser(), apptest.Browser()
		var at string
		hers.CheckRedirect = func(r *http.Request, _ []*http.Request) error { at = r.URL.RequestURI(); return nil }
		status, page := visit(t, o, hers, "/password/"+secret+"?lang=en")
		if status != http.StatusOK || !strings.Contains(page, "beispiel@example.com") || !regexp.MustCompile(`^/password/~[0-9a-f]{16}\?lang=en$`).MatchString(at) || strings.Contains(page, secret) {
			t.Fatalf("the page is at %s: %d\n%s", at, status, page)
		}
		if status, page := visit(t, o, other, at); status != http.StatusGone || strings.Contains(page, "beispiel@example.com") {
			t.Errorf("another browser is answered %d", status)
		}
		if status, _ := submit(t, o, other, at, url.Values{"password": {"Ein anderes Beispiel"}}); status != http.StatusGone {
			t.Errorf("another browser chooses a password: %d", status)
		}
		if status, _ := visit(t, o, hers, at); status != http.StatusOK {
			t.Errorf("loading it again: %d", status)
		}
		if status, page := submit(t, o, hers, at, url.Values{"password": {"Ein neues Beispiel 7"}}); status != http.StatusOK || !strings.Contains(page, "Beispielkonto") {
			t.Errorf("choosing a password: %d", status)
		}
	})
}

// Over https each cookie is one that only this host, and the whole of it, can set,
// and that no script reads.
func TestCookiesBelongToTheHostAlone(t *testing.T) {
	o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) { c.PublicURL = "https://einklang.example" }})
	account(t, o, user.Agent)
	handler, err := o.Handler()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, ask := range []struct {
		method, path string
		form         url.Values
	}{
		{http.MethodPost, "/sign-in", url.Values{"email": {"agent@example.com"}, "password": {rightPassword}}},
		{http.MethodPost, "/language", nil},
		{http.MethodGet, "/password/abc", nil},
		{http.MethodGet, "/portal/" + o.Org.Slug + "/enter/abcd", nil},
		{http.MethodPost, "/sign-out", nil},
	} {
		r, answer := httptest.NewRequestWithContext(t.Context(), ask.method, "https://einklang.example"+ask.path, strings.NewReader(ask.form.Encode())), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		handler.ServeHTTP(answer, r)
		for _, c := range answer.Result().Cookies() {
			seen[c.Name] = true
			if !strings.HasPrefix(c.Name, "__Host-") || c.Path != "/" || c.Domain != "" || !c.Secure || !c.HttpOnly || c.SameSite == http.SameSiteDefaultMode {
				t.Errorf("%s %s sets %s", ask.method, ask.path, c)
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("only %d cookies are set: %v", len(seen), seen)
	}
}
