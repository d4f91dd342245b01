package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
)

// filesOf puts files of one megabyte with noise into a database, as many as make so
// many MB; a backup carries them as they are sealed.
func filesOf(tb testing.TB, database string, megabytes int) {
	tb.Helper()
	db, err := store.Open(tb.Context(), database)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var org, person id.ID
	if err := db.QueryRow(tb.Context(), "SELECT org_id, id FROM contact WHERE state = 'active' ORDER BY id LIMIT 1").Scan(&org, &person); err != nil {
		tb.Fatal(err)
	}
	const pieces, each = 4, 256 << 10
	noise, ids := make([]byte, each), id.System()
	for range megabytes {
		err := db.Write(tb.Context(), func(ctx context.Context, tx store.Tx) error {
			file := ids.New()
			for n := range pieces {
				_, _ = rand.Read(noise) // it never fails
				if _, err := tx.Exec(ctx, "INSERT INTO media_chunk (org_id, media_id, n, sealed) VALUES (?, ?, ?, ?)", org, file, int64(n), noise); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `INSERT INTO media (org_id, id, message_id, contact_id, channel_id, state, reason, mime_type, size, chunks, detail, attempts, not_before, created_at)
				VALUES (?, ?, ?, ?, ?, 'held', '', 'image/png', ?, ?, ?, 0, 0, ?)`, org, file, file, person, person, int64(pieces*each), int64(pieces), []byte{}, store.Micros(time.Now()))
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak runs a command to its end and returns the most memory that it held, in MB, as
// the kernel counts it.
func peak(tb testing.TB, limit string, args ...string) int {
	tb.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "GOMEMLIMIT="+limit, "GOGC=100") // the tests' own collector may be rarer
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := 0
	for {
		select {
		case err := <-ended:
			if err != nil {
				tb.Fatalf("%v: %v\n%s", args, err, said.String())
			}
			return most
		case <-time.After(5 * time.Millisecond):
		}
		if text, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/status"); err == nil {
			if found := highWater.FindSubmatch(text); found != nil {
				kB, _ := strconv.Atoi(string(found[1]))
				most = max(most, kB>>10)
			}
		}
	}
}

// keeping is what a backup and a restore of so much held in memory, in MB.
type keeping struct{ backup, restore int }

// keep backs up a company with so many MB of files, and restores it in another place.
func keep(tb testing.TB, postgres bool, limit string, megabytes int) (held keeping) {
	tb.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		tb.Fatal(err)
	}
	key := filepath.Join(tb.TempDir(), "identity.txt")
	if err := os.WriteFile(key, []byte(identity.String()+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	place := func() (data, database string, where []string) {
		data = tb.TempDir()
		if postgres {
			database = postgrestest.URL(tb)
			return data, database, []string{"--data", data, "--database", database}
		}
		return data, filepath.Join(data, "einklang.db"), []string{"--data", data}
	}
	data, database, where := place()
	if err := startDemo(tb, where...).stop(); err != nil {
		tb.Fatal(err)
	}
	filesOf(tb, database, megabytes)
	backups := tb.TempDir()
	held.backup = peak(tb, limit, "backup", "--config", newConfig(tb, data, database, backups, identity.Recipient().String()))
	keepInstallation(tb, key, data)
	data, database, _ = place()
	held.restore = peak(tb, limit, "restore", "--config", newConfig(tb, data, database, backups, identity.Recipient().String()), "--identity", key)
	db, err := store.Open(tb.Context(), database)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var n int64
	if err := db.QueryRow(tb.Context(), "SELECT COUNT(*) FROM media_chunk").Scan(&n); err != nil || n < int64(4*megabytes) {
		tb.Fatalf("%d pieces of files came back, want %d, %v", n, 4*megabytes, err)
	}
	return held
}

// What a backup and a restore hold in memory does not grow with what they carry.
func TestBackupsTakeFlatMemory(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			little, much := keep(t, engine == "postgres", "64MiB", 8), keep(t, engine == "postgres", "64MiB", 136)
			t.Logf("8 MB held %+v MB, 136 MB held %+v MB", little, much)
			if much.backup > little.backup+40 || much.restore > little.restore+40 {
				t.Errorf("8 MB of files held %+v MB of memory, 136 MB held %+v", little, much)
			}
		})
	}
}

// BenchmarkBackup backs up and restores 200 MB and 2 GB of files with a limit of 200
// MiB, and fails where the second holds more than the first by half.
func BenchmarkBackup(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				little, much := keep(b, engine == "postgres", "200MiB", 200), keep(b, engine == "postgres", "200MiB", 2048)
				if 2*much.backup > 3*little.backup || 2*much.restore > 3*little.restore {
					b.Errorf("200 MB held %+v MB of memory, 2 GB held %+v", little, much)
				}
				for name, n := range map[string]int{"backup-200MB": little.backup, "backup-2GB": much.backup, "restore-200MB": little.restore, "restore-2GB": much.restore} {
					b.ReportMetric(float64(n), name+"-held-MB")
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
