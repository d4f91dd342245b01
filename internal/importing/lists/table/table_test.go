package table

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

func read(raw []byte) ([]Row, error) {
	file := bytes.NewReader(raw)
	format, err := Detect(file)
	if err != nil {
		return nil, err
	}
	r, err := Open(format, file, int64(len(raw)))
	if err != nil {
		return nil, err
	}
	var all []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
}

// show writes rows on one line each: number, cells, problem.
func show(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d %s%s\n", r.Number, strings.Join(r.Cells, "|"), map[bool]string{true: " !" + string(r.Problem)}[r.Problem != ""])
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	encoded := func(e encoding.Encoding, s string) string {
		out, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const umlauts = "Name;Ort\nKäthe Groß;Köln\n"
	const want = "1 Name|Ort\n2 Käthe Groß|Köln\n"
	for _, c := range []struct{ name, raw, want string }{
		{"UTF-8", umlauts, want},
		{"UTF-8 with a mark", "\ufeff" + umlauts, want},
		{"Windows-1252", encoded(charmap.Windows1252, umlauts), want},
		{"UTF-16 with a mark", encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), umlauts), want},
		{"UTF-16, big end first, with a mark", encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), umlauts), want},
		{"UTF-16 without a mark", encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), umlauts), want},
		{"UTF-16, big end first, without a mark", encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), umlauts), want},
		{"the first umlaut comes late", strings.Repeat("Name;Ort\n", 1000) + "K\xe4the;K\xf6ln\n", strings.Repeat("", 0)},
		{"damaged UTF-8", "Käthe;Ort\nK\xe4the;Ort\n", "1 Käthe|Ort\n2 K\ufffdthe|Ort !bad_text\n"},
		{"commas", "Name,Ort\n\"Muster, Max\",Köln\n", "1 Name|Ort\n2 Muster, Max|Köln\n"},
		{"tabs", "Name\tOrt\nMax\tKöln, Deutz\n", "1 Name|Ort\n2 Max|Köln, Deutz\n"},
		{"Excel names the delimiter", "sep=,\r\nName,Ort\r\nMax,a;b\r\n", "2 Name|Ort\n3 Max|a;b\n"},
		{"lines within quotes, doubled quotes", "a;b\n\"x\ny\";\"er sagt \"\"ja\"\"\"\nc;d\n", "1 a|b\n2 x\ny|er sagt \"ja\"\n4 c|d\n"},
		{"empty lines", "a;b\n\n;;\n \nc;d\n\n", "1 a|b\n5 c|d\n"},
		{"rows of different length", "a;b\nc\nd;e;f\n", "1 a|b\n2 c\n3 d|e|f\n"},
		{"a stray quote spoils its row only", "a;b\nx\"y;z\nc;d\n", "1 a|b\n2  !bad_quotes\n3 c|d\n"},
		{"a quote that is never closed", "a;b\nc;\"d\ne;f\ng;h\n", "1 a|b\n2  !unclosed\n"},
		{"one column", "Telefon\n017604069001\n", "1 Telefon\n2 017604069001\n"},
		{"no line end", "a;b", "1 a|b\n"},
	} {
		rows, err := read([]byte(c.raw))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got := show(rows)
		if c.want == "" {
			got, c.want = show(rows[1000:]), "1001 Käthe|Köln\n"
		}
		if got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func TestCSVLimits(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"a long cell", "a;b\n" + strings.Repeat("x", MaxCell+1) + ";c\nd;e\n", "1 a|b\n2  !too_long\n3 d|e\n"},
		{"a row that never ends", "a;b\n" + strings.Repeat("x", 3*maxRecord), "1 a|b\n2  !unclosed\n"},
		{"a quote that swallows the file", "a;b\n\"" + strings.Repeat("x;y\n", maxRecord), "1 a|b\n2  !unclosed\n"},
		{"too many columns", "a;b\n" + strings.Repeat(";x", MaxColumns+1) + "\nc;d\n", "1 a|b\n2  !too_many\n3 c|d\n"},
	} {
		rows, err := read([]byte(c.raw))
		if got := show(rows); got != c.want || err != nil {
			t.Errorf("%s: got\n%s %v", c.name, got, err)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, raw, code string
		want            Format
	}{
		{"a table", "Name;Telefon\n", "", CSV},
		{"cards", "\r\nbegin:vcard\r\n", "", VCard},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), ErrCodeOldExcel, ""},
		{"a workbook with a password", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + string(utf16le("EncryptedPackage")), ErrCodeProtected, ""},
		{"a document", "%PDF-1.7", ErrCodeKind, ""},
		{"a program", "\x7fELF", ErrCodeKind, ""},
	} {
		got, err := Detect(strings.NewReader(c.raw))
		var e *Error
		if errors.As(err, &e) != (c.code != "") || e != nil && e.Code != c.code || got != c.want {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
}

// What a spreadsheet program writes, is read again, whatever the cells hold.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 6).Draw(t, "width")
		comma := rapid.SampledFrom([]rune{';', ',', '\t'}).Draw(t, "comma")
		cell := rapid.StringMatching("[A-Za-zäöüß0-9 \"+@.=\n" + string(comma) + "-]{0,20}")
		rows := [][]string{slices.Repeat([]string{"Spalte"}, width)}
		for range rapid.IntRange(1, 20).Draw(t, "rows") {
			row := make([]string, width)
			for i := range row {
				row[i] = cell.Draw(t, "cell")
			}
			if row[0] = "x" + row[0]; !empty(row) {
				rows = append(rows, row)
			}
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = comma
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		r, err := newCSV(&b)
		if err != nil {
			t.Fatal(err)
		}
		if r.r.Comma != comma {
			t.Fatalf("%q was taken for the delimiter", r.r.Comma)
		}
		for _, want := range rows {
			got, err := r.Next()
			if err != nil || !slices.Equal(got.Cells, want) {
				t.Fatalf("got %q, %v, want %q", got.Cells, err, want)
			}
		}
	})
}

