package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// newIdentity makes an identity of age that stands for the one kept off the server.
func newIdentity(t *testing.T) (*age.X25519Identity, []string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity, []string{identity.Recipient().String()}
}

// Whatever was acknowledged before a backup began is in it, while webhooks keep
// coming; whoever was erased afterwards is not in the restore; and a backup of
// one engine restores to the other.
func TestS14RestoreDrill(t *testing.T) {
	for _, engines := range [][2]string{{"sqlite", "postgres"}, {"postgres", "sqlite"}} {
		t.Run(strings.Join(engines[:], " to "), func(t *testing.T) { drill(t, address(t, engines[0]), address(t, engines[1])) })
	}
}

func address(t *testing.T, engine string) string {
	if engine == "postgres" {
		return postgrestest.URL(t)
	}
	return storetest.SQLite(t)
}

func drill(t *testing.T, from, to string) {
	ctx := t.Context()
	folder := filepath.Join(t.TempDir(), "backups")
	identity, recipients := newIdentity(t)
	o := apptest.OpenWith(t, from, apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: folder, Recipients: recipients} }})
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Vergessen Sie mich")
	o.Settle(t)
	who := o.Person(t, erika)

	var mu sync.Mutex
	var acknowledged []string
	stop := make(chan struct{})
	var load sync.WaitGroup
	for sender := range 4 {
		load.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				text := fmt.Sprintf("Nachricht %d-%d", sender, i)
				if o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d.%d", sender, i), fmt.Sprintf("491760407%04d", sender*10+i%10), "Max Beispiel", text, o.Clock.Now())) == 200 {
					mu.Lock()
					acknowledged = append(acknowledged, text)
					mu.Unlock()
				}
			}
		})
	}
	enough := func(n int) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return len(acknowledged) > n }
	}
	o.Until(t, "some messages are there", enough(60))
	mu.Lock()
	before := slices.Clone(acknowledged)
	mu.Unlock()
	taken, err := house.TakeBackup(ctx, &o.Engine, false)
	if err != nil {
		t.Fatal(err)
	}
	o.Until(t, "more messages came", enough(len(before)+20))
	close(stop)
	load.Wait()

	// Erased after the backup: only the marker knows.
	eraseNow(t, o, erasure.Identity{Contact: who.ID})

	source := backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}, Name: taken.Name}
	report, err := house.VerifyInScratch(ctx, source)
	if err != nil || report.People == 0 || report.Keys == 0 || report.Leaves == 0 {
		t.Fatalf("the verification found %+v, %v", report, err)
	}
	c := o.Config
	c.Data, c.Database = t.TempDir(), to
	if path, lite := strings.CutPrefix(to, "sqlite:"); lite {
		c.Data, c.Database = filepath.Dir(path), ""
	}
	if _, err := house.Restore(ctx, c, source, backup.Load); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	messages, _, err := a.Threads.All(ctx, a.DB, o.Org.ID, [16]byte{}, true, 100000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Body.Content.Text != nil {
			texts[m.Body.Content.Text.Body] = true
		}
	}
	for _, text := range before {
		if !texts[text] {
			t.Errorf("%q was acknowledged before the backup and is lost", text)
		}
	}
	if texts["Vergessen Sie mich"] {
		t.Error("a person who was erased is back")
	}
	if k, err := a.People.Get(ctx, a.DB, o.Org.ID, who.ID); err != nil || !k.Erased || k.Keys != nil {
		t.Errorf("she is back: %+v, %v", k, err)
	}
	found, err := a.People.Search(ctx, a.DB, o.Org.ID, "beispiel", 5)
	if err != nil || len(found) == 0 {
		t.Errorf("the search index was not made anew: %d, %v", len(found), err)
	}
	var export bytes.Buffer
	if err := a.Log.Export(ctx, a.DB, o.Org.ID, &export, evidence.Opened{}, store.Alone{}); err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.Verify(&export, ""); err != nil {
		t.Errorf("the evidence does not verify: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := house.Restore(ctx, c, source, backup.Load); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a restore went over a database in use: %v", err)
	}
}

// A restore that is broken off does not start, and can be run again.
func TestABrokenRestoreBeginsAnew(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx := t.Context()
		identity, recipients := newIdentity(t)
		folder := t.TempDir()
		o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: folder, Recipients: recipients} }})
		o.Customer("Erika Mustermann", "4917604069001").Say(o.Number, "Guten Tag")
		o.Settle(t)
		if _, err := house.TakeBackup(ctx, &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		c := o.Config
		c.Data, c.Database = t.TempDir(), url
		if path, lite := strings.CutPrefix(url, "sqlite:"); lite {
			c.Data, c.Database = filepath.Dir(path), ""
		}
		for _, bytesOf := range []int{100, 3000, 20000} {
			cut := cutting{Target: backup.Folder(folder), most: bytesOf, looked: map[string]bool{}}
			if _, err := house.Restore(ctx, c, backup.From{Target: cut, Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}, backup.Load); err == nil {
				t.Fatal("a cut backup was restored")
			}
			if _, err := app.Open(ctx, c); !errors.Is(err, backup.ErrUnfinished) {
				t.Fatalf("it started on half a restore: %v", err)
			}
		}
		if _, err := house.Restore(ctx, c, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}, backup.Load); err != nil {
			t.Fatal(err)
		}
		a, err := app.Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := a.DB.QueryRow(ctx, "SELECT COUNT(*) FROM message WHERE org_id = ?", o.Org.ID).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d messages, %v", n, err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		stranger, _ := newIdentity(t)
		if _, err := house.VerifyInScratch(ctx, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{stranger}, Installations: []string{o.Signer.Installation()}}); err == nil {
			t.Error("another identity opened the backup")
		}
	})
}

