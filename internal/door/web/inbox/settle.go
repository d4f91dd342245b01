package inbox

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

func (s *server) again(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.decide(w, r, v, func(ctx context.Context, tx store.Tx, at id.Message) (outbox.Queued, error) {
		return s.Outbox.Again(ctx, tx, v.Org, at, v.ID)
	})
}

func (s *server) dismiss(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.decide(w, r, v, func(ctx context.Context, tx store.Tx, at id.Message) (outbox.Queued, error) {
		return outbox.Queued{Message: at}, s.Outbox.Dismiss(ctx, tx, v.Org, at)
	})
}

// undo takes a message back that has not gone out yet, and the privacy notice
// that would have gone before it.
func (s *server) undo(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	m, err := s.message(r, v)
	if err != nil {
		return err
	}
	notice, err := s.beside(r, v, m.Conversation, "notice", r.PostFormValue("notice"))
	if err != nil {
		return err
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Outbox.TakeBack(ctx, tx, v.Org, m.ID); err != nil || notice.IsZero() {
			return err
		}
		return s.Outbox.TakeBack(ctx, tx, v.Org, notice)
	})
	if errors.Is(err, outbox.ErrSettled) {
		return s.reply(w, r, v, m.Conversation, answer{Problem: v.Text.T("compose.undo.late")}, "")
	}
	if err != nil {
		return err
	}
	return s.reply(w, r, v, m.Conversation, answer{OK: true}, "")
}

// fetch has a file fetched from WhatsApp again that was given up.
func (s *server) fetch(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	m, err := s.message(r, v)
	if err != nil {
		return err
	}
	err = s.Shelf.FetchAgain(r.Context(), v.Act, v.Org, m.ID)
	if errors.Is(err, media.ErrNotHere) || errors.Is(err, media.ErrNotFound) {
		return s.reply(w, r, v, m.Conversation, answer{Problem: v.Text.T("bubble.gone")}, "")
	}
	if err != nil {
		return err
	}
	return s.reply(w, r, v, m.Conversation, answer{OK: true}, "")
}

// beside reads a field that may name another message of the same conversation;
// zero if it is empty. Errors: shell.NoSuch.
func (s *server) beside(r *http.Request, v *shell.Viewer, in id.Conversation, field, text string) (id.Message, error) {
	at, err := shell.Named[id.Message](field, text)
	if err != nil || at.IsZero() {
		return at, err
	}
	there, err := s.Threads.Glances(r.Context(), s.DB, v.Org, []id.Message{at})
	if err == nil && there[at].Conversation != in {
		err = &shell.NoSuch{Field: field}
	}
	return at, err
}

// decide does what a person decided about a message that did not go out.
func (s *server) decide(w http.ResponseWriter, r *http.Request, v *shell.Viewer, do func(context.Context, store.Tx, id.Message) (outbox.Queued, error)) error {
	m, err := s.message(r, v)
	if err != nil {
		return err
	}
	var q outbox.Queued
	err = v.Act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) {
		var err error
		q, err = do(ctx, tx, m.ID)
		return !q.Message.IsZero(), err // the verdict is kept, also if nothing was sent
	})
	if errors.Is(err, outbox.ErrSettled) {
		return s.reply(w, r, v, m.Conversation, answer{OK: true}, "")
	}
	if errors.Is(err, outbox.ErrSecret) {
		return s.reply(w, r, v, m.Conversation, answer{Problem: v.Text.T("compose.secret")}, "")
	}
	if err != nil {
		return err
	}
	a := answer{OK: !q.Message.IsZero()}
	if !a.OK {
		a.Problem = v.Text.T("compose.refused", v.Text.T("reason."+string(q.Verdict.Reason)))
	}
	return s.reply(w, r, v, m.Conversation, a, "")
}

// message is the one that the address names.
func (s *server) message(r *http.Request, v *shell.Viewer) (chat.Message, error) {
	at, err := parseID[id.Message](r.PathValue("id"))
	if err != nil {
		return chat.Message{}, err
	}
	return s.seen(v).Get(r.Context(), s.DB, v.Org, at)
}
