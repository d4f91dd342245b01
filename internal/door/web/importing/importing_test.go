package importing_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/importing/lists"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

type visitor struct {
	*apptest.Office
	t       *testing.T
	browser *http.Client
}

func visit(t *testing.T, role user.Role) visitor {
	t.Helper()
	o := apptest.Open(t, storetest.SQLite(t))
	return visitor{o, t, o.SignIn(t, role)}
}

func (v visitor) read(resp *http.Response, err error) (int, string, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, resp.Request.URL.Path, string(body)
}

func (v visitor) get(path string) (int, string, string) {
	v.t.Helper()
	return v.read(v.browser.Get(v.URL + path))
}

func (v visitor) post(path string, form url.Values) (int, string, string) {
	v.t.Helper()
	return v.read(v.browser.PostForm(v.URL+path, form))
}

func (v visitor) upload(path, name, content string) (int, string, string) {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || form.Close() != nil {
		v.t.Fatal(err)
	}
	return v.read(v.browser.Post(v.URL+path, form.FormDataContentType(), &b))
}

// form reads what a page would send if nothing were changed.
func form(page string) url.Values {
	values := url.Values{}
	for _, s := range regexp.MustCompile(`(?s)<select id="([^"]+)" name="([^"]+)".*?</select>`).FindAllStringSubmatch(page, -1) {
		values.Set(s[2], "")
		if chosen := regexp.MustCompile(`<option(?: value="([^"]*)")? selected`).FindStringSubmatch(s[0]); chosen != nil {
			values.Set(s[2], chosen[1])
		}
	}
	if strings.Contains(page, `name="titled" checked`) {
		values.Set("titled", "on")
	}
	return values
}

// until reads a page until it says something.
func (v visitor) until(path, words string) string {
	v.t.Helper()
	var page string
	v.Until(v.t, "the page says "+words, func() bool {
		_, _, page = v.get(path)
		return strings.Contains(page, words)
	})
	return page
}

