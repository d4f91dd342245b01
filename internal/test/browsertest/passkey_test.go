package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// A person adds a passkey of her device on her own page, signs in with it alone, and
// confirms with it after her password; all on a small phone.
func TestAPasskeyInABrowser(t *testing.T) {
	named := func(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }
	o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) { c.PublicURL = named(c.PublicURL) }})
	a, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: "Kim Beispiel", Email: "kim@example.com"}, "Beispiel-Passwort")
	if err != nil {
		t.Fatal(err)
	}
	p := Start(t).Open(t, named(o.URL), Phone)
	command(p, webauthn.Enable, webauthn.EnableParams{})
	command(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
		IsUserVerified: true, AutomaticPresenceSimulation: true}})
	p.SignIn(a.Email, "Beispiel-Passwort")
	p.Go("/profile")
	p.Fits()
	p.Accessible()
	p.Click("form[data-passkey=create] button")
	p.See(".recovery li")
	p.Fits()
	p.Accessible()
	p.Click("main a.button")
	p.SeeText("#factors", "Mein Gerät")
	p.Fits()
	p.Accessible()
	out := func() {
		p.Go("/profile") // it asks for nothing by itself
		p.Eval(`document.querySelector("form[action='/sign-out']").submit()`)
		p.See("form[action='/sign-in/passkey']:not([hidden])")
	}
	out()
	p.Fits()
	p.Accessible()
	p.Click("form[action='/sign-in/passkey'] button")
	p.See(".topbar .me")
	out()
	p.Type("#email", a.Email)
	p.Type("#password", "Beispiel-Passwort")
	p.Click("form[action='/sign-in'] button")
	p.See("form[action='/sign-in/factor'][data-passkey]:not([hidden])")
	p.Fits()
	p.Accessible()
	p.Click("form[action='/sign-in/factor'][data-passkey] button")
	p.See(".topbar .me")
}
