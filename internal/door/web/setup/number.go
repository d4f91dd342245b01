package setup

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
)

// The number that `einklang sandbox` offers.
const (
	sandboxNumber = "106540352242922"
	sandboxWABA   = "102290129340398"
)

// numberForm is the second page: the number at WhatsApp, with the agreement
// that covers it.
type numberForm struct {
	Apps                      []string
	App                       string
	PhoneNumberID, WABA, Name string
	Until                     string // of the agreement: 2027-11-25
	Sandbox                   string
	Numbers                   []org.Channel // that are here already
}

func (s *server) number(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f := numberForm{Until: v.Now.AddDate(1, 0, 0).Format(time.DateOnly)}
	if s.Sandbox != "" {
		f.PhoneNumberID, f.WABA = sandboxNumber, sandboxWABA
	}
	return s.showNumber(w, r, v, http.StatusOK, "", f)
}

func (s *server) showNumber(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string, f numberForm) error {
	var err error
	if f.Numbers, err = s.Orgs.Channels(r.Context(), s.DB, v.Org); err != nil {
		return err
	}
	if problem != "" {
		problem = v.Text.T("setup.problem." + problem)
	}
	f.Apps, f.Sandbox = s.Apps, s.Sandbox
	return s.show(w, v, status, "number.html", numberStep, problem, f)
}

// connect asks WhatsApp for the number, so that a wrong token shows here and
// not with the first message, and puts it into service.
func (s *server) connect(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := numberForm{App: get("app"), PhoneNumberID: get("phone_number_id"), WABA: get("waba"), Name: get("name"), Until: get("until")}
	token := get("token")
	until, err := time.Parse(time.DateOnly, f.Until)
	switch {
	case !slices.Contains(s.Apps, f.App):
		return s.showNumber(w, r, v, http.StatusUnprocessableEntity, "app", f)
	case f.PhoneNumberID == "" || f.WABA == "" || token == "" || f.Name == "":
		return s.showNumber(w, r, v, http.StatusUnprocessableEntity, "number", f)
	case err != nil || !until.After(v.Now):
		return s.showNumber(w, r, v, http.StatusUnprocessableEntity, "agreement", f)
	}
	info, err := s.Client.Number(f.PhoneNumberID, token).Info(r.Context())
	if err == nil {
		err = s.Client.Account(f.WABA, token).Subscribe(r.Context(), "", "")
	}
	if err != nil {
		return s.showNumber(w, r, v, http.StatusUnprocessableEntity, refusal(err), f)
	}
	if err := s.add(r.Context(), v, f, token, info, until); err != nil {
		if errors.Is(err, org.ErrNumberTaken) {
			return s.showNumber(w, r, v, http.StatusUnprocessableEntity, "known", f)
		}
		return err
	}
	s.makeCodes(r.Context(), v.Org)
	s.Connected()
	http.Redirect(w, r, noticeStep, http.StatusSeeOther)
	return nil
}

// makeCodes hands in the templates by which codes reach people outside the window.
// Where Meta does not take them, the last page says so, and has a button for it.
func (s *server) makeCodes(ctx context.Context, of id.Org) {
	channels, err := s.Orgs.Channels(ctx, s.DB, of)
	for _, c := range channels {
		if err == nil {
			err = s.MakeCodes(ctx, s.DB, c)
		}
	}
	if err != nil {
		s.Log.Warn("the templates for codes could not be made; the settings have a button for it", "error", err)
	}
}

// refusal names the text for why WhatsApp does not know a number: it said so,
// or it could not be reached.
func refusal(err error) string {
	var said *cloudapi.Error
	if errors.As(err, &said) {
		return "refused"
	}
	return "unreachable"
}

// add registers the number, and WhatsApp among those who process data for the
// company (GDPR Art. 28).
func (s *server) add(ctx context.Context, v *shell.Viewer, f numberForm, token string, info cloudapi.NumberInfo, until time.Time) error {
	return v.Act.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := s.Orgs.AddChannelIn(ctx, tx, org.Channel{Org: v.Org, App: f.App, PhoneNumberID: f.PhoneNumberID, WABA: f.WABA, DisplayNumber: info.DisplayPhoneNumber,
			Name: f.Name, PerSecond: info.PerSecond(), Quality: info.QualityRating, AgreementUntil: until}, token)
		if err != nil {
			return err
		}
		_, err = s.Registers.Save(ctx, tx, v.Org, processors.Processor{
			Detail: processors.Detail{Name: "WhatsApp Ireland Ltd.", Purpose: "WhatsApp Business Platform (Cloud API)", Country: "IE", Mechanism: place.NotNeeded,
				Categories: v.Text.T("setup.processor.categories"), Note: v.Text.T("setup.processor.note")},
			ValidFrom: v.Now, ValidUntil: until, ReviewAt: until.AddDate(0, -1, 0), Channels: []id.Channel{c.ID}})
		return err
	})
}
