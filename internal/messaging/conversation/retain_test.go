package conversation

import (
	"context"
	"fmt"
	"testing"
	"time"

	"einklang/internal/test/storetest"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

const day = 24 * time.Hour

// before orders what is to go, by class.
func before(at time.Time, classes ...string) period.Orders {
	o := period.Orders{Before: map[string]time.Time{}}
	for _, class := range classes {
		o.Before[class] = at
	}
	return o
}

// expire runs all bites and says what was deleted, and whose files.
func (o *office) expire(t storetest.Failer, orders period.Orders) (counts map[string]int64, gone []id.Message) {
	t.Helper()
	o.emptied, counts = nil, map[string]int64{}
	for after := (id.Cursor{}); ; {
		o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
			after, err = o.ExpireClasses(ctx, tx, o.org, orders, after, counts)
			return err
		})
		if after.IsZero() {
			return counts, o.emptied
		}
	}
}

// Three messages come on the first, eleventh and twenty-first day; on the
// hundredth, what is older than a cutoff is deleted.
func TestWhatRetentionDeletes(t *testing.T) {
	at := func(d int) time.Time { return start.Add(time.Duration(d) * day) }
	each(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name  string
			keep  Keep
			close []int // days on which it is closed
			held  bool
			q     period.Orders
			left  []string
		}{
			{"ordinary, ended by its last message", Ordinary, nil, false, before(at(30), period.Messages), nil},
			{"ordinary, somebody still wrote after the cutoff", Ordinary, nil, false, before(at(15), period.Messages), []string{"Tag 0", "Tag 10", "Tag 20"}},
			{"ordinary, closed before the cutoff and begun anew", Ordinary, []int{12}, false, before(at(15), period.Messages), []string{"Tag 20"}},
			{"ordinary, closed twice before it", Ordinary, []int{5, 12}, false, before(at(15), period.Messages), []string{"Tag 20"}},
			{"ordinary, closed after it", Ordinary, []int{16}, false, before(at(15), period.Messages), []string{"Tag 0", "Tag 10", "Tag 20"}},
			{"a hold keeps it", Ordinary, nil, true, before(at(30), period.Messages), []string{"Tag 0", "Tag 10", "Tag 20"}},
			{"a letter is older than messages may be", Letter, nil, false, before(at(30), period.Messages), []string{"Tag 0", "Tag 10", "Tag 20"}},
			{"a letter is older than letters may be", Letter, nil, false, period.Orders{Before: map[string]time.Time{period.Messages: at(30), period.Letters: at(15)}}, []string{"Tag 20"}},
			{"a voucher is older than letters may be", Voucher, nil, false, before(at(30), period.Messages, period.Letters), []string{"Tag 0", "Tag 10", "Tag 20"}},
			{"a voucher is older than vouchers may be", Voucher, nil, false, before(at(5), period.Vouchers), []string{"Tag 10", "Tag 20"}},
			{"only counted", Ordinary, nil, false, period.Orders{Before: map[string]time.Time{period.Messages: at(30)}, Dry: true}, []string{"Tag 0", "Tag 10", "Tag 20"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				o := open(t, o.db, o.vault)
				w := o.person(t)
				var thread id.Conversation
				closed := map[int]bool{}
				for _, d := range c.close {
					closed[d] = true
				}
				for d := range 21 {
					o.now = at(d)
					if d%10 == 0 {
						thread = o.hear(t, o.from(w, fmt.Sprintf("Tag %d", d)))[0].Conversation
					}
					if closed[d] {
						o.write(t, func(ctx context.Context, tx store.Tx) error { return o.SetClosed(ctx, tx, o.org, thread, true) })
					}
				}
				o.write(t, func(ctx context.Context, tx store.Tx) error { return o.SetKeep(ctx, tx, o.org, thread, c.keep) })
				o.now = at(100)
				if c.held {
					c.q.Held = map[id.ID]bool{id.ID(w.Contact): true}
				}
				counts, told := o.expire(t, c.q)
				equal(t, "left", o.texts(t, thread), c.left)
				gone := 3 - len(c.left)
				if c.q.Dry {
					gone = 0
					if counts[period.Messages] != 3 {
						t.Errorf("%d messages are counted as due, want 3", counts[period.Messages])
					}
				} else if int(counts[period.Messages]+counts[period.Letters]+counts[period.Vouchers]) != gone {
					t.Errorf("%+v was counted, want %d", counts, gone)
				}
				if len(told) != gone || len(o.words) != 3-gone {
					t.Errorf("the files of %d messages go and the index holds %d; want %d gone", len(told), len(o.words), gone)
				}
				if s := o.summary(t, thread); (len(c.left) == 0) != (s.Preview == "") {
					t.Errorf("the list still shows %q", s.Preview)
				}
			})
		}
	})
}

