package lists

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einklang/internal/consent/optin"
	"einklang/internal/importing/lists/table"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Code says why a row was refused, or what of it was left out. The values are
// keys of texts, which say what to do.
type Code string

// The codes beside those of table.Problem.
const (
	CodeNoPhone     Code = "no_phone"
	CodeBadPhone    Code = "bad_phone"
	CodeLongName    Code = "long_name"
	CodeBadEMail    Code = "bad_e_mail"        // left out
	CodeNoProof     Code = "consent_no_proof"  // the consent was left out
	CodeNoDate      Code = "consent_no_date"   // …
	CodeBadDate     Code = "consent_bad_date"  // …
	CodeTwoDates    Code = "consent_two_dates" // the date can be read in two ways
	CodeFuture      Code = "consent_future"
	CodeNoSource    Code = "consent_no_source"
	CodeBadPurpose  Code = "consent_purpose"
	CodeBadAgreed   Code = "consent_unclear"  // neither yes nor no
	CodeUnproven    Code = "consent_unproven" // advertising: pending, its proof is not whole
	CodeSecond      Code = "consent_second"   // a second pair of eyes has not seen it
	CodeMinor       Code = "consent_minor"
	CodeObjected    Code = "consent_objected"
	CodeHeld        Code = "consent_held"            // she has agreed to this already
	CodeWithdrawn   Code = "consent_withdrawn_since" // she took it back later
	CodeOptedOut    Code = "consent_opted_out"       // she said STOP
	CodeErased      Code = "erased"                  // her data was erased at her wish
	CodeLeft        Code = "number_left"             // somebody has left the number: a person must say whose it is
	CodeRepeated    Code = "repeated"                // the person stands in the file already
	CodeBadValue    Code = "attribute_bad"           // it does not fit the attribute, and was left out
	CodeOtherValue  Code = "attribute_other"         // something else is known already, and stays
	CodeBadLabel    Code = "label_bad"               // left out
	CodeManyLabels  Code = "label_many"              // …: there are enough labels
	maxName              = 200
	maxProof             = 4000
	earliestConsent      = 2009 // WhatsApp's first year
)

// Entry is a row that was understood.
type Entry struct {
	pii.Personal
	Row      int64
	Phone    string // E.164 digits
	Name     string
	EMail    string
	Language string // "de", "en"
	Labels   []string
	Values   map[id.Attribute]string // as attributes keep them
	Consents []Consent
	Code     Code // what was left out, or ""
	Refused  bool // the whole row, because of Code
}

// Consent is a consent with its proof.
type Consent struct {
	pii.Personal
	Purpose string
	At      time.Time
	Source  string
	Wording string
	Proof   string
}

// Read understands a row. It is pure: what is known about the person already
// is not asked. Location is where dates without a time zone were written.
func (p Plan) Read(row table.Row, now time.Time, location *time.Location) Entry {
	e := Entry{Row: row.Number, Language: p.Language}
	if row.Problem != "" {
		e.Refused, e.Code = true, Code(row.Problem)
		return e
	}
	cell := map[Field]string{}
	for i, f := range p.Columns {
		switch {
		case f == "" || i >= len(row.Cells):
		case f == Labels && cell[f] != "":
			cell[f] += ";" + clean(row.Cells[i])
		default:
			cell[f] = clean(row.Cells[i])
		}
	}
	for f, c := range cell {
		// A name does not begin like that; the cell was meant to be computed.
		if f != Phone && strings.HasPrefix(c, "=") {
			e.Refused, e.Code = true, Code(table.Formula)
			return e
		}
	}
	var err error
	switch e.Phone, err = phone.Read(cell[Phone], p.Country); {
	case cell[Phone] == "":
		return e.refuse(CodeNoPhone)
	case err != nil:
		return e.refuse(CodeBadPhone)
	}
	if e.Name = name(cell); utf8.RuneCountInString(e.Name) > maxName {
		return e.refuse(CodeLongName)
	}
	e.language(cell[Language])
	if e.EMail, err = address(cell[EMail]); err != nil {
		e.note(CodeBadEMail)
	}
	e.sorted(p, cell)
	e.consents(p, cell, now, location)
	return e
}

// The bounds of labels.
const (
	labelsPerRow = 10
	longestLabel = 60
)

// sorted reads labels and attributes. Google separates labels by ":::" and marks
// its own with an asterisk; those sort nobody.
func (e *Entry) sorted(p Plan, cell map[Field]string) {
	for name := range strings.FieldsFuncSeq(strings.ReplaceAll(cell[Labels], ":::", ";"), func(r rune) bool { return strings.ContainsRune(",;|", r) }) {
		name = strings.TrimSpace(name)
		switch {
		case name == "", strings.HasPrefix(name, "*"), slices.ContainsFunc(e.Labels, func(l string) bool { return strings.EqualFold(l, name) }):
		case utf8.RuneCountInString(name) > longestLabel, len(e.Labels) == labelsPerRow:
			e.note(CodeBadLabel)
		default:
			e.Labels = append(e.Labels, name)
		}
	}
	for f, said := range cell {
		a, own := p.attribute(f)
		if !own || said == "" {
			continue
		}
		value, err := a.Parse(said)
		if err != nil {
			e.note(CodeBadValue)
			continue
		}
		if e.Values == nil {
			e.Values = map[id.Attribute]string{}
		}
		e.Values[a.ID] = value
	}
}

