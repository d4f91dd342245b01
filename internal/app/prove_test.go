package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// weighty are the acts that are done only by who has just proven who she is: what
// is taken along or erased, roles, keys, copies, factors, and the second person's
// yes. Whatever hands a file out belongs to them, too.
var weighty = []string{"package.prepared", "retention.run", "retention.changed", "import.undone", "staff.changed", "token.changed",
	"backup.asked", "restore.released", "factor.added", "factor.removed", "factor.demanded", "approval.decided", "role.changed"}

// Each route of staff that has consequences says that it needs a fresh proof.
func TestWhatHasConsequencesNeedsAFreshProof(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	seen := map[string]bool{}
	for _, r := range o.Audit.Routes() {
		if !strings.HasPrefix(r.Path(), "/") || strings.HasPrefix(r.Path(), "/api/") || strings.HasPrefix(r.Path(), "/portal/") {
			continue // commands, programs, people
		}
		heavy := r.Rule.Kind == audit.Export || slices.Contains(weighty, r.Rule.Act) || r.Pattern == "POST /desk/cases/{id}/grant" || r.Pattern == "POST /settings/sight"
		if heavy != r.Rule.Proof {
			t.Errorf("%s (%s): weighty %v, asks for a proof %v", r.Pattern, r.Rule.Act, heavy, r.Rule.Proof)
		}
		seen[r.Rule.Act] = true
	}
	for _, act := range weighty {
		if !seen[act] {
			t.Errorf("no route does %s", act)
		}
	}
}

// After ten minutes the page asks, does nothing without a proof, and then goes on
// with what was posted.
func TestAStaleSessionProvesWhoSheIs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := bare(o.SignIn(t, user.Admin))
		form := func(more ...string) url.Values {
			f := url.Values{"name": {"Kim & Beispiel"}, "email": {"kim@example.com"}, "role": {"agent"}}
			for i := 0; i < len(more); i += 2 {
				f.Set(more[i], more[i+1])
			}
			return f
		}
		accounts := func() int { return o.Count(t, "account", "") }
		o.Clock.Advance(9 * time.Minute)
		if status, _ := submit(t, o, admin, "/settings/users", url.Values{"name": {"Robin"}, "email": {"robin@example.com"}, "role": {"agent"}}); status != http.StatusOK || accounts() != 2 {
			t.Fatalf("she is asked after nine minutes: %d", status)
		}
		o.Clock.Advance(2 * time.Minute)
		status, page := submit(t, o, admin, "/settings/users", form())
		if status != http.StatusUnauthorized || !strings.Contains(page, `name="name" value="Kim &amp; Beispiel"`) || !strings.Contains(page, `action="/settings/users"`) {
			t.Fatalf("she is not asked: %d\n%s", status, page)
		}
		if status, page := submit(t, o, admin, "/settings/users", form("prove", "yes", "prove.password", "falsch falsch")); status != http.StatusUnauthorized || !strings.Contains(page, "Das Kennwort stimmt nicht") || strings.Contains(page, "falsch falsch") {
			t.Errorf("a wrong password: %d", status)
		}
		if status, _ := submit(t, o, admin, "/settings/users", form("prove", "yes", "prove.code", "000000")); status != http.StatusUnauthorized || accounts() != 2 {
			t.Fatalf("without a proof: %d", status)
		}
		if status, _ := submit(t, o, admin, "/settings/users", form("prove", "yes", "prove.password", "Beispiel-Passwort")); status != http.StatusOK || accounts() != 3 {
			t.Fatalf("with one: %d", status)
		}
		if status, _ := submit(t, o, admin, "/settings/users", url.Values{"name": {"Toni"}, "email": {"toni@example.com"}, "role": {"agent"}}); status != http.StatusOK || accounts() != 4 {
			t.Errorf("she is asked twice: %d", status)
		}
		dpo := bare(o.SignIn(t, user.DPO))
		o.Clock.Advance(11 * time.Minute)
		if status, page := visit(t, o, dpo, "/desk/evidence.jsonl"); status != http.StatusUnauthorized || !strings.Contains(page, `name="then" value="/desk/evidence.jsonl"`) {
			t.Fatalf("a file is handed out: %d", status)
		}
		if status, page := submit(t, o, dpo, "/prove", url.Values{"then": {"/desk/evidence.jsonl"}, "prove": {"yes"}, "prove.password": {"Beispiel-Passwort"}}); status != http.StatusOK || strings.Contains(page, "<html") {
			t.Errorf("with a proof: %d", status)
		}
		for _, away := range []string{"https://example.net/x", "//example.net", `/\example.net`, "javascript:alert(1)"} {
			dpo.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
				if r.URL.Host != strings.TrimPrefix(o.URL, "http://") {
					t.Errorf("%q leads to %s", away, r.URL)
				}
				return http.ErrUseLastResponse
			}
			submit(t, o, dpo, "/prove", url.Values{"then": {away}, "prove": {"yes"}, "prove.password": {"Beispiel-Passwort"}})
		}
		if _, page := postFile(t, o, admin, "/settings/tokens"); !strings.Contains(page, "bitte noch einmal") {
			o.Clock.Advance(11 * time.Minute)
			if status, page := postFile(t, o, admin, "/settings/tokens"); status != http.StatusUnauthorized || !strings.Contains(page, "bitte noch einmal") {
				t.Errorf("a file that cannot be kept: %d", status)
			}
		}
	})
}

// Who has a factor proves with it; her password proves nothing any more.
func TestAProofIsAFactorWhereThereIsOne(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		h := withApp(t, o, user.Admin)
		o.Clock.Advance(11 * time.Minute)
		add := func(more ...string) int {
			f := url.Values{"name": {"Kim"}, "email": {"kim@example.com"}, "role": {"agent"}, "prove": {"yes"}}
			f.Set(more[0], more[1])
			status, _ := submit(t, o, h.here, "/settings/users", f)
			return status
		}
		if status := add("prove.password", "Beispiel-Passwort"); status != http.StatusUnauthorized {
			t.Errorf("a password: %d", status)
		}
		if status := add("prove.code", h.code(-2)); status != http.StatusUnauthorized {
			t.Errorf("an old code: %d", status)
		}
		code := h.code(0)
		if status := add("prove.code", code); status != http.StatusOK || o.Count(t, "account", "") != 2 {
			t.Errorf("a code: %d", status)
		}
		o.Clock.Advance(11 * time.Minute)
		if status := add("prove.code", code); status != http.StatusUnauthorized {
			t.Errorf("the code counts again: %d", status)
		}
	})
}

// bare is a browser whose person is asked, and is not helped by the test.
func bare(browser *http.Client) *http.Client {
	return &http.Client{Jar: browser.Jar}
}

func postFile(t *testing.T, o *apptest.Office, browser *http.Client, path string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("name", "x"); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := browser.Post(o.URL+path, form.FormDataContentType(), &body)
	return visitor{t, o, browser}.read(resp, err)
}
