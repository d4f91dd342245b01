package template

import (
	"errors"
	"testing"

	"einklang/internal/engine/cloudapi"
)

var appointment = Template{Name: "termin_erinnerung", Language: "de", Category: "utility", State: "APPROVED", Parts: []Part{
	{Type: "HEADER", Format: "TEXT", Text: "Ihr Termin"},
	{Type: "BODY", Text: "Guten Tag {{1}}, Ihr Termin ist am {{2}}."},
	{Type: "FOOTER", Text: "Beispiel GmbH"},
	{Type: "BUTTONS", Buttons: []Button{{Type: "URL", Text: "Absagen", URL: "https://example.com/{{1}}"}}},
}}

func body(values ...string) cloudapi.TemplateComponent {
	c := cloudapi.TemplateComponent{Type: "body"}
	for _, v := range values {
		c.Parameters = append(c.Parameters, cloudapi.TemplateParameter{Type: "text", Text: v})
	}
	return c
}

func link(value string) cloudapi.TemplateComponent {
	zero := cloudapi.Whole(0)
	return cloudapi.TemplateComponent{Type: "button", SubType: "url", Index: &zero,
		Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: value}}}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name    string
		given   []cloudapi.TemplateComponent
		missing string
	}{
		{"complete", []cloudapi.TemplateComponent{body("Erika", "Montag"), link("77")}, ""},
		{"second value missing", []cloudapi.TemplateComponent{body("Erika"), link("77")}, "0/body/0/2"},
		{"empty value", []cloudapi.TemplateComponent{body("Erika", " "), link("77")}, "0/body/0/2"},
		{"no values at all", nil, "0/body/0/1"},
		{"link value missing", []cloudapi.TemplateComponent{body("Erika", "Montag")}, "0/button/0/1"},
		{"too many", []cloudapi.TemplateComponent{body("Erika", "Montag", "10 Uhr"), link("77")}, "0/body/0/3"},
	} {
		err := appointment.Check(cloudapi.Template{Name: appointment.Name, Components: c.given})
		var missing *MissingError
		switch {
		case c.missing == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.missing != "" && (!errors.As(err, &missing) || missing.Slot.key() != c.missing):
			t.Errorf("%s: got %v, want %s missing", c.name, err, c.missing)
		}
	}
}

func TestRender(t *testing.T) {
	got := appointment.Render(cloudapi.Template{Components: []cloudapi.TemplateComponent{body("Erika")}})
	if want := "Guten Tag Erika, Ihr Termin ist am {{2}}."; got.Body != want || got.Header != "Ihr Termin" || got.Footer != "Beispiel GmbH" {
		t.Errorf("got %+v, want body %q", got, want)
	}
}
