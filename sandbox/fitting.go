package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	mostHydrated = 1024 // characters of a body, filled in
	longestCode  = 15   // characters of what fills in an authentication template
)

// fitting compares what a message gives with the places of a template (Cloud
// API: 132000 count, 132012 format, 132018 length of a code and buttons).
type fitting struct {
	named bool
	code  bool // an authentication template
}

// fit checks and shows the components of a template, or of a card of it.
func (f fitting) fit(parts []part, given []fillingPart) (*Shown, *graphError) {
	shown := &Shown{}
	known := map[string]bool{"footer": true, "tap_target_configuration": true}
	for _, p := range parts {
		kind := strings.ToLower(p.Type)
		known[kind] = true
		if err := f.part(shown, kind, p, given); err != nil {
			return nil, err
		}
	}
	for _, c := range given {
		kind := strings.ToLower(c.Type)
		if kind == "button" {
			kind = "buttons"
		}
		if !known[kind] && (len(c.Parameters) > 0 || len(c.Cards) > 0) {
			return nil, fail(132000, titles[132000], fmt.Sprintf("%s: number of localizable_params (%d) does not match the expected number of params (0)", kind, len(c.Parameters)+len(c.Cards)))
		}
	}
	return shown, nil
}

func (f fitting) part(s *Shown, kind string, p part, all []fillingPart) (err *graphError) {
	given := parametersOf(all, kind)
	switch kind {
	case "header":
		if format := strings.ToLower(p.Format); format != "" && format != "text" {
			s.Kind, s.Media, err = media(format, given)
			return err
		}
		s.Header, err = f.fill(kind, p.Text, given)
	case "body":
		s.Body, err = f.fill(kind, p.Text, given)
		if err == nil && utf8.RuneCountInString(s.Body) > mostHydrated {
			return fail(132005, titles[132005], "the body has more than 1024 characters")
		}
	case "footer":
		s.Footer = p.Text
	case "limited_time_offer":
		return s.offer(p, given)
	case "buttons":
		return f.buttons(s, p.Buttons, all)
	case "carousel":
		return f.carousel(s, p, all)
	}
	return err
}

func (s *Shown) offer(p part, given []parameter) *graphError {
	if p.Offer == nil {
		return nil
	}
	if s.Offer = p.Offer.Text; p.Offer.HasExpiration && (len(given) != 1 || given[0].Offer == nil) {
		return fail(132012, titles[132012], "limited_time_offer: expiration_time_ms is missing")
	}
	return nil
}

func (f fitting) carousel(s *Shown, p part, all []fillingPart) *graphError {
	cards := map[string][]fillingPart{}
	for _, c := range all {
		for _, card := range c.Cards {
			cards[strings.Trim(string(card.CardIndex), `"`)] = card.Components
		}
	}
	if len(cards) != len(p.Cards) {
		return fail(132012, titles[132012], fmt.Sprintf("carousel: number of cards (%d) does not match the expected number (%d)", len(cards), len(p.Cards)))
	}
	for i, c := range p.Cards {
		given, there := cards[strconv.Itoa(i)]
		if !there {
			return fail(132012, titles[132012], fmt.Sprintf("carousel: card at index %d is missing", i))
		}
		card, err := f.fit(c.Components, given)
		if err != nil {
			err.details = fmt.Sprintf("carousel: card at index %d: %s", i, err.details)
			return err
		}
		s.Cards = append(s.Cards, card)
	}
	return nil
}

// subTypes are how the types of buttons are called in a message.
var subTypes = map[string]string{"otp": "url", "call_permission_request": "voice_call"}

func (f fitting) buttons(s *Shown, buttons []partButton, all []fillingPart) *graphError {
	for _, c := range all {
		if !strings.EqualFold(c.Type, "button") {
			continue
		}
		index, err := strconv.Atoi(cmp.Or(strings.Trim(string(c.Index), `"`), "0"))
		if err != nil || index < 0 || index >= len(buttons) {
			return fail(132018, titles[132018], "buttons: the template has no button at index "+string(c.Index))
		}
		want := strings.ToLower(buttons[index].Type)
		if want = cmp.Or(subTypes[want], want); want != strings.ToLower(c.SubType) {
			return fail(132018, titles[132018], fmt.Sprintf("buttons: Button at index %d must be of type %s", index, want))
		}
	}
	for i, b := range buttons {
		button, err := f.button(b, i, buttonParameters(all, i))
		if err != nil {
			return err
		}
		s.Buttons = append(s.Buttons, button)
	}
	return nil
}

