package browsertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app/demo"
	"einklang/internal/engine/live"
	"einklang/internal/rule/id"
	"einklang/internal/test/chance"
	"einklang/internal/test/postgrestest"
	"einklang/sandbox"
)

const colleagues = 200

// BenchmarkNewMessageOnTheScreen measures from the commit of a customer's
// message until it stands in the open conversation of an agent's Chromium,
// while 200 colleagues are connected whose pages read their queues anew for
// each message, as the inbox does. Everything, Chromium included, shares the
// machine.
func BenchmarkNewMessageOnTheScreen(b *testing.B) {
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return postgrestest.URL(b) },
	} {
		b.Run(name, func(b *testing.B) { newMessageOnTheScreen(b, database()) })
	}
}

func newMessageOnTheScreen(b *testing.B, database string) {
	d := start(b, demo.Options{Data: b.TempDir(), Listen: "127.0.0.1:0", Empty: true, Database: database})
	b.Cleanup(func() { _ = d.Close() })
	ada := d.Sandbox.AddCustomer(sandbox.Customer{ID: "ada", Name: "Ada Beispiel", Phone: "4917604069011", UserID: "DE.1300000000000011"})
	ada.Say(d.Number(), "Guten Tag")
	p := Start(b).Open(b, d.Facts.URL, Wide)
	SignIn(p, d, "agent")
	p.Go(Conversation(p, "Ada Beispiel"))
	p.SeeText(".bubble.in", "Guten Tag")
	p.Eval(`window.seen = {}; new MutationObserver(() => {
		for (const words of document.querySelectorAll(".bubble.in .words")) window.seen[words.innerText] ||= performance.timeOrigin + performance.now();
	}).observe(document.querySelector("#bubbles"), {childList: true})`)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	org, err := d.App.Orgs.BySlug(ctx, d.App.DB, "beispiel")
	if err != nil {
		b.Fatal(err)
	}
	dice := chance.New(b)
	connect(b, ctx, d, org.ID, dice)

	committed := make(chan time.Time, 1024)
	go func() {
		_ = d.App.Hub.Watch(ctx, org.ID, func(live.Change) error {
			committed <- time.Now()
			return nil
		})
	}()
	var took []time.Duration
	for b.Loop() {
		for range 20 {
			text := fmt.Sprintf("Nachricht %d", len(took))
			for len(committed) > 0 {
				<-committed
			}
			ada.Say(d.Number(), text)
			at := <-committed
			p.Until(text+" does not appear", fmt.Sprintf("%q in window.seen", text))
			shown := time.UnixMicro(int64(1000 * Eval[float64](p, fmt.Sprintf("window.seen[%q]", text))))
			took = append(took, shown.Sub(at))
			time.Sleep(time.Duration(200+dice.IntN(200)) * time.Millisecond) // messages do not come in step
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
	b.ReportMetric(colleagues, "agents")
}

// connect makes the colleagues' accounts and opens as many pages' streams, each
// of which reads the queue anew after a change, spread over a moment as
// inbox/live.js does it. One of them is signed in everywhere.
func connect(b *testing.B, ctx context.Context, d *demo.Demo, org id.Org, dice *rand.Rand) {
	b.Helper()
	for i := range colleagues {
		if _, err := d.App.Users.Create(ctx, user.Account{Org: org, Role: user.Agent, Locale: "de", Name: fmt.Sprintf("Beispielkonto %d", i), Email: fmt.Sprintf("konto-%d@example.com", i)}, "Beispiel-Passwort"); err != nil {
			b.Fatal(err)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: colleagues}}
	lead := d.Facts.Users[1]
	signed, err := client.PostForm(d.Facts.URL+"/sign-in", url.Values{"email": {lead.Email}, "password": {lead.Password}})
	if err != nil {
		b.Fatal(err)
	}
	_ = signed.Body.Close()
	ready := make(chan error, colleagues)
	for range colleagues {
		go colleague(ctx, client, d.Facts.URL, dice, ready)
	}
	for range colleagues {
		if err := <-ready; err != nil {
			b.Fatal(err)
		}
	}
}

func colleague(ctx context.Context, client *http.Client, origin string, dice *rand.Rand, ready chan<- error) {
	read := func(path string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+path, nil)
		if err != nil {
			return nil, err
		}
		return client.Do(r)
	}
	stream, err := read("/events")
	ready <- err
	if err != nil {
		return
	}
	defer func() { _ = stream.Body.Close() }()
	waiting := false
	fetched := make(chan struct{}, 1)
	for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "event: change") {
			continue
		}
		select {
		case <-fetched:
			waiting = false
		default:
		}
		if waiting {
			continue
		}
		waiting = true
		time.AfterFunc(time.Duration(40+dice.IntN(260))*time.Millisecond, func() {
			if page, err := read("/fragments/queue?view=open"); err == nil {
				_, _ = io.Copy(io.Discard, page.Body)
				_ = page.Body.Close()
			}
			fetched <- struct{}{}
		})
	}
}
