package cloudapi

import (
	"cmp"
	"slices"

	"einklang/internal/rule/pii"
)

// wireContent is what a message says, as it comes in. Its members are read
// whatever the type is: a STOP is one also where the type is missing, or new.
type wireContent struct {
	Content
	Location *wireLocation `json:"location"`
	Voice    *Media        `json:"voice"`
	Strays   []string      `json:"*"` // texts of members that we do not know
}

type wireLocation struct {
	pii.Personal
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
	Name      string   `json:"name"`
	Address   string   `json:"address"`
	URL       string   `json:"url"`
}

// typeVoice is how some write what is an audio with a mark.
const typeVoice = "voice"

// content is the part of a message that its type names; where it names none,
// the only part that is there. What this version does not know, or cannot read,
// becomes TypeUnsupported, and the event beside it says so.
func (w *wireContent) content(h Head, problems []WebhookError) (Content, Event) {
	if l := w.Location; l != nil && l.Latitude != nil && l.Longitude != nil {
		w.Content.Location = &Location{Latitude: *l.Latitude, Longitude: *l.Longitude, Name: l.Name, Address: l.Address, URL: l.URL}
	}
	kind := w.Type
	if kind == typeVoice || w.Voice != nil {
		w.Audio, kind = cmp.Or(w.Voice, w.Audio), TypeAudio
		if w.Audio != nil {
			w.Audio.Voice = true
		}
	}
	switch kind {
	case TypeRequestWelcome:
		return Content{Type: TypeRequestWelcome}, nil
	case TypeUnsupported:
		return w.unsupported(problems), nil
	}
	if c, there := w.only(kind); there {
		if i := c.Interactive; i != nil && i.silent() {
			c = w.unsupported(problems)
			c.Unsupported.Type = cmp.Or(i.Type, kind)
			if len(problems) > 0 {
				return c, nil // WhatsApp says itself that it can't be shown
			}
			return c, puzzle(h, TypeInteractive, i.Type)
		}
		if c.System != nil && !slices.Contains(knownSystem, c.System.Type) {
			return c, puzzle(h, TypeSystem, c.System.Type)
		}
		return c, nil
	}
	odd := puzzle(h, "message", w.Type)
	if kind == TypeInteractive && len(problems) > 0 {
		odd = nil // WhatsApp says itself that it can't be shown
	}
	var there []Content
	for _, kind := range received {
		if c, is := w.only(kind); is {
			there = append(there, c)
		}
	}
	if len(there) == 1 {
		return there[0], odd
	}
	c := w.unsupported(problems)
	c.Unsupported.Type = cmp.Or(c.Unsupported.Type, kind)
	return c, odd
}

// knownSystem are the types of system messages that Meta documents, or did.
var knownSystem = []string{"user_changed_number", "user_changed_user_id", "customer_changed_number", "customer_identity_changed", "user_identity_changed"}

// received are the types whose part a message can hold.
var received = []string{TypeText, TypeImage, TypeVideo, TypeAudio, TypeDocument, TypeSticker, TypeLocation, TypeContacts, TypeReaction,
	TypeInteractive, TypeTemplate, TypeButton, TypeOrder, TypeSystem}

// unsupported is what WhatsApp tells of a message that it does not pass on.
func (w *wireContent) unsupported(problems []WebhookError) Content {
	var u Unsupported
	if w.Unsupported != nil {
		u = *w.Unsupported
	}
	if p, is := Decisive(problems); is {
		u.Code, u.Title, u.Details = int(p.Code), p.Title, p.ErrorData.Details
	}
	u.Words = w.words()
	return Content{Type: TypeUnsupported, Unsupported: &u}
}

