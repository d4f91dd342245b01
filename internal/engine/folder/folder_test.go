package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"einklang/internal/engine/folder"
)

func take(t *testing.T, path string, use folder.Use) *folder.Folder {
	t.Helper()
	f, err := folder.Take(path, use)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhoHasAFolder(t *testing.T) {
	for name, c := range map[string]struct {
		second folder.Use
		inUse  bool
		locks  bool // once the first has gone
	}{
		"a second that needs it alone is turned away": {folder.Alone, true, true},
		"a second node may share it":                  {folder.Shared, false, true},
		"a visitor takes nothing":                     {folder.Visiting, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data")
			first := take(t, path, folder.Alone)
			if err := first.Sign("first"); err != nil {
				t.Fatal(err)
			}
			second, err := folder.Take(path, c.second)
			if errors.Is(err, folder.ErrInUse) != c.inUse || err != nil && !c.inUse {
				t.Fatalf("the second got %v", err)
			}
			if err == nil {
				if second.Before != "" {
					t.Errorf("the second succeeds %q, who is still there", second.Before)
				}
				if err := errors.Join(second.Sign("second"), second.Release()); err != nil {
					t.Error(err)
				}
			}
			if err := first.Release(); err != nil {
				t.Fatal(err)
			}
			third := take(t, path, c.second)
			if want := map[bool]string{true: "first"}[c.locks]; third.Before != want {
				t.Errorf("the third succeeds %q, want %q", third.Before, want)
			}
			if err := third.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Who has not signed yet leaves the name of the one before for the next attempt.
func TestASignatureReplacesTheOneBefore(t *testing.T) {
	path := t.TempDir()
	for _, step := range []struct{ before, sign string }{{"", "a-rather-long-name"}, {"a-rather-long-name", ""}, {"a-rather-long-name", "short"}, {"short", ""}} {
		f := take(t, path, folder.Alone)
		if f.Before != step.before {
			t.Errorf("the folder names %q, want %q", f.Before, step.before)
		}
		if step.sign != "" {
			if err := f.Sign(step.sign); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(path, folder.Lock)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the lock is %v, %v", info, err)
	}
}
