package inbox

import (
	"context"
	"slices"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// happening is something beside the messages: a consent was given, the privacy
// notice was sent, a colleague left a note.
type happening struct {
	pii.Personal
	ID   string
	At   time.Time
	Kind string // chooses the mark: consent | notice | work | note
	Text string
	Note string // what a colleague wrote, if it is a note
	By   string
}

// Chronicle tells what else happened in a conversation, in words of a
// language. Capabilities beside this page bring theirs.
type Chronicle func(ctx context.Context, v *shell.Viewer, conversation id.Conversation, contact id.Person, from, to time.Time) ([]Event, error)

// Event is an entry of a Chronicle.
type Event struct {
	pii.Personal
	ID   id.Item
	At   time.Time
	Kind string // work | note | notice
	Text string
	Note string
	By   id.Account
}

// happened reads what else happened, but for consents.
func (s *server) happened(ctx context.Context, v *shell.Viewer, t *thread, all []chat.Message) ([]happening, error) {
	from, to := t.shown(all)
	at, err := id.Parse[id.Conversation](t.ID)
	if err != nil {
		return nil, err
	}
	told := make([][]Event, len(s.Chronicles))
	pieces := make([]func(context.Context) error, len(s.Chronicles))
	for i, chronicle := range s.Chronicles {
		pieces[i] = func(ctx context.Context) (err error) {
			told[i], err = chronicle(ctx, v, at, t.contact, from, to)
			return err
		}
	}
	if err := s.DB.Together(ctx, pieces...); err != nil {
		return nil, err
	}
	var found []happening
	for _, events := range told {
		for _, e := range events {
			h := happening{ID: e.ID.String(), At: e.At, Kind: e.Kind, Text: e.Text, Note: e.Note}
			if !e.By.IsZero() {
				h.By = t.Staff.name(v, e.By)
			}
			found = append(found, h)
		}
	}
	return found, nil
}

// during leaves what happened during the part of the conversation that the page
// shows, in its order.
func (t *thread) during(all []chat.Message, found []happening) []happening {
	from, to := t.shown(all)
	found = slices.DeleteFunc(found, func(h happening) bool { return h.At.Before(from) || h.At.After(to) })
	slices.SortStableFunc(found, func(a, b happening) int { return a.At.Compare(b.At) })
	return found
}

// shown is from when to when the page shows the conversation.
func (t *thread) shown(all []chat.Message) (from, to time.Time) {
	to = t.now.Add(time.Minute)
	if t.Older != "" {
		from = all[0].At
	}
	if t.Newer {
		to = all[len(all)-1].At
	}
	return from, to
}

// informed tells which privacy notices the person was sent: the Chronicle of
// the duty to inform (GDPR Art. 13).
func (s *server) informed(ctx context.Context, v *shell.Viewer, _ id.Conversation, person id.Person, _, _ time.Time) ([]Event, error) {
	all, err := s.Notices.History(ctx, s.DB, v.Org, person)
	events := make([]Event, len(all))
	for i, d := range all {
		events[i] = Event{ID: id.Item(d.Notice), At: d.At, Kind: "notice", Text: v.Text.T("event.notice", d.Version)}
	}
	return events, err
}

// consentsGiven tells of consents.
func consentsGiven(v *shell.Viewer, t *thread, events []optin.Event) []happening {
	var all []happening
	for _, e := range events {
		h := happening{ID: e.ID.String(), At: e.At, Kind: "consent", Text: v.Text.T("event.consent."+e.Kind, purposeName(v, e.Purpose))}
		if !e.Detail.Staff.IsZero() {
			h.By = t.Staff.name(v, e.Detail.Staff)
		}
		all = append(all, h)
	}
	return all
}

// purposeName is how people call a purpose; the organisation's own ones carry
// their name.
func purposeName(v *shell.Viewer, purpose string) string {
	return v.Text.Known("purpose.", purpose)
}

// between puts what happened between the messages, by time.
func between(messages []bubble, happened []happening) []bubble {
	out := make([]bubble, 0, len(messages)+len(happened))
	for _, m := range messages {
		for len(happened) > 0 && happened[0].At.Before(m.At) {
			out, happened = append(out, eventBubble(&happened[0])), happened[1:]
		}
		out = append(out, m)
	}
	for i := range happened {
		out = append(out, eventBubble(&happened[i]))
	}
	return out
}

func eventBubble(h *happening) bubble {
	return bubble{ID: h.ID, At: h.At, Line: true, Type: "event", Words: h.Text + h.Note, Event: h}
}
