package inbox

import (
	"context"
	"net/http"

	"einklang/internal/store"
	"einklang/internal/web/shell"
)

func (s *server) markRead(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	if c.Unread > 0 {
		if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Threads.MarkRead(ctx, tx, v.Org, c.ID) }); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) closeConversation(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	if err := s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Threads.SetClosed(ctx, tx, v.Org, c.ID, !c.Closed)
	}); err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, answer{OK: true}, "")
}
