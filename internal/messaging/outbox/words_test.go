package outbox

import (
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/wire"
)

// The sentences that duties ask for stand in the message once, wherever there
// are words, or the content has no room for them.
func TestSentencesAreAdded(t *testing.T) {
	both := lines{first: "Hier antwortet eine KI.", last: "Keine Werbung mehr? Antworten Sie mit STOP."}
	text := func(words string) cloudapi.Content {
		return cloudapi.Content{Text: &cloudapi.Text{Body: words}}
	}
	interactive := func(words, footer string) cloudapi.Content {
		i := &cloudapi.Interactive{Body: &cloudapi.InteractiveText{Text: words}}
		if footer != "" {
			i.Footer = &cloudapi.InteractiveText{Text: footer}
		}
		return cloudapi.Content{Interactive: i}
	}
	image := func(caption string) cloudapi.Content {
		return cloudapi.Content{Image: &cloudapi.Media{Caption: caption}}
	}
	words := func(c cloudapi.Content) string {
		switch {
		case c.Text != nil:
			return c.Text.Body
		case c.Interactive != nil:
			return c.Interactive.Body.Text
		case c.Media() != nil:
			return c.Media().Caption
		default:
			return ""
		}
	}
	const around = "Hier antwortet eine KI.\n\nGuten Tag\n\nKeine Werbung mehr? Antworten Sie mit STOP."
	for _, c := range []struct {
		name    string
		content cloudapi.Content
		want    string
		room    bool
	}{
		{"a text", text("Guten Tag"), around, true},
		{"a text that has them", text(around), around, true},
		{"a picture", image("Guten Tag"), around, true},
		{"a picture without words", image(""), "Hier antwortet eine KI.\n\nKeine Werbung mehr? Antworten Sie mit STOP.", true},
		{"buttons", interactive("Guten Tag", ""), around, true},
		{"buttons with a footer", interactive("Guten Tag", "Beispiel GmbH"), around, true},
		{"buttons whose footer tells how to stop", interactive("Guten Tag", "Mit STOP endet die Werbung"), "Hier antwortet eine KI.\n\nGuten Tag", true},
		{"a text that is full", text(strings.Repeat("a", wire.LongestText)), "", false},
		{"a caption that is full", image(strings.Repeat("a", wire.LongestCaption)), "", false},
		{"buttons that are full", interactive(strings.Repeat("a", wire.LongestBody), ""), "", false},
		{"a place", cloudapi.Content{Location: &cloudapi.Location{}}, "", false},
		{"sound", cloudapi.Content{Audio: &cloudapi.Media{}}, "", false},
		{"a sticker", cloudapi.Content{Sticker: &cloudapi.Media{}}, "", false},
		{"a reaction", cloudapi.Content{Reaction: &cloudapi.Reaction{}}, "", false},
	} {
		before := words(c.content)
		got, fits := both.into(c.content)
		if fits != c.room || fits && words(got) != c.want {
			t.Errorf("%s: %v %q", c.name, fits, words(got))
		}
		if words(c.content) != before {
			t.Errorf("%s: what was given has changed", c.name)
		}
		if none, fits := both.due(0).into(c.content); !fits || words(none) != before {
			t.Errorf("%s: without a duty something was added", c.name)
		}
	}
	if got := both.due(gate.Duties(0).With(gate.SayItIsAI)); got.first == "" || got.last != "" {
		t.Errorf("%+v", got)
	}
}
