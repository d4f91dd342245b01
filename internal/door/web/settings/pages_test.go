package settings_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/token"
	"einklang/internal/account/user"
	"einklang/internal/door/web/settings"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/intake"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
	"einklang/internal/test/doortest"
	"einklang/internal/test/storetest"
)

// office is a house with the settings alone, and itself stands for the queue,
// the webhooks and Meta.
type office struct {
	*doortest.House
	work    *assignment.Assignments
	number  org.Channel
	admin   *doortest.Visitor
	applied []id.Org         // whose webhooks were applied again
	profile cloudapi.Profile // at Meta
	refuses error            // of Meta
	edits   int

	kinds    []intake.Kind
	discards []intake.Discarded
}

// Configured: there is no mail server.
func (o *office) Configured() bool { return false }

func (o *office) Password(context.Context, store.Tx, string, user.Account, string, reminder.Why) error {
	return errors.New("there is no mail server")
}

func (o *office) Backlog(_ context.Context, _ store.Reader, of id.Org, channel id.Channel) (int64, error) {
	if of == o.Org.ID && channel == o.number.ID {
		return 4711, nil
	}
	return 0, nil
}

func (o *office) Backlogs(ctx context.Context, r store.Reader, of id.Org, channels []id.Channel) (map[id.Channel]int64, error) {
	all := map[id.Channel]int64{}
	for _, c := range channels {
		all[c], _ = o.Backlog(ctx, r, of, c)
	}
	return all, nil
}

func (o *office) Unapplied(_ context.Context, of id.Org) (map[id.Channel]int64, error) {
	if of == o.Org.ID {
		return map[id.Channel]int64{o.number.ID: 12, {}: 3}, nil
	}
	return nil, nil
}

func (o *office) Uncertain(context.Context, store.Reader, id.Org) (map[id.Channel]int64, error) {
	return nil, nil
}

func (o *office) Foreign(context.Context, store.Reader, id.Org, time.Time) (map[id.Channel]int64, error) {
	return nil, nil
}

func (o *office) Doubts(context.Context, store.Reader, id.Org, int) ([]outbox.Doubt, error) {
	return nil, nil
}

func (o *office) Decide(context.Context, store.Tx, id.Org, outbox.Choice, id.Account, ...id.Message) (outbox.Decided, error) {
	return outbox.Decided{}, nil
}

func (o *office) Glances(context.Context, store.Reader, id.Org, []id.Message) (map[id.Message]chat.Message, error) {
	return nil, nil
}

func (o *office) By(scope sight.Scope) conversation.Seen { return new(conversation.Threads).By(scope) }

func (o *office) Silent(id.Channel) bool { return false }
func (o *office) ClockWrong() bool       { return false }

func (o *office) Kinds(context.Context, id.Org) ([]intake.Kind, error)   { return o.kinds, nil }
func (*office) Reasons(context.Context, id.Org) ([]intake.Reason, error) { return nil, nil }

func (*office) Discard(context.Context, store.Tx, id.Org, string) (int, error) { return 0, nil }

func (*office) Never(context.Context, id.Org, int) ([]intake.Gone, int64, error) {
	return nil, 0, nil
}

func (o *office) Discards(context.Context, id.Org) ([]intake.Discarded, error) {
	return o.discards, nil
}

func (o *office) Masked(_ context.Context, _ id.Org, at id.Webhook) (intake.Raw, error) {
	if len(o.kinds) == 0 || at != o.kinds[0].Example {
		return intake.Raw{}, intake.ErrNoPayload
	}
	return intake.Raw{Received: o.kinds[0].Last, Kinds: []string{o.kinds[0].Name}, Text: "{}"}, nil
}

func (o *office) Apply(ctx context.Context, of id.Org, along store.Course) error {
	o.applied = append(o.applied, of)
	return o.DB.Write(ctx, along.Begin)
}

func (o *office) Read(context.Context, org.Org, org.Channel) (cloudapi.Profile, bool, error) {
	return o.profile, false, o.refuses
}

func (o *office) Edit(ctx context.Context, db store.Writer, _ org.Org, _ org.Channel, p cloudapi.Profile) error {
	if o.edits++; o.refuses != nil {
		return o.refuses
	}
	o.profile = p
	return db.Write(ctx, func(context.Context, store.Tx) error { return nil })
}

