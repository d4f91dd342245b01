package conversation

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

// event is something that a webhook or our lane reports.
type event struct {
	in     *Incoming
	change *Change
	lane   *chat.Progress
}

// deliver applies events, one after another; or changes that come together in
// one go, as intake collects them.
func (o *office) deliver(t *rapid.T, all []event) {
	t.Helper()
	together := rapid.Bool().Draw(t, "together")
	var some []Change
	for i, e := range all {
		if e.change != nil {
			if some = append(some, *e.change); !together || i == len(all)-1 || all[i+1].change == nil {
				o.apply(t, some...)
				some = nil
			}
			continue
		}
		if e.in != nil {
			o.hear(t, *e.in)
			continue
		}
		o.write(t, func(ctx context.Context, tx store.Tx) error { return o.Progress(ctx, tx, o.org, *e.lane) })
	}
}

// shaken are the events in any order, some of them twice.
func shaken(t *rapid.T, all []event) []event {
	twice := rapid.SliceOfN(rapid.IntRange(0, len(all)-1), 0, 4).Draw(t, "twice")
	places := make([]int, len(all), len(all)+len(twice))
	for i := range all {
		places[i] = i
	}
	var mixed []event
	for _, i := range rapid.Permutation(append(places, twice...)).Draw(t, "order") {
		mixed = append(mixed, all[i])
	}
	return mixed
}

// What speaks of a message may come before it, late, and twice: edits, a
// deletion and reactions end the same.
func TestMessagesEndTheSameInAnyOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(t *rapid.T) {
			o := open(t, db, v)
			in := o.from(o.person(t), "zuerst")
			in.Echo = rapid.Bool().Draw(t, "echo")
			all := []event{{in: &in}}
			say := func(c Change) {
				o.now = o.now.Add(time.Second)
				c.WAMID, c.At = in.WAMID, o.now
				all = append(all, event{change: &c})
			}
			words, emoji := "zuerst", ""
			for i := range rapid.IntRange(0, 2).Draw(t, "edits") {
				words = fmt.Sprintf("Fassung %d", i)
				say(Change{Kind: EditChange, Content: text(words).Content, Ours: in.Echo})
			}
			if rapid.Bool().Draw(t, "another side edits") {
				say(Change{Kind: EditChange, Content: text("untergeschoben").Content, Ours: !in.Echo})
			}
			for range rapid.IntRange(0, 2).Draw(t, "reactions") {
				emoji = rapid.SampledFrom([]string{"👍", "❤️", ""}).Draw(t, "emoji")
				say(Change{Kind: ReactionChange, Emoji: emoji})
			}
			revoked := rapid.Bool().Draw(t, "deleted")
			if revoked {
				words, emoji = "", ""
				say(Change{Kind: RevokeChange, Ours: in.Echo})
			}
			o.deliver(t, shaken(t, all))

			m := o.theOne(t)
			if got := Words(m.Body.Content); got != words || m.Revoked.IsZero() == revoked {
				t.Errorf("the message says %q, deleted at %v; want %q", got, m.Revoked, words)
			}
			if _, found := o.words[m.ID]; found == revoked || !revoked && o.words[m.ID] != words {
				t.Errorf("the index knows %q, want %q", o.words[m.ID], words)
			}
			if s := o.summary(t, m.Conversation); s.Preview != words || (s.PreviewType == cloudapi.TypeRevoke) != revoked || s.Unread > 1 {
				t.Errorf("the list shows %q of %q, %d unread; want %q", s.Preview, s.PreviewType, s.Unread, words)
			}
			found, err := o.Reactions(context.Background(), db, o.org, []chat.Message{m})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if emoji != "" {
				want = []string{emoji}
			}
			var got []string
			for _, r := range found[m.ID] {
				got = append(got, r.Emoji)
			}
			equal(t, "reactions", got, want)
			if n := o.count(t, "reaction"); revoked && n > 0 {
				t.Errorf("%d reactions are kept on a message that was deleted", n)
			}
			if n := o.count(t, "early"); n > 0 {
				t.Errorf("%d changes still wait for a message that is here", n)
			}
		})
	})
}

// theOne is the only message of the office.
func (o *office) theOne(t storetest.Failer) chat.Message {
	t.Helper()
	all, _, err := o.All(context.Background(), o.db, o.org, [16]byte{}, false, 10)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d messages, %v; want one", len(all), err)
	}
	return all[0]
}

// The answer to the call, and the statuses that follow it, overtake each other:
// the message ends in the furthest state, with the first moment of each, and
// keeps the code of a failure that nothing has disproved.
func TestStatusesEndTheSameInAnyOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		v := vaulttest.Open(t, db)
		rapid.Check(t, func(t *rapid.T) {
			o := open(t, db, v)
			m := o.say(t, o.person(t), "Ihr Paket ist da")
			all := []event{{lane: &chat.Progress{Message: m.ID, State: chat.Accepted, WAMID: "wamid.ours"}}}
			want := chat.Message{State: chat.Accepted}
			for i, state := range rapid.SliceOfNDistinct(rapid.SampledFrom([]chat.State{chat.Sent, chat.Delivered, chat.Read, chat.Failed}), 0, 4, rapid.ID[chat.State]).Draw(t, "statuses") {
				c := Change{Kind: StatusChange, WAMID: "wamid.ours", State: state, At: start.Add(time.Duration(i) * time.Minute)}
				if rapid.Bool().Draw(t, "with our id") {
					c.Opaque = m.ID.String()
				}
				if state == chat.Failed {
					c.ErrorCode = 131026
				}
				all = append(all, event{change: &c})
				want.State = want.State.Advance(state)
				switch state {
				case chat.Sent:
					want.Sent = c.At
				case chat.Delivered:
					want.Delivered = c.At
				case chat.Read:
					want.Read = c.At
				default:
				}
				// What was read was delivered, also if nobody says so.
				if read := want.Read; !read.IsZero() && (want.Delivered.IsZero() || read.Before(want.Delivered)) {
					want.Delivered = read
				}
			}
			if want.State == chat.Failed {
				want.ErrorCode = 131026
			}
			o.deliver(t, shaken(t, all))

			got := o.get(t, m.ID)
			if got.State != want.State || got.ErrorCode != want.ErrorCode || got.WAMID != "wamid.ours" ||
				!got.Sent.Equal(want.Sent) || !got.Delivered.Equal(want.Delivered) || !got.Read.Equal(want.Read) {
				t.Errorf("got  %s code %d, %v %v %v\nwant %s code %d, %v %v %v", got.State, got.ErrorCode, got.Sent, got.Delivered, got.Read,
					want.State, want.ErrorCode, want.Sent, want.Delivered, want.Read)
			}
			if s := o.summary(t, m.Conversation); s.LastState != want.State {
				t.Errorf("the list shows %s, want %s", s.LastState, want.State)
			}
			if n := o.count(t, "early"); n > 0 {
				t.Errorf("%d statuses still wait", n)
			}
		})
	})
}
