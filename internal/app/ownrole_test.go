package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
)

// role is one of the organisation's own, as it stands.
func (e *fourEyes) role(name string) user.Own {
	e.t.Helper()
	all, err := e.Users.OwnRoles(e.t.Context(), e.DB, e.Org.ID)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, o := range all {
		if o.Name == name {
			return o
		}
	}
	e.t.Fatalf("there is no role %s among %d", name, len(all))
	return user.Own{}
}

// saves sends the form of a role.
func (e *fourEyes) saves(at, name string, limited bool, may ...user.Permission) (int, string) {
	e.t.Helper()
	form := url.Values{"name": {name}}
	for _, p := range may {
		form.Add("may", string(p))
	}
	if limited {
		form.Set("limited", "1")
	}
	return submit(e.t, e.Office, e.admin, "/settings/roles"+at, form)
}

// A role that nobody has is made and changed by one; that accounts may more by theirs
// is for two, and that they may less holds at once and ends what is open.
func TestWhoMayMoreByARoleIsForTwo(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		if status, page := e.saves("", "Werkstatt", true, user.Answer); status != http.StatusOK || !strings.Contains(page, "Werkstatt") {
			t.Fatalf("making a role: %d", status)
		}
		role := e.role("Werkstatt")
		at := "/" + role.ID.String()
		if status, page := e.saves(at, "Werkstatt", false, user.Answer); status != http.StatusOK || asks(page) {
			t.Errorf("changing what nobody has: %d", status)
		}
		e.saves(at, "Werkstatt", true, user.Answer)
		w := &watched{}
		w.nodes = append(w.nodes, e.Office)
		her, browsers, streams := w.person(t)
		if status, page := e.change(e.admin, her.ID, "role", "role", string(role.Role())); status != http.StatusOK || asks(page) {
			t.Fatalf("giving her the role: %d", status)
		}
		within(t, "another role", streams[0])
		signedIn := func() *http.Client { return e.SignInAs(t, her.Email, rightPassword) }
		browsers[0] = signedIn()
		for what, more := range map[string][]user.Permission{"more permissions": {user.Answer, user.RecordConsent}, "a permission that decides": {user.Answer, user.Privacy}} {
			if _, page := e.saves(at, "Werkstatt", false, more...); !asks(page) || !strings.Contains(page, "Werkstatt") {
				t.Errorf("%s: a second person is not asked", what)
			}
		}
		if _, page := e.saves(at, "Werkstatt", false, user.Answer); !asks(page) {
			t.Error("that she sees more is for one to say")
		}
		if got := e.role("Werkstatt"); got.Rights != user.Holding(true, user.Read, user.Answer) {
			t.Fatalf("what two have to say holds: %v", got.Rights.Held())
		}
		open := stream(t, e.Office, browsers[0])
		if status, page := e.saves(at, "Werkstatt", true, user.Read); status != http.StatusOK || asks(page) {
			t.Errorf("narrowing: %d", status)
		}
		within(t, "a narrower role", open)
		browsers[0] = signedIn()
		if status, _ := submit(t, e.Office, browsers[0], "/inbox/bulk", url.Values{"do": {"close"}}); status != http.StatusForbidden {
			t.Errorf("what was taken away is answered %d", status)
		}
		// A grant is for what was asked, and no more.
		q := e.question(e.admin, "control", "role."+role.ID.String()+" read,answer,limited")
		if err := e.Allow(t, func(tx store.Tx) error { return e.Approvals.Decide(t.Context(), tx, e.Org.ID, q.ID, true, e.dpoID) }); err != nil {
			t.Fatal(err)
		}
		if _, page := e.saves(at, "Werkstatt", true, user.Answer, user.RecordConsent); !asks(page) {
			t.Error("a grant is used for something else")
		}
		if _, page := e.saves(at, "Werkstatt", true, user.Answer); asks(page) || !e.role("Werkstatt").Rights.May(user.Answer) {
			t.Error("what was granted is not done")
		}
		// Who has it is given another one when it ends.
		end := func(to string) (int, string) {
			return submit(t, e.Office, e.admin, "/settings/roles"+at, url.Values{"do": {"discard"}, "to": {to}, "sure": {"yes"}})
		}
		if status, page := end(""); status != http.StatusUnprocessableEntity || !strings.Contains(page, "welche sie stattdessen bekommen") {
			t.Errorf("a role that is in use: %d", status)
		}
		if _, page := end(string(user.Admin)); !asks(page) {
			t.Error("accounts become administrators, and nobody is asked")
		}
		if _, page := end(string(user.DPO)); !asks(page) {
			t.Error("accounts become deciders, and nobody is asked")
		}
	})
}

// To give a role that answers for others, reads what staff did, or keeps accounts takes
// two, as the built-in ones do; and so does touching who has it.
func TestAWeightyRoleIsGivenByTwo(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		her, err := e.Users.Create(t.Context(), user.Account{Org: e.Org.ID, Role: user.Agent, Locale: "de", Name: "Beispielkonto", Email: "sie@example.com"}, rightPassword)
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]user.Permission{"Auskunft": user.Privacy, "Einsicht": user.Audit, "Konten": user.Accounts} {
			e.saves("", name, false, p)
			role := e.role(name)
			if _, page := e.change(e.admin, her.ID, "role", "role", string(role.Role())); !asks(page) || !strings.Contains(page, name) {
				t.Errorf("%s: a second person is not asked", name)
			}
			if status, _ := submit(t, e.Office, e.admin, "/settings/users", url.Values{"name": {"Neu"}, "email": {name + "@example.com"}, "role": {string(role.Role())}}); status != http.StatusUnprocessableEntity {
				t.Errorf("%s: a new account has it at once: %d", name, status)
			}
			if err := e.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				return e.Users.SetRole(ctx, tx, e.Org.ID, her.ID, role.Role())
			}); err != nil {
				t.Fatal(err)
			}
			for _, do := range []string{"password", "factors"} {
				if _, page := e.change(e.admin, her.ID, do); !asks(page) {
					t.Errorf("%s: %s of who has it is for one", name, do)
				}
			}
			if err := e.DB.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
				return e.Users.SetRole(ctx, tx, e.Org.ID, her.ID, user.Agent)
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
