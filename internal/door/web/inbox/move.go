package inbox

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	work "einklang/internal/messaging/assignment"
	"einklang/internal/rule/id"
	"einklang/internal/rule/sight"
)

// move hands a conversation to another number, and shows it there: the light
// says what may be sent from it.
func (s *server) move(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	from, c, err := s.target(r, v)
	if err != nil {
		return err
	}
	number, err := shell.Required[id.Channel](r, "number")
	if err != nil {
		return err
	}
	colleagues, err := s.colleagues(r.Context(), v)
	if err != nil {
		return err
	}
	there := sight.Facts{Number: number}
	if err := s.unblind(r.Context(), v, there, r.PostFormValue("note"), colleagues); err != nil {
		return s.refuse(w, r, v, from.ID, err)
	}
	to := work.Thread{Org: v.Org, Contact: c.Contact}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		n, err := s.Orgs.Channel(ctx, tx, v.Org, number)
		if errors.Is(err, org.ErrNotFound) || err == nil && (!n.Active || n.ID == c.Channel) {
			return &shell.NoSuch{Field: "number"}
		}
		if err != nil {
			return err
		}
		if to.ID, err = s.Threads.Open(ctx, tx, v.Org, c.Contact, n.ID); err != nil {
			return err
		}
		if err := s.Work.Move(ctx, tx, from, to, v.ID, c.Channel, n.ID, r.PostFormValue("note"), colleagues); err != nil {
			return err
		}
		return s.Arrivals.Moved(ctx, tx, v.Org, n.ID, to.ID, to.Contact)
	})
	if errors.Is(err, work.ErrLong) {
		return s.reply(w, r, v, from.ID, answer{Problem: v.Text.T("work.problem.long")}, "")
	}
	if err != nil {
		return err
	}
	s.Hub.Publish(v.Org, from.ID)
	s.Hub.Publish(v.Org, to.ID)
	seen, err := s.seen(v).Among(r.Context(), s.DB, v.Org, to.ID)
	path := "/inbox/" + to.ID.String()
	if !seen[to.ID] { // it is others' now
		path = "/inbox"
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return err
}
