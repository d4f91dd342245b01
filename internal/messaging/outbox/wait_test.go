package outbox

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// queue is a lane over a database, and a person.
type queue struct {
	*lane
	ids    *id.Source
	person id.Person
}

func newQueue(db *store.DB, now func() time.Time) queue {
	ids := id.System()
	o := &Outbox{Parts: Parts{DB: db, Now: now, IDs: ids}}
	return queue{&lane{o: o, org: id.Org(ids.New()), channel: id.Channel(ids.New())}, ids, id.Person(ids.New())}
}

// row is a row of the queue; what it leaves out is queued, for the first time.
type row struct {
	id                 id.Message
	person             id.Person
	priority, turn     int64
	attempts           int64
	state              string
	changed, notBefore time.Time
}

func (q queue) write(t *testing.T, fn func(ctx context.Context, tx store.Tx) error) {
	t.Helper()
	if err := q.o.DB.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (q queue) put(t *testing.T, rows ...row) {
	t.Helper()
	all := make([][]any, len(rows))
	for i, r := range rows {
		if r.state == "" {
			r.state = "queued"
		}
		all[i] = []any{q.org, q.channel, r.id, r.person, r.priority, r.state, r.attempts, store.Micros(r.notBefore), store.Micros(r.changed), r.turn}
	}
	q.write(t, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertMany(ctx, store.Insert{Into: "outbox (org_id, channel_id, id, contact_id, priority, state, node, request, attempts, not_before, changed_at, turn)", Values: "?, ?, ?, ?, ?, ?, '', '{}', ?, ?, ?, ?"}, all)
	})
}

// take is what the lane would take.
func (q queue) take(t *testing.T, most int) (found []id.Message) {
	t.Helper()
	q.write(t, func(ctx context.Context, tx store.Tx) error {
		rows, _, err := q.ahead(ctx, tx, q.o.Now(), 3, most)
		found = nil
		for _, w := range rows {
			found = append(found, w.id)
		}
		return err
	})
	return found
}

func TestHeldBack(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, c := range map[string]struct {
			other row
			later bool
			want  bool
		}{
			"an earlier one that is queued":                   {other: row{}, want: true},
			"a later one":                                     {other: row{state: "sending"}, later: true},
			"a campaign does not hold a reply":                {other: row{priority: 2, state: "sending"}},
			"one under way":                                   {other: row{state: "sending"}, want: true},
			"one that may have been sent just now":            {other: row{state: "uncertain", changed: now.Add(-time.Second)}, want: true},
			"one that has long been uncertain":                {other: row{state: "uncertain", changed: now.Add(-uncertainHolds)}},
			"one that can still be taken back":                {other: row{state: "deferred", notBefore: now.Add(5 * time.Second)}, want: true},
			"one that is tried again soon":                    {other: row{state: "deferred", notBefore: now.Add(holdsBack)}, want: true},
			"one for tomorrow":                                {other: row{state: "deferred", notBefore: now.Add(24 * time.Hour)}},
			"one that waits itself, whatever it is that for":  {other: row{turn: turnBehind}, want: true},
			"one of a campaign that waits does not":           {other: row{turn: turnBehind, priority: 2}},
			"one of somebody else":                            {other: row{state: "sending", person: id.Person(id.System().New())}},
			"one that was tried before and is queued for now": {other: row{turn: turnAgain, attempts: 1}, want: true},
		} {
			q := newQueue(db, func() time.Time { return now })
			before, message, after := id.Message(q.ids.New()), id.Message(q.ids.New()), id.Message(q.ids.New())
			other := c.other
			if other.id = before; c.later {
				other.id = after
			}
			if other.person.IsZero() {
				other.person = q.person
			}
			q.put(t, other, row{id: message, person: q.person})
			taken := false
			for _, m := range q.take(t, 10) {
				taken = taken || m == message
			}
			if taken == c.want {
				t.Errorf("%s: taken %t", name, taken)
			}
		}
	})
}

