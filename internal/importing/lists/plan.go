package lists

import (
	"strings"
	"unicode"

	"einklang/internal/consent/optin"
	"einklang/internal/importing/lists/table"
	"einklang/internal/person/attribute"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
)

// Field is what a column can mean.
type Field string

// The fields. The consent fields together are the proof that a consent needs
// (GDPR Art. 7(1)): to what, when, how, and in which words or where the proof
// lies.
const (
	Phone     Field = "phone"
	GivenName Field = "given_name"
	LastName  Field = "last_name"
	FullName  Field = "full_name"
	EMail     Field = "e_mail"
	Language  Field = "language"
	Agreed    Field = "agreed"  // yes or no
	Purpose   Field = "purpose" // one or several
	AgreedAt  Field = "agreed_at"
	Source    Field = "source"
	Wording   Field = "wording"
	Proof     Field = "proof"
	Labels    Field = "labels" // one or several; several columns may hold them
)

// attributePrefix begins the field of an attribute that the organisation has
// defined.
const attributePrefix = "attribute:"

// AttributeField is the field of an attribute.
func AttributeField(at id.Attribute) Field { return Field(attributePrefix + at.String()) }

// attribute is the attribute of a field, if it is one.
func (p Plan) attribute(f Field) (attribute.Definition, bool) {
	for _, a := range p.Attributes {
		if !a.Retired && AttributeField(a.ID) == f {
			return a, true
		}
	}
	return attribute.Definition{}, false
}

// Fields lists all fields in the order in which people read them.
func Fields() []Field {
	return []Field{Phone, FullName, GivenName, LastName, EMail, Language, Labels, Agreed, Purpose, AgreedAt, Source, Wording, Proof}
}

// names are the column names, German and English, by which a field is
// recognised; written as plainName makes them.
var names = map[Field][]string{
	Phone: {"tel", "telefon", "telefonnummer", "phone", "phonenumber", "mobil", "mobilnummer", "mobile", "mobilephone", "mobiltelefon", "handy", "handynummer",
		"cell", "cellphone", "nummer", "number", "rufnummer", "whatsapp", "whatsappnummer", "whatsappnumber", "phone1value", "telefon1", "telefonmobil", "telefonprivat"},
	FullName:  {"name", "fullname", "fn", "kunde", "kundenname", "customer", "customername", "contact", "kontakt", "ansprechpartner", "anzeigename", "displayname"},
	GivenName: {"vorname", "firstname", "givenname", "rufname"},
	LastName:  {"nachname", "lastname", "familyname", "familienname", "surname", "zuname"},
	EMail:     {"email", "mail", "emailadresse", "emailaddress", "mailadresse", "email1value", "epost"},
	Language:  {"sprache", "language", "lang", "locale"},
	Agreed:    {"einwilligung", "einverstanden", "zustimmung", "optin", "consent", "agreed", "newsletter", "werbungerlaubt", "marketingoptin", "whatsappoptin"},
	Purpose:   {"zweck", "zwecke", "purpose", "purposes", "einwilligungszweck", "consentpurpose", "einwilligungfuer"},
	AgreedAt: {"einwilligungsdatum", "einwilligungam", "einwilligungvom", "datumeinwilligung", "datumdereinwilligung", "consentdate", "consentat", "optindate", "optinam", "agreedat",
		"agreedon", "zustimmungsdatum", "zustimmungam"},
	Source:  {"einwilligungsquelle", "quelle", "source", "consentsource", "optinsource", "herkunft", "quelledereinwilligung"},
	Wording: {"wortlaut", "einwilligungstext", "wording", "consenttext", "consentwording", "text", "wortlautdereinwilligung"},
	Labels: {"label", "labels", "kategorie", "kategorien", "category", "categories", "gruppe", "gruppen", "groupmembership", "gruppenzugehoerigkeit", "tag", "tags",
		"schlagwort", "schlagwoerter", "stichwort", "stichwoerter"},
	Proof: {"nachweis", "beleg", "proof", "evidence", "belegnummer", "notiz", "anmerkung", "note", "bemerkung"},
}

// Plan says how the rows of a file are to be read.
type Plan struct {
	Columns  []Field `json:"columns"`            // by column; empty: not imported
	Titled   bool    `json:"titled"`             // the first row names the columns
	Country  string  `json:"country"`            // of numbers without a country code (ISO 3166)
	Purpose  string  `json:"purpose,omitempty"`  // of rows that say "agreed" without a purpose
	Language string  `json:"language,omitempty"` // of rows that do not say
	// Attributes are those of the organisation when the file is read.
	Attributes []attribute.Definition `json:"-"`
}

// Suggest proposes a plan from the first row.
func Suggest(format table.Format, first []string, attributes []attribute.Definition) Plan {
	p := Plan{Columns: make([]Field, len(first)), Titled: true, Country: "DE", Language: "de", Attributes: attributes}
	taken := map[Field]bool{}
	for i, title := range first {
		if f := p.recognise(title); f != "" && (!taken[f] || f == Labels) {
			p.Columns[i], taken[f] = f, true
		}
	}
	if format == table.VCard || taken[Phone] {
		return p
	}
	// No title speaks of a phone: perhaps these are data already.
	for i, cell := range first {
		if _, err := phone.Digits(cell, p.Country); err == nil {
			p = Plan{Columns: make([]Field, len(first)), Country: p.Country, Language: p.Language, Attributes: attributes}
			p.Columns[i] = Phone
			break
		}
	}
	return p
}

// recognise tells what a column means by its title. The organisation's own words
// come first.
func (p Plan) recognise(title string) Field {
	plain := plainName(title)
	for _, a := range p.Attributes {
		if !a.Retired && plain != "" && plainName(a.Name) == plain {
			return AttributeField(a.ID)
		}
	}
	for _, f := range Fields() {
		for _, n := range names[f] {
			if plain == n {
				return f
			}
		}
	}
	return ""
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// plainName is a column name in small letters and digits alone.
func plainName(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, umlauts.Replace(strings.ToLower(title)))
}

// Fault is what is wrong with a plan; the values are keys of texts.
type Fault string

// The faults.
const (
	NoPhone   Fault = "plan_no_phone"
	Twice     Fault = "plan_twice"
	NoCountry Fault = "plan_country"
	NoMeaning Fault = "plan_unknown"
)

// Check reports what is wrong with a plan, or "".
func (p Plan) Check() Fault {
	seen := map[Field]bool{}
	for _, f := range p.Columns {
		_, own := p.attribute(f)
		switch {
		case f == "", f == Labels:
		case names[f] == nil && !own:
			return NoMeaning
		case seen[f]:
			return Twice
		}
		seen[f] = f != "" || seen[f]
	}
	switch {
	case !seen[Phone]:
		return NoPhone
	case !phone.Country(p.Country):
		return NoCountry
	case p.Purpose != "" && p.Purpose != optin.Service && p.Purpose != optin.Utility && p.Purpose != optin.Marketing:
		return NoMeaning
	}
	return ""
}
