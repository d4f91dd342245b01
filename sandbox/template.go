package sandbox

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// filling is how a message fills a template in.
type filling struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []fillingPart `json:"components"`
}

type fillingPart struct {
	Type       string          `json:"type"`
	SubType    string          `json:"sub_type"`
	Index      json.RawMessage `json:"index"` // a number, or a text
	Parameters []parameter     `json:"parameters"`
}

type parameter struct {
	Type          string          `json:"type"`
	ParameterName string          `json:"parameter_name"`
	Text          string          `json:"text"`
	Payload       string          `json:"payload"`
	Currency      *fallback       `json:"currency"`
	DateTime      *fallback       `json:"date_time"`
	Image         json.RawMessage `json:"image"`
	Video         json.RawMessage `json:"video"`
	Document      json.RawMessage `json:"document"`
	Location      json.RawMessage `json:"location"`
}

type fallback struct {
	FallbackValue string `json:"fallback_value"`
}

// value is what stands in the text.
func (p parameter) value() string {
	switch {
	case p.Currency != nil:
		return p.Currency.FallbackValue
	case p.DateTime != nil:
		return p.DateTime.FallbackValue
	default:
		return p.Text
	}
}

// part is a component of a template.
type part struct {
	Type    string `json:"type"`
	Format  string `json:"format"`
	Text    string `json:"text"`
	Buttons []struct {
		Type        string `json:"type"`
		Text        string `json:"text"`
		URL         string `json:"url"`
		PhoneNumber string `json:"phone_number"`
	} `json:"buttons"`
}

// Shown is a filled-in template as the customer sees it.
type Shown struct {
	Header  string          `json:"header,omitempty"`
	Kind    string          `json:"kind,omitempty"` // of the header: image, video, document, location
	Media   json.RawMessage `json:"media,omitempty"`
	Body    string          `json:"body,omitempty"`
	Footer  string          `json:"footer,omitempty"`
	Buttons []ShownButton   `json:"buttons,omitempty"`
}

// ShownButton is a button of a template.
type ShownButton struct {
	Type    string `json:"type"` // quick_reply, url, phone_number, …
	Text    string `json:"text"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

var hole = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

const mostHydrated = 1024 // characters of a body, filled in

// useTemplate finds the template that a message names, checks that it may be
// used and is filled in, and shows the result; s.mu is held.
func (s *Sandbox) useTemplate(n *Number, o outgoing) (*Template, *Shown, *graphError) {
	var in filling
	if json.Unmarshal(o.content, &in) != nil {
		return nil, nil, fail(132012, titles[132012], "template has the wrong form")
	}
	t, err := s.usableTemplate(n, in)
	if err != nil {
		return nil, nil, err
	}
	var parts []part
	_ = json.Unmarshal(t.Components, &parts)
	shown := &Shown{}
	for _, p := range parts {
		if err := shown.add(p, in, strings.EqualFold(t.ParameterFormat, "NAMED")); err != nil {
			return nil, nil, err
		}
	}
	return t, shown, nil
}

func (s *Sandbox) usableTemplate(n *Number, in filling) (*Template, *graphError) {
	var found *Template
	for _, t := range s.accounts[n.WABA].templates {
		if t.Name == in.Name && t.Language == in.Language.Code {
			found = t
		}
	}
	if found == nil {
		return nil, fail(132001, titles[132001], "template name ("+in.Name+") does not exist in "+in.Language.Code)
	}
	switch found.Status {
	case "APPROVED":
		return found, nil
	case "PAUSED":
		return nil, fail(132015, titles[132015], "")
	case "DISABLED":
		return nil, fail(132016, titles[132016], "")
	default:
		return nil, fail(132001, titles[132001], "the template is "+found.Status)
	}
}

// add checks and shows one component.
func (s *Shown) add(p part, in filling, named bool) *graphError {
	var err *graphError
	switch kind := strings.ToLower(p.Type); kind {
	case "header":
		given := in.parameters("header")
		if format := strings.ToLower(p.Format); format != "" && format != "text" {
			s.Kind, s.Media, err = media(format, given)
			return err
		}
		s.Header, err = fill(kind, p.Text, given, named)
	case "body":
		s.Body, err = fill(kind, p.Text, in.parameters("body"), named)
		if err == nil && utf8.RuneCountInString(s.Body) > mostHydrated {
			return fail(132005, titles[132005], "the body has more than 1024 characters")
		}
	case "footer":
		s.Footer = p.Text
	case "buttons":
		for i, b := range p.Buttons {
			button := ShownButton{Type: strings.ToLower(b.Type), Text: b.Text, Payload: b.Text, URL: b.URL}
			for _, given := range in.button(i) {
				if given.Payload != "" {
					button.Payload = given.Payload
				}
				button.URL = hole.ReplaceAllLiteralString(button.URL, given.Text)
			}
			if hole.MatchString(button.URL) {
				return fail(131008, titles[131008], "buttons: Button at index "+strconv.Itoa(i)+" of type Url requires a parameter")
			}
			s.Buttons = append(s.Buttons, button)
		}
	}
	return err
}

// media is the parameter of a header that is not a text.
func media(format string, given []parameter) (string, json.RawMessage, *graphError) {
	for _, p := range given {
		for kind, content := range map[string]json.RawMessage{"image": p.Image, "video": p.Video, "document": p.Document, "location": p.Location} {
			if kind == format && len(content) > 0 {
				return kind, content, nil
			}
		}
	}
	return "", nil, fail(132012, titles[132012], "header: Format mismatch, expected "+strings.ToUpper(format)+", received UNKNOWN")
}

// fill puts the values into a text.
func fill(kind, text string, given []parameter, named bool) (string, *graphError) {
	names := map[string]string{}
	var holes []string
	for _, found := range hole.FindAllStringSubmatch(text, -1) {
		if _, again := names[found[1]]; !again {
			names[found[1]] = ""
			holes = append(holes, found[1])
		}
	}
	if len(given) != len(holes) {
		return "", fail(132000, titles[132000], kind+": number of localizable_params ("+strconv.Itoa(len(given))+") does not match the expected number of params ("+strconv.Itoa(len(holes))+")")
	}
	for i, p := range given {
		name := strconv.Itoa(i + 1)
		if named {
			name = p.ParameterName
		}
		if _, known := names[name]; !known {
			return "", fail(132012, titles[132012], kind+": Parameter name is missing or empty, or unknown: "+name)
		}
		names[name] = p.value()
	}
	return hole.ReplaceAllStringFunc(text, func(h string) string { return names[hole.FindStringSubmatch(h)[1]] }), nil
}

func (f filling) parameters(kind string) []parameter {
	for _, c := range f.Components {
		if strings.EqualFold(c.Type, kind) {
			return c.Parameters
		}
	}
	return nil
}

func (f filling) button(index int) []parameter {
	for _, c := range f.Components {
		if strings.EqualFold(c.Type, "button") && strings.Trim(string(c.Index), `"`) == strconv.Itoa(index) {
			return c.Parameters
		}
	}
	return nil
}
