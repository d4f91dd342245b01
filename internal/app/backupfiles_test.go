package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// weight is how many bytes lie in a folder.
func weight(t *testing.T, folder string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Files are backed up once; each backup restores to its own moment; a person
// erased between two is in neither; and what no backup needs is deleted.
func TestS14FilesAreBackedUpOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx, folder := t.Context(), t.TempDir()
		identity, recipients := newIdentity(t)
		o.Config.Backup = backup.Config{Folder: folder, Recipients: recipients}
		erika, mustermann := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Mustermann", "4917604069002")
		erika.Say(o.Number, "Guten Tag")
		mustermann.Say(o.Number, "Guten Tag")
		o.Settle(t)
		add := func(to id.Person, n int) (last id.File) {
			for i := range n {
				last = putFile(t, o, to, bytes.Repeat([]byte{byte(i)}, 300<<10))
			}
			return last
		}
		person, other := o.Person(t, erika).ID, o.Person(t, mustermann).ID
		first := add(person, 3)
		add(other, 7)

		take := func() (backup.Taken, int64) {
			t.Helper()
			before := weight(t, folder)
			taken, err := house.TakeBackup(ctx, &o.Engine, false)
			if err != nil {
				t.Fatal(err)
			}
			o.Clock.Advance(time.Minute)
			return taken, weight(t, folder) - before
		}
		one, whole := take()
		two, again := take()
		if one.NewFiles != 10 || two.NewFiles != 0 || two.Files != 10 || again > whole/5 {
			t.Errorf("%d new files in %d bytes, then %d of %d in %d bytes", one.NewFiles, whole, two.NewFiles, two.Files, again)
		}
		add(other, 1)
		o.Write(t, func(tx store.Tx) error { return o.Shelf.DeleteOf(ctx, tx, o.Org.ID, []id.Message{id.Message(first)}) })
		three, _ := take()
		if three.NewFiles != 1 || three.Files != 10 {
			t.Errorf("%d new files of %d", three.NewFiles, three.Files)
		}
		for _, c := range []struct {
			name  string
			files int
		}{{one.Name, 10}, {two.Name, 10}, {three.Name, 10}} {
			a := restored(t, o, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}, Name: c.name})
			if n := readable(t, a, o.Org.ID); n != c.files {
				t.Errorf("backup %s gives %d readable files, want %d", c.name, n, c.files)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}

		eraseNow(t, o, erasure.Identity{Contact: person})
		four, _ := take()
		for _, name := range []string{one.Name, four.Name} {
			a := restored(t, o, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}, Name: name})
			var n int
			if err := a.DB.QueryRow(ctx, "SELECT COUNT(*) FROM media WHERE contact_id = ?", person).Scan(&n); err != nil || n != 0 {
				t.Errorf("backup %s brings back %d files of who was erased, %v", name, n, err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := os.Truncate(filepath.Join(folder, "files", one.Name+".age"), 100<<10); err != nil {
			t.Fatal(err)
		}
		if _, err := house.VerifyInScratch(ctx, backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}, Name: four.Name}); err == nil || !strings.Contains(err.Error(), "files/"+one.Name) {
			t.Errorf("a damaged segment: %v", err)
		}

		o.Clock.Advance(60 * 24 * time.Hour)
		five, _ := take()
		left, err := os.ReadDir(filepath.Join(folder, "files"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range left {
			names = append(names, f.Name())
		}
		want := fmt.Sprint([]string{one.Name + ".age", one.Name + ".index", three.Name + ".age", three.Name + ".index", five.Name + ".list"})
		if fmt.Sprint(names) != want {
			t.Errorf("after the old backups are gone: %v, want %s", names, want)
		}
	})
}

