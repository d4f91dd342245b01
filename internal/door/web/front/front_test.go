package front_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/apptest"
)

// office is an office whose form is open, with a browser of its administrator.
type office struct {
	*apptest.Office
	admin *http.Client
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p := &office{Office: o, admin: o.SignIn(t, user.Admin)}
		p.Write(t, func(tx store.Tx) error {
			if err := o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{Form: true}); err != nil {
				return err
			}
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Service, "Sie dürfen mir schreiben.", "You may write to me.", false)
			return err
		})
		test(t, p)
	})
}

func (o *office) get(t *testing.T, c *http.Client, path string) (int, string) {
	t.Helper()
	resp, err := c.Get(o.URL + path)
	return read(t, resp, err)
}

func (o *office) post(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	resp, err := o.admin.PostForm(o.URL+path, form)
	return read(t, resp, err)
}

func read(t *testing.T, resp *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(raw))
}

// stopLink is the address of a person's stop page.
func (o *office) stopLink(t *testing.T) string {
	t.Helper()
	erika := o.Customer("Erika", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	var link string
	o.Write(t, func(tx store.Tx) (err error) {
		link, err = o.Consents.StopLink(t.Context(), tx, o.Org.ID, o.Person(t, erika).ID)
		return err
	})
	return "/stop/" + link
}

// Every page that people see who have no account carries the company's name, and
// the ways to their data, the notice, the Impressum and the statement on
// accessibility, in both languages.
func TestEveryPublicPageCarriesTheCompany(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		paths := []string{"/opt-in/beispiel", "/portal/beispiel", "/portal/beispiel/write", "/portal/beispiel/enter/x", "/privacy/beispiel", "/imprint/beispiel", "/accessibility/beispiel", o.stopLink(t)}
		for _, path := range paths {
			for locale, words := range map[string]string{"de": "Impressum", "en": "Legal notice"} {
				status, page := o.get(t, http.DefaultClient, path+"?lang="+locale)
				if status != http.StatusOK || !strings.Contains(page, `<html lang="`+locale+`"`) || !strings.Contains(page, "<p>"+o.Org.Name+"</p>") || !strings.Contains(page, words) {
					t.Errorf("%s in %s: %d", path, locale, status)
				}
				for _, link := range []string{"/portal/beispiel?lang=", "/privacy/beispiel?lang=", "/imprint/beispiel?lang=", "/accessibility/beispiel?lang="} {
					if !strings.Contains(page, `href="`+link+locale+`"`) {
						t.Errorf("%s in %s does not link %s", path, locale, link)
					}
				}
				if !strings.Contains(page, `?lang=de" lang="de"`) || !strings.Contains(page, `?lang=en" lang="en"`) {
					t.Errorf("%s in %s cannot be read in the other language", path, locale)
				}
			}
		}
		if _, page := o.get(t, http.DefaultClient, "/opt-in/beispiel?from=laden"); !strings.Contains(page, "from=laden&lang=en") {
			t.Error("whoever changes the language loses from where she came")
		}
	})
}

// forStaff are the pages with one card that customers do not see.
var forStaff = []string{"signin.html", "factor.html", "forgot.html", "password.html", "check.html", "enrol.html"}

// No public page is without the frame, also those that come only after a form.
func TestNoPublicPageIsWithoutTheFrame(t *testing.T) {
	found := 0
	for _, pattern := range []string{"../*/pages/*.html", "../../portal/pages/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(raw), `<body class="plain">`) || slices.Contains(forStaff, filepath.Base(file)) {
				continue
			}
			if found++; !strings.Contains(string(raw), "</main>\n"+`{{template "foot" .}}`) {
				t.Errorf("%s has no foot with the company's links", file)
			}
			if !strings.Contains(string(raw), `{{template "tongues" .}}`) && filepath.Base(file) != "error.html" {
				t.Errorf("%s cannot be read in another language", file)
			}
		}
	}
	if found < 15 {
		t.Fatalf("only %d pages were looked at", found)
	}
}

