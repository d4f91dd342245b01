package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rights/backup"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// Backups come by themselves when their time has come, one of all nodes makes each,
// one that broke off begins anew, and the page shows them and has one made.
func TestBackupsComeByThemselves(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		folder := t.TempDir()
		_, recipients := newIdentity(t)
		o := apptest.OpenWith(t, at, apptest.Options{Config: func(c *app.Config) {
			c.Backup = backup.Config{Folder: folder, Recipients: recipients, Every: 24 * time.Hour}
		}})
		made := func() (n int) {
			t.Helper()
			n = runs(t, o, "problem = '' AND ended_at > 0")
			names, err := backup.Folder(folder).List(t.Context(), "data/")
			if err != nil || len(names) != n {
				t.Errorf("%d backups are noted, and there are %d: %v", n, len(names), err)
			}
			return n
		}
		look := func() {
			t.Helper()
			if err := o.Schedule.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		look()
		look()
		if n := made(); n != 1 {
			t.Fatalf("%d backups at once, want 1", n)
		}
		o.Clock.Advance(25 * time.Hour)
		other := *o.Schedule // another node
		other.Node = "another"
		slow := func(ctx context.Context) (backup.Taken, error) {
			time.Sleep(200 * time.Millisecond)
			return house.TakeBackup(ctx, &o.Engine, false)
		}
		here := *o.Schedule
		here.Take, other.Take = slow, slow
		var both sync.WaitGroup
		for _, s := range []*backup.Schedule{&here, &other} {
			both.Go(func() {
				if err := s.Look(t.Context()); err != nil && !store.Passing(err) {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if n := made(); n != 2 {
			t.Errorf("%d backups after a day with two nodes, want 2", n)
		}

		o.Clock.Advance(25 * time.Hour)
		o.Write(t, func(tx store.Tx) error { // a node that ended in the midst of one
			_, err := tx.Exec(t.Context(), "INSERT INTO backup_run (org_id, id, node, asked_at, alive_at, ended_at, name, rows_in_it, files, new_files, problem) VALUES (?, ?, 'gone', ?, ?, 0, '', 0, 0, 0, '')",
				vault.Installation, o.IDs.New(), store.Micros(o.Clock.Now()), store.Micros(o.Clock.Now().Add(-time.Minute)))
			return err
		})
		look()
		if n := made(); n != 2 {
			t.Error("a backup begins although another node makes one")
		}
		o.Clock.Advance(5 * time.Minute)
		look()
		if n := made(); n != 3 || runs(t, o, "problem = 'interrupted'") != 1 {
			t.Errorf("%d backups after one that broke off, want 3", n)
		}

		admin := o.SignIn(t, user.Admin)
		if status, page := visit(t, o, admin, "/desk/backups"); status != http.StatusOK || !strings.Contains(page, o.Signer.Installation()) || !strings.Contains(page, "alle 24 Stunden") || !strings.Contains(page, "unterbrochen") {
			t.Errorf("the page: %d %s", status, page)
		}
		if status, _ := submit(t, o, admin, "/desk/backups", url.Values{}); status != http.StatusOK {
			t.Fatal(status)
		}
		o.Until(t, "the backup that somebody asked for is made", func() bool { return runs(t, o, "by_id IS NOT NULL AND ended_at > 0 AND problem = ''") == 1 })
		if n := made(); n != 4 {
			t.Errorf("%d backups in the end, want 4", n)
		}
	})
}

func runs(t *testing.T, o *apptest.Office, where string) (n int) {
	t.Helper()
	var n64 int64
	if err := o.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM backup_run WHERE "+where).Scan(&n64); err != nil {
		t.Fatal(err)
	}
	return int(n64)
}