// putFile stores a file of a person.
func putFile(t *testing.T, o *apptest.Office, person id.Person, content []byte) id.File {
	t.Helper()
	f, err := o.Shelf.Save(t.Context(), o.Org.ID, person, o.Channel.ID, "beispiel.png", "image/png", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// restored is a backup brought into a new installation on the same engine.
func restored(t *testing.T, o *apptest.Office, from backup.From) *app.App {
	t.Helper()
	c := o.Config
	c.Data, c.Database = t.TempDir(), ""
	c.Backup = backup.Config{}
	if o.Config.Database != "" {
		c.Database = address(t, "postgres")
	}
	if _, err := house.Restore(t.Context(), c, from, backup.Load); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readable counts the files that can be read to their end.
func readable(t *testing.T, a *app.App, org id.Org) (n int) {
	t.Helper()
	files, err := store.Collect(t.Context(), a.DB, store.One[id.File], "SELECT id FROM media WHERE org_id = ? AND state = 'held'", org)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range files {
		f, err := a.Shelf.Get(context.Background(), org, at)
		if err != nil {
			t.Fatal(err)
		}
		if size, err := f.Copy(t.Context(), new(bytes.Buffer)); err != nil || size != 300<<10 {
			t.Errorf("a file of %d bytes, %v", size, err)
			continue
		}
		n++
	}
	return n
}

// leftOutOfDumps are the tables that docs/en/operation.md leaves out of a dump.
var leftOutOfDumps = []string{"data_key", "org_key", "media_chunk", "fleeting_key", "search_*", "name_word", "session", "password_link", "presence", "sign_in_step", "factor_trial", "passkey_visit"}

// PostgreSQL's own tools keep the rows, our backup the keys and the files;
// together they are an installation, without whom was erased in between.
func TestADumpAndOurPartsMakeAnInstallation(t *testing.T) {
	ctx, folder, dump := t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "einklang.dump")
	identity, recipients := newIdentity(t)
	o := apptest.OpenWith(t, address(t, "postgres"), apptest.Options{Config: func(c *app.Config) { c.Backup = backup.Config{Folder: folder, Recipients: recipients} }})
	erika, mustermann := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Mustermann", "4917604069002")
	erika.Say(o.Number, "Vergessen Sie mich")
	mustermann.Say(o.Number, "Behalten Sie das")
	o.Settle(t)
	person, other := o.Person(t, erika).ID, o.Person(t, mustermann).ID
	putFile(t, o, person, bytes.Repeat([]byte("e"), 300<<10))
	stays := putFile(t, o, other, bytes.Repeat([]byte("m"), 300<<10))
	goes := putFile(t, o, other, bytes.Repeat([]byte("g"), 300<<10))

	args := []string{"--format=custom", "--file=" + dump}
	for _, table := range leftOutOfDumps {
		args = append(args, "--exclude-table-data="+table)
	}
	tool(t, "pg_dump", append(args, o.Config.Database)...)
	eraseNow(t, o, erasure.Identity{Contact: person})
	o.Write(t, func(tx store.Tx) error { return o.Shelf.DeleteOf(ctx, tx, o.Org.ID, []id.Message{id.Message(goes)}) })
	if _, err := house.TakeBackup(ctx, &o.Engine, true); err != nil {
		t.Fatal(err)
	}

	c := o.Config
	c.Data, c.Database, c.Backup = t.TempDir(), address(t, "postgres"), backup.Config{}
	from := backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}
	if _, err := house.Restore(ctx, c, from, backup.Complete); !errors.Is(err, backup.ErrNoDump) {
		t.Errorf("without a dump: %v", err)
	}
	c.Database = address(t, "postgres")
	tool(t, "pg_restore", "--no-owner", "--dbname="+c.Database, dump)
	if _, err := app.Open(ctx, c); !errors.Is(err, backup.ErrKeyless) {
		t.Fatalf("without its keys: %v", err)
	}
	if _, err := house.Restore(ctx, c, from, backup.Complete); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if n := readable(t, a, o.Org.ID); n != 1 {
		t.Errorf("%d readable files, want one", n)
	}
	if f, err := a.Shelf.Get(ctx, o.Org.ID, stays); err != nil || f.State != "held" {
		t.Errorf("the file that stays: %+v, %v", f, err)
	}
	if k, err := a.People.Get(ctx, a.DB, o.Org.ID, person); err != nil || !k.Erased || k.Keys != nil {
		t.Errorf("who was erased is back: %+v, %v", k, err)
	}
	if k, err := a.People.Get(ctx, a.DB, o.Org.ID, other); err != nil || k.Profile.DisplayName() != "Max Mustermann" {
		t.Errorf("who was not: %+v, %v", k, err)
	}
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil { //nolint:gosec // tools of PostgreSQL
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
