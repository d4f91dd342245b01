package privacy

import (
	"context"
	"net/http"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/journal"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/search"
	"einklang/internal/rights/backup"
	"einklang/internal/rule/id"
)

const backupsPath = "/desk/backups"

// backupsShown is how many runs are shown.
const backupsShown = 14

// Backups makes backups by itself, and when somebody asks; nil: no place for them
// is configured.
type Backups interface {
	Ask(ctx context.Context, tx store.Tx, by id.Account) (bool, error)
}

// BackupPlan is how backups are made here.
type BackupPlan struct {
	Backups
	To           backup.Target
	Every        time.Duration
	Keep         backup.Retention
	Installation string // its fingerprint
}

type backupsBody struct {
	Configured, Busy, Unreachable bool
	Hours, Days, KeyDays          int
	Installation                  string
	backup.State
	Due    time.Time
	Behind time.Time
	Runs   []backup.Run

	Building *search.Build // the search index, which is in no backup, lacks messages
}

func (s *server) backups(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	p := s.Backups
	b := backupsBody{Configured: p.To != nil}
	var err error
	if b.Building, err = s.Search.Building(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if !b.Configured {
		return s.pages.Show(w, http.StatusOK, "backups.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("backups.title"), At: backupsPath, Body: b})
	}
	b.Hours, b.Days, b.KeyDays, b.Installation = int(p.Every.Hours()), int(p.Keep.Data.Hours()/24), int(p.Keep.Keys.Hours()/24), p.Installation
	if b.State, err = backup.StateOf(r.Context(), p.To); err != nil {
		b.Unreachable = true
		s.Log.Error("the place of the backups could not be asked", "error", err)
	}
	if b.Runs, err = backup.Runs(r.Context(), s.DB, backupsShown); err != nil {
		return err
	}
	if b.Behind, err = journal.Behind(r.Context(), s.DB); err != nil {
		return err
	}
	b.Busy = len(b.Runs) > 0 && b.Runs[0].Ended.IsZero()
	if p.Every > 0 && !b.Last.IsZero() {
		b.Due = b.Last.Add(p.Every)
	}
	return s.pages.Show(w, http.StatusOK, "backups.html", shell.Page{Viewer: v, Styles: styles, Title: v.Text.T("backups.title"), At: backupsPath, Body: b})
}

// backUp asks for a backup at once.
func (s *server) backUp(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if s.Backups.To != nil {
		if err := v.Act.WriteIf(r.Context(), func(ctx context.Context, tx store.Tx) (bool, error) { return s.Backups.Ask(ctx, tx, v.ID) }); err != nil {
			return err
		}
	}
	http.Redirect(w, r, backupsPath, http.StatusSeeOther)
	return nil
}