// words are all texts of a message that cannot be shown: a person's wish may be
// among them.
func (w *wireContent) words() []string {
	all := w.Strays
	if w.Text != nil {
		all = append(all, w.Text.Body)
	}
	if w.Button != nil {
		all = append(all, w.Button.Text, w.Button.Payload)
	}
	if w.Order != nil {
		all = append(all, w.Order.Text)
	}
	for _, m := range []*Media{w.Image, w.Video, w.Audio, w.Document, w.Sticker} {
		if m != nil {
			all = append(all, m.Caption)
		}
	}
	return all
}

// silent reports whether an interactive message says nothing that we know.
func (i *Interactive) silent() bool {
	return i.ButtonReply == nil && i.ListReply == nil && i.NfmReply == nil && i.CallPermission == nil && i.Body == nil && i.Action == nil
}

// only is the part that a type names, and whether it is there.
func (c *Content) only(kind string) (Content, bool) {
	o := Content{Type: kind}
	switch kind {
	case TypeText:
		o.Text = c.Text
		return o, c.Text != nil
	case TypeImage:
		o.Image = c.Image
		return o, c.Image != nil
	case TypeVideo:
		o.Video = c.Video
		return o, c.Video != nil
	case TypeAudio:
		o.Audio = c.Audio
		return o, c.Audio != nil
	case TypeDocument:
		o.Document = c.Document
		return o, c.Document != nil
	case TypeSticker:
		o.Sticker = c.Sticker
		return o, c.Sticker != nil
	case TypeLocation:
		o.Location = c.Location
		return o, c.Location != nil
	case TypeContacts:
		o.Contacts = c.Contacts
		return o, c.Contacts != nil
	case TypeReaction:
		o.Reaction = c.Reaction
		return o, c.Reaction != nil && c.Reaction.MessageID != ""
	case TypeInteractive:
		o.Interactive = c.Interactive
		return o, c.Interactive != nil
	case TypeTemplate:
		o.Template = c.Template
		return o, c.Template != nil
	case TypeButton:
		o.Button = c.Button
		return o, c.Button != nil
	case TypeOrder:
		o.Order = c.Order
		return o, c.Order != nil
	case TypeSystem:
		o.System = c.System
		return o, c.System != nil
	default:
		return Content{}, false
	}
}

// WebhookError is an error that a webhook reports.
type WebhookError struct {
	Code      ErrorCode    `json:"code"` // 0: it says none
	Title     string       `json:"title"`
	Message   string       `json:"message"`
	ErrorData ErrorDetails `json:"error_data"`
}

// read takes a bare code for an error.
func (e *WebhookError) read(s string) bool { return e.Code.read(s) && e.Code != 0 }

// ErrorCode is a code of Meta's (Cloud API: Error Codes); 0 where none is given.
type ErrorCode int

// tokenInvalid is the code that Meta also writes as 0.
const tokenInvalid = 190

func (c *ErrorCode) read(s string) bool {
	n, ok := wholeOf(s)
	if *c = ErrorCode(n); ok && n == 0 {
		*c = tokenInvalid
	}
	return ok
}

// ErrorDetails is what an error says further: an object, or words.
type ErrorDetails struct {
	Details string `json:"details"`
}

func (d *ErrorDetails) read(s string) bool {
	d.Details = s
	return true
}

// Decisive is the error that counts among several: a person's own word about
// advertising before all, then what stops the number, then what we know, then
// any that has a code.
func Decisive(all []WebhookError) (WebhookError, bool) {
	weight := func(e WebhookError) int {
		class := ClassUnknown
		if e.Code != 0 {
			class = Classify(int(e.Code), 0)
		}
		switch {
		case class == ClassUserStoppedMarketing:
			return 4
		case class.Consequence().StopsLane:
			return 3
		case class != ClassUnknown:
			return 2
		case e.Code != 0:
			return 1
		default:
			return 0
		}
	}
	if len(all) == 0 {
		return WebhookError{}, false
	}
	// The first of the weightiest.
	return slices.MaxFunc(all, func(a, b WebhookError) int { return weight(a) - weight(b) }), true
}
