package org

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// office is an installation without organisations, and its clock.
type office struct {
	*Registry
	v   *vault.Vault
	now time.Time
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := &office{v: vaulttest.Open(t, db), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
		o.Registry = New(db, o.v, id.System(), func() time.Time { return o.now })
		test(t, o)
	})
}

func (o *office) write(t *testing.T, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := o.db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (o *office) create(t *testing.T, slug string) Org {
	t.Helper()
	made, err := o.Create(t.Context(), slug, "Beispiel GmbH", DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (o *office) number(t *testing.T, of Org, name string) Channel {
	t.Helper()
	c, err := o.AddChannel(t.Context(), Channel{Org: of.ID, App: "app", PhoneNumberID: name, WABA: "waba " + of.Slug, Name: name}, "token of "+name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestShortNames(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			slug string
			want bool
		}{
			{"beispiel", true}, {"b2", true}, {"24-stunden", true}, {strings.Repeat("a", 41), true},
			{"", false}, {"b", false}, {strings.Repeat("a", 42), false}, {"Beispiel", false}, {"-b", false}, {"bei/spiel", false}, {"büro", false}, {"a b", false},
			{"beispiel\n", false},
		} {
			_, err := o.Create(t.Context(), c.slug, "Beispiel GmbH", DefaultSettings())
			if (err == nil) != c.want || err != nil && !errors.Is(err, ErrSlug) {
				t.Errorf("%q: %v, want it taken: %v", c.slug, err, c.want)
			}
		}
		if _, err := o.Create(t.Context(), "beispiel", "Andere GmbH", DefaultSettings()); err == nil || errors.Is(err, ErrSlug) {
			t.Errorf("a short name is taken twice: %v", err)
		}
		if got, err := o.BySlug(t.Context(), o.db, "beispiel"); err != nil || got.Name != "Beispiel GmbH" {
			t.Errorf("the first one is %+v, %v", got, err)
		}
	})
}

func TestAnInstallationBegins(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		if none, err := o.None(t.Context(), o.db); err != nil || !none {
			t.Errorf("an empty installation has an organisation: %v", err)
		}
		a, b := o.create(t, "eins"), o.create(t, "zwei")
		if none, err := o.None(t.Context(), o.db); err != nil || none {
			t.Errorf("there is none: %v", err)
		}
		if all, err := o.All(t.Context(), o.db); err != nil || len(all) != 2 || all[0].ID != a.ID || all[1].ID != b.ID {
			t.Errorf("all are %v, %v", all, err)
		}
		for name, err := range map[string]error{"Get": second(o.Get(t.Context(), o.db, id.Org(id.System().New()))), "BySlug": second(o.BySlug(t.Context(), o.db, "drei"))} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s of an organisation that does not exist: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A setting that an older version did not know has its default; what was
// chosen stays, also where it is nothing.
func TestSettingsOfOlderVersions(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		made := o.create(t, "eins")
		for _, c := range []struct {
			name, stored, zone string
			from               int
			budget             int64
		}{
			{"nothing stored", `{}`, "Europe/Berlin", 20 * 60, 0},
			{"some chosen", `{"zone":"Europe/Vienna","budget":5}`, "Europe/Vienna", 20 * 60, 5},
			{"quiet from midnight on", `{"quiet_from":0}`, "Europe/Berlin", 0, 0},
			{"of a later version", `{"colour":"blue"}`, "Europe/Berlin", 20 * 60, 0},
		} {
			o.write(t, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE org SET settings = ? WHERE id = ?", c.stored, made.ID)
				return err
			})
			got, err := o.Get(t.Context(), o.db, made.ID)
			if s := got.Settings; err != nil || s.Zone != c.zone || s.QuietFrom != c.from || s.Budget != c.budget || s.NoticeLine.DE == "" {
				t.Errorf("%s: %+v, %v", c.name, s, err)
			}
		}
		other := o.create(t, "zwei")
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			s := DefaultSettings()
			s.Arrivals = map[string]id.Team{"x": id.Team(other.ID)}
			return errors.Join(o.SaveSettings(ctx, tx, made.ID, s), o.Rename(ctx, tx, made.ID, "Neu GmbH"))
		})
		mine, err := o.Get(t.Context(), o.db, made.ID)
		theirs, err2 := o.Get(t.Context(), o.db, other.ID)
		if errors.Join(err, err2) != nil || mine.Name != "Neu GmbH" || mine.Settings.Arrivals["x"] != id.Team(other.ID) || theirs.Name != "Beispiel GmbH" || len(theirs.Settings.Arrivals) != 0 {
			t.Errorf("one organisation's change became %+v and %+v", mine, theirs)
		}
	})
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		zone string
		want bool
	}{{"Europe/Berlin", true}, {"Europe/Atlantis", false}} {
		s := Settings{Zone: c.zone, State: "BY"}
		schedule, err := s.Schedule()
		_, err2 := s.Location()
		if (err == nil) != c.want || (err2 == nil) != c.want || c.want && (schedule.State != calendar.State("BY") || schedule.Location.String() != c.zone) {
			t.Errorf("%s: %+v, %v, %v", c.zone, schedule, err, err2)
		}
	}
	if got := (Texts{"deutsch", "english"}); got.In("en") != "english" || got.In("de") != "deutsch" || got.In("") != "deutsch" {
		t.Errorf("texts are %q, %q and %q", got.In("en"), got.In("de"), got.In(""))
	}
}

