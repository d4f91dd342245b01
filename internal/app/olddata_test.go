package app_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/door/api"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	index "einklang/internal/messaging/search"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
)

// What an older program left is there with today's: it is read whole, it goes
// on where it stood, and rights are kept on it.
func TestOldDataOpens(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := openOld(t, "948a4ec", engine)
			o.lanesAreKept(t)
			o.pagesAreThere(t)
			o.listsAreThere(t)
			leaves := o.evidenceVerifies(t)
			o.waitingGoesOn(t)
			o.talkGoesOn(t)
			o.personIsErased(t)
			if now := o.evidenceVerifies(t); now <= leaves {
				t.Errorf("%d leaves, then %d", leaves, now)
			}
		})
	}
}

// once is the one message with these words, as programs read it.
func (o *oldData) once(t *testing.T, words string) api.Message {
	t.Helper()
	var all api.Page[api.Message]
	if status := o.REST(t, http.MethodGet, "/api/v1/messages?limit=200", nil, &all); status != http.StatusOK {
		t.Fatalf("the list of messages: %d", status)
	}
	var found []api.Message
	for _, m := range all.Items {
		if text, _ := json.Marshal(m); strings.Contains(string(text), words) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d messages with %q", len(found), words)
	}
	return found[0]
}

// lanesAreKept: each number has its lane, with the number of its lease, and the
// older program cannot take it any more.
func (o *oldData) lanesAreKept(t *testing.T) {
	t.Helper()
	var lanes, taken int64
	if err := o.DB.QueryRow(t.Context(), `SELECT COUNT(*), COALESCE(SUM(CASE WHEN c.lane_until < ? OR l.number < c.lane_number - 1 THEN 1 ELSE 0 END), 0)
		FROM channel c JOIN lane l ON l.org_id = c.org_id AND l.channel_id = c.id`, int64(math.MaxInt64)).Scan(&lanes, &taken); err != nil {
		t.Fatal(err)
	}
	if lanes == 0 || taken != 0 {
		t.Errorf("%d lanes, of which the older program may take %d", lanes, taken)
	}
}

func (o *oldData) pagesAreThere(t *testing.T) {
	t.Helper()
	agent, officer, admin := o.signIn(t, "agent"), o.signIn(t, "dpo"), o.signIn(t, "admin")
	mustermann := "/inbox/" + o.once(t, "eine Frage zur Rechnung").ConversationID
	for _, c := range []struct {
		visitor
		path  string
		words []string
	}{
		{agent, "/", []string{"Erika Mustermann", "Lieschen Müller", "Jane Roe", "John Doe", "Max Mustermann"}},
		{agent, mustermann, []string{"eine Frage zur Rechnung", "Rechnung-Beispiel.pdf", "Die Rechnung stimmt.", "Wir haben die Rechnung geprüft und", "Die Buchhaltung prüft die Rechnung."}},
		{agent, "/inbox/" + o.once(t, "Fehler E4").ConversationID, []string{"Bitte entkalken", "So sieht die Anzeige aus", "❤️", "Der Entkalker ist wieder da.", "Stammkunde"}},
		{agent, "/search?q=wassertank", nil},
		{officer, "/consent", []string{"Pflegetipps"}},
		{officer, "/consent/waiting", []string{"Formular am Empfang unterschrieben"}},
		{officer, "/desk/cockpit", nil},
		{officer, "/desk/cases", []string{"Otto Normalverbraucher"}},
		{officer, "/desk/erasures", nil},
		{officer, "/desk/audit", nil},
		{officer, "/desk/approvals", []string{"Betriebsprüfung"}},
		{officer, "/desk/processors", nil},
		{officer, "/desk/documents", nil},
		{admin, "/devices", []string{"Außendienst 1", "Werkstatt", "Privates Telefon", "Empfang"}},
		{admin, "/settings/numbers", []string{"Kundendienst"}},
		{admin, "/settings/users", []string{"Alex Beispiel"}},
	} {
		status, page := c.get(c.path)
		if status != http.StatusOK || strings.Contains(page, "⟨") {
			t.Errorf("%s: %d\n%s", c.path, status, page)
		}
		for _, w := range append(c.words, "</html>") {
			if !strings.Contains(page, w) {
				t.Errorf("%s does not say %q", c.path, w)
			}
		}
	}
	_, picture := agent.get("/media/" + o.once(t, "So sieht die Anzeige aus").ID)
	if p, err := png.Decode(strings.NewReader(picture)); err != nil || p.Bounds().Dx() != 480 {
		t.Errorf("the picture: %v", err)
	}
	o.Until(t, "what came before the index knew versions is read", func() bool {
		b, err := o.App.Search.Building(t.Context(), o.DB, o.Org.ID)
		return err == nil && b == nil
	})
	if page, err := o.App.Search.Find(t.Context(), o.DB, o.Org.ID, index.Query{Text: "kaffeemaschine"}, 5); err != nil || len(page.Messages) != 1 {
		t.Errorf("%d messages found, %v", len(page.Messages), err)
	}
}

