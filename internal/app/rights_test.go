package app_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// visitor is a browser of somebody without an account.
type visitor struct {
	t *testing.T
	o *apptest.Office
	*http.Client
}

func newVisitor(t *testing.T, o *apptest.Office) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, o, &http.Client{Jar: jar}}
}

func (v visitor) get(path string) (int, string) {
	v.t.Helper()
	resp, err := v.Get(v.o.URL + v.o.Sought(v.Client, path))
	return v.read(resp, err)
}

func (v visitor) post(path string, form url.Values) (int, string) {
	v.t.Helper()
	resp, err := v.PostForm(v.o.URL+path, form)
	return v.read(resp, err)
}

func (v visitor) read(resp *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// lastText is the newest message that a customer got.
func lastText(o *apptest.Office, p *sandbox.Phone) string {
	all := p.Messages(o.Number)
	for i := len(all) - 1; i >= 0; i-- {
		if m := all[i]; m.Business {
			return string(m.Content)
		}
	}
	return ""
}

var links = regexp.MustCompile(`/portal/[a-z]+/enter/[A-Za-z0-9_-]+`)

func TestAPersonSeesTakesAndErasesHerDataWithoutAnAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Ich brauche eine neue Pumpe")
		if _, err := erika.Send(o.Number, "contacts", []any{map[string]any{"name": map[string]any{"formatted_name": "Dritte Person"}, "phones": []any{map[string]any{"phone": "+4917604069999"}}}}, ""); err != nil {
			t.Fatal(err)
		}
		o.Settle(t)
		erika.Say(o.Number, "Meine Daten")
		o.Settle(t)
		who := o.Person(t, erika)
		link := links.FindString(lastText(o, erika))
		if link == "" {
			t.Fatalf("no link came: %q", lastText(o, erika))
		}
		v := newVisitor(t, o)
		if status, page := v.get(link); status != http.StatusOK || strings.Contains(page, "4917604069001") {
			t.Fatalf("the link was answered %d", status)
		}
		secret := link[strings.LastIndex(link, "/")+1:]
		status, page := v.post("/portal/beispiel/enter", url.Values{"secret": {secret}})
		if status != http.StatusOK || !strings.Contains(page, "+4917604069001") {
			t.Fatalf("entering was answered %d: %s", status, page)
		}
		if _, page := newVisitor(t, o).post("/portal/beispiel/enter", url.Values{"secret": {secret}}); strings.Contains(page, "+4917604069001") {
			t.Error("the link worked twice")
		}

		whole, mine := takes(t, v, "access"), takes(t, v, "portability")
		var data struct {
			Format   string
			Messages []struct{ From, Type string }
		}
		if err := json.Unmarshal([]byte(whole["data.json"]), &data); err != nil || data.Format != "einklang-person-1" || len(data.Messages) < 4 {
			t.Errorf("data.json: %v, %+v", err, data)
		}
		for name, text := range whole {
			if strings.Contains(text, "Dritte Person") || strings.Contains(text, "4917604069999") {
				t.Errorf("%s tells of a third person", name)
			}
		}
		if !strings.Contains(whole["auskunft.html"], "Ich brauche eine neue Pumpe") || !strings.HasPrefix(whole["auskunft.pdf"], "%PDF") || whole["schema.json"] == "" {
			t.Error("the package is not whole")
		}
		if strings.Contains(mine["data.json"], `"from":"organisation"`) || !strings.Contains(mine["messages.csv"], "Pumpe") || mine["auskunft.html"] != "" {
			t.Error("the portable package is not what she provided")
		}

		for _, what := range []string{"correct", "restrict", "object", "withdraw"} {
			if status, _ := v.post("/portal/beispiel/do/"+what, url.Values{"text": {"Ich heiße anders"}}); status != http.StatusOK {
				t.Errorf("%s was answered %d", what, status)
			}
		}
		flags := o.Person(t, erika).Flags
		if !flags.Restricted || !flags.Objected || !flags.OptedOut {
			t.Errorf("after restricting, objecting and withdrawing: %+v", flags)
		}
		if status, page := v.post("/portal/beispiel/do/erase", nil); status != http.StatusOK || !strings.Contains(page, "vorgemerkt") {
			t.Errorf("erasing was answered %d", status)
		}
		waits(t, o)
		o.Until(t, "she is erased", func() bool {
			p, err := o.Erasure.OfContact(t.Context(), o.DB, o.Org.ID, who.ID)
			return err == nil && p.Step == erasure.Done
		})
		if _, page := v.get("/portal/beispiel/data"); strings.Contains(page, "4917604069001") {
			t.Error("the portal still shows her")
		}
		waiting, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, who.ID)
		open := 0
		for _, c := range waiting {
			if c.Outcome == "" {
				open++
			}
		}
		// Access (which the keyword opened), portability, restriction, objection,
		// withdrawal and erasure are settled; the correction waits for us.
		if err != nil || len(waiting) != 7 || open != 1 {
			t.Errorf("%d cases, %d open, %v", len(waiting), open, err)
		}
	})
}

