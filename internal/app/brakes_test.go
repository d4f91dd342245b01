package app_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// behindProxy is an installation whose visitors come by a proxy on the same
// machine.
func behindProxy(t *testing.T) *apptest.Office {
	t.Helper()
	return apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) {
		c.Threshold.Proxies = threshold.Proxies{Trusted: threshold.SameMachine}
	}})
}

// visitFrom posts a form as the proxy does for a visitor, and returns the status.
func visitFrom(t *testing.T, o *apptest.Office, from, path string, form url.Values) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", from)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

const rightPassword = "Beispiel-Passwort"

func account(t *testing.T, o *apptest.Office, role user.Role) string {
	t.Helper()
	email := string(role) + "@example.com"
	if _, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: role, Locale: "de", Name: "Beispielkonto", Email: email}, rightPassword); err != nil {
		t.Fatal(err)
	}
	return email
}

func signIn(t *testing.T, o *apptest.Office, from, email, password string) int {
	t.Helper()
	return visitFrom(t, o, from, "/sign-in", url.Values{"email": {email}, "password": {password}})
}

// Who makes up addresses, or guesses at somebody's password, slows down herself
// only.
func TestGuessingKeepsNobodyElseOut(t *testing.T) {
	o := behindProxy(t)
	officer := account(t, o, user.DPO)
	refused := 0
	for i := range 10_050 {
		if signIn(t, o, "192.0.2.66", fmt.Sprintf("niemand-%d@example.com", i), "geraten-geraten") == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 10_000 {
		t.Errorf("only %d of 10050 guesses were refused", refused)
	}
	for range 12 {
		signIn(t, o, "203.0.113.9", officer, "geraten-geraten")
	}
	if got := signIn(t, o, "203.0.113.9", officer, rightPassword); got != http.StatusTooManyRequests {
		t.Errorf("after ten wrong passwords the source was answered %d", got)
	}
	if got := signIn(t, o, "198.51.100.7", officer, rightPassword); got != http.StatusSeeOther {
		t.Errorf("the officer was answered %d from her own place", got)
	}
}

// Right sign-ins do not count, however many come from one office.
func TestAnOfficeIsNotLockedByRightSignIns(t *testing.T) {
	o := behindProxy(t)
	email := account(t, o, user.Agent)
	var all sync.WaitGroup
	for range 9 {
		all.Go(func() {
			if got := signIn(t, o, "198.51.100.7", email, rightPassword); got != http.StatusSeeOther {
				t.Errorf("a right sign-in was answered %d", got)
			}
		})
	}
	all.Wait()
	for range 13 {
		if got := signIn(t, o, "198.51.100.7", email, rightPassword); got != http.StatusSeeOther {
			t.Fatalf("a right sign-in was answered %d", got)
		}
	}
}

// Behind the proxy each visitor has her own limit, and nobody floods a person
// with codes.
func TestCodesForThePortalAreBounded(t *testing.T) {
	o := behindProxy(t)
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	was := len(erika.Messages(o.Number))
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			visitFrom(t, o, fmt.Sprintf("198.51.%d.7", i), "/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
		})
	}
	all.Wait()
	for range 30 {
		visitFrom(t, o, "192.0.2.66", "/portal/beispiel/code", url.Values{"number": {"+49 176 04069002"}})
	}
	if got := visitFrom(t, o, "203.0.113.9", "/portal/beispiel/code", url.Values{"number": {"+49 176 04069003"}}); got != http.StatusOK {
		t.Errorf("another visitor was answered %d", got)
	}
	o.Until(t, "a code is there", func() bool { return codes.MatchString(lastText(o, erika)) })
	for range 5 { // three in an hour
		o.Clock.Advance(2 * time.Minute)
		visitFrom(t, o, "203.0.113.9", "/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
	}
	// The last one asked for comes to nothing; one for somebody else shows that
	// all before it are worked off.
	mustermann := o.Customer("Max Mustermann", "4917604069002")
	mustermann.Say(o.Number, "Guten Tag")
	o.Settle(t)
	o.Clock.Advance(2 * time.Hour)
	mustermann.Say(o.Number, "Noch da")
	o.Settle(t)
	visitFrom(t, o, "203.0.113.9", "/portal/beispiel/code", url.Values{"number": {"+49 176 04069002"}})
	o.Until(t, "the code for somebody else is there", func() bool { return codes.MatchString(lastText(o, mustermann)) })
	if n := o.Count(t, "message", "outgoing = ? AND conversation_id IN (SELECT id FROM conversation WHERE contact_id = ?)", true, o.Person(t, erika).ID); n > 4 { // the notice and three codes
		t.Errorf("she got %d messages, had %d before", n, was)
	}
}

