package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/consent/notice"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/phones/device"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// claims reads what the cockpit says, by requirement.
func claims(t *testing.T, o *apptest.Office, browser *http.Client) map[string]cockpit.State {
	t.Helper()
	status, body := visit(t, o, browser, "/desk/cockpit.json")
	var read struct {
		Requirements []struct {
			ID    string
			State cockpit.State
		}
	}
	if err := json.Unmarshal([]byte(body), &read); status != http.StatusOK || err != nil {
		t.Fatalf("the cockpit: %d %v", status, err)
	}
	states := map[string]cockpit.State{}
	for _, r := range read.Requirements {
		states[r.ID] = r.State
	}
	if len(states) != 26 {
		t.Fatalf("%d requirements", len(states))
	}
	return states
}

// An attempt does something in the hope that the cockpit or a document says what
// is not so.
type attempt struct {
	name   string
	config func(*app.Config)
	do     func(t *testing.T, o *apptest.Office, admin *http.Client)
	rows   []string      // must not be green
	state  cockpit.State // which they have then
	// What a document must not say, and what it must.
	document     string
	unsaid, said []string
}

func at(name, country string, m place.Mechanism) processors.Component {
	return processors.Component{Name: name, Host: name + ".example.com", Country: country, Mechanism: m}
}

var attempts = []attempt{
	{name: "a server in the USA and a database in India, with a word for a footing", config: func(c *app.Config) {
		c.Components = []processors.Component{at("server", "US", place.Clauses), at("database", "IN", place.BCR)}
	}, rows: []string{"S23"}, state: cockpit.Red, document: "notice",
		unsaid: []string{"stand in the European Economic Area", "in the EU."}, said: []string{"Our servers stand in: US, IN"}},
	{name: "nobody has declared where anything stands", rows: []string{"S23"}, state: cockpit.Amber, document: "notice",
		unsaid: []string{"Our servers stand"}, said: []string{"the sentence where our servers stand"}},
	{name: "one person types an agreement into a field", do: func(t *testing.T, o *apptest.Office, admin *http.Client) {
		submit(t, o, admin, "/reports/agreement", url.Values{"reference": {"Betriebsvereinbarung 7/2026"}, "since": {"2026-11-01"}})
		if _, page := visit(t, o, admin, "/reports"); strings.Contains(page, "Vereinbart:") {
			t.Error("it holds")
		}
	}},
	{name: "one person enters an agreement with a document", do: func(t *testing.T, o *apptest.Office, admin *http.Client) {
		enterAgreement(t, o, admin)
	}, rows: []string{"S26"}, state: cockpit.Amber, document: "works_council", unsaid: []string{"Nobody’s performance"}, said: []string{"not filed and confirmed yet"}},
	{name: "figures about single people are shown", do: func(t *testing.T, o *apptest.Office, admin *http.Client) {
		agreeOnFigures(t, o, admin, o.SignIn(t, user.DPO))
	}, document: "works_council", unsaid: []string{"groups of five and more only"}, said: []string{"groups of fewer than five people"}},
	{name: "a notice with one letter", do: func(t *testing.T, o *apptest.Office, admin *http.Client) {
		if status, _ := submit(t, o, admin, "/settings/notice", url.Values{"de-controller": {"x"}, "en-controller": {"x"}, "anyway": {"1"}}); status != http.StatusOK {
			t.Fatal(status)
		}
	}, rows: []string{"S12"}, state: cockpit.Red, document: "notice",
		said: []string{"Controller: An address or e-mail address is missing (German text)", "Your rights: There is nothing here yet (English text)"}},
	{name: "the measures, with that notice", do: func(t *testing.T, o *apptest.Office, admin *http.Client) {
		submit(t, o, admin, "/settings/notice", url.Values{"de-controller": {"x"}, "en-controller": {"x"}, "anyway": {"1"}})
	}, document: "measures", unsaid: []string{"goes out with the first reply"}, said: []string{"Your rights: There is nothing here yet"}},
	{name: "a phone that has never answered its check list", do: func(t *testing.T, o *apptest.Office, _ *http.Client) {
		if _, _, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.IOS, Management: device.Supervised,
			Detail: device.Detail{Name: "Telefon 1", Owner: "Erika Beispiel"}}); err != nil {
			t.Fatal(err)
		}
	}, rows: []string{"S13", "S15"}, state: cockpit.Unknown, document: "measures", unsaid: []string{"have a valid check list"}, said: []string{"valid check lists of all phones"}},
	{name: "no rule, no greeting, no bot", rows: []string{"S18"}, state: cockpit.Unknown},
	{name: "one account, and a password is enough", rows: []string{"S21"}, state: cockpit.Amber},
	{name: "the form is closed, and there is no mail server", rows: []string{"S11"}, state: cockpit.Red},
	{name: "mail without TLS", config: func(c *app.Config) {
		c.Mail = mail.Server{Host: "127.0.0.1", Security: mail.Plain, From: "post@example.com", Recipient: "Beispiel GmbH", Country: "DE"}
	}, document: "measures", unsaid: []string{"E-mail leaves"}, said: []string{"e-mail over TLS"}},
	{name: "installed a moment ago", rows: []string{"S24"}, state: cockpit.Unknown, document: "measures", unsaid: []string{"90 days", "run daily"}, said: []string{"Since"}},
}

