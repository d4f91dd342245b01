package inbox

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	templates "einklang/internal/messaging/template"
)

// templateView is a template in the picker.
type templateView struct {
	templates.Template
	Body     string
	Header   string
	Footer   string
	Buttons  []templates.Button
	Slots    []templates.Slot
	Category string
	Notice   bool // it brings the link to the privacy notice, whatever is filled in
}

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
		views = append(views, templateView{t, shown.Body, shown.Header, shown.Footer, shown.Buttons, t.Slots(), t.Category, t.Holds(cloudapi.Template{}, s.Outbox.NoticeURL(o.Slug))})
	}
	return s.pages.Show(w, http.StatusOK, "template-list", shell.Page{Viewer: v, Body: map[string]any{"Thread": c.ID.String(), "Templates": views}})
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
	m := &cloudapi.Template{Name: t.Name, Language: cloudapi.TemplateLanguage{Code: t.Language}, Components: components(t, r.PostFormValue)}
	return s.sendContent(w, r, v, c, cloudapi.Content{Type: cloudapi.TypeTemplate, Template: m}, "")
}

// components fills a template's slots from the fields of the form.
func components(t templates.Template, value func(string) string) []cloudapi.TemplateComponent {
	var all []cloudapi.TemplateComponent
	at := map[string]int{}
	for _, slot := range t.Slots() {
		text := strings.TrimSpace(value("slot-" + slot.Part + "-" + strconv.Itoa(slot.Index) + "-" + slot.Name))
		key := slot.Part + strconv.Itoa(slot.Index)
		i, there := at[key]
		if !there {
			c := cloudapi.TemplateComponent{Type: slot.Part}
			if slot.Part == "button" {
				index := slot.Index
				c.Index, c.SubType = &index, "url"
				if slot.Kind == "code" {
					c.SubType = "copy_code"
				}
			}
			i = len(all)
			at[key] = i
			all = append(all, c)
		}
		p := cloudapi.TemplateParameter{Type: "text", Text: text}
		switch {
		case slot.Kind == "code":
			p = cloudapi.TemplateParameter{Type: "coupon_code", CouponCode: text}
		case slot.Kind == "image":
			p = cloudapi.TemplateParameter{Type: "image", Image: &cloudapi.Media{Link: text}}
		case t.Format == "named":
			p.ParameterName = slot.Name
		}
		all[i].Parameters = append(all[i].Parameters, p)
	}
	return all
}
