package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// What the suggested text of a consent says, somebody has entered at its place, and
// the public form says no more than that.
func TestASuggestedConsentSaysWhatWasEntered(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
		o.Write(t, func(tx store.Tx) error {
			if err := o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{Form: true}); err != nil {
				return err
			}
			_, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Service, "Ja.", "Yes.", false)
			return err
		})
		for _, step := range []struct {
			path   string
			form   url.Values
			says   string
			public bool // on the public form, too
		}{
			{"/consent/purposes/marketing", url.Values{"months": {"24"}, "offered": {"on"}, "about_de": {"Pumpen und Filter"}, "about_en": {"pumps and filters"}}, "Werbung schicken für: Pumpen und Filter.", false},
			{"/desk/controller", url.Values{"name": {"Beispiel GmbH"}, "address": {"Musterstraße 1, 10115 Berlin"}, "email": {"info@example.com"}, "country": {"de"}}, "was bis dahin geschah, bleibt rechtmäßig", false},
			{"/consent/form", url.Values{"form": {"on"}, "untied": {"on"}}, "nichts hängt davon ab", true},
		} {
			const onForm = "Eine Ware oder Leistung hängt nicht davon ab."
			before := suggested(t, o, dpo)
			_, form := visit(t, o, http.DefaultClient, "/opt-in/beispiel?lang=de")
			if strings.Contains(before, step.says) || step.public && strings.Contains(form, onForm) {
				t.Errorf("%q is said before anybody has entered it", step.says)
			}
			browser := dpo
			if strings.HasPrefix(step.path, "/desk") {
				browser = admin
			}
			if status, page := submit(t, o, browser, step.path, step.form); status != http.StatusOK {
				t.Fatalf("%s: %d\n%s", step.path, status, page)
			}
			after := suggested(t, o, dpo)
			_, form = visit(t, o, http.DefaultClient, "/opt-in/beispiel?lang=de")
			// Who and where stands in one sentence with the products.
			if step.path != "/consent/purposes/marketing" && !strings.Contains(after, step.says) || step.public && !strings.Contains(form, onForm) {
				t.Errorf("%q is not said:\n%s", step.says, after)
			}
		}
		if page := suggested(t, o, dpo); !strings.Contains(page, "Ja, Beispiel GmbH (Berlin) darf mir über WhatsApp Werbung schicken für: Pumpen und Filter.") {
			t.Errorf("the text does not name what is advertised:\n%s", page)
		}
		if status, page := submit(t, o, admin, "/desk/controller", url.Values{"name": {"Beispiel GmbH"}, "country": {"QQ"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Land") {
			t.Errorf("a country that is none: %d", status)
		}
	})
}

func suggested(t *testing.T, o *apptest.Office, browser *http.Client) string {
	t.Helper()
	status, page := visit(t, o, browser, "/desk/documents/consent?lang=de")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	return page
}
