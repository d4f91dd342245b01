package inbox

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type inboxPage struct {
	pii.Personal
	Queue  queue
	Thread *thread
	Person *person
}

// parseID reads an identifier of a path; what is none is as unknown as one that
// names nothing.
func parseID[T id.Like](text string) (T, error) {
	at, err := id.Parse[T](text)
	if err != nil {
		return at, conversation.ErrNotFound
	}
	return at, nil
}

func (s *server) inbox(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	var at id.Conversation
	var err error
	if text := r.PathValue("id"); text != "" {
		if at, err = parseID[id.Conversation](text); err != nil {
			return err
		}
	}
	return s.showInbox(w, r, v, at, http.StatusOK, nil, "")
}

func (s *server) showInbox(w http.ResponseWriter, r *http.Request, v *shell.Viewer, at id.Conversation, status int, no *refused, draft string) error {
	var body inboxPage
	var err error
	title := v.Text.T("nav.inbox")
	if !at.IsZero() {
		if body.Thread, body.Person, err = s.thread(r.Context(), v, at, r.URL.Query()); err != nil {
			return err
		}
		if body.Thread.Refused = no; draft != "" {
			body.Thread.Draft = draft
		}
	}
	var frame queue
	err = s.DB.Together(r.Context(),
		func(ctx context.Context) (err error) {
			body.Queue, err = s.queue(r.WithContext(ctx), v, at)
			return err
		},
		func(ctx context.Context) error { return s.queueFrame(ctx, v, &frame) })
	if err != nil {
		return err
	}
	body.Queue.Mentions, body.Queue.Saved, body.Queue.Labels, body.Queue.Teams = frame.Mentions, frame.Saved, frame.Labels, frame.Teams
	return s.pages.Show(w, status, "inbox.html", shell.Page{Viewer: v, Title: title, At: "/inbox", Scripts: []string{"inbox.js"}, Styles: []string{"inbox.css", "work.css"}, Body: body})
}

func showPlace(at time.Time, last id.Cursor) string {
	return strconv.FormatInt(at.UnixMicro(), 36) + "." + last.String()
}

// place reads what showPlace wrote into a parameter; the zero Place if there is
// none. Errors: shell.NoSuch.
func place(q url.Values, name string) (conversation.Place, error) {
	text := q.Get(name)
	if text == "" {
		return conversation.Place{}, nil
	}
	at, last, _ := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	lastID, err2 := id.Parse[id.Cursor](last)
	if err != nil || err2 != nil {
		return conversation.Place{}, &shell.NoSuch{Field: name}
	}
	return conversation.Place{At: time.UnixMicro(micros), ID: lastID}, nil
}
