package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// What somebody sees is read anew for each request, and costs no page more than its
// budget, however much there is.
func TestASightAsksTheDatabaseLittle(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		l := openLimited(t, o)
		handler, err := o.Handler()
		l.must(err)
		home, err := url.Parse(o.URL)
		l.must(err)
		cookies := l.browser.Jar.Cookies(home)
		ask := func() map[string][]string {
			counts := map[string][]string{}
			for _, path := range []string{"/inbox", "/inbox?view=all", "/inbox?q=Otto", "/inbox/" + l.thread.String(), "/fragments/conversation/" + l.thread.String(), "/fragments/queue", "/fragments/palette?q=Otto", "/search?q=Guten",
				"/people/" + l.own.ID.String() + "/consent", "/people/" + l.own.ID.String() + "/merge?q=Otto", "/consent", "/consent/waiting", "/consent/mails", "/desk/uncertain", "/roles"} {
				r := httptest.NewRequest(http.MethodGet, apptest.Sought(cookies, path), nil)
				for _, c := range cookies {
					r.AddCookie(c)
				}
				ctx, trips := store.Counting(r.Context())
				answer := httptest.NewRecorder()
				if handler.ServeHTTP(answer, r.WithContext(ctx)); answer.Code != http.StatusOK {
					t.Errorf("%s: %d", path, answer.Code)
				}
				counts["limited "+path] = trips.Statements()
			}
			return counts
		}
		ask()
		little := ask()
		l.more(4)
		for at, much := range ask() {
			if said := tooMuch(at, little[at], much); said != "" {
				t.Error(strings.ReplaceAll(said, "\n", "\n\t"))
			}
		}
	})
}