// threads are conversations of which there are none.
type threads struct{ assignment.Threads }

func (threads) LeaveTeam(context.Context, store.Tx, id.Org, id.Team) error { return nil }

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := &office{House: doortest.Open(t, db)}
		o.Orgs.Guard(processors.MayStart)
		o.work = assignment.New(o.IDs, o.Now, threads{}, nil, nil)
		err := settings.Mount(o.Shell, settings.Parts{DB: db, Orgs: o.Orgs, Outbox: o, Threads: o, Users: o.Users, Work: o.work, Webhooks: o, Profiles: o,
			Attributes: attribute.New(o.Vault, o.IDs, o.Now, nil), PublicURL: "https://einklang.example/", Now: o.Now, Welcome: o,
			Approvals: approval.New(o.Vault, o.IDs, o.Now, o.Log, o.Users.Circle),
			Tokens:    token.New(db, o.Vault, o.IDs, o.Now, nil), Recipients: processors.New(o.Vault, o.IDs, o.Now, o.Orgs)})
		if err != nil {
			t.Fatal(err)
		}
		o.number = o.Number(t, o.Org, "4930555001")
		o.admin = o.As(t, o.Org, user.Admin, "de")
		test(t, o)
	})
}

// problem is what a page says is wrong.
func problem(a doortest.Answer) string {
	_, after, _ := strings.Cut(a.Body, `class="problem" role="alert">`)
	said, _, _ := strings.Cut(after, "</p>")
	return strings.NewReplacer("&#34;", `"`).Replace(said)
}

func (o *office) post(t *testing.T, path string, fields ...string) doortest.Answer {
	t.Helper()
	return o.admin.Post(t, path, form(fields...))
}

func form(fields ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		f.Add(fields[i], fields[i+1])
	}
	return f
}

func (o *office) settings(t *testing.T, of org.Org) org.Settings {
	t.Helper()
	is, err := o.Orgs.Get(t.Context(), o.DB, of.ID)
	if err != nil {
		t.Fatal(err)
	}
	return is.Settings
}

func TestEveryPageAnswersInBothLanguagesAndOnlyWhoMay(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		english := o.As(t, o.Org, user.Admin, "en")
		roles := map[user.Role]*doortest.Visitor{user.Agent: o.As(t, o.Org, user.Agent, "de"), user.Lead: o.As(t, o.Org, user.Lead, "de"), user.DPO: o.As(t, o.Org, user.DPO, "de")}
		if a := o.As(t, o.Org, user.Agent, "en").Get(t, "/settings/users"); a.Status != http.StatusForbidden || !a.Says(`<html lang="en"`) {
			t.Errorf("an agent who reads English is refused with %d, in another language: %v", a.Status, !a.Says(`<html lang="en"`))
		}
		number, somebody := "/settings/numbers/"+o.number.ID.String(), "/settings/users/"+english.ID.String()
		for _, c := range []struct {
			path, says string
			may        string // of agents, leads and DPOs
		}{
			{"GET /settings/numbers", "4930555001", "dpo"}, {"GET " + number + "/profile", "https://einklang.example/privacy/beispiel", "dpo"},
			{"GET /settings/hours", "day1", "dpo"}, {"GET /settings/attributes", "", "dpo"}, {"GET /settings/team", "beispiel-admin-en", "lead"},
			{"GET /settings/users", "beispiel-admin-en@example.com", ""},
			{"POST " + number + "/start", "", "dpo"}, {"POST /settings/webhooks/apply", "", "dpo"}, {"POST " + number + "/profile", "", "dpo"},
			{"POST /settings/hours", "", "dpo"}, {"POST /settings/attributes", "", "dpo"}, {"POST /settings/teams", "", "lead"}, {"POST /settings/labels", "", "lead"},
			{"POST /settings/replies", "", "lead"}, {"POST /settings/users", "", ""}, {"POST " + somebody, "", ""},
		} {
			method, path, _ := strings.Cut(c.path, " ")
			for role, v := range roles {
				a := v.Get(t, path)
				if method == http.MethodPost {
					a = v.Post(t, path, form("name", "x"))
				}
				if may := c.may == string(role); (a.Status != http.StatusForbidden) != may || !may && c.says != "" && a.Says(c.says) {
					t.Errorf("%s: a %s is answered %d, may: %v", c.path, role, a.Status, may)
				}
			}
			if method == http.MethodPost {
				if a := o.Anybody().Post(t, path, nil); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
					t.Errorf("%s: a stranger is answered %d", c.path, a.Status)
				}
				continue
			}
			de, en := o.admin.Get(t, path), english.Get(t, path)
			if de.Status != http.StatusOK || en.Status != http.StatusOK || !de.Says(`<html lang="de"`) || !en.Says(`<html lang="en"`) || !de.Says(c.says) || !en.Says(c.says) {
				t.Errorf("%s: %d and %d, it says %q: %v", c.path, de.Status, en.Status, c.says, de.Says(c.says))
			}
			if a := o.Anybody().Get(t, path); a.Status != http.StatusSeeOther {
				t.Errorf("%s: a stranger is answered %d", c.path, a.Status)
			}
		}
	})
}

