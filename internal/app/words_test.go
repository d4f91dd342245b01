package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// What somebody looks for stands in no address: the field posts it, the page that
// follows has it sealed, and only the session that asked reads it.
func TestTheWordsOfASearchAreInNoAddress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		lead, other := o.SignIn(t, user.Lead), o.SignIn(t, user.Lead)
		one, _, _ := twins(t, o)
		found := func(page string) bool {
			return strings.Contains(page, `class="hit"`) || strings.Contains(page, "data-found")
		}
		for _, at := range []struct{ page, words string }{
			{"/search", "Erika"}, {"/fragments/search", "Guten"}, {"/fragments/palette", "Erika"}, {"/people/" + one.ID.String() + "/merge", "Muster"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+at.page+"/look", strings.NewReader(url.Values{"q": {at.words}, "side": {""}}.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			var address string
			lead.CheckRedirect = func(r *http.Request, _ []*http.Request) error { address = r.URL.RequestURI(); return nil }
			status, page := answerOf(t, lead, r)
			if status != http.StatusOK || !found(page) {
				t.Errorf("%s: %d, nothing is found for %q", at.page, status, at.words)
			}
			if !strings.HasPrefix(address, at.page+"?sealed=") || strings.Contains(strings.ToLower(address), strings.ToLower(at.words)) {
				t.Errorf("%s leads to %s", at.page, address)
			}
			if _, again := visit(t, o, lead, address); !found(again) {
				t.Errorf("%s: nothing is found when the page is loaded again", at.page)
			}
			if status, theirs := visit(t, o, other, address); status != http.StatusOK || found(theirs) || strings.Contains(theirs, at.words) && at.words != "Muster" {
				t.Errorf("%s: another session reads the words: %d", at.page, status)
			}
			for _, plain := range []string{"?q=" + at.words, "?sealed=" + at.words} {
				if status, page := answerOf(t, lead, request(t, o, at.page+plain)); status != http.StatusOK || found(page) {
					t.Errorf("%s%s: %d, and it searches", at.page, plain, status)
				}
			}
		}
	})
}

func request(t *testing.T, o *apptest.Office, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
