// Package demo runs everything on a laptop: an installation with its own
// database, a sandbox of Meta's API, and an example company with plainly
// example customers.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/consent/notice"
	"einklang/internal/consent/optin"
	"einklang/internal/door/server"
	"einklang/internal/door/webhook"
	"einklang/internal/engine/store"
	"einklang/internal/govern/uptime"
	"einklang/internal/messaging/template"
	"einklang/sandbox"
)

// Options are what the command line says.
type Options struct {
	Data     string
	Listen   string
	Empty    bool
	GraphURL string
	Database string
	Log      *slog.Logger
	// Open is given the installation before it runs; nil: nobody.
	Open func(a *app.App)
}

// User is somebody who can sign in to the demo.
type User struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// Facts is what a demo prints.
type Facts struct {
	URL           string `json:"url"`
	SandboxURL    string `json:"sandbox_url"`
	MailboxURL    string `json:"mailbox_url"`
	WebhookURL    string `json:"webhook_url"`
	AppSecret     string `json:"app_secret"`
	VerifyToken   string `json:"verify_token"`
	WABA          string `json:"waba_id"`
	PhoneNumberID string `json:"phone_number_id"`
	GraphURL      string `json:"graph_url"`
	GraphToken    string `json:"graph_token"`
	APIToken      string `json:"api_token"`
	Users         []User `json:"users"`
	// Phones are the devices that read an address book over CardDAV.
	Phones []Phone `json:"phones,omitempty"`
}

const (
	phoneNumberID = "106540352242922"
	waba          = "102290129340398"
	display       = "+49 30 23125000"
	slug          = "beispiel"
)

// Demo is a running demo.
type Demo struct {
	Facts   Facts
	App     *app.App
	Sandbox *sandbox.Sandbox

	options Options
	offset  atomic.Int64 // of the clock, while the example data is made
	pages   net.Listener
	phones  net.Listener
	mailbox *mailbox
	number  *sandbox.Number
	first   bool // nothing was here before
	stop    context.CancelFunc
	ended   chan error
	over    chan struct{} // closed when the installation has ended, asked or not
	serving int
}

// now is the clock of the demo.
func (d *Demo) now() time.Time { return time.Now().Add(time.Duration(d.offset.Load())) }

// Start opens the demo and serves it until Close.
func Start(ctx context.Context, o Options) (*Demo, error) {
	d := &Demo{options: o}
	if err := d.keep(); err != nil {
		return nil, err
	}
	var err error
	if d.pages, err = server.Listen(o.Listen); err != nil {
		return nil, err
	}
	d.Facts.URL = "http://" + d.pages.Addr().String()
	d.Facts.WebhookURL = d.Facts.URL + "/webhooks/whatsapp"
	if err := d.sandbox(); err != nil {
		return nil, err
	}
	if d.mailbox, err = openMailbox(d.pages.Addr(), d.now); err != nil {
		return nil, err
	}
	d.Facts.MailboxURL = "http://" + d.mailbox.pages.Addr().String()
	d.App, err = app.Open(ctx, app.Config{Mail: d.mailbox.server(),
		Data: o.Data, Database: o.Database, PublicURL: d.Facts.URL, GraphURL: d.Facts.GraphURL, Chat: d.chat(),
		Apps: []webhook.App{{Key: "demo", Secret: d.Facts.AppSecret, VerifyToken: d.Facts.VerifyToken}}, Log: o.Log, Now: d.now})
	if err != nil {
		return nil, errors.Join(err, d.pages.Close())
	}
	if o.Open != nil {
		o.Open(d.App)
	}
	d.serve()
	if err := d.company(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// chat is where links to the company's number lead: to the sandbox's phones,
// where there are some.
func (d *Demo) chat() optin.Chat {
	if d.Sandbox == nil {
		return ""
	}
	return optin.Chat(d.Facts.SandboxURL + sandbox.ChatPath)
}

// Number is the company's number in the sandbox.
func (d *Demo) Number() *sandbox.Number { return d.number }

// serve begins to answer, so that the example data comes in through the real
// doors.
//
//nolint:contextcheck // it runs until it is ended
func (d *Demo) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	d.ended = make(chan error, 3)
	d.serving = 2
	d.over = make(chan struct{})
	go func() {
		defer close(d.over)
		d.ended <- d.App.Serve(ctx, d.pages)
	}()
	go func() { d.ended <- server.Serve(ctx, d.mailbox.pages, d.mailbox) }()
	if d.Sandbox != nil {
		d.serving++
		go func() { d.ended <- server.Serve(ctx, d.phones, d.Sandbox.Handler()) }()
		d.Sandbox.SetWebhookURL(d.Facts.WebhookURL)
	}
}

// Wait waits until ctx ends, or the installation by itself.
func (d *Demo) Wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-d.over:
	}
}

