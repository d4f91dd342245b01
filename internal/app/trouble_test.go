package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// While the database is away, webhooks and requests are told to come again;
// when it is back, everything goes on, and nothing is lost or doubled.
func TestPostgreSQLGoesAwayAndComesBack(t *testing.T) {
	server := postgrestest.Start(t, postgrestest.Durable)
	o := apptest.Open(t, server.Database(t))
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "vorher")
	o.Settle(t)
	person := o.Person(t, erika).ID.String()
	say := func(text string) map[string]any {
		return map[string]any{"contact_id": person, "type": "text", "text": map[string]any{"body": text}}
	}
	if status := o.REST(t, http.MethodPost, "/api/v1/messages", say("erste Antwort"), nil); status != http.StatusAccepted {
		t.Fatal(status)
	}
	o.Settle(t)

	for round, away := range []func() error{server.Stop, server.Kill} {
		if err := away(); err != nil {
			t.Fatal(err)
		}
		body := apptest.Text(fmt.Sprintf("wamid.%d", round), "4917604069002", "Max Mustermann", "währenddessen", o.Clock.Now())
		for range 3 {
			if status := o.Post(t, body); status != http.StatusServiceUnavailable {
				t.Fatalf("a webhook was answered %d while the database was away, want 503", status)
			}
		}
		erika.Say(o.Number, fmt.Sprintf("während %d", round)) // the sandbox tries again, as Meta does
		for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, "/api/v1/messages": 503} {
			if got := o.REST(t, http.MethodGet, path, nil, nil); got != want {
				t.Errorf("%s: %d while the database is away, want %d", path, got, want)
			}
		}
		if got := o.REST(t, http.MethodPost, "/api/v1/messages", say("geht nicht"), nil); got != http.StatusServiceUnavailable {
			t.Errorf("sending: %d while the database is away, want 503", got)
		}

		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		o.Until(t, "webhooks are taken again", func() bool { return o.Post(t, body) == http.StatusOK })
		o.Until(t, "sending works again", func() bool {
			return o.REST(t, http.MethodPost, "/api/v1/messages", say(fmt.Sprintf("Antwort danach %d", round)), nil) == http.StatusAccepted
		})
		o.Settle(t)
		if got := o.REST(t, http.MethodGet, "/readyz", nil, nil); got != http.StatusOK {
			t.Errorf("/readyz: %d when the database is back", got)
		}
	}
	if n := o.Count(t, "message", "outgoing = ?", false); n != 5 {
		t.Errorf("%d incoming messages, want 5", n)
	}
	if n := o.Count(t, "message", "outgoing = ? AND state = 'delivered'", true); n != 4 { // the notice and three answers
		t.Errorf("%d outgoing messages were delivered, want 4", n)
	}
	shown := 0
	for _, m := range erika.Messages(o.Number) {
		if m.Business {
			shown++
		}
	}
	if shown != 4 {
		t.Errorf("the customer sees %d messages from us, want 4", shown)
	}
}

// A full disk is said so, nothing that was acknowledged is lost, and work goes
// on by itself when there is room again.
func TestFullDisk(t *testing.T) {
	disk := newSmallDisk(t)
	o := apptest.Open(t, "sqlite:"+filepath.Join(disk.folder, "einklang.db"))
	disk.fill(t, o)
	n, refused := 0, false
	post := func() bool {
		return o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d", n), "4917604069001", "Erika Mustermann", "Hallo", o.Clock.Now())) == http.StatusOK
	}
	for ; n < 20_000 && !refused; n++ {
		if refused = !post(); refused {
			n--
		}
	}
	if !refused {
		t.Fatal("the disk never became full")
	}
	if status := o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d", n), "4917604069001", "Erika Mustermann", "Hallo", o.Clock.Now())); status != http.StatusServiceUnavailable {
		t.Errorf("a webhook was answered %d with a full disk, want 503", status)
	}
	var problem struct{ Code string }
	if status := o.REST(t, http.MethodPost, "/api/v1/contacts", map[string]any{"phone": "4917604069009"}, &problem); status != http.StatusServiceUnavailable || problem.Code != "storage" {
		t.Errorf("a request was answered %d %q with a full disk, want 503 storage", status, problem.Code)
	}
	if got := o.Count(t, "message", ""); got != n {
		t.Errorf("%d messages were acknowledged, %d are there", n, got)
	}
	var told struct{ Reason string }
	if got := o.REST(t, http.MethodGet, "/readyz", nil, &told); got != http.StatusServiceUnavailable || !strings.Contains(told.Reason, "disk is full") {
		t.Errorf("/readyz: %d %q with a full disk", got, told.Reason)
	}

	disk.free(t, o)
	o.Until(t, "it is ready again though nothing came", func() bool { return o.REST(t, http.MethodGet, "/readyz", nil, nil) == http.StatusOK })
	o.Until(t, "webhooks are taken again", post)
	n++
	if got := o.Count(t, "message", ""); got != n {
		t.Errorf("%d messages were acknowledged, %d are there", n, got)
	}
}

// smallDisk is a disk that can be filled up: a file system of its own in
// memory where the test may mount one, else SQLite's own limit, which gives the
// same error.
type smallDisk struct {
	folder  string
	mounted bool
}

func newSmallDisk(t *testing.T) *smallDisk {
	d := &smallDisk{folder: t.TempDir()}
	if err := syscall.Mount("tmpfs", d.folder, "tmpfs", 0, "size=8m"); err == nil {
		d.mounted = true
		t.Cleanup(func() {
			if err := syscall.Unmount(d.folder, 0); err != nil {
				t.Error(err)
			}
		})
	}
	return d
}

func (d *smallDisk) fill(t *testing.T, o *apptest.Office) {
	t.Helper()
	if !d.mounted {
		o.Write(t, func(tx store.Tx) error {
			var pages int64
			return errors.Join(tx.QueryRow(t.Context(), "PRAGMA page_count").Scan(&pages),
				tx.QueryRow(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+50)).Scan(&pages))
		})
		return
	}
	block := make([]byte, 4096)
	f, err := os.Create(filepath.Join(d.folder, "filler"))
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = f.Close()
}

func (d *smallDisk) free(t *testing.T, o *apptest.Office) {
	t.Helper()
	if d.mounted {
		if err := os.Remove(filepath.Join(d.folder, "filler")); err != nil {
			t.Fatal(err)
		}
		return
	}
	o.Write(t, func(tx store.Tx) error {
		var pages int64
		return tx.QueryRow(t.Context(), "PRAGMA max_page_count = 1000000").Scan(&pages)
	})
}

// A data folder belongs to one process.
func TestASecondProcessIsTurnedAway(t *testing.T) {
	dir := t.TempDir()
	o := apptest.Open(t, "sqlite:"+filepath.Join(dir, "einklang.db"))
	again, err := app.Open(context.Background(), app.Config{Data: o.Data, PublicURL: o.URL, GraphURL: o.GraphURL})
	if err == nil {
		_ = again.Close()
		t.Fatal("two processes share a SQLite data folder")
	}
}
