package inbox

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"einklang/internal/cloudapi"
	"einklang/internal/conversation"
	"einklang/internal/id"
	"einklang/internal/web/shell"
)

const queuePage = 40

// queue is the list at the left.
type queue struct {
	View   string
	Search string
	Rows   []row
	Next   string
	Params string // of the queue, for links
}

// row is a conversation in the queue.
type row struct {
	ID       string
	Name     string
	Initials string
	Preview  string
	At       time.Time
	Unread   int
	Out      bool
	State    string
	NoPhone  bool
	OptedOut bool
	Blocked  bool
	Closed   bool
	Current  bool
	Window   time.Time
}

// rows makes the queue's rows from conversations.
func (s *server) rows(ctx context.Context, v *shell.Viewer, all []conversation.Summary, current id.ID) ([]row, error) {
	people := make([]id.ID, len(all))
	for i, c := range all {
		people[i] = c.Contact
	}
	known, err := s.People.GetMany(ctx, s.DB, v.Org, people)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(all))
	for _, c := range all {
		r := row{ID: c.ID.String(), At: c.LastAt, Unread: c.Unread, Out: c.LastOut, State: string(c.LastState), Closed: c.Closed, Current: c.ID == current, Window: c.WindowEnds}
		if p := known[c.Contact]; p != nil {
			r.Name, r.NoPhone = p.Profile.DisplayName(), p.Profile.Phone == ""
			r.OptedOut, r.Blocked = p.Flags.OptedOut, p.Flags.Blocked
		}
		r.Initials = shell.Initials(r.Name)
		r.Preview = previewText(v, c)
		rows = append(rows, r)
	}
	return rows, nil
}

func previewText(v *shell.Viewer, c conversation.Summary) string {
	words := c.Preview
	if c.PreviewType != cloudapi.TypeText && c.PreviewType != "" {
		label := v.Text.T("type." + c.PreviewType)
		if words != "" {
			words = label + ": " + words
		} else {
			words = label
		}
	}
	if c.LastOut {
		words = v.Text.T("queue.you") + words
	}
	return words
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

func (s *server) queueFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	current, _ := id.Parse(r.URL.Query().Get("current"))
	q, err := s.queue(r.Context(), v, r.URL.Query(), current)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "queue-rows", shell.Page{Viewer: v, Body: q})
}
