package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/importing/chats"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// named are things that forms name, and who sends the forms.
type named struct {
	agent, dpo, admin     *http.Client
	here, there           string // the conversations of Erika and of Max
	erika, ofErika, ofMax string // Erika, and a message of each
	phone, breach, matter string
	chat                  string
}

func makeNamed(t *testing.T, o *apptest.Office) (n named) {
	t.Helper()
	n = named{agent: o.SignIn(t, user.Agent), dpo: o.SignIn(t, user.DPO), admin: o.SignIn(t, user.Admin)}
	var another string
	for _, one := range []struct {
		wamid, phone, name            string
		person, conversation, message *string
	}{{"wamid.1", "4917604069001", "Erika Mustermann", &n.erika, &n.here, &n.ofErika}, {"wamid.2", "4917604069002", "Max Mustermann", &another, &n.there, &n.ofMax}} {
		o.Post(t, apptest.Text(one.wamid, one.phone, one.name, "Guten Tag", o.Clock.Now()))
		k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, one.phone)
		if err != nil {
			t.Fatal(err)
		}
		said, err := o.Threads.Quoted(t.Context(), o.DB, o.Org.ID, []string{one.wamid})
		if err != nil {
			t.Fatal(err)
		}
		*one.person, *one.conversation, *one.message = k.ID.String(), said[one.wamid].Conversation.String(), said[one.wamid].ID.String()
	}
	staff, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.IOS, Management: device.WorkProfile, Detail: device.Detail{Name: "Telefon", Owner: "Werkstatt"}})
	if err != nil {
		t.Fatal(err)
	}
	i, err := o.Chats.Stage(t.Context(), o.DB, o.Org.ID, staff[0].ID, "chat.txt", []string{"Beispiel GmbH"}, strings.NewReader("[02.11.26, 10:00:00] Erika: Hallo\n[02.11.26, 10:01:00] Beispiel GmbH: Guten Tag\n"))
	if err != nil || i.State != chats.Staged {
		t.Fatal(i.State, err)
	}
	var b breach.Record
	var c cases.Case
	o.Write(t, func(tx store.Tx) (err error) {
		if b, err = o.Breaches.Open(t.Context(), tx, o.Org.ID, o.Clock.Now(), "Ein Telefon ist weg", staff[0].ID); err != nil {
			return err
		}
		c, err = o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Kind: cases.Access, Source: "desk", Text: "Was steht da?", By: staff[0].ID})
		return err
	})
	n.phone, n.chat, n.breach, n.matter = d.ID.String(), i.ID.String(), b.ID.String(), c.ID.String()
	return n
}

// form is one form with a field that names something. What stands for "?" is
// the name.
type form struct {
	by     *http.Client
	path   string
	fields url.Values
	field  string // as the page calls it; the text of the answer names it
}

