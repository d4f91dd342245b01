package browsertest

import (
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// A page that is open shows nothing more as soon as its right has ended: it asks for
// a sign-in by itself. And the table of who may what fits a small phone.
func TestAnOpenPageEndsWithTheRight(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	const password = "Beispiel-Passwort"
	a, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Admin, Locale: "de", Name: "Kim Beispiel", Email: "kim@example.com"}, password)
	if err != nil {
		t.Fatal(err)
	}
	p := Start(t).Open(t, o.URL, Phone)
	p.SignIn(a.Email, password)
	p.Go("/settings/users#table")
	p.SeeText("main", "Wer was darf")
	p.Fits()
	p.Go("/inbox")
	p.See(".topbar .me")
	p.Expect("status of 401") // the page asks for its changes, also after the end
	o.Write(t, func(tx store.Tx) error { return o.Users.EndSessions(t.Context(), tx, a.Org, a.ID) })
	p.See("form[action='/sign-in']")
}
