package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
)

// Codes and wrong tries are counted for a day: for a person however she was
// named, for the place from which they come, and for the two together. So a new
// code, another address of hers or a later hour brings no new tries; and who
// tries at somebody else's data makes himself wait, not her. Where nobody is
// known, what was entered is counted in the same way.

const (
	countDay     = 24 * time.Hour
	codesDay     = 8   // made for a person in a day, from wherever
	codesFurther = 16  // made for a person in a day, the first from each further place: who asks elsewhere takes not all of hers
	codesPair    = 4   // made for a person from one place in a day
	codesSource  = 40  // made from one place in a day: a network of a company is one
	wrongDay     = 100 // wrong tries for a person in a day, of 2^40; then only a link from the chat opens
	wrongSource  = 100
	wrongFree    = 2 // wrong tries before there is a pause
	// TellAfter is after how many wrong tries in a day the person is told.
	TellAfter = 3
)

// pauseAfter grows with each wrong try.
func pauseAfter(wrong int64) time.Duration {
	if wrong <= wrongFree {
		return 0
	}
	return backoff.Pause{First: 30 * time.Second, Most: time.Hour}.Whole(wrong - wrongFree)
}

// count is what happened in a day.
type count struct {
	made, wrong int64
	next        time.Time
}

// tally is what counts when somebody asks for a code or enters one.
type tally struct {
	keys              [3]vault.Hash // of the person, of the place, of the two together
	hers, place, pair count
}

// whose names a person, or what was entered where nobody is known.
func whose(person id.Person, asked string) string {
	if person.IsZero() {
		return "asked " + asked
	}
	return "person " + person.String()
}

func (v *Visits) tally(ctx context.Context, r store.Reader, org id.Org, keys *vault.Org, person id.Person, asked, from string) (t tally, err error) {
	who := whose(person, asked)
	for i, part := range []struct {
		name string
		into *count
	}{{who, &t.hers}, {"from " + from, &t.place}, {who + " from " + from, &t.pair}} {
		t.keys[i] = keys.Lookup("portal.count", part.name)
		if *part.into, err = v.counted(ctx, r, org, t.keys[i]); err != nil {
			return t, err
		}
	}
	return t, nil
}

// full reports whether there were too many codes. A place from which none was asked
// for yet still gets one when the day's are gone.
func (t tally) full() bool {
	return t.pair.made >= codesPair || t.place.made >= codesSource || t.hers.made >= codesFurther || t.hers.made >= codesDay && t.pair.made > 0
}

// open reports whether a code may be tried now.
func (t tally) open(now time.Time) bool {
	return !now.Before(t.pair.next) && t.hers.wrong < wrongDay && t.place.wrong < wrongSource
}

// made counts a code.
func (v *Visits) made(ctx context.Context, tx store.Tx, org id.Org, t tally) error {
	t.hers.made++
	t.place.made++
	t.pair.made++
	return errors.Join(v.note(ctx, tx, org, t.keys[0], t.hers), v.note(ctx, tx, org, t.keys[1], t.place), v.note(ctx, tx, org, t.keys[2], t.pair))
}

// wrong counts a wrong code, and says how many there were for the person.
func (v *Visits) wrong(ctx context.Context, tx store.Tx, org id.Org, t tally, now time.Time) (int, error) {
	t.hers.wrong++
	t.place.wrong++
	t.pair.wrong++
	t.pair.next = now.Add(pauseAfter(t.pair.wrong))
	return int(t.hers.wrong), errors.Join(v.note(ctx, tx, org, t.keys[0], t.hers), v.note(ctx, tx, org, t.keys[1], t.place), v.note(ctx, tx, org, t.keys[2], t.pair))
}

func (v *Visits) counted(ctx context.Context, r store.Reader, org id.Org, what vault.Hash) (c count, err error) {
	var next int64
	err = r.QueryRow(ctx, "SELECT made, wrong, next_at FROM portal_count WHERE org_id = ? AND hash = ? AND since > ?", org, what, store.Micros(v.now().Add(-countDay))).Scan(&c.made, &c.wrong, &next)
	if errors.Is(err, store.ErrNoRows) {
		return c, nil
	}
	c.next = store.Time(next)
	if err != nil {
		return c, fmt.Errorf("read how often codes were tried: %w", err)
	}
	return c, nil
}

// note keeps what was counted; a day begins with the first of it.
func (v *Visits) note(ctx context.Context, tx store.Tx, org id.Org, what vault.Hash, c count) error {
	now := v.now()
	_, err := tx.Exec(ctx, `INSERT INTO portal_count (org_id, hash, since, made, wrong, next_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, hash) DO UPDATE SET made = excluded.made, wrong = excluded.wrong, next_at = excluded.next_at,
			since = CASE WHEN portal_count.since <= ? THEN excluded.since ELSE portal_count.since END`,
		org, what, store.Micros(now), c.made, c.wrong, store.Micros(c.next), store.Micros(now.Add(-countDay)))
	if err != nil {
		return fmt.Errorf("count codes: %w", err)
	}
	return nil
}

// Tried is how many wrong codes were entered for a person within a day.
func (v *Visits) Tried(ctx context.Context, r store.Reader, org id.Org, person id.Person) (int, error) {
	keys, err := v.vault.Org(ctx, r, org)
	if err != nil {
		return 0, err
	}
	c, err := v.counted(ctx, r, org, keys.Lookup("portal.count", whose(person, "")))
	return int(c.wrong), err
}
