package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// TestARefusalLinksToWhatMendsIt: for whoever may use that page, by script and
// without; for others it stays words.
func TestARefusalLinksToWhatMendsIt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		kim := o.Customer("Kim", "4915100060001")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		at := "/inbox/" + thread(t, o, o.Person(t, kim).ID).ID.String()
		o.Write(t, func(tx store.Tx) error {
			o.Org.Settings.Budget, o.Org.Settings.Prices.Service, o.Org.Settings.Prices.Free = 1, 50, new(int64)
			return o.Orgs.SaveSettings(t.Context(), tx, o.Org.ID, o.Org.Settings)
		})
		for role, linked := range map[user.Role]bool{user.Admin: true, user.Agent: false} {
			client := o.SignIn(t, role)
			if status, page := submit(t, o, client, at+"/send", url.Values{"text": {"Guten Tag"}}); status != http.StatusConflict || strings.Contains(page, `<a href="/settings/sending">`) != linked || !strings.Contains(page, "Budget") {
				t.Errorf("%s: answered %d, a link is wanted: %v", role, status, linked)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+at+"/send", strings.NewReader(url.Values{"text": {"Guten Tag"}}.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Fragment", "1")
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || strings.Contains(string(said), `"link":"/settings/sending"`) != linked {
				t.Errorf("%s by script: %s, %v", role, said, err)
			}
		}
	})
}