// What one person has typed shows nobody's work (BetrVG §87(1) no. 6).
func TestWhenAnAgreementOnFiguresHolds(t *testing.T) {
	file, one, two := id.File{1}, id.ID{2}, id.Account{3}
	for _, c := range []struct {
		name         string
		a            Agreement
		holds, waits bool
	}{
		{"none", Agreement{}, false, false},
		{"typed by one", Agreement{Reference: "BV 7", By: id.Account(one)}, false, true},
		{"with its file", Agreement{Reference: "BV 7", By: id.Account(one), File: file}, false, true},
		{"confirmed by the same", Agreement{Reference: "BV 7", By: id.Account(one), Second: id.Account(one), File: file}, false, true},
		{"confirmed by another", Agreement{Reference: "BV 7", By: id.Account(one), Second: two, File: file}, true, false},
		{"confirmed without its file", Agreement{Reference: "BV 7", By: id.Account(one), Second: two}, false, true},
	} {
		if c.a.Holds() != c.holds || c.a.Waits() != c.waits {
			t.Errorf("%s: holds %v, waits %v; want %v, %v", c.name, c.a.Holds(), c.a.Waits(), c.holds, c.waits)
		}
	}
}

func TestSpendingIsByMonth(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		a, b := o.create(t, "eins"), o.create(t, "zwei")
		november := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
		for _, micros := range []int64{100, 50, -30} {
			o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Spend(ctx, tx, a.ID, november, micros) })
		}
		for _, c := range []struct {
			name string
			org  id.Org
			at   time.Time
			want int64
		}{{"the month", a.ID, november, 120}, {"the next", a.ID, november.Add(time.Minute), 0}, {"another organisation's", b.ID, november, 0}} {
			if got, err := o.Spent(t.Context(), o.db, c.org, c.at); err != nil || got != c.want {
				t.Errorf("%s: %d (%v), want %d", c.name, got, err, c.want)
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		a, b := o.create(t, "eins"), o.create(t, "zwei")
		first, second := o.number(t, a, "100"), o.number(t, a, "101")
		if first.PerSecond != 80 || first.Product != "cloud_api" || !first.Active {
			t.Errorf("a new number is %+v", first)
		}
		for _, of := range []Org{a, b} {
			if _, err := o.AddChannel(t.Context(), Channel{Org: of.ID, PhoneNumberID: "100", WABA: "other"}, "t"); !errors.Is(err, ErrNumberTaken) {
				t.Errorf("a number is registered twice: %v", err)
			}
		}
		if all, err := o.Channels(t.Context(), o.db, a.ID); err != nil || len(all) != 2 || all[0].ID != first.ID || all[1].ID != second.ID {
			t.Errorf("the numbers are %v, %v", all, err)
		}
		if all, err := o.Channels(t.Context(), o.db, b.ID); err != nil || len(all) != 0 {
			t.Errorf("another organisation sees %v, %v", all, err)
		}
		if _, err := o.Channel(t.Context(), o.db, b.ID, first.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another organisation reads a number: %v", err)
		}
		c, err := o.Channel(t.Context(), o.db, a.ID, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if token, err := o.Token(t.Context(), o.db, c); err != nil || token != "token of 100" || strings.Contains(fmt.Sprintf("%s", c.token), "token of") {
			t.Errorf("the token is %q, %v", token, err)
		}
		c.token = second.token
		if token, err := o.Token(t.Context(), o.db, c); err == nil {
			t.Errorf("a token that is none opens as %q", token)
		}
	})
}

