package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
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