// book makes a workbook of the inside of its sheet and of its shared texts.
func book(t testing.TB, sheet, shared string) []byte {
	t.Helper()
	return pack(t, map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"xl/workbook.xml": `<?xml version="1.0"?><workbook xmlns:r="x"><workbookPr/><sheets><sheet name="geheim" sheetId="1" state="hidden" r:id="rId1"/>
			<sheet name="Kunden" sheetId="2" r:id="rId2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="165" formatCode="[Red]0&quot;d&quot;"/></numFmts>
			<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":     `<sst>` + shared + `</sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c t="inlineStr"><is><t>versteckt</t></is></c></row></sheetData></worksheet>`,
		"xl/worksheets/sheet2.xml": `<worksheet><sheetData>` + sheet + `</sheetData></worksheet>`,
	})
}

func pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	shared := `<si><t>Name</t></si><si><r><t>Käthe </t></r><r><t>Groß</t></r><rPh><t>keete</t></rPh></si>`
	for _, c := range []struct{ name, sheet, want string }{
		{"texts", `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Ort</t></is></c></row><row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" t="b"><v>1</v></c></row>`,
			"1 Name||Ort\n3 Käthe Groß|ja\n"},
		{"numbers and dates", `<row><c><v>4.917604069001E12</v></c><c s="1"><v>45413</v></c><c s="2"><v>45413.5</v></c><c s="3"><v>7</v></c><c s="1"><v>1</v></c></row>`,
			"1 4917604069001|2024-05-01|2024-05-01T12:00:00|7|1900-01-01\n"},
		{"a formula with its value", `<row><c t="str"><f>CONCAT(A1,B1)</f><v>Max</v></c><c><f>1+1</f><v>2</v></c></row>`, "1 Max|2\n"},
		{"a formula that was never computed", `<row><c><f>HYPERLINK("https://example.com")</f></c><c><v>2</v></c></row><row><c><v>3</v></c></row>`, "1 |2 !formula\n2 3\n"},
		{"an error value", `<row><c t="e"><v>#REF!</v></c><c><v>2</v></c></row>`, "1 |2 !formula\n"},
		{"a cell far to the right", `<row><c r="ZZZ1"><v>2</v></c></row>`, "1  !too_many\n"},
		{"empty rows", `<row/><row><c/></row><row r="9"><c><v>1</v></c></row>`, "9 1\n"},
	} {
		rows, err := read(book(t, c.sheet, shared))
		if got := show(rows); got != c.want || err != nil {
			t.Errorf("%s: got\n%s %v, want\n%s", c.name, got, err, c.want)
		}
	}
}