func TestCardsAndDetailsGoBeforeTheirMessages(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w := o.person(t)
		card := o.from(w, "")
		card.Body.Content = cloudapi.Content{Type: cloudapi.TypeContacts, Contacts: []cloudapi.Card{{}}}
		thread := o.hear(t, o.from(w, "Guten Tag"), card)[0].Conversation
		ours := o.say(t, w, "Gern")
		o.apply(t, Change{Kind: StatusChange, Opaque: ours.ID.String(), WAMID: "wamid.ours", State: "delivered", At: o.now})
		cutoff := o.now.Add(time.Hour)

		done, _ := o.expire(t, before(cutoff, period.Cards, period.Details))
		equal(t, "left", o.texts(t, thread), []string{"Guten Tag", "Gern"})
		if done[period.Cards] != 1 || done[period.Details] != 1 || done[period.Messages] != 0 {
			t.Errorf("%+v was deleted, want one card and the details of one message", done)
		}
		if m := o.get(t, ours.ID); !m.Delivered.IsZero() || m.State != "delivered" {
			t.Errorf("a message is %s, delivered at %v; want the state without the moment", m.State, m.Delivered)
		}
		if again, _ := o.expire(t, before(cutoff, period.Cards, period.Details)); again[period.Cards]+again[period.Details] != 0 {
			t.Errorf("a second round deletes %+v again", again)
		}
	})
}

// Retention works in bites, also through one long conversation.
func TestRetentionOfManyMessages(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w := o.person(t)
		var all []Incoming
		for i := range expireMessages + 20 {
			all = append(all, o.from(w, fmt.Sprint(i)))
		}
		o.hear(t, all...)
		o.hear(t, o.from(o.person(t), "kurz"))
		counts, gone := o.expire(t, before(o.now.Add(time.Hour), period.Messages))
		if int(counts[period.Messages]) != len(all)+1 || len(gone) != len(all)+1 || o.count(t, "message") != 0 {
			t.Errorf("%d of %d messages were deleted, %d are left", counts[period.Messages], len(all)+1, o.count(t, "message"))
		}
	})
}

// Of an erased person nothing is left, whatever she had; nobody else loses
// anything.
func TestErasure(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		w, other := o.person(t), o.person(t)
		var all []Incoming
		for i := range eraseBite + 1 {
			all = append(all, o.from(w, fmt.Sprint(i)))
		}
		thread := o.hear(t, all...)[0].Conversation
		second := o.from(w, "auf der anderen Nummer")
		second.Channel = id.Channel(o.ids.New())
		o.hear(t, second)
		stays := o.hear(t, o.from(other, "bleibt"))[0].Conversation
		o.apply(t, Change{Kind: ReactionChange, WAMID: all[0].WAMID, Emoji: "👍", At: o.now})
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.SetClosed(ctx, tx, o.org, thread, true) })

		if n, err := o.CountOf(t.Context(), o.db, o.org, w.Contact); err != nil || int(n) != len(all)+1 {
			t.Errorf("%d messages are counted, %v", n, err)
		}
		var n int64
		for more := true; more; {
			o.write(t, func(ctx context.Context, tx store.Tx) error {
				some, left, err := o.Erase(ctx, tx, o.org, w.Contact)
				n, more = n+some, left
				return err
			})
		}
		if int(n) != len(all)+1 {
			t.Errorf("%d messages were erased, want %d", n, len(all)+1)
		}
		for table, want := range map[string]int64{"message": 1, "conversation": 1, "reaction": 0, "conversation_end": 0} {
			if got := o.count(t, table); got != want {
				t.Errorf("%s has %d rows, want %d", table, got, want)
			}
		}
		equal(t, "the other's", o.texts(t, stays), []string{"bleibt"})
		if len(o.words) != 1 {
			t.Errorf("the index holds %d messages, want one", len(o.words))
		}
	})
}

// What waits for a message is sealed with the organisation's key; it is found
// by the number that WhatsApp's message id holds.
func TestErasureFindsWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		react := func(wamid string) Change {
			return Change{Kind: ReactionChange, WAMID: wamid, Emoji: "👍", At: o.now}
		}
		o.apply(t, react("wamid.HBgMNDkxNzYwNDA2OTAxMRUCABIYFjNFQjA="), react("wamid.HBgMNDkxNzYwNDA2OTAyMhUCABIYFjNFQjA="), react("491760406901112"))
		var n int64
		o.write(t, func(ctx context.Context, tx store.Tx) (err error) {
			n, _, err = o.EraseEarly(ctx, tx, o.org, []string{"4917604069011"}, id.Cursor{})
			return err
		})
		if left := o.count(t, "early"); n != 2 || left != 1 {
			t.Errorf("%d waiting changes were erased and %d are left, want 2 and 1", n, left)
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Expire(ctx, tx, o.org, o.now.Add(earlyKept)) })
		if o.count(t, "early") != 1 {
			t.Error("what has waited since just now is forgotten")
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error {
			return o.Expire(ctx, tx, o.org, o.now.Add(earlyKept+time.Second))
		})
		if o.count(t, "early") != 0 {
			t.Error("what has waited for too long is kept")
		}
	})
}
