package settings

import (
	"context"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/rule/id"
)

// staffTakes: whoever is shut out is signed out at once.
func (s *server) staffTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := id.Parse[id.Account](r.PathValue("id"))
	if err != nil || r.PostFormValue("do") != "deactivate" {
		return nil, nil //nolint:nilerr // the handler says that there is no such account
	}
	a, err := s.Users.Get(r.Context(), v.Org, at)
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	return &shell.Loss{At: "/settings/users", Back: "/settings/users", Do: v.Text.T("staff.deactivate"), Words: []string{v.Text.T("sure.staff", a.Name)}}, nil
}

// deleteTakes says what goes with a label, a quick reply or a team. Named finds
// the name of the one that a form is about.
func deleteTakes[T id.Like](what string, named func(ctx context.Context, org id.Org, at T) (name string, used int64, err error)) func(*http.Request, *shell.Viewer) (*shell.Loss, error) {
	return func(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
		if r.PostFormValue("do") != "discard" {
			return nil, nil
		}
		at, err := shell.Optional[T](r, "id")
		if err != nil {
			return nil, err
		}
		name, used, err := named(r.Context(), v.Org, at)
		if err != nil || name == "" {
			return nil, err // gone meanwhile: the page says so
		}
		loss := &shell.Loss{At: "/settings/team", Back: "/settings/team#" + what, Do: v.Text.T("team.discard"), Words: []string{v.Text.T("sure."+what, name)}, Final: true}
		if used > 0 {
			loss.Words = append(loss.Words, v.Text.N("team.used", int(used)))
		}
		return loss, nil
	}
}

func (s *server) labelNamed(ctx context.Context, org id.Org, at id.Label) (string, int64, error) {
	all, err := s.Work.LabelsInUse(ctx, s.DB, org)
	for _, l := range all {
		if l.ID == at {
			return l.Name, int64(l.Used), err
		}
	}
	return "", 0, err
}

func (s *server) replyNamed(ctx context.Context, org id.Org, at id.Reply) (string, int64, error) {
	all, err := s.Work.QuickReplies(ctx, s.DB, org)
	for _, q := range all {
		if q.ID == at {
			return q.Shortcut, 0, err
		}
	}
	return "", 0, err
}

func (s *server) teamNamed(ctx context.Context, org id.Org, at id.Team) (string, int64, error) {
	all, err := s.Work.Teams(ctx, s.DB, org)
	for _, t := range all {
		if t.ID == at {
			return t.Name, 0, err
		}
	}
	return "", 0, err
}