func TestAnOrganisationNeverSeesAnother(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.post(t, "/settings/labels", "name", "Stammkunde", "colour", assignment.Colours()[0])
		o.post(t, "/settings/attributes", "name", "Schuhgröße", "kind", "text", "purpose", "Beratung")
		stranger := o.As(t, o.Others, user.Admin, "de")
		for _, path := range []string{"/settings/numbers", "/settings/hours", "/settings/attributes", "/settings/team", "/settings/users"} {
			a := stranger.Get(t, path)
			for _, secret := range []string{"4930555001", "4711", "Stammkunde", "Schuhgröße", "beispiel-admin"} {
				if a.Status != http.StatusOK || a.Says(secret) {
					t.Errorf("%s: %d, it shows %q: %v", path, a.Status, secret, a.Says(secret))
				}
			}
		}
		number, mine := "/settings/numbers/"+o.number.ID.String(), "/settings/users/"+o.admin.ID.String()
		if a := stranger.Get(t, number+"/profile"); a.Status != http.StatusNotFound {
			t.Errorf("the profile of another's number: %d", a.Status)
		}
		for _, c := range []struct {
			path   string
			form   url.Values
			status int
		}{
			{number + "/start", nil, http.StatusNotFound}, {number + "/profile", nil, http.StatusNotFound},
			{mine, form("do", "deactivate", "sure", "yes"), http.StatusUnprocessableEntity}, {mine, form("do", "role", "role", "agent"), http.StatusUnprocessableEntity},
			{mine, form("do", "password"), http.StatusUnprocessableEntity},
		} {
			if a := stranger.Post(t, c.path, c.form); a.Status != c.status || a.Says("/password/") {
				t.Errorf("%s %v: %d, want %d", c.path, c.form, a.Status, c.status)
			}
		}
		stranger.Post(t, "/settings/webhooks/apply", nil)
		if len(o.applied) != 1 || o.applied[0] != o.Others.ID {
			t.Errorf("webhooks of %v were applied", o.applied)
		}
		if a := o.admin.Get(t, "/settings/users"); a.Status != http.StatusOK || !a.Says("beispiel-admin") {
			t.Errorf("the account is gone: %d", a.Status)
		}
	})
}

