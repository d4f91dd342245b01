package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rights/access"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// An attribute from its definition to its end: entered in the panel, filled into
// a quick reply, read and written by programs, in the package, in the record of
// processing, and gone with the person.
func TestAttributesFromDefinitionToErasure(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		person, thread := o.Person(t, erika), onlyThread(t, o)
		admin, agent := o.SignIn(t, user.Admin), o.SignIn(t, user.Agent)
		define := func(form url.Values, status int, want string) {
			t.Helper()
			if got, page := submit(t, o, admin, "/settings/attributes", form); got != status || !strings.Contains(page, want) {
				t.Errorf("%v: %d\n%s", form, got, page)
			}
		}
		define(url.Values{"name": {"Kundennummer"}, "kind": {"text"}}, http.StatusUnprocessableEntity, "wofür das Merkmal ist")
		define(url.Values{"name": {"Kundennummer"}, "kind": {"text"}, "purpose": {"Zuordnung zu Aufträgen"}}, http.StatusOK, "Kundennummer")
		define(url.Values{"name": {"Vertragsende"}, "kind": {"date"}, "purpose": {"Erinnerung"}}, http.StatusOK, "Vertragsende")
		define(url.Values{"name": {"Tarif"}, "kind": {"choice"}, "purpose": {"Preise"}, "choices": {"Klein\nGroß"}}, http.StatusOK, "Groß")
		if status, _ := submit(t, o, agent, "/settings/attributes", url.Values{"name": {"x"}, "kind": {"text"}, "purpose": {"x"}}); status != http.StatusForbidden {
			t.Errorf("an agent defines attributes: %d", status)
		}
		defined, err := o.Attributes.List(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(defined) != 3 {
			t.Fatal(defined, err)
		}
		at := map[string]string{}
		for _, d := range defined {
			at[d.Name] = d.ID.String()
		}
		enter := func(form url.Values) (int, string) {
			form.Set("conversation", thread.ID.String())
			return submit(t, o, agent, "/people/"+person.ID.String()+"/attributes", form)
		}
		if _, page := enter(url.Values{at["Vertragsende"]: {"demnächst"}}); !strings.Contains(page, "Das ist kein Datum.") {
			t.Errorf("no date: %s", page)
		}
		if status, page := enter(url.Values{at["Kundennummer"]: {"K-4711"}, at["Vertragsende"]: {"2026-12-31"}, at["Tarif"]: {"Groß"}}); status != http.StatusOK {
			t.Fatalf("%d\n%s", status, page)
		}
		if _, page := visit(t, o, agent, "/inbox/"+thread.ID.String()); !strings.Contains(page, "<dd>K-4711</dd>") || !strings.Contains(page, "<dd>31.12.2026</dd>") {
			t.Errorf("the panel does not show them: %s", page)
		}
		submit(t, o, admin, "/settings/replies", url.Values{"shortcut": {"nr"}, "body": {"Ihre Nummer ist {Kundennummer}."}})
		if _, page := visit(t, o, agent, "/fragments/quick/"+thread.ID.String()); !strings.Contains(page, "Ihre Nummer ist K-4711.") {
			t.Errorf("the quick reply: %s", page)
		}

		var got struct{ Attributes map[string]string }
		path := "/api/v1/contacts/" + person.ID.String()
		if status := o.REST(t, http.MethodPatch, path+"/attributes", map[string]any{"Tarif": "Riesig"}, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a program sets what cannot be chosen: %d", status)
		}
		if status := o.REST(t, http.MethodPatch, path+"/attributes", map[string]any{"Tarif": "Klein"}, &got); status != http.StatusOK || got.Attributes["Tarif"] != "Klein" || got.Attributes["Vertragsende"] != "2026-12-31" {
			t.Errorf("a program sets one: %d %v", status, got)
		}
		submit(t, o, agent, "/inbox/"+thread.ID.String()+"/note", url.Values{"words": {"hat es eilig"}})
		raw := packageOf(t, o, person.ID)
		var data struct {
			Attributes []struct{ Name, Value, Purpose string }
			Notes      []struct{ Text string }
		}
		if err := json.Unmarshal(raw, &data); err != nil || len(data.Attributes) != 3 || data.Attributes[0].Value != "K-4711" || data.Attributes[0].Purpose != "Zuordnung zu Aufträgen" || len(data.Notes) != 1 || data.Notes[0].Text != "hat es eilig" {
			t.Errorf("the package holds %+v, %v", data, err)
		}
		if _, page := visit(t, o, admin, "/desk/documents/record"); !strings.Contains(page, "Zuordnung zu Aufträgen") {
			t.Error("the record of processing does not name the purpose")
		}
		eraseNow(t, o, erasure.Identity{Contact: person.ID})
		if n := o.Count(t, "attribute_value", "TRUE"); n != 0 {
			t.Errorf("%d rows are left after the erasure", n)
		}
	})
}

// packageOf is the data.json of a person's access package.
func packageOf(t *testing.T, o *apptest.Office, person id.Person) []byte {
	t.Helper()
	p, err := o.People.Get(t.Context(), o.DB, o.Org.ID, person)
	if err != nil {
		t.Fatal(err)
	}
	de, _, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var raw strings.Builder
	if err := o.Answers.Package(t.Context(), &raw, o.Org.ID, p, access.Access, de); err != nil {
		t.Fatal(err)
	}
	return []byte(unzipped(t, raw.String())["data.json"])
}
