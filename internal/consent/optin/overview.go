package optin

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Overview is the consents of an organisation in numbers. It names nobody.
type Overview struct {
	Weeks    []Week // without gaps, the oldest first
	Sources  []SourceCount
	Standing map[string]map[string]int // purpose → state → people
	Soon     []Expiring                // the next to expire, the first first
	SoonAll  int                       // how many expire soon
}

// Week is what happened in seven days.
type Week struct {
	From      time.Time
	Granted   int
	Withdrawn int
	Ended     int // expired or superseded
	Holding   int // people with at least one consent at the end of the week
}

// SourceCount is how many consents of the last weeks came on a path.
type SourceCount struct {
	Name Source
	N    int
}

// Expiring is a consent that ends soon.
type Expiring struct {
	Contact id.Person
	Purpose string
	Expires time.Time
}

const week = 7 * 24 * time.Hour

// Overview counts the last weeks.
func (d *Consents) Overview(ctx context.Context, r store.Reader, org id.Org, weeks int) (Overview, error) {
	now := d.now()
	end := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	from := end.Add(-time.Duration(weeks) * week)
	o := Overview{Standing: map[string]map[string]int{}}
	for w := range weeks {
		o.Weeks = append(o.Weeks, Week{From: from.Add(time.Duration(w) * week)})
	}
	for _, part := range []func(context.Context, store.Reader, id.Org, *Overview, time.Time, time.Time) error{d.countWeeks, d.countSources, d.countStates, d.countSoon} {
		if err := part(ctx, r, org, &o, from, now); err != nil {
			return o, fmt.Errorf("count the consents: %w", err)
		}
	}
	return o, nil
}

// each runs a query for its rows only.
func each(ctx context.Context, r store.Reader, scan func(store.Row) error, sql string, args ...any) error {
	_, err := store.Collect(ctx, r, func(row store.Row) (struct{}, error) { return struct{}{}, scan(row) }, sql, args...)
	return err
}

// countWeeks counts events week by week, and follows from the present back how
// many consents held.
func (d *Consents) countWeeks(ctx context.Context, r store.Reader, org id.Org, o *Overview, from, now time.Time) error {
	err := each(ctx, r, func(row store.Row) error {
		var at, n int64
		var kind string
		if err := row.Scan(&at, &kind, &n); err != nil {
			return err
		}
		if at < 0 || int(at) >= len(o.Weeks) {
			return nil
		}
		switch w := &o.Weeks[at]; kind {
		case granted:
			w.Granted += int(n)
		case withdrawn:
			w.Withdrawn += int(n)
		case expired, superseded:
			w.Ended += int(n)
		}
		return nil
	}, "SELECT (at - ?) / ?, kind, COUNT(*) FROM consent_event WHERE org_id = ? AND at >= ? GROUP BY 1, 2", store.Micros(from), week.Microseconds(), org, store.Micros(from))
	if err != nil {
		return err
	}
	var holding int64
	if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM consent WHERE org_id = ? AND state = 'granted' AND (expires_at = 0 OR expires_at > ?)", org, store.Micros(now)).Scan(&holding); err != nil {
		return err
	}
	for i := len(o.Weeks) - 1; i >= 0; i-- {
		w := &o.Weeks[i]
		w.Holding = max(int(holding), 0)
		holding -= int64(w.Granted - w.Withdrawn - w.Ended)
	}
	return nil
}

func (d *Consents) countSources(ctx context.Context, r store.Reader, org id.Org, o *Overview, from, _ time.Time) error {
	return each(ctx, r, func(row store.Row) error {
		var s SourceCount
		var n int64
		err := row.Scan(&s.Name, &n)
		s.N = int(n)
		o.Sources = append(o.Sources, s)
		return err
	}, "SELECT source, COUNT(*) FROM consent_event WHERE org_id = ? AND at >= ? AND kind = 'granted' GROUP BY source ORDER BY 2 DESC, 1", org, store.Micros(from))
}

func (d *Consents) countStates(ctx context.Context, r store.Reader, org id.Org, o *Overview, _, now time.Time) error {
	return each(ctx, r, func(row store.Row) error {
		var purpose, state string
		var n int64
		if err := row.Scan(&purpose, &state, &n); err != nil {
			return err
		}
		if o.Standing[purpose] == nil {
			o.Standing[purpose] = map[string]int{}
		}
		o.Standing[purpose][state] += int(n)
		return nil
	}, `SELECT purpose, CASE WHEN state = 'granted' AND expires_at > 0 AND expires_at <= ? THEN 'expired' ELSE state END, COUNT(*) FROM consent WHERE org_id = ? GROUP BY 1, 2`, store.Micros(now), org)
}

// mostSoon is how many expiring consents are listed.
const mostSoon = 25

func (d *Consents) countSoon(ctx context.Context, r store.Reader, org id.Org, o *Overview, _, now time.Time) error {
	var n int64
	if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM consent WHERE org_id = ? AND state = 'granted' AND expires_at > ? AND expires_at <= ?",
		org, store.Micros(now), store.Micros(now.Add(soon))).Scan(&n); err != nil {
		return err
	}
	o.SoonAll = int(n)
	return each(ctx, r, func(row store.Row) error {
		var e Expiring
		var at int64
		err := row.Scan(&e.Contact, &e.Purpose, &at)
		e.Expires = store.Time(at)
		o.Soon = append(o.Soon, e)
		return err
	}, "SELECT contact_id, purpose, expires_at FROM consent WHERE org_id = ? AND state = 'granted' AND expires_at > ? AND expires_at <= ? ORDER BY expires_at LIMIT ?",
		org, store.Micros(now), store.Micros(now.Add(soon)), int64(mostSoon))
}
