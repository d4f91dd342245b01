package privacy

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/period"
)

type retentionBody struct {
	Rules   []retention.Rule
	Runs    []retention.Run
	Running bool
	Problem string
	Clock   retention.State
}

// Counted lists the classes of a run in the order of the table, without those
// of which there was nothing.
func (retentionBody) Counted(r retention.Run) []counted {
	var all []counted
	for _, c := range period.Classes() {
		if n := r.Counts[c.Key]; n > 0 {
			all = append(all, counted{c.Key, n})
		}
	}
	return all
}

type counted struct {
	Key string
	N   int64
}

const runsShown = 20

func (s *server) retention(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showRetention(w, r, v, http.StatusOK, "")
}

func (s *server) showRetention(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	b := retentionBody{Problem: problem}
	var err error
	if b.Rules, err = retention.Rules(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Runs, err = retention.Runs(r.Context(), s.DB, v.Org, runsShown); err != nil {
		return err
	}
	if b.Clock, err = retention.StateOf(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	b.Running = slices.ContainsFunc(b.Runs, func(r retention.Run) bool { return r.Ended.IsZero() })
	return s.pages.Show(w, status, "retention.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("retention.title"), At: "/desk/retention", Body: b})
}

func (s *server) setPeriod(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	amount, err := strconv.Atoi(r.PostFormValue("amount"))
	if err != nil {
		amount = 0
	}
	err = v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		before, err := retention.RuleOf(ctx, tx, v.Org, r.PathValue("class"))
		if err != nil {
			return err
		}
		if err := s.Retention.SetRule(ctx, tx, v.Org, before.Key, amount, r.PostFormValue("reason"), v.ID); err != nil || amount >= before.Amount {
			return err
		}
		// A shorter period deletes the data of many at the next run.
		return s.Approvals.Use(ctx, tx, v.Org, approval.Period, before.Key+":"+string(before.Unit)+" "+strconv.Itoa(amount), v.ID)
	})
	switch {
	case errors.Is(err, retention.ErrAmount):
		return s.showRetention(w, r, v, http.StatusUnprocessableEntity, v.Text.T("retention.problem.amount"))
	case errors.Is(err, retention.ErrOwnReason):
		return s.showRetention(w, r, v, http.StatusUnprocessableEntity, v.Text.T("retention.problem.reason"))
	case errors.Is(err, retention.ErrClass):
		return s.showRetention(w, r, v, http.StatusUnprocessableEntity, v.Text.T("retention.problem.class"))
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/desk/retention", http.StatusSeeOther)
	return nil
}

func (s *server) runRetention(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	dry := r.PostFormValue("dry") != ""
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Retention.Start(ctx, tx, v.Org, dry) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/retention", http.StatusSeeOther)
	return nil
}

// confirmTime notes that somebody has looked at the clock and says that it is
// right; what waited for that is deleted.
func (s *server) confirmTime(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Retention.Confirm(ctx, tx, v.Org, v.ID) })
	if errors.Is(err, retention.ErrTime) {
		return s.showRetention(w, r, v, http.StatusUnprocessableEntity, v.Text.T("retention.problem.time"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/retention", http.StatusSeeOther)
	return nil
}

// archive hands out the commercial letters and vouchers in one file.
func (s *server) archive(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	err = s.DB.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Approvals.Use(ctx, tx, v.Org, approval.Letters, "", v.ID); err != nil {
			return err
		}
		return v.Act.Begin(ctx, tx)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "archiv-" + v.Now.Format(time.DateOnly) + ".zip"}))
	return shell.IgnoreGone(s.Letters.Archive(r.Context(), w, o, v.ID, v.Text, v.Act))
}
