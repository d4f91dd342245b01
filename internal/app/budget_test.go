package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
)

// How often an answer may ask the database, whatever it shows: a page or a list
// over REST, and a conversation that is refreshed while somebody looks at it.
const (
	askMost     = 24
	refreshMost = 12
)

// TestAPageAsksTheDatabaseABoundedNumberOfTimes walks all pages, as everybody
// who may see them, and all lists over REST and CardDAV: in a company that has a
// little of everything, and in the same with more than a page of everything.
func TestAPageAsksTheDatabaseABoundedNumberOfTimes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		f := openFull(t, o)
		f.more(2)
		w := newWalk(t, f)
		w.all()
		w.all() // what is made on the first look, such as the figures of past days, is there
		little := maps.Clone(w.counts)
		f.more(28)
		w.all()
		for at := range w.counts {
			if tooMuch(at, little[at], w.counts[at]) != "" {
				w.again(at) // the first look may have had something to make
			}
			if said := tooMuch(at, little[at], w.counts[at]); said != "" {
				t.Error(said)
			}
		}
		w.everyRoute()
	})
}

// tooMuch tells what is wrong with what an answer asks, given what the same one
// asks where there is little.
func tooMuch(at string, little, much []string) string {
	most := askMost
	if strings.Contains(at, " /fragments/conversation/") {
		most = refreshMost
	}
	switch {
	case little != nil && len(much) > len(little):
		return fmt.Sprintf("%s asks %d times with little and %d times with much:\n%s", at, len(little), len(much), repeated(much))
	case len(much) > most:
		return fmt.Sprintf("%s asks %d times, want at most %d:\n%s", at, len(much), most, repeated(much))
	}
	return ""
}

