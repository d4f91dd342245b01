package setup

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"einklang/internal/account/org"
	"einklang/internal/consent/notice"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/template"
	"einklang/internal/rule/i18n"
)

// noticeForm is the third page: the privacy notice, drafted from what is known
// of the company.
type noticeForm struct {
	DE, EN    string
	Published bool
	Lacks     []notice.Gap // what the texts do not say yet
	Address   string       // at which customers read it
}

func (s *server) notice(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showNotice(w, r, v, http.StatusOK, "", noticeForm{})
}

func (s *server) showNotice(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string, f noticeForm) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	all, err := s.Notices.All(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	f.Published, f.Address = len(all) > 0, strings.TrimRight(s.PublicURL, "/")+"/privacy/"+o.Slug
	switch {
	case f.DE != "" || f.EN != "":
	case f.Published:
		f.DE, f.EN = all[0].DE, all[0].EN
	default:
		portal := strings.TrimRight(s.PublicURL, "/") + "/portal/" + o.Slug
		f.DE, f.EN = draft(s.shell.In("de"), o, portal), draft(s.shell.In("en"), o, portal)
	}
	if problem != "" {
		problem = v.Text.T("setup.problem." + problem)
	}
	return s.show(w, v, status, "firstnotice.html", noticeStep, problem, f)
}

// draft is a privacy notice with all that GDPR Art. 13 asks for, as far as it
// is known; what is missing stands in square brackets.
func draft(c *i18n.Catalogue, o org.Org, portal string) string {
	parts := map[string]string{}
	for _, p := range notice.Parts() {
		if key := "notice.suggest." + p.Key; c.Has(key) {
			parts[p.Key] = c.T(key, o.Name, portal)
		}
	}
	known := func(value string) string {
		if value == "" {
			return c.T("setup.draft.missing")
		}
		return value
	}
	k := o.Settings.Controller
	parts["controller"] = o.Name + ", " + known(k.Address) + ", " + known(k.Email)
	parts["dpo"] = k.DPO
	if k.Authority != "" {
		parts["complaint"] = c.T("setup.draft.complaint", k.Authority)
	}
	return notice.Assemble(parts, func(part string) string { return c.T("notice.part." + part) })
}

func (s *server) publish(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	f := noticeForm{DE: r.PostFormValue("de"), EN: r.PostFormValue("en")}
	if strings.Contains(f.DE+f.EN, "[") {
		return s.showNotice(w, r, v, http.StatusUnprocessableEntity, "brackets", f)
	}
	if gaps := notice.Gaps((notice.Version{DE: f.DE, EN: f.EN}).Draft(s.shell.In("de").T, s.shell.In("en").T)); len(gaps) > 0 && f.DE != "" && f.EN != "" {
		f.Lacks = gaps
		return s.showNotice(w, r, v, http.StatusUnprocessableEntity, "incomplete", f)
	}
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := s.Notices.Publish(ctx, tx, v.Org, f.DE, f.EN, true)
		return err
	})
	if errors.Is(err, notice.ErrEmpty) {
		return s.showNotice(w, r, v, http.StatusUnprocessableEntity, "empty", f)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, readyStep, http.StatusSeeOther)
	return nil
}

// readyBody is the last page: what is done, what is open, and how WhatsApp's
// webhooks find the way here.
type readyBody struct {
	Number, Notice bool
	Codes          string   // how the templates for codes stand
	Hooks          []string // addresses for webhooks, one for each app
	Sandbox        string
}

func (s *server) ready(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	all, err := s.Notices.All(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b := readyBody{Number: len(channels) > 0, Notice: len(all) > 0, Sandbox: s.Sandbox}
	seen := map[string]bool{}
	for _, c := range channels {
		if seen[c.WABA] {
			continue
		}
		seen[c.WABA] = true
		state, err := s.Templates.CodeState(r.Context(), s.DB, v.Org, c.WABA)
		if err != nil {
			return err
		}
		if b.Codes == "" || state != template.CodeReady {
			b.Codes = state
		}
	}
	for _, app := range s.Apps {
		b.Hooks = append(b.Hooks, strings.TrimRight(s.PublicURL, "/")+"/webhooks/whatsapp/"+app)
	}
	return s.show(w, v, http.StatusOK, "ready.html", readyStep, "", b)
}
