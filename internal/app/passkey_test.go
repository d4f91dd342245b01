package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// keyring is an authenticator with one passkey.
type keyring struct {
	*apptest.Office
	t     *testing.T
	party virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func newDevice(t *testing.T, o *apptest.Office) *keyring {
	t.Helper()
	return &keyring{Office: o, t: t, party: virtualwebauthn.RelyingParty{Name: "Einklang", ID: "localhost", Origin: strings.Replace(o.URL, "127.0.0.1", "localhost", 1)},
		auth: virtualwebauthn.NewAuthenticator(), key: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
}

// ask gets what a script would get.
func (d *keyring) ask(browser *http.Client, path string) (int, string) {
	d.t.Helper()
	return submit(d.t, d.Office, browser, path, url.Values{})
}

// enrol makes the passkey known.
func (d *keyring) enrol(browser *http.Client, org id.Org, account id.Account) (int, string) {
	d.t.Helper()
	status, options := d.ask(browser, "/profile/passkey/offer")
	if status != http.StatusOK {
		d.t.Fatalf("%d\n%s", status, options)
	}
	parsed, err := virtualwebauthn.ParseAttestationOptions(`{"publicKey":` + options + `}`)
	if err != nil {
		d.t.Fatal(err, options)
	}
	d.auth.Options.UserHandle = append(append([]byte{}, org[:]...), account[:]...)
	d.auth.AddCredential(d.key)
	return submit(d.t, d.Office, browser, "/profile/passkey", url.Values{"name": {"Beispielgerät"}, "passkey": {virtualwebauthn.CreateAttestationResponse(d.party, d.auth, d.key, *parsed)}})
}

// sign answers what a page asks.
func (d *keyring) sign(browser *http.Client, path string) string {
	d.t.Helper()
	status, options := d.ask(browser, path)
	if status != http.StatusOK {
		d.t.Fatalf("%s: %d\n%s", path, status, options)
	}
	parsed, err := virtualwebauthn.ParseAssertionOptions(`{"publicKey":` + options + `}`)
	if err != nil {
		d.t.Fatal(err, options)
	}
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.party, d.auth, d.key, *parsed)
}

func (d *keyring) signIn(browser *http.Client, answer string) int {
	d.t.Helper()
	status, _ := submit(d.t, d.Office, browser, "/sign-in/passkey", url.Values{"passkey": {answer}})
	return status
}

// atName opens an office whose public address has a name.
func atName(t *testing.T, test func(t *testing.T, o *apptest.Office)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, database string) {
		test(t, apptest.OpenWith(t, database, apptest.Options{Config: func(c *app.Config) { c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) }}))
	})
}

// A passkey signs in by itself, and is a second factor; its challenge counts once,
// for this address, and only with a finger or a PIN.
func TestAPasskey(t *testing.T) {
	atName(t, func(t *testing.T, o *apptest.Office) {
		here := o.SignIn(t, user.Agent)
		all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		me := all[0]
		d := newDevice(t, o)
		if status, page := d.enrol(here, me.Org, me.ID); status != http.StatusOK || len(recoveryCodes.FindAllString(page, -1)) != 10 {
			t.Fatalf("%d\n%s", status, page)
		}
		if _, page := visit(t, o, here, "/profile"); !strings.Contains(page, "Beispielgerät") {
			t.Error("the passkey is not listed")
		}
		alone := newBrowser(t)
		answer := d.sign(alone, "/sign-in/passkey/ask")
		if status := d.signIn(newBrowser(t), answer); status != http.StatusUnauthorized {
			t.Errorf("an answer to another browser's challenge: %d", status)
		}
		answer = d.sign(alone, "/sign-in/passkey/ask")
		if status := d.signIn(alone, answer); status != http.StatusOK || !inside(t, o, alone) {
			t.Fatalf("by itself: %d", status)
		}
		if got := acts(t, o, auditFilter("signin.passkey")); len(got) != 1 {
			t.Errorf("in the log: %v", got)
		}
		if status := d.signIn(newBrowser(t), answer); status != http.StatusUnauthorized {
			t.Errorf("an answer counts twice: %d", status)
		}
		h := &holder{Office: o, t: t, email: me.Email}
		second := h.in(newBrowser(t))
		if status, _ := submit(t, o, second, "/sign-in/factor", url.Values{"passkey": {d.sign(second, "/sign-in/factor/ask")}}); status != http.StatusOK || !inside(t, o, second) {
			t.Errorf("as a second factor: %d", status)
		}
		refused := func(why string, change func(*keyring)) {
			t.Helper()
			other := *d
			other.key.Counter = d.key.Counter + 5
			change(&other)
			for what, try := range map[string]func(*http.Client) int{
				"alone": func(b *http.Client) int { return other.signIn(b, other.sign(b, "/sign-in/passkey/ask")) },
				"second": func(b *http.Client) int {
					h.in(b)
					status, _ := submit(t, o, b, "/sign-in/factor", url.Values{"passkey": {other.sign(b, "/sign-in/factor/ask")}})
					return status
				},
			} {
				b := newBrowser(t)
				if status := try(b); status != http.StatusUnauthorized || inside(t, o, b) {
					t.Errorf("%s, %s: %d", why, what, status)
				}
			}
		}
		refused("signed for another address", func(d *keyring) { d.party.Origin = "https://einklang.example.net" })
		refused("signed for another party", func(d *keyring) { d.party.ID = "example.net" })
		refused("without a finger", func(d *keyring) { d.auth.Options.UserNotVerified = true })
		refused("with another key", func(d *keyring) {
			id := d.key.ID
			d.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
			d.key.ID = id
		})
		refused("from a copy, whose counter is behind", func(d *keyring) { d.key.Counter = 0 })
		other := o.SignIn(t, user.Lead)
		theirs, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.auth.Options.UserHandle = append(append([]byte{}, me.Org[:]...), theirs[1].ID[:]...); inside(t, o, other) {
			b := newBrowser(t)
			if status := d.signIn(b, d.sign(b, "/sign-in/passkey/ask")); status != http.StatusUnauthorized {
				t.Errorf("as somebody else: %d", status)
			}
		}
		d.auth.Options.UserHandle = append(append([]byte{}, me.Org[:]...), me.ID[:]...)
		late := newBrowser(t)
		answer = d.sign(late, "/sign-in/passkey/ask")
		o.Write(t, func(tx store.Tx) error { return o.Users.SetActive(t.Context(), tx, me.Org, me.ID, false) })
		if status := d.signIn(late, answer); status != http.StatusUnauthorized {
			t.Errorf("who is blocked: %d", status)
		}
	})
}

// Where the public address has no name, nothing is offered that cannot be.
func TestNoPasskeysWithoutAName(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		here := o.SignIn(t, user.Agent)
		for _, path := range []string{"/sign-in/passkey/ask", "/profile/passkey/offer"} {
			if status, _ := submit(t, o, here, path, url.Values{}); status != http.StatusNotFound {
				t.Errorf("%s: %d", path, status)
			}
		}
		if _, page := visit(t, o, newBrowser(t), "/sign-in"); strings.Contains(page, "data-passkey") {
			t.Error("a passkey is asked for")
		}
	})
}