func (o *oldData) listsAreThere(t *testing.T) {
	t.Helper()
	var conversations api.Page[api.Conversation]
	var people api.Page[api.Contact]
	o.REST(t, http.MethodGet, "/api/v1/conversations", nil, &conversations)
	o.REST(t, http.MethodGet, "/api/v1/contacts?limit=200", nil, &people)
	var opened, granted, pending int
	for _, p := range people.Items {
		if !p.Erased && p.Name != "" {
			opened++
		}
		var all api.Page[api.Consent]
		if status := o.REST(t, http.MethodGet, "/api/v1/contacts/"+p.ID+"/consents", nil, &all); status != http.StatusOK && !p.Erased {
			t.Errorf("consents of %s: %d", p.ID, status)
		}
		for _, c := range all.Items {
			switch c.State {
			case "granted":
				granted++
			case "pending":
				pending++
			}
		}
	}
	// Of 36 people with a consent five took it back; one more was imported. Those
	// that only a click in a mail proves wait for a message from the number.
	if len(conversations.Items) != 7 || opened != 46 || granted != 24 || pending != 8 {
		t.Errorf("%d conversations, %d people with a name, %d consents, %d that wait", len(conversations.Items), opened, granted, pending)
	}
	for _, c := range []struct {
		phone, name, attribute string
		status                 int
	}{
		{"+4917604069004", "Otto Normalverbraucher", "K-4711", http.StatusOK},
		{"+4917604069101", "Petra Beispiel", "", http.StatusOK},
		{"+4917604069007", "", "", http.StatusNotFound}, // erased by the older program
	} {
		var p api.Contact
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]string{"phone": c.phone}, &p); status != c.status || p.Name != c.name || p.Attributes["Kundennummer"] != c.attribute {
			t.Errorf("%s: %d, %+v", c.phone, status, p)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "PROPFIND", o.URL+"/carddav/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(o.Notes.Phones[0].Login, o.Notes.Phones[0].Password)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusMultiStatus {
		t.Errorf("a phone is answered %s", answer.Status)
	}
}

// evidenceVerifies reads the whole log as an outsider does, and counts it.
func (o *oldData) evidenceVerifies(t *testing.T) int64 {
	t.Helper()
	var export bytes.Buffer
	if err := o.Log.Export(t.Context(), o.DB, o.Org.ID, &export, evidence.Opened{}, store.Alone{}); err != nil {
		t.Fatal(err)
	}
	report, err := evidence.Verify(&export, "")
	if err != nil || report.Covered != report.Leaves || report.Opened == 0 || report.Leaves != int64(o.Count(t, "evidence_entry", "")) {
		t.Errorf("the evidence: %+v, %v", report, err)
	}
	return report.Leaves
}

// waitingGoesOn: a status tells what became of a message whose answer was
// lost, and one that was put off leaves at its time.
func (o *oldData) waitingGoesOn(t *testing.T) {
	t.Helper()
	lost := o.once(t, "Die Rechnung stimmt.")
	if lost.Status != "uncertain" {
		t.Errorf("the message without an answer is %s", lost.Status)
	}
	body := apptest.Status("wamid.found", "4917604069002", "delivered", lost.ID, o.Clock.Now())
	if status := o.PostSigned(t, body, cloudapi.Sign(o.Notes.AppSecret, body)); status != http.StatusOK {
		t.Errorf("its status is answered %d", status)
	}
	if found := o.once(t, "Die Rechnung stimmt."); found.Status != "delivered" || found.WAMID != "wamid.found" {
		t.Errorf("it is %s as %s", found.Status, found.WAMID)
	}
	erika := o.customer("Erika Mustermann", "4917604069001", "DE.1300000000000001")
	o.Clock.Advance(3 * time.Hour)
	o.Until(t, "the message for later has arrived", func() bool { return strings.Contains(lastText(o.Office, erika), "Der Entkalker ist wieder da.") })
	if n := len(erika.Messages(o.Number)); n != 1 {
		t.Errorf("%d messages arrived", n)
	}
}

