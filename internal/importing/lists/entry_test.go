package lists

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/consent/optin"
	"einklang/internal/importing/lists/table"
)

var berlin = time.FixedZone("CET", 3600)

var today = time.Date(2026, 11, 24, 12, 0, 0, 0, berlin)

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		name, titles string
		titled       bool
		want         []Field
	}{
		{"German", "Kundennr;Vorname;Nachname;Mobil-Nr.;Handynummer;E-Mail;Einwilligung am;Quelle", true, []Field{"", GivenName, LastName, "", Phone, EMail, AgreedAt, Source}},
		{"English", "Full name;Phone Number;E-mail address;Language;Purpose;Consent date;Consent source;Evidence", true, []Field{FullName, Phone, EMail, Language, Purpose, AgreedAt, Source, Proof}},
		{"umlauts and case", "NAME;RUFNUMMER;Einwilligung für;Wortlaut", true, []Field{FullName, Phone, Purpose, Wording}},
		{"the first of two wins", "Telefon;Mobil", true, []Field{Phone, ""}},
		{"no titles", "Max Muster;0176 04069001;Köln", false, []Field{"", Phone, ""}},
		{"nothing known", "a;b", true, []Field{"", ""}},
	} {
		got := Suggest(table.CSV, strings.Split(c.titles, ";"), nil)
		if !slices.Equal(got.Columns, c.want) || got.Titled != c.titled {
			t.Errorf("%s: got %q, %v", c.name, got.Columns, got.Titled)
		}
	}
	if got := Suggest(table.VCard, table.CardColumns, nil); !slices.Equal(got.Columns, []Field{FullName, Phone, EMail, Language, Labels}) || got.Check() != "" {
		t.Errorf("cards: got %+v", got)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		plan Plan
		want Fault
	}{
		{"fine", Plan{Columns: []Field{Phone, ""}, Country: "DE"}, ""},
		{"no phone", Plan{Columns: []Field{FullName}, Country: "DE"}, NoPhone},
		{"twice", Plan{Columns: []Field{Phone, Phone}, Country: "DE"}, Twice},
		{"unknown field", Plan{Columns: []Field{Phone, "shoe_size"}, Country: "DE"}, NoMeaning},
		{"unknown country", Plan{Columns: []Field{Phone}, Country: "XX"}, NoCountry},
		{"unknown purpose", Plan{Columns: []Field{Phone}, Country: "DE", Purpose: "fun"}, NoMeaning},
	} {
		if got := c.plan.Check(); got != c.want {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

func TestRead(t *testing.T) {
	plan := Plan{Columns: []Field{Phone, FullName, EMail, Language, Agreed, Purpose, AgreedAt, Source, Wording, Proof}, Country: "DE", Language: "de"}
	withDefault := plan
	withDefault.Purpose = optin.Marketing
	const number = "4917604069001"
	granted := func(purposes ...string) (all []Consent) {
		for _, p := range purposes {
			all = append(all, Consent{Purpose: p, At: time.Date(2024, 5, 1, 0, 0, 0, 0, berlin), Source: "Formular", Wording: "Ja, gern.", Proof: "Ordner 3"})
		}
		return all
	}
	for _, c := range []struct {
		name string
		plan Plan
		row  string
		want Entry
	}{
		{"all", plan, "0176 04069001|Max Muster|max@example.com|English||Werbung|01.05.2024|Formular|Ja, gern.|Ordner 3",
			Entry{Phone: number, Name: "Max Muster", EMail: "max@example.com", Language: "en", Consents: granted("marketing")}},
		{"no consent claimed", plan, "0176 04069001|Max", Entry{Phone: number, Name: "Max"}},
		{"several purposes", plan, "0176 04069001||||ja|Werbung, Service|2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Consents: granted("marketing", "service")}},
		{"yes, with the purpose of the plan", withDefault, "0176 04069001||||ja||2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Consents: granted("marketing")}},
		{"yes, but to what?", plan, "0176 04069001||||ja||2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeBadPurpose}},
		{"no", withDefault, "0176 04069001||||nein|Werbung|2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number}},
		{"perhaps", withDefault, "0176 04069001||||vielleicht|Werbung|2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeBadAgreed}},
		{"no date", plan, "0176 04069001|||||Werbung||Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeNoDate}},
		{"no source", plan, "0176 04069001|||||Werbung|2024-05-01|||Ordner 3", Entry{Phone: number, Code: CodeNoSource}},
		{"advertising without the words", plan, "0176 04069001|||||Werbung|2024-05-01|Formular||Ordner 3", Entry{Phone: number, Code: CodeUnproven,
			Consents: []Consent{{Purpose: optin.Marketing, At: time.Date(2024, 5, 1, 0, 0, 0, 0, berlin), Source: "Formular", Wording: "", Proof: "Ordner 3"}}}},
		{"no words and no proof", plan, "0176 04069001|||||Werbung|2024-05-01|Formular", Entry{Phone: number, Code: CodeNoProof}},
		{"in the future", plan, "0176 04069001|||||Werbung|2027-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeFuture}},
		{"before there was WhatsApp", plan, "0176 04069001|||||Werbung|1999-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeBadDate}},
		{"unknown purpose", plan, "0176 04069001|||||Weltfrieden|2024-05-01|Formular|Ja, gern.|Ordner 3", Entry{Phone: number, Code: CodeBadPurpose}},
		{"bad e-mail is left out", plan, "0176 04069001|Max|max@@example", Entry{Phone: number, Name: "Max", Code: CodeBadEMail}},
		{"no phone", plan, "|Max", Entry{Code: CodeNoPhone, Refused: true}},
		{"bad phone", plan, "auf Anfrage|Max", Entry{Code: CodeBadPhone, Refused: true}},
		{"formula", plan, "0176 04069001|=HYPERLINK(\"https://example.com\")", Entry{Code: Code(table.Formula), Refused: true}},
		{"long name", plan, "0176 04069001|" + strings.Repeat("x", 201), Entry{Phone: number, Name: strings.Repeat("x", 201), Code: CodeLongName, Refused: true}},
		{"what cannot be seen", plan, "\u202a0176 04069001\u202c|Max\u200b\x07 Muster\n", Entry{Phone: number, Name: "Max Muster"}},
		{"a short row", plan, "0176 04069001", Entry{Phone: number}},
	} {
		if c.want.Language == "" {
			c.want.Language = "de"
		}
		c.want.Row = 7
		got := c.plan.Read(table.Row{Number: 7, Cells: strings.Split(c.row, "|")}, today, berlin)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
	if got := plan.Read(table.Row{Number: 2, Problem: table.Quotes}, today, berlin); !got.Refused || got.Code != Code(table.Quotes) {
		t.Errorf("got %+v", got)
	}
}

// Whatever a file says: there is no consent without purpose, date, source and
// words or a proof.
func TestNoConsentWithoutItsWholeProof(t *testing.T) {
	columns := []Field{Phone, Agreed, Purpose, AgreedAt, Source, Wording, Proof}
	cells := map[Field]*rapid.Generator[string]{
		Phone:    rapid.Just("0176 04069001"),
		Agreed:   rapid.SampledFrom([]string{"", "ja", "nein", "x", "?"}),
		Purpose:  rapid.SampledFrom([]string{"", "Werbung", "Service", "Quatsch"}),
		AgreedAt: rapid.SampledFrom([]string{"", "2024-05-01", "1.5.24", "05/01/2024", "gestern", "2030-01-01"}),
		Source:   rapid.SampledFrom([]string{"", "Formular"}),
		Wording:  rapid.SampledFrom([]string{"", "Ich willige ein."}),
		Proof:    rapid.SampledFrom([]string{"", "Ordner 3"}),
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Plan{Columns: columns, Country: "DE", Purpose: rapid.SampledFrom([]string{"", optin.Marketing}).Draw(t, "default")}
		row := table.Row{}
		for _, f := range columns {
			row.Cells = append(row.Cells, cells[f].Draw(t, string(f)))
		}
		e := p.Read(row, today, berlin)
		for _, c := range e.Consents {
			if c.Purpose == "" || c.At.IsZero() || c.At.After(today) || c.Source == "" || c.Wording == "" && c.Proof == "" || row.Cells[1] == "nein" || row.Cells[1] == "?" {
				t.Fatalf("%q became the consent %+v", row.Cells, c)
			}
		}
	})
}

func TestDate(t *testing.T) {
	for text, want := range map[string]string{
		"2024-05-01":                "2024-05-01T00:00:00+01:00",
		"2024-05-01 10:30":          "2024-05-01T10:30:00+01:00",
		"2024-05-01T10:30:15Z":      "2024-05-01T10:30:15Z",
		"2024-05-01T10:30:15+02:00": "2024-05-01T10:30:15+02:00",
		"01.05.2024":                "2024-05-01T00:00:00+01:00",
		"1.5.24":                    "2024-05-01T00:00:00+01:00",
		"01.05.2024, 10:30 Uhr":     "2024-05-01T10:30:00+01:00",
		"01.05.2024 um 10:30":       "2024-05-01T10:30:00+01:00",
		"31/05/2024":                "2024-05-31T00:00:00+01:00",
		"05/31/2024":                "2024-05-31T00:00:00+01:00",
		"05/05/2024":                "2024-05-05T00:00:00+01:00",
		"05/01/2024":                string(CodeTwoDates),
		"31.02.2024":                string(CodeBadDate),
		"2024-13-01":                string(CodeBadDate),
		"01.05.2024 25:00":          string(CodeBadDate),
		"Mai 2024":                  string(CodeBadDate),
		"13/13/2024":                string(CodeBadDate),
		"":                          string(CodeNoDate),
	} {
		at, code := Date(text, berlin)
		got := string(code)
		if code == "" {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func FuzzDate(f *testing.F) {
	f.Add("01.05.2024, 10:30 Uhr")
	f.Fuzz(func(t *testing.T, text string) {
		at, code := Date(text, berlin)
		if code == "" && (at.Year() < 0 || at.Year() > 9999) {
			t.Fatalf("%q became %s", text, at)
		}
	})
}
