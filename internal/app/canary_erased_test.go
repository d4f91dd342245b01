package app_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// S24: once a person is erased, nothing of hers is anywhere: not in the files of
// the database or below the data folder, not in the log, not in what pages, REST
// interface and a phone's book show, not in backups opened with their identity,
// and not in what an old backup restores to.
func TestS24CanariesOfAnErasedPersonAreNowhere(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { erasedCanaries(t, storetest.SQLite(t), "") })
	t.Run("postgres", func(t *testing.T) {
		server := postgrestest.Start(t, postgrestest.Fast)
		erasedCanaries(t, server.Database(t), server.Folder())
	})
}

func erasedCanaries(t *testing.T, database, files string) {
	folder := t.TempDir()
	identity, recipients := newIdentity(t)
	o := apptest.OpenWith(t, database, apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: folder, Recipients: recipients} }})
	aBusyDay(t, o)
	browser := o.SignIn(t, user.DPO)
	phone := newBook(t, o)
	shows := func() (all string) {
		for _, path := range []string{"/inbox", "/inbox?view=closed", "/desk/cases", "/desk/audit", "/desk/erasures", "/reports", "/consent", "/devices"} {
			_, page := visit(t, o, browser, path)
			all += page
		}
		for _, path := range []string{"/api/v1/messages?limit=200", "/api/v1/conversations", "/api/v1/contacts"} {
			var answer json.RawMessage
			o.REST(t, http.MethodGet, path, nil, &answer)
			all += string(answer)
		}
		return all + phone.cards(t)
	}
	if page := shows(); !strings.Contains(page, canaries["name by staff"]) || !strings.Contains(page, canaries["answer"]) || !strings.Contains(phone.cards(t), canaries["name by staff"]) {
		t.Fatal("the person is not shown before: the test looks in the wrong places")
	}
	before, err := house.TakeBackup(t.Context(), &o.Engine, false)
	if err != nil {
		t.Fatal(err)
	}

	for _, person := range people(t, o) {
		eraseNow(t, o, erasure.Identity{Contact: person})
	}
	if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
		t.Fatal(err)
	}
	search(t, "what pages, interface and phone show", []byte(shows()))
	search(t, "the log", []byte(o.Logs()))
	searchBackups(t, folder, identity)
	if files != "" {
		scrubbed(t, o)
		searchFiles(t, files)
	}
	searchFiles(t, o.Data)

	c := o.Config
	c.Data, c.Database, c.Backup = t.TempDir(), "", backup.Config{}
	if _, err := house.Restore(t.Context(), c, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}, Name: before.Name}, backup.Load); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	messages, _, err := a.Threads.All(t.Context(), a.DB, o.Org.ID, id.Cursor{}, true, 10000)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	search(t, "what the old backup restores to", text)
	if n := o.Count(t, "contact", "state = 'erased'"); n == 0 || len(messages) != 0 {
		t.Errorf("%d people are erased, %d messages are back", n, len(messages))
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	searchFiles(t, c.Data)
}

// people are all who are known.
func people(t *testing.T, o *apptest.Office) []id.Person {
	t.Helper()
	all, err := store.Collect(t.Context(), o.DB, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND state = 'active'", o.Org.ID)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	return all
}

// scrubbed lets PostgreSQL write its tables anew, as autovacuum does in time.
func scrubbed(t *testing.T, o *apptest.Office) {
	t.Helper()
	for _, statement := range []string{"VACUUM FULL", "CHECKPOINT"} {
		rows, err := o.DB.Query(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func searchFiles(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		search(t, path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// searchBackups opens every file of the backups with their identity.
func searchBackups(t *testing.T, folder string, identity age.Identity) {
	t.Helper()
	opened := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		var in io.Reader = f
		if strings.HasSuffix(path, ".age") {
			if in, err = age.Decrypt(f, identity); err != nil {
				return err
			}
			opened++
		}
		content, err := io.ReadAll(in)
		search(t, path, content)
		return err
	})
	if err != nil || opened < 5 {
		t.Fatalf("%d files of backups opened: %v", opened, err)
	}
}

// book is a computer without WhatsApp, whose book holds everybody.
type book struct {
	o *apptest.Office
	device.Device
	password string
}

func newBook(t testing.TB, o *apptest.Office) book {
	t.Helper()
	d, password, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.None, Platform: device.Computer, Management: device.Supervised, Names: true,
		Detail: device.Detail{Name: "Empfang", Owner: "Robin Beispiel"}})
	if err != nil {
		t.Fatal(err)
	}
	b := book{o, d, password}
	b.attest(t)
	return b
}

// attest checks the computer, which holds for 90 days.
func (b book) attest(t testing.TB) {
	t.Helper()
	token, err := b.o.Devices.Link(t.Context(), b.o.DB, b.o.Org.ID, b.ID, device.ToCheck)
	if err != nil {
		t.Fatal(err)
	}
	if failed, err := b.o.Devices.Attest(t.Context(), device.Through(b.o.DB), token, map[device.Item]string{device.BusinessOnly: "yes", device.NoWhatsApp: "yes", device.ScreenLock: "yes"}, nil); err != nil || len(failed) > 0 {
		t.Fatal(failed, err)
	}
}

// cards are all cards of the book.
func (b book) cards(t testing.TB) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "REPORT", b.o.URL+"/carddav/"+b.ID.String()+"/book/", strings.NewReader(
		`<c:addressbook-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><c:address-data/></prop><c:filter/></c:addressbook-query>`))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(b.Login, b.password)
	r.Header.Set("Depth", "1")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusMultiStatus {
		t.Fatalf("the book answers %s: %s, %v", resp.Status, text, err)
	}
	return string(text)
}
