package conversation

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// thing is a conversation as the model knows it.
type thing struct {
	id             id.Conversation
	person, number int
	closed         bool
	unread         int
	snoozed        time.Time
	assignee       id.Account
	team           id.Team
	windowEnds     time.Time
	lastAt         time.Time
	matter         bool
	keep           Keep
}

// matterOpen reports whether what the person came with is still open: it ends
// with the closing (privacy.md S10).
func (c *thing) matterOpen() bool { return c.matter && !c.closed }

// endMatter ends a matter that is over: nothing brings it back.
func (c *thing) endMatter() { c.matter = c.matterOpen() }

// world is an office and what should be in it.
type world struct {
	*office
	people  []Writer
	numbers []id.Channel
	staff   []id.Account // the zero id is nobody
	threads []*thing
}

func (w *world) of(person, number int) *thing {
	i := slices.IndexFunc(w.threads, func(c *thing) bool { return c.person == person && c.number == number })
	if i < 0 {
		return nil
	}
	return w.threads[i]
}

// some draws a conversation.
func (w *world) some(t *rapid.T) *thing {
	if len(w.threads) == 0 {
		t.Skip("no conversation yet")
	}
	return w.threads[rapid.IntRange(0, len(w.threads)-1).Draw(t, "conversation")]
}

func (w *world) who(t *rapid.T) int { return rapid.IntRange(0, len(w.people)-1).Draw(t, "person") }

func (w *world) do(t *rapid.T, fn func(context.Context, store.Tx) error) { w.write(t, fn) }

// come: somebody writes, now or on a way that took long, or our side echoes.
func (w *world) come(t *rapid.T) {
	p, n := w.who(t), rapid.IntRange(0, len(w.numbers)-1).Draw(t, "number")
	in := w.from(w.people[p], "Guten Tag")
	in.Channel = w.numbers[n]
	in.At = w.now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 30}).Draw(t, "hours late")) * time.Hour)
	in.Echo = rapid.SampledFrom([]bool{false, false, true}).Draw(t, "echo")
	added := w.hear(t, in)[0]
	c := w.of(p, n)
	if c == nil {
		c = &thing{id: added.Conversation, person: p, number: n}
		w.threads = append(w.threads, c)
	}
	if added.Conversation != c.id || !added.New {
		t.Fatalf("a message became %+v, want it new in %s", added, c.id)
	}
	hadMatter := c.matterOpen() && w.now.Add(-MatterLasts).Before(c.windowEnds.Add(-Window))
	if opened := !added.OpenedMatter.IsZero(); opened != (!in.Echo && !hadMatter) {
		t.Fatalf("a message opened a matter: %v", opened)
	}
	c.matter = c.matterOpen() || !in.Echo
	c.closed, c.snoozed = false, time.Time{}
	c.lastAt = later(c.lastAt, in.At)
	if !in.Echo {
		c.unread++
		c.windowEnds = later(c.windowEnds, in.At.Add(Window))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (w *world) answer(t *rapid.T) {
	c := w.some(t)
	if w.numbers[c.number] != w.number {
		t.Skip("say writes on the first number")
	}
	w.say(t, w.people[c.person], "Gern")
	c.lastAt = later(c.lastAt, w.now)
}

func (w *world) close(t *rapid.T) {
	c := w.some(t)
	w.do(t, func(ctx context.Context, tx store.Tx) error { return w.SetClosed(ctx, tx, w.org, c.id, true) })
	c.closed, c.snoozed = true, time.Time{}
}

func (w *world) reopen(t *rapid.T) {
	c := w.some(t)
	w.do(t, func(ctx context.Context, tx store.Tx) error { return w.SetClosed(ctx, tx, w.org, c.id, false) })
	c.endMatter()
	c.closed, c.snoozed = false, time.Time{}
}

func (w *world) putOff(t *rapid.T) {
	c := w.some(t)
	until := w.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
	w.do(t, func(ctx context.Context, tx store.Tx) error {
		err := w.Snooze(ctx, tx, w.org, c.id, until)
		if c.closed != errors.Is(err, ErrClosed) {
			t.Errorf("closed %v, and putting it off: %v", c.closed, err)
		}
		if c.closed {
			return nil
		}
		return err
	})
	if !c.closed {
		c.snoozed = until
	}
}

func (w *world) pass(t *rapid.T) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "hours")) * time.Hour)
	w.do(t, func(ctx context.Context, tx store.Tx) error { return w.Wake(ctx, tx, w.org) })
	for _, c := range w.threads {
		if !c.snoozed.After(w.now) {
			c.snoozed = time.Time{}
		}
	}
}

