package cloudapi

import (
	"fmt"
	"net/url"
	"unicode/utf8"
)

// ContentError says what is wrong with a message before it is sent.
type ContentError struct {
	Field   string // as in the API, such as "text.body"
	Problem string
}

// Error says it in plain words.
func (e *ContentError) Error() string { return e.Field + ": " + e.Problem }

// The limits of contents (Cloud API: messages).
const (
	MaxText        = 4096
	MaxCaption     = 1024
	MaxButtons     = 3
	MaxButtonTitle = 20
	MaxChoiceID    = 256
	MaxRows        = 10
	MaxRowID       = 200
	MaxRowTitle    = 24
	MaxRowText     = 72
	MaxBody        = 1024
	MaxFooter      = 60
)

// Validate checks an outgoing content against the documented limits. The error
// is a *ContentError.
func Validate(c Content) error {
	switch c.Type {
	case TypeText:
		if c.Text == nil {
			return missing("text")
		}
		return between("text.body", c.Text.Body, 1, MaxText)
	case TypeImage, TypeVideo, TypeAudio, TypeDocument, TypeSticker:
		return validateMedia(c)
	case TypeLocation:
		return validateLocation(c.Location)
	case TypeContacts:
		return validateCards(c.Contacts)
	case TypeReaction:
		if c.Reaction == nil || c.Reaction.MessageID == "" {
			return missing("reaction.message_id")
		}
		return between("reaction.emoji", c.Reaction.Emoji, 0, 32)
	case TypeInteractive:
		return validateInteractive(c.Interactive)
	case TypeTemplate:
		return validateTemplate(c.Template)
	case "":
		return missing("type")
	default:
		return &ContentError{"type", fmt.Sprintf("%q cannot be sent", c.Type)}
	}
}

func missing(field string) error { return &ContentError{field, "is missing"} }

// between checks the length of a text in characters.
func between(field, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return &ContentError{field, "is not valid UTF-8"}
	case n < least:
		return missing(field)
	case n > most:
		return &ContentError{field, fmt.Sprintf("has %d characters; at most %d are allowed", n, most)}
	default:
		return nil
	}
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func validateMedia(c Content) error {
	m := map[string]*Media{TypeImage: c.Image, TypeVideo: c.Video, TypeAudio: c.Audio, TypeDocument: c.Document, TypeSticker: c.Sticker}[c.Type]
	switch {
	case m == nil:
		return missing(c.Type)
	case m.ID == "" && m.Link == "":
		return &ContentError{c.Type, "needs the id of an upload or a link"}
	case m.ID != "" && m.Link != "":
		return &ContentError{c.Type, "takes an id or a link, not both"}
	case m.Caption != "" && (c.Type == TypeAudio || c.Type == TypeSticker):
		return &ContentError{c.Type + ".caption", "is not possible for this type"}
	case m.Filename != "" && c.Type != TypeDocument:
		return &ContentError{c.Type + ".filename", "is only possible for documents"}
	}
	if m.Link != "" {
		if u, err := url.Parse(m.Link); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return &ContentError{c.Type + ".link", "is not a web address"}
		}
	}
	return between(c.Type+".caption", m.Caption, 0, MaxCaption)
}

func validateLocation(l *Location) error {
	switch {
	case l == nil:
		return missing("location")
	case l.Latitude < -90 || l.Latitude > 90:
		return &ContentError{"location.latitude", "lies between -90 and 90"}
	case l.Longitude < -180 || l.Longitude > 180:
		return &ContentError{"location.longitude", "lies between -180 and 180"}
	default:
		return nil
	}
}

func validateCards(cards []Card) error {
	if len(cards) == 0 {
		return missing("contacts")
	}
	for i, c := range cards {
		if c.Name.FormattedName == "" {
			return missing(fmt.Sprintf("contacts[%d].name.formatted_name", i))
		}
	}
	return nil
}

func validateInteractive(i *Interactive) error {
	if i == nil {
		return missing("interactive")
	}
	if i.Action == nil {
		return missing("interactive.action")
	}
	if i.Type != InteractiveProduct && i.Type != InteractiveProductList || i.Body != nil {
		if i.Body == nil {
			return missing("interactive.body")
		}
		if err := between("interactive.body.text", i.Body.Text, 1, MaxText); err != nil {
			return err
		}
	}
	if i.Footer != nil {
		if err := between("interactive.footer.text", i.Footer.Text, 1, MaxFooter); err != nil {
			return err
		}
	}
	switch i.Type {
	case InteractiveButton:
		return validateButtons(i.Action.Buttons)
	case InteractiveList:
		return firstError(between("interactive.action.button", i.Action.Button, 1, MaxButtonTitle), validateSections(i.Action.Sections))
	case InteractiveCTAURL, InteractiveLocationRequest, InteractiveFlow, InteractiveProduct, InteractiveProductList,
		InteractiveCatalog, InteractiveCallPermission, InteractiveRequestContact:
		return nil
	default:
		return &ContentError{"interactive.type", fmt.Sprintf("%q cannot be sent", i.Type)}
	}
}

func validateButtons(buttons []ReplyButton) error {
	if len(buttons) == 0 || len(buttons) > MaxButtons {
		return &ContentError{"interactive.action.buttons", fmt.Sprintf("needs 1 to %d buttons, has %d", MaxButtons, len(buttons))}
	}
	seen := map[string]bool{}
	for i, b := range buttons {
		at := fmt.Sprintf("interactive.action.buttons[%d].reply", i)
		if err := firstError(between(at+".id", b.Reply.ID, 1, MaxChoiceID), between(at+".title", b.Reply.Title, 1, MaxButtonTitle)); err != nil {
			return err
		}
		if seen[b.Reply.ID] {
			return &ContentError{at + ".id", "is used twice"}
		}
		seen[b.Reply.ID] = true
	}
	return nil
}

func validateSections(sections []ListSection) error {
	rows := 0
	for i, s := range sections {
		for j, r := range s.Rows {
			rows++
			at := fmt.Sprintf("interactive.action.sections[%d].rows[%d]", i, j)
			if err := firstError(between(at+".id", r.ID, 1, MaxRowID), between(at+".title", r.Title, 1, MaxRowTitle), between(at+".description", r.Description, 0, MaxRowText)); err != nil {
				return err
			}
		}
		if len(sections) > 1 && s.Title == "" {
			return missing(fmt.Sprintf("interactive.action.sections[%d].title", i))
		}
	}
	if rows == 0 || rows > MaxRows {
		return &ContentError{"interactive.action.sections", fmt.Sprintf("needs 1 to %d rows over all sections, has %d", MaxRows, rows)}
	}
	return nil
}

func validateTemplate(t *Template) error {
	switch {
	case t == nil:
		return missing("template")
	case t.Name == "":
		return missing("template.name")
	case t.Language.Code == "":
		return missing("template.language.code")
	default:
		return nil
	}
}
