package optin

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// soon is how long before its end a consent counts as expiring soon.
const soon = 60 * 24 * time.Hour

// aheadOf is how long before its end the use of a consent is looked up, so
// that one in use never falls into a gap.
const aheadOf = 48 * time.Hour

// lapsing is a consent whose time is over, or nearly.
type lapsing struct {
	person   id.Person
	event    id.Consent
	purpose  string
	given    time.Time
	expires  time.Time
	material time.Time
	months   int
}

// Lapse writes down what time has done, at most limit consents in a run: a
// consent in use lasts longer, one that was not used expires, one to an old
// text is superseded. The gate does not wait for it: it goes by the times.
// It returns how many it dealt with.
func (d *Consents) Lapse(ctx context.Context, tx store.Tx, org id.Org, people People, limit int) (int, error) {
	now := d.now()
	all, err := store.Collect(ctx, tx, func(row store.Row) (lapsing, error) {
		var l lapsing
		var given, expires, material, months int64
		err := row.Scan(&l.person, &l.event, &l.purpose, &given, &expires, &material, &months)
		l.given, l.expires, l.material, l.months = store.Time(given), store.Time(expires), store.Time(material), int(months)
		return l, err
	}, `SELECT c.contact_id, c.event_id, c.purpose, c.granted_at, c.expires_at, COALESCE(p.material_at, 0), COALESCE(p.months, ?)
		FROM consent c LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose
		WHERE c.org_id = ? AND c.state = 'granted' AND (c.expires_at > 0 AND c.expires_at <= ? OR c.granted_at < COALESCE(p.material_at, 0)) LIMIT ?`,
		int64(lifetimeMonths), org, store.Micros(now.Add(aheadOf)), int64(limit))
	if err != nil {
		return 0, fmt.Errorf("look for consents whose time is over: %w", err)
	}
	done := 0
	for _, l := range all {
		moved, err := d.lapse(ctx, tx, org, people, l, now)
		if err != nil {
			return done, err
		}
		if moved {
			done++
		}
	}
	return done, nil
}

func (d *Consents) lapse(ctx context.Context, tx store.Tx, org id.Org, people People, l lapsing, now time.Time) (bool, error) {
	kind := superseded
	if !l.given.Before(l.material) {
		kind = expired
		longer, err := d.prolong(ctx, tx, org, l)
		if err != nil || longer {
			return longer, err
		}
		if now.Before(l.expires) {
			return false, nil
		}
	}
	p, err := people.Get(ctx, tx, org, l.person)
	if err != nil {
		return false, err
	}
	if p.Erased || p.Keys == nil {
		_, err := tx.Exec(ctx, "DELETE FROM consent WHERE org_id = ? AND contact_id = ?", org, l.person)
		return true, err
	}
	e := Event{Purpose: l.purpose, Kind: kind, Source: FromRule, At: now}
	_, err = d.add(ctx, tx, org, p, e)
	return true, err
}

// prolong lets a consent last longer that was used: the time runs from the
// last message that rested on it.
func (d *Consents) prolong(ctx context.Context, tx store.Tx, org id.Org, l lapsing) (bool, error) {
	if d.lastUse == nil {
		return false, nil
	}
	last, err := d.lastUse(ctx, tx, org, l.person, l.event)
	if err != nil {
		return false, fmt.Errorf("look for the last use of a consent: %w", err)
	}
	until := last.AddDate(0, l.months, 0)
	if last.IsZero() || l.months == 0 || !until.After(l.expires) {
		return false, nil
	}
	_, err = tx.Exec(ctx, "UPDATE consent SET expires_at = ? WHERE org_id = ? AND contact_id = ? AND medium = ? AND purpose = ? AND event_id = ?",
		store.Micros(until), org, l.person, Medium, l.purpose, l.event)
	return true, err
}

// lapseAtOnce is how many consents one transaction writes down as over.
const lapseAtOnce = 500

// LapseAll writes down what time has done to all consents of an organisation.
func (d *Consents) LapseAll(ctx context.Context, db *store.DB, org id.Org, people People) error {
	for {
		moved := 0
		err := db.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			moved, err = d.Lapse(ctx, tx, org, people, lapseAtOnce)
			return err
		})
		if err != nil || moved == 0 {
			return err
		}
	}
}