// raw opens a connection and writes the beginning of a request.
func raw(t *testing.T, o *apptest.Office, beginning string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(o.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, beginning); err != nil {
		t.Fatal(err)
	}
	return c
}

func answered(t *testing.T, c net.Conn) int {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer came: %v", err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// Webhooks that are not signed are not read, and those that do not end are not
// waited for.
func TestUnfinishedWebhooksTakeLittle(t *testing.T) {
	o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) {
		c.Threshold = threshold.Options{Patience: 300 * time.Millisecond, Room: threshold.Room{BodiesEach: 50, BytesEach: 4 << 20}}
	}})
	const head = "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n"
	piece := strings.Repeat("x", 60<<10)
	var unsigned, signed []net.Conn
	for range 100 {
		unsigned = append(unsigned, raw(t, o, head+"\r\n"+piece))
	}
	for _, c := range unsigned {
		if got := answered(t, c); got != http.StatusUnauthorized {
			t.Fatalf("a webhook without a signature was answered %d", got)
		}
	}
	signature := "X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n"
	for range 100 {
		signed = append(signed, raw(t, o, head+signature+"\r\n"+piece))
	}
	counts := map[int]int{}
	for _, c := range signed {
		counts[answered(t, c)]++
	}
	if counts[http.StatusBadRequest]+counts[http.StatusServiceUnavailable] != 100 {
		t.Errorf("100 unfinished webhooks were answered %v", counts)
	}
	if got := o.Post(t, apptest.Text("wamid.1", "4917604069002", "Max Mustermann", "Hallo", o.Clock.Now())); got != http.StatusOK {
		t.Errorf("a right webhook was answered %d", got)
	}
}

