package uptime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Boxes are the letter boxes that take webhooks while the installation is down.
// One that falls silent takes nothing when it is needed, so somebody has to know.
type Boxes struct {
	Names []string // those that are expected
	Since time.Time
}

// Heard notes that a letter box is there.
func Heard(ctx context.Context, tx store.Tx, name string, now time.Time, s letterbox.Status) error {
	_, err := tx.Exec(ctx, `INSERT INTO relay_beat (name, heard_at, waiting, refused) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET heard_at = excluded.heard_at, waiting = excluded.waiting, refused = excluded.refused`,
		name, store.Micros(now), int64(s.Waiting), int64(s.Refused))
	return err
}

// BoxState is how an expected letter box is.
type BoxState struct {
	Name    string
	Heard   time.Time // zero: never
	Waiting int64
	Refused int64
	Silent  bool
}

// States tells how the expected ones are. One that has never been heard has as
// long as the others, from when this process began to listen.
func (b Boxes) States(ctx context.Context, r store.Reader, now time.Time) ([]BoxState, error) {
	known, err := store.Collect(ctx, r, func(row store.Row) (s BoxState, err error) {
		var at int64
		err = row.Scan(&s.Name, &at, &s.Waiting, &s.Refused)
		s.Heard = store.Time(at)
		return s, err
	}, "SELECT name, heard_at, waiting, refused FROM relay_beat ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read which letter boxes are there: %w", err)
	}
	var all []BoxState
	for _, name := range b.Names {
		s := BoxState{Name: name}
		if i := slices.IndexFunc(known, func(k BoxState) bool { return k.Name == name }); i >= 0 {
			s = known[i]
		}
		last := s.Heard
		if b.Since.After(last) {
			last = b.Since // while we were down it could not be heard
		}
		s.Silent = now.Sub(last) > letterbox.SilentAfter
		all = append(all, s)
	}
	return all, nil
}

// Facts counts them.
func (b Boxes) Facts(ctx context.Context, r store.Reader, _ id.Org, now time.Time, f *cockpit.Facts) error {
	all, err := b.States(ctx, r, now)
	for _, s := range all {
		f.Intake.Boxes++
		if s.Silent {
			f.Intake.BoxesSilent++
		}
		f.Intake.LettersRefused += s.Refused
	}
	return err
}