// A number goes into service only with an agreement that is valid now, and if
// nobody else objects.
func TestWhenANumberStarts(t *testing.T) {
	forbidden := errors.New("transfers are stopped")
	each(t, func(t *testing.T, o *office) {
		made := o.create(t, "eins")
		other := o.create(t, "zwei")
		var objection error
		o.Guard(func(_ context.Context, _ store.Tx, org id.Org) error {
			if org != made.ID {
				return errors.New("asked about another organisation")
			}
			return objection
		})
		for i, c := range []struct {
			name      string
			until     time.Duration // of the agreement, from now; 0: there is none
			objection error
			token     string
			want      error
		}{
			{"no agreement", 0, nil, "", ErrNoAgreement},
			{"an agreement that has run out", -time.Second, nil, "", ErrNoAgreement},
			{"a valid agreement", time.Hour, nil, "", nil},
			{"with another token", time.Hour, nil, "new", nil},
			{"a guard objects", time.Hour, forbidden, "", forbidden},
		} {
			n := o.number(t, made, fmt.Sprint(i))
			o.write(t, func(ctx context.Context, tx store.Tx) error {
				if err := o.Stop(ctx, tx, made.ID, n.ID, "token"); err != nil {
					return err
				}
				if c.until == 0 {
					return nil
				}
				return o.SetAgreement(ctx, tx, made.ID, n.ID, o.now.Add(c.until))
			})
			if stopped, err := o.Channel(t.Context(), o.db, made.ID, n.ID); err != nil || stopped.Active || stopped.StopReason != "token" {
				t.Fatalf("%s: a stopped number is %+v, %v", c.name, stopped, err)
			}
			objection = c.objection
			err := o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return o.Start(ctx, tx, made.ID, n.ID, c.token) })
			got, err2 := o.Channel(t.Context(), o.db, made.ID, n.ID)
			if !errors.Is(err, c.want) || err2 != nil || got.Active != (c.want == nil) || (got.StopReason == "") != (c.want == nil) {
				t.Errorf("%s: %v, the number is in service: %v (%q); want %v", c.name, err, got.Active, got.StopReason, c.want)
			}
			want := "token of " + n.Name
			if c.token != "" {
				want = c.token
			}
			if token, err := o.Token(t.Context(), o.db, got); err != nil || token != want {
				t.Errorf("%s: the token is %q (%v), want %q", c.name, token, err, want)
			}
			err = o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return o.Start(ctx, tx, other.ID, n.ID, "") })
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: another organisation starts the number: %v", c.name, err)
			}
		}
	})
}

