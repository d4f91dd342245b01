package table

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"einklang/internal/rule/pii"
)

// CardColumns are the columns that address cards are read into.
var CardColumns = []string{"FN", "TEL", "EMAIL", "LANG", "CATEGORIES"}

// vcardReader reads address cards: vCard 2.1, 3.0 (RFC 2426) and 4.0
// (RFC 6350), as telephones export them. The first row is CardColumns.
type vcardReader struct {
	pii.Personal
	r      *bufio.Reader
	number int64
	line   []byte // of the file, read ahead
	ahead  bool
	begin  bool // the beginning of a card has been read already
	titled bool
}

const maxCardLine = 64 << 10 // an unfolded line; pictures are longer and are skipped

func newVCard(file io.Reader) *vcardReader {
	return &vcardReader{r: bufio.NewReaderSize(decoded(file), 16<<10)}
}

// property is one line of a card.
type property struct {
	pii.Personal
	name   string   // upper case, without its group
	group  string   // upper case: "ITEM1" of "item1.TEL"
	types  []string // upper case: TYPE=… and the bare words of vCard 2.1
	waid   string   // the number as WhatsApp writes it, digits alone
	pref   bool
	value  string
	failed Problem
}

// Next reads a card.
func (v *vcardReader) Next() (Row, error) {
	if !v.titled {
		v.titled = true
		return Row{Cells: slices.Clone(CardColumns)}, nil
	}
	for {
		if v.begin {
			v.begin = false
			v.number++
			return v.card()
		}
		line, err := v.unfolded()
		if err != nil {
			return Row{}, err
		}
		if v.begin = begins(line); v.begin {
			continue
		}
		if strings.TrimSpace(line) != "" {
			v.number++
			return v.skip()
		}
	}
}

// skip passes over what stands outside of any card.
func (v *vcardReader) skip() (Row, error) {
	row := Row{Number: v.number, Problem: BrokenCard}
	for {
		line, err := v.unfolded()
		if errors.Is(err, io.EOF) {
			return row, nil
		}
		if err != nil {
			return Row{}, err
		}
		if v.begin = begins(line); v.begin {
			return row, nil
		}
	}
}

func begins(line string) bool { return strings.EqualFold(strings.TrimSpace(line), "BEGIN:VCARD") }

func (v *vcardReader) card() (Row, error) {
	row := Row{Number: v.number}
	var c card
	for {
		line, err := v.unfolded()
		if errors.Is(err, io.EOF) {
			row.Problem = BrokenCard
			return row, nil
		}
		if err != nil {
			return Row{}, err
		}
		switch upper := strings.ToUpper(strings.TrimSpace(line)); upper {
		case "END:VCARD":
			if row.Problem == "" {
				row.Problem = c.problem
			}
			row.Cells = c.cells()
			return row, nil
		case "BEGIN:VCARD": // the one before was never closed
			row.Problem = BrokenCard
			v.begin = true
			return row, nil
		default:
			c.add(parseProperty(line))
		}
	}
}

// card is what is taken of a card.
type card struct {
	pii.Personal
	name, structured, organisation, language, labels string
	phones, mails                                    []property
	titles                                           map[string]string // by group: what the owner of the phone calls its property
	problem                                          Problem
}

const maxPerCard = 50

func (c *card) add(p property) {
	if p.failed != "" && c.problem == "" && slices.Contains([]string{"FN", "N", "ORG", "TEL", "EMAIL"}, p.name) {
		c.problem = p.failed
	}
	switch p.name {
	case "FN":
		set(&c.name, unescape(p.value))
	case "N":
		set(&c.structured, structuredName(p.value))
	case "ORG":
		set(&c.organisation, unescape(strings.ReplaceAll(p.value, ";", " ")))
	case "LANG":
		set(&c.language, p.value)
	case "TEL":
		p.value = strings.TrimPrefix(p.value, "tel:") // vCard 4.0: a URI
		if number, _, _ := strings.Cut(p.value, ";"); len(c.phones) < maxPerCard {
			p.value = number
			c.phones = append(c.phones, p)
		}
	case "CATEGORIES":
		set(&c.labels, unescape(p.value))
	case "X-ABLABEL": // item1.X-ABLabel:_$!<Mobile>!$_
		if c.titles == nil {
			c.titles = map[string]string{}
		}
		if len(c.titles) < maxPerCard {
			c.titles[p.group] = strings.ToUpper(strings.Trim(p.value, "_$!<> "))
		}
	case "EMAIL":
		if len(c.mails) < maxPerCard {
			c.mails = append(c.mails, p)
		}
	}
}

func set(field *string, value string) {
	if value = strings.TrimSpace(value); *field == "" {
		*field = value
	}
}

// mobiles are by what a card says that a number is a mobile one, and noPhones that
// nobody can be written to there. People and programs join them with other words:
// "Handy privat", "Geschäftshandy", "Mobil (privat)", "WORKFAX".
var (
	mobiles  = []string{"CELL", "MOBIL", "IPHONE", "HANDY", "WHATSAPP", "SMARTPHONE", "NATEL"}
	noPhones = []string{"FAX", "PAGER", "PERSONENRUF"}
)

