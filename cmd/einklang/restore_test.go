package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// keepInstallation writes the fingerprint of an installation into the file with
// the identity, as its administrator does.
func keepInstallation(t testing.TB, identity, data string) {
	t.Helper()
	fingerprint, err := house.Installation(app.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	addLine(t, identity, "# einklang installation "+fingerprint)
}

func addLine(t testing.TB, file, line string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// says runs a command to its end and returns what it said, and whether it
// succeeded.
func says(args ...string) (string, bool) {
	out, err := exec.Command(binary, args...).CombinedOutput()
	return string(out), err == nil
}

// written lets two customers write to a new installation, stops it, and returns
// its data folder.
func written(t *testing.T, where []string) string {
	t.Helper()
	p := startDemo(t, where...)
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for n, name := range []string{"Erika Mustermann", "Max Mustermann"} {
		if !deliver(t, client, p, apptest.Text(fmt.Sprintf("wamid.%d", n), fmt.Sprintf("491760406900%d", n), name, "Guten Tag", time.Now())) {
			t.Fatal("a webhook is not taken")
		}
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	return dataOf(p)
}

// Whoever knows the public key can make a backup and lay it into the folder. A
// restore takes only what the installation made whose fingerprint was kept; and
// key files and markers of erasures that others lay there neither erase anybody
// nor stop it.
func TestOnlyOurOwnBackupIsRestored(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, database string) {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		key, folder, public := filepath.Join(t.TempDir(), "identity.txt"), t.TempDir(), identity.Recipient().String()
		if err := os.WriteFile(key, []byte(identity.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		data := written(t, where)
		said, ok := says("backup", "--config", newConfig(t, data, database, folder, public))
		ours := regexp.MustCompile(`backup (\d+T\d+Z):`).FindStringSubmatch(said)
		line := regexp.MustCompile(`(?m)^# einklang installation (\S+)$`).FindStringSubmatch(said)
		if !ok || ours == nil || line == nil {
			t.Fatalf("the backup says\n%s", said)
		}
		place := emptyPlace(t, database)
		config := newConfig(t, place.data, place.url, folder, public)
		restore := func(more ...string) (string, bool) {
			return says(append([]string{"restore", "--config", config, "--identity", key}, more...)...)
		}

		// A stranger's backup is newer than ours.
		strange := t.TempDir()
		written(t, []string{"--empty", "--data", strange})
		if said, ok := says("backup", "--config", newConfig(t, strange, "", folder, public)); !ok {
			t.Fatal(said)
		}
		erased := func(org, person string) {
			name := time.Now().UTC().Format("20060102T150405Z") + "_" + org + "_" + person
			if err := os.MkdirAll(filepath.Join(folder, "erased"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "erased", name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		org, person := somebody(t, database)
		erased(org, person)
		erased(id.System().New().String(), person)

		if said, ok := restore(); ok || !strings.Contains(said, "--installation") {
			t.Errorf("without a fingerprint, restore says %t\n%s", ok, said)
		}
		addLine(t, key, line[0])
		for _, command := range [][]string{{"restore"}, {"backup", "verify"}} {
			said, ok := says(append(command, "--config", config, "--identity", key)...)
			if ok || !strings.Contains(said, "was not made by this installation") {
				t.Errorf("a stranger's backup: %v says %t\n%s", command, ok, said)
			}
		}
		if _, half := progress(t, place.url); half {
			t.Error("what was refused has left half a restore")
		}
		said, ok = restore("--at", ours[1])
		if !ok || strings.Count(said, "was not put there by this installation") != 3 {
			t.Errorf("our own backup: restore says %t\n%s", ok, said)
		}
		if _, there := somebody(t, place.url); there == "" {
			t.Error("nobody is there after a restore")
		}
		if n := contents(t, place.url)["message"]; n != 2 {
			t.Errorf("%d messages after a restore, want 2", n)
		}

		elsewhere := emptyPlace(t, database)
		config = newConfig(t, elsewhere.data, elsewhere.url, folder, public)
		if said, ok := restore("--installation", "AAAA-"+line[1][5:], "--at", ours[1]); ok {
			t.Errorf("with another fingerprint, restore says %t\n%s", ok, said)
		}
		if said, ok := restore("--installation", strings.ToLower(line[1]), "--at", ours[1]); !ok {
			t.Errorf("with the fingerprint, restore says %t\n%s", ok, said)
		}
	})
}

// somebody is a person who is known and not erased.
func somebody(t *testing.T, url string) (org, person string) {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	all, err := store.Collect(t.Context(), db, func(row store.Row) ([2]string, error) {
		var o, p id.ID
		err := row.Scan(&o, &p)
		return [2]string{o.String(), p.String()}, err
	}, "SELECT org_id, id FROM contact WHERE state = 'active' ORDER BY id")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d people are known, %v", len(all), err)
	}
	return all[0][0], all[0][1]
}