// A team is of this organisation's people, and gets what comes on its numbers.
func TestTeamsAndArrivalsAreOfThisOrganisation(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.As(t, o.Org, user.Lead, "de") // a colleague who is not ticked
		stranger := o.As(t, o.Others, user.Admin, "de")
		stranger.Post(t, "/settings/teams", form("name", "Fremde", "assignment", "by_hand"))
		for _, nobody := range []string{stranger.ID.String(), "x"} {
			if a := o.post(t, "/settings/teams", "name", "Beratung", "member", o.admin.ID.String(), "member", nobody); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("a team with %s: %d", nobody, a.Status)
			}
		}
		o.post(t, "/settings/teams", "name", "Beratung", "target", "99999", "assignment", string(assignment.RoundRobin), "member", o.admin.ID.String())
		teams, err := o.work.Teams(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(teams) != 1 || len(teams[0].Members) != 1 || teams[0].Members[0] != o.admin.ID || teams[0].Target != 10_000*time.Minute {
			t.Fatalf("the teams are %+v, %v", teams, err)
		}
		theirs, err := o.work.Teams(t.Context(), o.DB, o.Others.ID)
		if err != nil || len(theirs) != 1 {
			t.Fatal(theirs, err)
		}
		theirNumber := o.Number(t, o.Others, "4930555009")
		mine, team := "arrival-"+o.number.ID.String(), teams[0].ID.String()
		if a := o.post(t, "/settings/hours", mine, team, "arrival-"+theirNumber.ID.String(), team); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("a team for another organisation's number: %d", a.Status)
		}
		if a := o.post(t, "/settings/hours", mine, team); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, problem(a))
		}
		if got := o.settings(t, o.Org).Arrivals; len(got) != 1 || got[o.number.ID.String()] != teams[0].ID {
			t.Errorf("arrivals go to %v", got)
		}
		if a := o.post(t, "/settings/hours", mine, theirs[0].ID.String()); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("another organisation's team for our number: %d", a.Status)
		}
		if got := o.settings(t, o.Org).Arrivals; len(got) != 1 || got[o.number.ID.String()] != teams[0].ID {
			t.Errorf("after two refusals arrivals go to %v", got)
		}
	})
}

func TestWorkingHours(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		if a := o.post(t, "/settings/hours", "day1", "8-12:30, 13:30-17", "closed", "2026-12-24\n2026-12-31", "state", "BY"); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, problem(a))
		}
		if a := o.admin.Get(t, "/settings/hours?saved"); !a.Says("08:00-12:30, 13:30-17:00") || !a.Says("2026-12-24\n2026-12-31") {
			t.Error("the page does not show what was saved")
		}
		before := o.settings(t, o.Org)
		for _, c := range []struct{ name, field, value, says string }{
			{"words", "day1", "morgens", `„morgens“ lässt sich nicht lesen. Schreiben Sie Zeiten wie 8:00-12:30`},
			{"backwards", "day2", "17-8", `„17-8“ lässt sich nicht lesen`},
			{"too late", "day2", "8-25", `„8-25“ lässt sich nicht lesen`},
			{"overlapping", "day3", "8-12, 11-14", "überschneiden sich zwei Zeiten"},
			{"no day", "closed", "24.12.2026", `„24.12.2026“ ist kein Tag. Schreiben Sie Tage wie 2026-12-24.`},
		} {
			a := o.post(t, "/settings/hours", c.field, c.value)
			if a.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(a), c.says) || strings.Contains(problem(a), "want") {
				t.Errorf("%s: %d, %q; want %q", c.name, a.Status, problem(a), c.says)
			}
		}
		if a := o.post(t, "/settings/hours", "closed", strings.Repeat("2026-12-24\n", 8000)); a.Status != http.StatusRequestEntityTooLarge || !a.Says("64,0 KB") {
			t.Errorf("too much: %d", a.Status)
		}
		if after := o.settings(t, o.Org); len(after.Hours.Days[1]) != 2 || len(after.Hours.Closed) != 2 || after.State != before.State {
			t.Errorf("what was refused changed the hours to %+v", after.Hours)
		}
		o.post(t, "/settings/hours", "day1", "8-12", "state", "Atlantis")
		if after := o.settings(t, o.Org); after.State != "BY" {
			t.Errorf("the state is %q", after.State)
		}
	})
}