func (n named) forms(o *apptest.Office) []form {
	inbox, person := "/inbox/"+n.here, "/people/"+n.erika
	arrival := "arrival-" + o.Channel.ID.String()
	return []form{
		{n.agent, inbox + "/assign", url.Values{"kind": {"account"}, "to": {"?"}}, "to"},
		{n.agent, inbox + "/assign", url.Values{"kind": {"team"}, "to": {"?"}}, "to"},
		{n.agent, inbox + "/assign", url.Values{"kind": {"nobody"}, "to": {"?"}}, "to"},
		{n.agent, inbox + "/move", url.Values{"number": {"?"}}, "number"},
		{n.agent, inbox + "/label", url.Values{"label": {"?"}, "on": {"1"}}, "label"},
		{n.agent, inbox + "/send", url.Values{"text": {"Gern"}, "reply_to": {"?"}}, "reply_to"},
		{n.agent, inbox + "/location", url.Values{"latitude": {"52.5"}, "longitude": {"13.4"}, "reply_to": {"?"}}, "reply_to"},
		{n.agent, inbox + "/draft", url.Values{"text": {"Ger"}, "reply_to": {"?"}}, "reply_to"},
		{n.agent, inbox + "/react", url.Values{"message": {"?"}, "emoji": {"👍"}}, "message"},
		{n.agent, "/messages/" + n.ofErika + "/undo", url.Values{"notice": {"?"}}, "notice"},
		{n.agent, "/inbox/bulk", url.Values{"do": {"mine"}, "conversation": {n.here, "?"}}, "conversation"},
		{n.agent, person + "/merge", url.Values{"other": {"?"}}, "other"},
		{n.agent, person + "/locale", url.Values{"locale": {"en"}, "conversation": {"?"}}, "conversation"},
		{n.agent, person + "/block", url.Values{"conversation": {"?"}}, "conversation"},
		{n.agent, person + "/withdraw", url.Values{"purpose": {"marketing"}, "conversation": {"?"}}, "conversation"},
		{n.admin, "/settings/teams", url.Values{"id": {"?"}, "name": {"Werkstatt"}}, "id"},
		{n.admin, "/settings/teams", url.Values{"name": {"Werkstatt"}, "member": {"?"}}, "member"},
		{n.admin, "/settings/labels", url.Values{"id": {"?"}, "name": {"Eilig"}, "colour": {"red"}}, "id"},
		{n.admin, "/settings/replies", url.Values{"id": {"?"}, "shortcut": {"hallo"}, "body": {"Guten Tag"}}, "id"},
		{n.admin, "/settings/attributes", url.Values{"id": {"?"}, "name": {"Kundennummer"}, "kind": {"text"}, "purpose": {"Zuordnung"}}, "id"},
		{n.admin, "/settings/hours", url.Values{"state": {"BE"}, arrival: {"?"}}, "arrival"},
		{n.admin, "/devices", url.Values{"name": {"Neues"}, "product": {"business"}, "platform": {"ios"}, "management": {"supervised"}, "label": {"?"}}, "label"},
		{n.admin, "/devices/" + n.phone, url.Values{"name": {"Neues"}, "product": {"business"}, "platform": {"ios"}, "management": {"supervised"}, "label": {"?"}}, "label"},
		{n.admin, "/import/chats/" + n.chat + "/start", url.Values{"us": {"Beispiel GmbH"}, "them": {"Erika"}, "phone": {"0176 04069001"}, "channel": {"?"}}, "channel"},
		{n.dpo, "/desk/breaches/" + n.breach, url.Values{"what": {"Ein Telefon"}, "from": {"2026-11-01T00:00"}, "until": {"2026-11-02T00:00"}, "channel": {"?"}}, "channel"},
		{n.dpo, "/desk/holds", url.Values{"person": {n.erika}, "reason": {"Streit"}, "until": {"2027-05-01"}, "only": {"1"}, "conversation": {"?"}}, "conversation"},
		{n.dpo, "/desk/processors", url.Values{"name": {"Rechenzentrum"}, "country": {"DE"}, "mechanism": {"none"}, "channel": {o.Channel.ID.String(), "?"}}, "channel"},
		{n.dpo, "/settings/notice/profile", url.Values{"channel": {"?"}, "link": {"1"}}, "channel"},
		{n.dpo, "/consent/form", url.Values{"form": {"1"}, "channel": {"?"}}, "channel"},
	}
}

// with is the form with a name in it.
func (f form) with(name string) url.Values {
	filled := url.Values{}
	for field, values := range f.fields {
		for _, value := range values {
			filled.Add(field, strings.ReplaceAll(value, "?", name))
		}
	}
	return filled
}