// repeated shows statements, with how often each was sent.
func repeated(statements []string) string {
	times := map[string]int{}
	for _, s := range statements {
		times[s]++
	}
	lines := make([]string, 0, len(times))
	for s, n := range times {
		lines = append(lines, fmt.Sprintf("%4d %s", n, s))
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// unknown is a word that opens nothing.
const unknown = "nobody-knows-this-one"

// walk goes from page to page.
type walk struct {
	t       *testing.T
	full    *full
	handler http.Handler
	roles   []user.Role
	cookies map[user.Role][]*http.Cookie
	counts  map[string][]string // by who and path: the statements
	shapes  map[string]int      // by who: how many paths of the same shape
	paths   []step
	routes  *http.ServeMux
	seen    map[string]bool // routes
	dead    []string        // where what nobody knows leads to
}

type step struct {
	who, path string
	request   func() *http.Request
}

func newWalk(t *testing.T, f *full) *walk {
	t.Helper()
	w := &walk{t: t, full: f, roles: user.Roles(), cookies: map[user.Role][]*http.Cookie{}, counts: map[string][]string{}, shapes: map[string]int{}, routes: http.NewServeMux(), seen: map[string]bool{}}
	var err error
	if w.handler, err = f.Handler(); err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range w.roles {
		w.cookies[role] = f.SignIn(t, role).Jar.Cookies(home)
	}
	f.Write(t, func(tx store.Tx) error { // what asks for a fresh proof is looked at, too, however late it is
		_, err := tx.Exec(t.Context(), "UPDATE session SET proven_at = ?", store.Micros(f.Clock.Now().AddDate(1, 0, 0)))
		return err
	})
	for _, route := range w.everyPattern() {
		if strings.HasPrefix(route, "GET ") {
			w.routes.Handle(route, http.NotFoundHandler())
		}
	}
	for _, role := range w.roles {
		for _, path := range w.seeds() {
			w.add(string(role), path)
		}
		w.add(string(role), "/profile/enrol") // nobody is led there who has a factor, or needs none
	}
	w.public()
	w.rest()
	w.phones()
	w.changes()
	return w
}

// publicRoutes are those for which nobody signs in.
var publicRoutes = []string{"GET /sign-in", "GET /password/{token}", "GET /setup", "GET /privacy/{slug}", "GET /opt-in/{slug}", "GET /opt-in/confirm/{token}", "GET /stop/{token}",
	"GET /phone/check/{token}", "GET /phone/enrol/{token}", "GET /portal/{slug}", "GET /portal/{slug}/enter/{secret}", "GET /portal/{slug}/data"}

// notPages are routes that do not end, or hand out a file, which is read in
// pieces.
var notPages = []string{"GET /events", "GET /people/{id}/picture", "GET /desk/cases/{id}/package", "GET /desk/processors/{id}/document", "GET /devices/{id}/shot/{shot}",
	"GET /import/people/{id}/report.csv", "GET /settings/public/languages/{code}", "GET /people/{id}/consent/files/{file}", "GET /portal/{slug}/take/{case}", "GET /portal/{slug}/package/{parcel}", "GET /reports/agreement"}

// seeds are where no link leads, or only one of a script.
func (w *walk) seeds() []string {
	thread, person := w.full.thread.String(), w.full.person.ID.String()
	paths := []string{"/", "/inbox", "/inbox?q=Beispiel", "/inbox/" + thread, "/fragments/conversation/" + thread, "/fragments/queue", "/fragments/queue?q=Beispiel", "/fragments/others/" + thread,
		"/fragments/quick/" + thread, "/fragments/templates/" + thread, "/fragments/palette?q=Bestellung", "/fragments/palette?q=Beispiel", "/fragments/search?q=Bestellung",
		"/search?q=Bestellung", "/search?q=Beispiel", "/search?in=" + thread + "&q=Bestellung", "/people/" + person + "/merge", "/people/" + person + "/merge?q=Beispiel", "/people/" + person + "/consent",
		"/desk/approvals/new?kind=letters", "/desk/cases/" + w.full.kase.ID.String(), "/desk/breaches/" + w.full.breach.String(), "/devices/" + w.full.phone.ID.String(),
		"/setup/number", "/setup/notice", "/setup/ready"}
	for _, view := range []string{"all", "mine", "unassigned", "unread", "closed", "snoozed", "mentions"} {
		paths = append(paths, "/inbox?view="+view)
	}
	return paths
}

// add adds a path, unless there are some of its shape already.
func (w *walk) add(who, path string) {
	asked, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.full.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, route := w.routes.Handler(asked)
	shape := who + " " + route + " " + strings.Join(slices.Sorted(maps.Keys(asked.URL.Query())), "&")
	const alike = 2
	if route == "" || slices.Contains(notPages, route) || w.shapes[shape] == alike || slices.ContainsFunc(w.paths, func(s step) bool { return s.who == who && s.path == path }) {
		return
	}
	w.shapes[shape]++
	w.paths = append(w.paths, step{who, path, func() *http.Request {
		cookies := w.cookies[user.Role(who)]
		r := httptest.NewRequest(http.MethodGet, apptest.Sought(cookies, path), nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		return r
	}})
}

var hrefs = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)

// all goes along all paths, and counts what each asks.
func (w *walk) all() {
	w.t.Helper()
	w.full.Clock.Advance(2 * time.Hour) // what is written down once an hour is written down again
	w.along(w.count)
	if len(w.paths) < 200 {
		w.t.Errorf("only %d pages are found", len(w.paths))
	}
}

// again asks once more what is counted under a name.
func (w *walk) again(at string) {
	for _, s := range w.paths {
		if s.who+" "+s.path == at {
			w.count(s, s.request(), httptest.NewRecorder())
		}
	}
}

func (w *walk) count(s step, r *http.Request, answer http.ResponseWriter) {
	ctx, trips := store.Counting(r.Context())
	w.handler.ServeHTTP(answer, r.WithContext(ctx))
	w.counts[s.who+" "+s.path] = trips.Statements()
}

// along goes along all paths, and adds those that the pages lead to.
func (w *walk) along(ask func(step, *http.Request, http.ResponseWriter)) {
	w.t.Helper()
	for i := 0; i < len(w.paths); i++ {
		s := w.paths[i]
		r, answer := s.request(), httptest.NewRecorder()
		ask(s, r, answer)
		body := answer.Body.Bytes()
		if answer.Code == http.StatusSeeOther {
			w.cookies[user.Role(s.who)] = append(w.cookies[user.Role(s.who)], answer.Result().Cookies()...) // the secret of a link
			if strings.Contains(s.path, unknown) {
				w.dead = append(w.dead, answer.Header().Get("Location"))
			}
		} else {
			w.guarded(s, answer.Header())
		}
		switch {
		case answer.Code == http.StatusForbidden && s.who != "rest":
			delete(w.counts, s.who+" "+s.path)
			continue
		case answer.Code >= http.StatusBadRequest && !strings.Contains(s.path, unknown) && !slices.Contains(w.dead, s.path) && !(strings.HasPrefix(s.path, "POST ") && answer.Code == http.StatusUnprocessableEntity):
			w.t.Errorf("%s %s: %d %.300s", s.who, s.path, answer.Code, body)
			continue
		}
		_, route := w.routes.Handler(r)
		w.seen[route] = true
		if answer.Header().Get("Content-Disposition") != "" {
			delete(w.counts, s.who+" "+s.path)
			continue // a file, read in pieces
		}
		if strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
			for _, m := range hrefs.FindAllStringSubmatch(string(body), -1) {
				w.add(s.who, html.UnescapeString(m[1]))
			}
		}
	}
}

// guarded fails where a browser could take an answer for something else, or run
// something in what is not a page of ours.
func (w *walk) guarded(s step, h http.Header) {
	policy := h.Get("Content-Security-Policy")
	page := strings.HasPrefix(h.Get("Content-Type"), "text/html")
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "sandbox") == page {
		w.t.Errorf("%s %s: a browser is told %q, %q", s.who, s.path, policy, h.Get("X-Content-Type-Options"))
	}
}