// Every text of the public pages can be translated.
func TestEveryTextOfThePublicPagesCanBeTranslated(t *testing.T) {
	_, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := en.Public()
	named, begun := regexp.MustCompile(`\b[tn] "([a-z0-9_.A-Z]+)"`), regexp.MustCompile(`\(print "([a-z0-9_.A-Z]+)"`)
	looked := 0
	for _, pattern := range []string{"../optin/pages/*.html", "../../portal/pages/*.html", "../notices/pages/privacy.html", "pages/imprint.html", "pages/accessibility.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
				looked++
				if !i18n.IsPublic(m[1]) {
					t.Errorf("%s says %s, which cannot be translated", file, m[1])
				}
			}
			for _, m := range begun.FindAllStringSubmatch(string(raw), -1) {
				if !slices.ContainsFunc(known, func(key string) bool { return strings.HasPrefix(key, m[1]) }) {
					t.Errorf("%s says %s…, which cannot be translated", file, m[1])
				}
			}
		}
	}
	if looked < 100 || len(known) > 330 {
		t.Fatalf("%d texts were looked at, %d can be translated", looked, len(known))
	}
}

// A language that the company adds is offered on every public page, with the
// company's own texts; where one is missing the English one stands, and says so to
// screen readers. What somebody agreed to is proven in the words that she saw.
func TestALanguageThatTheCompanyAdds(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for _, bad := range []url.Values{{"code": {"Türkisch"}, "name": {"Türkçe"}}, {"code": {"de"}, "name": {"Deutsch"}}, {"code": {"tr"}}} {
			if status, page := o.post(t, "/settings/public/languages", bad); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="wrong-code"`) {
				t.Errorf("the language %v: %d", bad, status)
			}
		}
		if status, page := o.post(t, "/settings/public/languages", url.Values{"code": {"tr"}, "name": {"Türkçe"}}); status != http.StatusOK || !strings.Contains(page, "Texte fehlen") {
			t.Fatalf("adding a language: %d", status)
		}
		texts := url.Values{"portal.lead": {"Burada verilerinizi görürsünüz."}, "optin.form.title": {"WhatsApp mesajları"}, "imprint.title": {"Künye"}, "secret.code": {"nothing public"}}
		if status, _ := o.post(t, "/settings/public/languages/tr", texts); status != http.StatusOK {
			t.Fatalf("its texts: %d", status)
		}
		if status, _ := o.post(t, "/consent/purposes/service/text", url.Values{"text_de": {"Sie dürfen mir schreiben, ja."}, "text_en": {"You may write to me, yes."}, "text_tr": {"Bana yazabilirsiniz."}, "material": {"no"}}); status != http.StatusOK {
			t.Fatalf("its consent text: %d", status)
		}
		_, page := o.get(t, http.DefaultClient, "/portal/beispiel?lang=tr")
		for _, says := range []string{`<html lang="tr"`, "Burada verilerinizi görürsünüz.", "Künye", "Türkçe", "Ask for a code"} {
			if !strings.Contains(page, says) {
				t.Errorf("the portal does not say %q", says)
			}
		}
		if front, err := o.Orgs.Front(t.Context(), o.DB, o.Org.ID); err != nil || front.Languages[0].Texts["secret.code"] != "" {
			t.Errorf("a text of no public page was changed: %v", err)
		}
		_, page = o.get(t, http.DefaultClient, "/opt-in/beispiel?lang=tr")
		if !strings.Contains(page, "Bana yazabilirsiniz.") || strings.Contains(page, "You may write to me") || !strings.Contains(page, "WhatsApp mesajları") {
			t.Error("the form is not in the language")
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+"/opt-in/beispiel", nil)
		r.Header.Set("Accept-Language", "tr-TR,tr;q=0.9,en;q=0.5")
		resp, err := http.DefaultClient.Do(r)
		if _, page = read(t, resp, err); !strings.Contains(page, `<html lang="tr"`) {
			t.Error("the browser's language was not heard")
		}
		if _, page = o.get(t, http.DefaultClient, "/privacy/beispiel?lang=tr"); !strings.Contains(page, `<div lang="en">`) {
			t.Error("the notice is not said to be English")
		}
		o.provesTheWords(t)
		if _, page := o.post(t, "/settings/public/languages/tr/remove", nil); !strings.Contains(page, "3 übersetzten Texten") {
			t.Error("removing a language does not ask first")
		}
		if status, _ := o.post(t, "/settings/public/languages/tr/remove", url.Values{"sure": {"yes"}}); status != http.StatusOK {
			t.Errorf("removing it: %d", status)
		}
		if _, page = o.get(t, http.DefaultClient, "/portal/beispiel?lang=tr"); strings.Contains(page, "Türkçe") || !strings.Contains(page, `<html lang="de"`) {
			t.Error("the language is still there")
		}
	})
}

var (
	stamp = regexp.MustCompile(`name="stamp" value="([^"]+)"`)
	shown = regexp.MustCompile(`name="text-service" value="([^"]+)"`)
	words = regexp.MustCompile(`<code class="mono">([^<]+)</code>`)
)

