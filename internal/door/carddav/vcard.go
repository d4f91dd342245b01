package carddav

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-vcard"

	"einklang/internal/phones/addressbook"
	"einklang/internal/rule/pii"
)

// The versions of vCard that are spoken.
const (
	v3 = "3.0" // RFC 2426, what phones ask for
	v4 = "4.0" // RFC 6350
)

// property is one line of a card, as it is written and as it is searched.
type property struct {
	pii.Personal
	name   string
	params string // ";TYPE=CELL"
	value  string // escaped
	plain  string // as people read it
}

// properties are the lines of a card.
func properties(c addressbook.Card, version string) []property {
	uid, phone, kind := c.Contact.String(), c.Phone, ";TYPE=CELL"
	if version == v4 {
		uid, phone, kind = "urn:uuid:"+uid, "tel:"+phone, ";VALUE=uri;TYPE=cell"
	}
	given, family := split(c.DisplayName)
	all := []property{
		{name: "VERSION", params: "", value: version, plain: version},
		{name: "PRODID", params: "", value: "-//Einklang//Adressbuch//DE", plain: ""},
		{name: "UID", params: "", value: uid, plain: uid},
		{name: "FN", params: "", value: escape(c.DisplayName), plain: c.DisplayName},
		{name: "N", params: "", value: escape(family) + ";" + escape(given) + ";;;", plain: family + ";" + given + ";;;"},
		{name: "TEL", params: kind, value: phone, plain: c.Phone},
	}
	if len(c.Groups) > 0 {
		// Phones that make groups out of categories show them (DAVx⁵: "groups are
		// per-contact categories"; Thunderbird).
		escaped := make([]string, len(c.Groups))
		for i, g := range c.Groups {
			escaped[i] = escape(g)
		}
		all = append(all, property{name: "CATEGORIES", params: "", value: strings.Join(escaped, ","), plain: strings.Join(c.Groups, ",")})
	}
	if c.Picture != nil {
		picture, how := base64.StdEncoding.EncodeToString(c.Picture), ";ENCODING=b;TYPE=JPEG"
		if version == v4 {
			picture, how = "data:image/jpeg;base64,"+picture, ""
		}
		all = append(all, property{name: "PHOTO", params: how, value: picture, plain: ""})
	}
	if !c.Changed.IsZero() {
		rev := c.Changed.UTC().Format("20060102T150405Z")
		if version == v3 {
			rev = c.Changed.UTC().Format(time.RFC3339)
		}
		all = append(all, property{name: "REV", params: "", value: rev, plain: rev})
	}
	return all
}

// split takes the last word of a name for the family name: phones sort by it.
func split(name string) (given, family string) {
	words := strings.Fields(name)
	if len(words) < 2 || strings.HasPrefix(name, "+") {
		return name, ""
	}
	last := len(words) - 1
	return strings.Join(words[:last], " "), words[last]
}

var escaper = strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, ",", `\,`, ";", `\;`)

// escape makes a text a value (RFC 6350 §3.4; RFC 2426 §2.4.2).
func escape(s string) string { return escaper.Replace(s) }

// writeCard writes a card.
func writeCard(c addressbook.Card, version string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCARD\r\n")
	for _, p := range properties(c, version) {
		fold(&b, p.name+p.params+":"+p.value)
	}
	b.WriteString("END:VCARD\r\n")
	return b.String()
}

// fold breaks a line after at most 75 octets, never inside a character (RFC
// 6350 §3.2).
func fold(b *strings.Builder, line string) {
	const most = 75
	room := most
	for len(line) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], most-1
	}
	b.WriteString(line + "\r\n")
}

// cardMost is how large a card may be that a phone sends; pictures are not
// taken anyway.
const cardMost = 256 << 10

var errCard = errors.New("this is not a vCard with a name or number")

// readCard takes a name and a number from a card that a phone sent, and
// nothing else (GDPR Art. 5(1)(c)).
func readCard(r io.Reader) (addressbook.Entered, error) {
	d := vcard.NewDecoder(r)
	card, err := d.Decode()
	if err != nil {
		return addressbook.Entered{}, asCardError(err)
	}
	e := addressbook.Entered{Name: short(card.PreferredValue(vcard.FieldFormattedName)),
		Phone: short(strings.TrimPrefix(card.PreferredValue(vcard.FieldTelephone), "tel:"))}
	if e.Name == "" {
		if n := card.Name(); n != nil {
			e.Name = short(n.GivenName + " " + n.FamilyName)
		}
	}
	if e.Name == "" && e.Phone == "" {
		return e, errCard
	}
	return e, nil
}

func asCardError(err error) error {
	if tooMuch := asReadError(err); errors.Is(tooMuch, errTooMuch) {
		return errTooMuch
	}
	return errCard
}

// short is a text in one line of at most 200 characters.
func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}