// everyPattern lists the routes with a rule for the log, and those for which
// nobody signs in.
func (w *walk) everyPattern() []string {
	all := slices.Clone(publicRoutes)
	for _, r := range w.full.Audit.Routes() {
		all = append(all, r.Pattern)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// everyRoute fails for routes that nobody has seen.
func (w *walk) everyRoute() {
	for _, route := range w.everyPattern() {
		if strings.HasPrefix(route, "GET ") && !w.seen[route] && !slices.Contains(notPages, route) {
			w.t.Errorf("nobody has seen %s", route)
		}
	}
}

// public adds the pages for people without an account.
func (w *walk) public() {
	f, ctx := w.full, w.t.Context()
	for _, path := range []string{"/sign-in", "/sign-in/factor", "/setup", "/privacy/beispiel", "/opt-in/beispiel", "/opt-in/confirm/" + unknown, "/portal/beispiel", "/portal/beispiel/write", "/favicon.ico", "/healthz", "/readyz"} {
		w.add("", path)
	}
	var stop, secret, visit string
	f.write(func(ctx context.Context, tx store.Tx) (err error) {
		if stop, err = f.Consents.StopLink(ctx, tx, f.Org.ID, f.person.ID); err != nil {
			return err
		}
		if secret, _, err = f.Visits.Link(ctx, tx, f.Org.ID, f.person.ID); err != nil {
			return err
		}
		entry, err := f.Visits.Enter(ctx, tx, f.Org.ID, secret, secret, "")
		visit = entry.Token
		return err
	})
	w.cookies["portal"] = []*http.Cookie{{Name: "portal-beispiel", Value: visit}}
	w.add("portal", "/portal/beispiel/data")
	w.add("portal", "/portal/beispiel/messages")
	w.add("", "/portal/beispiel/enter/"+secret)
	w.add("", "/stop/"+stop)
	for purpose, at := range map[device.Purpose]string{device.ToCheck: "/phone/check/", device.ToEnrol: "/phone/enrol/"} {
		token, err := f.Devices.Link(ctx, f.DB, f.Org.ID, f.phone.ID, purpose)
		f.must(err)
		w.add("", at+token)
	}
	_, token, err := f.Users.Invite(ctx, f.DB, user.Account{Org: f.Org.ID, Role: user.Agent, Locale: "de", Name: "Neu", Email: "neu@example.com"})
	f.must(err)
	w.add("", "/password/"+token)
}

// rest adds everything that programs can read.
func (w *walk) rest() {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil)
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	var api struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &api); err != nil || len(api.Paths) < 8 {
		w.t.Fatalf("%d operations, %v", len(api.Paths), err)
	}
	ids := map[string]string{"conversations": w.full.thread.String(), "contacts": w.full.person.ID.String(), "messages": w.message()}
	for path, methods := range api.Paths {
		get, there := methods["get"]
		if !there {
			continue
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
		path = strings.Replace(path, "{id}", ids[kind], 1)
		for _, p := range get.Parameters {
			if p.Name == "limit" {
				path += "?limit=200"
			}
		}
		if strings.Contains(path, "{") {
			w.t.Fatalf("no example for %s", path)
		}
		w.program(path)
	}
}

func (w *walk) program(path string) {
	w.paths = append(w.paths, step{"rest", path, func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+w.full.APIToken)
		return r
	}})
}

