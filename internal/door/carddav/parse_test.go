package carddav

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-vcard"

	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/id"
)

func FuzzReadXML(f *testing.F) {
	f.Add(`<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>`)
	f.Add(`<c:addressbook-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><c:address-data version="4.0"/></prop><c:filter test="allof"><c:prop-filter name="FN"><c:text-match negate-condition="yes">x</c:text-match><c:param-filter name="TYPE"><c:is-not-defined/></c:param-filter></c:prop-filter></c:filter></c:addressbook-query>`)
	f.Add(`<a xmlns="&lt;&quot;"><b:c xmlns:b="x"/></a>`)
	c := sample("Erika Muster")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := readXML(strings.NewReader(text))
		if err != nil {
			return
		}
		if f, err := readFilter(e.child(nsCard, "filter")); err == nil {
			f.matches(c)
		}
		readLimit(e.child(nsCard, "limit"))
		// Whatever a client asks for, the answer is well-formed.
		want, err := readProps(e)
		if err != nil {
			return
		}
		a := newAnswer("d:multistatus")
		a.response("/", want, func(xml.Name) (string, bool) { return "", false })
		a.WriteString("</d:multistatus>")
		if _, err := readXML(strings.NewReader(a.String())); err != nil {
			t.Fatalf("%q leads to a broken answer: %v\n%s", text, err, a.String())
		}
	})
}

func FuzzReadCard(f *testing.F) {
	f.Add("BEGIN:VCARD\r\nVERSION:3.0\r\nN:Muster;Erika;;;\r\nTEL;TYPE=CELL:+49 30 1\r\nEND:VCARD\r\n")
	f.Add("BEGIN:VCARD\nVERSION:4.0\nFN:Er\n ika\nTEL;VALUE=uri:tel:+49301\nPHOTO:data:image/png;base64,AAAA\nEND:VCARD")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := readCard(strings.NewReader(text))
		if err == nil && (e.Name == "" && e.Phone == "" || len([]rune(e.Name)) > 200 || len([]rune(e.Phone)) > 200 || strings.ContainsAny(e.Name+e.Phone, "\r\n")) {
			t.Fatalf("%q gives %+v", text, e)
		}
	})
}

func FuzzLocate(f *testing.F) {
	own := id.ID{1}.String()
	f.Add("/carddav/" + own + "/book/x.vcf")
	f.Add("/carddav//book/")
	f.Fuzz(func(t *testing.T, path string) {
		at, name := locate(path, own)
		if at != nowhere && at != root && !strings.HasPrefix(path, Prefix+own) {
			t.Fatalf("%q is taken for an own path", path)
		}
		if (at == card) != (name != "") || strings.Contains(name, "/") {
			t.Fatalf("%q gives %v %q", path, at, name)
		}
	})
}

func sample(name string) addressbook.Card {
	return addressbook.Card{Item: addressbook.Item{Contact: id.Person{1}, Version: "1f"}, DisplayName: name, Phone: "+49301", Changed: time.Unix(1_800_000_000, 0)}
}

// A card that is written can be read again by a library that we did not write,
// in both versions, whatever the name is.
func FuzzWriteCard(f *testing.F) {
	f.Add("Erika Muster")
	f.Add("Müller, Lüdenscheid; \\ & Söhne\nGmbH " + strings.Repeat("ä", 100))
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || strings.ContainsAny(name, "\r\n\x00") {
			return
		}
		for _, version := range []string{v3, v4} {
			text := writeCard(sample(name), version)
			for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
				if len(line) > 75 || !utf8.ValidString(line) {
					t.Fatalf("line of %d octets: %q", len(line), line)
				}
			}
			d := vcard.NewDecoder(strings.NewReader(text))
			card, err := d.Decode()
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			// The library leaves \; as it is.
			if got := strings.ReplaceAll(card.Value(vcard.FieldFormattedName), `\;`, ";"); strings.TrimRight(got, " ") != strings.TrimRight(strings.ReplaceAll(name, `\;`, ";"), " ") && !strings.Contains(name, `\`) {
				t.Fatalf("%q became %q", name, got)
			}
			if _, err := d.Decode(); err != io.EOF { //nolint:errorlint // the library returns it bare
				t.Fatalf("more than one card: %v", err)
			}
		}
	})
}

func TestFilter(t *testing.T) {
	c := sample("Erika Müller")
	for _, tt := range []struct {
		filter string
		want   bool
	}{
		{``, true},
		{`<c:prop-filter name="FN"/>`, true},
		{`<c:prop-filter name="EMAIL"/>`, false},
		{`<c:prop-filter name="EMAIL"><c:is-not-defined/></c:prop-filter>`, true},
		{`<c:prop-filter name="FN"><c:is-not-defined/></c:prop-filter>`, false},
		{`<c:prop-filter name="fn"><c:text-match>MÜLL</c:text-match></c:prop-filter>`, true},
		{`<c:prop-filter name="FN"><c:text-match collation="i;octet">MÜLL</c:text-match></c:prop-filter>`, false},
		{`<c:prop-filter name="FN"><c:text-match match-type="equals">erika müller</c:text-match></c:prop-filter>`, true},
		{`<c:prop-filter name="FN"><c:text-match match-type="starts-with">müller</c:text-match></c:prop-filter>`, false},
		{`<c:prop-filter name="FN"><c:text-match match-type="ends-with">müller</c:text-match></c:prop-filter>`, true},
		{`<c:prop-filter name="FN"><c:text-match negate-condition="yes">müller</c:text-match></c:prop-filter>`, false},
		{`<c:prop-filter name="FN"><c:text-match>x</c:text-match></c:prop-filter><c:prop-filter name="TEL"><c:text-match>4930</c:text-match></c:prop-filter>`, true},
		{`<c:prop-filter name="FN" test="allof"><c:text-match>erika</c:text-match><c:text-match>max</c:text-match></c:prop-filter>`, false},
		{`<c:prop-filter name="TEL"><c:param-filter name="TYPE"><c:text-match match-type="equals">cell</c:text-match></c:param-filter></c:prop-filter>`, true},
		{`<c:prop-filter name="TEL"><c:param-filter name="TYPE"><c:is-not-defined/></c:param-filter></c:prop-filter>`, false},
		{`<c:prop-filter name="TEL"><c:param-filter name="PREF"/></c:prop-filter>`, false},
	} {
		e, err := readXML(strings.NewReader(`<c:filter xmlns:c="` + nsCard + `">` + tt.filter + `</c:filter>`))
		if err != nil {
			t.Fatal(err)
		}
		f, err := readFilter(e)
		if got := f.matches(c); err != nil || got != tt.want {
			t.Errorf("%s: %t, %v", tt.filter, got, err)
		}
	}
	e, err := readXML(strings.NewReader(`<c:filter xmlns:c="` + nsCard + `" test="allof"><c:prop-filter name="FN"/><c:prop-filter name="EMAIL"/></c:filter>`))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := readFilter(e); err != nil || f.matches(c) {
		t.Error("allof of one that holds and one that does not", err)
	}
}
