package conversation

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// Pages of a list and of a conversation show each row once, also where many
// have the same moment.
func TestPagesShowEverythingOnce(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		var want, got []id.Conversation
		for range 7 {
			w := o.person(t)
			want = append(want, o.hear(t, o.from(w, "Guten Tag"))[0].Conversation)
		}
		for after := (Place{}); ; {
			some, err := o.List(t.Context(), o.db, o.org, Filter{View: ViewAll}, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			for _, s := range some {
				got = append([]id.Conversation{s.ID}, got...)
			}
			after = Place{some[len(some)-1].LastAt, id.Cursor(some[len(some)-1].ID)}
		}
		equal(t, "the list", got, want)
		if _, err := o.List(t.Context(), o.db, o.org, Filter{View: "everything"}, Place{}, 3); err == nil {
			t.Error("a view that does not exist is listed")
		}

		w := o.person(t)
		var all []Incoming
		for i := range 7 {
			all = append(all, o.from(w, fmt.Sprint(i)))
		}
		thread := o.hear(t, all...)[0].Conversation
		page, more, err := o.Page(t.Context(), o.db, o.org, thread, Place{}, 3)
		if err != nil || !more || len(page) != 3 || Words(page[2].Body.Content) != "6" {
			t.Fatal(page, err)
		}
		before, more, err := o.Page(t.Context(), o.db, o.org, thread, Place{page[0].At, id.Cursor(page[0].ID)}, 10)
		if err != nil || more || len(before) != 4 || Words(before[3].Body.Content) != "3" {
			t.Fatal(before, err)
		}
		after, more, err := o.After(t.Context(), o.db, o.org, thread, Place{before[3].At, id.Cursor(before[3].ID)}, 10)
		if err != nil || more || len(after) != 3 || Words(after[0].Body.Content) != "4" {
			t.Fatal(after, err)
		}
	})
}

// another fills an organisation and lets its neighbour, in the same database,
// ask for everything by its ids.
func TestAnOrganisationNeverSeesAnother(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		stranger := open(t, o.db, o.vault)
		w := o.person(t)
		in := o.from(w, "geheim")
		added := o.hear(t, in)[0]
		o.apply(t, Change{Kind: ReactionChange, WAMID: in.WAMID, Emoji: "👍", At: o.now})
		c, m, ctx, db, org := added.Conversation, added.Message, t.Context(), o.db, stranger.org
		before := o.summary(t, c)

		for name, read := range map[string]func() (int, error){
			"Summary": func() (int, error) {
				_, err := stranger.Summary(ctx, db, org, c)
				return none(err)
			},
			"Get": func() (int, error) {
				_, err := stranger.Get(ctx, db, org, m)
				return none(err)
			},
			"OfContact": func() (int, error) { got, err := stranger.OfContact(ctx, db, org, w.Contact); return len(got), err },
			"Of":        func() (int, error) { got, err := stranger.Of(ctx, db, org, w.Contact); return len(got), err },
			"Page":      func() (int, error) { got, _, err := stranger.Page(ctx, db, org, c, Place{}, 9); return len(got), err },
			"Beyond": func() (int, error) {
				last, _, err := stranger.Beyond(ctx, db, org, c, Place{}, 9)
				return map[bool]int{false: 1}[last.ID.IsZero()], err
			},
			"After": func() (int, error) { got, _, err := stranger.After(ctx, db, org, c, Place{}, 9); return len(got), err },
			"Files": func() (int, error) { got, err := stranger.Files(ctx, db, org, c, 9); return len(got), err },
			"All": func() (int, error) {
				got, _, err := stranger.All(ctx, db, org, id.Cursor{}, true, 9)
				return len(got), err
			},
			"Find": func() (int, error) { got, err := stranger.Find(ctx, db, org, []id.Message{m}); return len(got), err },
			"Quoted": func() (int, error) {
				got, err := stranger.Quoted(ctx, db, org, []string{in.WAMID})
				return len(got), err
			},
			"Reactions": func() (int, error) {
				got, err := stranger.Reactions(ctx, db, org, []chat.Message{{ID: m}})
				return len(got), err
			},
			"Teams": func() (int, error) {
				got, err := stranger.Teams(ctx, db, org, []id.Conversation{c})
				return len(got), err
			},
			"Backlogs":     func() (int, error) { got, err := stranger.Backlogs(ctx, db, org); return len(got), err },
			"OpenByPerson": func() (int, error) { got, err := stranger.OpenByPerson(ctx, db, org); return len(got), err },
			"Between": func() (int, error) {
				got, err := stranger.Between(ctx, db, org, time.Time{}, o.now.Add(day))
				return len(got), err
			},
			"Standings": func() (int, error) {
				got, err := stranger.Standings(ctx, db, org, o.number, []id.Person{w.Contact})
				return len(got), err
			},
			"PersonOf":  func() (int, error) { got, err := stranger.PersonOf(ctx, db, org, c); return some(got), err },
			"OfMessage": func() (int, error) { got, err := stranger.PersonOfMessage(ctx, db, org, m); return some(got), err },
			"CountOpen": func() (int, error) { n, err := stranger.CountOpen(ctx, db, org); return int(n), err },
			"CountOf":   func() (int, error) { n, err := stranger.CountOf(ctx, db, org, w.Contact); return int(n), err },
			"Written": func() (int, error) {
				n, _, _, err := stranger.Written(ctx, db, org, id.Channel{}, time.Time{}, o.now.Add(day))
				return int(n), err
			},
			"Load": func() (int, error) {
				got, err := stranger.Load(ctx, db, org, []id.Account{{}})
				return got[id.Account{}], err
			},
			"Facts": func() (int, error) {
				var f cockpit.Facts
				err := stranger.Facts(ctx, db, org, o.now, &f)
				return int(f.Consent.Initiated), err
			},
		} {
			if n, err := read(); n != 0 || err != nil {
				t.Errorf("%s shows %d of another organisation's, %v", name, n, err)
			}
		}
		for name, write := range map[string]func(context.Context, store.Tx) error{
			"SetClosed": func(ctx context.Context, tx store.Tx) error { return stranger.SetClosed(ctx, tx, org, c, true) },
			"Assign": func(ctx context.Context, tx store.Tx) error {
				return stranger.Assign(ctx, tx, org, c, id.Account(org), id.Team(org))
			},
			"Snooze":  func(ctx context.Context, tx store.Tx) error { return stranger.Snooze(ctx, tx, org, c, o.now) },
			"SetKeep": func(ctx context.Context, tx store.Tx) error { return stranger.SetKeep(ctx, tx, org, c, Voucher) },
		} {
			if err := o.db.Write(ctx, write); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s on another organisation's conversation: %v", name, err)
			}
		}
		stranger.write(t, func(ctx context.Context, tx store.Tx) error {
			_, _, err := stranger.Erase(ctx, tx, org, w.Contact)
			return errors.Join(err, stranger.MarkRead(ctx, tx, org, c), stranger.Merge(ctx, tx, org, w.Contact, id.Person(org)))
		})
		stranger.apply(t, Change{Kind: RevokeChange, WAMID: in.WAMID, At: o.now}, Change{Kind: RevokeChange, Opaque: m.String(), At: o.now})
		if after := o.summary(t, c); after.Unread != before.Unread || after.Preview != "geheim" || after.Contact != w.Contact {
			t.Errorf("another organisation changed %+v to %+v", before, after)
		}
	})
}