func TestStaff(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		a := o.post(t, "/settings/users", "name", " Ada ", "email", "ada@example.com", "role", "agent")
		link := regexp.MustCompile(`https://einklang\.example/password/[^<]+`).FindString(a.Body)
		if a.Status != http.StatusOK || link == "" || o.admin.Get(t, "/settings/users").Says("/password/") {
			t.Fatalf("an invitation is %d with the link %q; it must be shown once", a.Status, link)
		}
		staff, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(staff) != 2 {
			t.Fatal(staff, err)
		}
		ada := staff[1]
		if ada.Name != "Ada" {
			ada = staff[0]
		}
		at, self := "/settings/users/"+ada.ID.String(), "/settings/users/"+o.admin.ID.String()
		for _, c := range []struct {
			name, path string
			form       url.Values
			status     int
			says       string
		}{
			{"an address twice", "/settings/users", form("name", "B", "email", "ADA@example.com", "role", "agent"), 422, "gibt es schon ein Konto"},
			{"no address", "/settings/users", form("name", "B", "email", "ada", "role", "agent"), 422, "keine E-Mail-Adresse"},
			{"no such role", "/settings/users", form("name", "B", "email", "b@example.com", "role", "king"), 422, "Rolle gibt es nicht"},
			{"no such role for somebody", at, form("do", "role", "role", "king"), 422, "Rolle gibt es nicht"},
			{"nobody", "/settings/users/" + o.IDs.New().String(), form("do", "role", "role", "agent"), 422, "gibt es nicht"},
			{"the last administrator", self, form("do", "role", "role", "agent"), 422, "letzte aktive Verwaltung"},
			{"the last administrator, shut out", self, form("do", "deactivate", "sure", "yes"), 422, "letzte aktive Verwaltung"},
			{"one who decides, without a mail server", "/settings/users", form("name", "B", "email", "b@example.com", "role", "dpo"), 422, "nur für die Person selbst"},
			{"a new password, without a mail server", at, form("do", "password"), 422, "nur für die Person selbst"},
			{"no id", "/settings/users/x", form("do", "role"), 404, ""},
			{"something else", at, form("do", "promote"), 404, ""},
			{"nothing", at, nil, 404, ""},
		} {
			if a := o.admin.Post(t, c.path, c.form); a.Status != c.status || !strings.Contains(problem(a), c.says) {
				t.Errorf("%s: %d, %q; want %d, %q", c.name, a.Status, problem(a), c.status, c.says)
			}
		}
		active := func() bool {
			all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range all {
				if one.ID == ada.ID {
					return one.Active
				}
			}
			return false
		}
		if a := o.post(t, at, "do", "deactivate"); a.Status != http.StatusOK || !a.Says("Ada") || !a.Says(`name="sure"`) || !active() {
			t.Errorf("nobody is asked before an account is shut: %d, active %v", a.Status, active())
		}
		if a := o.post(t, at, "do", "deactivate", "sure", "yes"); a.Status != http.StatusSeeOther || active() {
			t.Errorf("shutting an account: %d, active %v", a.Status, active())
		}
		if a := o.post(t, at, "do", "activate"); a.Status != http.StatusSeeOther || !active() {
			t.Errorf("opening it: %d, active %v", a.Status, active())
		}
	})
}