var downloads = regexp.MustCompile(`/portal/beispiel/take/[0-9a-f-]+`)

// takes asks for a download in the portal and fetches it.
func takes(t *testing.T, v visitor, kind string) map[string]string {
	t.Helper()
	status, page := v.post("/portal/beispiel/take", url.Values{"kind": {kind}})
	path := downloads.FindString(page)
	if status != http.StatusOK || path == "" {
		t.Fatalf("asking for a download was answered %d: %s", status, page)
	}
	return unzip(t, v, path)
}

// waits lets the time be over for which an erasure can be stopped.
func waits(t *testing.T, o *apptest.Office) {
	t.Helper()
	o.Clock.Advance(25 * time.Hour)
	if err := o.Answers.EraseDue(t.Context(), o.DB, o.Orgs.IDs); err != nil {
		t.Fatal(err)
	}
}

func unzip(t *testing.T, v visitor, path string) map[string]string {
	t.Helper()
	status, raw := v.get(path)
	if status != http.StatusOK {
		t.Fatalf("%s was answered %d", path, status)
	}
	return unzipped(t, raw)
}

func unzipped(t testing.TB, raw string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

var codes = regexp.MustCompile(`\b[A-Z2-7]{8}\b`)

// From the portal nobody learns who is a customer, and codes cannot be guessed.
func TestThePortalTellsNobodyWhoIsACustomer(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	v := newVisitor(t, o)
	ask := func(number string) (int, string) {
		status, page := v.post("/portal/beispiel/code", url.Values{"number": {number}})
		return status, strings.ReplaceAll(page, strings.ReplaceAll(number, " ", "")[1:], "NUMBER")
	}
	status1, known := ask("+49 176 04069001")
	status2, unknown := ask("+49 176 04069002")
	if status1 != http.StatusOK || status1 != status2 || known != unknown {
		t.Error("a known number is answered otherwise than an unknown one")
	}
	code := ""
	o.Until(t, "the code is there", func() bool { code = codes.FindString(lastText(o, erika)); return code != "" })
	enter := func(number, code string) string {
		_, page := v.post("/portal/beispiel/enter", url.Values{"number": {number}, "code": {code}})
		return strings.ReplaceAll(page, strings.ReplaceAll(number, " ", "")[1:], "NUMBER")
	}
	const wrong = "AAAAAAAA"
	if enter("+4917604069001", wrong) != enter("+4917604069002", wrong) {
		t.Error("a wrong code is answered otherwise for a known number")
	}
	for range 4 {
		enter("+4917604069001", wrong)
	}
	if page := enter("+4917604069001", code); strings.Contains(page, "Erika") {
		t.Error("the right code worked after too many wrong ones")
	}
	o.Clock.Advance(2 * time.Minute)
	ask("+49 176 04069001")
	second := ""
	o.Until(t, "a new code is there", func() bool { second = codes.FindString(lastText(o, erika)); return second != "" && second != code })
	enter("+4917604069001", wrong)
	if page := enter("+4917604069001", second); strings.Contains(page, "Erika") {
		t.Error("a new code brought new tries")
	}
	o.Clock.Advance(time.Hour)
	ask("+49 176 04069001")
	code, second = second, ""
	o.Until(t, "the second code is there", func() bool { second = codes.FindString(lastText(o, erika)); return second != "" && second != code })
	if page := enter("+4917604069001", second); !strings.Contains(page, "Erika") {
		t.Error("the right code did not work")
	}
	for range 30 {
		ask("+49 176 04069003")
	}
	if status, _ := ask("+49 176 04069003"); status != http.StatusTooManyRequests {
		t.Errorf("asking without end was answered %d", status)
	}
}

func TestThePrivacyDesk(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		v := visitor{t, o, o.SignIn(t, user.DPO)}
		if status, _ := (visitor{t, o, o.SignIn(t, user.Agent)}).get("/desk/cases"); status != http.StatusForbidden {
			t.Errorf("an agent reads the cases: %d", status)
		}
		status, page := v.post("/desk/cases", url.Values{"kind": {"erase"}, "person": {"Mustermann"}, "source": {"e_mail"}, "text": {"Bitte löschen Sie alles"}})
		if status != http.StatusOK || !strings.Contains(page, "Bitte löschen Sie alles") || !strings.Contains(page, "Nachrichten") {
			t.Fatalf("%d: %s", status, page)
		}
		waiting, err := o.Cases.OfContact(t.Context(), o.DB, o.Org.ID, o.Person(t, erika).ID)
		if err != nil || len(waiting) != 1 {
			t.Fatal(waiting, err)
		}
		at := "/desk/cases/" + waiting[0].ID.String()
		for _, step := range []struct {
			what   string
			form   url.Values
			status int
		}{
			{"grant", nil, http.StatusUnprocessableEntity}, // who is it?
			{"close", url.Values{"outcome": {"done"}}, http.StatusUnprocessableEntity},
			{"identity", url.Values{"how": {"known"}}, http.StatusUnprocessableEntity}, // how do we know?
			{"identity", url.Values{"how": {"known"}, "text": {"Rückruf"}}, http.StatusOK},
			{"extend", url.Values{"text": {""}}, http.StatusUnprocessableEntity},
			{"extend", url.Values{"text": {"viele Daten"}}, http.StatusOK},
			{"extend", url.Values{"text": {"noch mehr"}}, http.StatusUnprocessableEntity},
			{"letter", url.Values{"text": {"Wir löschen Ihre Daten."}, "way": {"whatsapp"}}, http.StatusOK},
			{"letter", url.Values{"text": {"Wir löschen Ihre Daten."}, "way": {"e_mail"}}, http.StatusUnprocessableEntity},
			{"note", url.Values{"text": {"Akte geprüft"}}, http.StatusOK},
			{"close", url.Values{"outcome": {"refused"}}, http.StatusUnprocessableEntity}, // the reasons?
			{"grant", url.Values{"sure": {"yes"}}, http.StatusOK},
			{"close", url.Values{"outcome": {"done"}}, http.StatusOK},
			{"close", url.Values{"outcome": {"done"}}, http.StatusUnprocessableEntity},
		} {
			if status, page := v.post(at+"/"+step.what, step.form); status != step.status {
				t.Errorf("%s %v was answered %d, want %d\n%s", step.what, step.form, status, step.status, page)
			}
			if step.what == "letter" { // an erasure takes back what has not left yet
				o.Settle(t)
			}
		}
		if text := lastText(o, erika); !strings.Contains(text, "Wir löschen") {
			t.Errorf("the letter did not arrive: %s", text)
		}
		c, err := o.Cases.Get(t.Context(), o.DB, o.Org.ID, waiting[0].ID)
		if err != nil || c.Outcome != cases.Done {
			t.Errorf("%+v, %v", c, err)
		}
		p, err := o.Erasure.OfContact(t.Context(), o.DB, o.Org.ID, c.Contact)
		if err != nil || p.Case != c.ID {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, path := range []string{"/desk/erasures", "/desk/erasures/" + p.ID.String(), at, "/desk/cases"} {
			if status, page := v.get(path); status != http.StatusOK || strings.Contains(page, "⟨") {
				t.Errorf("%s: %d, %s", path, status, page)
			}
		}
		if n := o.Count(t, "evidence_entry", "kind LIKE 'privacy_case.%'"); n < 4 {
			t.Errorf("%d leaves tell of the case", n)
		}
		// The file outlives the person, and goes when its time is over.
		o.Clock.Set(apptest.Start.AddDate(4, 2, 0))
		o.Expire(t.Context())
		if n := o.Count(t, "privacy_case", ""); n != 0 {
			t.Errorf("%d cases outlive their time", n)
		}
	})
}

