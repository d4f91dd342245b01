package letterbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"einklang/internal/engine/folder"
)

// The folders in the folder of a letter box, and how a letter is called.
const (
	waitingFolder = "waiting"
	refusedFolder = "refused"
	suffix        = ".letter"
	unfinished    = ".new"
)

// shelf keeps sealed letters in order, each in a file whose name is its number.
// What lies there survives a crash: put returns once the letter and its name are
// on the disk.
type shelf struct {
	folder string

	mu      sync.Mutex
	last    uint64
	waiting []uint64 // numbers, the oldest first
	refused int
}

// openShelf opens the letters in a folder. What a crash has left half written
// was never promised to anybody, and is deleted.
func openShelf(folder string) (*shelf, error) {
	s := &shelf{folder: folder}
	for _, name := range []string{waitingFolder, refusedFolder} {
		at := filepath.Join(folder, name)
		if err := os.MkdirAll(at, 0o700); err != nil {
			return nil, fmt.Errorf("the folder %s cannot be made: choose another with folder, or change its permissions (%w)", at, err)
		}
		files, err := os.ReadDir(at)
		if err != nil {
			return nil, fmt.Errorf("the folder %s cannot be read: check its permissions (%w)", at, err)
		}
		for _, f := range files {
			number, known := numberOf(f.Name())
			switch {
			case strings.HasSuffix(f.Name(), unfinished):
				if err := os.Remove(filepath.Join(at, f.Name())); err != nil {
					return nil, fmt.Errorf("remove a letter that was half written: %w", err)
				}
			case !known: // not ours
			case name == waitingFolder:
				s.waiting = append(s.waiting, number)
				s.last = max(s.last, number)
			default:
				s.refused++
				s.last = max(s.last, number)
			}
		}
	}
	slices.Sort(s.waiting)
	return s, nil
}

// numberOf reads the number of a letter from the name of its file.
func numberOf(name string) (uint64, bool) {
	digits, is := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, is && err == nil
}

func (s *shelf) path(folder string, number uint64) string {
	return filepath.Join(s.folder, folder, fmt.Sprintf("%020d", number)+suffix)
}

// put keeps a letter behind all others, and returns once it is on the disk.
func (s *shelf) put(sealed []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := s.last + 1
	at := s.path(waitingFolder, number)
	if err := writeDurable(at, sealed); err != nil {
		return fmt.Errorf("keep a letter: %w", err)
	}
	s.last = number
	s.waiting = append(s.waiting, number)
	return nil
}

// writeDurable writes a file in full or not at all. What failed is not there.
func writeDurable(path string, content []byte) (err error) {
	fresh := path + unfinished
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreGone(os.Remove(fresh)), ignoreGone(os.Remove(path)))
		}
	}()
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // in the folder the operator named
	if err != nil {
		return err
	}
	return folder.Put(f, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// first is the letter that is handed over next; number 0: there is none.
func (s *shelf) first() (number uint64, sealed []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return 0, nil, nil
	}
	number = s.waiting[0]
	sealed, err = os.ReadFile(s.path(waitingFolder, number))
	return number, sealed, err
}

// handedOver deletes the first letter, which the house has.
func (s *shelf) handedOver(number uint64) error {
	return s.leave(number, func(path string) error { return ignoreGone(os.Remove(path)) })
}

// refuse puts the first letter aside, which the house will not take.
func (s *shelf) refuse(number uint64) error {
	return s.leave(number, func(path string) error {
		if err := os.Rename(path, s.path(refusedFolder, number)); err != nil {
			return err
		}
		s.refused++
		return nil
	})
}

func (s *shelf) leave(number uint64, how func(path string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := how(s.path(waitingFolder, number)); err != nil {
		return err
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(n uint64) bool { return n == number })
	return nil
}

// offerAgain puts what was refused back, before everything newer: the house may
// have learned of its number since.
func (s *shelf) offerAgain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.eachRefused(func(number uint64, path string, _ fs.FileInfo) error {
		if err := os.Rename(path, s.path(waitingFolder, number)); err != nil {
			return err
		}
		s.refused--
		at, _ := slices.BinarySearch(s.waiting, number)
		s.waiting = slices.Insert(s.waiting, at, number)
		return nil
	})
}

// expire deletes what was refused and is older than a time.
func (s *shelf) expire(before time.Time) (deleted int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.eachRefused(func(_ uint64, path string, info fs.FileInfo) error {
		if !info.ModTime().Before(before) {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		s.refused--
		deleted++
		return nil
	})
	return deleted, err
}

func (s *shelf) eachRefused(do func(number uint64, path string, info fs.FileInfo) error) error {
	files, err := os.ReadDir(filepath.Join(s.folder, refusedFolder))
	if err != nil {
		return err
	}
	for _, f := range files {
		number, known := numberOf(f.Name())
		if !known {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		if err := do(number, s.path(refusedFolder, number), info); err != nil {
			return err
		}
	}
	return nil
}

// status is what waits.
func (s *shelf) status() (st Status, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st = Status{Waiting: len(s.waiting), Refused: s.refused}
	if len(s.waiting) > 0 {
		info, err := os.Stat(s.path(waitingFolder, s.waiting[0]))
		if err != nil {
			return st, err
		}
		st.Oldest = info.ModTime().UTC()
	}
	return st, nil
}