func (f fitting) button(b partButton, i int, given []parameter) (ShownButton, *graphError) {
	kind := strings.ToLower(b.Type)
	shown := ShownButton{Type: kind, Text: b.Text, Payload: b.Text, URL: b.URL}
	needs := func(name string) *graphError {
		return fail(131008, titles[131008], fmt.Sprintf("buttons: Button at index %d of type %s requires a parameter", i, name))
	}
	for _, g := range given {
		shown.Payload = cmp.Or(g.Payload, shown.Payload)
		shown.URL = hole.ReplaceAllLiteralString(shown.URL, g.Text)
		if f.code && utf8.RuneCountInString(g.Text) > longestCode {
			return shown, tooLong("buttons", i)
		}
	}
	switch {
	case hole.MatchString(shown.URL), kind == "otp" && len(given) == 0:
		return shown, needs("Url")
	case kind == "copy_code" && len(given) == 0:
		return shown, needs("CopyCode")
	case kind == "mpm" && len(given) == 0:
		return shown, needs("MPM")
	case kind == "url" && !hole.MatchString(b.URL) && len(given) > 0:
		return shown, fail(132000, titles[132000], fmt.Sprintf("buttons: Button at index %d takes no parameter", i))
	}
	return shown, nil
}

func tooLong(part string, i int) *graphError {
	return fail(132018, titles[132018], fmt.Sprintf("%s: Parameter at index %d exceeds the parameter length limit %d", part, i, longestCode))
}

// media is the parameter of a header that is not a text.
func media(format string, given []parameter) (string, json.RawMessage, *graphError) {
	received := "UNKNOWN"
	for _, p := range given {
		content := map[string]json.RawMessage{"image": p.Image, "video": p.Video, "gif": p.GIF, "document": p.Document, "location": p.Location, "product": p.Product}[format]
		if len(given) == 1 && strings.EqualFold(p.Type, format) && len(content) > 0 {
			return format, content, nil
		}
		received = strings.ToUpper(p.Type)
	}
	return "", nil, fail(132012, titles[132012], "header: Format mismatch, expected "+strings.ToUpper(format)+", received "+received)
}

// fill puts the values into a text.
func (f fitting) fill(kind, text string, given []parameter) (string, *graphError) {
	names := map[string]string{}
	var holes []string
	for _, found := range hole.FindAllStringSubmatch(text, -1) {
		if _, again := names[found[1]]; !again {
			names[found[1]] = ""
			holes = append(holes, found[1])
		}
	}
	if len(given) != len(holes) {
		return "", fail(132000, titles[132000], fmt.Sprintf("%s: number of localizable_params (%d) does not match the expected number of params (%d)", kind, len(given), len(holes)))
	}
	for i, p := range given {
		name := strconv.Itoa(i + 1)
		if f.named {
			name = p.ParameterName
		}
		if _, known := names[name]; !known {
			return "", fail(132012, titles[132012], kind+": Parameter name is missing or empty, or unknown: "+name)
		}
		if p.value() == "" {
			return "", fail(132012, titles[132012], fmt.Sprintf("%s: Parameter at index %d has the wrong format: %s", kind, i, p.Type))
		}
		if f.code && utf8.RuneCountInString(p.value()) > longestCode {
			return "", tooLong(kind, i)
		}
		names[name] = p.value()
	}
	return hole.ReplaceAllStringFunc(text, func(h string) string { return names[hole.FindStringSubmatch(h)[1]] }), nil
}

func parametersOf(all []fillingPart, kind string) []parameter {
	for _, c := range all {
		if strings.EqualFold(c.Type, kind) {
			return c.Parameters
		}
	}
	return nil
}

func buttonParameters(all []fillingPart, index int) []parameter {
	for _, c := range all {
		if strings.EqualFold(c.Type, "button") && cmp.Or(strings.Trim(string(c.Index), `"`), "0") == strconv.Itoa(index) {
			return c.Parameters
		}
	}
	return nil
}
