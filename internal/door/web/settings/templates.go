package settings

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	templates "einklang/internal/messaging/template"
	"einklang/internal/rule/pii"
)

// templateView is a template as the page judges it.
type templateView struct {
	pii.Personal
	templates.Template
	Shown  templates.Rendered
	Notice bool // it brings the link to the privacy notice
}

// Format writes nothing: what is embedded has a field of that name.
func (templateView) Format(f fmt.State, verb rune) { pii.Personal{}.Format(f, verb) }

type templatesBody struct {
	pii.Personal
	Templates []templateView
	Notice    string // the address of the privacy notice, if no template holds it
	Codes     string // how the templates for codes stand; empty: no number is connected
	Problem   string // key of a text
	Saved     bool
}

// templates lists the templates of all accounts, and says of each what the gate
// asks: whether it advertises, tells how to stop, and brings the notice.
func (s *server) templates(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	b := templatesBody{Notice: s.NoticeURL(o.Slug), Saved: r.URL.Query().Has("saved")}
	if r.URL.Query().Has("refused") {
		b.Problem = "templates.codes.problem"
	}
	address, read := b.Notice, map[string]bool{}
	for _, c := range channels {
		if read[c.WABA] {
			continue
		}
		read[c.WABA] = true
		state, err := s.Templates.CodeState(r.Context(), s.DB, v.Org, c.WABA)
		if err != nil {
			return err
		}
		if b.Codes == "" || state != templates.CodeReady {
			b.Codes = state
		}
		all, err := s.Templates.List(r.Context(), s.DB, v.Org, c.WABA)
		if err != nil {
			return err
		}
		for _, t := range all {
			one := templateView{Template: t, Shown: t.Render(cloudapi.Template{}), Notice: t.Holds(cloudapi.Template{}, address)}
			if one.Notice && t.Usable() {
				b.Notice = ""
			}
			b.Templates = append(b.Templates, one)
		}
	}
	return s.pages.Show(w, http.StatusOK, "templates.html", shell.Page{Viewer: v, Title: v.Text.T("templates.title"), At: "/settings/templates", Body: b})
}

// makeCodes hands in the templates by which codes go out at any time.
func (s *server) makeCodes(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	channels, err := s.Orgs.Channels(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	done, made := "saved", map[string]bool{}
	for _, c := range channels {
		if made[c.WABA] {
			continue
		}
		made[c.WABA] = true
		err := s.MakeCodes(r.Context(), v.Act, c)
		if errors.Is(err, templates.ErrMeta) {
			done = "refused"
		} else if err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/settings/templates?"+done, http.StatusSeeOther)
	return nil
}

// markTemplate notes whether a template is advertising (UWG §7).
func (s *server) markTemplate(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	err := v.Act.Write(r.Context(), func(ctx context.Context, tx store.Tx) error {
		return s.Templates.Mark(ctx, tx, v.Org, r.PostFormValue("waba"), r.PostFormValue("name"), r.PostFormValue("language"), r.PostFormValue("advertising") != "")
	})
	if errors.Is(err, templates.ErrNotFound) {
		return &shell.NoSuch{Field: "template"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings/templates?saved", http.StatusSeeOther)
	return nil
}