// cells puts a card into CardColumns. Of several numbers the one is taken that
// WhatsApp itself has named, else the mobile one, else the preferred one, else
// the first.
func (c *card) cells() []string {
	name := c.name
	for _, other := range []string{c.structured, c.organisation} {
		if name == "" {
			name = other
		}
	}
	return []string{name, c.best(c.phones), c.best(c.mails), c.language, c.labels}
}

// shortest is how many digits a number of WhatsApp's has at least.
const shortest = 7

func (c *card) best(all []property) string {
	found, rank := "", -1
	for _, p := range all {
		if title := c.titles[p.group]; p.group != "" && title != "" {
			p.types = append(p.types, title)
		}
		r := 0
		switch {
		case len(p.waid) >= shortest:
			r, p.value = 4, "+"+p.waid
		case p.is(noPhones):
			continue
		case p.is(mobiles):
			r = 2
		}
		if p.pref {
			r++
		}
		if r > rank {
			found, rank = p.value, r
		}
	}
	return strings.TrimSpace(found)
}

func (p property) is(one []string) bool {
	return slices.ContainsFunc(p.types, func(t string) bool {
		return slices.ContainsFunc(one, func(word string) bool { return strings.Contains(t, word) })
	})
}

// structuredName makes a name of "Family;Given;Additional;Prefix;Suffix".
func structuredName(value string) string {
	parts := strings.Split(value, ";")
	for len(parts) < 5 {
		parts = append(parts, "")
	}
	words := []string{parts[3], parts[1], parts[2], parts[0], parts[4]}
	return strings.Join(strings.Fields(unescape(strings.Join(words, " "))), " ")
}

var escapes = strings.NewReplacer(`\\`, `\`, `\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\:`, ":")

func unescape(value string) string { return escapes.Replace(value) }

// parseProperty splits "group.NAME;PARAM=value;…:value".
func parseProperty(line string) (p property) {
	head, value, ok := cutOutsideQuotes(line)
	if !ok {
		return p
	}
	parts := strings.Split(head, ";")
	p.name = strings.ToUpper(strings.TrimSpace(parts[0]))
	if group, after, grouped := strings.Cut(p.name, "."); grouped {
		p.group, p.name = group, after
	}
	encoding, charset := "", ""
	for _, part := range parts[1:] {
		key, val, named := strings.Cut(strings.ToUpper(strings.TrimSpace(part)), "=")
		if !named { // vCard 2.1
			key, val = "TYPE", key
			if val == "QUOTED-PRINTABLE" || val == "BASE64" {
				key = "ENCODING"
			}
		}
		switch key {
		case "TYPE":
			for t := range strings.SplitSeq(strings.Trim(val, `"`), ",") {
				t = strings.TrimSpace(t)
				p.types = append(p.types, t)
				p.pref = p.pref || t == "PREF"
			}
		case "PREF":
			p.pref = val == "1"
		case "WAID":
			p.waid = strings.Map(digit, val)
		case "ENCODING":
			encoding = val
		case "CHARSET":
			charset = val
		}
	}
	p.value, p.failed = decodeValue(value, encoding, charset)
	return p
}

func digit(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

func cutOutsideQuotes(line string) (head, value string, ok bool) {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			return line[:i], line[i+1:], true
		}
	}
	return "", "", false
}

func decodeValue(value, encoding, charset string) (string, Problem) {
	var raw []byte
	var err error
	switch encoding {
	case "", "8BIT", "7BIT":
		return value, ""
	case "QUOTED-PRINTABLE":
		raw, err = io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
	case "B", "BASE64":
		raw, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	default:
		return "", OldEncoding
	}
	if err != nil {
		return "", OldEncoding
	}
	if !utf8.Valid(raw) {
		switch charset {
		case "", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252", "US-ASCII":
			raw, err = charmap.Windows1252.NewDecoder().Bytes(raw)
		default:
			return "", OldEncoding
		}
	}
	if err != nil {
		return "", OldEncoding
	}
	return string(raw), ""
}

// unfolded reads a line together with the lines that continue it: those that
// begin with a space (RFC 6350 3.2), and the soft line breaks of
// quoted-printable in vCard 2.1. A line that is too long is cut.
func (v *vcardReader) unfolded() (string, error) {
	line, err := v.physical()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Write(line)
	soft := isQuotedPrintable(line)
	for {
		next, err := v.physical()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		have := b.String()
		switch {
		case len(next) > 0 && (next[0] == ' ' || next[0] == '\t'):
			next = next[1:]
		case soft && strings.HasSuffix(have, "="):
			b.Reset()
			b.WriteString(strings.TrimSuffix(have, "="))
		default:
			v.line, v.ahead = next, true
			return have, nil
		}
		if b.Len()+len(next) <= maxCardLine {
			b.Write(next)
		}
	}
}

func isQuotedPrintable(line []byte) bool {
	head, _, ok := cutOutsideQuotes(string(line[:min(len(line), 200)]))
	return ok && strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
}

// physical reads one line of the file; of a very long one the beginning.
func (v *vcardReader) physical() ([]byte, error) {
	if v.ahead {
		v.ahead = false
		return v.line, nil
	}
	var line []byte
	for {
		part, err := v.r.ReadSlice('\n')
		if len(line)+len(part) <= maxCardLine {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
			for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
				line = line[:len(line)-1]
			}
			return line, nil
		default:
			return nil, err
		}
	}
}
