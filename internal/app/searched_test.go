package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// Whoever searches for people stands in the log with each search, wherever the
// field is.
func TestEachSearchForPeopleIsWritten(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
		one, _, _ := twins(t, o)
		look := func(c *http.Client, path string) func() {
			return func() { visit(t, o, c, path) }
		}
		send := func(path string, fields url.Values) func() {
			return func() { submit(t, o, dpo, path, fields) }
		}
		for _, step := range []struct {
			name string
			do   func()
			want int
		}{
			{"the page", look(admin, "/search?q=Erika"), 1},
			{"the same again", look(admin, "/search?q=erika"), 0},
			{"another with as many hits", look(admin, "/search?q=Guten"), 1},
			{"the palette", look(admin, "/fragments/palette?q=Otto"), 1},
			{"the palette, for another", look(admin, "/fragments/palette?q=Lena"), 1},
			{"the inbox", look(admin, "/inbox?q=Mustermann"), 1},
			{"the list of the inbox", look(admin, "/fragments/queue?q=Musterfrau"), 1},
			{"the inbox without", look(admin, "/inbox"), 0},
			{"the other record", look(admin, "/people/"+one.ID.String()+"/merge?q=Meier"), 1},
			{"a case", send("/desk/cases", url.Values{"person": {"Schulze"}, "kind": {"access"}}), 1},
			{"a case of a known one", send("/desk/cases", url.Values{"person": {one.ID.String()}, "kind": {"nonsense"}}), 0},
			{"a hold", send("/desk/holds", url.Values{"person": {"Schmidt"}, "reason": {"Streit"}, "until": {"2027-05-01"}}), 1},
		} {
			o.Audit.Settle()
			before := o.Count(t, "audit", "act = 'searched'")
			step.do()
			o.Audit.Settle()
			if n := o.Count(t, "audit", "act = 'searched'") - before; n != step.want {
				t.Errorf("%s: %d entries, want %d", step.name, n, step.want)
			}
		}
	})
}

// A program that may not write to somebody whom nobody knows leaves nobody
// behind.
func TestNobodyIsKeptToWhomNothingWasSent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Settle(t)
		tables := []string{"contact", "identity", "data_key", "evidence_entry", "audit"}
		before := map[string]int{}
		for _, table := range tables {
			before[table] = o.Count(t, table, "")
		}
		for _, body := range []map[string]any{
			{"to": "4917604069777", "text": map[string]any{"body": "Hallo"}},
			{"recipient": "DE.4711", "text": map[string]any{"body": "Hallo"}},
			{"to": "4917604069777", "text": map[string]any{"body": "Hallo"}, "reply_to": "x"},
			{"to": "4917604069777", "reason": "campaign", "text": map[string]any{"body": "Hallo"}},
			{"recipient": "DE.4711", "reply_to": o.IDs.New().String(), "text": map[string]any{"body": "Hallo"}},
		} {
			var answer map[string]any
			body["type"] = "text"
			if status := o.REST(t, http.MethodPost, "/api/v1/messages", body, &answer); status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
				t.Errorf("%v: %d %v", body, status, answer)
			}
		}
		o.Audit.Settle()
		for _, table := range tables {
			if n := o.Count(t, table, ""); n != before[table] {
				t.Errorf("%s: %d rows, before %d", table, n, before[table])
			}
		}
	})
}
