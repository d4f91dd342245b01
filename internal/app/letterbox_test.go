package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
)

// newBox opens a letter box in front of an office.
func newBox(t *testing.T, o *apptest.Office, secret string) *letterbox.Box {
	t.Helper()
	b, err := letterbox.Open(letterbox.Options{Name: "briefkasten", Folder: t.TempDir(), House: o.URL, Key: o.Relayed.Key.Public(),
		Secrets: map[string]string{apptest.AppKey: secret}, Client: http.DefaultClient, Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Tell: func(context.Context, letterbox.News, letterbox.Status) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs a letter box for as long as something takes.
func run(t *testing.T, b *letterbox.Box, o *apptest.Office, what string, holds func() bool) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.Run(ctx); close(ended) }()
	o.Until(t, what, holds)
	end()
	<-ended
}

// What a letter box took keeps the time at which it came, by which the order of a
// person's words is known.
func TestALetterKeepsItsTime(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		b := newBox(t, o, apptest.AppSecret)
		body := apptest.Text("wamid.1", "491760400001", "Erika Mustermann", "Guten Morgen", o.Clock.Now())
		if err := b.Accept(t.Context(), apptest.AppKey, body); err != nil {
			t.Fatal(err)
		}
		before := o.Clock.Now().Add(time.Hour).UnixMicro()
		o.Clock.Advance(3 * time.Hour)
		run(t, b, o, "the letter is taken", func() bool {
			s, err := b.Status() // its file goes once the answer is there
			return o.Count(t, "payload", "received_at < ?", before) == 1 && err == nil && s.Waiting == 0
		})
		if n := o.Count(t, "message", ""); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// Nobody without the app's secret brings anything in, whoever has the public key.
func TestALetterNeedsTheSecretOfTheApp(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		b := newBox(t, o, "guessed")
		if err := b.Accept(t.Context(), apptest.AppKey, apptest.Text("wamid.1", "491760400001", "Erika Mustermann", "Hallo", o.Clock.Now())); err != nil {
			t.Fatal(err)
		}
		run(t, b, o, "the letter is refused", func() bool { s, _ := b.Status(); return s.Refused == 1 })
		if n := o.Count(t, "message", ""); n != 0 {
			t.Error("a forged letter is taken")
		}
		if n := len(heard(t, o)); n != 0 {
			t.Error("a forged beat is believed")
		}
	})
}

// A letter box that falls silent takes nothing when it is needed: administrators
// are told once, and the cockpit says it until it is back.
func TestASilentLetterBoxIsTold(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		post := mailtest.Start(t, mail.Plain)
		o := apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) {
			c.Boxes, c.Mail = []string{"briefkasten"}, post.Config(t)
		}})
		admin := o.SignIn(t, user.Admin)
		finding := func() bool { return strings.Contains(shown(t, admin, o.URL+"/desk/cockpit"), "einklang relay") }
		b := newBox(t, o, apptest.AppSecret)
		beat := func() {
			t.Helper()
			now := o.Clock.Now()
			run(t, b, o, "the house has heard it", func() bool { all := heard(t, o); return len(all) == 1 && !all[0].Before(now) })
		}
		beat()
		o.Clock.Advance(2 * time.Minute)
		look := func() {
			t.Helper()
			if err := o.LetterBoxes().Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		look()
		if finding() {
			t.Error("it is called silent after two minutes")
		}
		told := func() int { return o.Count(t, "reminder", "topic = 'relay'") }
		if told() != 0 {
			t.Error("somebody is told after two minutes")
		}
		o.Clock.Advance(2 * time.Minute)
		look()
		look()
		if told() != 1 || !finding() {
			t.Errorf("after four minutes: told %d times, shown %v", told(), finding())
		}
		o.Until(t, "the administrator has the mail", func() bool {
			return len(post.Mails()) == 1
		})
		beat()
		look()
		if finding() {
			t.Error("it is called silent although it is back")
		}
	})
}

func shown(t *testing.T, browser *http.Client, address string) string {
	t.Helper()
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// heard is when letter boxes were heard last.
func heard(t *testing.T, o *apptest.Office) []time.Time {
	t.Helper()
	all, err := store.Collect(t.Context(), o.DB, func(r store.Row) (time.Time, error) {
		var at int64
		err := r.Scan(&at)
		return store.Time(at), err
	}, "SELECT heard_at FROM relay_beat")
	if err != nil {
		t.Fatal(err)
	}
	return all
}
