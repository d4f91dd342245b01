package inbox

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

const threadPage = 50

// thread is the conversation in the middle.
type thread struct {
	pii.Personal
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
	Links   []linkLine    // of the person
	Doubts  []optin.Doubt // what the person may have withdrawn
	Silent  bool          // the viewer's role does not write to customers

	Contact id.Person
	contact id.Person
	now     time.Time
}

// refused is a message that the gate did not let through.
type refused struct {
	Reason   string
	Remedies []helps
}

// thread prepares a conversation and the panel of its person. The query's "before" goes back in it, "at"
// shows it around one message.
func (s *server) thread(ctx context.Context, v *shell.Viewer, at id.Conversation, q url.Values) (*thread, *person, error) {
	t := &thread{ID: at.String(), Params: queueParams(q), Silent: !v.May(user.Answer), now: s.Now()}
	var summary conversation.Summary
	var all []chat.Message
	var channels []org.Channel
	err := s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			summary, err = s.seen(v).Summary(ctx, s.DB, v.Org, at)
			return err
		},
		func(ctx context.Context) (err error) {
			channels, err = s.Orgs.Channels(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			t.Staff, err = s.Users.List(ctx, s.DB, v.Org)
			return err
		},
		func(ctx context.Context) (err error) {
			all, err = s.stretch(ctx, v, t, at, q)
			return err
		})
	if err != nil {
		return nil, nil, err
	}
	t.Closed, t.Window, t.contact, t.Contact = summary.Closed, summary.WindowEnds, summary.Contact, summary.Contact
	i := slices.IndexFunc(channels, func(c org.Channel) bool { return c.ID == summary.Channel })
	if i < 0 {
		return nil, nil, org.ErrNotFound
	}
	t.Channel = channels[i]
	var strip gate.Strip
	var with carried
	var happened []happening
	var consented []optin.Event
	var p *person
	err = s.DB.Together(ctx,
		func(ctx context.Context) (err error) {
			if t.Person, err = s.People.Get(ctx, s.DB, v.Org, summary.Contact); err != nil {
				return err
			}
			return s.DB.Together(ctx,
				func(ctx context.Context) error { return s.drafts(ctx, v, t) },
				func(ctx context.Context) error { return s.doubts(ctx, v, t) },
				func(ctx context.Context) (err error) {
					consented, _, err = s.Consents.HistoryPage(ctx, s.DB, v.Org, t.Person, id.Cursor{}) // the page of her consents has all
					return err
				})
		},
		func(ctx context.Context) (err error) {
			with, err = s.carried(ctx, v, t, all)
			return err
		},
		func(ctx context.Context) (err error) {
			happened, err = s.happened(ctx, v, t, all)
			return err
		},
		func(ctx context.Context) (err error) {
			t.Work, err = s.workbar(ctx, v, summary, t.Staff, channels)
			return err
		},
		func(ctx context.Context) (err error) {
			strip, err = s.Outbox.Light(ctx, s.DB, v.Org, summary.Contact, summary.Channel)
			return err
		},
		func(ctx context.Context) (err error) {
			p, err = s.person(ctx, v, t)
			return err
		})
	if err != nil {
		return nil, nil, err
	}
	t.Name, p.Known, t.Links = t.Person.Profile.DisplayName(), t.Person, p.Links
	for i := range p.Consents {
		p.Consents[i].prove(v, consented, t.Staff)
	}
	t.Bubbles = t.bubbles(v, all, with, t.during(all, append(consentsGiven(v, t, consented), happened...)))
	t.Light = showLight(strip, t.Person, t.Channel, s.Chat, v.Rights)
	for _, b := range t.Bubbles {
		if b.ID == t.ReplyTo {
			t.Reply = b.Words
		}
	}
	return t, p, nil
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
func (s *server) stretch(ctx context.Context, v *shell.Viewer, t *thread, at id.Conversation, q url.Values) ([]chat.Message, error) {
	before, err := place(q, "before")
	if err != nil {
		return nil, err
	}
	wanted, err := shell.Named[id.Message]("at", q.Get("at"))
	if err != nil {
		return nil, err
	}
	if !wanted.IsZero() {
		known, err := s.Threads.Glances(ctx, s.DB, v.Org, []id.Message{wanted})
		if err != nil {
			return nil, err
		}
		m, there := known[wanted]
		if !there || m.Conversation != at {
			return nil, &shell.NoSuch{Field: "at"}
		}
		last, more, err := s.Threads.Beyond(ctx, s.DB, v.Org, at, conversation.Place{At: m.At, ID: id.Cursor(m.ID)}, threadPage/2)
		if err != nil {
			return nil, err
		}
		if more {
			before = last
		}
	}
	all, more, err := s.Threads.Page(ctx, s.DB, v.Org, at, before, threadPage)
	if err != nil {
		return nil, err
	}
	if more && len(all) > 0 {
		t.Older = showPlace(all[0].At, id.Cursor(all[0].ID))
	}
	t.Newer = !before.At.IsZero()
	return all, nil
}

func (s *server) conversationFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID[id.Conversation](r.PathValue("id"))
	if err != nil {
		return err
	}
	t, p, err := s.thread(r.Context(), v, at, r.URL.Query())
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "conversation-fragment", shell.Page{Viewer: v, Body: inboxPage{Thread: t, Person: p}})
}
