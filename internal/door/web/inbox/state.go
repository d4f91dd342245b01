package inbox

import (
	"context"
	"net/http"
	"slices"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
)

func (s *server) markRead(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Work.Looked(ctx, tx, v.Org, v.ID, c.ID); err != nil {
			return err
		}
		return s.Threads.MarkRead(ctx, tx, v.Org, c.ID)
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// keep marks a conversation as one that law asks to keep for years.
func (s *server) keep(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	_, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	as := conversation.Keep(r.PostFormValue("as"))
	if !slices.Contains(conversation.Keeps(), as) {
		return &shell.NoSuch{Field: "as"}
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, _ work.Thread) error {
		return s.Threads.SetKeep(ctx, tx, v.Org, c.ID, as)
	})
}

func (s *server) closeConversation(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	_, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	return s.act(w, r, v, func(ctx context.Context, tx store.Tx, t work.Thread) error {
		return s.Work.SetClosed(ctx, tx, t, v.ID, !c.Closed)
	})
}
