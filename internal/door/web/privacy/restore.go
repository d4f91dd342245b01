package privacy

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rights/backup"
)

const restorePath = "/desk/restore"

// restored shows what is known of a restore that may have lost decisions.
func (s *server) restored(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showRestored(w, r, v, http.StatusOK, "")
}

func (s *server) showRestored(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	hold, err := backup.HoldOf(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	return s.pages.Show(w, status, "restore.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("restore.title"), At: restorePath, Body: struct {
		backup.Hold
		Problem string
	}{hold, problem}})
}

// release lets books and sending go on, because somebody has looked.
func (s *server) release(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return backup.Release(ctx, tx, v.Org, v.Now) })
	if errors.Is(err, backup.ErrNotHeld) {
		return s.showRestored(w, r, v, http.StatusConflict, v.Text.T("restore.problem.free"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, restorePath, http.StatusSeeOther)
	return nil
}
