package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/foureyes"
	"einklang/internal/test/apptest"
)

var (
	appKeys       = regexp.MustCompile(`id="key">([A-Z2-7 ]+)<`)
	recoveryCodes = regexp.MustCompile(`<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})</li>`)
)

// holder is somebody with an authenticator app.
type holder struct {
	*apptest.Office
	t     *testing.T
	email string
	here  *http.Client
	key   string
	codes []string
}

// withApp signs somebody in who then adds an authenticator app.
func withApp(t *testing.T, o *apptest.Office, role user.Role) *holder {
	t.Helper()
	h := &holder{Office: o, t: t, here: o.SignIn(t, role)}
	all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.email = all[len(all)-1].Email
	h.key, h.codes = addApp(t, o, h.here)
	return h
}

func addApp(t *testing.T, o *apptest.Office, browser *http.Client) (key string, codes []string) {
	t.Helper()
	_, page := submit(t, o, browser, "/profile/app", url.Values{})
	found := appKeys.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no key:\n%s", page)
	}
	status, page := submit(t, o, browser, "/profile/app", url.Values{"do": {"confirm"}, "name": {"Telefon"}, "code": {apptest.AppCode(found[1], o.Clock.Now())}})
	if status != http.StatusOK {
		t.Fatalf("%d\n%s", status, page)
	}
	for _, m := range recoveryCodes.FindAllStringSubmatch(page, -1) {
		codes = append(codes, m[1])
	}
	return found[1], codes
}

// code is what the app shows so many steps from now.
func (h *holder) code(steps int) string {
	return apptest.AppCode(h.key, h.Clock.Now().Add(time.Duration(steps)*30*time.Second))
}

// in signs in with the password; then a factor is asked for.
func (h *holder) in(browser *http.Client) *http.Client {
	h.t.Helper()
	if _, page := submit(h.t, h.Office, browser, "/sign-in", url.Values{"email": {h.email}, "password": {"Beispiel-Passwort"}}); !strings.Contains(page, `action="/sign-in/factor"`) {
		h.t.Fatalf("no factor is asked for:\n%s", page)
	}
	return browser
}

// pass proves with a code, and returns the status.
func (h *holder) pass(browser *http.Client, code string) int {
	h.t.Helper()
	status, _ := submit(h.t, h.Office, browser, "/sign-in/factor", url.Values{"code": {code}})
	return status
}

// inside reports whether somebody is signed in.
func inside(t *testing.T, o *apptest.Office, browser *http.Client) bool {
	t.Helper()
	_, page := visit(t, o, browser, "/profile")
	return !strings.Contains(page, `action="/sign-in"`)
}

// A password is not enough any more where there is a factor, whatever the browser
// was; a code counts once, and near its time.
func TestAFactorIsAskedFor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		h := withApp(t, o, user.Lead)
		if len(h.codes) != 10 {
			t.Fatalf("%d recovery codes", len(h.codes))
		}
		if _, page := visit(t, o, h.here, "/profile"); strings.Contains(page, h.key) || strings.Contains(page, h.codes[0]) || !strings.Contains(page, "10 Wiederherstellungscodes") {
			t.Error("secrets are shown again, or the codes are not counted")
		}
		known := h.in(h.here) // a browser that is known is asked, too
		if inside(t, o, newBrowser(t)) {
			t.Error("anybody is in")
		}
		stranger := h.in(newBrowser(t))
		if inside(t, o, stranger) {
			t.Fatal("the password alone lets in")
		}
		if status := h.pass(stranger, h.code(0)); status != http.StatusUnauthorized || inside(t, o, stranger) {
			t.Errorf("the code that confirmed the app counts again: %d", status)
		}
		for _, wrong := range []string{h.code(3), h.code(-3), "", "000", h.codes[0][:18]} {
			if status := h.pass(h.in(newBrowser(t)), wrong); status != http.StatusUnauthorized {
				t.Errorf("%q: %d", wrong, status)
			}
		}
		o.Clock.Advance(15 * time.Minute) // the pause after wrong codes
		next := h.code(1)
		if status := h.pass(h.in(stranger), next); status != http.StatusOK || !inside(t, o, stranger) {
			t.Errorf("the next code of a clock that is fast: %d", status)
		}
		if status := h.pass(h.in(known), next); status != http.StatusUnauthorized {
			t.Errorf("a code counts twice: %d", status)
		}
		if status := h.pass(h.in(known), h.code(0)); status != http.StatusUnauthorized {
			t.Errorf("a code from before one that counted: %d", status)
		}
		if got := acts(t, o, auditFilter("signin.failed")); len(got) == 0 {
			t.Error("wrong codes are not in the log")
		}
		for _, secret := range append([]string{h.key, strings.ReplaceAll(h.key, " ", "")}, h.codes...) {
			if strings.Contains(o.Logs(), secret) {
				t.Error("a secret is logged")
			}
		}
	})
}

