package setup

import (
	"strings"
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/consent/notice"
	"einklang/internal/rule/i18n"
)

func TestShortNames(t *testing.T) {
	for name, want := range map[string]string{
		"Beispiel GmbH & Co. KG": "beispiel-gmbh-co-kg",
		"Müller & Söhne":         "mueller-soehne",
		"Muster Versicherungsgesellschaft auf Gegenseitigkeit": "muster-versicherungsgesellschaft-auf",
		"": "",
	} {
		if got := slug(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTheCodeMayBeTypedInAnyWay(t *testing.T) {
	if plain("ABCD efgh-2345") != plain("abcd-efgh-2345") || plain("abcd") == plain("abce") {
		t.Error("codes are compared wrongly")
	}
}

// TestTheDraftSaysWhatTheLawAsksFor, once the company's own details are in it.
func TestTheDraftSaysWhatTheLawAsksFor(t *testing.T) {
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := org.Org{Name: "Beispiel GmbH", Settings: org.Settings{Controller: org.Contact{Address: "Musterstraße 1, 10115 Berlin", Email: "info@example.com", Authority: "Muster-Behörde"}}}
	whole := notice.Draft{}
	for _, c := range []*i18n.Catalogue{de, en} {
		whole[c.Locale] = notice.Disassemble(draft(c, o, "https://example.org/portal/x"), func(part string) string { return c.T("notice.part." + part) })
	}
	if gaps := notice.Gaps(whole); len(gaps) > 0 {
		t.Errorf("the draft lacks %v", gaps)
	}
	o.Settings.Controller.Email = ""
	if !strings.Contains(draft(de, o, "https://example.org/portal/x"), "[") {
		t.Error("nothing says that the e-mail address is missing")
	}
}
