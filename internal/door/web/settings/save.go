package settings

import (
	"context"
	"maps"
	"net/http"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// save changes the settings of the organisation as they stand, and goes back to
// the page, which says so. If change fails, nothing is saved.
func (s *server) save(w http.ResponseWriter, r *http.Request, v *shell.Viewer, page string, change func(*org.Settings) error) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		o, err := s.Orgs.Get(ctx, tx, v.Org)
		if err != nil {
			return err
		}
		before := o.Settings
		if err := change(&o.Settings); err != nil {
			return err
		}
		return s.keep(ctx, tx, v.Org, before, o.Settings)
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, page+"?saved", http.StatusSeeOther)
	return nil
}

// keep stores settings. Where others see other things by them, what is open is shown
// anew: it may show what is not seen any more.
func (s *server) keep(ctx context.Context, tx store.Tx, at id.Org, before, now org.Settings) error {
	if before.Sight != now.Sight || !maps.Equal(before.Arrivals, now.Arrivals) {
		s.Users.Ended(tx, at)
	}
	return s.Orgs.SaveSettings(ctx, tx, at, now)
}