// TestWhatIsSaidIsSo tries to make the cockpit green and the documents say what
// is not so, through the doors that people have.
func TestWhatIsSaidIsSo(t *testing.T) {
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) {
			o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: a.config})
			admin := o.SignIn(t, user.Admin)
			if a.do != nil {
				a.do(t, o, admin)
			}
			states := claims(t, o, admin)
			for _, row := range a.rows {
				if states[row] != a.state {
					t.Errorf("%s is %s, not %s", row, states[row], a.state)
				}
			}
			if a.document == "" {
				return
			}
			_, page := visit(t, o, admin, "/desk/documents/"+a.document+"?lang=en")
			page = strings.NewReplacer("&#39;", "’", "'", "’").Replace(page)
			for _, words := range a.unsaid {
				if strings.Contains(page, words) {
					t.Errorf("the document says %q", words)
				}
			}
			for _, words := range a.said {
				if !strings.Contains(page, words) {
					t.Errorf("the document does not say %q:\n%s", words, page)
				}
			}
		})
	}
}

// Of a company of which nothing is known nothing is fulfilled.
func TestAnEmptyCompanyFulfilsNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		empty, err := o.Orgs.Create(t.Context(), "leer", "Leer GmbH", org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		admin := o.SignInTo(t, empty.ID, user.Admin)
		unknown := 0
		for row, state := range claims(t, o, admin) {
			if state == cockpit.Green {
				t.Errorf("%s is fulfilled", row)
			}
			if state == cockpit.Unknown {
				unknown++
			}
		}
		_, page := visit(t, o, admin, "/desk/cockpit")
		if !strings.Contains(page, "0 grün") || strings.Count(page, `class="measure unknown"`) != unknown || unknown < 15 {
			t.Errorf("%d rows are not known:\n%s", unknown, page)
		}
	})
}

// The page about the notice and S17 read one fact: what was last seen of the
// number's profile at Meta.
func TestS17TheLinkInTheProfileIsOneFact(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		agree := func(when, page string, state cockpit.State) {
			t.Helper()
			if _, body := visit(t, o, admin, "/settings/notice"); !strings.Contains(body, page) {
				t.Errorf("%s: the page does not say %q", when, page)
			}
			if got := claims(t, o, admin)["S17"]; got != state {
				t.Errorf("%s: S17 is %s, not %s", when, got, state)
			}
		}
		agree("at first", "noch nicht geprüft", cockpit.Unknown)
		submit(t, o, admin, "/settings/notice/profile", url.Values{"channel": {o.Channel.ID.String()}})
		agree("after a look", "Der Link fehlt im Profil", cockpit.Amber)
		submit(t, o, admin, "/settings/notice/profile", url.Values{"channel": {o.Channel.ID.String()}, "link": {"1"}})
		agree("after the link was set", "Der Link steht im Profil", cockpit.Green)
		submit(t, o, admin, "/settings/numbers/"+o.Channel.ID.String()+"/profile", url.Values{"website": {"https://example.com"}})
		agree("after it was taken out", "Der Link fehlt im Profil", cockpit.Amber)
	})
}

// A notice that is whole is found to be so: the check reads the version in
// force, not a draft.
func TestS12AWholeNoticeIsWhole(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	admin := o.SignIn(t, user.Admin)
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	for locale, c := range map[string]*i18n.Catalogue{"de": de, "en": en} {
		for _, p := range notice.Parts() {
			if key := "notice.suggest." + p.Key; c.Has(key) {
				form.Set(locale+"-"+p.Key, c.T(key, o.Org.Name))
			}
		}
		form.Set(locale+"-controller", "Beispiel GmbH, Musterstraße 1, 10115 Berlin, info@example.com")
	}
	if status, page := submit(t, o, admin, "/settings/notice", form); status != http.StatusOK || !strings.Contains(page, "2") {
		t.Fatalf("%d\n%s", status, page)
	}
	f, err := o.Cockpit.Facts(t.Context(), o.Org.ID)
	if err != nil || len(f.Notice.Missing) != 0 || f.Notice.Version != 2 {
		t.Errorf("%+v, %v", f.Notice, err)
	}
	if got := claims(t, o, admin)["S12"]; got != cockpit.Green {
		t.Errorf("S12 is %s", got)
	}
}

// What a person asked for on the 3rd is due on the 3rd of the next month (GDPR
// Art. 12(3); Regulation (EEC, Euratom) 1182/71), and the desk says so.
func TestARequestIsDueOnTheSameDayOfTheNextMonth(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	o.Clock.Set(time.Date(2027, 11, 3, 9, 0, 0, 0, time.UTC))
	o.Write(t, func(tx store.Tx) error {
		_, err := o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Kind: cases.Access, Source: "desk"})
		return err
	})
	if _, page := visit(t, o, o.SignIn(t, user.DPO), "/desk/cases"); !strings.Contains(page, "03.12.2027") || strings.Contains(page, "04.12.2027") {
		t.Errorf("the desk says:\n%s", page)
	}
}
