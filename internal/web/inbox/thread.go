package inbox

import (
	"context"
	"net/http"
	"net/url"

	"einklang/internal/chat"
	"einklang/internal/gate"
	"einklang/internal/id"
	"einklang/internal/org"
	"einklang/internal/web/shell"
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
	Older   string
	Light   light
	Params  string
	Refused *refused
	Draft   string
	Work    *workbar
	Items   []item // notes and events after the last message
}

// refused is a message that the gate did not let through.
type refused struct {
	Reason   string
	Remedies []string
}

// light is the traffic light over the composer.
type light struct {
	gate.Strip
	Remedies []string
	Notice   bool // the notice goes first
	Template bool
}

func showLight(s gate.Strip) light {
	l := light{Strip: s, Notice: s.Duties.Has(gate.SendNoticeFirst), Template: s.Colour != gate.Red}
	for _, r := range s.Remedies.List() {
		l.Remedies = append(l.Remedies, r.String())
	}
	return l
}

func (s *server) thread(ctx context.Context, v *shell.Viewer, at id.ID, q url.Values) (*thread, error) {
	summary, err := s.Threads.Summary(ctx, s.DB, v.Org, at)
	if err != nil {
		return nil, err
	}
	known, err := s.People.Get(ctx, s.DB, v.Org, summary.Contact)
	if err != nil {
		return nil, err
	}
	t := &thread{ID: at.String(), Name: known.Profile.DisplayName(), Person: known, Closed: summary.Closed, Params: q.Encode()}
	if t.Channel, err = s.Orgs.Channel(ctx, s.DB, v.Org, summary.Channel); err != nil {
		return nil, err
	}
	all, err := s.Threads.Page(ctx, s.DB, v.Org, at, parsePlace(q.Get("before")), threadPage+1)
	if err != nil {
		return nil, err
	}
	if len(all) > threadPage {
		all = all[1:]
		t.Older = showPlace(all[0].At, all[0].ID)
	}
	if t.Bubbles, err = s.bubbles(ctx, v, t.Channel.WABA, all); err != nil {
		return nil, err
	}
	if t.Work, err = s.workbar(ctx, v, summary); err != nil {
		return nil, err
	}
	items, err := s.items(ctx, v, summary)
	if err != nil {
		return nil, err
	}
	t.Items = interleave(t.Bubbles, items)
	strip, err := s.Outbox.Light(ctx, s.DB, v.Org, known.ID, summary.Channel)
	t.Light = showLight(strip)
	return t, err
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