// While a claim is open nobody is erased, neither from the desk nor from the
// portal; once the hold is lifted or over, she is.
func TestALegalHoldStopsErasureEverywhere(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Meine Daten")
		o.Settle(t)
		v, guest := visitor{t, o, o.SignIn(t, user.DPO)}, newVisitor(t, o)
		link := links.FindString(lastText(o, erika))
		guest.post("/portal/beispiel/enter", url.Values{"secret": {link[strings.LastIndex(link, "/")+1:]}})
		tomorrow, year := apptest.Start.AddDate(0, 0, 1).Format("2006-01-02"), apptest.Start.AddDate(9, 0, 0).Format("2006-01-02")
		for _, c := range []struct {
			form   url.Values
			status int
		}{
			{url.Values{"person": {"Niemand"}, "reason": {"Klage"}, "until": {tomorrow}}, http.StatusUnprocessableEntity},
			{url.Values{"person": {"Mustermann"}, "reason": {""}, "until": {tomorrow}}, http.StatusUnprocessableEntity},
			{url.Values{"person": {"Mustermann"}, "reason": {"Klage"}, "until": {year}}, http.StatusUnprocessableEntity},
			{url.Values{"person": {"Mustermann"}, "reason": {"Klage 4 C 12/26"}, "until": {tomorrow}}, http.StatusOK},
		} {
			if status, page := v.post("/desk/holds", c.form); status != c.status || strings.Contains(page, "⟨") {
				t.Errorf("%v was answered %d", c.form, status)
			}
		}
		if _, page := v.get("/desk/holds"); !strings.Contains(page, "Klage 4 C 12/26") {
			t.Error("the hold is not listed")
		}
		if _, page := guest.post("/portal/beispiel/do/erase", nil); !strings.Contains(page, "Rechtsanspruch") || o.Person(t, erika).Erased {
			t.Error("a held person was erased from the portal")
		}
		holds, err := o.Holds.List(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(holds) != 1 {
			t.Fatal(holds, err)
		}
		if status, _ := v.post("/desk/holds/"+holds[0].ID.String()+"/lift", url.Values{"sure": {"yes"}}); status != http.StatusOK {
			t.Errorf("lifting was answered %d", status)
		}
		if _, page := guest.post("/portal/beispiel/do/erase", nil); !strings.Contains(page, "vorgemerkt") {
			t.Error("after lifting she was not erased")
		}
	})
}