// provesTheWords agrees on the form in the added language.
func (o *office) provesTheWords(t *testing.T) {
	t.Helper()
	_, page := o.get(t, http.DefaultClient, "/opt-in/beispiel?lang=tr")
	o.Clock.Advance(5e9)
	resp, err := http.PostForm(o.URL+"/opt-in/beispiel?lang=tr", url.Values{"stamp": {stamp.FindStringSubmatch(page)[1]}, "way": {"whatsapp"}, "purpose": {"service"}, "text-service": {shown.FindStringSubmatch(page)[1]}})
	status, page := read(t, resp, err)
	said := words.FindStringSubmatch(page)
	if status != http.StatusOK || said == nil {
		t.Fatalf("the form was answered %d", status)
	}
	kim := o.Customer("Kim", "4917604069002")
	kim.Say(o.Number, said[1])
	o.Settle(t)
	events, _, err := o.Consents.HistoryPage(t.Context(), o.DB, o.Org.ID, o.Person(t, kim), [16]byte{})
	if err != nil || len(events) == 0 || events[0].Detail.Wording != "Bana yazabilirsiniz." || events[0].Detail.Language != "tr" {
		t.Errorf("the proof holds %+v, %v", len(events), err)
	}
}

// The Impressum says what was entered and nothing else; the settings name what the
// legal form owes and lacks (DDG §5).
func TestTheImpressum(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		public := func() string {
			_, page := o.get(t, http.DefaultClient, "/imprint/beispiel?lang=de")
			return page
		}
		if page := public(); strings.Contains(page, "Vertreten durch") || strings.Contains(page, "Register") || strings.Contains(strings.ToLower(page), "odr") {
			t.Error("the Impressum says what nobody entered")
		}
		_, page := o.get(t, o.admin, "/settings/public")
		if !strings.Contains(page, "zweiter schneller Weg neben E-Mail") || !strings.Contains(page, "<li>Rechtsform</li>") {
			t.Error("what is missing is not named")
		}
		status, page := o.post(t, "/settings/public/imprint", url.Values{"form": {"gmbh"}, "phone": {"030 1234567"}, "register": {"Amtsgericht Charlottenburg"}})
		if status != http.StatusOK || !strings.Contains(page, "wer die Firma vertritt") || !strings.Contains(page, "<li>Nummer im Register</li>") || strings.Contains(page, "<li>Rechtsform</li>") {
			t.Errorf("what a GmbH owes is not named: %d", status)
		}
		o.post(t, "/settings/public/imprint", url.Values{"form": {"gmbh"}, "phone": {"030 1234567"}, "register": {"Amtsgericht Charlottenburg"}, "number": {"HRB 1"}, "representative": {"Kim Beispiel"}})
		for _, says := range []string{o.Org.Name, "(GmbH)", "030 1234567", "Amtsgericht Charlottenburg, HRB 1", "Vertreten durch", "Kim Beispiel"} {
			if !strings.Contains(public(), says) {
				t.Errorf("the Impressum does not say %q", says)
			}
		}
		if status, _ := o.post(t, "/settings/public/imprint", url.Values{"form": {"made up"}}); status != http.StatusUnprocessableEntity {
			t.Errorf("a made-up legal form: %d", status)
		}
	})
}

