package reports

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/govern/report"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
)

// agreementBody is what staff and the company have agreed on figures about few
// people, and what is still to be done before it holds.
type agreementBody struct {
	org.Agreement
	May     bool // enter one, or end it
	Begin   bool // the viewer asked, and a second person has granted it
	Problem string
}

// agreement reads how the agreement stands for a viewer.
func (s *server) agreement(ctx context.Context, v *shell.Viewer, a org.Agreement) (b agreementBody, err error) {
	b = agreementBody{Agreement: a, May: v.May(user.Settings)}
	if a.Waits() && a.By == v.ID {
		_, err = s.granted(ctx, s.DB, v, a)
		b.Begin = err == nil
		if errors.Is(err, errNotGranted) {
			err = nil
		}
	}
	return b, err
}

// errNotGranted says that no second person has confirmed an agreement, or that
// the wrong one has.
var errNotGranted = errors.New("nobody else has confirmed this agreement")

// granted is who confirmed an agreement for the one who entered it. One of the
// two is the data protection officer, where there is one (BetrVG §87(1) no. 6;
// GDPR Art. 39(1)(b)).
func (s *server) granted(ctx context.Context, r store.Reader, v *shell.Viewer, a org.Agreement) (second id.Account, err error) {
	q, granted, err := s.Approvals.Granted(ctx, r, v.Org, approval.Figures, a.File.String(), v.ID)
	if err != nil {
		return second, err
	}
	if !granted || q.Alone {
		return second, errNotGranted
	}
	staff, err := s.Users.List(ctx, r, v.Org)
	if err != nil {
		return second, err
	}
	circle, err := s.Users.Circle(ctx, r, v.Org)
	if err != nil {
		return second, err
	}
	counts := func(one id.Account) bool { // also who was blocked just now
		return slices.ContainsFunc(circle, func(d foureyes.Decider) bool { return d.ID == one && d.Counts(v.Now) })
	}
	officers, among := 0, v.Role == user.DPO
	for _, l := range staff {
		if l.Role == user.DPO && (l.Active || counts(l.ID)) {
			officers++
			among = among || l.ID == q.Second
		}
	}
	if officers > 0 && !among {
		return second, errNotGranted
	}
	return q.Second, nil
}

// agree takes the steps of an agreement: it is entered with its document, which
// asks a second person; it begins to hold once she has confirmed it; it ends.
func (s *server) agree(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	files, err := threshold.ReadForm(r, report.AgreementMost+64<<10)
	if err != nil {
		return s.showReport(w, r, v, http.StatusUnprocessableEntity, "reports.agreement.problem.file")
	}
	var step func(ctx context.Context, tx store.Tx, a *org.Agreement) error
	switch r.PostFormValue("do") {
	case "end":
		step = func(_ context.Context, _ store.Tx, a *org.Agreement) error { *a = org.Agreement{}; return nil }
	case "begin":
		step = func(ctx context.Context, tx store.Tx, a *org.Agreement) error { return s.begin(ctx, tx, v, a) }
	default:
		name, content, err := document(files["document"])
		if err != nil || strings.TrimSpace(r.PostFormValue("reference")) == "" {
			return s.showReport(w, r, v, http.StatusUnprocessableEntity, "reports.agreement.problem.file")
		}
		step = func(ctx context.Context, tx store.Tx, a *org.Agreement) error {
			return s.enter(ctx, tx, v, r, a, name, content)
		}
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		a := &o.Settings.Monitoring
		if err := step(ctx, tx, a); err != nil {
			return err
		}
		if err := s.Orgs.SaveSettings(ctx, tx, v.Org, o.Settings); err != nil {
			return err
		}
		return s.Log.Append(ctx, tx, v.Org, evidence.Entry{ID: id.Entry(s.IDs.New()), Kind: "staff.figures_agreed", At: v.Now,
			Record: map[string]any{"holds": a.Holds(), "waits": a.Waits(), "reference": a.Reference, "since": a.Since, "file": a.File.String(), "by": v.ID}})
	})
	var needed *approval.Needed
	switch {
	case errors.Is(err, errNotGranted), errors.As(err, &needed):
		return s.showReport(w, r, v, http.StatusConflict, "reports.agreement.problem.second")
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/reports#agreement", http.StatusSeeOther)
	return nil
}

// document is the uploaded agreement.
func document(f threshold.File) (name string, content []byte, err error) {
	if len(f.Content) == 0 || len(f.Content) > report.AgreementMost {
		return "", nil, report.ErrAgreementFile
	}
	return filepath.Base(f.Name), f.Content, nil
}

// enter files the document and asks a second person.
func (s *server) enter(ctx context.Context, tx store.Tx, v *shell.Viewer, r *http.Request, a *org.Agreement, name string, content []byte) error {
	*a = org.Agreement{Reference: strings.TrimSpace(r.PostFormValue("reference")), Since: r.PostFormValue("since"), By: v.ID}
	if _, err := time.Parse(time.DateOnly, a.Since); err != nil {
		a.Since = v.Now.Format(time.DateOnly)
	}
	if runes := []rune(a.Reference); len(runes) > 200 {
		a.Reference = string(runes[:200])
	}
	var err error
	if a.File, err = s.Agreements.File(ctx, tx, v.Org, name, content); err != nil {
		return err
	}
	_, err = s.Approvals.Ask(ctx, tx, v.Org, approval.Figures, a.File.String(), a.Reference, v.ID)
	return err
}

// begin takes up what a second person has confirmed.
func (s *server) begin(ctx context.Context, tx store.Tx, v *shell.Viewer, a *org.Agreement) error {
	if !a.Waits() || a.By != v.ID {
		return errNotGranted
	}
	second, err := s.granted(ctx, tx, v, *a)
	if err != nil {
		return err
	}
	if err := s.Approvals.Use(ctx, tx, v.Org, approval.Figures, a.File.String(), v.ID); err != nil {
		return err
	}
	a.Second = second
	return nil
}

// filed hands out the filed agreement.
func (s *server) filed(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	name, content, err := s.Agreements.Open(r.Context(), s.DB, v.Org, o.Settings.Monitoring.File)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, err = w.Write(content)
	return shell.IgnoreGone(err)
}
