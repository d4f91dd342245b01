package conversation

import (
	"strings"

	"einklang/internal/engine/cloudapi"
)

// previewMost is how many characters of a message the queue shows.
const previewMost = 120

// previewOf is the line that the queue shows for a message: its type and,
// after a tab, its words. The page puts the type into the reader's language.
func previewOf(c cloudapi.Content) string {
	words := strings.Join(strings.Fields(Words(c)), " ")
	if r := []rune(words); len(r) > previewMost {
		words = string(r[:previewMost]) + "…"
	}
	kind := c.Kind()
	if kindOf(c) == SharedNumber {
		kind = SharedNumber
	}
	return kind + "\t" + words
}

// SharedNumber is the type of a message by which a person shared the own number
// at our request: it stands with the messages, and no period or count of cards of
// third persons concerns it.
const SharedNumber = "shared_number"

// kindOf is the type by which a message is stored and found.
func kindOf(c cloudapi.Content) string {
	if c.OwnNumber() != "" {
		return SharedNumber
	}
	return c.Type
}

// Words is what a message says in plain text: the text, a caption, the title
// of the chosen button. Empty if the content has no words.
func Words(c cloudapi.Content) string {
	if m := c.Media(); m != nil {
		if m.Caption != "" {
			return m.Caption
		}
		return m.Filename
	}
	switch {
	case c.Text != nil:
		return c.Text.Body
	case c.Location != nil:
		return strings.TrimSpace(c.Location.Name + " " + c.Location.Address)
	case c.Reaction != nil:
		return c.Reaction.Emoji
	case c.Button != nil:
		return c.Button.Text
	case c.Order != nil:
		return c.Order.Text
	case c.System != nil:
		return c.System.Body
	case c.Template != nil:
		return c.Template.Name
	case c.Interactive != nil:
		return interactiveWords(c.Interactive)
	default:
		return ""
	}
}

func interactiveWords(i *cloudapi.Interactive) string {
	switch {
	case i.ButtonReply != nil:
		return i.ButtonReply.Title
	case i.ListReply != nil:
		return i.ListReply.Title
	case i.NfmReply != nil:
		return i.NfmReply.Body
	case i.CallPermission != nil:
		return "" // the page says it in the reader's language
	case i.Body != nil:
		return i.Body.Text
	default:
		return ""
	}
}
