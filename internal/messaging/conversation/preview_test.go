package conversation

import (
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
)

func TestWhatAMessageSays(t *testing.T) {
	reply := func(i cloudapi.Interactive) cloudapi.Content { return cloudapi.Content{Interactive: &i} }
	for _, c := range []struct {
		name    string
		content cloudapi.Content
		want    string
	}{
		{"a text", text("Guten Tag").Content, "Guten Tag"},
		{"a picture with a caption", cloudapi.Content{Type: "image", Image: &cloudapi.Media{Caption: "So sieht es aus", Filename: "a.jpg"}}, "So sieht es aus"},
		{"a document without one", cloudapi.Content{Type: "document", Document: &cloudapi.Media{Filename: "Rechnung.pdf"}}, "Rechnung.pdf"},
		{"a picture without anything", cloudapi.Content{Type: "image", Image: &cloudapi.Media{}}, ""},
		{"a place", cloudapi.Content{Location: &cloudapi.Location{Name: "Laden", Address: "Hauptstraße 1"}}, "Laden Hauptstraße 1"},
		{"a place with an address alone", cloudapi.Content{Location: &cloudapi.Location{Address: "Hauptstraße 1"}}, "Hauptstraße 1"},
		{"a reaction", cloudapi.Content{Reaction: &cloudapi.Reaction{Emoji: "👍"}}, "👍"},
		{"a button of a template", cloudapi.Content{Button: &cloudapi.Button{Text: "Ja"}}, "Ja"},
		{"a template", cloudapi.Content{Template: &cloudapi.Template{Name: "versand"}}, "versand"},
		{"a chosen button", reply(cloudapi.Interactive{ButtonReply: &cloudapi.Choice{Title: "Ja, gern"}}), "Ja, gern"},
		{"a chosen row", reply(cloudapi.Interactive{ListReply: &cloudapi.Choice{Title: "Freitag"}}), "Freitag"},
		{"what is asked", reply(cloudapi.Interactive{Body: &cloudapi.InteractiveText{Text: "Wann passt es?"}}), "Wann passt es?"},
		{"what we do not know", cloudapi.Content{Type: "hologram"}, ""},
	} {
		if got := Words(c.content); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheLineOfTheList(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"short", "Guten Tag", "text\tGuten Tag"},
		{"lines and tabs become spaces", "Guten\tTag,\n\n  Frau  Muster ", "text\tGuten Tag, Frau Muster"},
		{"as long as there is room", strings.Repeat("ü", previewMost), "text\t" + strings.Repeat("ü", previewMost)},
		{"longer", strings.Repeat("ü", previewMost+1), "text\t" + strings.Repeat("ü", previewMost) + "…"},
		{"nothing", "", "text\t"},
	} {
		if got := previewOf(text(c.text).Content); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAnEditedCaptionKeepsItsFile(t *testing.T) {
	image := func(id, caption string) cloudapi.Content {
		return cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: id, Caption: caption}}
	}
	for _, c := range []struct {
		name          string
		before, after cloudapi.Content
		id            string
	}{
		{"the caption alone", image("1", "alt"), image("", "neu"), "1"},
		{"another picture", image("1", "alt"), image("2", "neu"), "2"},
		{"a text became a picture", text("alt").Content, image("", "neu"), ""},
	} {
		got := kept(c.before, c.after)
		if got.Image.ID != c.id || got.Image.Caption != "neu" {
			t.Errorf("%s: %+v, want the file %q", c.name, got.Image, c.id)
		}
	}
}
