package template

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// WithCode fills an approved authentication template in a language with a code;
// found is false if the account has none.
func (c *Catalogue) WithCode(ctx context.Context, r store.Reader, org id.Org, waba, locale, code string) (filled cloudapi.Template, found bool, err error) {
	all, err := c.List(ctx, r, org, waba)
	if err != nil {
		return filled, false, err
	}
	for _, t := range all {
		if !t.Usable() || !t.carriesCode() || !strings.HasPrefix(t.Language, locale) {
			continue
		}
		if filled = t.Carrying(code); t.Check(filled) == nil {
			return filled, true, nil
		}
	}
	return cloudapi.Template{}, false, nil
}

// Authenticates reports whether the template carries a one-time code.
func (t Template) Authenticates() bool { return strings.EqualFold(t.Category, "authentication") }

// Carrying fills a code into every text of the template: the body and the
// button that copies it or fills it in (Cloud API: authentication templates).
func (t Template) Carrying(code string) cloudapi.Template {
	return t.Filled(func(Slot) cloudapi.TemplateParameter { return cloudapi.TemplateParameter{Type: "text", Text: code} })
}

// Filled fills each slot of the template with the value that is found for it.
func (t Template) Filled(value func(Slot) cloudapi.TemplateParameter) cloudapi.Template {
	m := cloudapi.Template{Name: t.Name, Language: cloudapi.TemplateLanguage{Code: t.Language}}
	for _, s := range t.Offered() {
		p := value(s)
		if s.Optional && p.Action == nil {
			continue
		}
		into := &m.Components
		if s.Card > 0 {
			into = cardOf(&m, s.Card)
		}
		if t.named() && s.Kind == "text" && s.Part != "button" {
			p.ParameterName = s.Name
		}
		c := t.component(into, s)
		c.Parameters = append(c.Parameters, p)
	}
	return m
}

func (t Template) named() bool { return strings.EqualFold(t.Format, "named") }

// cardOf finds or makes what fills in a card of the carousel.
func cardOf(m *cloudapi.Template, card int) *[]cloudapi.TemplateComponent {
	at := slices.IndexFunc(m.Components, func(c cloudapi.TemplateComponent) bool { return c.Type == "carousel" })
	if at < 0 {
		at = len(m.Components)
		m.Components = append(m.Components, cloudapi.TemplateComponent{Type: "carousel"})
	}
	carousel := &m.Components[at]
	for len(carousel.Cards) < card {
		carousel.Cards = append(carousel.Cards, cloudapi.TemplateCard{CardIndex: cloudapi.Whole(len(carousel.Cards))})
	}
	return &carousel.Cards[card-1].Components
}

// component finds or makes the component of a slot.
func (t Template) component(all *[]cloudapi.TemplateComponent, s Slot) *cloudapi.TemplateComponent {
	for i := range *all {
		if c := &(*all)[i]; c.Type == s.Part && (s.Part != "button" || indexOf(*c) == s.Index) {
			return c
		}
	}
	c := cloudapi.TemplateComponent{Type: s.Part}
	if s.Part == "button" {
		index := cloudapi.Whole(s.Index)
		c.Index, c.SubType = &index, "url"
		if b := t.buttonOf(s.Card, s.Index); b != nil {
			c.SubType = subTypes[strings.ToUpper(b.Type)]
		}
	}
	*all = append(*all, c)
	return &(*all)[len(*all)-1]
}
