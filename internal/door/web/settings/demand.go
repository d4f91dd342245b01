package settings

import (
	"context"
	"errors"
	"net/http"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
)

// demand has a role need a second factor. That a role needs none any more is for
// two to say.
func (s *server) demand(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	role, on := user.Role(r.PostFormValue("role")), r.PostFormValue("do") == "demand"
	if _, err := s.Users.RightsOf(r.Context(), s.DB, v.Org, role); errors.Is(err, user.ErrRole) {
		return shell.ErrNotFound
	} else if err != nil {
		return err
	}
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := s.Users.SetDemand(ctx, tx, v.Org, role, on); err != nil || on {
			return err
		}
		return s.Approvals.Use(ctx, tx, v.Org, approval.Control, approval.FactorControl(string(role)), v.ID)
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/users#factors", http.StatusSeeOther)
	return nil
}