// Who has the password and guesses at the codes is asked for the password again
// after five, and waits.
func TestGuessingAtCodesIsSlow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		h := withApp(t, o, user.Agent)
		thief := h.in(newBrowser(t))
		for range 5 {
			h.pass(thief, "000000")
		}
		if n := o.Count(t, "sign_in_step", ""); n != 0 {
			t.Error("after five wrong codes the password is not asked for again")
		}
		for range 6 {
			h.pass(h.in(newBrowser(t)), "000000")
		}
		if status := h.pass(h.in(newBrowser(t)), h.code(1)); status != http.StatusTooManyRequests {
			t.Errorf("guessing goes on: %d", status)
		}
		o.Clock.Advance(15 * time.Minute)
		if status := h.pass(h.in(newBrowser(t)), h.code(0)); status != http.StatusOK {
			t.Errorf("the holder is kept out: %d", status)
		}
	})
}

// A new password takes no factor away; a recovery code lets in once, and a new
// factor is asked for before anything else.
func TestARecoveryCode(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		h := withApp(t, o, user.Agent)
		a, err := o.Users.ByEmail(t.Context(), h.email)
		if err != nil {
			t.Fatal(err)
		}
		var link string
		o.Write(t, func(tx store.Tx) (err error) {
			link, err = o.Users.NewLink(t.Context(), tx, o.Org.ID, a.ID)
			return err
		})
		lost := newBrowser(t)
		if _, page := submit(t, o, lost, "/password/"+link, url.Values{"password": {"Beispiel-Passwort"}}); !strings.Contains(page, `action="/sign-in/factor"`) || inside(t, o, lost) {
			t.Fatal("a reset takes the factor away")
		}
		if status := h.pass(lost, strings.ToLower(strings.ReplaceAll(h.codes[3], "-", " "))); status != http.StatusOK {
			t.Fatalf("a recovery code: %d", status)
		}
		for _, path := range []string{"/", "/inbox", "/profile", "/search"} {
			if _, page := visit(t, o, lost, path); !strings.Contains(page, "Richten Sie zuerst einen neuen Faktor ein") {
				t.Errorf("%s is reached without a factor", path)
			}
		}
		if status := h.pass(h.in(newBrowser(t)), h.codes[3]); status != http.StatusUnauthorized {
			t.Errorf("the code counts twice: %d", status)
		}
		if key, codes := addApp(t, o, lost); key == h.key || len(codes) != 0 {
			t.Errorf("the key from before, or new codes: %d", len(codes))
		}
		if _, page := visit(t, o, lost, "/profile"); !strings.Contains(page, "9 Wiederherstellungscodes") || strings.Count(page, `value="remove"`) != 2 {
			t.Errorf("she does not go on:\n%s", page)
		}
		if got := acts(t, o, auditFilter("signin.recovery")); len(got) != 1 {
			t.Errorf("in the log: %v", got)
		}
	})
}

// newBrowser is one in which nobody has signed in.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	return newVisitor(t, nil).Client
}

