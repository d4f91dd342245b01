package template

import (
	"testing"

	"einklang/internal/engine/cloudapi"
)

const address = "https://einklang.example/privacy/beispiel"

func TestHoldsTheNotice(t *testing.T) {
	zero := cloudapi.Whole(0)
	with := func(text string) cloudapi.Template {
		return cloudapi.Template{Components: []cloudapi.TemplateComponent{{Type: "body", Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: text}}},
			{Type: "button", SubType: "url", Index: &zero, Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: text}}}}}
	}
	body := func(text string) Template { return Template{Parts: []Part{{Type: "BODY", Text: text}}} }
	button := func(kind, url string) Template {
		return Template{Parts: []Part{{Type: "BODY", Text: "Guten Tag"}, {Type: "BUTTONS", Buttons: []Button{{Type: kind, URL: url}}}}}
	}
	for _, c := range []struct {
		name     string
		template Template
		message  cloudapi.Template
		want     bool
	}{
		{"nothing", body("Guten Tag"), with(""), false},
		{"in the words", body("Datenschutz: " + address), with(""), true},
		{"with a slash and a full stop", body("Siehe " + address + "/."), with(""), true},
		{"in brackets", body("Datenschutz (" + address + ") gilt"), with(""), true},
		{"another address that begins alike", body("Siehe " + address + "-alt"), with(""), false},
		{"a page below it", body("Siehe " + address + "/alt"), with(""), false},
		{"filled in", body("Datenschutz: {{1}}"), with(address), true},
		{"filled in with something else", body("Datenschutz: {{1}}"), with("https://example.com"), false},
		{"behind a button", button("URL", address), with(""), true},
		{"behind a button that is filled in", button("URL", "https://einklang.example/privacy/{{1}}"), with("beispiel"), true},
		{"behind a button that is filled in otherwise", button("URL", "https://einklang.example/privacy/{{1}}"), with("andere"), false},
		{"on a button that leads nowhere", button("QUICK_REPLY", address), with(""), false},
	} {
		if got := c.template.Holds(c.message, address); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if body("Guten Tag").Holds(with(""), "") {
		t.Error("no address is held by every template")
	}
}

func TestSaysAI(t *testing.T) {
	for text, want := range map[string]bool{
		"Hier schreibt die KI der Beispiel GmbH. Guten Tag": true,
		"This is an AI assistant. Hello":                    true,
		"Ich bin ein Chatbot, guten Tag":                    true,
		"Guten Tag. Hier schreibt eine KI.":                 false, // not in the first sentence
		"Unser Angebot, Frau Kirsch":                        false,
		"":                                                  false,
	} {
		if got := (Template{Parts: []Part{{Type: "BODY", Text: text}}}).SaysAI(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAdvertises(t *testing.T) {
	for _, c := range []struct {
		category string
		marked   bool
		want     bool
	}{{"marketing", false, true}, {"MARKETING", false, true}, {"utility", true, true}, {"utility", false, false}, {"authentication", false, false}} {
		if got := (Template{Category: c.category, Marked: c.marked}).Advertises(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
