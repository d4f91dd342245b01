package privacy

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/pdf"
	"einklang/internal/engine/store"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/breach"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

type breachRow struct {
	breach.Record
	Stage breach.Stage
}

type breachesBody struct {
	pii.Personal
	Rows    []breachRow
	Paged   shell.Paged
	Problem string
}

type breachBody struct {
	breach.Record
	Stage    breach.Stage
	Missing  []string
	Channels []org.Channel
	Risks    []breach.Risk
	Problem  string

	Tally     breach.Tally // of the letters
	Untold    int64        // whom no letter has reached, where the risk is high
	Grounds   []breach.Ground
	Templates []answer.LetterTemplate
	Draft     breach.Letter
}

// Lamp is the colour that shows a stage.
func (b breachRow) Lamp() string { return lampOf(b.Stage) }

// Lamp is the colour that shows the stage.
func (b breachBody) Lamp() string { return lampOf(b.Stage) }

func lampOf(s breach.Stage) string {
	return map[breach.Stage]string{breach.Fresh: "amber", breach.Day: "amber", breach.LastDay: "red", breach.Overdue: "red", breach.Settled: "green"}[s]
}

// breachProblems names the texts for what cannot be.
var breachProblems = map[error]string{breach.ErrWhat: "what", breach.ErrTimes: "times", breach.ErrOpen: "open", breach.ErrUntold: "untold", breach.ErrClosed: "closed", breach.ErrLetter: "letter", breach.ErrScope: "scope", breach.ErrTemplate: "template"}

func breachProblem(err error, c *i18n.Catalogue) (string, bool) {
	for known, key := range breachProblems {
		if errors.Is(err, known) {
			return c.T("breach.problem." + key), true
		}
	}
	return "", false
}

func (s *server) breaches(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showBreaches(w, r, v, http.StatusOK, "")
}

func (s *server) showBreaches(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	after, err := shell.Parameter[id.Cursor](r, "after")
	if err != nil {
		return err
	}
	all, more, err := s.Breaches.Page(r.Context(), s.DB, v.Org, after)
	if err != nil {
		return err
	}
	b := breachesBody{Problem: problem}
	b.Paged = shell.PageOf("/desk/breaches", after, all, more, func(one breach.Record) id.Breach { return one.ID })
	for _, one := range all {
		b.Rows = append(b.Rows, breachRow{one, one.Stage(v.Now)})
	}
	return s.pages.Show(w, status, "breaches.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("breach.title"), At: "/desk/breaches", Body: b})
}

func (s *server) openBreach(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	aware, err := v.Text.ParseLocal(r.PostFormValue("aware"))
	if err != nil {
		return s.showBreaches(w, r, v, http.StatusUnprocessableEntity, v.Text.T("breach.problem.times"))
	}
	if aware.IsZero() {
		aware = v.Now
	}
	var opened breach.Record
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		opened, err = s.Breaches.Open(ctx, tx, v.Org, aware, r.PostFormValue("what"), v.ID)
		return err
	})
	if problem, known := breachProblem(err, v.Text); known {
		return s.showBreaches(w, r, v, http.StatusUnprocessableEntity, problem)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/breaches/"+opened.ID.String(), http.StatusSeeOther)
	return nil
}

func (s *server) breachOf(r *http.Request, v *shell.Viewer) (breach.Record, error) {
	at, err := id.Parse[id.Breach](r.PathValue("id"))
	if err != nil {
		return breach.Record{}, breach.ErrNotFound
	}
	return s.Breaches.Get(r.Context(), s.DB, v.Org, at)
}

func (s *server) breach(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showBreach(w, r, v, http.StatusOK, "")
}

