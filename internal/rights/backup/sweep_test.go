package backup

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a killed process left never looks like a backup, and goes after a day.
func TestWhatAKilledProcessLeftIsSweptAway(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, folder := range []string{dataFolder, keyFolder} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "fresh": time.Hour} {
			path := filepath.Join(dir, folder, unfinished+name)
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if names, err := Names(ctx, Folder(dir)); err != nil || len(names) != 0 {
		t.Errorf("half a backup looks like one: %v, %v", names, err)
	}
	if s, err := StateOf(ctx, Folder(dir)); err != nil || !s.Last.IsZero() {
		t.Errorf("half a backup counts: %+v, %v", s, err)
	}
	if err := Expire(ctx, Folder(dir), DefaultRetention, now); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{dataFolder, keyFolder} {
		left, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil || len(left) != 1 || left[0].Name() != unfinished+"fresh" {
			t.Errorf("%s holds %v, %v", folder, left, err)
		}
	}
}