// A role that needs a factor: who has none reaches nothing but the page on which she
// sets one up, at once; and the cockpit says which roles, and how many are missing.
func TestS21ARoleNeedsAFactor(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		agent := e.SignIn(t, user.Agent)
		demand := func(role, do string) (int, string) {
			return submit(t, e.Office, e.admin, "/settings/factors", url.Values{"role": {role}, "do": {do}})
		}
		s21 := func() (m cockpit.Measure) {
			t.Helper()
			f, err := e.Cockpit.Facts(t.Context(), e.Org.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range cockpit.Judge(f) {
				if one.ID == "S21" {
					m = one
				}
			}
			return m
		}
		if m := s21(); m.Finding != "password_only" {
			t.Errorf("without a demand: %+v", m)
		}
		if status, page := demand("agent", "demand"); status != http.StatusOK || !strings.Contains(page, "1 von 1") {
			t.Fatalf("%d\n%s", status, page)
		}
		if m := s21(); m.Finding != "factor_roles" || m.Evidence[2] != "yes" || m.Evidence[5] != "no" || m.Evidence[6] != "1" {
			t.Errorf("who decides needs none: %+v", m)
		}
		for _, path := range []string{"/", "/inbox", "/profile", "/search"} {
			if _, page := visit(t, e.Office, agent, path); !strings.Contains(page, "braucht hier einen zweiten Faktor") {
				t.Errorf("%s is reached without a factor", path)
			}
		}
		if status, page := submit(t, e.Office, agent, "/profile", url.Values{"do": {"own"}, "name": {"Anders"}, "locale": {"de"}}); !strings.Contains(page, "braucht hier einen zweiten Faktor") {
			t.Errorf("she changes something without a factor: %d", status)
		}
		addApp(t, e.Office, agent)
		if _, page := visit(t, e.Office, agent, "/profile"); strings.Contains(page, "braucht hier einen zweiten Faktor") {
			t.Error("with a factor she does not go on")
		}
		if _, page := demand("agent", "waive"); !asks(page) || !strings.Contains(page, "braucht keinen zweiten Faktor mehr") {
			t.Errorf("one person lowers it:\n%s", page)
		}
		if all, err := e.Users.Demands(t.Context(), e.DB, e.Org.ID); err != nil || !all[0].Demanded {
			t.Fatal("it is lowered", err)
		}
		if status := e.decide(e.dpo, e.question(e.admin, approval.Control, "factor.agent"), "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, page := demand("agent", "waive"); asks(page) {
			t.Error("a grant does not lower it")
		}
		demand("dpo", "demand")
		demand("admin", "demand")
		if m := s21(); m.Finding != "factor_missing" || m.Evidence[6] != "2" {
			t.Errorf("two are missing: %+v", m)
		}
		addApp(t, e.Office, e.admin)
		addApp(t, e.Office, e.dpo)
		if m := s21(); m.State != cockpit.Green {
			t.Errorf("all have one: %+v", m)
		}
	})
}

// Somebody else's lost factors need two, also those of who decides nothing; and
// where nobody else decides, 72 hours.
func TestLostFactorsAreRemovedByTwo(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		h := withApp(t, e.Office, user.Agent)
		a, err := e.Users.ByEmail(t.Context(), h.email)
		if err != nil {
			t.Fatal(err)
		}
		if _, page := e.change(e.admin, a.ID, "factors"); !asks(page) || !strings.Contains(page, "Verlorene Faktoren") {
			t.Fatalf("one takes them away:\n%s", page)
		}
		if n := e.Count(t, "factor", ""); n != 1 {
			t.Fatal("they are gone")
		}
		q := e.question(e.admin, approval.Account, approval.AccountSubject(a.ID, foureyes.SetFactors, ""))
		if status := e.decide(e.dpo, q, "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, page := e.change(e.admin, a.ID, "factors"); asks(page) {
			t.Fatal("a grant does not work")
		}
		if e.Count(t, "factor", "") != 0 || e.Count(t, "recovery_code", "") != 0 || inside(t, e.Office, h.here) {
			t.Error("factors, codes or sessions are left")
		}
		if browser := e.again(h.email); !inside(t, e.Office, browser) {
			t.Error("the password is not enough")
		}
		e.change(e.admin, e.dpoID, "deactivate")
		e.later(8 * 24 * time.Hour)
		again := e.again(h.email)
		addApp(t, e.Office, again)
		q = e.question(e.admin, approval.Account, approval.AccountSubject(a.ID, foureyes.SetFactors, ""))
		if !q.Alone {
			t.Fatalf("%+v", q)
		}
		if _, page := e.change(e.admin, a.ID, "factors"); !asks(page) {
			t.Error("alone at once")
		}
		e.later(foureyes.Wait)
		if _, page := e.change(e.admin, a.ID, "factors"); asks(page) || e.Count(t, "factor", "") != 0 {
			t.Error("after 72 hours nobody is helped")
		}
	})
}
