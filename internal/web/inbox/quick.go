package inbox

import (
	"context"
	"net/http"

	"einklang/internal/chat"
	"einklang/internal/web/shell"
)

// QuickReply is a text that the organisation has ready, filled in for one
// person.
type QuickReply struct{ Name, Text string }

// QuickReplies are the texts ready for a person, in the viewer's name.
type QuickReplies func(ctx context.Context, v *shell.Viewer, p *chat.Known) ([]QuickReply, error)

func (s *server) quickFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	p, err := s.People.Get(r.Context(), s.DB, v.Org, c.Contact)
	if err != nil {
		return err
	}
	var all []QuickReply
	if s.Quick != nil {
		if all, err = s.Quick(r.Context(), v, p); err != nil {
			return err
		}
	}
	return s.pages.Show(w, http.StatusOK, "quick-list", shell.Page{Viewer: v, Body: all})
}
