package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// answerMost is how much memory one answer may take, in bytes allocated. The portal
// shows a person each text whole: one of 3 MB is a page of its own, and takes 47 MB.
const answerMost = 64 << 20

// fileMost is how much a file may take that is made at once, of which the page
// knows how large it is: a proof with its document for people.
const fileMost = 256 << 20

// TestAnswersAreBoundedByBytes walks all pages and all lists over REST and
// CardDAV in a company to which everything that comes from outside came as large
// as it can: no answer takes more memory than a page.
func TestAnswersAreBoundedByBytes(t *testing.T) {
	apptest.InTurn(t, func(t *testing.T, o *apptest.Office) {
		const messages = 60
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

// Lists that staff write without end come page by page: no page takes more
// memory than an answer may, and together they show each row once.
func TestWhatStaffWriteComesPageByPage(t *testing.T) {
	apptest.InTurn(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		f.more(1)
		f.lists(100)
		handler, err := f.Handler()
		f.must(err)
		home, err := url.Parse(f.URL)
		f.must(err)
		cookies := f.SignIn(t, user.DPO).Jar.Cookies(home)
		show := func(path string) string {
			r, answer := httptest.NewRequestWithContext(t.Context(), http.MethodGet, apptest.Sought(cookies, path), nil), httptest.NewRecorder()
			for _, c := range cookies {
				r.AddCookie(c)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			handler.ServeHTTP(answer, r)
			runtime.ReadMemStats(&after)
			most := uint64(answerMost)
			if answer.Header().Get("Content-Disposition") != "" {
				most = fileMost
			}
			if took := after.TotalAlloc - before.TotalAlloc; answer.Code != http.StatusOK || took > most {
				t.Errorf("%s: %d, with %d MB", path, answer.Code, took>>20)
			}
			return answer.Body.String()
		}
		const uuid = "[0-9a-f]{8}-[0-9a-f-]{27}"
		for path, of := range map[string]struct {
			row  string
			want int
		}{
			"/desk/breaches":   {`/desk/breaches/` + uuid + `"`, o.Count(t, "breach", "")},
			"/desk/holds":      {`/desk/holds/` + uuid + `/lift"`, o.Count(t, "legal_hold", "lifted_at = 0")},
			"/desk/approvals":  {`<section class="measure`, o.Count(t, "approval", "")},
			"/desk/processors": {`/desk/processors/` + uuid + `"`, o.Count(t, "processor", "")},
			"/people/" + f.person.ID.String() + "/consent": {`<li><p><strong>`, o.Count(t, "consent_event", "contact_id = ?", f.person.ID)},
		} {
			rows, pages, more := 0, 0, regexp.MustCompile(`href="([^"]+\?after=`+uuid+`)"`)
			for at := path; at != ""; pages++ {
				page := show(at)
				rows += len(regexp.MustCompile(of.row).FindAllString(page, -1))
				if at = ""; more.MatchString(page) {
					at = more.FindStringSubmatch(page)[1]
				}
			}
			if rows != of.want || pages < 2 {
				t.Errorf("%s shows %d rows on %d pages, want %d", path, rows, pages, of.want)
			}
		}
		for _, path := range []string{"/inbox/" + f.thread.String(), "/desk/cockpit", "/desk/documents", "/desk/audit", "/settings/webhooks", "/search?q=Bestellung", "/people/" + f.person.ID.String() + "/consent/proof"} {
			show(path)
		}
		if n := o.Count(t, "quick_reply", ""); n != assignment.RepliesMost {
			t.Errorf("%d quick replies are kept", n)
		}
	})
}