func (w *world) assign(t *rapid.T) {
	c := w.some(t)
	one := rapid.IntRange(0, len(w.staff)-1)
	c.assignee, c.team = w.staff[one.Draw(t, "colleague")], id.Team(w.staff[one.Draw(t, "team")])
	w.do(t, func(ctx context.Context, tx store.Tx) error {
		return w.Assign(ctx, tx, w.org, c.id, c.assignee, c.team)
	})
}

func (w *world) read(t *rapid.T) {
	c := w.some(t)
	w.do(t, func(ctx context.Context, tx store.Tx) error { return w.MarkRead(ctx, tx, w.org, c.id) })
	c.unread = 0
}

func (w *world) mark(t *rapid.T) {
	c := w.some(t)
	c.keep = rapid.SampledFrom([]Keep{Ordinary, Letter, Voucher}).Draw(t, "keep")
	w.do(t, func(ctx context.Context, tx store.Tx) error { return w.SetKeep(ctx, tx, w.org, c.id, c.keep) })
}

// merge makes one person of two, as the book of people does it: the keys first.
func (w *world) merge(t *rapid.T) {
	from, into := w.who(t), w.who(t)
	if from == into {
		t.Skip("the same person")
	}
	w.do(t, func(ctx context.Context, tx store.Tx) error {
		keys, err := w.vault.Org(ctx, tx, w.org)
		if err != nil {
			return err
		}
		if err := keys.Adopt(ctx, tx, w.people[from].Contact, w.people[into].Contact); err != nil {
			return err
		}
		return w.Merge(ctx, tx, w.org, w.people[from].Contact, w.people[into].Contact)
	})
	for n := range w.numbers {
		gone, stays := w.of(from, n), w.of(into, n)
		switch {
		case gone == nil:
		case stays == nil:
			gone.person = into
		default:
			stays.join(gone)
			w.threads = slices.DeleteFunc(w.threads, func(c *thing) bool { return c == gone })
		}
	}
	w.people[from] = w.person(t) // somebody else takes her place
}

// join: what either was, holds for both; nothing that waits gets out of sight.
func (c *thing) join(gone *thing) {
	c.endMatter()
	gone.endMatter()
	c.matter = c.matter || gone.matter
	switch {
	case gone.closed:
	case c.closed || gone.snoozed.IsZero() || !c.snoozed.IsZero() && gone.snoozed.Before(c.snoozed):
		c.snoozed = gone.snoozed
	}
	c.closed = c.closed && gone.closed
	c.unread += gone.unread
	c.windowEnds, c.lastAt = later(c.windowEnds, gone.windowEnds), later(c.lastAt, gone.lastAt)
	if c.assignee.IsZero() {
		c.assignee = gone.assignee
	}
	if c.team.IsZero() {
		c.team = gone.team
	}
	if gone.keep == Voucher || c.keep == Ordinary {
		c.keep = gone.keep
	}
}