func TestHostileXLSX(t *testing.T) {
	noise := make([]byte, 0, 5<<20)
	for i := range 400_000 {
		noise = fmt.Appendf(noise, "<si><t>%d %x</t></si>", i, i*2654435761)
	}
	for _, c := range []struct {
		name, code string
		raw        []byte
	}{
		{"a bomb in the sheet", ErrCodeBomb, book(t, strings.Repeat(`<row><c><v>1</v></c></row>`, 400_000), "")},
		{"a bomb in the texts", ErrCodeBomb, book(t, `<row/>`, strings.Repeat("<si><t>x</t></si>", 400_000))},
		{"a token without an end", ErrCodeBroken, book(t, `<row><c t="inlineStr"><is><t>`+strings.Repeat("x", 600_000), "")},
		{"an attribute without an end", ErrCodeBroken, book(t, `<row r="`+strings.Repeat("1", 600_000), "")},
		{"deep", ErrCodeBroken, book(t, strings.Repeat(`<a>`, 10_000), "")},
		{"entities", ErrCodeBroken, pack(t, map[string]string{"xl/workbook.xml": `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>`})},
		{"a sheet somewhere else", ErrCodeBroken, pack(t, map[string]string{
			"xl/workbook.xml":            `<workbook><sheets><sheet id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="../../../etc/passwd"/></Relationships>`})},
		{"a file outside", ErrCodeBroken, pack(t, map[string]string{"xl/workbook.xml": "<workbook/>", "../evil": "x"})},
		{"a text that is not there", ErrCodeBroken, book(t, `<row><c t="s"><v>7</v></c></row>`, "")},
		{"any archive", ErrCodeKind, pack(t, map[string]string{"foto.jpg": "x"})},
		{"cut off", ErrCodeBroken, book(t, `<row/>`, string(noise))[:1<<20]},
	} {
		_, err := read(c.raw)
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

func TestVCard(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"3.0", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Max Mustermann\r\nN:Mustermann;Max;;;\r\nTEL;TYPE=HOME:030 23125001\r\nitem1.TEL;TYPE=CELL,VOICE:+49 176 040\r\n 69001\r\nEMAIL;TYPE=INTERNET:max@example.com\r\nEND:VCARD\r\n",
			"1 Max Mustermann|+49 176 04069001|max@example.com||\n"},
		{"4.0", "BEGIN:VCARD\nVERSION:4.0\nFN:Erika\\, Muster\nTEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+49-30-23125001;ext=5\nTEL;TYPE=work:1\nLANG:de\nEND:VCARD\n",
			"1 Erika, Muster|+49-30-23125001||de|\n"},
		{"2.1", "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gro=C3=9F;K=C3=\r\n=A4the;;Dr.;\r\nTEL;CELL:017604069001\r\nEND:VCARD\r\n",
			"1 Dr. Käthe Groß|017604069001|||\n"},
		{"2.1 in an old encoding", "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:M=FCller;Lieschen\nTEL;CELL:1\nEND:VCARD\n", "1 Lieschen Müller|1|||\n"},
		{"a picture is passed over", "BEGIN:VCARD\nFN:Max\nPHOTO;ENCODING=b;TYPE=JPEG:" + strings.Repeat("QUJD", 100_000) + "\n " + strings.Repeat("QUJD", 100_000) + "\nTEL:1\nEND:VCARD\n", "1 Max|1|||\n"},
		{"a fax is no phone", "BEGIN:VCARD\nFN:Max\nTEL;FAX:1\nTEL:2\nEND:VCARD\n", "1 Max|2|||\n"},
		{"cards that are not closed", "BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\nunrelated\nmore\nBEGIN:VCARD\nFN:C\n", "1  !broken_card\n2 B||||\n3  !broken_card\n4  !broken_card\n"},
		{"only an organisation", "BEGIN:VCARD\nORG:Beispiel GmbH;Einkauf\nEND:VCARD\n", "1 Beispiel GmbH Einkauf||||\n"},
		{"what WhatsApp calls the number", "BEGIN:VCARD\nVERSION:3.0\nFN:Resi Beispiel\nTEL;type=CELL;type=VOICE;waid=436641234567:0664 1234567\nEND:VCARD\n", "1 Resi Beispiel|+436641234567|||\n"},
		{"its number before a mobile one", "BEGIN:VCARD\nFN:Resi\nTEL;type=CELL;type=pref:0664 7654321\nitem1.TEL;waid=\"436641234567\":+43 664 1234567\nitem1.X-ABLabel:Büro\nEND:VCARD\n", "1 Resi|+436641234567|||\n"},
		{"German words", "BEGIN:VCARD\nFN:Max\nTEL;TYPE=Telefax:1\nTEL;TYPE=\"Arbeit,Festnetz\";PREF=1:2\nTEL;TYPE=Mobil:3\nEND:VCARD\n", "1 Max|3|||\n"},
		{"a title of one's own", "BEGIN:VCARD\nFN:Max\nitem1.TEL:1\nitem1.X-ABLabel:Fax geschäftlich\nitem2.TEL:2\nitem2.X-ABLabel:_$!<Work>!$_\nitem3.TEL:3\nitem3.X-ABLabel:Handy\nEND:VCARD\n", "1 Max|3|||\n"},
		{"labels", "BEGIN:VCARD\nFN:Max\nTEL:1\nCATEGORIES:Kunden,VIP\nEND:VCARD\n", "1 Max|1|||Kunden,VIP\n"},
		{"an unknown encoding", "BEGIN:VCARD\nFN;ENCODING=ROT13:Znk\nEND:VCARD\n", "1 |||| !card_encoding\n"},
	} {
		rows, err := read([]byte(c.raw))
		if err != nil || len(rows) == 0 || !slices.Equal(rows[0].Cells, CardColumns) {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := show(rows[1:]); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Name;Telefon\n\"Max\";1\n"))
	f.Add([]byte("\xff\xfeN\x00"))
	f.Add([]byte("BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:=C3=\n=A4\nTEL;CELL:1\nEND:VCARD\n"))
	f.Add(book(f, `<row><c t="s"><v>0</v></c></row>`, `<si><t>a</t></si>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := read(raw)
		var known *Error
		if err != nil && !errors.As(err, &known) {
			t.Fatalf("an error without a code: %v", err)
		}
		for _, r := range rows {
			if len(r.Cells) > MaxColumns {
				t.Fatal("too many columns got through")
			}
			for _, c := range r.Cells {
				if len(c) > MaxCell {
					t.Fatal("a long cell got through")
				}
			}
		}
	})
}

func FuzzSheet(f *testing.F) {
	f.Add(`<row><c t="s"><v>0</v></c><c s="1"><f/><v>1e9</v></c></row>`, `<si><r><t>a</t></r></si>`)
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		_, err := read(book(t, sheet, shared))
		var known *Error
		if err != nil && !errors.As(err, &known) {
			t.Fatalf("an error without a code: %v", err)
		}
	})
}
