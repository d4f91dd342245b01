package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"einklang/internal/consent/optin"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/outbox"
	templates "einklang/internal/messaging/template"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// templateView is a template in the picker.
type templateView struct {
	pii.Personal
	templates.Template
	Body     string
	Header   string
	Footer   string
	Buttons  []templates.Button
	Blanks   []blank
	Category string
	Notice   bool // it brings the link to the privacy notice, whatever is filled in
}

// Format writes nothing: what is embedded has a field of that name.
func (templateView) Format(f fmt.State, verb rune) { pii.Personal{}.Format(f, verb) }

// Title is the template's name as people read it.
func (t templateView) Title() string { return strings.ReplaceAll(t.Name, "_", " ") }

func (s *server) templatesFragment(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	channel, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, c.Channel)
	if err != nil {
		return err
	}
	all, err := s.Templates.List(r.Context(), s.DB, v.Org, channel.WABA)
	if err != nil {
		return err
	}
	o, err := s.Orgs.Get(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	views := make([]templateView, 0, len(all))
	for _, t := range all {
		shown := t.Render(cloudapi.Template{})
		views = append(views, templateView{Template: t, Body: shown.Body, Header: shown.Header, Footer: shown.Footer, Buttons: shown.Buttons, Blanks: blanks(v, t), Category: t.Category, Notice: t.Holds(cloudapi.Template{}, s.Outbox.NoticeURL(o.Slug))})
	}
	articles, err := s.Templates.Articles(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	labels := make([]string, len(articles))
	for i, a := range articles {
		labels[i] = label(a)
	}
	prove, err := s.unproven(r.Context(), v, c.Contact)
	if err != nil {
		return err
	}
	return s.pages.Show(w, http.StatusOK, "template-list", shell.Page{Viewer: v, Body: map[string]any{"Thread": c.ID.String(), "Templates": views, "Prove": prove, "Articles": labels}})
}

func (s *server) sendTemplate(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	channel, err := s.Orgs.Channel(r.Context(), s.DB, v.Org, c.Channel)
	if err != nil {
		return err
	}
	t, err := s.Templates.Get(r.Context(), s.DB, v.Org, channel.WABA, r.PostFormValue("name"), r.PostFormValue("language"))
	if errors.Is(err, templates.ErrNotFound) {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("reason.template_not_usable")}, "")
	}
	if err != nil {
		return err
	}
	known, err := s.Templates.Articles(r.Context(), s.DB, v.Org)
	if err != nil {
		return err
	}
	on := newShelf(known)
	m := filled(v, t, on, r.PostFormValue)
	content := cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &m}
	if invalid := new(cloudapi.ContentError); errors.As(cloudapi.Validate(content), &invalid) && invalid.Kind == wire.Missing {
		if err := t.Check(m); err != nil { // it knows the value by the name that stands in the form
			a, err := outcome(v, outbox.Queued{}, err)
			if err != nil {
				return err
			}
			return s.reply(w, r, v, c.ID, a, "")
		}
	}
	return s.sendContent(w, r, v, c, content, "", on.used...)
}

// unproven is where a person shows that her number is hers, if advertising to it
// rests on paper alone: no message ever came from it. Else it is empty.
func (s *server) unproven(ctx context.Context, v *shell.Viewer, person id.Person) (string, error) {
	states, err := s.Consents.States(ctx, s.DB, v.Org, person)
	if err != nil || !optin.Noted(states) {
		return "", err
	}
	threads, err := s.Threads.OfContact(ctx, s.DB, v.Org, person)
	for _, t := range threads {
		if !t.LastInAt.IsZero() {
			return "", err
		}
	}
	return "/people/" + person.String() + "/consent#prove", err
}