// Close lets requests under way finish and closes everything in order.
func (d *Demo) Close() error {
	d.stop()
	var err error
	for range d.serving {
		err = errors.Join(err, <-d.ended)
	}
	if d.Sandbox != nil {
		d.Sandbox.Close()
	}
	return errors.Join(err, d.App.Close(), d.mailbox.Close())
}

// keep reads what an earlier run of the same demo chose, or chooses.
func (d *Demo) keep() error {
	if err := os.MkdirAll(d.options.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder %s cannot be made: choose another with --data (%w)", d.options.Data, err)
	}
	path := filepath.Join(d.options.Data, "demo.json")
	text, err := os.ReadFile(path) //nolint:gosec // the folder the operator named
	if err == nil {
		return json.Unmarshal(text, &d.Facts)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	d.first = true
	d.Facts = Facts{AppSecret: word(16), VerifyToken: word(8), GraphToken: word(16), WABA: waba, PhoneNumberID: phoneNumberID, Users: []User{
		{"agent@example.com", word(6), string(user.Agent)},
		{"leitung@example.com", word(6), string(user.Lead)},
		{"datenschutz@example.com", word(6), string(user.DPO)},
		{"admin@example.com", word(6), string(user.Admin)},
	}}
	return nil
}

func word(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return hex.EncodeToString(raw)
}

func (d *Demo) save() error {
	text, err := json.MarshalIndent(d.Facts, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.options.Data, "demo.json"), text, 0o600)
}

// sandbox starts the stand-in for Meta, unless another one is named.
func (d *Demo) sandbox() error {
	if d.options.GraphURL != "" {
		d.Facts.GraphURL, d.Facts.SandboxURL = d.options.GraphURL, ""
		return nil
	}
	host, _, err := net.SplitHostPort(d.pages.Addr().String())
	if err != nil {
		return err
	}
	if d.phones, err = server.Listen(net.JoinHostPort(host, "0")); err != nil {
		return err
	}
	d.Facts.SandboxURL = "http://" + d.phones.Addr().String()
	d.Facts.GraphURL = d.Facts.SandboxURL
	d.Sandbox = sandbox.New(sandbox.Config{AppSecret: d.Facts.AppSecret, VerifyToken: d.Facts.VerifyToken, Token: d.Facts.GraphToken,
		PublicURL: d.Facts.SandboxURL, Chat: d.Facts.SandboxURL + sandbox.ChatPath, SentAfter: 200 * time.Millisecond, DeliveredAfter: 400 * time.Millisecond, Strangers: true, Now: d.now})
	d.number = d.Sandbox.AddNumber(phoneNumberID, waba, display, "Beispiel GmbH")
	addTemplates(d.Sandbox, notice.Address(d.Facts.URL, slug))
	return nil
}

// company makes the example company on the first run.
func (d *Demo) company(ctx context.Context) error {
	found, err := d.App.Orgs.BySlug(ctx, d.App.DB, slug)
	switch {
	case errors.Is(err, org.ErrNotFound):
		if !d.first && d.options.Database == "" {
			d.options.Log.Warn("the demo's notes are here, but not its company: it is made anew")
		}
		return d.found(ctx)
	case err != nil:
		return err
	case d.first:
		return fmt.Errorf("the database holds a demo already, but %s does not hold its notes: use the data folder it was made with, or an empty database", d.options.Data)
	}
	return d.continues(ctx, found)
}

