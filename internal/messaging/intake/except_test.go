package intake_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// A school says on its page that "abmelden" is an ordinary word: people sign off
// from lunch. STOP holds all the same, and cannot be made an exception.
func TestWordsThatAreOrdinaryInAnOrganisation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		for _, c := range []struct {
			except string
			status int
		}{{"STOP", http.StatusUnprocessableEntity}, {"keine Werbung", http.StatusUnprocessableEntity}, {"Abmelden", http.StatusOK}} {
			resp, err := admin.PostForm(o.URL+"/settings/words", url.Values{"except": {c.except}})
			if err != nil {
				t.Fatal(err)
			}
			if _ = resp.Body.Close(); resp.StatusCode != c.status {
				t.Errorf("%s: %s", c.except, resp.Status)
			}
		}
		for i, c := range []struct{ words, want string }{{"Abmelden", "none"}, {"Bitte abmelden, Kim ist krank", "none"}, {"Abmeldung", "none"}, {"STOP", "all"}, {"Abmelden vom Newsletter", "marketing"}} {
			phone := fmt.Sprintf("4915100010%03d", i)
			post(t, o, apptest.Text("wamid."+phone, phone, "Kim", c.words, o.Clock.Now()))
			if got := outcome(t, o, byPhone(t, o, phone)); got != c.want {
				t.Errorf("%s: %s, want %s", c.words, got, c.want)
			}
		}
		o.Settle(t)
	})
}
