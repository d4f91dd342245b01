package pii

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "canary-4711"

type profile struct {
	Personal
	Name string
	Tags []string
}

type around struct {
	Personal
	profile profile // fmt calls no methods of what is not exported
}

func TestNothingWritesItByAccident(t *testing.T) {
	p := profile{Name: canary, Tags: []string{canary}}
	var out bytes.Buffer
	for _, one := range []any{p, &p, []profile{p}, map[string]*profile{"x": &p}, around{profile: p}, &around{profile: p}, struct{ P profile }{p}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, one)
		}
		fmt.Fprintln(&out, one, fmt.Errorf("around: %w", fmt.Errorf("%v", one)), errors.Join(fmt.Errorf("%+v", one)))
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).With("p", p).Info("seen", "p", &p, slog.Group("g", "a", around{profile: p}))
	}
	func() {
		defer func() { fmt.Fprintln(&out, recover()) }()
		panic(p)
	}()
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Fatalf("written in clear: %s", out.String())
	}
	if strings.Count(out.String(), shown) < 50 {
		t.Fatalf("nothing was written: it proves nothing\n%s", out.String())
	}
}
