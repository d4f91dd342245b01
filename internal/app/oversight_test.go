package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

var grants = regexp.MustCompile(`/desk/approvals/[0-9a-f-]{36}`)

// approve lets one ask for something and another grant it.
func approve(t *testing.T, o *apptest.Office, asks, grantsIt *http.Client, kind, subject string) {
	t.Helper()
	if status, page := submit(t, o, asks, "/desk/approvals", url.Values{"kind": {kind}, "subject": {subject}, "reason": {"Beispielgrund"}}); status != http.StatusOK || !strings.Contains(page, "Beispielgrund") {
		t.Fatalf("the question: %d\n%s", status, page)
	}
	_, page := visit(t, o, grantsIt, "/desk/approvals")
	if status, _ := submit(t, o, grantsIt, grants.FindString(page), url.Values{"do": {"grant"}}); status != http.StatusOK {
		t.Fatalf("the grant: %d\n%s", status, page)
	}
}

func acts(t *testing.T, o *apptest.Office, f audit.Filter) (all []string) {
	t.Helper()
	f.Limit = 100
	o.Audit.Settle()
	entries, err := o.Audit.Read(t.Context(), o.DB, o.Org.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Altered {
			t.Errorf("%s does not agree with its leaf", e.Act)
		}
		all = append(all, e.Act)
	}
	return all
}

func TestWhatStaffDoIsWrittenDown(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		person, thread := o.Person(t, erika).ID, onlyThread(t, o)
		agent := o.SignIn(t, user.Agent)
		conversation := "/inbox/" + thread.ID.String()

		for range 3 {
			visit(t, o, agent, conversation)
		}
		if got := acts(t, o, audit.Filter{Contact: person}); len(got) != 1 || got[0] != "conversation.viewed" {
			t.Errorf("three views within the hour: %v", got)
		}
		if status, _ := submit(t, o, agent, conversation+"/note", url.Values{"words": {"ruft morgen an"}}); status != http.StatusOK {
			t.Errorf("a note: %d", status)
		}
		if status, _ := submit(t, o, agent, conversation+"/note", url.Values{"words": {""}}); status == http.StatusOK {
			t.Errorf("an empty note: %d", status)
		}
		if got := acts(t, o, audit.Filter{Act: "note.written"}); len(got) != 1 {
			t.Errorf("one note, and one that was refused: %v", got)
		}
		submit(t, o, agent, "/inbox/bulk", url.Values{"conversation": {thread.ID.String()}, "do": {"close"}})
		if got := acts(t, o, audit.Filter{Act: "conversation.changed", Contact: person}); len(got) != 1 {
			t.Errorf("a change to many names her: %v", got)
		}
		if status, page := submit(t, o, agent, conversation+"/snooze", url.Values{"until": {"hour"}}); status == http.StatusOK || !strings.Contains(page, "Die Unterhaltung ist geschlossen") {
			t.Errorf("what is closed was put off: %d\n%s", status, page)
		}
		submit(t, o, agent, "/inbox/bulk", url.Values{"conversation": {thread.ID.String()}, "do": {"snooze"}})
		if got := acts(t, o, audit.Filter{Act: "conversation.changed", Contact: person}); len(got) != 1 {
			t.Errorf("what is closed was not put off: %v", got)
		}
		visit(t, o, agent, "/desk/archive")
		if got := acts(t, o, audit.Filter{Act: "archive.exported"}); len(got) != 0 {
			t.Errorf("what was forbidden is not done: %v", got)
		}
	})
}

