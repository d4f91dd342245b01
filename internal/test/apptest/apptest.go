// Package apptest opens a whole Einklang for tests: the installation on a
// database of either engine, an example organisation with one WhatsApp number,
// a sandbox that stands for Meta, a settable clock, and an HTTP server in front.
//
//	storetest.EachURL(t, func(t *testing.T, url string) {
//		o := apptest.Open(t, url)
//		erika := o.Customer("Erika Mustermann", "4917604069001")
//		erika.Say(o.Number, "Guten Tag")
//		o.Settle(t)
//		…
//	})
//
// Everything is real but Meta. Nothing sleeps: Settle waits until nothing is
// under way any more.
package apptest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/door/web/shell"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/store"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// The example organisation's number at Meta, and the secrets of its app.
const (
	PhoneNumberID = "106540352242922"
	WABA          = "102290129340398"
	Display       = "+49 30 23125000"
	AppKey        = "main"
	AppSecret     = "app-secret"
	VerifyToken   = "verify-token"
	GraphToken    = "graph-token"
)

// Start is when the clock of every test starts: a Tuesday, 11 o'clock in
// Berlin, so that quiet hours and Sundays do not surprise anybody.
var Start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// Office is an installation with one organisation.
type Office struct {
	*app.App
	Org      org.Org
	Channel  org.Channel
	Clock    *Clock
	Sandbox  *sandbox.Sandbox
	Number   *sandbox.Number
	URL      string // of the pages, REST and webhooks, without a slash at the end
	GraphURL string
	APIToken string // of the organisation
	Data     string // the data folder

	logs   *safeBuffer
	config app.Config
	front  *httptest.Server
	end    func(testing.TB)
}

// Options changes what Open makes. The zero value is right for most tests.
type Options struct {
	Settings  *org.Settings                        // default: org.DefaultSettings
	NoNotice  bool                                 // publish no privacy notice
	Empty     bool                                 // without an organisation, as it is when it starts for the first time
	PerSecond int                                  // messages that the number may send; default: 1000
	Graph     http.Handler                         // stands for Meta instead of the sandbox's own handler
	Before    func(meta http.Handler) http.Handler // stands before Meta
	Sandbox   func(*sandbox.Config)
	Config    func(*app.Config)
}

// InTurn opens an Office on one engine after the other: for what measures the whole
// process, see storetest.InTurn.
func InTurn(t *testing.T, test func(t *testing.T, o *Office)) {
	t.Helper()
	storetest.InTurn(t, func(t *testing.T, url func(testing.TB) string) { test(t, Open(t, url(t))) })
}

// Each opens an Office on each engine, on both at the same time.
func Each(t *testing.T, test func(t *testing.T, o *Office)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) { test(t, Open(t, url)) })
}

// Open opens an Office on the empty database at an address of
// storetest.EachURL and closes it with the test.
func Open(tb testing.TB, url string) *Office {
	tb.Helper()
	return OpenWith(tb, url, Options{})
}

