package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/pdf"
)

func sample(t testing.TB) []byte {
	t.Helper()
	d := pdf.New(pdf.Options{Title: "Nachweis der Einwilligung", Locale: "de", Footer: "Beispiel GmbH · größte Sorgfalt", Created: time.Unix(1700000000, 0).UTC()})
	d.Text("Ä Ö Ü ä ö ü ß € „Anführung“ – Łódź, Brno, Ŝtefan 👍 ok.\n\nZweiter Absatz.")
	d.Heading(2, "Fakten")
	d.Facts([]pdf.Fact{{Name: "Name", Value: "Erika Mustermann"}, {Name: "Wortlaut", Value: strings.Repeat("Ich möchte Neuigkeiten erhalten. ", 30)}, {Name: "Leer"}})
	rows := make([][]string, 80)
	for i := range rows {
		rows[i] = []string{fmt.Sprint(i), "eine Zeile mit Text", strings.Repeat("lang ", i%30)}
	}
	d.Table([]pdf.Column{{"Nr.", 0.1}, {"Was", 0.4}, {"Wie", 0.5}}, rows)
	d.Code(strings.Repeat("0123456789abcdef", 20))
	d.Small("Kleingedrucktes.")
	d.Page()
	d.Squares([][]bool{{true, true, false}, {false, true, true}, {true, false, true}}, 60)
	d.Centered("Scannen", 20)
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDocument(t *testing.T) {
	one := sample(t)
	if !bytes.HasPrefix(one, []byte("%PDF-")) || len(one) > 400_000 || len(one) < 10_000 {
		t.Fatalf("%d bytes, beginning %q", len(one), one[:8])
	}
	if path := os.Getenv("EINKLANG_PDF_SAMPLE"); path != "" { // to look at it
		if err := os.WriteFile(path, one, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("Grüße 👍\n\n\x00\u00ad")
	f.Fuzz(func(t *testing.T, text string) {
		d := pdf.New(pdf.Options{Title: text, Footer: text})
		d.Text(text)
		d.Code(text)
		d.Table([]pdf.Column{{text, 0.5}, {"x", 0.5}}, [][]string{{text, text}})
		if err := d.Write(new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
	})
}

// Documents share the fonts: each comes out as it would alone, and one that says
// little takes little memory.
func TestDocumentsShareTheFonts(t *testing.T) {
	if one, again := sample(t), sample(t); !bytes.Equal(one, again) {
		t.Error("a document depends on the one before")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := pdf.New(pdf.Options{Title: "Nachweis", Footer: "Beispiel GmbH"})
	d.Text("Kurz.")
	if err := d.Write(new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > shortMost {
		t.Errorf("a short document allocates %d MB", took)
	} else {
		t.Logf("a short document allocates %d MB", took)
	}
}

// shortMost bounds a short document, in MB.
const shortMost = 40
