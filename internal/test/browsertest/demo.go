package browsertest

import (
	"context"
	"log/slog"
	"strconv"
	"testing"

	"einklang/internal/app/demo"
)

// Demo starts a demo in a temporary folder; it ends with the test.
func Demo(tb testing.TB, empty bool) *demo.Demo {
	tb.Helper()
	d := DemoAt(tb, tb.TempDir(), "127.0.0.1:0", empty)
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

// DemoAt starts a demo in a folder, at an address. The test closes it.
func DemoAt(tb testing.TB, data, listen string, empty bool) *demo.Demo {
	tb.Helper()
	return start(tb, demo.Options{Data: data, Listen: listen, Empty: empty})
}

func start(tb testing.TB, o demo.Options) *demo.Demo {
	tb.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	d, err := demo.Start(context.Background(), o)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// SignIn signs in to a demo with a role, such as "agent".
func SignIn(p *Page, d *demo.Demo, role string) {
	p.tb.Helper()
	for _, u := range d.Facts.Users {
		if u.Role == role {
			p.SignIn(u.Email, u.Password)
			return
		}
	}
	p.tb.Fatalf("the demo has nobody with the role %s", role)
}

// Conversation is the path of the conversation with a person, by her name.
func Conversation(p *Page, name string) string {
	p.tb.Helper()
	p.Go("/inbox?view=all")
	p.SeeText("#rows .row", name)
	return Eval[string](p, `new URL([...document.querySelectorAll("#rows .row")].find((r) => r.innerText.includes(`+strconv.Quote(name)+`)).querySelector("a").href).pathname`)
}
