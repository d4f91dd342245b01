package inbox

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

const threadPage = 50

// thread is the conversation in the middle.
type thread struct {
	ID      string
	Name    string
	Person  *chat.Known
	Channel org.Channel
	Closed  bool
	Bubbles []bubble
	Older   string // the place from which older messages go on, if there are any
	Newer   bool   // the page ends before the newest message
	Light   light
	Params  template.URL
	Refused *refused
	Draft   string
	ReplyTo string
	Reply   string // the words answered
	Others  []other
	Window  time.Time
	Work    *workbar
	Staff   crew
	Silent  bool // the viewer's role does not write to customers
}

// refused is a message that the gate did not let through.
type refused struct {
	Reason   string
	Remedies []string
}

// thread prepares a conversation. The query's "before" goes back in it, "at"
// shows it around one message.
func (s *server) thread(ctx context.Context, v *shell.Viewer, at id.ID, q url.Values) (*thread, error) {
	summary, err := s.Threads.Summary(ctx, s.DB, v.Org, at)
	if err != nil {
		return nil, err
	}
	known, err := s.People.Get(ctx, s.DB, v.Org, summary.Contact)
	if err != nil {
		return nil, err
	}
	t := &thread{ID: at.String(), Name: known.Profile.DisplayName(), Person: known, Closed: summary.Closed, Params: queueParams(q), Window: summary.WindowEnds,
		Silent: !v.May(user.Answer)}
	if t.Channel, err = s.Orgs.Channel(ctx, s.DB, v.Org, summary.Channel); err != nil {
		return nil, err
	}
	if t.Staff, err = s.Users.List(ctx, s.DB, v.Org); err != nil {
		return nil, err
	}
	all, err := s.stretch(ctx, v, t, at, q)
	if err != nil {
		return nil, err
	}
	if t.Bubbles, err = s.bubbles(ctx, v, t, all); err != nil {
		return nil, err
	}
	if t.Work, err = s.workbar(ctx, v, summary, t.Staff); err != nil {
		return nil, err
	}
	strip, err := s.Outbox.Light(ctx, s.DB, v.Org, known.ID, summary.Channel)
	if err != nil {
		return nil, err
	}
	t.Light = showLight(strip, known, t.Channel, v.Role)
	if err := s.drafts(ctx, v, t); err != nil {
		return nil, err
	}
	for _, b := range t.Bubbles {
		if b.ID == t.ReplyTo {
			t.Reply = b.Words
		}
	}
	return t, nil
}

// queueParams are the parameters that belong to the queue, for links that stay
// in the same view.
func queueParams(q url.Values) template.URL {
	kept := url.Values{}
	for name, values := range q {
		switch name {
		case "before", "at", "after":
		default:
			kept[name] = values
		}
	}
	return template.URL(kept.Encode()) //nolint:gosec // escaped by Encode
}

// stretch reads the part of the conversation that the page shows.
func (s *server) stretch(ctx context.Context, v *shell.Viewer, t *thread, at id.ID, q url.Values) ([]chat.Message, error) {
	before := parsePlace(q.Get("before"))
	if wanted, err := id.Parse(q.Get("at")); err == nil {
		m, err := s.Threads.Get(ctx, s.DB, v.Org, wanted)
		if err != nil {
			return nil, err
		}
		after, err := s.Threads.After(ctx, s.DB, v.Org, at, conversation.Place{At: m.At, ID: m.ID}, threadPage/2)
		if err != nil {
			return nil, err
		}
		if len(after) == threadPage/2 {
			last := after[len(after)-1]
			before = conversation.Place{At: last.At, ID: last.ID}
		}
	}
	all, err := s.Threads.Page(ctx, s.DB, v.Org, at, before, threadPage+1)
	if err != nil {
		return nil, err
	}
	if len(all) > threadPage {
		all = all[1:]
		t.Older = showPlace(all[0].At, all[0].ID)
	}
	t.Newer = !before.At.IsZero()
	return all, nil
}

func (s *server) conversationFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	t, err := s.thread(r.Context(), v, at, r.URL.Query())
	if err != nil {
		return err
	}
	p, err := s.person(r.Context(), v, t)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "conversation-fragment", shell.Page{Viewer: v, Body: inboxPage{Thread: t, Person: p}})
}
