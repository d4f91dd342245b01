// Package uptime keeps watch over when the installation could take webhooks.
//
// A number whose content Meta does not store (no-storage mode) loses what Meta
// cannot hand over within an hour. So it must be known, to the minute, when
// nobody here could take a webhook: every node beats into the database, and a
// silence between two beats is a gap. A gap covers a stopped process as well
// as a database that was away, because both make us answer anything but 200. It
// does not see a network in front of us that is broken.
package uptime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
)

// The limits.
const (
	Every    = 30 * time.Second // between two beats
	silence  = 2 * time.Minute  // a longer pause between beats is a gap
	WarnFrom = 10 * time.Minute // a gap worth a warning
	LossFrom = time.Hour        // Cloud API, no storage: undelivered content is kept an hour at most
	keep     = 365 * 24 * time.Hour
)

// Severity says what a gap means.
type Severity string

// The severities.
const (
	Harmless Severity = "harmless" // Meta has handed everything over since
	Warning  Severity = "warning"  // messages came late
	Loss     Severity = "loss"     // in no-storage mode content may have been lost
)

// Gap is a time in which no webhook could be taken.
type Gap struct{ Began, Ended time.Time }

// Length is how long it lasted.
func (g Gap) Length() time.Duration { return g.Ended.Sub(g.Began) }

// Severity judges the gap.
func (g Gap) Severity() Severity {
	switch l := g.Length(); {
	case l >= LossFrom:
		return Loss
	case l >= WarnFrom:
		return Warning
	default:
		return Harmless
	}
}

// Between is the gap that two neighbouring beats enclose, if there is one. A
// first beat (zero last) encloses none.
func Between(last, now time.Time) (Gap, bool) {
	if last.IsZero() || now.Sub(last) <= silence {
		return Gap{}, false
	}
	return Gap{last, now}, true
}

const beat = "intake"

// Beat notes that webhooks can be taken now, and returns the gap that ends
// with it. Any node may beat; the latest beat counts.
func Beat(ctx context.Context, tx store.Tx, now time.Time) (gap Gap, found bool, err error) {
	var last int64
	err = tx.QueryRow(ctx, "SELECT at FROM intake_beat WHERE name = ?", beat).Scan(&last)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return Gap{}, false, fmt.Errorf("read when the intake was last reachable: %w", err)
	}
	if gap, found = Between(store.Time(last), now); found {
		if _, err := tx.Exec(ctx, "INSERT INTO intake_gap (began_at, ended_at) VALUES (?, ?) ON CONFLICT DO NOTHING", last, store.Micros(now)); err != nil {
			return gap, found, fmt.Errorf("note a gap of the intake: %w", err)
		}
	}
	if store.Micros(now) <= last {
		return gap, found, nil
	}
	_, err = tx.Exec(ctx, "INSERT INTO intake_beat (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at", beat, store.Micros(now))
	return gap, found, err
}

// Gaps reads the gaps that ended since a moment, the newest first, without the
// harmless ones.
func Gaps(ctx context.Context, r store.Reader, since time.Time) ([]Gap, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (Gap, error) {
		var began, ended int64
		err := row.Scan(&began, &ended)
		return Gap{store.Time(began), store.Time(ended)}, err
	}, "SELECT began_at, ended_at FROM intake_gap WHERE ended_at >= ? AND ended_at - began_at >= ? ORDER BY ended_at DESC", store.Micros(since), WarnFrom.Microseconds())
	if err != nil {
		return nil, fmt.Errorf("read the gaps of the intake: %w", err)
	}
	return all, nil
}

// Expire deletes gaps that are more than a year old.
func Expire(ctx context.Context, tx store.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM intake_gap WHERE ended_at < ?", store.Micros(now.Add(-keep)))
	return err
}
