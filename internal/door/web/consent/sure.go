package consent

import (
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/rule/id"
)

// withdrawTakes says which consents end. Only the person herself can give them
// again.
func (s *server) withdrawTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	p, err := s.whom(r, v)
	if err != nil {
		return nil, err
	}
	loss := &shell.Loss{At: "/consent", Back: "/people/" + p.ID.String() + "/consent", Final: true}
	name := p.Profile.DisplayName()
	switch what := r.PostFormValue("what"); what {
	case "object", "minor":
		loss.Do, loss.Words, loss.Final = v.Text.T("consent.limits."+what), []string{v.Text.T("sure.consent."+what, name)}, what == "object"
	case "":
		purposes, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
		if err != nil {
			return nil, err
		}
		loss.Do, loss.Words = v.Text.T("sure.withdraw.do"), []string{v.Text.T("sure.withdraw", name, purposeName(purposes, r.PostFormValue("purpose"), v.Text))}
	default:
		return nil, nil // takes nothing away
	}
	return loss, nil
}

// rejectTakes: a consent that is rejected is gone with its proof.
func (s *server) rejectTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := pathID[id.Claim](r, "id")
	if err != nil || r.PostFormValue("decision") == "confirm" {
		return nil, err
	}
	claims, err := s.claims(r.Context(), v)
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		if c.ID != at {
			continue
		}
		p, err := s.People.Get(r.Context(), s.DB, v.Org, c.Contact)
		if err != nil {
			return nil, err
		}
		return &shell.Loss{At: "/consent/waiting", Back: "/consent/waiting", Do: v.Text.T("consent.waiting.reject"), Words: []string{v.Text.T("sure.reject", p.Profile.DisplayName())}, Final: true}, nil
	}
	return nil, nil // decided meanwhile: the page says so
}