// The statement on accessibility says only what was tested (BFSG §14): without a
// test it says nothing of it, with failures it names them.
func TestTheStatementOnAccessibility(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const passed, failed = "erfüllen sie EN 301 549", "noch nicht barrierefrei"
		page := func(form url.Values) string {
			if status, _ := o.post(t, "/settings/public/accessibility", form); status != http.StatusOK {
				t.Fatalf("saving %v: %d", form, status)
			}
			_, page := o.get(t, http.DefaultClient, "/accessibility/beispiel?lang=de")
			return page
		}
		if p := page(url.Values{}); strings.Contains(p, passed) || strings.Contains(p, failed) || strings.Contains(p, "Freiwillige") || !strings.Contains(p, "dienen der Einwilligung") {
			t.Error("untested, the statement says something of a test")
		}
		if p := page(url.Values{"scope": {"voluntary"}, "tested": {"2026-10-01"}}); !strings.Contains(p, "vom 01.10.2026 "+passed) || !strings.Contains(p, "Freiwillige") {
			t.Error("what was tested is not said")
		}
		if p := page(url.Values{"tested": {"2026-10-01"}, "failures": {"Der QR-Code"}, "instead": {"Telefon"}}); strings.Contains(p, passed) || !strings.Contains(p, failed) || !strings.Contains(p, "Der QR-Code") || !strings.Contains(p, "Ersatz: Telefon") {
			t.Error("what failed is not said")
		}
		if status, body := o.post(t, "/settings/public/accessibility", url.Values{"tested": {"2036-10-01"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="wrong-tested"`) {
			t.Errorf("a test in the future: %d", status)
		}
		o.Write(t, func(tx store.Tx) error {
			return o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{})
		})
		if p := page(url.Values{}); strings.Contains(p, "dienen der Einwilligung") {
			t.Error("with the form closed the pages still serve consent")
		}
	})
}

// A form says of each box what is missing, beside that box.
func TestAFormSaysWhichBoxIsMissing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		resp, err := http.PostForm(o.URL+"/portal/beispiel/write?lang=de", url.Values{"kind": {"access"}, "name": {"Kim"}})
		status, page := read(t, resp, err)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="wrong-answer"`) || strings.Contains(page, `id="wrong-name"`) || !strings.Contains(page, "Ein Feld fehlt") {
			t.Errorf("a request without a way to answer: %d", status)
		}
		resp, err = http.PostForm(o.URL+"/portal/beispiel/write?lang=de", url.Values{"kind": {"access"}})
		if _, page = read(t, resp, err); !strings.Contains(page, `id="wrong-answer"`) || !strings.Contains(page, `id="wrong-name"`) || !strings.Contains(page, "2 Felder fehlen") {
			t.Error("two things are missing, and one is said")
		}
		resp, err = http.PostForm(o.URL+"/portal/beispiel/code?lang=de", url.Values{"number": {"Ada"}})
		if _, page = read(t, resp, err); !strings.Contains(page, `aria-describedby="wrong-number"`) || !strings.Contains(page, `id="wrong-number"`) {
			t.Error("what was wrong with the number is not said beside it")
		}
	})
}

// What each legal form owes.
func TestWhatALegalFormOwes(t *testing.T) {
	whole := org.Contact{Address: "Musterweg 1", Email: "a@example.com"}
	for _, c := range []struct {
		name string
		says org.Imprint
		of   org.Contact
		want []string
	}{
		{"nothing said", org.Imprint{}, org.Contact{}, []string{"form", "address", "email", "phone"}},
		{"a sole trader", org.Imprint{Form: org.Sole, Phone: "1"}, whole, nil},
		{"a registered trader", org.Imprint{Form: org.Merchant, Phone: "1"}, whole, []string{"register", "number"}},
		{"a partnership of civil law", org.Imprint{Form: org.Civil, Phone: "1"}, whole, []string{"representative"}},
		{"a GmbH", org.Imprint{Form: org.GmbH, Phone: "1", Representative: "Kim"}, whole, []string{"register", "number"}},
		{"an association, whole", org.Imprint{Form: org.Association, Phone: "1", Representative: "Kim", Register: "AG", Number: "1"}, whole, nil},
	} {
		if got := c.says.Lacks(c.of); !slices.Equal(got, c.want) {
			t.Errorf("%s lacks %v, want %v", c.name, got, c.want)
		}
	}
}
