package folder

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsThereInFullOrAsBefore(t *testing.T) {
	place := filepath.Join(t.TempDir(), "file")
	put := func(text string, fails error) error {
		t.Helper()
		fresh, err := os.CreateTemp(filepath.Dir(place), "fresh-*")
		if err != nil {
			t.Fatal(err)
		}
		return Put(fresh, place, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, fails)
		})
	}
	broken := errors.New("example")
	if err := put("half", broken); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(place); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is there: %v", err)
	}
	for _, text := range []string{"one", "two"} {
		if err := put(text, nil); err != nil {
			t.Fatal(err)
		}
		if err := put("half", broken); err == nil {
			t.Error("no error")
		}
		if got, err := os.ReadFile(place); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
}