// TestAFormThatNamesNothingChangesNothing: what cannot be read as an identifier,
// and what names nothing of the organisation, is refused in words, and the
// database is as it was.
func TestAFormThatNamesNothingChangesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := makeNamed(t, o)
		o.Settle(t)
		before := stateOf(t, o)
		for _, f := range n.forms(o) {
			for _, name := range []string{"kein-name", o.IDs.New().String(), n.there[:35], "00000000-0000-0000-0000-000000000000"} {
				status, page := submit(t, o, f.by, f.path, f.with(name))
				refusedBy(t, f, name, status, page)
			}
		}
		// Of another conversation, or of another person.
		for _, f := range n.forms(o) {
			other := map[string]string{"reply_to": n.ofMax, "message": n.ofMax, "notice": n.ofMax, "conversation": n.there}[f.field]
			if other == "" || f.path == "/inbox/bulk" {
				continue
			}
			status, page := submit(t, o, f.by, f.path, f.with(other))
			refusedBy(t, f, other, status, page)
		}
		status, page := submit(t, o, n.agent, "/people/"+n.erika+"/attributes", url.Values{"conversation": {n.here}, "kein-name": {"1"}})
		refusedBy(t, form{path: "attributes", field: "attribute"}, "kein-name", status, page)
		for i, after := range stateOf(t, o) {
			if before[i] != after {
				t.Errorf("changed: %s", after)
			}
		}
	})
}

// TestAScriptThatNamesNothingIsTold: it shows the words in the page, so that what
// was typed stays.
func TestAScriptThatNamesNothingIsTold(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	n := makeNamed(t, o)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/inbox/"+n.here+"/send", strings.NewReader(url.Values{"text": {"Gern"}, "reply_to": {"x"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Fragment", "1")
	status, body := answerOf(t, n.agent, r)
	var answer struct {
		OK      bool
		Problem string
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusUnprocessableEntity || answer.OK || !strings.Contains(answer.Problem, "auf die geantwortet wird") {
		t.Errorf("%d %s %v", status, body, err)
	}
}

func refusedBy(t *testing.T, f form, name string, status int, page string) {
	t.Helper()
	gone := status == http.StatusUnprocessableEntity && f.field == "id" && strings.Contains(page, "role=\"alert\"") // the page itself says that it is gone
	if status != http.StatusUnprocessableEntity || !gone && !strings.Contains(page, "Es ist nichts geändert") || strings.Contains(page, "error.422") {
		t.Errorf("%s %s=%s: %d", f.path, f.field, name, status)
	}
}

// TestAnAddressThatNamesNothingShowsNothingElse: a filter, a cursor or a place
// that cannot be read does not become another list.
func TestAnAddressThatNamesNothingShowsNothingElse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := makeNamed(t, o)
		unknown := o.IDs.New().String()
		for _, c := range []struct {
			by   *http.Client
			path string
		}{
			{n.agent, "/inbox?after=x"}, {n.agent, "/inbox?after=1.x"}, {n.agent, "/inbox?view=team&of=x"}, {n.agent, "/inbox?view=label&of=x"},
			{n.agent, "/fragments/queue?current=x"}, {n.agent, "/fragments/queue?after=x"}, {n.agent, "/inbox/" + n.here + "?before=x"},
			{n.agent, "/inbox/" + n.here + "?at=x"}, {n.agent, "/inbox/" + n.here + "?at=" + unknown}, {n.agent, "/inbox/" + n.here + "?at=" + n.ofMax},
			{n.agent, "/search?q=Tag&channel=x"}, {n.agent, "/search?q=Tag&after=x"}, {n.agent, "/search?q=Tag&in=x"}, {n.agent, "/search?q=Tag&in=" + n.here + "&after=x"},
			{n.agent, "/people/" + n.erika + "/merge?other=x"}, {n.agent, "/people/" + n.erika + "/merge?other=" + unknown},
			{n.dpo, "/desk/audit?person=x"}, {n.dpo, "/desk/audit?staff=x"}, {n.dpo, "/desk/audit?before=x"},
			{n.dpo, "/desk/cases/" + n.matter + "?line=x"}, {n.dpo, "/desk/cases/" + n.matter + "?after=x"},
		} {
			if status, page := visit(t, o, c.by, c.path); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Es ist nichts geändert") || strings.Contains(page, "error.422") {
				t.Errorf("%s: %d", c.path, status)
			}
		}
		for _, path := range []string{"/inbox?view=team&of=" + unknown, "/search?q=Tag&channel=" + unknown} { // can be read, and has nothing
			if status, page := visit(t, o, n.agent, path); status != http.StatusOK || strings.Contains(page, "/inbox/"+n.here) {
				t.Errorf("%s: %d, or it shows conversations of others", path, status)
			}
		}
	})
}