func TestLabelsRepliesAndTeams(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		colour := assignment.Colours()[0]
		for _, c := range []struct {
			name, path string
			form       url.Values
			says       string // empty: it is in order
		}{
			{"a label", "/settings/labels", form("name", "Stammkunde", "colour", colour), ""},
			{"a label without a name", "/settings/labels", form("name", " ", "colour", colour), "1 bis 60 Zeichen"},
			{"a colour that there is not", "/settings/labels", form("name", "Neu", "colour", "plaid"), "Farbe gibt es nicht"},
			{"a label that is gone", "/settings/labels", form("id", o.IDs.New().String(), "name", "Neu", "colour", colour), "gibt es nicht mehr"},
			{"a reply", "/settings/replies", form("shortcut", "hallo", "body", "Guten Tag!"), ""},
			{"its shortcut again", "/settings/replies", form("shortcut", "hallo", "body", "Anders"), "Kürzel gibt es schon"},
			{"a shortcut with a space", "/settings/replies", form("shortcut", "guten tag", "body", "x"), "kleine Buchstaben"},
			{"a reply without words", "/settings/replies", form("shortcut", "leer", "body", " "), "schreiben Sie einen Text"},
			{"a reply that is too long", "/settings/replies", form("shortcut", "lang", "body", strings.Repeat("x", 5000)), "zu lang"},
			{"a team", "/settings/teams", form("name", "Beratung", "assignment", string(assignment.ByHand)), ""},
			{"a team without a name", "/settings/teams", form("name", "", "assignment", string(assignment.ByHand)), "1 bis 60 Zeichen"},
		} {
			a := o.admin.Post(t, c.path, c.form)
			if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusUnprocessableEntity}[c.says == ""]; a.Status != want || !strings.Contains(problem(a), c.says) {
				t.Errorf("%s: %d, %q; want %d, %q", c.name, a.Status, problem(a), want, c.says)
			}
		}
		labels, err := o.work.LabelsInUse(t.Context(), o.DB, o.Org.ID)
		replies, err2 := o.work.QuickReplies(t.Context(), o.DB, o.Org.ID)
		teams, err3 := o.work.Teams(t.Context(), o.DB, o.Org.ID)
		if errors.Join(err, err2, err3) != nil || len(labels)+len(replies)+len(teams) != 3 {
			t.Fatal(labels, replies, teams, err, err2, err3)
		}
		for path, c := range map[string]struct {
			at   id.ID
			name string
		}{"/settings/labels": {id.ID(labels[0].ID), "Stammkunde"}, "/settings/replies": {id.ID(replies[0].ID), "hallo"}, "/settings/teams": {id.ID(teams[0].ID), "Beratung"}} {
			if a := o.post(t, path, "id", c.at.String(), "do", "discard"); a.Status != http.StatusOK || !a.Says(c.name) || !a.Says(`name="sure"`) || !o.admin.Get(t, "/settings/team").Says(c.name) {
				t.Errorf("%s: nobody is asked before it goes: %d", path, a.Status)
			}
			if a := o.post(t, path, "id", c.at.String(), "do", "discard", "sure", "yes"); a.Status != http.StatusSeeOther || o.admin.Get(t, "/settings/team").Says(`value="`+c.name+`"`) {
				t.Errorf("%s: it does not go: %d %s", path, a.Status, problem(a))
			}
		}
	})
}

func TestAttributes(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name string
			form url.Values
			says string
		}{
			{"a text", form("name", "Schuhgröße", "kind", "text", "purpose", "Beratung"), ""},
			{"the same name", form("name", "schuhgröße", "kind", "text", "purpose", "Beratung"), "gibt es schon"},
			{"without a purpose", form("name", "Hobby", "kind", "text"), "Ohne Zweck darf nichts gespeichert werden"},
			{"without a name", form("kind", "text", "purpose", "x"), "braucht einen Namen"},
			{"of no kind", form("name", "Hobby", "kind", "smell", "purpose", "x"), "Wählen Sie eine Art"},
			{"a choice of one", form("name", "Farbe", "kind", "choice", "purpose", "x", "choices", "rot"), "zwei bis fünfzig"},
			{"a choice", form("name", "Farbe", "kind", "choice", "purpose", "x", "choices", "rot\r\nblau; grün"), ""},
			{"one that is gone", form("id", o.IDs.New().String(), "name", "Neu", "kind", "text", "purpose", "x"), "gibt es nicht mehr"},
			{"moving one that is gone", form("id", o.IDs.New().String(), "do", "up"), "gibt es nicht mehr"},
		} {
			a := o.admin.Post(t, "/settings/attributes", c.form)
			if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusUnprocessableEntity}[c.says == ""]; a.Status != want || !strings.Contains(problem(a), c.says) {
				t.Errorf("%s: %d, %q; want %d, %q", c.name, a.Status, problem(a), want, c.says)
			}
			if c.says != "" && c.form.Get("id") == "" && c.form.Get("name") != "" && !a.Says(`value="`+c.form.Get("name")+`"`) {
				t.Errorf("%s: what was typed is lost", c.name)
			}
		}
		if a := o.admin.Get(t, "/settings/attributes"); !a.Says("Schuhgröße") || !a.Says("blau") || a.Says("Hobby") {
			t.Error("the page shows other attributes than there are")
		}
	})
}

