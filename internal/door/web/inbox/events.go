package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/live"
	"einklang/internal/rule/backoff"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// events tells the page, as server-sent events, which conversations have
// changed. It carries identifiers only. A page that reconnects reads anew what
// it shows.
func (s *server) events(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	flusher := http.NewResponseController(w)
	watcher := s.Hub.Join(v.Org)
	defer watcher.Leave()
	if !s.lasts(r.Context(), r, v) { // it ended before she watched
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if _, err := fmt.Fprint(w, "retry: 1000\nevent: hello\ndata: {}\n\n"); err != nil {
		return nil
	}
	if err := flusher.Flush(); err != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	sieve := sieve{server: s, viewer: v, told: map[id.Conversation]bool{}}
	changes := make(chan live.Change)
	go func() {
		_ = watcher.Watch(ctx, func(c live.Change) error {
			select {
			case changes <- c:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	beat := time.NewTicker(25 * time.Second)
	defer beat.Stop()
	for n := 1; ; n++ {
		var err error
		select {
		case <-ctx.Done():
			// Whoever is still there comes back, to another node if this one is
			// ending, and not all in the same instant.
			_, _ = fmt.Fprintf(w, "retry: %d\n\n", again.After(1, v.Account.ID.String()).Milliseconds())
			_ = flusher.Flush()
			return nil
		case c := <-changes:
			if (c.Rights || c.Everything) && !s.lasts(ctx, r, v) {
				return over(w, flusher)
			}
			err = tell(w, n, sieve.through(ctx, c))
		case <-beat.C:
			if !s.lasts(ctx, r, v) {
				return over(w, flusher)
			}
			_, err = fmt.Fprint(w, ": still here\n\n")
		}
		if err != nil || flusher.Flush() != nil {
			return nil
		}
	}
}

// lasts reports whether the session that began a stream goes on, with the rights
// that it had. What cannot be read is asked again with the next beat.
func (s *server) lasts(ctx context.Context, r *http.Request, v *shell.Viewer) bool {
	a, err := s.Users.Lasts(ctx, s.session(r))
	if errors.Is(err, user.ErrNoSession) {
		return false
	}
	if err != nil {
		return true
	}
	if a.ID != v.ID || a.Role != v.Role || a.Rights != v.Rights {
		return false
	}
	scope, err := s.Sight(ctx, a)
	return err != nil || scope.Same(v.Sight)
}

// sieve keeps from a stream what its watcher does not see.
type sieve struct {
	pii.Personal
	server *server
	viewer *shell.Viewer
	told   map[id.Conversation]bool // so that what she no longer sees leaves her page
}

// toldMost is of how many conversations a stream remembers that it told of them.
const toldMost = 1000

// through is what of a change the watcher is told. What cannot be read is told as
// everything: the page reads anew what it shows, and no more than she sees.
func (s sieve) through(ctx context.Context, c live.Change) live.Change {
	if s.viewer.Sight.All() || len(c.Conversations)+len(c.Typing) == 0 {
		return c
	}
	seen, err := s.server.seen(s.viewer).Among(ctx, s.server.DB, s.viewer.Org, slices.Concat(c.Conversations, c.Typing)...)
	if err != nil {
		return live.Change{Everything: true}
	}
	c.Typing = slices.DeleteFunc(c.Typing, func(at id.Conversation) bool { return !seen[at] })
	c.Conversations = slices.DeleteFunc(c.Conversations, func(at id.Conversation) bool {
		was := s.told[at]
		delete(s.told, at)
		if seen[at] && len(s.told) < toldMost {
			s.told[at] = true
		}
		return !seen[at] && !was
	})
	return c
}

// over ends a stream whose rights have ended: the page has itself shown anew, and
// with that what still may be seen.
func over(w io.Writer, flusher *http.ResponseController) error {
	_, _ = fmt.Fprint(w, "event: over\ndata: {}\n\n")
	_ = flusher.Flush()
	return nil
}

// again is how long a page waits before it connects anew.
var again = backoff.Pause{First: 2 * time.Second, Most: 2 * time.Second}

// tell writes a change, and apart from it in which conversations colleagues go
// on with a draft.
func tell(w io.Writer, n int, c live.Change) error {
	changed := list(c.Conversations)
	if c.Everything {
		changed = "*"
	}
	var err error
	if changed != "" {
		_, err = fmt.Fprintf(w, "id: %d\nevent: change\ndata: %s\n\n", n, changed)
	}
	if len(c.Typing) > 0 && err == nil {
		_, err = fmt.Fprintf(w, "event: typing\ndata: %s\n\n", list(c.Typing))
	}
	return err
}

func list(conversations []id.Conversation) string {
	ids := make([]string, len(conversations))
	for i, one := range conversations {
		ids[i] = one.String()
	}
	return strings.Join(ids, " ")
}
