package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"einklang/internal/chat"
	"einklang/internal/conversation"
	"einklang/internal/evidence"
	"einklang/internal/gate"
	"einklang/internal/id"
	"einklang/internal/live"
	"einklang/internal/media"
	"einklang/internal/notice"
	"einklang/internal/optin"
	"einklang/internal/org"
	"einklang/internal/web/shell"
)

const (
	queuePage  = 40
	threadPage = 50
)

// queue is the list at the left.
type queue struct {
	View   string
	Search string
	Rows   []row
	Next   string
	Params string // of the queue, for links
}

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

// person is the panel at the right.
type person struct {
	Known    *chat.Known
	Thread   string
	Consents []optin.State
	Sources  map[string]string // by event
	Matter   time.Time
	Notice   notice.Delivery
	Evidence []evidence.Line
	CanAct   bool
}

type inboxPage struct {
	Queue  queue
	Thread *thread
	Person *person
}

func parseID(text string) (id.ID, error) {
	at, err := id.Parse(text)
	if err != nil {
		return at, conversation.ErrNotFound
	}
	return at, nil
}

func (s *server) inbox(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	var at id.ID
	var err error
	if text := r.PathValue("id"); text != "" {
		if at, err = parseID(text); err != nil {
			return err
		}
	}
	return s.showInbox(w, r, v, at, http.StatusOK, nil, "")
}

func (s *server) showInbox(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.ID, status int, no *refused, draft string) error {
	var body inboxPage
	var err error
	title := v.Text.T("nav.inbox")
	if !at.IsZero() {
		if body.Thread, err = s.thread(r.Context(), v, at, r.URL.Query()); err != nil {
			return err
		}
		body.Thread.Refused, body.Thread.Draft = no, draft
		if body.Person, err = s.person(r.Context(), v, body.Thread); err != nil {
			return err
		}
	}
	if body.Queue, err = s.queue(r.Context(), v, r.URL.Query(), at); err != nil {
		return err
	}
	return s.pages.Show(w, status, "inbox.html", shell.Page{Viewer: v, Title: title, At: "/inbox", Scripts: []string{"inbox.js"}, Body: body})
}

func (s *server) queue(ctx context.Context, v *shell.Viewer, q url.Values, current id.ID) (queue, error) {
	out := queue{View: q.Get("view"), Search: strings.TrimSpace(q.Get("q"))}
	switch conversation.View(out.View) {
	case conversation.ViewOpen, conversation.ViewUnread, conversation.ViewClosed, conversation.ViewAll:
	default:
		out.View = string(conversation.ViewOpen)
	}
	out.Params = "view=" + out.View
	if out.Search != "" {
		out.Params += "&q=" + url.QueryEscape(out.Search)
		return out, s.searchQueue(ctx, v, &out, current)
	}
	all, err := s.Threads.List(ctx, s.DB, v.Org, conversation.View(out.View), parsePlace(q.Get("after")), queuePage+1)
	if err != nil {
		return out, err
	}
	if len(all) > queuePage {
		all = all[:queuePage]
		out.Next = showPlace(all[queuePage-1].LastAt, all[queuePage-1].ID)
	}
	out.Rows, err = s.rows(ctx, v, all, current)
	return out, err
}

func (s *server) searchQueue(ctx context.Context, v *shell.Viewer, out *queue, current id.ID) error {
	people, err := s.People.Search(ctx, s.DB, v.Org, out.Search, queuePage)
	if err != nil {
		return err
	}
	var all []conversation.Summary
	for _, p := range people {
		theirs, err := s.Threads.OfContact(ctx, s.DB, v.Org, p.ID)
		if err != nil {
			return err
		}
		all = append(all, theirs...)
	}
	out.Rows, err = s.rows(ctx, v, all, current)
	return err
}

func showPlace(at time.Time, last id.ID) string {
	return strconv.FormatInt(at.UnixMicro(), 36) + "." + last.String()
}

func parsePlace(text string) conversation.Place {
	at, last, _ := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	lastID, err2 := id.Parse(last)
	if err != nil || err2 != nil {
		return conversation.Place{}
	}
	return conversation.Place{At: time.UnixMicro(micros), ID: lastID}
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
	strip, err := s.Outbox.Light(ctx, s.DB, v.Org, known.ID, summary.Channel)
	t.Light = showLight(strip)
	return t, err
}

func (s *server) person(ctx context.Context, v *shell.Viewer, t *thread) (*person, error) {
	p := &person{Known: t.Person, Thread: t.ID, Sources: map[string]string{}, CanAct: true}
	var err error
	if p.Consents, err = s.Consents.States(ctx, s.DB, v.Org, t.Person.ID); err != nil {
		return nil, err
	}
	events, err := s.Consents.History(ctx, s.DB, v.Org, t.Person)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		p.Sources[e.ID.String()] = e.Source
	}
	if p.Notice, err = s.Notices.Delivered(ctx, s.DB, v.Org, t.Person.ID); err != nil {
		return nil, err
	}
	standing, err := s.Threads.Standing(ctx, s.DB, v.Org, t.Person.ID, t.Channel.ID)
	if err != nil {
		return nil, err
	}
	p.Matter = standing.MatterAt
	p.Evidence, err = s.Evidence.ByOwner(ctx, s.DB, v.Org, t.Person.ID, 12)
	return p, err
}

func (s *server) queueFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	current, _ := id.Parse(r.URL.Query().Get("current"))
	q, err := s.queue(r.Context(), v, r.URL.Query(), current)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "queue-rows", shell.Page{Viewer: v, Body: q})
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

// events tells the page, as server-sent events, which conversations have
// changed. It carries identifiers only. A page that reconnects reads anew what
// it shows.
func (s *server) events(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	flusher := http.NewResponseController(w)
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
	changes := make(chan live.Change)
	go func() {
		_ = s.Hub.Watch(ctx, v.Org, func(c live.Change) error {
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
			return nil
		case c := <-changes:
			_, err = fmt.Fprintf(w, "id: %d\nevent: change\ndata: %s\n\n", n, changeData(c))
		case <-beat.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		}
		if err != nil || flusher.Flush() != nil {
			return nil
		}
	}
}

func changeData(c live.Change) string {
	if c.Everything {
		return "*"
	}
	ids := make([]string, len(c.Conversations))
	for i, one := range c.Conversations {
		ids[i] = one.String()
	}
	return strings.Join(ids, " ")
}

func ignoreMissing(err error) error {
	if errors.Is(err, media.ErrNotFound) {
		return nil
	}
	return err
}
