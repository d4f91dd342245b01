package app_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// answerMost is how much memory one answer may take, in bytes allocated.
const answerMost = 40 << 20

// TestAnswersAreBoundedByBytes walks all pages and all lists over REST and
// CardDAV in a company to which everything that comes from outside came as large
// as it can: no answer takes more memory than a page.
func TestAnswersAreBoundedByBytes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const messages = 200
		f := openFull(t, o)
		f.more(2)
		all := f.giants(messages)
		f.Settle(t)
		w := newWalk(t, f)
		w.program("/api/v1/messages?limit=200&order=asc")
		w.paths = slices.DeleteFunc(w.paths, func(s step) bool { return s.who == string(user.Agent) || s.who == string(user.Lead) }) // they see nothing that others do not
		largest, most := "", uint64(0)
		w.along(func(s step, r *http.Request, answer http.ResponseWriter) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w.handler.ServeHTTP(answer, r)
			runtime.ReadMemStats(&after)
			if answer.Header().Get("Content-Disposition") != "" {
				return // a file
			}
			took := after.TotalAlloc - before.TotalAlloc
			if kept, is := answer.(*httptest.ResponseRecorder); is {
				took -= min(took, 2*uint64(kept.Body.Cap())) //nolint:gosec // not negative
			}
			if took > most {
				largest, most = s.who+" "+s.path, took
			}
			if took > answerMost {
				t.Errorf("%s %s takes %d MB", s.who, s.path, took>>20)
			}
		})
		t.Logf("of %d answers, the largest takes %d MB: %s", len(w.paths), most>>20, largest)
		w.everyRoute()
		f.pageByPage(t, all[messages-6], all[messages-5:])
	})
}

// pageByPage finds messages over REST that are each a page of their own.
func (f *full) pageByPage(t *testing.T, after id.Message, want []id.Message) {
	t.Helper()
	var seen []string
	for at := "/api/v1/messages?limit=200&order=asc&after=" + after.String(); at != ""; {
		var page struct {
			Items []struct{ ID string }
			Next  *string
		}
		if status := f.REST(t, http.MethodGet, at, nil, &page); status != http.StatusOK || len(page.Items) == 0 {
			t.Fatalf("%s: %d, %d messages", at, status, len(page.Items))
		}
		for _, m := range page.Items {
			seen = append(seen, m.ID)
		}
		if at = ""; page.Next != nil {
			at = "/api/v1/messages?limit=200&order=asc&after=" + *page.Next
		}
	}
	for i, m := range want {
		if i >= len(seen) || seen[i] != m.String() {
			t.Fatalf("page by page there are %v, want %v", seen, want)
		}
	}
}
