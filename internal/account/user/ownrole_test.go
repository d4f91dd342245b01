package user_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

const password = "sehr geheim 1"

// desk is the accounts of an organisation in which there is nobody yet.
type desk struct {
	*user.Directory
	db  *store.DB
	org id.Org
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		d := &desk{user.New(db, v, id.System(), time.Now), db, id.Org(id.System().New())}
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, d.org) }); err != nil {
			t.Fatal(err)
		}
		test(t, d)
	})
}

func TestWhatRightsAre(t *testing.T) {
	answers := user.Holding(false, user.Read, user.Answer)
	limited := user.Holding(true, user.Read, user.Answer)
	for _, c := range []struct {
		name                             string
		r                                user.Rights
		decides, weighs, limitable, wide bool // wide: wider than answers
	}{
		{"nothing", user.Rights{}, false, false, true, false},
		{"reads", user.Holding(false, user.Read), false, false, true, false},
		{"answers", answers, false, false, true, false},
		{"answers, limited", limited, false, false, true, false},
		{"records consents, too", user.Holding(true, user.Read, user.Answer, user.RecordConsent), false, false, true, true},
		{"makes reports", user.Holding(false, user.Read, user.Reports), false, false, false, true},
		{"shares out the work", user.Holding(false, user.Read, user.Team), false, false, false, true},
		{"answers for others", user.Holding(false, user.Read, user.Privacy), true, true, false, true},
		{"reads what staff did", user.Holding(false, user.Read, user.Audit), false, true, false, true},
		{"keeps accounts", user.Holding(false, user.Read, user.Accounts), false, true, false, true},
		{"a word that is none", user.Holding(false, user.Read, "everything"), false, false, true, false},
		{"an agent", user.Agent.Rights(), false, false, true, true},
		{"a lead", user.Lead.Rights(), false, false, false, true},
		{"data protection", user.DPO.Rights(), true, true, false, true},
		{"administration", user.Admin.Rights(), true, true, false, true},
		{"an unknown role", user.Role("owner").Rights(), false, false, true, false},
	} {
		if c.r.Decides() != c.decides || c.r.Weighs() != c.weighs || c.r.MayBeLimited() != c.limitable || c.r.Widens(answers) != c.wide {
			t.Errorf("%s: decides %v, weighs %v, can be limited %v, widens %v", c.name, c.r.Decides(), c.r.Weighs(), c.r.MayBeLimited(), c.r.Widens(answers))
		}
	}
	if !answers.Widens(limited) || limited.Widens(answers) || answers.Widens(answers) {
		t.Error("a limit that ends shows more; one that begins does not")
	}
}

// Whatever two roles hold: the one widens the other exactly where it holds something
// that the other lacks, or shows what the other hides.
func TestWideningIsWhatTheOtherLacks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string) user.Rights {
			return user.Holding(rapid.Bool().Draw(t, label+" limited"), rapid.SliceOf(rapid.SampledFrom(user.Permissions())).Draw(t, label)...)
		}
		a, b := some("a"), some("b")
		lacks := slices.ContainsFunc(user.Permissions(), func(p user.Permission) bool { return a.May(p) && !b.May(p) })
		if want := lacks || b.Limited && !a.Limited; a.Widens(b) != want {
			t.Fatalf("widens: %v, want %v", a.Widens(b), want)
		}
		if user.Holding(a.Limited, a.Held()...) != a {
			t.Fatal("what is held is not what was given")
		}
	})
}

// An own role is bounded: its name, how many there are, and what may be limited.
func TestWhatAnOwnRoleMayBe(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		save := func(o user.Own) (user.Own, error) {
			var saved user.Own
			err := d.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
				saved, _, err = d.SaveOwnRole(ctx, tx, d.org, o)
				return err
			})
			return saved, err
		}
		first, err := save(user.Own{Name: "  Werkstatt ", Rights: user.Holding(true, user.Answer)})
		if err != nil || first.Name != "Werkstatt" || !first.Rights.May(user.Read) {
			t.Fatalf("%+v, %v", first, err)
		}
		for name, c := range map[string]struct {
			o    user.Own
			want error
		}{
			"no name":            {user.Own{Name: "  "}, user.ErrRoleName},
			"61 characters":      {user.Own{Name: strings.Repeat("ä", 61)}, user.ErrRoleName},
			"a line break":       {user.Own{Name: "Werk\nstatt"}, user.ErrRoleName},
			"a name that is had": {user.Own{Name: "werkstatt"}, user.ErrRoleName},
			"60 characters":      {user.Own{Name: strings.Repeat("ä", 60)}, nil},
			"its own name":       {user.Own{ID: first.ID, Name: "WERKSTATT", Rights: first.Rights}, nil},
			"limited reports":    {user.Own{Name: "Berichte", Rights: user.Holding(true, user.Reports)}, user.ErrRoleLimit},
			"a role that is not": {user.Own{ID: id.Role{9}, Name: "Fort"}, user.ErrRoleGone},
		} {
			if _, err := save(c.o); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		for i := 0; ; i++ {
			if _, err := save(user.Own{Name: fmt.Sprint("Rolle ", i)}); errors.Is(err, user.ErrRoleMany) {
				break
			} else if err != nil || i > user.OwnRolesMost {
				t.Fatalf("role %d: %v", i, err)
			}
		}
		if all, err := d.OwnRoles(t.Context(), d.db, d.org); err != nil || len(all) != user.OwnRolesMost {
			t.Errorf("%d roles, %v", len(all), err)
		}
		if all, err := d.OwnRoles(t.Context(), d.db, id.Org{7}); err != nil || len(all) != 0 {
			t.Errorf("another organisation has %d of them, %v", len(all), err)
		}
	})
}

