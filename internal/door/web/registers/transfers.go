package registers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

type transfersBody struct {
	Rows     []transferRow
	From, To time.Time
	Affected processors.Affected
	Stopped  time.Time
	Sent     bool // the drill was confirmed wrongly
}

type transferRow struct {
	processors.Transfer
	InEEA bool
}

func (s *server) transfers(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showTransfers(w, r, v, http.StatusOK, false)
}

func (s *server) showTransfers(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, unsure bool) error {
	b := transfersBody{From: v.Now.AddDate(0, 0, -30), To: v.Now, Sent: unsure}
	all, err := processors.Transfers(r.Context(), s.DB, s.Destinations, b.From, b.To)
	if err != nil {
		return err
	}
	for _, t := range all {
		b.Rows = append(b.Rows, transferRow{t, place.InEEA(t.Destination.Country)})
	}
	if b.Affected, err = s.Standing.Affected(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Stopped, err = processors.Stopped(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	return s.pages.Show(w, status, "transfers.html", shell.Page{Viewer: v, Title: v.Text.T("transfers.title"), At: "/desk/transfers", Body: b})
}

// stop is the switch for the day on which transfers to Meta become unlawful.
// It asks for a word, because it takes every number out of service.
func (s *server) stop(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if r.PostFormValue("confirm") != "STOP" {
		return s.showTransfers(w, r, v, http.StatusUnprocessableEntity, true)
	}
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	ids := make([]id.Channel, len(channels))
	for i, c := range channels {
		ids[i] = c.ID
	}
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Registers.Stop(ctx, tx, v.Org, v.ID, ids) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/desk/transfers", http.StatusSeeOther)
	return nil
}

func (s *server) resume(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	if err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error { return s.Registers.Resume(ctx, tx, v.Org) }); err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/numbers", http.StatusSeeOther)
	return nil
}

type storageBody struct {
	Numbers []org.Channel
	Regions []string
	Gaps    []uptime.Gap
	Problem string
}

func (s *server) storage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showStorage(w, r, v, http.StatusOK, "")
}

func (s *server) showStorage(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	b := storageBody{Regions: processors.Regions(), Problem: problem}
	var err error
	if b.Numbers, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if b.Gaps, err = uptime.Gaps(r.Context(), s.DB, v.Now.AddDate(0, -3, 0)); err != nil {
		return err
	}
	return s.pages.Show(w, status, "storage.html", shell.Page{Viewer: v, Title: v.Text.T("storage.title"), At: "/desk/storage", Body: b})
}

func (s *server) setStorage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.atMeta(w, r, v, func(ctx context.Context, channel id.Channel) error {
		return s.Storage.Set(ctx, v.Act, v.Org, channel, r.PostFormValue("mode"), r.PostFormValue("region"))
	})
}

func (s *server) readStorage(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.atMeta(w, r, v, func(ctx context.Context, channel id.Channel) error { return s.Storage.Read(ctx, v.Act, v.Org, channel) })
}

// atMeta does something at Meta about a number and says so when that cannot be.
func (s *server) atMeta(w http.ResponseWriter, r *http.Request, v *shell.Viewer, do func(context.Context, id.Channel) error) error {
	at, err := pathID[id.Channel](r, org.ErrNotFound)
	if err != nil {
		return err
	}
	if _, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, at); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	var refused *cloudapi.Error
	switch err := do(ctx, at); {
	case errors.Is(err, processors.ErrMode):
		return s.showStorage(w, r, v, http.StatusUnprocessableEntity, v.Text.T("storage.problem.mode"))
	case errors.As(err, &refused):
		return s.showStorage(w, r, v, http.StatusBadGateway, v.Text.T("storage.problem.refused", refused.Code))
	case err != nil:
		return s.showStorage(w, r, v, http.StatusBadGateway, v.Text.T("storage.problem.away"))
	}
	http.Redirect(w, r, "/desk/storage", http.StatusSeeOther)
	return nil
}
