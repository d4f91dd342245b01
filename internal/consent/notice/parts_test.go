package notice_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"einklang/internal/consent/notice"
)

// whole is a draft that says everything.
func whole() notice.Draft {
	return notice.Draft{
		"de": {"controller": "Beispiel GmbH, post@beispiel.example", "purposes": "Antworten auf Ihre Fragen (Art. 6 Abs. 1 b DSGVO)", "recipients": "WhatsApp Ireland und Meta",
			"transfer": "In die USA, mit Standardvertragsklauseln", "retention": "12 Monate", "rights": "Auskunft, Berichtigung, Löschung, Einschränkung, Datenübertragbarkeit, Widerspruch",
			"withdrawal": "Mit STOP", "complaint": "Bei der Aufsichtsbehörde", "provision": "Freiwillig", "automated": "Keine automatisierten Entscheidungen"},
		"en": {"controller": "Beispiel GmbH, post@beispiel.example", "purposes": "To answer you (GDPR Art. 6(1)(b))", "recipients": "WhatsApp Ireland and Meta",
			"transfer": "To the USA, with standard contractual clauses", "retention": "12 months", "rights": "access, rectification, erasure, restriction, portability, objection",
			"withdrawal": "With STOP", "complaint": "To the supervisory authority", "provision": "Voluntary", "automated": "No automated decisions"},
	}
}

func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		change func(notice.Draft)
		want   []notice.Gap
	}{
		"everything is said":              {func(notice.Draft) {}, nil},
		"no retention in English":         {func(d notice.Draft) { d["en"]["retention"] = " " }, []notice.Gap{{Part: "retention", Locale: "en"}}},
		"the transfer without safeguards": {func(d notice.Draft) { d["de"]["transfer"] = "In die USA." }, []notice.Gap{{Part: "transfer", Locale: "de", Lacks: "safeguard"}}},
		"a right is left out": {func(d notice.Draft) {
			d["de"]["rights"] = "Auskunft, Berichtigung, Löschung, Einschränkung, Widerspruch"
		}, []notice.Gap{{Part: "rights", Locale: "de", Lacks: "portability"}}},
		"no data protection officer":  {func(d notice.Draft) { delete(d["de"], "dpo") }, nil},
		"the officer in one language": {func(d notice.Draft) { d["de"]["dpo"] = "dsb@beispiel.example" }, []notice.Gap{{Part: "dpo", Locale: "en"}}},
		"Meta is not named":           {func(d notice.Draft) { d["en"]["recipients"] = "Nobody" }, []notice.Gap{{Part: "recipients", Locale: "en", Lacks: "meta"}}},
	} {
		d := whole()
		c.change(d)
		if got := notice.Gaps(d); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := notice.Gaps(nil); len(got) != 20 {
		t.Errorf("nothing is said: %d gaps", len(got))
	}
}

func heading(part string) string { return "Überschrift " + part }

// What is put together comes apart again.
func TestAssembleAndDisassemble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := map[string]string{}
		for _, p := range notice.Parts() {
			if rapid.Bool().Draw(t, p.Key) {
				texts[p.Key] = rapid.StringMatching(`[A-Za-zäöü.,]{1,20}(\n\n[A-Za-z ]{1,9}[a-z])?`).Draw(t, "text")
			}
		}
		got := notice.Disassemble(notice.Assemble(texts, heading), heading)
		if len(texts) == 0 {
			return
		}
		for part, text := range texts {
			if got[part] != text {
				t.Fatalf("%s: %q became %q", part, text, got[part])
			}
		}
	})
	if got := notice.Disassemble("Ein alter Text.\n\nIn zwei Absätzen.", heading); got["other"] != "Ein alter Text.\n\nIn zwei Absätzen." {
		t.Errorf("a text without headings: %q", got)
	}
}