func none(err error) (int, error) {
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return 1, err
}

func some(i id.Person) int {
	if i.IsZero() {
		return 0
	}
	return 1
}

// The staff answer on the second minute; the person had written on the first,
// and writes again on the third and fourth.
func TestWhoWaitsSinceWhen(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w := o.person(t)
		at := func(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }
		var thread id.Conversation
		for m := range 4 {
			o.now = at(m + 1)
			if m == 1 {
				o.say(t, w, "Gern")
				continue
			}
			thread = o.hear(t, o.from(w, fmt.Sprint(m)))[0].Conversation
		}
		for _, c := range []struct {
			name  string
			until int
			want  time.Time
		}{
			{"before anything came", 1, time.Time{}},
			{"before the answer", 2, at(1)},
			{"just after the answer", 3, time.Time{}},
			{"after she wrote again", 4, at(3)},
			{"after she wrote a third time", 5, at(3)},
		} {
			if got, err := o.WaitingSince(t.Context(), o.db, o.org, thread, at(c.until)); err != nil || !got.Equal(c.want) {
				t.Errorf("%s: waits since %v (%v), want %v", c.name, got, err, c.want)
			}
		}
		for _, c := range []struct {
			name         string
			after, until int
			want         time.Time
		}{
			{"all", 0, 9, at(1)}, {"after the first", 1, 9, at(3)}, {"only the answer", 1, 2, time.Time{}}, {"to the minute", 2, 3, at(3)},
		} {
			if got, err := o.FirstHeard(t.Context(), o.db, o.org, thread, at(c.after), at(c.until)); err != nil || !got.Equal(c.want) {
				t.Errorf("%s: first heard at %v (%v), want %v", c.name, got, err, c.want)
			}
		}
	})
}

// Old messages are history: nothing is unread, no window opens, no matter.
func TestHistoryOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w := o.person(t)
		add := func(all ...Past) (n int) {
			o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
				n, err = o.AddHistory(ctx, tx, o.org, o.number, w, all)
				return err
			})
			return n
		}
		old := func(key string, ago time.Duration) Past { return Past{Key: key, Body: text(key), At: start.Add(-ago)} }
		if n := add(old("a", 3*day), old("b", 2*day), old("a", 3*day)); n != 2 {
			t.Errorf("%d messages were new, want 2", n)
		}
		if n := add(old("b", 2*day), old("c", day)); n != 1 {
			t.Errorf("%d messages were new, want 1", n)
		}
		known, err := o.KnownPast(t.Context(), o.db, o.org, []string{"a", "z"})
		if err != nil || !known["a"] || known["z"] {
			t.Errorf("known are %v, %v", known, err)
		}
		s, err := o.OfContact(t.Context(), o.db, o.org, w.Contact)
		if err != nil || len(s) != 1 || !s[0].Closed || s[0].Unread != 0 || !s[0].WindowEnds.IsZero() || !s[0].Matter.IsZero() || s[0].Preview != "c" {
			t.Errorf("history became %+v, %v", s, err)
		}
		equal(t, "messages", o.texts(t, s[0].ID), []string{"a", "b", "c"})
		o.hear(t, o.from(w, "heute"))
		if add(old("d", time.Hour)); o.summary(t, s[0].ID).Preview != "heute" {
			t.Error("the list shows an old message before a new one")
		}
	})
}

func TestBrowsersAreToldAfterTheWriteOnly(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		thread := o.hear(t, o.from(o.person(t), "Guten Tag"))[0].Conversation
		o.told = nil
		broken := errors.New("broken off")
		err := o.db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(o.SetClosed(ctx, tx, o.org, thread, true), broken)
		})
		if !errors.Is(err, broken) || len(o.told) != 0 {
			t.Errorf("told %v of a write that was broken off by %v", o.told, err)
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.SetClosed(ctx, tx, o.org, thread, true) })
		equal(t, "told", o.told, []id.Conversation{thread})
	})
}