// cutting breaks off while a data file is read, after a look at who made it.
type cutting struct {
	backup.Target
	most   int
	looked map[string]bool
}

func (c cutting) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := c.Target.Open(ctx, name)
	if err != nil || strings.HasPrefix(name, "keys/") || !c.looked[name] {
		c.looked[name] = true
		return f, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, int64(c.most)), f}, nil
}

func TestBackupsGoToAnObjectStore(t *testing.T) {
	fake := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server())
	defer fake.Close()
	identity, recipients := newIdentity(t)
	store3 := &backup.S3{Endpoint: strings.TrimPrefix(fake.URL, "http://"), Plain: true, Bucket: "sicherung", Prefix: "einklang/", Region: "eu-central-1",
		AccessKey: "a", SecretKey: "s", Recipient: "Beispiel-Rechenzentrum", Country: "DE"}
	o := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{S3: store3, Recipients: recipients} }})
	o.Customer("Erika Mustermann", "4917604069001").Say(o.Number, "Guten Tag")
	o.Settle(t)
	if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
		t.Fatal(err)
	}
	to, err := o.Config.Backup.Alone(o.Config.Now)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := house.VerifyInScratch(t.Context(), backup.From{Target: to, Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}); err != nil || v.People != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := backup.NoteVerified(t.Context(), to, "", o.Clock.Now()); err != nil {
		t.Error(err)
	}
	if s, err := backup.StateOf(t.Context(), to); err != nil || s.Last.IsZero() || s.Verified.IsZero() {
		t.Errorf("the object store tells %+v, %v", s, err)
	}
	var calls int64
	if err := o.DB.QueryRow(t.Context(), "SELECT COALESCE(SUM(calls), 0) FROM transfer WHERE recipient = 'backup'").Scan(&calls); err != nil || calls == 0 {
		t.Errorf("%d calls stand in the transfer register, %v", calls, err)
	}
}

func TestS23AnObjectStoreOutsideTheEEAIsRefused(t *testing.T) {
	for _, c := range []struct {
		country   string
		mechanism place.Mechanism
		lawful    bool
	}{{"DE", "", true}, {"IS", "", true}, {"US", "", false}, {"", "", false}, {"US", place.NotNeeded, false}, {"US", place.Clauses, true}, {"CH", place.Adequacy, true}} {
		s := backup.S3{Endpoint: "s3.example.com", Bucket: "b", Recipient: "Beispiel", Country: c.country, Mechanism: c.mechanism}
		if err := s.Check(); (err == nil) != c.lawful {
			t.Errorf("%s %s: %v", c.country, c.mechanism, err)
		}
	}
}

// The cockpit tells from the backups themselves when the last one was made and
// when restoring was last tried.
func TestS14TheCockpitCountsBackups(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	identity, recipients := newIdentity(t)
	storetest.EachURL(t, func(t *testing.T, address string) {
		folder := filepath.Join(folder, filepath.Base(t.Name()))
		o := apptest.OpenWith(t, address, apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: folder, Recipients: recipients} }})
		finding := func() string {
			t.Helper()
			o.Clock.Advance(2 * time.Minute)
			f, err := o.Cockpit.Facts(ctx, o.Org.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range cockpit.Judge(f) {
				if m.ID == "S14" {
					return m.Finding
				}
			}
			return "no S14"
		}
		if got := finding(); got != "backup_none" {
			t.Errorf("without a backup: %q", got)
		}
		if _, err := house.TakeBackup(ctx, &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		if got := finding(); got != "backup_untried" {
			t.Errorf("before a verification: %q", got)
		}
		from := backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}
		v, err := house.VerifyInScratch(ctx, from)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second note replaces the first
			o.Clock.Advance(time.Second)
			if err := backup.NoteVerified(ctx, from.Target, v.Name, o.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if notes, err := os.ReadDir(filepath.Join(folder, "verified")); err != nil || len(notes) != 1 {
			t.Errorf("%d notes, %v", len(notes), err)
		}
		if got := finding(); got != "" {
			t.Errorf("fresh and tried: %q", got)
		}
		o.Clock.Advance(37 * time.Hour)
		if got := finding(); got != "backup_old" {
			t.Errorf("after 37 hours: %q", got)
		}
	})
}

// Key files are short-lived, the newest of each kind stays.
func TestOldBackupsAreDeleted(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	to := backup.Folder(dir)
	now := apptest.Start
	for _, days := range []int{0, 10, 29, 31, 34, 40} {
		name := now.AddDate(0, 0, -days).UTC().Format("20060102T150405Z") + ".age"
		for _, folder := range []string{"data/", "keys/"} {
			if err := to.Put(ctx, folder+name, func(w io.Writer) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, days := range []int{1, 20, 35} {
		if err := backup.Mark(ctx, to, backup.NewSigner(make([]byte, 32)), backup.Marker{Org: id.Org{1}, Contact: id.Person{1}, At: now.AddDate(0, 0, -days)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := backup.Expire(ctx, to, backup.DefaultRetention, now); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{"data": 5, "keys": 3, "erased": 2} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil || len(entries) != want {
			t.Errorf("%s: %d files, want %d, %v", folder, len(entries), want, err)
		}
	}
	if err := backup.Expire(ctx, to, backup.DefaultRetention, now.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if names, err := backup.Names(ctx, to); err != nil || len(names) != 1 {
		t.Errorf("the newest backup was deleted: %v, %v", names, err)
	}
}