// TestTheHeadOfTheQueue: what waits behind others is not looked at, each person's
// next one steps forward, and none is forgotten.
func TestTheHeadOfTheQueue(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(db, func() time.Time { return now })
		other := id.Person(q.ids.New())
		var hers []id.Message
		for range 30 {
			hers = append(hers, id.Message(q.ids.New()))
			q.put(t, row{id: hers[len(hers)-1], person: q.person})
		}
		last := id.Message(q.ids.New())
		q.put(t, row{id: last, person: other})
		if got := q.take(t, 4); len(got) != 1 || got[0] != hers[0] { // the first look marks those behind
			t.Fatalf("it took %v", got)
		}
		for len(q.take(t, 4)) < 2 {
		}
		for i, m := range hers {
			if got := q.take(t, 4); len(got) == 0 || got[0] != m {
				t.Fatalf("it took %v, want her message %d", got, i)
			}
			q.write(t, func(ctx context.Context, tx store.Tx) error {
				return q.o.leave(ctx, tx, q.org, q.channel, leaving{m, q.person})
			})
		}
		if got := q.take(t, 4); len(got) != 1 || got[0] != last {
			t.Errorf("it took %v, want that of somebody else", got)
		}
	})
}

// TestWhatWaitsBehindNothingIsFound: the marks of two who became one, or of a
// version that did not know them, are put in order.
func TestWhatWaitsBehindNothingIsFound(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(db, func() time.Time { return now })
		message, doubted, behind := id.Message(q.ids.New()), id.Message(q.ids.New()), id.Message(q.ids.New())
		other := id.Person(q.ids.New())
		q.put(t, row{id: message, person: q.person, turn: turnBehind},
			row{id: doubted, person: other, state: "uncertain", changed: now.Add(-uncertainHolds), notBefore: now}, row{id: behind, person: other, turn: turnBehind})
		if got := q.take(t, 4); len(got) != 0 {
			t.Fatalf("it took %v", got)
		}
		q.write(t, func(ctx context.Context, tx store.Tx) error { return q.due(ctx, tx, now) })
		if got := q.take(t, 4); len(got) != 1 || got[0] != behind {
			t.Errorf("it took %v, want the one behind a doubt that is over", got)
		}
		if err := q.mend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := q.take(t, 4); len(got) != 2 || got[0] != message {
			t.Errorf("it took %v, want both", got)
		}
	})
}

// TestFirstTriesComeFirst: what fails again and again leaves the others their
// first try, and is not left behind itself.
func TestFirstTriesComeFirst(t *testing.T) {
	all := func(n int, priority, turn int64) []waiting {
		some := make([]waiting, n)
		for i := range some {
			some[i] = waiting{priority: priority, attempts: turn}
		}
		return some
	}
	count := func(some []waiting) (first, again int) {
		for _, w := range some {
			if w.attempts == 0 {
				first++
			} else {
				again++
			}
		}
		return first, again
	}
	for name, c := range map[string]struct {
		first, again           []waiting
		most, wantFirst, wantN int
	}{
		"one in eight is for what was tried before": {all(64, 0, 0), all(64, 0, 1), 64, 56, 64},
		"with one place it is the other's turn":     {nil, all(3, 0, 1), 1, 0, 1},
		"nothing was tried before":                  {all(64, 0, 0), nil, 64, 64, 64},
		"room for both":                             {all(3, 0, 0), all(2, 0, 1), 64, 3, 5},
		"a reply goes before a campaign":            {all(64, 2, 0), all(64, 0, 1), 64, 0, 64},
		"a campaign's second try waits for replies": {all(64, 0, 0), all(64, 2, 1), 8, 7, 8},
	} {
		got := choose(c.first, c.again, c.most, (c.most+7)/8)
		if first, again := count(got); first != c.wantFirst || first+again != c.wantN {
			t.Errorf("%s: %d first tries of %d", name, first, first+again)
		}
	}
}

// TestANodeWhoseClockIsWrongTakesNoLane: what it wrote would stand at the wrong
// time. It says so, and takes the lane once its clock is right.
func TestANodeWhoseClockIsWrongTakesNoLane(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(db, time.Now)
		q.o.Log = slog.New(slog.DiscardHandler)
		for _, c := range []struct {
			off   time.Duration
			wrong bool
		}{{6 * time.Second, true}, {-6 * time.Second, true}, {4 * 365 * 24 * time.Hour, true}, {4 * time.Second, false}, {0, false}, {-time.Hour, true}} {
			q.o.Clock = func() time.Time { return time.Now().Add(c.off) }
			q.renewed = time.Time{}
			held, err := q.hold(t.Context())
			if err != nil || held == c.wrong || q.o.ClockWrong() != c.wrong {
				t.Errorf("off by %v: held %t, %v", c.off, held, err)
			}
		}
	})
}
