package settings

import (
	"context"
	"net/http"
	"slices"

	"einklang/internal/account/approval"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
)

// saveSight says what agents see. That they see more than before is for two to say.
func (s *server) saveSight(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	to := org.Sight{Agents: r.PostFormValue("agents") == "limited", Nobodys: r.PostFormValue("nobodys") != ""}
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		was := o.Settings
		if was.Sight == to {
			return nil
		}
		o.Settings.Sight = to
		if err := s.keep(ctx, tx, v.Org, was, o.Settings); err != nil {
			return err
		}
		mine, err := s.Users.OwnRoles(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		others := slices.ContainsFunc(mine, func(o user.Own) bool { return o.Rights.Limited && o.Accounts > 0 })
		if !to.Lowers(was.Sight, others) {
			return nil
		}
		return s.Approvals.Use(ctx, tx, v.Org, approval.Control, sightControl(was.Sight, to), v.ID)
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/users?saved#sight", http.StatusSeeOther)
	return nil
}

// sightControl names what is seen more from now on.
func sightControl(before, to org.Sight) string {
	if before.Agents && !to.Agents {
		return approval.SightAll
	}
	return approval.SightNobodys
}
