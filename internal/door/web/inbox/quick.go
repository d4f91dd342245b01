package inbox

import (
	"net/http"

	"einklang/internal/door/web/shell"
)

// QuickReply is a text that the organisation has ready, filled in for one
// person.
type QuickReply struct {
	Name, Text  string
	Advertising bool
}

func (s *server) quickFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	p, err := s.People.Get(r.Context(), s.DB, v.Org, c.Contact)
	if err != nil {
		return err
	}
	all, err := s.replies(r.Context(), v, p)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "quick-list", shell.Page{Viewer: v, Body: all})
}
