package live

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"einklang/internal/rule/id"
)

var errEnough = errors.New("enough")

func TestASlowBrowserMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, ids := NewHub(), id.System()
		org, a, b := id.Org(ids.New()), id.Conversation(ids.New()), id.Conversation(ids.New())
		release := make(chan struct{})
		var seen []Change
		done := make(chan error)
		go func() {
			done <- h.Watch(t.Context(), org, func(c Change) error {
				seen = append(seen, c)
				if len(seen) == 2 {
					return errEnough
				}
				<-release
				return nil
			})
		}()
		synctest.Wait()
		h.Publish(org, a)
		synctest.Wait()
		for range 1000 {
			h.Publish(org, b) // merged while the browser is busy
		}
		h.Publish(id.Org(ids.New()), a) // another organisation
		close(release)
		if err := <-done; !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		if len(seen[0].Conversations) != 1 || seen[0].Conversations[0] != a || len(seen[1].Conversations) != 1 || seen[1].Conversations[0] != b {
			t.Fatalf("%v", seen)
		}
	})
}

func TestTooMuchBecomesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, ids := NewHub(), id.System()
		org := id.Org(ids.New())
		release, done := make(chan struct{}), make(chan Change, 1)
		first := true
		go func() {
			_ = h.Watch(t.Context(), org, func(c Change) error {
				if first {
					first = false
					<-release
					return nil
				}
				done <- c
				return errEnough
			})
		}()
		synctest.Wait()
		h.Publish(org, id.Conversation(ids.New()))
		synctest.Wait()
		for range 3 * most {
			h.Publish(org, id.Conversation(ids.New()))
		}
		close(release)
		if c := <-done; !c.Everything {
			t.Fatalf("%d conversations, want everything", len(c.Conversations))
		}
		synctest.Wait()
		if len(h.orgs) != 0 {
			t.Fatal("a subscriber was left behind")
		}
	})
}

func TestWatchEndsWithItsContext(t *testing.T) {
	h := NewHub()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Watch(ctx, id.Org(id.System().New()), func(Change) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestTypingIsASignalOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, ids := NewHub(), id.System()
		org, a := id.Org(ids.New()), id.Conversation(ids.New())
		seen := make(chan Change, 1)
		go func() {
			_ = h.Watch(t.Context(), org, func(c Change) error {
				seen <- c
				return errEnough
			})
		}()
		synctest.Wait()
		h.Typing(org, a)
		if c := <-seen; len(c.Typing) != 1 || c.Typing[0] != a || len(c.Conversations) != 0 || c.Everything {
			t.Fatalf("%+v", c)
		}
	})
}

func TestSignalsTravelBetweenNodes(t *testing.T) {
	ids := id.System()
	for _, want := range []signal{{id.Org(ids.New()), id.Conversation(ids.New()), changed}, {id.Org(ids.New()), id.Conversation(ids.New()), typing}, {org: id.Org(ids.New()), kind: rights}} {
		texts := notices("node", map[signal]struct{}{want: {}})
		if len(texts) != 1 {
			t.Fatal(texts)
		}
		if got := signals("other", texts[0]); len(got) != 1 || got[0] != want {
			t.Errorf("%+v arrives as %+v", want, got)
		}
		if got := signals("node", texts[0]); len(got) != 0 {
			t.Errorf("one's own signals come back: %+v", got)
		}
	}
}