// TestAProgramThatNamesNothingIsTold: the answer says which parameter it is, and
// nothing is sent.
func TestAProgramThatNamesNothingIsTold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := makeNamed(t, o)
		o.Settle(t)
		unknown := o.IDs.New().String()
		send := func(more map[string]any) map[string]any {
			more["type"], more["text"] = "text", map[string]any{"body": "Gern"}
			return more
		}
		for _, c := range []struct {
			path   string
			body   map[string]any
			status int
			code   string
		}{
			{"/api/v1/messages", send(map[string]any{"contact_id": "x"}), 422, "contact_id"},
			{"/api/v1/messages", send(map[string]any{"conversation_id": "x"}), 422, "conversation_id"},
			{"/api/v1/messages", send(map[string]any{"conversation_id": unknown}), 404, "not_found"},
			{"/api/v1/messages", send(map[string]any{"conversation_id": n.here, "reply_to": "x"}), 422, "reply_to"},
			{"/api/v1/messages", send(map[string]any{"conversation_id": n.here, "reply_to": unknown}), 422, "reply_to"},
			{"/api/v1/messages", send(map[string]any{"conversation_id": n.here, "reply_to": n.ofMax}), 422, "reply_to"},
			{"/api/v1/messages?after=x", nil, 422, "cursor"},
			{"/api/v1/contacts?after=x", nil, 422, "cursor"},
			{"/api/v1/conversations?after=x", nil, 422, "cursor"},
		} {
			method, body := http.MethodGet, any(nil)
			if c.body != nil {
				method, body = http.MethodPost, c.body
			}
			var answer struct{ Code, Detail string }
			if status := o.REST(t, method, c.path, body, &answer); status != c.status || answer.Code != c.code || c.status == 422 && c.code != "cursor" && !strings.Contains(answer.Detail, c.code) {
				t.Errorf("%s %v: %d %+v", c.path, c.body, status, answer)
			}
		}
		if sent := o.Count(t, "message", "outgoing = ?", true); sent != 0 {
			t.Errorf("%d messages were sent", sent)
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/messages", send(map[string]any{"conversation_id": n.here, "reply_to": n.ofErika}), nil); status != http.StatusAccepted {
			t.Errorf("an answer to her message: %d", status)
		}
	})
}

// stateOf says of each table with rows of the organisation what is in them, but
// for those that move by themselves: sessions and the leases of lanes.
func stateOf(t *testing.T, o *apptest.Office) (all []string) {
	t.Helper()
	tables, err := store.Tables(t.Context(), o.DB, o.DB.Engine())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name == "session" || table.Name == "lane" || !slices.ContainsFunc(table.Columns, func(c store.Column) bool { return c.Name == "org_id" }) {
			continue
		}
		var rows [][]byte
		_, err := store.Collect(t.Context(), o.DB, func(row store.Row) (struct{}, error) {
			values, into := make([]any, len(table.Columns)), make([]any, len(table.Columns))
			for i := range values {
				into[i] = &values[i]
			}
			err := row.Scan(into...)
			sum := sha256.Sum256(fmt.Appendf(nil, "%v", values))
			rows = append(rows, sum[:])
			return struct{}{}, err
		}, "SELECT * FROM "+table.Name+" WHERE org_id = ?", o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(rows, bytes.Compare)
		all = append(all, fmt.Sprintf("%s %d %x", table.Name, len(rows), sha256.Sum256(bytes.Join(rows, nil))))
	}
	return all
}
