package privacy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type holdRow struct {
	retention.Hold
	Who string
}

type holdsBody struct {
	pii.Personal
	Rows           []holdRow
	Paged          shell.Paged
	Problem        string
	Person, Reason string
	Who            string // the name, if the person was chosen by her identifier
	Conversation   string // where the form was opened from
	Only           bool   // the hold is to keep only this one
}

func (s *server) holds(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showHolds(w, r, v, http.StatusOK, holdsBody{Person: r.URL.Query().Get("person"), Conversation: r.URL.Query().Get("conversation")})
}

func (s *server) showHolds(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, b holdsBody) error {
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	all, more, err := s.Holds.Page(r.Context(), s.DB, v.Org, after)
	if err != nil {
		return err
	}
	b.Paged = shell.PageOf("/desk/holds", after, all, more, func(h retention.Hold) id.Hold { return h.ID })
	people := make([]id.Person, len(all), len(all)+1)
	for i, h := range all {
		people[i] = h.Contact
	}
	chosen, chosenErr := id.Parse[id.Person](b.Person)
	if chosenErr == nil {
		people = append(people, chosen)
	}
	known, err := s.People.GetMany(r.Context(), s.DB, v.Org, people)
	if err != nil {
		return err
	}
	if p := known[chosen]; p != nil && !p.Erased {
		b.Who = nameOf(p, v.Text)
	}
	for _, h := range all {
		b.Rows = append(b.Rows, holdRow{h, nameOf(known[h.Contact], v.Text)})
	}
	return s.pages.Show(w, status, "holds.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("hold.title"), At: "/desk/holds", Body: b})
}

func (s *server) placeHold(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := holdsBody{Person: r.PostFormValue("person"), Reason: r.PostFormValue("reason"), Conversation: r.PostFormValue("conversation"), Only: r.PostFormValue("only") != ""}
	person, problem, err := s.find(r.Context(), v, b.Person)
	if err != nil {
		return err
	}
	if problem == "" && person.IsZero() {
		problem = "case.problem.nobody"
	}
	until, dayErr := time.Parse(time.DateOnly, r.PostFormValue("until"))
	if problem == "" && dayErr != nil {
		problem = "hold.problem.end"
	}
	if problem == "" {
		err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
			h := retention.Hold{Contact: person, By: v.ID, Reason: b.Reason, Until: until}
			if b.Only {
				var err error
				if h.Conversation, err = shell.Required[id.Conversation](r, "conversation"); err != nil {
					return err
				}
			}
			_, err := s.Holds.Place(ctx, tx, v.Org, h)
			return err
		})
	}
	switch {
	case errors.Is(err, retention.ErrNotFound):
		return &shell.NoSuch{Field: "conversation"}
	case errors.Is(err, retention.ErrReason):
		problem = "hold.problem.reason"
	case errors.Is(err, retention.ErrEnd):
		problem = "hold.problem.end"
	case err != nil:
		return err
	}
	if problem != "" {
		b.Problem = v.Text.T(problem)
		return s.showHolds(w, r, v, http.StatusUnprocessableEntity, b)
	}
	http.Redirect(w, r, "/desk/holds", http.StatusSeeOther)
	return nil
}

func (s *server) liftHold(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := id.Parse[id.Hold](r.PathValue("id"))
	if err != nil {
		return retention.ErrNotFound
	}
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Holds.Lift(ctx, tx, v.Org, at, v.ID) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/holds", http.StatusSeeOther)
	return nil
}
