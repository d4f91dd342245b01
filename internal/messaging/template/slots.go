package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Slot is a value that a message with a template gives.
type Slot struct {
	Part     string // header | body | button | limited_time_offer
	Card     int    // of a carousel, counted from 1; 0: of the message itself
	Index    int    // of the button
	Kind     string // text | image | video | gif | document | location | product | code | payload | action | ttl_minutes | time
	Name     string // "1", "2" … or a name
	Optional bool   // what the customer's tap brings back, and the like: WhatsApp has a value of its own
}

// subTypes are the buttons that take a value, by their type in the template
// (Cloud API: template components). One that is created as OTP is listed as URL
// or OTP and filled in as URL.
var subTypes = map[string]string{"URL": "url", "OTP": "url", "COPY_CODE": "copy_code", "QUICK_REPLY": "quick_reply", "FLOW": "flow",
	"CATALOG": "catalog", "SPM": "spm", "MPM": "mpm", "VOICE_CALL": "voice_call"}

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
	return slices.DeleteFunc(slotsOf(t.Parts, 0), func(s Slot) bool { return s.Optional })
}

// Offered are the values that a form asks for: those that must be given, and whose
// picture stands for a catalogue.
func (t Template) Offered() []Slot {
	return slices.DeleteFunc(slotsOf(t.Parts, 0), func(s Slot) bool { return s.Optional && !t.Shows(s) })
}

// Shows reports whether a value is the article whose picture stands for a catalogue.
func (t Template) Shows(s Slot) bool {
	b := t.buttonOf(s.Card, s.Index)
	return s.Kind == "action" && b != nil && (strings.EqualFold(b.Type, "CATALOG") || strings.EqualFold(b.Type, "SPM"))
}

func slotsOf(parts []Part, card int) (all []Slot) {
	for _, p := range parts {
		switch strings.ToUpper(p.Type) {
		case "HEADER":
			switch format := strings.ToLower(p.Format); format {
			case "image", "video", "gif", "document", "location", "product":
				all = append(all, Slot{Part: "header", Card: card, Kind: format, Name: format})
			default:
				all = append(all, texts("header", card, p.Text)...)
			}
		case "BODY":
			all = append(all, texts("body", card, p.Text)...)
		case "LIMITED_TIME_OFFER":
			if p.LimitedTimeOffer != nil && p.LimitedTimeOffer.HasExpiration {
				all = append(all, Slot{Part: "limited_time_offer", Card: card, Kind: "time", Name: "1"})
			}
		case "BUTTONS":
			for i, b := range p.Buttons {
				all = append(all, b.slots(card, i)...)
			}
		case "CAROUSEL":
			for i, c := range p.Cards {
				all = append(all, slotsOf(c.Components, i+1)...)
			}
		}
	}
	return all
}

func texts(part string, card int, text string) (all []Slot) {
	for _, n := range placeholders(text) {
		all = append(all, Slot{Part: part, Card: card, Kind: "text", Name: n})
	}
	return all
}

func (b Button) slots(card, i int) []Slot {
	slot := func(kind string, optional bool) Slot {
		return Slot{Part: "button", Card: card, Index: i, Kind: kind, Name: "1", Optional: optional}
	}
	switch kind := strings.ToUpper(b.Type); {
	case kind == "URL" && len(placeholders(b.URL)) > 0, kind == "OTP":
		return []Slot{slot("text", false)}
	case kind == "COPY_CODE":
		return []Slot{slot("code", false)}
	case kind == "MPM":
		return []Slot{slot("action", false)}
	case kind == "QUICK_REPLY":
		return []Slot{slot("payload", true)}
	case kind == "FLOW", kind == "CATALOG", kind == "SPM":
		return []Slot{slot("action", true)}
	case kind == "VOICE_CALL":
		life, payload := slot("ttl_minutes", true), slot("payload", true)
		life.Name, payload.Name = "ttl_minutes", "payload"
		return []Slot{life, payload}
	default:
		return nil
	}
}

// buttonOf finds a button; nil if there is none with this number.
func (t Template) buttonOf(card, index int) *Button {
	parts := t.Parts
	if card > 0 {
		carousel := t.Part("CAROUSEL")
		if carousel == nil || card > len(carousel.Cards) {
			return nil
		}
		parts = carousel.Cards[card-1].Components
	}
	for _, p := range parts {
		if strings.EqualFold(p.Type, "BUTTONS") && index >= 0 && index < len(p.Buttons) {
			return &p.Buttons[index]
		}
	}
	return nil
}

// key names a slot in a map.
func (s Slot) key() string { return fmt.Sprintf("%d/%s/%d/%s", s.Card, s.Part, s.Index, s.Name) }

// String says which value it is, for programmers.
func (s Slot) String() string {
	text := s.Part + " " + s.Name
	if s.Part == "button" {
		text = "button " + strconv.Itoa(s.Index)
	}
	if s.Card > 0 {
		text = "card " + strconv.Itoa(s.Card-1) + " " + text
	}
	return text
}
