package audited_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/user"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// read reads the log, the newest entry first.
func (w *walk) read(f audit.Filter) []audit.Entry {
	w.t.Helper()
	w.Audit.Settle()
	f.Limit = 100
	all, err := w.Audit.Read(w.t.Context(), w.DB, w.Org.ID, f)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all {
		if e.Altered {
			w.t.Errorf("%s does not agree with its leaf", e.Act)
		}
	}
	return all
}

// What was not shown is not written down as seen: no page of what does not
// exist, none of what a role may not see, none that failed.
func TestAViewIsWrittenOnlyWhenItWasAnswered(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := newWalk(t, url)
		refused, shown := 0, 0
		for _, r := range w.Audit.Routes() {
			if r.Rule.Kind != audit.View || r.Method() != http.MethodGet || !strings.HasPrefix(r.Path(), "/") || strings.HasPrefix(r.Path(), "/portal/") {
				continue
			}
			path := strings.NewReplacer("{id}", w.IDs.New().String(), "{message}", w.IDs.New().String(), "{file}", w.IDs.New().String(), "{shot}", w.IDs.New().String()).Replace(r.Path())
			for _, role := range []user.Role{user.Agent, user.Admin} {
				before := len(w.read(audit.Filter{Act: r.Rule.Act}))
				status, _ := w.send(http.MethodGet, attempt{path: path}, w.staff[role])
				now := len(w.read(audit.Filter{Act: r.Rule.Act}))
				switch {
				case status >= http.StatusBadRequest && now != before:
					t.Errorf("%s was answered %d, and the log says %s", path, status, r.Rule.Act)
				case status >= http.StatusBadRequest:
					refused++
				case now > before+1:
					t.Errorf("%s: %d entries", path, now-before)
				default:
					shown++
				}
			}
		}
		if refused < 20 || shown < 10 {
			t.Errorf("only %d refused and %d shown", refused, shown)
		}
	})
}

// A search says that somebody searched and how many hits there were; what for is
// kept nowhere.
func TestASearchIsWrittenWithItsHits(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWalk(t, address)
		for _, words := range []string{"", "Mustermann", "mustermann", "Niemand"} {
			if status, _ := w.send(http.MethodGet, attempt{path: w.Sought(w.staff[user.Agent], "/search?q="+words)}, w.staff[user.Agent]); status != http.StatusOK {
				t.Fatalf("searching %q: %d", words, status)
			}
		}
		all := w.read(audit.Filter{Act: "searched"})
		slices.SortFunc(all, func(a, b audit.Entry) int { return int(*a.Hits - *b.Hits) }) // nobody waits for them, so one may overtake another
		if len(all) != 2 || *all[0].Hits != 0 || *all[1].Hits < 1 {
			t.Errorf("a form, two searches with the same hits, and one without: %+v", all)
		}
	})
}

// Who signs in, tries in vain and signs out stands in the log; an address that
// nobody has stands nowhere.
func TestSigningInIsWritten(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWalk(t, address)
		a := must[user.Account](w)(w.Users.Create(t.Context(), user.Account{Org: w.Org.ID, Role: user.Agent, Locale: "de", Name: "Kollegin", Email: "kollegin@example.com"}, "Beispiel-Passwort"))
		browser := w.stranger()
		for _, try := range [][2]string{{"niemand@example.com", "Beispiel-Passwort"}, {"kollegin@example.com", "geraten geraten"}, {"kollegin@example.com", "Beispiel-Passwort"}} {
			w.send(http.MethodPost, to("/sign-in", "email", try[0], "password", try[1]), browser)
		}
		w.send(http.MethodPost, to("/sign-out"), browser)
		w.send(http.MethodPost, to("/sign-out"), browser) // she is out already
		all := w.read(audit.Filter{Account: a.ID})
		if len(all) != 3 || all[0].Act != "signin.out" || all[1].Act != "signin.in" && all[2].Act != "signin.in" {
			t.Errorf("the log: %+v", all)
		}
		if failed := w.read(audit.Filter{Act: "signin.failed"}); len(failed) != 1 || failed[0].By.ID != id.ID(a.ID) {
			t.Errorf("attempts in vain: %+v", failed)
		}
	})
}

// What a program reads is written once an hour for each thing, with its token.
func TestWhatAProgramReadsIsWritten(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWalk(t, address)
		for _, path := range []string{"/contacts/" + w.person.ID.String(), "/contacts/" + w.person.ID.String(), "/contacts/" + w.IDs.New().String(), "/messages", "/conversations/" + w.thread.ID.String(), "/channels"} {
			w.REST(t, http.MethodGet, "/api/v1"+path, nil, nil)
		}
		w.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": "+4917604069001"}, nil)
		w.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": "+4917604069999"}, nil)
		got := map[string]int{}
		for _, e := range w.read(audit.Filter{Who: audit.Program}) {
			got[e.Act]++
			if e.By.ID.IsZero() || e.Act != "message.listed" && e.Contact != w.person.ID {
				t.Errorf("the entry: %+v", e)
			}
		}
		if len(got) != 3 || got["person.viewed"] != 1 || got["message.listed"] != 1 || got["conversation.viewed"] != 1 {
			t.Errorf("a program read: %v", got)
		}
	})
}

// What a person does in the portal is hers, by her identifier and without her
// name or number, also in the page that the data protection officer reads.
func TestThePortalIsWrittenWithoutPersonalData(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWalk(t, address)
		officer := stay(w.SignIn(t, user.DPO))
		for _, c := range publicChanges() {
			if c.route == "POST /portal/{slug}/enter" {
				w.send(http.MethodPost, c.make(w), w.visitor)
			}
		}
		if status, _ := w.send(http.MethodGet, attempt{path: "/portal/beispiel/data"}, w.visitor); status != http.StatusOK {
			t.Fatalf("her data: %d", status)
		}
		for _, e := range w.read(audit.Filter{Who: audit.Person}) {
			if e.By.ID != id.ID(w.person.ID) || e.Contact != w.person.ID {
				t.Errorf("the entry: %+v", e)
			}
		}
		filter := "/desk/audit?" + url.Values{"who": {"person"}}.Encode()
		if _, page := w.send(http.MethodGet, attempt{path: filter}, officer); !strings.Contains(page, "Eigene Daten im Portal angesehen") || !strings.Contains(page, "die Person selbst") || strings.Contains(page, "</td><td>Beschäftigte</td>") {
			t.Errorf("the page:\n%s", page)
		}
		if status, _ := w.send(http.MethodPost, to("/portal/beispiel/do/erase"), w.visitor); status != http.StatusSeeOther {
			t.Fatalf("erasing: %d", status)
		}
		w.Clock.Advance(25 * time.Hour)
		if err := w.Answers.EraseDue(t.Context(), w.DB, w.Orgs.IDs); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		w.Until(t, "she is erased", func() bool {
			p, err := w.Erasure.OfContact(t.Context(), w.DB, w.Org.ID, w.person.ID)
			return err == nil && p.Step == "done"
		})
		_, page := w.send(http.MethodGet, attempt{path: filter}, stay(w.SignIn(t, user.DPO))) // the session before is over
		if strings.Contains(page, "Mustermann") || !strings.Contains(page, "gelöschte Person") || len(w.read(audit.Filter{Contact: w.person.ID})) < 3 {
			t.Errorf("after the erasure:\n%s", page)
		}
	})
}
