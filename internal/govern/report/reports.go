package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/calendar"
	"einklang/internal/rule/id"
)

// Reports makes and keeps the figures of days.
type Reports struct {
	db      *store.DB
	now     func() time.Time
	threads Threads
	work    Work
	hours   Hours
}

// Hours knows when an organisation works: waits are judged by it.
type Hours interface {
	Schedule(ctx context.Context, r store.Reader, org id.Org) (calendar.Schedule, error)
}

// New makes Reports.
func New(db *store.DB, now func() time.Time, threads Threads, work Work, hours Hours) *Reports {
	return &Reports{db, now, threads, work, hours}
}

// rules are read anew for each day that is counted: the organisation's working
// hours and its teams' targets.
func (d *Reports) rules(ctx context.Context, r store.Reader, org id.Org) (rules Rules, err error) {
	hours, err := d.hours.Schedule(ctx, r, org)
	if err != nil {
		return rules, err
	}
	rules = Rules{Worked: hours.Worked, Zone: hours.Location}
	rules.Targets, err = d.work.Targets(ctx, r, org)
	return rules, err
}

const (
	// settled is how long after its end a day can still change: WhatsApp brings
	// what we did not take again for up to seven days, and ticks come late.
	settled = 8 * 24 * time.Hour
	// fresh is how long figures of today are good enough. Those of an earlier
	// day are so for longer, the less it can still change: for a part of the
	// time since its end.
	fresh, part = 5 * time.Minute, 24
	// kept is how long figures are kept: they name who they come from.
	kept = 25 // months
)

// Dated are the figures of one day.
type Dated struct {
	From time.Time
	Day
}

// Last reads the figures of the last days, today's among them, the oldest
// first. What has not been counted yet is counted now.
func (d *Reports) Last(ctx context.Context, org id.Org, days int) ([]Dated, error) {
	rules, err := d.rules(ctx, d.db, org)
	if err != nil {
		return nil, err
	}
	today := d.now().In(rules.Zone)
	begin := func(ago int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()-ago, 0, 0, 0, 0, rules.Zone)
	}
	known, err := d.known(ctx, org, begin(days-1))
	if err != nil {
		return nil, err
	}
	all := make([]Dated, days)
	var stale []int
	for i := range all {
		ago := days - 1 - i
		all[i].From = begin(ago)
		have, found := known[all[i].From.Format(time.DateOnly)]
		all[i].Day = have.Day
		if !found || d.stale(have.made, begin(ago-1)) {
			stale = append(stale, i)
		}
	}
	for some := range slices.Chunk(stale, together) {
		if err := d.count(ctx, org, rules, all, some, begin(-1)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// together is how many days are counted at a time: their messages are held in
// memory, without their content.
const together = 31

// count counts some of the days anew, of which each ends where the next one
// begins, and keeps their figures.
func (d *Reports) count(ctx context.Context, org id.Org, rules Rules, days []Dated, some []int, end time.Time) error {
	at := d.now()
	pieces := make([]func(context.Context) error, len(some))
	for n, i := range some {
		to := end
		if i+1 < len(days) {
			to = days[i+1].From
		}
		pieces[n] = func(ctx context.Context) (err error) {
			days[i].Day, err = d.countDay(ctx, org, days[i].From, to, rules)
			return err
		}
	}
	if err := d.db.Together(ctx, pieces...); err != nil {
		return fmt.Errorf("count days: %w", err)
	}
	rows := make([][]any, len(some))
	for n, i := range some {
		figures, err := json.Marshal(days[i].Day)
		if err != nil {
			return err
		}
		rows[n] = []any{org, days[i].From.Format(time.DateOnly), store.Micros(at), string(figures)}
	}
	return d.keep(ctx, rows)
}

// stale reports whether figures that were made at a moment, of a day that ends
// at another, must be made anew.
func (d *Reports) stale(made, end time.Time) bool {
	return made.Before(end.Add(settled)) && d.now().Sub(made) >= max(fresh, d.now().Sub(end)/part)
}

type made struct {
	Day
	made time.Time
}

func (d *Reports) known(ctx context.Context, org id.Org, from time.Time) (map[string]made, error) {
	known := map[string]made{}
	rows, err := d.db.Query(ctx, "SELECT day, made_at, figures FROM report_day WHERE org_id = ? AND day >= ?", org, from.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read the figures of days: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var day, figures string
		var at int64
		var m made
		if err := errors.Join(rows.Scan(&day, &at, &figures), json.Unmarshal([]byte(figures), &m.Day)); err != nil {
			return nil, fmt.Errorf("read the figures of a day: %w", err)
		}
		m.made = store.Time(at)
		known[day] = m
	}
	return known, rows.Err()
}

// keep keeps the figures of days.
func (d *Reports) keep(ctx context.Context, days [][]any) error {
	return d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertMany(ctx, store.Insert{Into: "report_day (org_id, day, made_at, figures)",
			Upsert: "(org_id, day) DO UPDATE SET made_at = excluded.made_at, figures = excluded.figures WHERE report_day.made_at <= excluded.made_at"}, days)
	})
}

// Expire deletes figures that are too old.
func (d *Reports) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM report_day WHERE org_id = ? AND day < ?", org, now.AddDate(0, -kept, 0).Format(time.DateOnly))
	return err
}
