package user_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

func TestSignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		org := id.Org(id.System().New())
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		d := user.New(db, v, id.System(), func() time.Time { return now })
		made, err := d.Create(t.Context(), user.Account{Org: org, Role: user.Agent, Locale: "de", Name: "Erika Mustermann", Email: " Erika@Example.com "}, "sehr geheim 1")
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			account  user.Account
			password string
			want     error
		}{
			"taken":   {user.Account{Org: org, Role: user.Agent, Email: "erika@example.com"}, "sehr geheim 1", user.ErrTaken},
			"weak":    {user.Account{Org: org, Role: user.Agent, Email: "a@example.com"}, "kurz", user.ErrWeak},
			"no role": {user.Account{Org: org, Role: "chef", Email: "a@example.com"}, "sehr geheim 1", user.ErrRole},
			"no mail": {user.Account{Org: org, Role: user.Agent, Email: "erika"}, "sehr geheim 1", user.ErrEmail},
		} {
			if _, err := d.Create(t.Context(), c.account, c.password); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		begun, _, err := d.SignIn(t.Context(), "erika@example.com", "sehr geheim 1", user.Visit{From: "127.0.0.0/24"}, user.Through(db))
		if err != nil {
			t.Fatal(err)
		}
		if who, err := d.Session(t.Context(), begun.Session); err != nil || who.ID != made.ID || who.Name != "Erika Mustermann" {
			t.Fatal(who, err)
		}
		for _, wrong := range [][2]string{{"erika@example.com", "falsch falsch"}, {"nobody@example.com", "sehr geheim 1"}} {
			if _, _, err := d.SignIn(t.Context(), wrong[0], wrong[1], user.Visit{From: "x"}, user.Through(db)); !errors.Is(err, user.ErrSignIn) {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		now = now.Add(13 * time.Hour)
		if _, err := d.Session(t.Context(), begun.Session); !errors.Is(err, user.ErrNoSession) {
			t.Errorf("an idle session lives on: %v", err)
		}
		begun, _, err = d.SignIn(t.Context(), "erika@example.com", "sehr geheim 1", user.Visit{From: "x"}, user.Through(db))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SignOut(t.Context(), db, begun.Session); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Session(t.Context(), begun.Session); !errors.Is(err, user.ErrNoSession) {
			t.Errorf("a session lives on after signing out: %v", err)
		}
	})
}

// However busy she is, a session ends after a week, and the next one is another.
func TestASessionEndsAtTheLatest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		org := id.Org(id.System().New())
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		d := user.New(db, v, id.System(), func() time.Time { return now })
		if _, err := d.Create(t.Context(), user.Account{Org: org, Role: user.Agent, Locale: "de", Name: "Erika Mustermann", Email: "erika@example.com"}, "sehr geheim 1"); err != nil {
			t.Fatal(err)
		}
		secrets := map[string]bool{}
		for range 2 {
			begun, _, err := d.SignIn(t.Context(), "erika@example.com", "sehr geheim 1", user.Visit{From: "x"}, user.Through(db))
			if err != nil {
				t.Fatal(err)
			}
			secrets[begun.Session] = true
			for end := now.Add(7 * 24 * time.Hour); now.Before(end); now = now.Add(11 * time.Hour) {
				if _, err := d.Session(t.Context(), begun.Session); err != nil {
					t.Fatalf("%v before its end: %v", end.Sub(now), err)
				}
			}
			if _, err := d.Session(t.Context(), begun.Session); !errors.Is(err, user.ErrNoSession) {
				t.Errorf("a session lives on after a week: %v", err)
			}
		}
		if len(secrets) != 2 {
			t.Error("two sessions have one secret")
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	now := time.Now()
	d := user.New(db, vaulttest.Open(t, db), id.System(), func() time.Time { return now })
	var last error
	for range 11 {
		_, _, last = d.SignIn(t.Context(), "erika@example.com", "geraten geraten", user.Visit{From: "x"}, user.Through(db))
	}
	if !errors.Is(last, user.ErrThrottled) {
		t.Fatalf("the eleventh guess: %v", last)
	}
	now = now.Add(2 * time.Minute)
	if _, _, err := d.SignIn(t.Context(), "erika@example.com", "geraten geraten", user.Visit{From: "x"}, user.Through(db)); !errors.Is(err, user.ErrSignIn) {
		t.Fatalf("after a while: %v", err)
	}
}

func TestALinkForAPasswordWorksOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		org := id.Org(id.System().New())
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, org) }); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		d := user.New(db, v, id.System(), func() time.Time { return now })
		a, first, err := d.Invite(t.Context(), db, user.Account{Org: org, Role: user.Agent, Name: "Erika Mustermann", Email: "erika@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		again := func() (token string) {
			t.Helper()
			if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
				token, err = d.NewLink(ctx, tx, org, a.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return token
		}
		second := again()
		if _, err := d.Link(t.Context(), first); !errors.Is(err, user.ErrLink) {
			t.Errorf("a link made before: %v", err)
		}
		if _, _, err := d.Redeem(t.Context(), second, "kurz", user.Through(db)); !errors.Is(err, user.ErrWeak) {
			t.Errorf("a weak password: %v", err)
		}
		begun, _, err := d.Redeem(t.Context(), second, "sehr geheim 1", user.Through(db))
		if err != nil {
			t.Fatal(err)
		}
		if who, err := d.Session(t.Context(), begun.Session); err != nil || who.ID != a.ID {
			t.Fatal(who, err)
		}
		if _, _, err := d.SignIn(t.Context(), "erika@example.com", "sehr geheim 1", user.Visit{From: "x"}, user.Through(db)); err != nil {
			t.Errorf("the chosen password: %v", err)
		}
		if _, _, err := d.Redeem(t.Context(), second, "sehr geheim 2", user.Through(db)); !errors.Is(err, user.ErrLink) {
			t.Errorf("a second time: %v", err)
		}
		third := again()
		if _, _, err := d.Redeem(t.Context(), third, "sehr geheim 3", user.Through(db)); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Session(t.Context(), begun.Session); !errors.Is(err, user.ErrNoSession) {
			t.Errorf("a session from before lives on: %v", err)
		}
		fourth := again()
		now = now.Add(user.LinkLife)
		if _, err := d.Link(t.Context(), fourth); !errors.Is(err, user.ErrLink) {
			t.Errorf("after three days: %v", err)
		}
	})
}

func TestNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		org, other := id.Org(id.System().New()), id.Org(id.System().New())
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(v.CreateOrg(ctx, tx, org), v.CreateOrg(ctx, tx, other))
		}); err != nil {
			t.Fatal(err)
		}
		d := user.New(db, v, id.System(), time.Now)
		made := func(name, email string) id.Account {
			a, err := d.Create(t.Context(), user.Account{Org: org, Role: user.Agent, Name: name, Email: email}, "sehr geheim 1")
			if err != nil {
				t.Fatal(err)
			}
			return a.ID
		}
		erika, mustermann := made("Erika Mustermann", "erika@example.com"), made("Max Mustermann", "other@example.com")
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return d.SetActive(ctx, tx, org, mustermann, false) }); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			ask  []id.Account
			want map[id.Account]string
		}{
			{nil, map[id.Account]string{}},
			{[]id.Account{erika, id.Account(id.System().New()), {}}, map[id.Account]string{erika: "Erika Mustermann"}},
			{[]id.Account{mustermann, erika}, map[id.Account]string{erika: "Erika Mustermann", mustermann: "Max Mustermann"}},
		} {
			got, err := d.Names(t.Context(), db, org, c.ask)
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("%v, %v; want %v", got, err, c.want)
			}
		}
		if got, err := d.Names(t.Context(), db, other, []id.Account{erika}); err != nil || len(got) != 0 {
			t.Errorf("of another organisation: %v, %v", got, err)
		}
	})
}