// What an own role holds reaches who has it at once, and her sessions end; who decides
// by it joins and leaves those who decide.
func TestAnOwnRoleReachesWhoHasIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		write := func(do func(context.Context, store.Tx) error) error { return d.db.Write(t.Context(), do) }
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := d.Create(t.Context(), user.Account{Org: d.org, Role: user.Admin, Locale: "de", Name: "Verwaltung", Email: "admin@example.com"}, password)
		must(err)
		var role user.Own
		must(write(func(ctx context.Context, tx store.Tx) (err error) {
			role, _, err = d.SaveOwnRole(ctx, tx, d.org, user.Own{Name: "Werkstatt", Rights: user.Holding(true, user.Read, user.Answer)})
			return err
		}))
		a, err := d.Create(t.Context(), user.Account{Org: d.org, Role: role.Role(), Locale: "de", Name: "Werkstatt", Email: "werkstatt@example.com"}, password)
		must(err)
		signIn := func() string {
			t.Helper()
			begun, _, err := d.SignIn(t.Context(), a.Email, password, user.Visit{From: "192.0.2.1"}, user.Through(d.db))
			must(err)
			return begun.Session
		}
		session := signIn()
		signed, err := d.Session(t.Context(), session)
		if err != nil || signed.Role != role.Role() || !signed.May(user.Answer) || signed.May(user.RecordConsent) || signed.Limit() != sight.Limited {
			t.Errorf("she is %+v, %v", signed, err)
		}
		for _, step := range []struct {
			what            string
			o               user.Own
			widens, decides bool
		}{
			{"another name", user.Own{Name: "Halle", Rights: role.Rights}, false, false},
			{"narrower", user.Own{Name: "Halle", Rights: user.Holding(true, user.Read)}, false, false},
			{"not limited", user.Own{Name: "Halle", Rights: user.Holding(false, user.Read)}, true, false},
			{"decides", user.Own{Name: "Halle", Rights: user.Holding(false, user.Read, user.Privacy)}, true, true},
			{"decides no more", user.Own{Name: "Halle", Rights: user.Holding(false, user.Read)}, false, false},
		} {
			step.o.ID = role.ID
			must(write(func(ctx context.Context, tx store.Tx) error {
				_, widens, err := d.SaveOwnRole(ctx, tx, d.org, step.o)
				if widens != step.widens {
					t.Errorf("%s: widens %v", step.what, widens)
				}
				return err
			}))
			_, err := d.Session(t.Context(), session)
			if same := step.what == "another name"; same != (err == nil) {
				t.Errorf("%s: the session: %v", step.what, err)
			}
			session = signIn()
			circle, err := d.Circle(t.Context(), d.db, d.org)
			must(err)
			if in := slices.ContainsFunc(circle, func(one foureyes.Decider) bool { return one.ID == a.ID && one.May }); in != step.decides {
				t.Errorf("%s: decides: %v", step.what, in)
			}
			if one, err := d.Get(t.Context(), d.org, a.ID); err != nil || one.Rights != step.o.Rights {
				t.Errorf("%s: she holds %v, %v", step.what, one.Rights.Held(), err)
			}
		}
		// A demand of the role asks her for a factor.
		must(write(func(ctx context.Context, tx store.Tx) error { return d.SetDemand(ctx, tx, d.org, role.Role(), true) }))
		if signed, err := d.Session(t.Context(), session); err != nil || !signed.Enrol {
			t.Errorf("no factor is asked for: %+v, %v", signed, err)
		}
		demands, err := d.Demands(t.Context(), d.db, d.org)
		must(err)
		if last := demands[len(demands)-1]; last.Role != role.Role() || !last.Demanded || last.Accounts != 1 || last.Lacking != 1 || last.Name != "Halle" {
			t.Errorf("the demand is %+v", last)
		}
		// It goes only if its accounts get another one.
		if err := write(func(ctx context.Context, tx store.Tx) error { return d.DeleteOwnRole(ctx, tx, d.org, role.ID, "") }); !errors.Is(err, user.ErrRoleUsed) {
			t.Errorf("a role that is in use: %v", err)
		}
		if err := write(func(ctx context.Context, tx store.Tx) error {
			return d.DeleteOwnRole(ctx, tx, d.org, role.ID, "nonsense")
		}); !errors.Is(err, user.ErrRole) {
			t.Errorf("to no role: %v", err)
		}
		must(write(func(ctx context.Context, tx store.Tx) error {
			return d.DeleteOwnRole(ctx, tx, d.org, role.ID, user.Agent)
		}))
		if one, err := d.Get(t.Context(), d.org, a.ID); err != nil || one.Role != user.Agent || !one.May(user.RecordConsent) {
			t.Errorf("she is %s, %v", one.Role, err)
		}
		if err := write(func(ctx context.Context, tx store.Tx) error { return d.SetRole(ctx, tx, d.org, a.ID, role.Role()) }); !errors.Is(err, user.ErrRole) {
			t.Errorf("a role that is gone is given: %v", err)
		}
	})
}

// An own role cannot take the place of the last administrator.
func TestAnOwnRoleIsNoAdministrator(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		a, err := d.Create(t.Context(), user.Account{Org: d.org, Role: user.Admin, Locale: "de", Name: "Verwaltung", Email: "admin@example.com"}, password)
		if err != nil {
			t.Fatal(err)
		}
		err = d.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			o, _, err := d.SaveOwnRole(ctx, tx, d.org, user.Own{Name: "Alles", Rights: user.Holding(false, user.Permissions()...)})
			if err != nil {
				return err
			}
			return d.SetRole(ctx, tx, d.org, a.ID, o.Role())
		})
		if !errors.Is(err, user.ErrLast) {
			t.Errorf("the last administrator is given an own role: %v", err)
		}
	})
}