// agrees compares the office with the model: each conversation, and what the
// gate is told of it.
func (w *world) agrees(t *rapid.T) {
	ctx := context.Background()
	all, err := w.List(ctx, w.db, w.org, Filter{View: ViewAll}, Place{}, 1000)
	if err != nil || len(all) != len(w.threads) {
		t.Fatalf("%d conversations, %v; want %d", len(all), err, len(w.threads))
	}
	marked, err := w.MarkedOnes(ctx, w.db, w.org)
	if err != nil {
		t.Fatal(err)
	}
	keep := map[id.Conversation]Keep{}
	for _, m := range marked {
		keep[m.ID] = m.As
	}
	people := make([]id.Person, len(w.people))
	for i, p := range w.people {
		people[i] = p.Contact
	}
	standings := map[id.Conversation]chat.Standing{}
	for _, n := range w.numbers {
		some, err := w.Standings(ctx, w.db, w.org, n, people)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range some {
			standings[s.Conversation] = s
		}
	}
	for _, s := range all {
		c := w.threads[slices.IndexFunc(w.threads, func(c *thing) bool { return c.id == s.ID })]
		got := thing{c.id, c.person, c.number, s.Closed, s.Unread, s.Snoozed, s.Assignee, s.Team, s.WindowEnds, s.LastAt, c.matter, keep[c.id]}
		if got != *c || s.Contact != w.people[c.person].Contact || s.Channel != w.numbers[c.number] {
			t.Fatalf("got  %+v\nwant %+v", got, *c)
		}
		if told := standings[c.id]; !told.WindowEnds.Equal(c.windowEnds) || !told.Matter.IsZero() != c.matterOpen() {
			t.Fatalf("the gate is told %+v of %+v", told, *c)
		}
	}
}

// look compares every view with the model.
func (w *world) look(t *rapid.T) {
	open := func(c *thing) bool { return !c.closed && c.snoozed.IsZero() }
	for _, one := range w.staff[1:] {
		w.shows(t, Filter{View: ViewMine, Account: one}, func(c *thing) bool { return open(c) && c.assignee == one })
		w.shows(t, Filter{View: ViewTeam, Team: id.Team(one)}, func(c *thing) bool { return open(c) && c.team == id.Team(one) })
	}
	w.shows(t, Filter{View: ViewOpen}, open)
	w.shows(t, Filter{View: ViewUnassigned}, func(c *thing) bool { return open(c) && c.assignee.IsZero() })
	w.shows(t, Filter{View: ViewUnread}, func(c *thing) bool { return c.unread > 0 })
	w.shows(t, Filter{View: ViewClosed}, func(c *thing) bool { return c.closed })
	w.shows(t, Filter{View: ViewSnoozed}, func(c *thing) bool { return !c.snoozed.IsZero() })
	w.shows(t, Filter{View: ViewAll}, func(*thing) bool { return true })
}

func (w *world) shows(t *rapid.T, f Filter, in func(*thing) bool) {
	var want []*thing
	for _, c := range w.threads {
		if in(c) {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, func(a, b *thing) int {
		if c := b.lastAt.Compare(a.lastAt); c != 0 {
			return c
		}
		return bytes.Compare(b.id[:], a.id[:])
	})
	ids := make([]id.Conversation, len(want))
	for i, c := range want {
		ids[i] = c.id
	}
	equal(t, "view "+string(f.View), w.list(t, f), ids)
}

// Whatever happens to conversations, in whatever order, they are what a few
// lines of model say.
func TestConversationsAreWhatHappenedToThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(t *rapid.T) {
			o := open(t, db, v)
			w := &world{office: o, numbers: []id.Channel{o.number, id.Channel(o.ids.New())}, staff: []id.Account{{}, id.Account(o.ids.New()), id.Account(o.ids.New())}}
			for range 3 {
				w.people = append(w.people, o.person(t))
			}
			t.Repeat(map[string]func(*rapid.T){
				"": w.agrees, "come": w.come, "come again": w.come, "answer": w.answer, "close": w.close, "reopen": w.reopen, "put off": w.putOff,
				"pass": w.pass, "assign": w.assign, "read": w.read, "mark": w.mark, "merge": w.merge, "look": w.look,
			})
		})
	})
}
