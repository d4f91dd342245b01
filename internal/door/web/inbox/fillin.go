package inbox

import (
	"cmp"
	"slices"
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
}

// blanks are the fields that somebody fills in. The code of an authentication
// template is asked for once and goes into each of its places.
func blanks(v *shell.Viewer, t templates.Template) []blank {
	var all []blank
	for _, s := range t.Slots() {
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

// tooMuch reports whether a template needs what no form here asks for: the
// articles of a shop.
func tooMuch(t templates.Template) bool {
	return slices.ContainsFunc(t.Slots(), func(s templates.Slot) bool { return s.Kind == "action" })
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
func filled(v *shell.Viewer, t templates.Template, value func(string) string) cloudapi.Template {
	code := ""
	return t.Filled(func(s templates.Slot) cloudapi.TemplateParameter {
		text := strings.TrimSpace(value(field(s)))
		if repeats(t, s) {
			text = cmp.Or(text, code)
		}
		if s.Part == "body" {
			code = text
		}
		return parameter(v, s, text)
	})
}

func parameter(v *shell.Viewer, s templates.Slot, text string) cloudapi.TemplateParameter {
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
	case "product":
		p.Product = &cloudapi.Product{ProductRetailerID: text}
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
