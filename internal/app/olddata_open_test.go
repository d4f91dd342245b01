package app_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"einklang/internal/app"
	"einklang/internal/door/webhook"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/sandbox"
)

// oldData is an installation that runs on the data folder of an older program
// (scripts/olddata tells how it was made), with what its demo noted.
type oldData struct {
	*apptest.Office
	Ended time.Time // when the older program ended
	Notes struct {
		AppSecret     string `json:"app_secret"`
		VerifyToken   string `json:"verify_token"`
		WABA          string `json:"waba_id"`
		PhoneNumberID string `json:"phone_number_id"`
		GraphToken    string `json:"graph_token"`
		APIToken      string `json:"api_token"`
		Users         []struct{ Email, Password, Role string }
		Phones        []struct{ Login, Password string }
	}
	database string // address; empty: SQLite in the data folder
}

// openOld unpacks what a commit left on an engine and opens it with today's
// program, a minute after the older one ended.
func openOld(t *testing.T, commit, engine string) *oldData {
	t.Helper()
	o := &oldData{Office: &apptest.Office{Clock: &apptest.Clock{}, Data: t.TempDir()}}
	unpack(t, filepath.Join("testdata", commit, engine+".zip"), o.Data)
	if err := json.Unmarshal(left(t, o.Data, "demo.json"), &o.Notes); err != nil {
		t.Fatal(err)
	}
	var err error
	if o.Ended, err = time.Parse(time.RFC3339, string(left(t, o.Data, "ended"))); err != nil {
		t.Fatal(err)
	}
	o.Clock.Set(o.Ended.Add(time.Minute))
	o.APIToken = o.Notes.APIToken
	if engine == "postgres" {
		o.database = postgrestest.URL(t)
		load(t, o.database, string(left(t, o.Data, "dump.sql")))
	}
	o.meta(t)
	o.start(t)
	return o
}

// meta is the sandbox as it would stand if it had gone on.
func (o *oldData) meta(t *testing.T) {
	t.Helper()
	o.Sandbox = sandbox.New(sandbox.Config{AppSecret: o.Notes.AppSecret, VerifyToken: o.Notes.VerifyToken, Token: o.Notes.GraphToken,
		SentAfter: 2 * time.Millisecond, DeliveredAfter: 4 * time.Millisecond, PerSecond: -1, NoPairLimit: true, Strangers: true, Now: o.Clock.Now})
	t.Cleanup(o.Sandbox.Close)
	o.Number = o.Sandbox.AddNumber(o.Notes.PhoneNumberID, o.Notes.WABA, apptest.Display, "Beispiel GmbH")
	graph := httptest.NewServer(o.Sandbox.Handler())
	t.Cleanup(graph.Close)
	o.GraphURL = graph.URL
	o.Sandbox.SetPublicURL(graph.URL)
}

// start opens the data and serves it.
func (o *oldData) start(t *testing.T) {
	t.Helper()
	front := httptest.NewUnstartedServer(nil)
	o.URL = "http://" + front.Listener.Addr().String()
	var err error
	if o.App, err = app.Open(t.Context(), app.Config{Data: o.Data, Database: o.database, PublicURL: o.URL, GraphURL: o.GraphURL, Now: o.Clock.Now,
		Apps: []webhook.App{{Key: "demo", Secret: o.Notes.AppSecret, VerifyToken: o.Notes.VerifyToken}}}); err != nil {
		t.Fatal(err)
	}
	end := apptest.Run(o.App)
	t.Cleanup(func() {
		front.Close()
		end(t)
	})
	if front.Config.Handler, err = o.Handler(); err != nil {
		t.Fatal(err)
	}
	front.Start()
	o.Sandbox.SetWebhookURL(o.URL + "/webhooks/whatsapp")
	if o.Org, err = o.Orgs.BySlug(t.Context(), o.DB, "beispiel"); err != nil {
		t.Fatal(err)
	}
}

// customer is a customer of the demo on her old phone, whose last message is
// not long ago.
func (o *oldData) customer(name, phone, userID string) *sandbox.Phone {
	p := o.Sandbox.AddCustomer(sandbox.Customer{Name: name, Phone: phone, UserID: userID})
	p.Remember(o.Number, o.Ended)
	return p
}

// signIn signs an account of the demo in, with its old password.
func (o *oldData) signIn(t *testing.T, role string) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, o.Office, &http.Client{Jar: jar}}
	for _, u := range o.Notes.Users {
		if u.Role != role {
			continue
		}
		if status, page := v.post("/sign-in", url.Values{"email": {u.Email}, "password": {u.Password}}); status != http.StatusOK {
			t.Fatalf("signing in as %s: %d\n%s", role, status, page)
		}
	}
	return v
}

func unpack(t *testing.T, archive, folder string) {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(f.Name)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func left(t *testing.T, folder, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// load runs a dump in plain SQL.
func load(t *testing.T, database, dump string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.PgConn().Exec(t.Context(), dump).ReadAll(); err != nil {
		t.Fatal(err)
	}
}