func (s *server) showBreach(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	found, err := s.breachOf(r, v)
	if err != nil {
		return err
	}
	b := breachBody{Record: found, Stage: found.Stage(v.Now), Missing: found.Missing(v.Now), Risks: []breach.Risk{breach.NoRisk, breach.SomeRisk, breach.HighRisk}, Problem: problem}
	if err := s.addLetter(r.Context(), v, &b); err != nil {
		return err
	}
	if b.Grounds = breach.Grounds(); b.Risk == breach.HighRisk && b.Closed.IsZero() {
		if b.Untold, err = s.Breaches.Untold(r.Context(), s.DB, v.Org, found); err != nil {
			return err
		}
	}
	if b.Channels, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.pages.Show(w, status, "breach.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("breach.one"), At: "/desk/breaches", Body: b})
}

// saveBreach stores what was written, or notes a step.
func (s *server) saveBreach(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	found, err := s.breachOf(r, v)
	if err != nil {
		return err
	}
	what, bad := enteredBreach(r, v.Text)
	if what.Scope.Channel, err = shell.Optional[id.Channel](r, "channel"); err != nil {
		return err
	}
	if _, said := r.PostForm["channel"]; !said && r.PostFormValue("step") == "" { // all numbers: must be said
		return &shell.NoSuch{Field: "channel"}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		switch step := breach.Step(r.PostFormValue("step")); step {
		case "":
		case breach.Close:
			return s.Breaches.Shut(ctx, tx, v.Org, found.ID, breach.Exemption{Ground: breach.Ground(r.PostFormValue("ground")), Reason: r.PostFormValue("reason"), By: v.ID})
		default:
			return s.Breaches.Done(ctx, tx, v.Org, found.ID, step, v.ID)
		}
		if bad != nil {
			return breach.ErrTimes
		}
		if !what.Scope.Channel.IsZero() { // an unknown one would make the scope another
			if _, err := s.Orgs.Channel(ctx, tx, v.Org, what.Scope.Channel); errors.Is(err, org.ErrNotFound) {
				return &shell.NoSuch{Field: "channel"}
			} else if err != nil {
				return err
			}
		}
		_, err := s.Breaches.Save(ctx, tx, v.Org, found.ID, what)
		return err
	})
	if problem, known := breachProblem(err, v.Text); known {
		return s.showBreach(w, r, v, http.StatusUnprocessableEntity, problem)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/breaches/"+found.ID.String(), http.StatusSeeOther)
	return nil
}

func enteredBreach(r *http.Request, c *i18n.Catalogue) (breach.Detail, error) {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	d := breach.Detail{What: field("what"), Consequences: field("consequences"), Measures: field("measures"), Delay: field("delay"), Risk: breach.Risk(field("risk"))}
	if d.Risk != breach.NoRisk && d.Risk != breach.SomeRisk && d.Risk != breach.HighRisk {
		d.Risk = ""
	}
	var err, err2 error
	d.Scope.From, err = c.ParseLocal(field("from"))
	d.Scope.Until, err2 = c.ParseLocal(field("until"))
	return d, errors.Join(err, err2)
}

// notification is the draft for the authority (Art. 33(3)).
func (s *server) notification(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	found, err := s.breachOf(r, v)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "meldung-" + found.Aware.Format(time.DateOnly) + "." + v.Text.Locale + ".pdf"}))
	c, doc := v.Text, pdf.New(pdf.Options{Title: v.Text.T("breach.draft.title"), Locale: v.Text.Locale, Footer: o.Name + " · " + v.Text.Moment(v.Now), Created: v.Now})
	if missing := found.Missing(v.Now); len(missing) > 0 {
		doc.Heading(2, c.T("breach.missing"))
		for _, code := range missing {
			doc.Text("– " + c.T("breach.missing."+code))
		}
	}
	contact := o.Settings.Controller
	doc.Facts([]pdf.Fact{{Name: c.T("breach.draft.authority"), Value: contact.Authority}, {Name: c.T("breach.draft.controller"), Value: o.Name + ", " + contact.Address},
		{Name: c.T("breach.draft.contact"), Value: contact.DPO}, {Name: c.T("breach.aware"), Value: c.Moment(found.Aware)}, {Name: c.T("breach.due"), Value: c.Moment(found.Due())}})
	for _, part := range []struct{ key, words string }{
		{"breach.what", found.What},
		{"breach.draft.who", c.T("breach.affected", found.Affected.People, found.Affected.Messages, found.Affected.Files)},
		{"breach.draft.categories", c.T("breach.draft.categories.text")},
		{"breach.consequences", found.Consequences}, {"breach.measures", found.Measures},
		{"breach.risk", riskText(found.Risk, c)}, {"breach.delay", found.Delay},
	} {
		if part.words != "" {
			doc.Heading(2, c.T(part.key))
			doc.Text(part.words)
		}
	}
	if err := doc.Write(w); err != nil {
		return fmt.Errorf("write a notification: %w", err)
	}
	return nil
}

func riskText(r breach.Risk, c *i18n.Catalogue) string {
	if r == "" {
		return ""
	}
	return c.T("breach.risk." + string(r))
}
