package app_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

var (
	snippetForms = regexp.MustCompile(`(?s)<textarea class="mono" id="snippet-(de|en)"[^>]*>(.*?)</textarea>`)
	snippetLinks = regexp.MustCompile(`href="([^"]+)"`)
	hiddens      = regexp.MustCompile(`name="(text-[a-z]+)" value="([^"]+)"`)
)

// fromElsewhere posts a form as a browser does from another website.
func fromElsewhere(t *testing.T, address string, form url.Values) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://www.beispiel.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	_, page := answerOf(t, http.DefaultClient, r)
	return page
}

// The form for a company's own website says whose it is, leads to notice, Impressum
// and portal, and what is missing in it is said as on our own page.
func TestAFormOnAnotherWebsite(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Write(t, func(tx store.Tx) error {
			if err := o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{Form: true}); err != nil {
				return err
			}
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Service, "Sie dürfen antworten.", "You may answer.", false)
			return err
		})
		_, page := visit(t, o, o.SignIn(t, user.DPO), "/consent/form")
		snippets := map[string]string{}
		for _, found := range snippetForms.FindAllStringSubmatch(page, -1) {
			snippets[found[1]] = html.UnescapeString(found[2])
		}
		for locale, says := range map[string]struct{ tick, count, check string }{
			"de": {"mindestens ein Thema an", "Ein Feld fehlt", "Bitte prüfen Sie Ihre Angaben"},
			"en": {"at least one", "One field is missing", "Please check"},
		} {
			snippet := snippets[locale]
			if !strings.Contains(snippet, o.Org.Name) {
				t.Errorf("%s: the form does not say whose it is:\n%s", locale, snippet)
			}
			for _, to := range []string{"/privacy/", "/imprint/", "/portal/"} {
				if !strings.Contains(snippet, to+o.Org.Slug+"?lang="+locale) {
					t.Errorf("%s: no link to %s:\n%s", locale, to, snippet)
				}
			}
			for _, link := range snippetLinks.FindAllStringSubmatch(snippet, -1) {
				if status, _ := visit(t, o, http.DefaultClient, strings.TrimPrefix(html.UnescapeString(link[1]), o.URL)); status != http.StatusOK {
					t.Errorf("%s: %s answers %d", locale, link[1], status)
				}
			}
			form := url.Values{}
			for _, h := range hiddens.FindAllStringSubmatch(snippet, -1) {
				form.Set(h[1], h[2])
			}
			address := o.URL + "/opt-in/" + o.Org.Slug + "?lang=" + locale
			answer := fromElsewhere(t, address, form)
			if !strings.Contains(answer, `<p class="wrong" id="wrong-purpose">`) || !strings.Contains(answer, says.tick) || !strings.Contains(answer, says.count) {
				t.Errorf("%s: what is missing is not said:\n%s", locale, answer)
			}
			form.Set("purpose", optin.Service)
			answer = fromElsewhere(t, address, form)
			if !strings.Contains(answer, says.check) || !strings.Contains(answer, `value="service" checked`) || strings.Contains(answer, "wrong-purpose") {
				t.Errorf("%s: what was ticked is not shown once more:\n%s", locale, answer)
			}
		}
		if n := o.Count(t, "opt_in_request", ""); n != 0 {
			t.Errorf("%d requests began without a look at our own page", n)
		}
	})
}