func TestNumbers(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := "/settings/numbers/" + o.number.ID.String()
		if a := o.admin.Get(t, "/settings/numbers"); !a.Says("4711") || !a.Says(">12<") || !a.Says("15") {
			t.Error("what waits, and what could not be applied, is not shown")
		}
		o.Write(t, func(ctx context.Context, tx store.Tx) error {
			return o.Orgs.Stop(ctx, tx, o.Org.ID, o.number.ID, "token")
		})
		if a := o.post(t, at+"/start"); a.Status != http.StatusConflict || !strings.Contains(problem(a), "Vertrag zur Auftragsverarbeitung") {
			t.Errorf("without an agreement: %d, %q", a.Status, problem(a))
		}
		o.Write(t, func(ctx context.Context, tx store.Tx) error {
			return o.Orgs.SetAgreement(ctx, tx, o.Org.ID, o.number.ID, o.Time.Add(time.Hour))
		})
		register := processors.New(o.Vault, o.IDs, o.Now, o.Orgs)
		o.Write(t, func(ctx context.Context, tx store.Tx) error { return register.Stop(ctx, tx, o.Org.ID, o.admin.ID, nil) })
		if a := o.post(t, at+"/start"); a.Status != http.StatusConflict || !strings.Contains(problem(a), "sind angehalten") {
			t.Errorf("while transfers are stopped: %d, %q", a.Status, problem(a))
		}
		o.Write(t, func(ctx context.Context, tx store.Tx) error { return register.Resume(ctx, tx, o.Org.ID) })
		if a := o.post(t, at+"/start"); a.Status != http.StatusSeeOther {
			t.Errorf("with an agreement: %d, %q", a.Status, problem(a))
		}
		if c, err := o.Orgs.Channel(t.Context(), o.DB, o.Org.ID, o.number.ID); err != nil || !c.Active {
			t.Errorf("the number runs: %v, %v", c.Active, err)
		}
		for _, path := range []string{"/settings/numbers/x/start", "/settings/numbers/" + o.IDs.New().String() + "/start"} {
			if a := o.post(t, path); a.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
	})
}

func TestTheProfileOfANumber(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := "/settings/numbers/" + o.number.ID.String() + "/profile"
		good := form("about", "Wir sind da", "email", "info@example.com", "website", "https://example.com", "website", " ", "vertical", cloudapi.Verticals()[0])
		if a := o.admin.Post(t, at, good); a.Status != http.StatusSeeOther || o.profile.About != "Wir sind da" || len(o.profile.Websites) != 1 {
			t.Fatalf("%d %s: %+v", a.Status, problem(a), o.profile)
		}
		saved := o.edits
		for _, c := range []struct{ name, field, value, says string }{
			{"as long as may be", "about", strings.Repeat("ü", 139), ""},
			{"a letter longer", "about", strings.Repeat("ü", 140), "höchstens 139"},
			{"an address", "address", strings.Repeat("x", 257), "höchstens 256"},
			{"a description", "description", strings.Repeat("x", 513), "höchstens 512"},
			{"no address of mail", "email", "Info <info@example.com>", "keine E-Mail-Adresse"},
			{"no website", "website", "javascript:alert(1)", "beginnt mit https://"},
			{"a website without a host", "website", "https:///x", "beginnt mit https://"},
			{"a trade that WhatsApp does not know", "vertical", "ALCHEMY", "Branche kennt WhatsApp nicht"},
		} {
			a := o.post(t, at, c.field, c.value)
			if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusUnprocessableEntity}[c.says == ""]; a.Status != want || !strings.Contains(problem(a), c.says) {
				t.Errorf("%s: %d, %q; want %d, %q", c.name, a.Status, problem(a), want, c.says)
			}
		}
		if o.edits != saved+1 {
			t.Errorf("Meta was told %d times, want once", o.edits-saved)
		}
		for _, c := range []struct {
			name    string
			refuses error
			says    string
		}{{"Meta refuses", &cloudapi.Error{Code: 131009}, "Code 131009"}, {"Meta is away", errors.New("dial tcp: timeout"), "antwortet gerade nicht"}} {
			o.refuses = c.refuses
			if a := o.admin.Post(t, at, good); a.Status != http.StatusBadGateway || !strings.Contains(problem(a), c.says) || a.Says("dial tcp") || !a.Says("Wir sind da") {
				t.Errorf("%s: %d, %q", c.name, a.Status, problem(a))
			}
		}
		if a := o.admin.Get(t, at); a.Status != http.StatusBadGateway || !strings.Contains(problem(a), "Versuchen Sie es in einer Minute") {
			t.Errorf("a profile that cannot be read: %d, %q", a.Status, problem(a))
		}
	})
}
