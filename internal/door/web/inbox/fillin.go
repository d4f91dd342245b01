package inbox

import (
	"cmp"
	"strconv"
	"strings"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	templates "einklang/internal/messaging/template"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// blank is a field of the form that fills in a template.
type blank struct {
	pii.Personal
	templates.Slot
	Field string // its name in the form
	Label string
	Type  string // of the input
	Most  int    // characters
	Lines int    // of the field; 0: one
	Help  string

	Articles bool // it takes articles, whose titles are suggested
}

// blanks are the fields that somebody fills in. The code of an authentication
// template is asked for once and goes into each of its places.
func blanks(v *shell.Viewer, t templates.Template) []blank {
	var all []blank
	for _, s := range t.Offered() {
		if repeats(t, s) {
			continue
		}
		b := blank{Slot: s, Field: field(s), Type: "text", Most: wire.LongestBody, Label: v.Text.T("template." + s.Part)}
		if s.Card > 0 {
			b.Label = v.Text.T("template.card", s.Card) + ", " + b.Label
		}
		switch s.Kind {
		case "text":
			b.Label += ": " + v.Text.T("template.value", s.Name)
			if t.Authenticates() {
				b.Most = wire.LongestCode
			}
		case "action":
			b.Label += ": " + v.Text.T("template.kind.action")
			if t.Shows(s) {
				b.Label, b.Most, b.Articles = v.Text.T("template.shown"), longestNamed, true
				break
			}
			b.Lines, b.Most, b.Help, b.Articles = 3, 30*(longestNamed+2)+10*26, v.Text.T("template.articles"), true
		case "product":
			b.Label, b.Most, b.Articles = b.Label+": "+v.Text.T("template.kind.product"), longestNamed, true
		case "time":
			b.Type = "datetime-local"
			fallthrough
		default:
			b.Label += ": " + v.Text.T("template.kind."+s.Kind)
		}
		all = append(all, b)
	}
	return all
}

// repeats reports whether a slot takes what another one takes.
func repeats(t templates.Template, s templates.Slot) bool {
	return t.Authenticates() && s.Part == "button" && t.Part("BODY") != nil
}

// longestArticle is how long the number of an article is (Cloud API: templates).
const longestArticle = 256

// longestNamed is how long an article is with its title.
const longestNamed = longestArticle + templates.LongestTitle + 3

// articles reads what a template offers: a section in each line, its title before
// a colon, the numbers of its articles after it. The first one's picture is shown.
func articles(text string, on *shelf) map[string]any {
	var sections []any
	first := ""
	for line := range strings.Lines(text) {
		section := map[string]any{}
		if title, rest, titled := strings.Cut(strings.TrimSpace(line)+" ", ": "); titled {
			section["title"], line = strings.TrimSpace(title), rest
		}
		var items []any
		for _, one := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
			if one = on.number(one); one != "" {
				first = cmp.Or(first, one)
				items = append(items, map[string]any{"product_retailer_id": one})
			}
		}
		if section["product_items"] = items; len(items) > 0 {
			sections = append(sections, section)
		}
	}
	if first == "" {
		return nil
	}
	return map[string]any{"thumbnail_product_retailer_id": first, "sections": sections}
}

// field is the name of a slot in the form.
func field(s templates.Slot) string {
	name := "slot-" + s.Part + "-" + strconv.Itoa(s.Index) + "-" + s.Name
	if s.Card > 0 {
		name += "-" + strconv.Itoa(s.Card)
	}
	return name
}

// filled fills a template's slots from the fields of the form. What is not
// given stays empty, which the template refuses.
func filled(v *shell.Viewer, t templates.Template, on *shelf, value func(string) string) cloudapi.Template {
	code := ""
	return t.Filled(func(s templates.Slot) cloudapi.TemplateParameter {
		text := strings.TrimSpace(value(field(s)))
		if repeats(t, s) {
			text = cmp.Or(text, code)
		}
		if s.Part == "body" {
			code = text
		}
		return parameter(v, t, s, on, text)
	})
}

func parameter(v *shell.Viewer, t templates.Template, s templates.Slot, on *shelf, text string) cloudapi.TemplateParameter {
	p := cloudapi.TemplateParameter{Type: s.Kind}
	if text == "" {
		return p
	}
	link := &cloudapi.Media{Link: text}
	switch s.Kind {
	case "code":
		p.Type, p.CouponCode = "coupon_code", text
	case "image":
		p.Image = link
	case "video":
		p.Video = link
	case "gif":
		p.GIF = link
	case "document":
		p.Document = link
	case "action":
		if t.Shows(s) {
			p.Action = map[string]any{"thumbnail_product_retailer_id": on.number(text)}
		} else {
			p.Action = articles(text, on)
		}
	case "product":
		p.Product = &cloudapi.Product{ProductRetailerID: on.number(text)}
	case "location":
		latitude, longitude, _ := strings.Cut(text, ";")
		p.Location = &cloudapi.Location{Latitude: degrees(strings.TrimSpace(latitude)), Longitude: degrees(strings.TrimSpace(longitude))}
	case "time":
		p.Type = "limited_time_offer"
		if until, err := v.Text.ParseLocal(text); err == nil {
			p.LimitedTimeOffer = &cloudapi.Offer{ExpirationTimeMS: cloudapi.Whole(until.UnixMilli())}
		}
	default:
		p.Type, p.Text = "text", text
	}
	return p
}