func TestImportingPeopleThroughThePages(t *testing.T) {
	v := visit(t, user.Lead)
	status, path, page := v.upload("/import", "kunden.csv", "Name;Telefon;Zweck;Einwilligung am;Quelle;Nachweis;Wortlaut\n"+
		"Erika <b>Mustermann;0176 04069001;Werbung;01.05.2026;Formular;Blatt 1;Ja, gern.\nMax Mustermann;auf Anfrage;;;;;\n")
	if status != http.StatusOK || !strings.HasPrefix(path, "/import/people/") || !strings.Contains(page, "Was bedeuten die Spalten?") {
		t.Fatalf("%d %s\n%s", status, path, page)
	}
	plan := form(page)
	plan.Set("country", "DE")
	bad := url.Values{"country": {"DE"}}
	if status, _, page := v.post(path+"/plan", bad); status != http.StatusUnprocessableEntity || !strings.Contains(page, "in welcher Spalte die Telefonnummer steht") {
		t.Errorf("a plan without a phone number: %d", status)
	}
	v.post(path+"/plan", plan)
	page = v.until(path, "So würde importiert")
	for _, want := range []string{"Erika &lt;b&gt;Mustermann", "+4917604069001", "Das ist keine Telefonnummer", "Werbung"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
	if v.Count(t, "contact", "") != 0 {
		t.Error("something is imported before anybody said so")
	}
	v.post(path+"/start", nil)
	page = v.until(path, "Ergebnis je Zeile herunterladen")
	if !strings.Contains(page, "1 Person ist noch zu informieren.") {
		t.Error("the duty to inform is not shown")
	}
	_, _, report := v.get(path + "/report.csv")
	if want := "\ufeffZeile;Ergebnis;Einwilligungen;Hinweis\r\n2;neu angelegt;1;\r\n3;abgelehnt;0;Das ist keine Telefonnummer, oder sie lässt sich auf zwei Arten lesen. Bitte schreiben Sie sie mit Vorwahl: +49 …\r\n"; report != want {
		t.Errorf("the report is %q", report)
	}
	if status, _, _ := v.post(path+"/informed", url.Values{"how": {"letter"}, "when": {"2030-01-01"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("informed in the future: %d", status)
	}
	if _, _, page := v.post(path+"/informed", url.Values{"how": {"letter"}, "when": {"2026-11-23"}}); !strings.Contains(page, "Alle sind informiert.") {
		t.Error("informing is not recorded")
	}
	_, asks, _ := v.post(path+"/undo", url.Values{"sure": {"yes"}})
	if asks != "/desk/approvals/new" {
		t.Fatalf("an import was undone by one person alone: %s", asks)
	}
	v.post("/desk/approvals", url.Values{"kind": {"undo"}, "subject": {strings.TrimPrefix(path, "/import/people/")}, "reason": {"Beispielgrund"}})
	second := visitor{v.Office, t, v.SignIn(t, user.DPO)}
	_, _, questions := second.get("/desk/approvals")
	second.post(regexp.MustCompile(`/desk/approvals/[0-9a-f-]{36}`).FindString(questions), url.Values{"do": {"grant"}})
	v.post(path+"/undo", url.Values{"sure": {"yes"}})
	v.until(path, "1 Personen entfernt, 1 Einwilligungen widerrufen")
}

func TestImportingAChatThroughThePages(t *testing.T) {
	v := visit(t, user.Admin)
	status, path, page := v.upload("/import/chats", "WhatsApp Chat.txt", "24.11.25, 10:00 - Erika: Guten Tag\n24.11.25, 10:01 - Beispiel GmbH: Guten Tag!\n24.11.25, 10:02 - Otto: Geheim\n")
	if status != http.StatusOK || !strings.HasPrefix(path, "/import/chats/") || !strings.Contains(page, "Das ist ein Gruppenchat.") {
		t.Fatalf("%d %s\n%s", status, path, page)
	}
	plan := url.Values{"us": {"Beispiel GmbH"}, "them": {"Erika"}, "phone": {"0176 04069001"}, "channel": {v.Channel.ID.String()}, "order": {"day_first"}}
	if status, _, page := v.post(path+"/start", plan); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Bitte bestätigen Sie") || !strings.Contains(page, "Von einer anderen Person, wird nicht übernommen") || strings.Contains(page, "Geheim") {
		t.Errorf("a group without a word: %d", status)
	}
	plan.Set("group", "on")
	v.post(path+"/start", plan)
	v.until(path, "Aus dem Chat folgt keine Einwilligung")
	v.Until(t, "the chat is there", func() bool { return v.Count(t, "message", "origin = 'imported'") == 2 })
	_, _, page = v.get("/inbox?view=closed")
	if !strings.Contains(page, "Erika") {
		t.Error("the conversation is not in the list")
	}
}

func TestWhoMayImport(t *testing.T) {
	v := visit(t, user.Agent)
	for _, path := range []string{"/import", "/import/chats", "/import/moving"} {
		if status, _, _ := v.get(path); status != http.StatusForbidden {
			t.Errorf("%s was answered %d to an agent", path, status)
		}
	}
	if status, _, _ := v.upload("/import", "a.csv", "Name;Telefon\n"); status != http.StatusForbidden || v.Count(t, "blob", "") != 0 {
		t.Errorf("an agent's upload was answered %d", status)
	}
}

func TestFilesThatCannotBeTakenAreExplained(t *testing.T) {
	v := visit(t, user.Lead)
	for _, c := range []struct{ path, name, content, want string }{
		{"/import", "a.pdf", "%PDF-1.7", "Das ist keine Liste."},
		{"/import", "a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "altes Excel-Format"},
		{"/import", "a.csv", "", "Die Datei ist leer."},
		{"/import/chats", "a.txt", "Guten Tag", "Darin ist kein exportierter Chat."},
	} {
		status, _, page := v.upload(c.path, c.name, c.content)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, strings.ReplaceAll(c.want, "altes", "alte")) {
			t.Errorf("%s: %d, without %q", c.name, status, c.want)
		}
	}
	if status, _, page := v.read(v.browser.Post(v.URL+"/import", "multipart/form-data; boundary=x", strings.NewReader("--x--\r\n"))); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Bitte wählen Sie eine Datei aus.") {
		t.Errorf("no file: %d", status)
	}
	if status, _, _ := v.get("/import/people/" + v.IDs.New().String()); status != http.StatusNotFound {
		t.Errorf("an import that is none: %d", status)
	}
}

func TestMovingStepsAreSeenOrTicked(t *testing.T) {
	v := visit(t, user.Admin)
	_, _, page := v.get("/import/moving")
	if !strings.Contains(page, "3 von 13 Schritten erledigt") { // notice, agreement, number
		t.Error("what is set up is not seen")
	}
	if _, _, page = v.post("/import/moving", url.Values{"step": {string(lists.StepTell)}, "done": {"1"}}); !strings.Contains(page, "4 von 13") {
		t.Error("a step is not ticked off")
	}
	if _, _, page = v.post("/import/moving", url.Values{"step": {string(lists.StepTell)}}); !strings.Contains(page, "3 von 13") {
		t.Error("a step stays ticked off")
	}
	for _, bad := range []string{string(lists.StepConnect), "fly"} {
		if status, _, _ := v.post("/import/moving", url.Values{"step": {bad}, "done": {"1"}}); status != http.StatusNotFound {
			t.Errorf("%s was answered %d", bad, status)
		}
	}
}

// What people in a list are said to have agreed to is taken over only once a
// second person granted it, where the organisation wants two.
func TestTwoMustSeeTheConsentsOfAList(t *testing.T) {
	v := visit(t, user.Lead)
	second := visitor{v.Office, t, v.SignIn(t, user.DPO)}
	v.Write(t, func(tx store.Tx) error {
		return v.Consents.SaveSettings(t.Context(), tx, v.Org.ID, optin.Settings{FourEyes: true})
	})
	_, path, page := v.upload("/import", "kunden.csv", "Name;Telefon;Zweck;Einwilligung am;Quelle;Nachweis\nErika Mustermann;0176 04069001;Service;01.05.2026;Formular;Blatt 1\n")
	plan := form(page)
	plan.Set("country", "DE")
	v.post(path+"/plan", plan)
	v.until(path, "So würde importiert")
	if _, asks, _ := v.post(path+"/start", nil); asks != "/desk/approvals/new" || v.Count(t, "import", "state = 'checked'") != 1 {
		t.Fatalf("one pair of eyes was enough: %s", asks)
	}
	if n := v.Count(t, "audit", "act = 'import.started'"); n != 0 {
		t.Error("the log says that it was started")
	}
	v.post("/desk/approvals", url.Values{"kind": {"consents"}, "subject": {strings.TrimPrefix(path, "/import/people/")}, "reason": {"Beispielgrund"}})
	_, _, questions := second.get("/desk/approvals")
	second.post(regexp.MustCompile(`/desk/approvals/[0-9a-f-]{36}`).FindString(questions), url.Values{"do": {"grant"}})
	v.post(path+"/start", nil)
	v.until(path, "Ergebnis je Zeile herunterladen")
	erika, err := v.People.ByPhone(t.Context(), v.DB, v.Org.ID, "4917604069001")
	if err != nil {
		t.Fatal(err)
	}
	history, err := v.Consents.History(t.Context(), v.DB, v.Org.ID, erika)
	if err != nil || len(history) != 1 || history[0].Kind != "granted" || history[0].Source != optin.FromImport || history[0].Detail.Second.IsZero() || history[0].Detail.Second == history[0].Detail.Staff {
		t.Errorf("the proof: %+v %v", history, err)
	}
	if n := v.Count(t, "audit", "act = 'import.started'"); n != 1 {
		t.Errorf("started %d times in the log", n)
	}
}
