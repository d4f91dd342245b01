package app_test

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// Whatever is asked at whichever door, also what there is not and what is refused,
// the answer tells a browser to come by https only, to take it for what it is, to
// keep it nowhere, and to hand it to no other website. Nobody is led away from here.
func TestEveryAnswerIsGuarded(t *testing.T) {
	o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) { c.PublicURL = "https://einklang.example" }})
	account(t, o, user.Agent)
	handler, err := o.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []struct {
		method, path string
		form         url.Values
	}{
		{http.MethodGet, "/sign-in", nil},
		{http.MethodGet, "/inbox", nil},
		{http.MethodGet, "/there-is-nothing", nil},
		{http.MethodGet, "/static/", nil},
		{http.MethodGet, "/static/x/", nil},
		{http.MethodTrace, "/sign-in", nil},
		{http.MethodTrace, "/api/v1/messages", nil},
		{http.MethodPost, "/sign-in", url.Values{"email": {"agent@example.com"}, "password": {rightPassword}}},
		{http.MethodPost, "/sign-in", url.Values{"email": {"agent@example.com"}, "password": {"geraten geraten"}}},
		{http.MethodPost, "/language", url.Values{"back": {"//elsewhere.example/"}}},
		{http.MethodPost, "/language", url.Values{"back": {"https://elsewhere.example/"}}},
		{http.MethodPost, "/language", url.Values{"back": {`/\elsewhere.example/`}}},
		{http.MethodGet, "/portal/" + o.Org.Slug, nil},
		{http.MethodGet, "/privacy/" + o.Org.Slug, nil},
		{http.MethodGet, "/api/v1/messages", nil},
		{http.MethodGet, "/api/v1/openapi.json", nil},
		{http.MethodGet, "/api/v1/nothing", nil},
		{http.MethodOptions, "/api/v1/messages", nil},
		{http.MethodPost, "/webhooks/whatsapp", url.Values{"x": {"y"}}},
		{http.MethodGet, "/carddav/", nil},
		{http.MethodGet, "/healthz", nil},
		{http.MethodGet, "/readyz", nil},
	} {
		r, answer := httptest.NewRequestWithContext(t.Context(), ask.method, "https://einklang.example"+ask.path, strings.NewReader(ask.form.Encode())), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Canary", "Kanarienvogel")
		if ask.form == nil {
			r.Header.Set("Origin", "https://elsewhere.example")
		}
		handler.ServeHTTP(answer, r)
		h, name := answer.Header(), ask.method+" "+ask.path
		policy := h.Get("Content-Security-Policy")
		for header, want := range map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if h.Get(header) != want {
				t.Errorf("%s: %s is %q", name, header, h.Get(header))
			}
		}
		for _, must := range []string{"default-src 'none'", "base-uri 'none'", "form-action ", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, must) {
				t.Errorf("%s: the policy lacks %s: %q", name, must, policy)
			}
		}
		if !strings.Contains(h.Get("Cache-Control"), "no-store") {
			t.Errorf("%s may be kept: %q", name, h.Get("Cache-Control"))
		}
		for header := range h {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s says %s to another website", name, header)
			}
		}
		if kind, more, err := mime.ParseMediaType(h.Get("Content-Type")); answer.Body.Len() > 0 && (err != nil || strings.HasPrefix(kind, "text/") && more["charset"] != "utf-8") {
			t.Errorf("%s is of the kind %q", name, h.Get("Content-Type"))
		}
		if strings.Contains(h.Get("Location"), "elsewhere") {
			t.Errorf("%s leads to %s", name, h.Get("Location"))
		}
		if ask.method == http.MethodTrace && (answer.Code == http.StatusOK || strings.Contains(answer.Body.String(), "Kanarienvogel")) {
			t.Errorf("%s is answered %d: %s", name, answer.Code, answer.Body)
		}
		if strings.HasPrefix(ask.path, "/static/") && answer.Code != http.StatusNotFound {
			t.Errorf("%s is answered %d", name, answer.Code)
		}
	}
}

// What another website has a browser send changes nothing here.
func TestAnotherWebsiteChangesNothing(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	browser := o.SignIn(t, user.Agent)
	for name, headers := range map[string]map[string]string{
		"as browsers say it":  {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
		"as old ones say it":  {"Origin": "https://elsewhere.example"},
		"from a host beneath": {"Sec-Fetch-Site": "same-site", "Origin": "https://beneath.einklang.example"},
	} {
		for _, path := range []string{"/sign-out", "/profile", "/sign-in"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+path, strings.NewReader("do=others"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for header, value := range headers {
				r.Header.Set(header, value)
			}
			if status, _ := answerOf(t, browser, r); status != http.StatusForbidden {
				t.Errorf("%s, %s: %d", name, path, status)
			}
		}
	}
	if status, page := visit(t, o, browser, "/profile"); status != http.StatusOK || !strings.Contains(page, "/sign-out") {
		t.Errorf("the session after it: %d", status)
	}
}

// Who is refused is noted by the process, with identifiers and without what names
// somebody; so is a try at an account that there is not.
func TestWhatIsRefusedIsNoted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		if status, _ := visit(t, o, o.SignIn(t, user.Agent), "/settings/users"); status != http.StatusForbidden {
			t.Fatal(status)
		}
		signIn(t, o, "203.0.113.7", "niemand@example.com", "geraten geraten")
		_, o.APIToken = o.Token(t, token.Token{Kind: token.Automation, Scopes: []token.Scope{token.Send}})
		if status := o.REST(t, http.MethodGet, "/api/v1/templates", nil, nil); status != http.StatusForbidden {
			t.Fatal(status)
		}
		logs := o.Logs()
		for _, noted := range []string{"a role does not allow what was asked for", "GET /settings/users", "role=agent", "an account that there is not", "a token does not allow what was asked for"} {
			if !strings.Contains(logs, noted) {
				t.Errorf("it is not noted: %s\n%s", noted, logs)
			}
		}
		if strings.Contains(logs, "niemand@") || strings.Contains(logs, "203.0.113") || strings.Contains(logs, o.APIToken) {
			t.Errorf("too much is noted:\n%s", logs)
		}
	})
}

// A browser is told to keep nothing of the pages once somebody has signed out.
func TestSigningOutClearsTheBrowser(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	browser := o.SignIn(t, user.Agent)
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.PostForm(o.URL+"/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Clear-Site-Data"); resp.StatusCode != http.StatusSeeOther || got != `"cache", "storage"` {
		t.Errorf("signing out: %s, %q", resp.Status, got)
	}
}