// A token is looked up before anything long is read.
func TestAMadeUpLinkReadsNothing(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	for path, want := range map[string]int{"/phone/check/made-up": http.StatusGone, "/devices": http.StatusSeeOther, "/carddav/": http.StatusUnauthorized, "/api/v1/messages": http.StatusUnauthorized} {
		c := raw(t, o, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 28000000\r\nExpect: 100-continue\r\n\r\n")
		if got := answered(t, c); got != want {
			t.Errorf("%s was answered %d before anything was sent, want %d", path, got, want)
		}
	}
}

var posts = regexp.MustCompile(`"POST (/[^"]*)"`)

// postRoutes are all routes of the pages that take something, as they stand in
// the source.
func postRoutes(t *testing.T) []string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	all := map[string]bool{"/webhooks/whatsapp": true, "/carddav/": true, "/api/v1/messages": true}
	err := filepath.WalkDir(filepath.Dir(filepath.Dir(here)), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range posts.FindAllStringSubmatch(string(text), -1) {
			all[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for r := range all {
		routes = append(routes, r)
	}
	slices.Sort(routes)
	return routes
}

// Nothing that anybody uploads is put onto the disk in clear, on whatever
// route, and whoever asks.
func TestUploadsAreNotPutOntoTheDisk(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	o.Customer("Erika Mustermann", "4917604069001").Say(o.Number, "Guten Tag")
	o.Settle(t)
	browsers := []*http.Client{{}, o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)}
	routes := postRoutes(t)
	if len(routes) < 80 {
		t.Fatalf("only %d routes were found", len(routes))
	}
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	before, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	holes := regexp.MustCompile(`\{[^}]*\}`)
	for _, route := range routes {
		path := holes.ReplaceAllString(route, o.Org.ID.String())
		for _, b := range browsers {
			uploadTo(t, b, o.URL+path)
			if now, err := os.Stat(folder); err != nil || !now.ModTime().Equal(before.ModTime()) {
				t.Fatalf("an upload to %s was put onto the disk (%v)", route, err)
			}
		}
	}
}

// uploadTo posts a file of 45 MB, as long as it is read.
func uploadTo(t *testing.T, b *http.Client, address string) {
	t.Helper()
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() {
		part, err := form.CreateFormFile("file", "bild.png")
		piece := make([]byte, 1<<20)
		for i := 0; i < 45 && err == nil; i++ {
			_, err = part.Write(piece)
		}
		_ = writer.CloseWithError(errors.Join(err, form.Close()))
	}()
	defer func() { _ = reader.Close() }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := b.Do(r)
	if err != nil {
		return // it was cut off
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// signInKnown signs in with what a browser has kept, and returns the status and
// what it keeps then.
func signInKnown(t *testing.T, o *apptest.Office, from, email, password, kept string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/sign-in", strings.NewReader(url.Values{"email": {email}, "password": {password}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", from)
	if kept != "" {
		r.AddCookie(&http.Cookie{Name: "browser", Value: kept})
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	for _, c := range resp.Cookies() {
		if c.Name == "browser" && c.HttpOnly && c.MaxAge > 0 {
			kept = c.Value
		}
	}
	return resp.StatusCode, kept
}

// Who guesses at the next desk, or floods the office's address, keeps nobody out
// whose browser is known; and a known browser opens nothing by itself.
func TestAKnownBrowserIsNotKeptOutByItsNeighbours(t *testing.T) {
	for engine, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			o := apptest.OpenWith(t, database(t), apptest.Options{Config: func(c *app.Config) {
				c.Threshold.Proxies = threshold.Proxies{Trusted: threshold.SameMachine}
			}})
			const office = "203.0.113.9"
			officer := account(t, o, user.DPO)
			status, kept := signInKnown(t, o, office, officer, rightPassword, "")
			if status != http.StatusSeeOther || kept == "" {
				t.Fatalf("the first sign-in: %d, the browser keeps %q", status, kept)
			}
			for range 40 {
				signIn(t, o, office, officer, "geraten-geraten")
			}
			if got, _ := signInKnown(t, o, office, officer, rightPassword, ""); got != http.StatusTooManyRequests {
				t.Errorf("an unknown browser in an office that guesses: %d", got)
			}
			if got, same := signInKnown(t, o, office, officer, rightPassword, kept); got != http.StatusSeeOther || same != kept {
				t.Errorf("a known browser in an office that guesses: %d, another cookie: %v", got, same != kept)
			}
			if got, _ := signInKnown(t, o, office, officer, "geraten-geraten", kept); got != http.StatusUnauthorized {
				t.Errorf("a known browser with a wrong password: %d", got)
			}
			for range 12 {
				signInKnown(t, o, "198.51.100.7", officer, "geraten-geraten", kept)
			}
			if got, _ := signInKnown(t, o, "198.51.100.7", officer, rightPassword, kept); got != http.StatusTooManyRequests {
				t.Errorf("a stolen cookie guesses on: %d", got)
			}
			if got, _ := signInKnown(t, o, "192.0.2.77", officer, rightPassword, ""); got != http.StatusSeeOther {
				t.Errorf("the officer elsewhere, after a stolen cookie guessed: %d", got)
			}
			o.Write(t, func(tx store.Tx) error { return o.Users.Help(t.Context(), tx, o.Org.ID, officer, "Anderes-Passwort-7") })
			if n := o.Count(t, "known_browser", ""); n != 0 {
				t.Errorf("%d browsers are known after the password changed", n)
			}
		})
	}
}

// A pause grows with each wrong password of one source for one account, and what
// is right ends it.
func TestPausesGrow(t *testing.T) {
	o := behindProxy(t)
	email := account(t, o, user.Agent)
	const from = "203.0.113.9"
	for range 5 {
		if got := signIn(t, o, from, email, "geraten-geraten"); got != http.StatusUnauthorized {
			t.Fatalf("a wrong password: %d", got)
		}
	}
	for pause := 2 * time.Second; pause <= time.Minute; pause *= 2 {
		o.Clock.Advance(2 * time.Minute) // so that the brake by the minute has forgotten
		if got := signIn(t, o, from, email, "geraten-geraten"); got != http.StatusUnauthorized {
			t.Fatalf("after the pause: %d", got)
		}
		o.Clock.Advance(pause / 4)
		if got := signIn(t, o, from, email, rightPassword); got != http.StatusTooManyRequests {
			t.Errorf("in a pause of %v: %d", pause, got)
		}
	}
	o.Clock.Advance(2 * time.Minute)
	if got := signIn(t, o, from, email, rightPassword); got != http.StatusSeeOther {
		t.Errorf("the right password after the pause: %d", got)
	}
	if got := signIn(t, o, from, email, "geraten-geraten"); got != http.StatusUnauthorized {
		t.Errorf("after what was right: %d", got)
	}
}
