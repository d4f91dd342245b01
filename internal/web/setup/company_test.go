package setup

import "testing"

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
