package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/test/apptest"
)

// answerMost is how much memory one answer may take, in bytes allocated.
const answerMost = 40 << 20

// TestAnswersAreBoundedByBytes: a conversation of messages as large as a webhook
// brings them takes no more memory than one page, however many rows a page may
// have, and goes on from where it ended.
func TestAnswersAreBoundedByBytes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const many = 16
		giants(t, o, many)
		h, err := o.Handler()
		if err != nil {
			t.Fatal(err)
		}
		home, err := url.Parse(o.URL)
		if err != nil {
			t.Fatal(err)
		}
		cookies := o.SignIn(t, user.Agent).Jar.Cookies(home)
		thread := onlyThread(t, o).ID.String()
		for _, path := range []string{"/inbox/" + thread, "/fragments/conversation/" + thread, "/search?in=" + thread + "&q=Bestellung",
			"/api/v1/messages?limit=200", "/api/v1/messages?limit=200&order=asc"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			if strings.HasPrefix(path, "/api/") {
				r.Header.Set("Authorization", "Bearer "+o.APIToken)
			}
			for _, c := range cookies {
				r.AddCookie(c)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc - 2*uint64(answer.Body.Cap()); answer.Code != http.StatusOK || took > answerMost { //nolint:gosec // not negative
				t.Errorf("%s: %d, %d MB, of which %d MB are the answer", path, answer.Code, took>>20, answer.Body.Len()>>20)
			}
		}
		seen := map[string]bool{}
		for at := "/api/v1/messages?limit=200"; at != ""; {
			var page struct {
				Items []struct{ ID string }
				Next  *string
			}
			if status := o.REST(t, http.MethodGet, at, nil, &page); status != http.StatusOK || len(page.Items) == 0 {
				t.Fatalf("%s: %d, %d messages", at, status, len(page.Items))
			}
			for _, m := range page.Items {
				seen[m.ID] = true
			}
			if at = ""; page.Next != nil {
				at = "/api/v1/messages?limit=200&after=" + *page.Next
			}
		}
		if len(seen) != many {
			t.Errorf("%d messages are found page by page, want %d", len(seen), many)
		}
	})
}

// giants lets a person write messages of 2.9 MB.
func giants(t *testing.T, o *apptest.Office, many int) {
	t.Helper()
	text := "Wo ist meine Bestellung? " + strings.Repeat("Lorem ipsum dolor sit amet. ", 2_900_000/28)
	for range many {
		o.Write(t, func(tx store.Tx) error {
			known, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069001", Name: "Erika Mustermann"}})
			if err != nil {
				return err
			}
			_, err = o.Threads.AddIncoming(t.Context(), tx, o.Org.ID, []conversation.Incoming{{Writer: conversation.Writer{Contact: known[0].ID, Keys: known[0].Keys}, Channel: o.Channel.ID,
				WAMID: "wamid.giant." + o.IDs.New().String(), At: o.Clock.Now().Add(-1),
				Body: chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: text}}}}})
			return err
		})
	}
}
