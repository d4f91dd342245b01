package privacy

import (
	"fmt"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
)

// grantTakes says what granting a case takes away: everything about the person,
// her consents, or advertising to her. A restriction can be ended again.
func (s *server) grantTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	c, err := s.found(r, v)
	if err != nil || doing(r) != "grant" || !c.Identity.Shown() || c.Kind == cases.Restrict {
		return nil, err
	}
	p, err := s.person(r.Context(), s.DB, v, c)
	if err != nil {
		return nil, nil //nolint:nilerr // the case's page says why nothing can be done
	}
	name := p.Profile.DisplayName()
	loss := &shell.Loss{At: "/desk/cases", Back: "/desk/cases/" + c.ID.String(), Do: v.Text.T("case.grant." + string(c.Kind)), Final: true}
	if c.Kind != cases.Erase {
		loss.Words = []string{v.Text.T("sure.case."+string(c.Kind), name)}
		return loss, nil
	}
	preview, err := s.Erasure.Preview(r.Context(), s.DB, v.Org, p.ID)
	if err != nil || preview.Held {
		return nil, err
	}
	loss.Words = []string{v.Text.T("sure.erase", name)}
	for _, one := range preview.Goes {
		loss.Goes = append(loss.Goes, fmt.Sprintf("%s: %d", v.Text.T("erasure.part."+one.Name), one.N))
	}
	for _, one := range preview.Stays {
		loss.Goes = append(loss.Goes, v.Text.T("duty."+one.Duty)+": "+v.Text.T("case.stays")+" "+v.Text.Date(one.Until))
	}
	return loss, nil
}

// runTakes: a run deletes what is due; a dry one only counts.
func (s *server) runTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	if r.PostFormValue("dry") != "" {
		return nil, nil
	}
	return &shell.Loss{At: "/desk/retention", Back: "/desk/retention", Do: v.Text.T("retention.now"), Words: []string{v.Text.T("sure.retention")}, Final: true}, nil
}

// liftTakes: without its hold, what is due can be deleted at any time.
func (s *server) liftTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := id.Parse[id.Hold](r.PathValue("id"))
	if err != nil {
		return nil, retention.ErrNotFound
	}
	h, err := s.Holds.Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return nil, err
	}
	known, err := s.People.GetMany(r.Context(), s.DB, v.Org, []id.Person{h.Contact})
	return &shell.Loss{At: "/desk/holds", Back: "/desk/holds", Do: v.Text.T("sure.hold.do"), Words: []string{v.Text.T("sure.hold", nameOf(known[h.Contact], v.Text), h.Reason)}}, err
}

// stepTakes: a step of a breach is proof from then on, and a closed one cannot
// be changed.
func (s *server) stepTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	step := r.PostFormValue("step")
	loss := &shell.Loss{At: "/desk/breaches", Back: r.URL.Path, Do: v.Text.T("breach.do." + step), Final: true}
	switch breach.Step(step) {
	case breach.Report, breach.Tell:
		loss.Words = []string{v.Text.T("sure.breach."+step, v.Text.Moment(v.Now))}
	case breach.Close:
		loss.Words = []string{v.Text.T("sure.breach.close")}
	default:
		return nil, nil
	}
	return loss, nil
}