// message is one with a file.
func (w *walk) message() string {
	files, err := w.full.Threads.Files(w.t.Context(), w.full.DB, w.full.Org.ID, w.full.thread, 1)
	if err != nil || len(files) == 0 {
		w.t.Fatal(files, err)
	}
	return files[0].ID.String()
}

// changes adds forms about the consents of a person that are answered with a
// page: what she is shown to prove them, and what is wrong.
func (w *walk) changes() {
	at := "/people/" + w.full.person.ID.String() + "/consent"
	for _, form := range []string{"/prove", "?purpose=service&note=", "/sale?sold=never", "/ask?purpose=nonsense", "/invite?email=nobody", "/invite?note=sie+fragt&email=erika@example.com&purpose=nonsense", "/notice?how="} {
		path, values, _ := strings.Cut(form, "?")
		w.paths = append(w.paths, step{string(user.Admin), "POST " + at + form, func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, at+path, strings.NewReader(values))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, c := range w.cookies[user.Admin] {
				r.AddCookie(c)
			}
			return r
		}})
	}
}

// phones adds what the phones ask for.
func (w *walk) phones() {
	book := "/carddav/" + w.full.phone.ID.String() + "/book/"
	const props = `<d:prop xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:getetag/><c:address-data/></d:prop>`
	for _, ask := range []struct{ method, path, depth, body string }{
		{"PROPFIND", "/carddav/", "0", ""},
		{"PROPFIND", book, "1", ""},
		{"REPORT", book, "1", `<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>1</d:sync-level>` + props + `</d:sync-collection>`},
		{"REPORT", book, "1", `<c:addressbook-query xmlns:c="urn:ietf:params:xml:ns:carddav">` + props + `<c:filter/></c:addressbook-query>`},
	} {
		w.paths = append(w.paths, step{ask.method, ask.path + " " + ask.body, func() *http.Request {
			r := httptest.NewRequest(ask.method, ask.path, strings.NewReader(ask.body))
			r.Header.Set("Depth", ask.depth)
			r.SetBasicAuth(w.full.phone.Login, w.full.secret)
			return r
		}})
	}
}

// TestTheFirstRunAsksLittle: the page with which an installation begins.
func TestTheFirstRunAsksLittle(t *testing.T) {
	a, err := app.Open(t.Context(), app.Config{Data: t.TempDir(), PublicURL: "http://einklang.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	ctx, trips := store.Counting(t.Context())
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/setup", nil).WithContext(ctx))
	if n := len(trips.Statements()); answer.Code != http.StatusOK || n > askMost {
		t.Errorf("%d after %d statements", answer.Code, n)
	}
}
