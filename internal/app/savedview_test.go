package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/door/console"
	"einklang/internal/messaging/assignment"
	"einklang/internal/test/apptest"
)

// A view of the inbox is kept with its filter; the words of a search are not, and
// the page says so.
func TestASearchIsNotKeptAsAView(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		agent := o.SignIn(t, user.Agent)
		twins(t, o)
		status, page := submit(t, o, agent, "/views?sealed=Erika+Mustermann&view=all", url.Values{"name": {"Meine"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, "Eine Suche wird nicht gemerkt") || o.Count(t, "saved_view", "") != 0 {
			t.Errorf("keeping a search: %d", status)
		}
		if _, page := visit(t, o, agent, "/inbox?q=Mustermann&view=all"); !strings.Contains(page, "Eine Suche wird nicht gemerkt") || strings.Contains(page, `class="saveview"`) {
			t.Error("the page offers to keep a search")
		}
		if status, _ := submit(t, o, agent, "/views?view=closed&current=Erika", url.Values{"name": {"Fertig"}}); status != http.StatusOK || o.Count(t, "saved_view", "query = 'view=closed'") != 1 {
			t.Errorf("keeping a view: %d", status)
		}
	})
}

// What somebody calls a view, and what a command is given, is not printed.
func TestNamesOfViewsAndCommandsAreNotPrinted(t *testing.T) {
	for _, v := range []any{assignment.SavedView{Name: "Frau Mustermann"}, console.Request{Args: []string{"user", "--name", "Erika Mustermann"}}} {
		if said := fmt.Sprintf("%v %+v %#v", v, v, v); strings.Contains(said, "Mustermann") {
			t.Error(said)
		}
	}
}