func (e Entry) refuse(c Code) Entry {
	e.Refused, e.Code = true, c
	return e
}

// note keeps the first code: one thing at a time can be mended.
func (e *Entry) note(c Code) {
	if e.Code == "" {
		e.Code = c
	}
}

// clean trims a cell and leaves out characters that cannot be seen.
func clean(cell string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return fold.Plain(r)
	}, cell))
}

func name(cell map[Field]string) string {
	if cell[FullName] != "" {
		return cell[FullName]
	}
	return strings.TrimSpace(cell[GivenName] + " " + cell[LastName])
}

func (e *Entry) language(cell string) {
	switch l := strings.ToLower(cell); {
	case strings.HasPrefix(l, "de"), strings.HasPrefix(l, "german"):
		e.Language = "de"
	case strings.HasPrefix(l, "en"):
		e.Language = "en"
	}
}

var errAddress = errors.New("not an e-mail address")

// address reads an e-mail address and nothing else (RFC 5321 4.5.3.1: at most
// 254 characters).
func address(cell string) (string, error) {
	if cell == "" {
		return "", nil
	}
	a, err := mail.ParseAddress(cell)
	if err != nil || a.Name != "" || a.Address != cell || len(cell) > 254 {
		return "", errAddress
	}
	return a.Address, nil
}

// consents reads what the person has agreed to. Without the whole proof there
// is no consent.
func (e *Entry) consents(p Plan, cell map[Field]string, now time.Time, location *time.Location) {
	purposes, code := p.purposes(cell)
	if code != "" {
		e.note(code)
		return
	}
	if len(purposes) == 0 {
		return
	}
	at, code := Date(cell[AgreedAt], location)
	switch {
	case code == "" && at.Year() < earliestConsent:
		code = CodeBadDate
	case code == "" && at.After(now):
		code = CodeFuture
	}
	switch {
	case code != "":
	case cell[Source] == "":
		code = CodeNoSource
	case cell[Wording] == "" && cell[Proof] == "", len(cell[Wording])+len(cell[Proof])+len(cell[Source]) > maxProof:
		code = CodeNoProof
	}
	if code != "" {
		e.note(code)
		return
	}
	for _, purpose := range purposes {
		e.Consents = append(e.Consents, Consent{Purpose: purpose, At: at, Source: cell[Source], Wording: cell[Wording], Proof: cell[Proof]})
		if purpose == optin.Marketing && (cell[Wording] == "" || cell[Proof] == "") {
			e.note(CodeUnproven)
		}
	}
}

// purposeWords are how people write the purposes.
var purposeWords = map[string]string{
	"service": optin.Service, "kundenservice": optin.Service, "kundendienst": optin.Service, "antworten": optin.Service, "support": optin.Service,
	"utility": optin.Utility, "mitteilungen": optin.Utility, "updates": optin.Utility, "benachrichtigungen": optin.Utility, "notifications": optin.Utility,
	"marketing": optin.Marketing, "werbung": optin.Marketing, "newsletter": optin.Marketing, "angebote": optin.Marketing, "advertising": optin.Marketing,
}

// purposes are what a row claims consent for. A "no" wins over anything else.
func (p Plan) purposes(cell map[Field]string) ([]string, Code) {
	agreed, plain := yes(cell[Agreed])
	switch {
	case !plain:
		return nil, CodeBadAgreed
	case cell[Agreed] != "" && !agreed:
		return nil, ""
	}
	var all []string
	for word := range strings.FieldsFuncSeq(cell[Purpose], func(r rune) bool { return strings.ContainsRune(",;|/+&", r) }) {
		purpose, known := purposeWords[plainName(word)]
		if !known {
			return nil, CodeBadPurpose
		}
		if !slices.Contains(all, purpose) {
			all = append(all, purpose)
		}
	}
	if len(all) == 0 && agreed {
		if p.Purpose == "" {
			return nil, CodeBadPurpose
		}
		all = []string{p.Purpose}
	}
	return all, ""
}

// yes reads an answer; not clear if it is neither yes nor no.
func yes(cell string) (agreed, plain bool) {
	switch plainName(cell) {
	case "ja", "j", "yes", "y", "true", "wahr", "1", "x", "ok", "erteilt", "granted":
		return true, true
	case "nein", "n", "no", "false", "falsch", "0", "keine", "none", "widerrufen", "withdrawn":
		return false, true
	}
	return false, cell == "" || cell == "-"
}
