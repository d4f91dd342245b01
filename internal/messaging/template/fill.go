package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/rule/pii"
)

// Slot is a value that a message must give.
type Slot struct {
	Part  string // header | body | button
	Index int    // of the button
	Kind  string // text | image | video | document | location | payload | code
	Name  string // "1", "2" … or a name
}

// MissingError says which value a message does not give, or gives wrongly.
type MissingError struct {
	Template string
	Slot     Slot
	Problem  string
}

// Error tells what to do.
func (e *MissingError) Error() string {
	return fmt.Sprintf("template %s: %s %s: %s", e.Template, e.Slot.Part, e.Slot.Name, e.Problem)
}

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// placeholders are the names in a text, each once, in order.
func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// Slots are the values that a message with this template must give.
func (t Template) Slots() []Slot {
	var all []Slot
	for _, p := range t.Parts {
		switch strings.ToUpper(p.Type) {
		case "HEADER":
			switch format := strings.ToLower(p.Format); format {
			case "image", "video", "document", "location":
				all = append(all, Slot{Part: "header", Kind: format, Name: format})
			default:
				for _, n := range placeholders(p.Text) {
					all = append(all, Slot{Part: "header", Kind: "text", Name: n})
				}
			}
		case "BODY":
			for _, n := range placeholders(p.Text) {
				all = append(all, Slot{Part: "body", Kind: "text", Name: n})
			}
		case "BUTTONS":
			for i, b := range p.Buttons {
				switch {
				case strings.EqualFold(b.Type, "URL") && len(placeholders(b.URL)) > 0:
					all = append(all, Slot{Part: "button", Index: i, Kind: "text", Name: "1"})
				case strings.EqualFold(b.Type, "COPY_CODE"):
					all = append(all, Slot{Part: "button", Index: i, Kind: "code", Name: "1"})
				}
			}
		}
	}
	return all
}

// Check reports the first value that a message lacks, as a *MissingError.
func (t Template) Check(m cloudapi.Template) error {
	given := t.values(m)
	for _, s := range t.Slots() {
		if strings.TrimSpace(given[key(s)]) == "" {
			return &MissingError{t.Name, s, "the value is missing"}
		}
	}
	want, have := t.count("body"), 0
	for _, c := range m.Components {
		if strings.EqualFold(c.Type, "body") {
			have += len(c.Parameters)
		}
	}
	if have > want {
		return &MissingError{t.Name, Slot{Part: "body", Name: strconv.Itoa(want + 1)}, fmt.Sprintf("the template has %d values, the message gives %d", want, have)}
	}
	return nil
}

func (t Template) count(part string) int {
	n := 0
	for _, s := range t.Slots() {
		if s.Part == part {
			n++
		}
	}
	return n
}

func key(s Slot) string { return fmt.Sprintf("%s/%d/%s", s.Part, s.Index, s.Name) }

// values are the values that a message gives, by slot.
func (t Template) values(m cloudapi.Template) map[string]string {
	given := map[string]string{}
	for _, c := range m.Components {
		part, index := strings.ToLower(c.Type), 0
		if c.Index != nil {
			index = *c.Index
		}
		for i, p := range c.Parameters {
			name := p.ParameterName
			if name == "" {
				name = strconv.Itoa(i + 1)
			}
			value := p.Text
			switch {
			case p.Currency != nil:
				value = p.Currency.FallbackValue
			case p.DateTime != nil:
				value = p.DateTime.FallbackValue
			case p.CouponCode != "":
				value = p.CouponCode
			case p.Payload != "":
				value = p.Payload
			case p.Image != nil, p.Video != nil, p.Document != nil, p.Location != nil:
				name, value = strings.ToLower(p.Type), "media"
			}
			given[fmt.Sprintf("%s/%d/%s", part, index, name)] = value
		}
	}
	return given
}

// Rendered is what the customer reads.
type Rendered struct {
	pii.Personal
	Header, Body, Footer string
	Buttons              []Button
}

// Render fills in the values of a message; what is missing stays as {{name}}.
func (t Template) Render(m cloudapi.Template) Rendered {
	given := t.values(m)
	fill := func(part, text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(hole string) string {
			name := placeholder.FindStringSubmatch(hole)[1]
			if v := given[part+"/0/"+name]; v != "" {
				return v
			}
			return hole
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
