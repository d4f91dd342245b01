package app_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// stream opens the stream of a browser's page. The channel is closed when it has
// ended; it holds whether the page was told why.
func stream(t *testing.T, o *apptest.Office, browser *http.Client) <-chan bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := browser.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the stream is answered %v, %v", resp, err)
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "event: hello" {
	}
	ended := make(chan bool, 1)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		told := false
		for lines.Scan() {
			told = told || lines.Text() == "event: over"
		}
		ended <- told
		close(ended)
	}()
	return ended
}

// within waits for the end of a stream: far less than a beat, which would look too.
func within(t *testing.T, what string, ended <-chan bool) {
	t.Helper()
	select {
	case told := <-ended:
		if !told {
			t.Errorf("%s: the stream broke off, and the page is not told", what)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s: the stream goes on", what)
	}
}

// goesOn finds that a stream has not ended.
func goesOn(t *testing.T, what string, ended <-chan bool) {
	t.Helper()
	select {
	case <-ended:
		t.Errorf("%s: the stream of somebody else has ended", what)
	case <-time.After(100 * time.Millisecond):
	}
}

// watched are nodes of one installation at which people look on.
type watched struct{ nodes []*apptest.Office }

// person makes an account that is signed in at the nodes, with a stream at each.
func (w *watched) person(t *testing.T) (user.Account, []*http.Client, []<-chan bool) {
	t.Helper()
	a, err := w.nodes[0].Users.Create(t.Context(), user.Account{Org: w.nodes[0].Org.ID, Role: user.Agent, Locale: "de", Name: "Beispielkonto", Email: id.System().New().String() + "@example.com"}, rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	var browsers []*http.Client
	var streams []<-chan bool
	for _, o := range w.nodes {
		b := o.SignInAs(t, a.Email, rightPassword)
		browsers, streams = append(browsers, b), append(streams, stream(t, o, b))
	}
	return a, browsers, streams
}

// rightsEnd ends rights at the first node; the streams and sessions at all end.
func rightsEnd(t *testing.T, nodes ...*apptest.Office) {
	t.Helper()
	w := &watched{nodes}
	o := nodes[0]
	_, _, others := w.person(t)
	for what, do := range map[string]func(ctx context.Context, tx store.Tx, a user.Account) error{
		"blocked": func(ctx context.Context, tx store.Tx, a user.Account) error {
			return o.Users.SetActive(ctx, tx, a.Org, a.ID, false)
		},
		"another role": func(ctx context.Context, tx store.Tx, a user.Account) error {
			return o.Users.SetRole(ctx, tx, a.Org, a.ID, user.DPO)
		},
		"sessions ended": func(ctx context.Context, tx store.Tx, a user.Account) error {
			return o.Users.EndSessions(ctx, tx, a.Org, a.ID)
		},
	} {
		a, browsers, streams := w.person(t)
		for _, s := range streams {
			goesOn(t, what, s)
		}
		o.Write(t, func(tx store.Tx) error { return do(t.Context(), tx, a) })
		for at, node := range nodes {
			within(t, what, streams[at])
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, node.URL+"/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := browsers[at].Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: the session goes on: %d", what, resp.StatusCode)
			}
		}
	}
	// Who signs out in one browser has the other go on.
	_, browsers, streams := w.person(t)
	if status, page := submit(t, o, browsers[0], "/sign-out", nil); status != http.StatusOK || !strings.Contains(page, "/sign-in") {
		t.Fatalf("signing out: %d", status)
	}
	within(t, "signed out", streams[0])
	for _, s := range append(others, streams[1:]...) {
		goesOn(t, "the end", s)
	}
}

// A stream ends the moment the right does with which it was begun, and so does the
// session.
func TestAStreamEndsWithTheRight(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) { rightsEnd(t, o) })
}

func TestAStreamAtAnotherNodeEndsWithTheRight(t *testing.T) {
	o := apptest.Open(t, storetest.Postgres(t))
	rightsEnd(t, o, o.Join(t, nil))
}
