package audited_test

import (
	"net/http"
	"net/url"
	"time"

	"github.com/descope/virtualwebauthn"

	"einklang/internal/account/factor"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// colleague is somebody with an authenticator app, who is signed in.
type colleague struct {
	*walk
	factor.Owner
	browser *http.Client
	key     string
}

func (w *walk) colleague() colleague {
	w.t.Helper()
	c := colleague{walk: w, browser: stay(w.SignIn(w.t, user.Agent))}
	all := must[[]user.Listed](w)(w.Users.List(w.t.Context(), w.DB, w.Org.ID))
	a := all[len(all)-1]
	c.Owner = factor.Owner{Org: a.Org, Account: a.ID, Name: a.Name, Email: a.Email}
	return c
}

func (c colleague) withApp() colleague {
	c.t.Helper()
	c.key = must[factor.Key](c.walk)(c.Factors.OfferTOTP(c.t.Context(), c.Owner)).Text
	c.do(func(tx store.Tx) error {
		_, err := c.Factors.ConfirmTOTP(c.t.Context(), tx, c.Owner, "Telefon", apptest.AppCode(c.key, c.Clock.Now()))
		return err
	})
	return c
}

// keyring is a passkey of a colleague.
type keyring struct {
	party virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func (c colleague) enrolling() (keyring, attempt) {
	c.t.Helper()
	k := keyring{virtualwebauthn.RelyingParty{Name: "Einklang", ID: "localhost", Origin: named(c.URL)}, virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
	_, options := c.send(http.MethodPost, attempt{path: "/profile/passkey/offer"}, c.browser)
	asked := must[*virtualwebauthn.AttestationOptions](c.walk)(virtualwebauthn.ParseAttestationOptions(`{"publicKey":` + options + `}`))
	k.auth.Options.UserHandle = append(append([]byte{}, c.Owner.Org[:]...), c.Account[:]...)
	k.auth.AddCredential(k.key)
	a := to("/profile/passkey", "name", "Gerät", "passkey", virtualwebauthn.CreateAttestationResponse(k.party, k.auth, k.key, *asked))
	a.by = c.browser
	return k, a
}

func factorChanges() []change {
	return []change{
		{"POST /settings/roles", func(*walk) attempt { return to("/settings/roles", "name", "Werkstatt", "may", "answer") }},
		{"POST /settings/roles/{id}", func(w *walk) attempt {
			mine := must[[]user.Own](w)(w.Users.OwnRoles(w.t.Context(), w.DB, w.Org.ID))
			return to("/settings/roles/"+mine[0].ID.String(), "name", "Halle", "may", "answer")
		}},
		{"POST /settings/sight", func(*walk) attempt { return to("/settings/sight", "agents", "limited") }},
		{"POST /settings/factors", func(*walk) attempt { return to("/settings/factors", "role", "lead", "do", "demand") }},
		{"POST /profile/app", func(w *walk) attempt {
			c := w.colleague()
			key := must[factor.Key](w)(w.Factors.OfferTOTP(w.t.Context(), c.Owner)).Text
			a := to("/profile/app", "do", "confirm", "name", "Telefon", "code", apptest.AppCode(key, w.Clock.Now()))
			a.by = c.browser
			a.vain = []func() attempt{func() attempt {
				vain := to("/profile/app", "do", "confirm", "name", "Telefon", "code", "000000")
				vain.by = c.browser
				return vain
			}}
			return a
		}},
		{"POST /profile/passkey", func(w *walk) attempt {
			_, a := w.colleague().enrolling()
			return a
		}},
		{"POST /profile/factors", func(w *walk) attempt {
			c := w.colleague().withApp()
			all := must[[]factor.Factor](w)(w.Factors.List(w.t.Context(), w.DB, c.Owner.Org, c.Account))
			a := to("/profile/factors", "do", "remove", "id", all[0].ID.String())
			a.by = c.browser
			return a
		}},
		{"POST /sign-in/factor", func(w *walk) attempt {
			c := w.colleague().withApp()
			browser := w.stranger()
			w.send(http.MethodPost, attempt{path: "/sign-in", form: url.Values{"email": {c.Email}, "password": {"Beispiel-Passwort"}}}, browser)
			a := to("/sign-in/factor", "code", apptest.AppCode(c.key, w.Clock.Now().Add(30*time.Second)))
			a.by = browser
			return a
		}},
		{"POST /sign-in/passkey", func(w *walk) attempt {
			k, enrol := w.colleague().enrolling()
			w.send(http.MethodPost, enrol, enrol.by)
			browser := w.stranger()
			_, options := w.send(http.MethodPost, attempt{path: "/sign-in/passkey/ask"}, browser)
			k.key.Counter++
			asked := must[*virtualwebauthn.AssertionOptions](w)(virtualwebauthn.ParseAssertionOptions(`{"publicKey":` + options + `}`))
			a := to("/sign-in/passkey", "passkey", virtualwebauthn.CreateAssertionResponse(k.party, k.auth, k.key, *asked))
			a.by = browser
			return a
		}},
	}
}