// talkGoesOn: an answer leaves through the gate, and a new message comes in.
func (o *oldData) talkGoesOn(t *testing.T) {
	t.Helper()
	agent := o.signIn(t, "agent")
	jane := o.customer("Jane Roe", "", "GB.1300000000000006")
	at := "/inbox/" + o.once(t, "Is the workshop open").ConversationID
	verdicts := o.Count(t, "verdict", "")
	if status, page := agent.post(at+"/send", url.Values{"text": {"Yes, from 9 to 12."}}); status != http.StatusOK {
		t.Fatalf("an answer: %d\n%s", status, page)
	}
	o.Clock.Advance(10 * time.Second)
	o.Until(t, "the answer has arrived", func() bool { return strings.Contains(lastText(o.Office, jane), "from 9 to 12") })
	if o.Count(t, "verdict", "") <= verdicts {
		t.Error("the answer left without a verdict")
	}
	jane.Say(o.Number, "See you on Saturday!")
	o.Settle(t)
	if _, page := agent.get(at); !strings.Contains(page, "See you on Saturday!") || !strings.Contains(page, "from 9 to 12") {
		t.Error("the conversation does not go on")
	}
	if m := o.once(t, "from 9 to 12"); m.Status != "delivered" {
		t.Errorf("the answer is %s", m.Status)
	}
}

// personIsErased: what the older program sealed about a person is closed for
// good, everywhere.
func (o *oldData) personIsErased(t *testing.T) {
	t.Helper()
	agent, officer := o.signIn(t, "agent"), o.signIn(t, "dpo")
	said, picture := o.once(t, "Fehler E4"), o.once(t, "So sieht die Anzeige aus")
	who, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4917604069001")
	if err != nil || who == nil || who.ID.String() != said.ContactID {
		t.Fatalf("%+v, %v", who, err)
	}
	if status, page := officer.post("/desk/cases", url.Values{"kind": {"erase"}, "person": {"Erika Mustermann"}, "source": {"e_mail"}, "text": {"Bitte löschen Sie alles"}}); status != http.StatusOK {
		t.Fatalf("%d\n%s", status, page)
	}
	cases, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, who.ID)
	if err != nil || len(cases) != 1 {
		t.Fatal(cases, err)
	}
	for _, step := range []struct {
		what string
		form url.Values
	}{{"identity", url.Values{"how": {"known"}, "text": {"Rückruf"}}}, {"grant", url.Values{"sure": {"yes"}}}} {
		if status, page := officer.post("/desk/cases/"+cases[0].ID.String()+"/"+step.what, step.form); status != http.StatusOK {
			t.Fatalf("%s: %d\n%s", step.what, status, page)
		}
	}
	o.Until(t, "she is erased", func() bool {
		p, err := o.Erasure.OfContact(t.Context(), o.DB, o.Org.ID, who.ID)
		return err == nil && p.Step == erasure.Done
	})
	for _, c := range []struct{ table, column string }{{"data_key", "owner_id"}, {"message", "contact_id"}, {"media", "contact_id"}, {"payload", "owner_id"}, {"outbox", "contact_id"}, {"name_word", "contact_id"}} {
		if n := o.Count(t, c.table, c.column+" = ?", who.ID); n != 0 {
			t.Errorf("%d rows are left in %s", n, c.table)
		}
	}
	if k, err := o.People.Get(t.Context(), o.DB, o.Org.ID, who.ID); err != nil || !k.Erased || k.Keys != nil {
		t.Errorf("her keys: %+v, %v", k, err)
	}
	for _, path := range []string{"/inbox/" + said.ConversationID, "/media/" + picture.ID} {
		if status, page := agent.get(path); strings.Contains(page, "E4") || strings.Contains(page, "PNG") || status == http.StatusOK && strings.HasPrefix(path, "/media/") {
			t.Errorf("%s still shows her: %d", path, status)
		}
	}
	if status := o.REST(t, http.MethodGet, "/api/v1/messages/"+said.ID, nil, nil); status != http.StatusNotFound {
		t.Errorf("her message is answered %d", status)
	}
	if _, page := agent.get("/"); strings.Contains(page, "Erika Mustermann") || !strings.Contains(page, "Max Mustermann") {
		t.Error("the queue names her, or not the others")
	}
}
