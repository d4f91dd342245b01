package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

var pathValue = regexp.MustCompile(`\{[^}]*\}`)

// TestAFormThatIsTooLargeIsRefused posts more than it takes to every form there
// is: the answer says how much that is, and nothing of it is taken for a form in
// which all is empty.
func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	h, err := o.Handler()
	if err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookies := map[user.Role][]*http.Cookie{}
	for _, role := range user.Roles() {
		cookies[role] = o.SignIn(t, role).Jar.Cookies(home)
	}
	form := "text=" + strings.Repeat("Lorem+ipsum+", 1_200_000/12)
	post := func(path, language string, role user.Role) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path+"?lang="+language, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies[role] {
			r.AddCookie(c)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer
	}
	forms := 0
	for _, route := range o.Audit.Routes() {
		path, is := strings.CutPrefix(route.Pattern, "POST ")
		if !is || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/") {
			continue
		}
		forms++
		path = pathValue.ReplaceAllString(path, o.IDs.New().String())
		for language, says := range map[string]string{"de": "mehr, als hier aufgenommen wird", "en": "more than can be taken here"} {
			for _, role := range user.Roles() {
				answer := post(path, language, role)
				if answer.Code == http.StatusForbidden {
					continue
				}
				if body := answer.Body.String(); answer.Code != http.StatusRequestEntityTooLarge || !strings.Contains(body, says) ||
					!strings.Contains(body, " KB") && !strings.Contains(body, " MB") {
					t.Errorf("%s in %s as %s: %d", route.Pattern, language, role, answer.Code)
				}
			}
		}
	}
	if forms < 80 {
		t.Errorf("only %d forms are found", forms)
	}
}

// TestABodyThatIsTooLargeOverRESTIsRefused sends more than an operation takes,
// with and without saying so first.
func TestABodyThatIsTooLargeOverRESTIsRefused(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	person := o.IDs.New().String()
	body := `{"to":"` + strings.Repeat("4", 1_200_000) + `"}`
	for _, path := range []string{"POST /api/v1/messages", "PATCH /api/v1/contacts/" + person + "/attributes", "POST /api/v1/contacts/" + person + "/consents"} {
		method, at, _ := strings.Cut(path, " ")
		for name, length := range map[string]int64{"declared": int64(len(body)), "in chunks": -1} {
			r, err := http.NewRequestWithContext(t.Context(), method, o.URL+at, io.NopCloser(strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = length
			r.Header.Set("Authorization", "Bearer "+o.APIToken)
			r.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var said struct {
				Status       int
				Code, Detail string
			}
			err = json.NewDecoder(answer.Body).Decode(&said)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge || answer.Header.Get("Content-Type") != "application/problem+json" ||
				said.Status != answer.StatusCode || said.Code != "too_large" || !strings.Contains(said.Detail, "1 MB") {
				t.Errorf("%s, %s: %s, %+v, %v", path, name, answer.Status, said, err)
			}
		}
	}
}
