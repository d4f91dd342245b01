package folder

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Put writes a file that lies beside its place, closes it, and moves it there. It
// returns once the content and the name are on the disk. What fails is at its
// place as before, or in full.
func Put(fresh *os.File, place string, write func(io.Writer) error) error {
	if err := errors.Join(write(fresh), fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh.Name(), place); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(place)) //nolint:gosec // the folder of the file just written
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