// OpenWith is Open with options.
func OpenWith(tb testing.TB, url string, options Options) *Office {
	tb.Helper()
	o := &Office{Clock: newClock(), logs: &safeBuffer{}}
	o.openSandbox(tb, options)
	front := httptest.NewUnstartedServer(nil)
	o.URL = "http://" + front.Listener.Addr().String()
	c := app.Config{Data: tb.TempDir(), Database: url, PublicURL: o.URL, GraphURL: o.GraphURL, Now: o.Clock.Now,
		Apps: []webhook.App{{Key: AppKey, Secret: AppSecret, VerifyToken: VerifyToken}},
		Log:  slog.New(slog.NewTextHandler(o.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if _, measured := tb.(*testing.B); !measured {
		c.Passwords = user.Trifling()
	}
	if path, lite := strings.CutPrefix(url, "sqlite:"); lite {
		c.Data, c.Database = filepath.Dir(path), ""
	}
	if options.Config != nil {
		options.Config(&c)
	}
	o.open(tb, c, front)
	o.Sandbox.SetWebhookURL(o.URL + "/webhooks/whatsapp")
	tb.Cleanup(o.Sandbox.Close)
	if !options.Empty {
		o.found(tb, options)
	}
	return o
}

// open opens the installation and puts it behind its server.
func (o *Office) open(tb testing.TB, c app.Config, front *httptest.Server) {
	tb.Helper()
	o.config, o.Data = c, c.Data
	var err error
	if o.App, err = app.Open(tb.Context(), c); err != nil {
		tb.Fatal(err)
	}
	o.end = Run(o.App)
	tb.Cleanup(func() {
		o.End(tb)
		for line := range strings.Lines(o.Logs()) {
			if strings.Contains(line, shell.SaidButRefused) {
				tb.Error(line)
			}
		}
		if tb.Failed() {
			tb.Logf("what the installation logged:\n%s", o.Logs())
		}
	})
	if front.Config.Handler, err = o.Handler(); err != nil {
		tb.Fatal(err)
	}
	front.Start()
	o.front = front
}

// Join opens a further node on the same PostgreSQL, with the same root key and
// a data folder of its own; a change of its configuration may be nil. Meta's
// webhooks keep going to the first.
func (o *Office) Join(tb testing.TB, change func(*app.Config)) *Office {
	tb.Helper()
	further := &Office{Org: o.Org, Channel: o.Channel, Clock: o.Clock, Sandbox: o.Sandbox, Number: o.Number, GraphURL: o.GraphURL,
		APIToken: o.APIToken, logs: &safeBuffer{}}
	front := httptest.NewUnstartedServer(nil)
	further.URL = "http://" + front.Listener.Addr().String()
	c := o.config
	c.RootKey = filepath.Join(o.Data, "root.key")
	c.Data = tb.TempDir()
	c.Log = slog.New(slog.NewTextHandler(further.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if change != nil {
		change(&c)
	}
	further.open(tb, c, front)
	return further
}

func (o *Office) openSandbox(tb testing.TB, options Options) {
	tb.Helper()
	c := sandbox.Config{AppSecret: AppSecret, VerifyToken: VerifyToken, Token: GraphToken, SentAfter: 2 * time.Millisecond,
		DeliveredAfter: 4 * time.Millisecond, PerSecond: -1, NoPairLimit: true, Strangers: true, Now: o.Clock.Now}
	if options.Sandbox != nil {
		options.Sandbox(&c)
	}
	o.Sandbox = sandbox.New(c)
	o.Number = o.Sandbox.AddNumber(PhoneNumberID, WABA, Display, "Beispiel GmbH")
	for _, t := range []sandbox.Template{
		{Name: "termin", Language: "de", Category: "UTILITY", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, wir erinnern an Ihren Termin am {{2}}."}]`)},
		{Name: "angebot", Language: "de", Category: "MARKETING", Components: []byte(`[{"type":"BODY","text":"Guten Tag {{1}}, diese Woche 10 % auf alles."},{"type":"FOOTER","text":"Keine Werbung mehr? Antworten Sie mit STOP."}]`)},
		{Name: "code", Language: "de", Category: "AUTHENTICATION", Components: []byte(`[{"type":"BODY","text":"Ihr Code lautet {{1}}."},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Code kopieren","url":"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}]}]`)},
		{Name: "pausiert", Language: "de", Category: "MARKETING", Status: "PAUSED", Components: []byte(`[{"type":"BODY","text":"Unsere Aktion läuft. STOP beendet Werbung."}]`)},
	} {
		o.Sandbox.AddTemplate(WABA, t)
	}
	handler := options.Graph
	if handler == nil {
		handler = o.Sandbox.Handler()
	}
	if options.Before != nil {
		handler = options.Before(handler)
	}
	graph := httptest.NewServer(handler)
	tb.Cleanup(graph.Close)
	o.GraphURL = graph.URL
	o.Sandbox.SetPublicURL(graph.URL)
}

// found makes the example organisation.
func (o *Office) found(tb testing.TB, options Options) {
	tb.Helper()
	ctx := tb.Context()
	settings := org.DefaultSettings()
	if options.Settings != nil {
		settings = *options.Settings
	}
	perSecond := options.PerSecond
	if perSecond == 0 {
		perSecond = 1000
	}
	var err error
	if o.Org, err = o.Orgs.Create(ctx, "beispiel", "Beispiel GmbH", settings); err != nil {
		tb.Fatal(err)
	}
	o.Channel, err = o.Orgs.AddChannel(ctx, org.Channel{Org: o.Org.ID, App: AppKey, PhoneNumberID: PhoneNumberID, WABA: WABA, DisplayNumber: Display,
		Name: "Kundendienst", PerSecond: perSecond, StorageMode: "NO_STORAGE_ENABLED", AgreementUntil: Start.AddDate(1, 0, 0)}, GraphToken)
	if err != nil {
		tb.Fatal(err)
	}
	o.APIToken = o.OldToken(tb, o.Org.ID)
	if !options.NoNotice {
		o.Write(tb, func(tx store.Tx) error {
			de, en := o.Notice()
			_, err := o.Notices.Publish(ctx, tx, o.Org.ID, de, en, true)
			return err
		})
	}
	if err := o.Sync.All(ctx); err != nil {
		tb.Fatal(err)
	}
}

// End closes the installation before the test ends: what it wrote can then be
// opened by another process.
func (o *Office) End(tb testing.TB) {
	tb.Helper()
	if o.end == nil {
		return
	}
	if o.front != nil {
		o.front.Close()
	}
	o.end(tb)
	o.end = nil
}

// Run runs an opened installation. The function that it returns ends it and
// closes it.
//
//nolint:contextcheck // it runs until it is ended
func Run(a *app.App) (end func(testing.TB)) {
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	return func(tb testing.TB) {
		tb.Helper()
		stop()
		if err := errors.Join(<-ran, a.Close()); err != nil {
			tb.Error(err)
		}
	}
}

// Write runs one piece of work in a transaction.
func (o *Office) Write(tb testing.TB, do func(store.Tx) error) {
	tb.Helper()
	if err := o.DB.Write(tb.Context(), func(_ contextOf, tx store.Tx) error { return do(tx) }); err != nil {
		tb.Fatal(err)
	}
}

// Logs is all that the installation has logged.
func (o *Office) Logs() string { return o.logs.String() }

// Clock is the clock of an Office. It runs, and it can be set.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func newClock() *Clock { return &Clock{offset: time.Until(Start)} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// Set sets the clock; it runs on from there.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = time.Until(t)
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