func (d *Demo) found(ctx context.Context) error {
	if !d.options.Empty {
		// The intake has been reachable just now: what beats while the clock is set
		// back leaves no gap until it is right again.
		err := d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			_, _, err := uptime.Beat(ctx, tx, time.Now())
			return err
		})
		if err != nil {
			return err
		}
		d.offset.Store(int64(-exampleDays))
	}
	o, err := d.App.Orgs.Create(ctx, slug, "Beispiel GmbH", settings())
	if err != nil {
		return err
	}
	c, err := d.App.Orgs.AddChannel(ctx, org.Channel{Org: o.ID, App: "demo", PhoneNumberID: phoneNumberID, WABA: waba, DisplayNumber: display,
		Name: "Kundendienst", StorageMode: "NO_STORAGE_ENABLED", AgreementUntil: time.Now().AddDate(1, 0, 0)}, d.Facts.GraphToken)
	if err != nil {
		return err
	}
	names := map[string]string{"agent": "Alex Beispiel", "lead": "Robin Beispiel", "dpo": "Kim Beispiel", "admin": "Sascha Beispiel"}
	var agent, dpo, admin user.Account
	example := d.offset.Load()
	d.offset.Add(int64(-staffDays)) // they have long been there, so that four eyes can be tried
	for _, u := range d.Facts.Users {
		a, err := d.App.Users.Create(ctx, user.Account{Org: o.ID, Role: user.Role(u.Role), Locale: "de", Name: names[u.Role], Email: u.Email}, u.Password)
		if err != nil {
			return err
		}
		switch u.Role {
		case "agent":
			agent = a
		case "dpo":
			dpo = a
		case "admin":
			admin = a
		}
	}
	d.offset.Store(example)
	if err := d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := d.App.Notices.Publish(ctx, tx, o.ID, noticeDE, noticeEN, true)
		return err
	}); err != nil {
		return err
	}
	if err := d.consents(ctx, o.ID, c.ID, agent.ID); err != nil {
		return err
	}
	if err := d.processors(ctx, o.ID, c.ID); err != nil {
		return err
	}
	if err := d.program(ctx, o.ID, admin.ID, dpo.ID); err != nil {
		return err
	}
	_ = d.App.Sync.All(ctx)
	if err := d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return d.App.Templates.Mark(ctx, tx, o.ID, waba, "zufriedenheit", "de", true) // a survey is advertising (BGH VI ZR 225/17)
	}); err != nil && !errors.Is(err, template.ErrNotFound) {
		return err
	}
	if d.options.Empty || d.Sandbox == nil {
		d.offset.Store(0)
		return nil
	}
	if err := d.work(ctx, o); err != nil {
		return err
	}
	if err := d.example(ctx, c, agent); err != nil {
		return err
	}
	if err := d.requests(ctx, o.ID); err != nil {
		return err
	}
	if err := d.imports(ctx, o.ID, agent.ID, dpo.ID); err != nil {
		return err
	}
	if err := d.devices(ctx, o.ID); err != nil {
		return err
	}
	if err := d.breach(ctx, o.ID); err != nil {
		return err
	}
	return errors.Join(d.question(ctx, o.ID), d.attributes(ctx, o.ID))
}

// continues goes on with a company that is here from an earlier run.
func (d *Demo) continues(ctx context.Context, o org.Org) error {
	channels, err := d.App.Orgs.Channels(ctx, d.App.DB, o.ID)
	if err != nil || len(channels) == 0 {
		return err
	}
	if d.Sandbox == nil {
		return nil
	}
	if !d.options.Empty {
		for _, c := range customers {
			p := d.Sandbox.AddCustomer(c)
			p.Remember(d.number, time.Now())
		}
	}
	_ = d.App.Sync.All(ctx)
	if err := d.App.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return d.App.Templates.Mark(ctx, tx, o.ID, waba, "zufriedenheit", "de", true) // a survey is advertising (BGH VI ZR 225/17)
	}); err != nil && !errors.Is(err, template.ErrNotFound) {
		return err
	}
	return nil
}
