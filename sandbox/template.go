package sandbox

import (
	"encoding/json"
	"regexp"
	"strings"
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
	Cards      []struct {
		CardIndex  json.RawMessage `json:"card_index"`
		Components []fillingPart   `json:"components"`
	} `json:"cards"`
}

type parameter struct {
	Type          string          `json:"type"`
	ParameterName string          `json:"parameter_name"`
	Text          string          `json:"text"`
	Payload       string          `json:"payload"`
	Coupon        string          `json:"coupon_code"`
	Currency      *fallback       `json:"currency"`
	DateTime      *fallback       `json:"date_time"`
	Image         json.RawMessage `json:"image"`
	Video         json.RawMessage `json:"video"`
	GIF           json.RawMessage `json:"gif"`
	Document      json.RawMessage `json:"document"`
	Location      json.RawMessage `json:"location"`
	Product       json.RawMessage `json:"product"`
	Offer         *struct {
		Until json.RawMessage `json:"expiration_time_ms"`
	} `json:"limited_time_offer"`
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
	Type    string       `json:"type"`
	Format  string       `json:"format"`
	Text    string       `json:"text"`
	Buttons []partButton `json:"buttons"`
	Offer   *struct {
		Text          string `json:"text"`
		HasExpiration bool   `json:"has_expiration"`
	} `json:"limited_time_offer"`
	Cards []struct {
		Components []part `json:"components"`
	} `json:"cards"`
}

type partButton struct {
	Type        string `json:"type"`
	Text        string `json:"text"`
	URL         string `json:"url"`
	PhoneNumber string `json:"phone_number"`
}

// Shown is a filled-in template as the customer sees it.
type Shown struct {
	Header  string          `json:"header,omitempty"`
	Kind    string          `json:"kind,omitempty"` // of the header: image, video, gif, document, location, product
	Media   json.RawMessage `json:"media,omitempty"`
	Offer   string          `json:"offer,omitempty"`
	Body    string          `json:"body,omitempty"`
	Footer  string          `json:"footer,omitempty"`
	Buttons []ShownButton   `json:"buttons,omitempty"`
	Cards   []*Shown        `json:"cards,omitempty"`
}

// ShownButton is a button of a template.
type ShownButton struct {
	Type    string `json:"type"` // quick_reply, url, phone_number, …
	Text    string `json:"text"`
	Payload string `json:"payload,omitempty"`
	URL     string `json:"url,omitempty"`
}

var hole = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

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
	f := fitting{named: strings.EqualFold(t.ParameterFormat, "NAMED"), code: strings.EqualFold(t.Category, "AUTHENTICATION")}
	shown, err := f.fit(parts, in.Components)
	return t, shown, err
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
