package consent

import (
	"errors"
	"html/template"
	"net/http"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/chart"
	"einklang/internal/door/web/shell"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// overviewBody is the consents in numbers.
type overviewBody struct {
	pii.Personal
	optin.Overview
	Holding, Changes, Sources template.HTML
	SourceNames               []string
	Purposes                  []standing
	Soon                      []soonRow
	Empty                     bool
}

// standing is how many people hold which state for one purpose.
type standing struct {
	Name                                      string
	Granted, Pending, Withdrawn, Expired, Old int
}

type soonRow struct {
	pii.Personal
	Person  string
	Path    string
	Purpose string
	Expires time.Time
}

// overviewWeeks is how far back the overview looks.
const overviewWeeks = 26

func (s *server) overview(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Consents.Overview(r.Context(), s.DB, v.Org, overviewWeeks)
	if err != nil {
		return err
	}
	b := overviewBody{Overview: o, Empty: len(o.Standing) == 0}
	purposes, err := s.Consents.Purposes(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b.draw(v)
	b.tally(v, purposes)
	if err := s.listSoon(r, v, &b, purposes); err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "overview.html", v, v.Text.T("consent.overview.title"), "/consent", b)
}

// draw makes the charts.
func (b *overviewBody) draw(v *shell.Viewer) {
	n := len(b.Weeks)
	labels, holding, came, went := make([]string, n), make([]int, n), make([]int, n), make([]int, n)
	for i, w := range b.Weeks {
		labels[i] = v.Text.Date(w.From)
		holding[i], came[i], went[i] = w.Holding, w.Granted, w.Withdrawn+w.Ended
	}
	b.Holding = chart.Line(v.Text.T("consent.chart.holding"), labels, holding)
	b.Changes = chart.Bars(v.Text.T("consent.chart.changes"), labels, came, went)
	values := make([]int, len(b.Overview.Sources))
	for i, s := range b.Overview.Sources {
		b.SourceNames = append(b.SourceNames, sourceName(v, s.Name))
		values[i] = s.N
	}
	b.Sources = chart.Shares(v.Text.T("consent.chart.sources"), b.SourceNames, values)
}

// sourceName is how a consent was given, in words.
func sourceName(v *shell.Viewer, source optin.Source) string {
	return v.Text.Known("source.", string(source))
}

func (b *overviewBody) tally(v *shell.Viewer, purposes []optin.Purpose) {
	for _, p := range purposes {
		states := b.Standing[p.Key]
		if len(states) == 0 {
			continue
		}
		n := func(s gate.ConsentState) int { return states[string(s)] }
		b.Purposes = append(b.Purposes, standing{optin.PurposeName(p, v.Text), n(gate.ConsentGranted), n(gate.ConsentPending),
			n(gate.ConsentWithdrawn), n(gate.ConsentExpired), n(gate.ConsentSuperseded)})
	}
}

func (s *server) listSoon(r *http.Request, v *shell.Viewer, b *overviewBody, purposes []optin.Purpose) error {
	soon, err := seenOf(r.Context(), s, v, b.Overview.Soon, func(e optin.Expiring) id.Person { return e.Contact })
	if err != nil {
		return err
	}
	for _, e := range soon {
		p, err := s.People.Get(r.Context(), s.DB, v.Org, e.Contact)
		if errors.Is(err, contact.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		b.Soon = append(b.Soon, soonRow{Person: p.Profile.DisplayName(), Path: "/people/" + p.ID.String() + "/consent", Purpose: purposeName(purposes, e.Purpose, v.Text), Expires: e.Expires})
	}
	return nil
}
