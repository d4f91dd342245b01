package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// leftNumber makes a person known who has left a number.
func leftNumber(t *testing.T, o *apptest.Office, old, fresh string) id.Person {
	t.Helper()
	var who id.Person
	o.Write(t, func(tx store.Tx) error {
		p, err := o.People.Person(t.Context(), tx, o.Org.ID, old, "Kim Früher")
		if err != nil {
			return err
		}
		who = p.ID
		_, err = o.People.Change(t.Context(), tx, o.Org.ID, contact.Change{At: o.Clock.Now(), Before: []contact.Sighting{{Phone: old, FromMeta: true}}, After: contact.Sighting{Phone: fresh, FromMeta: true}})
		return err
	})
	return who
}

// TestWhoSaysWhoseANumberIs: whoever imports must be able to answer what the
// import asks; agents may not.
func TestWhoSaysWhoseANumberIs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, role := range user.Roles() {
			old := "49151000501" + string(rune('0'+i)) + "1"
			who := leftNumber(t, o, old, "49151000502"+string(rune('0'+i))+"1")
			o.Write(t, func(tx store.Tx) error { return o.People.Ask(t.Context(), tx, o.Org.ID, who, old, contact.ByImport) })
			questions, err := o.People.Questions(t.Context(), o.DB, o.Org.ID)
			if err != nil || len(questions) == 0 {
				t.Fatal(questions, err)
			}
			at := questions[slices.IndexFunc(questions, func(q contact.Question) bool { return q.Number == old })].ID
			may := role != user.Agent
			want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[may]
			client := o.SignIn(t, role)
			if status, page := visit(t, o, client, "/desk/numbers"); status != want || may && !strings.Contains(page, old) {
				t.Errorf("%s sees the page: %d, want %d", role, status, want)
			}
			if status, _ := submit(t, o, client, "/desk/numbers/"+at.String(), url.Values{"do": {"hers"}}); status != want {
				t.Errorf("%s answers: %d, want %d", role, status, want)
			}
			if answered := o.Count(t, "number_question", "id = ? AND state = 'hers'", at) == 1; answered != may {
				t.Errorf("%s: it is answered: %v", role, answered)
			}
		}
	})
}

// TestTwoSettingsSavedAtOnce: neither undoes the other.
func TestTwoSettingsSavedAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin := o.SignIn(t, user.Admin)
		for round := range 6 {
			state, on := []string{"BY", "BE"}[round%2], []string{"on", "off"}[round%2]
			var both sync.WaitGroup
			for path, form := range map[string]url.Values{"/settings/hours": {"state": {state}, "country": {"DE"}}, "/settings/webhooks/history": {"history": {on}}} {
				both.Go(func() {
					resp, err := admin.PostForm(o.URL+path, form)
					if err != nil || resp.StatusCode != http.StatusOK {
						t.Error(path, resp, err)
						return
					}
					_ = resp.Body.Close()
				})
			}
			both.Wait()
			now, err := o.Orgs.Get(t.Context(), o.DB, o.Org.ID)
			if err != nil || now.Settings.State != state || now.Settings.History != (on == "on") {
				t.Errorf("round %d: state %s, history %v, %v", round, now.Settings.State, now.Settings.History, err)
			}
		}
	})
}
