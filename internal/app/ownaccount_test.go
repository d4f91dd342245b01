package app_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

var passwordLinks = regexp.MustCompile(`/password/[A-Za-z0-9_-]{43}`)

// Who forgot her password gets a mail, and nobody learns whether there is such an
// account. The link works once, for an hour.
func TestAForgottenPassword(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		reset := func(email string) string {
			t.Helper()
			status, page := submit(t, e.Office, &http.Client{}, "/forgot", url.Values{"email": {email}})
			if status != http.StatusOK {
				t.Fatal(status)
			}
			e.Audit.Settle()
			return page
		}
		links := func() int { return e.Count(t, "password_link", "") }
		if a, b := reset("niemand@example.com"), reset(" "+strings.ToUpper(e.officer)); a != b || !strings.Contains(a, "Gibt es zu dieser Adresse") {
			t.Error("the answers differ")
		}
		if n := links(); n != 1 {
			t.Fatalf("%d links", n)
		}
		e.told(e.officer, "angefordert")
		link := ""
		for _, m := range e.post.Mails() {
			if m.To == e.officer {
				link = passwordLinks.FindString(m.Body(t))
			} else {
				t.Errorf("a mail to %s", m.To)
			}
		}
		if reset(e.officer); links() != 1 {
			t.Error("two mails within a minute")
		}
		e.Clock.Advance(2 * time.Minute)
		if reset(e.officer); links() != 2 {
			t.Error("who asks in her name takes the first link from her")
		}
		if status, page := submit(t, e.Office, &http.Client{}, link, url.Values{"password": {"1234567890"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "als eines der ersten") {
			t.Errorf("a common password: %d", status)
		}
		fresh := e.stranger()
		if status, _ := submit(t, e.Office, fresh, link, url.Values{"password": {"drei bunte Vögel"}}); status != http.StatusOK {
			t.Fatalf("the link: %d", status)
		}
		if links() != 0 {
			t.Error("other links are left")
		}
		if _, page := visit(t, e.Office, e.dpo, "/profile"); !strings.Contains(page, `action="/sign-in"`) {
			t.Error("a session from before goes on")
		}
		if got := acts(t, e.Office, auditFilter("signin.forgot")); len(got) != 2 {
			t.Errorf("in the log: %v", got)
		}
		e.Clock.Advance(2 * time.Minute)
		reset(e.adminTo)
		e.told(e.adminTo, "angefordert")
		e.Clock.Advance(user.ForgotLife)
		for _, m := range e.post.Mails() {
			if m.To == e.adminTo {
				if _, page := visit(t, e.Office, e.stranger(), passwordLinks.FindString(m.Body(t))); !strings.Contains(page, "verbraucht oder abgelaufen") {
					t.Error("the link works after its hour")
				}
			}
		}
	})
}

// Who is signed in stands on every page, with the way to her own account: her
// name, her password, and where she is signed in.
func TestOnesOwnAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.SignIn(t, user.Agent)
		me := o.SignIn(t, user.Lead)
		all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		mine, others := all[1], all[0]
		again := o.SignInAs(t, mine.Email, "Beispiel-Passwort")
		third := o.SignInAs(t, mine.Email, "Beispiel-Passwort")
		for _, path := range []string{"/inbox", "/consent", "/devices", "/reports", "/profile"} {
			if _, page := visit(t, o, me, path); !strings.Contains(page, `href="/profile"`) || !strings.Contains(page, ">"+mine.Name+"</a>") {
				t.Errorf("%s does not say who is signed in", path)
			}
		}
		in := func(who *http.Client) bool {
			_, page := visit(t, o, who, "/profile")
			return strings.Contains(page, mine.Email)
		}
		do := func(form url.Values) (int, string) { return submit(t, o, me, "/profile", form) }
		_, page := visit(t, o, me, "/profile")
		keys := regexp.MustCompile(`name="key" value="([0-9a-f]{64})"`).FindAllStringSubmatch(page, -1)
		if len(keys) != 2 || !strings.Contains(page, "diese Anmeldung") {
			t.Fatalf("%d other sessions", len(keys))
		}
		do(url.Values{"do": {"session"}, "key": {keys[0][1]}})
		if in(again) == in(third) || !in(me) {
			t.Error("one session ends, and no other")
		}
		theirs := sessionOf(t, o, others.Email)
		if status, _ := do(url.Values{"do": {"session"}, "key": {theirs}}); status != http.StatusUnprocessableEntity || o.Count(t, "session", "account_id = ?", others.ID) == 0 {
			t.Errorf("somebody else's session: %d", status)
		}
		do(url.Values{"do": {"others"}})
		if in(again) || in(third) || !in(me) {
			t.Error("all others end, and not this one")
		}
		for name, c := range map[string]struct {
			form   url.Values
			status int
		}{
			"without a name":    {url.Values{"do": {"own"}, "name": {" "}, "locale": {"de"}}, 422},
			"another language":  {url.Values{"do": {"own"}, "name": {"Kim"}, "locale": {"fr"}}, 404},
			"a wrong password":  {url.Values{"do": {"password"}, "before": {"falsch falsch"}, "password": {"drei bunte Vögel"}}, 422},
			"a common password": {url.Values{"do": {"password"}, "before": {"Beispiel-Passwort"}, "password": {"1234567890"}}, 422},
			"something else":    {url.Values{"do": {"role"}, "role": {"admin"}}, 404},
		} {
			if status, _ := do(c.form); status != c.status {
				t.Errorf("%s: %d", name, status)
			}
		}
		if _, page := do(url.Values{"do": {"own"}, "name": {"Kim Neu"}, "locale": {"en"}}); !strings.Contains(page, ">Kim Neu</a>") || !strings.Contains(page, "My account") {
			t.Error("name and language do not change")
		}
		again = o.SignInAs(t, mine.Email, "Beispiel-Passwort")
		if status, page := do(url.Values{"do": {"password"}, "before": {"Beispiel-Passwort"}, "password": {"drei bunte Vögel"}}); status != http.StatusOK || !strings.Contains(page, "Saved") {
			t.Errorf("another password: %d", status)
		}
		if in(again) || !in(me) {
			t.Error("a new password ends the other sessions, and not this one")
		}
		o.SignInAs(t, mine.Email, "drei bunte Vögel")
	})
}

// The last administrator is helped on the machine itself.
func TestTheLastAdministratorIsHelpedOnTheMachine(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.SignIn(t, user.Admin)
		all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		help := func(email, password string) error {
			return o.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return o.Users.Help(ctx, tx, o.Org.ID, email, password) })
		}
		if err := help("niemand@example.com", "drei bunte Vögel"); err == nil {
			t.Error("somebody who is not here is helped")
		}
		if err := help(all[0].Email, "1234567890"); err == nil {
			t.Error("with a common password")
		}
		if err := help(all[0].Email, "drei bunte Vögel"); err != nil {
			t.Fatal(err)
		}
		o.SignInAs(t, all[0].Email, "drei bunte Vögel")
	})
}

func auditFilter(act string) audit.Filter { return audit.Filter{Act: act} }

func (e *fourEyes) stranger() *http.Client {
	e.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// sessionOf is the key of a new session of somebody, as her own page names it.
func sessionOf(t *testing.T, o *apptest.Office, email string) string {
	t.Helper()
	o.SignInAs(t, email, "Beispiel-Passwort")
	_, page := visit(t, o, o.SignInAs(t, email, "Beispiel-Passwort"), "/profile")
	found := regexp.MustCompile(`name="key" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("no other session")
	}
	return found[1]
}
