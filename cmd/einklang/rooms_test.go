package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"filippo.io/age"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/door/console"
	"einklang/internal/door/webhook"
	"einklang/internal/rights/backup"
	"einklang/internal/test/leaktest"
)

// needOutbox are the commands that may send, because what they apply is answered.
var needOutbox = map[string]bool{"webhooks": true, "archive": true}

// A command leaves nothing running, calls nobody, and builds the one way out
// only if it may need it.
func TestCommandsStartNothing(t *testing.T) {
	leaktest.Check(t)
	var called atomic.Int64
	meta := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer meta.Close()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	cfg := app.Config{Data: filepath.Join(t.TempDir(), "data"), PublicURL: "http://127.0.0.1:1", GraphURL: meta.URL, Log: slog.New(slog.DiscardHandler),
		Apps:   []webhook.App{{Key: "main", Secret: "s", VerifyToken: "v"}},
		Backup: backup.Config{Folder: t.TempDir(), Recipients: []string{identity.Recipient().String()}}}
	for _, c := range commandRuns {
		t.Run(strings.Join(c.args[:1], " "), func(t *testing.T) {
			leaktest.Check(t)
			one, err := parseCommand(c.args)
			if err != nil {
				t.Fatal(err)
			}
			r, err := house.OpenRooms(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			var out, file bytes.Buffer
			if err := one.act(t.Context(), console.Streams{In: strings.NewReader("ein-langes-geheimnis\n"), Out: &out, Err: &out, File: &file}, r); err != nil {
				t.Errorf("%v\n%s", err, &out)
			}
			if got := r.Whole(); got != needOutbox[c.args[0]] {
				t.Errorf("the way out was built: %v", got)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if n := called.Load(); n != 0 {
		t.Errorf("%d calls went out", n)
	}
}

// Each command that works on an installation is among those that are tried.
func TestEveryCommandIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range commandRuns {
		one, err := parseCommand(c.args)
		if err != nil {
			t.Fatal(err)
		}
		tried[nameOf(one)] = true
	}
	for _, name := range commandTypes(t) {
		if !tried[name] {
			t.Errorf("%s is not tried", name)
		}
	}
}

func nameOf(c any) string { return reflect.Indirect(reflect.ValueOf(c)).Type().Name() }

// commandTypes are all commands of the command line that work on an
// installation.
func commandTypes(t *testing.T) (all []string) {
	t.Helper()
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		if _, is := v.Addr().Interface().(command); is {
			all = append(all, v.Type().Name())
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Struct && v.Type().Field(i).Tag.Get("cmd") == "" {
				if _, tagged := v.Type().Field(i).Tag.Lookup("cmd"); tagged {
					walk(f)
				}
			}
		}
	}
	walk(reflect.ValueOf(new(commands)).Elem())
	if len(all) < 10 {
		t.Fatalf("only %v are found: the test looks in the wrong place", all)
	}
	return all
}