func TestTheLogDoesNotWatchStaff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		agent, dpo, admin := o.SignIn(t, user.Agent), o.SignIn(t, user.DPO), o.SignIn(t, user.Admin)
		visit(t, o, agent, "/inbox/"+onlyThread(t, o).ID.String())
		o.Audit.Settle()
		name := "Beispielkonto agent"
		page := func(path string) string {
			t.Helper()
			status, page := visit(t, o, dpo, path)
			if status != http.StatusOK || !strings.Contains(page, "Erika Mustermann") || !strings.Contains(page, "Unterhaltung angesehen") {
				t.Errorf("%s: %d\n%s", path, status, page)
			}
			return page
		}
		if got := page("/desk/audit"); strings.Contains(got, name) || !strings.Contains(got, "unter 5") {
			t.Errorf("the page names %s", name)
		}
		for _, browser := range []*http.Client{agent, admin} {
			if status, _ := visit(t, o, browser, "/desk/audit"); status != http.StatusForbidden {
				t.Errorf("only the data protection officer reads the log: %d", status)
			}
		}
		approve(t, o, dpo, admin, "names", "")
		if got := page("/desk/audit"); !strings.Contains(got, name) {
			t.Error("the grant shows no names")
		}
		o.Clock.Advance(25 * time.Hour)
		if all, err := o.Approvals.List(t.Context(), o.DB, o.Org.ID, 1); err != nil || all[0].State(o.Clock.Now()) != "expired" {
			t.Errorf("the grant has no end: %+v, %v", all, err)
		}
		dpo, admin = o.SignIn(t, user.DPO), o.SignIn(t, user.Admin)
		if got := page("/desk/audit"); strings.Contains(got, name) {
			t.Error("another one is shown the names as well")
		}
		agreeOnFigures(t, o, admin, dpo)
		if got := page("/desk/audit"); !strings.Contains(got, name) {
			t.Error("the agreement shows no names")
		}
		// Handing out the whole log needs a second person, each time.
		if _, got := visit(t, o, dpo, "/desk/audit.csv"); strings.Contains(got, ";") || !strings.Contains(got, "zweite Person") {
			t.Errorf("without a grant: %s", got)
		}
		approve(t, o, dpo, admin, "audit", "")
		if _, got := visit(t, o, dpo, "/desk/audit.csv"); !strings.Contains(got, "Unterhaltung angesehen;Erika Mustermann;"+name) {
			t.Errorf("the table: %s", got)
		}
		if got := acts(t, o, audit.Filter{Act: "audit.exported"}); len(got) != 1 {
			t.Errorf("handed out once: %v", got)
		}
		if _, got := visit(t, o, dpo, "/desk/audit.csv"); !strings.Contains(got, "zweite Person") {
			t.Errorf("the grant is used twice: %s", got)
		}
	})
}

func TestAShorterPeriodNeedsASecondPerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		dpo, admin := o.SignIn(t, user.DPO), o.SignIn(t, user.Admin)
		shorten := func() string {
			_, page := submit(t, o, dpo, "/desk/retention/messages", url.Values{"amount": {"6"}, "reason": {"wir brauchen sie nicht"}})
			return page
		}
		if got := shorten(); !strings.Contains(got, "zweite Person") || !strings.Contains(got, "6 Monate") || o.Count(t, "retention_rule", "TRUE") != 0 {
			t.Errorf("alone: %s", got)
		}
		approve(t, o, dpo, admin, "period", "messages:months 6")
		if got := shorten(); o.Count(t, "retention_rule", "amount = 6") != 1 {
			t.Errorf("with a grant: %s", got)
		}
		if got := acts(t, o, audit.Filter{Act: "retention.changed"}); len(got) != 1 {
			t.Errorf("changed once: %v", got)
		}
	})
}

func TestEveryActHasAName(t *testing.T) {
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, act := range apptest.Open(t, storetest.SQLite(t)).Audit.Acts() {
		keys = append(keys, "audit.act."+act)
	}
	for _, reason := range audit.Reasons() {
		keys = append(keys, "audit.nothing."+string(reason))
	}
	for _, who := range audit.Whos() {
		keys = append(keys, "audit.who."+string(who))
	}
	if len(keys) < 80 {
		t.Errorf("only %d texts", len(keys))
	}
	for _, key := range keys {
		if !de.Has(key) || !en.Has(key) {
			t.Errorf("%s has no text", key)
		}
	}
}
