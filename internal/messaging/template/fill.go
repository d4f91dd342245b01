package template

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/rule/pii"
	"einklang/internal/rule/wire"
)

// MissingError says which value a message does not give, or gives wrongly.
type MissingError struct {
	Template string
	Slot     Slot
	Field    string // as in the API: "template.components[1].parameters[0]"; empty if nothing is given
	Problem  string
	TooLong  bool // nothing is missing: filled in, the text is longer than WhatsApp takes
}

// Error tells what to do.
func (e *MissingError) Error() string {
	where := e.Slot.String()
	if e.Field != "" {
		where = e.Field
	}
	return fmt.Sprintf("template %s: %s: %s", e.Template, where, e.Problem)
}

// given is a value of a message, with the slot that it fills.
type given struct {
	pii.Personal
	slot  Slot
	text  string // as people read it; "media" for what is none
	field string
}

// Check reports the first value that a message lacks, or gives though the
// template has no place for it, as a *MissingError (Cloud API: 132000, 132012,
// 132005, 132018).
func (t Template) Check(m cloudapi.Template) error {
	have := t.values(m)
	filled := map[string]given{}
	for _, g := range have {
		filled[g.slot.key()] = g
	}
	known := map[string]Slot{}
	for _, s := range slotsOf(t.Parts, 0) {
		known[s.key()] = s
		g, there := filled[s.key()]
		if strings.TrimSpace(g.text) == "" && (!s.Optional || there) {
			return &MissingError{Template: t.Name, Slot: s, Field: g.field, Problem: "the value is missing"}
		}
	}
	for _, g := range have {
		s, there := known[g.slot.key()]
		switch {
		case !there:
			return &MissingError{Template: t.Name, Slot: g.slot, Field: g.field, Problem: "the template has no such value"}
		case !fits(s.Kind, g.slot.Kind):
			return &MissingError{Template: t.Name, Slot: s, Field: g.field, Problem: fmt.Sprintf("must be of the type %s, not %s", s.Kind, g.slot.Kind)}
		}
	}
	if err := t.checkButtons(m.Components, 0, "template.components"); err != nil {
		return err
	}
	if utf8.RuneCountInString(t.Render(m).Body) > wire.LongestBody {
		return &MissingError{Template: t.Name, Slot: Slot{Part: "body", Kind: "text", Name: "text"}, Problem: fmt.Sprintf("filled in it has more than %d characters", wire.LongestBody), TooLong: true}
	}
	return nil
}

// checkButtons compares the types of the buttons that a message fills in with
// the template's.
func (t Template) checkButtons(all []cloudapi.TemplateComponent, card int, at string) error {
	for i, c := range all {
		field := fmt.Sprintf("%s[%d]", at, i)
		for k, one := range c.Cards {
			if err := t.checkButtons(one.Components, int(one.CardIndex)+1, fmt.Sprintf("%s.cards[%d].components", field, k)); err != nil {
				return err
			}
		}
		if !strings.EqualFold(c.Type, "button") {
			continue
		}
		index := indexOf(c)
		b := t.buttonOf(card, index)
		if b == nil || subTypes[strings.ToUpper(b.Type)] != strings.ToLower(c.SubType) && !strings.EqualFold(b.Type, c.SubType) {
			return &MissingError{Template: t.Name, Slot: Slot{Part: "button", Card: card, Index: index, Name: "1"}, Field: field + ".sub_type",
				Problem: fmt.Sprintf("the template has no button of the type %s at this place", c.SubType)}
		}
	}
	return nil
}

// fits reports whether a value of a kind fills a slot.
func fits(slot, value string) bool {
	switch slot {
	case "text":
		return value == "text" || value == "currency" || value == "date_time"
	case "code":
		return value == "coupon_code" || value == "text"
	case "payload":
		return value == "payload" || value == "text"
	case "time":
		return value == "limited_time_offer"
	default:
		return slot == value
	}
}

func indexOf(c cloudapi.TemplateComponent) int {
	if c.Index == nil {
		return 0
	}
	return int(*c.Index)
}

// values are the values that a message gives.
func (t Template) values(m cloudapi.Template) []given {
	return valuesOf(m.Components, 0, "template.components")
}

func valuesOf(all []cloudapi.TemplateComponent, card int, at string) (found []given) {
	for i, c := range all {
		field := fmt.Sprintf("%s[%d]", at, i)
		for k, one := range c.Cards {
			found = append(found, valuesOf(one.Components, int(one.CardIndex)+1, fmt.Sprintf("%s.cards[%d].components", field, k))...)
		}
		part, index := strings.ToLower(c.Type), indexOf(c)
		if part == "tap_target_configuration" {
			continue
		}
		for k, p := range c.Parameters {
			kind := strings.ToLower(p.Type)
			g := given{slot: Slot{Part: part, Card: card, Index: index, Kind: kind, Name: p.ParameterName}, text: valueOf(p), field: fmt.Sprintf("%s.parameters[%d]", field, k)}
			switch {
			case kind == "image", kind == "video", kind == "gif", kind == "document", kind == "location", kind == "product",
				strings.EqualFold(c.SubType, "voice_call"):
				g.slot.Name = kind
			case g.slot.Name == "":
				g.slot.Name = strconv.Itoa(k + 1)
			}
			if kind == "text" {
				g.field += ".text"
			}
			found = append(found, g)
		}
	}
	return found
}

// valueOf is a value as people read it.
func valueOf(p cloudapi.TemplateParameter) string {
	switch {
	case p.Currency != nil:
		return p.Currency.FallbackValue
	case p.DateTime != nil:
		return p.DateTime.FallbackValue
	case p.Image != nil, p.Video != nil, p.GIF != nil, p.Document != nil, p.Location != nil, p.Product != nil, p.LimitedTimeOffer != nil, p.TTLMinutes != nil, p.Action != nil:
		return "media"
	default:
		return cmp.Or(p.CouponCode, p.Payload, p.Text)
	}
}

// Rendered is what the customer reads.
type Rendered struct {
	pii.Personal
	Header, Body, Footer string
	Buttons              []Button
}

// Render fills in the values of a message; what is missing stays as {{name}}.
func (t Template) Render(m cloudapi.Template) Rendered {
	values := map[string]string{}
	for _, g := range t.values(m) {
		values[g.slot.key()] = g.text
	}
	fill := func(part, text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(hole string) string {
			return cmp.Or(values[Slot{Part: part, Name: placeholder.FindStringSubmatch(hole)[1]}.key()], hole)
		})
	}
	var r Rendered
	for _, p := range t.Parts {
		switch strings.ToUpper(p.Type) {
		case "HEADER":
			r.Header = fill("header", p.Text)
		case "BODY":
			r.Body = fill("body", p.Text)
		case "FOOTER":
			r.Footer = p.Text
		case "BUTTONS":
			r.Buttons = p.Buttons
		}
	}
	return r
}