func TestWhatIsNotedOfANumberIsOfThatOne(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		made, other := o.create(t, "eins"), o.create(t, "zwei")
		n, beside := o.number(t, made, "100"), o.number(t, made, "101")
		note := func(org id.Org) {
			o.write(t, func(ctx context.Context, tx store.Tx) error {
				return errors.Join(o.Said(ctx, tx, org, n.ID, Word{Event: "DOWNGRADE", Limit: "TIER_2K", At: o.now}), o.SetStorage(ctx, tx, org, n.ID, "IN_COUNTRY_STORAGE_ENABLED", "DE"),
					o.PauseCampaigns(ctx, tx, org, n.ID, o.now.Add(time.Hour)))
			})
		}
		same := func(name string, want Channel, at id.Channel) {
			t.Helper()
			got, err := o.Channel(t.Context(), o.db, made.ID, at)
			if err != nil || got.Word.Event != want.Word.Event || got.Word.Limit != want.Word.Limit || got.StorageMode != want.StorageMode || got.StorageRegion != want.StorageRegion || !got.CampaignsAfter.Equal(want.CampaignsAfter) {
				t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
			}
		}
		note(other.ID)
		same("by another organisation", Channel{}, n.ID)
		note(made.ID)
		same("by its own", Channel{Word: Word{Event: "DOWNGRADE", Limit: "TIER_2K"}, StorageMode: "IN_COUNTRY_STORAGE_ENABLED", StorageRegion: "DE", CampaignsAfter: o.now.Add(time.Hour)}, n.ID)
		same("the one beside it", Channel{}, beside.ID)
	})
}

func TestWhichNumberIsInService(t *testing.T) {
	on, off := func(n byte) Channel { return Channel{ID: id.Channel{n}, Active: true} }, func(n byte) Channel { return Channel{ID: id.Channel{n}} }
	for _, c := range []struct {
		name         string
		all          []Channel
		chosen, want byte
	}{
		{"the chosen one", []Channel{on(1), on(2)}, 2, 2},
		{"none chosen: the first", []Channel{on(1), on(2)}, 0, 1},
		{"the chosen one is not: the first that is", []Channel{off(1), off(2), on(3)}, 2, 3},
		{"none is", []Channel{off(1), off(2)}, 1, 0},
		{"there is none", nil, 1, 0},
	} {
		got, ok := InService(c.all, id.Channel{c.chosen})
		if ok != (c.want != 0) || got.ID != (id.Channel{c.want}) {
			t.Errorf("%s: %v, %v; want %d", c.name, got.ID, ok, c.want)
		}
	}
}

// Routes are asked for each webhook, so they are remembered for a while; what is
// not found is not, so that strangers cannot fill the memory.
func TestRoutes(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		made := o.create(t, "eins")
		if _, err := o.ByNumber(t.Context(), "100"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a stranger's number: %v", err)
		}
		n := o.number(t, made, "100")
		for name, by := range map[string]func() (Route, error){
			"number": func() (Route, error) { return o.ByNumber(t.Context(), "100") },
			"WABA":   func() (Route, error) { return o.ByWABA(t.Context(), "waba eins") },
		} {
			if got, err := by(); err != nil || got != (Route{"app", made.ID, n.ID}) {
				t.Errorf("by %s: %+v, %v", name, got, err)
			}
		}
		if _, err := o.ByWABA(t.Context(), "100"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a number is taken for an account: %v", err)
		}
		if len(o.routes) != 2 {
			t.Errorf("%d routes are remembered, want 2", len(o.routes))
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM route WHERE org_id = ?", made.ID)
			return err
		})
		for _, c := range []struct {
			after time.Duration
			known bool
		}{{0, true}, {routeLife - time.Second, true}, {time.Second, false}} {
			o.now = o.now.Add(c.after)
			if _, err := o.ByNumber(t.Context(), "100"); errors.Is(err, ErrNotFound) == c.known {
				t.Errorf("%v later: %v, want it remembered: %v", c.after, err, c.known)
			}
		}
	})
}
