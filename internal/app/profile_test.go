package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// TestTheProfileOfANumber is read from Meta, changed there, and watched for the
// link to the privacy notice (S17).
func TestTheProfileOfANumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		path := "/settings/numbers/" + o.Channel.ID.String() + "/profile"
		form := url.Values{"about": {"Wir sind für Sie da"}, "description": {"Werkstatt in Berlin"}, "email": {"info@example.com"}, "vertical": {"AUTO"}, "website": {"https://example.com", ""}}
		status, page := submit(t, o, admin, path, form)
		if status != http.StatusOK || !strings.Contains(page, "Wir sind für Sie da") || !strings.Contains(page, `value="AUTO" selected`) || !strings.Contains(page, "verlinkt Ihre Datenschutzerklärung nicht") {
			t.Fatalf("saved: %d\n%s", status, page)
		}
		form["website"] = []string{"https://example.com", o.URL + "/privacy/" + o.Org.Slug}
		form.Set("about", "")
		if status, page = submit(t, o, admin, path, form); status != http.StatusOK || strings.Contains(page, "Wir sind für Sie da") || strings.Contains(page, "Datenschutzerklärung nicht") {
			t.Errorf("with the link, and without the about text: %d\n%s", status, page)
		}
		for field, bad := range map[string]string{"about": strings.Repeat("x", 140), "email": "niemand", "website": "ftp://example.com", "vertical": "ALCHEMY"} {
			wrong := url.Values{field: {bad}}
			if status, _ := submit(t, o, admin, path, wrong); status != http.StatusUnprocessableEntity {
				t.Errorf("%s %.20q: %d", field, bad, status)
			}
		}
		if status, _ := visit(t, o, o.SignIn(t, user.Agent), path); status != http.StatusForbidden {
			t.Errorf("an agent: %d", status)
		}
		if status, _ := visit(t, o, admin, "/settings/numbers/nothing/profile"); status != http.StatusNotFound {
			t.Errorf("no number: %d", status)
		}
	})
}
