package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// verifiedFolder holds notes of verifications. A note stands beside the backups
// because a backup is verified where its identity lies, which is not the server.
const verifiedFolder = "verified/"

// State is how the backups of a place stand.
type State struct {
	Last     time.Time // the newest backup began; zero: there is none
	Verified time.Time // a backup was last restored to try it; zero: never
	Sealed   bool      // the newest backup is encrypted: it begins as a file of age does
}

// StateOf reads how the backups of a place stand, from the names of its files
// and the first line of the newest: it needs no identity.
func StateOf(ctx context.Context, to Target) (s State, err error) {
	if s.Last, err = newest(ctx, to, dataFolder); err != nil {
		return State{}, err
	}
	if !s.Last.IsZero() {
		if s.Sealed, err = sealed(ctx, to, dataFolder+s.Last.UTC().Format(nameFormat)+suffix); err != nil {
			return State{}, err
		}
	}
	if s.Verified, err = newest(ctx, to, verifiedFolder); err != nil {
		return State{}, err
	}
	return s, nil
}

// ageHead begins every file that is encrypted with age (C2SP, age).
const ageHead = "age-encryption.org/v1\n"

func sealed(ctx context.Context, to Target, name string) (bool, error) {
	file, err := to.Open(ctx, name)
	if err != nil {
		return false, fmt.Errorf("look whether a backup is encrypted: %w", err)
	}
	head := make([]byte, len(ageHead))
	_, err = io.ReadFull(file, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // shorter than a backup can be
	}
	return string(head) == ageHead, errors.Join(err, file.Close())
}

// newest is the latest time that the names in a folder tell; zero if none does.
func newest(ctx context.Context, to Target, folder string) (latest time.Time, err error) {
	names, err := to.List(ctx, folder)
	if err != nil {
		return latest, err
	}
	for _, name := range names {
		at, err := time.Parse(nameFormat, strings.TrimSuffix(strings.TrimPrefix(name, folder), suffix))
		if err == nil && at.After(latest) {
			latest = at
		}
	}
	return latest, nil
}

// NoteVerified notes beside the backups that one of them was restored without
// a fault, and deletes the notes before.
func NoteVerified(ctx context.Context, to Target, backup string, at time.Time) error {
	name := verifiedFolder + at.UTC().Format(nameFormat)
	err := to.Put(ctx, name, func(w io.Writer) error {
		_, err := io.WriteString(w, backup+"\n")
		return err
	})
	if err != nil {
		return fmt.Errorf("note the verification beside the backups: %w", err)
	}
	names, err := to.List(ctx, verifiedFolder)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, old := range names {
		if old < name {
			if err := to.Delete(ctx, old); err != nil {
				return err
			}
		}
	}
	return nil
}
