package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/app"
	"einklang/internal/door/webhook"
	"einklang/internal/test/leaktest"
	"einklang/internal/test/storetest"
)

// installation is one that a test serves by itself.
type installation struct {
	*app.App
	url  string
	logs *bytes.Buffer
	mu   *sync.Mutex
	l    net.Listener
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (i *installation) said() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.logs.String()
}

func openInstallation(t *testing.T, database string) *installation {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &installation{url: "http://" + l.Addr().String(), logs: &bytes.Buffer{}, mu: &sync.Mutex{}, l: l}
	c := app.Config{Data: t.TempDir(), Database: database, PublicURL: i.url, GraphURL: "http://127.0.0.1:1", Announce: time.Second,
		Apps: []webhook.App{{Key: "main", Secret: "s", VerifyToken: "v"}}, Log: slog.New(slog.NewTextHandler(locked{i.mu, i.logs}, nil))}
	if path, lite := strings.CutPrefix(database, "sqlite:"); lite {
		c.Data, c.Database = filepath.Dir(path), ""
	}
	if i.App, err = app.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return i
}

// ask asks on a connection of its own; 0 is the status of no answer at all.
func (i *installation) ask(path string) (status int, body string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(i.url + path)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

func (i *installation) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s\n%s", what, i.said())
		}
	}
}

// Asked to end, an installation first says that it is not ready while it still
// answers, then takes nothing new and finishes what is under way, then ends what
// runs, and closes the database last. Nothing is left running.
func TestAnInstallationEndsInOrder(t *testing.T) {
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		database := address(t)
		leaktest.Check(t)
		i := openInstallation(t, database)
		var order []string
		i.AlsoRun("witness", func(ctx context.Context) {
			<-ctx.Done()
			if i.Door.Counts().BadSignature == 1 {
				order = append(order, "answered before what runs ended")
			} else {
				order = append(order, "what runs ended while a request was under way")
			}
			if err := i.DB.Ping(context.WithoutCancel(ctx)); err != nil {
				order = append(order, "the database was closed before what runs ended")
			}
		})
		ctx, end := context.WithCancel(context.Background())
		defer end()
		served := make(chan error, 1)
		go func() { served <- i.Serve(ctx, i.l) }()
		i.until(t, "it is ready", func() bool { status, _ := i.ask("/readyz"); return status == http.StatusOK })

		conn, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		end()
		i.until(t, "it says that it is leaving", func() bool {
			status, body := i.ask("/readyz")
			return status == http.StatusServiceUnavailable && strings.Contains(body, "leaving")
		})
		if status, _ := i.ask("/healthz"); status != http.StatusOK {
			t.Errorf("while it says so it answers others with %d", status)
		}
		i.until(t, "nothing new is taken", func() bool { status, _ := i.ask("/healthz"); return status == 0 })
		if _, err := conn.Write([]byte("  }")); err != nil {
			t.Error(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) {
			t.Errorf("the request under way was answered %q, %v", answer, err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if len(order) != 1 || order[0] != "answered before what runs ended" {
			t.Errorf("the order was %q", order)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What breaks while it runs ends the installation in order, with its stack in
// the log and without what it was working on.
func TestAPanicEndsTheInstallationInOrder(t *testing.T) {
	leaktest.Check(t)
	i := openInstallation(t, storetest.SQLite(t))
	other := false
	i.AlsoRun("witness", func(ctx context.Context) { <-ctx.Done(); other = true })
	i.AlsoRun("breaking", func(context.Context) { panic("Erika Mustermann") })
	err := i.Serve(t.Context(), i.l)
	if err == nil || !strings.Contains(err.Error(), "breaking broke") {
		t.Errorf("it ended with %v", err)
	}
	if !other {
		t.Error("the others did not end")
	}
	if said := i.said(); !strings.Contains(said, "ending_test.go") || strings.Contains(said, "Erika") || strings.Contains(err.Error(), "Erika") {
		t.Errorf("the log says\n%s", said)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

// An installation that is opened and closed without having run leaves nothing.
func TestOpeningStartsNothing(t *testing.T) {
	leaktest.Check(t)
	i := openInstallation(t, storetest.SQLite(t))
	if err := i.l.Close(); err != nil {
		t.Error(err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if said := i.said(); strings.Contains(said, "level=ERROR") {
		t.Error(said)
	}
}
