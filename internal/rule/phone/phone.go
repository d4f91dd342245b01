// Package phone reads phone numbers as people write them and puts them into
// the one form that everything else uses: E.164 digits without the plus sign
// (ITU-T E.164; Cloud API: wa_id), one number in one form however it is
// written.
package phone

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The errors of Read.
var (
	ErrInvalid  = errors.New("not a phone number: write it with the country code, such as +49 170 1234567")
	ErrNational = errors.New("a phone number without a country code: write it with one, such as +49 170 1234567")
	ErrUnsigned = errors.New("a phone number that can be read in two ways: write + before the country code, or 0 before the area code")
)

const (
	longest = 40  // characters: a number has 15 digits, and people add spaces and brackets
	bytes   = 200 // some characters have four
	short   = 10  // below it, length alone says too little
)

// Read reads a number as it is written in a country (ISO 3166, "DE"), or with a
// country code, and returns its canonical form. Without a country only a number
// with a country code can be read: ErrNational.
//
// A number must have a length that its country uses. Whether the country has
// given it out already is asked of short numbers only: the tables are always a
// little behind, and turning away a right number is worse than keeping a
// wrong one, which WhatsApp will turn away.
func Read(text, country string) (string, error) {
	text, ok := plainly(text)
	if !ok {
		return "", ErrInvalid
	}
	if digits, ok := quick(text, country); ok {
		return digits, nil
	}
	international := text
	if rest, dialled := strings.CutPrefix(text, "00"); dialled {
		international = "+" + strings.TrimLeft(rest, " -/.")
	}
	if international[0] == '+' {
		if digits, _, err := parse(international, country); err == nil {
			return digits, nil
		}
	}
	if text[0] == '+' {
		return "", ErrInvalid
	}
	return bare(text, country)
}

// bare reads a number that has neither "+" nor "00" before it: "0170…", "170…" as
// a table leaves it that takes it for a count, or "49170…" as WhatsApp and many
// address books write it. It is of its country first: a mobile number there is
// that, whatever else the digits could be. Another country's is taken only where
// the digits are a number there, and none here; where they are both, or none of
// which anybody knows, whoever wrote them has to say it: ErrUnsigned.
func bare(text, country string) (string, error) {
	var global, national string
	var given, known bool
	globalErr, nationalErr := error(ErrInvalid), error(ErrInvalid)
	if text[0] != '0' && text[0] != '(' && len(text) > short {
		global, given, globalErr = parse("+"+text, country)
	}
	if country != "" {
		national, known, nationalErr = parse(text, country)
	}
	switch {
	case globalErr == nil && (country == "" || given && (!known || inside(global, country))):
		return global, nil
	case globalErr == nil && nationalErr == nil && given && !mobile(national):
		return "", ErrUnsigned
	case nationalErr == nil:
		return national, nil
	case globalErr == nil:
		return "", ErrUnsigned
	case country == "" && len(digits(text)) >= 6:
		return "", ErrNational
	default:
		return "", ErrInvalid
	}
}

// partial reports whether a number lacks its area code, in the three countries in
// which people leave it out of a mobile number, too: there a subscriber's number
// has eight or nine digits, and with the area code ten at least. Argentina's 15 is
// none (see canonical.go).
func partial(number string) bool {
	for _, code := range []string{"52", "54", "55"} {
		if rest, yes := strings.CutPrefix(number, code); yes {
			return len(rest) < 10 || code == "54" && strings.HasPrefix(strings.TrimPrefix(rest, "9"), "15")
		}
	}
	return false
}

// inside reports whether a canonical number has the country code of a country.
func inside(number, country string) bool {
	code := phonenumbers.GetCountryCodeForRegion(country)
	return code > 0 && strings.HasPrefix(number, strconv.Itoa(code))
}

// mobile reports whether a canonical number is that of a mobile phone, as far as the
// plan of its country tells.
func mobile(number string) bool {
	n, err := phonenumbers.Parse("+"+number, "ZZ")
	if err != nil {
		return false
	}
	kind := phonenumbers.GetNumberType(n)
	return kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE
}

// parse also says whether the number lies in a range that has been given out.
func parse(text, country string) (number string, given bool, err error) {
	switch {
	case text[0] == '+' && strings.HasPrefix(digits(text), "52"):
		text = "+" + Canonical(digits(text)) // the tables have forgotten the 1
	case country == "MX":
		text = mexican(text)
	case country == "":
		country = "ZZ" // nowhere
	}
	n, err := phonenumbers.Parse(text, country)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false, ErrInvalid
	}
	given = phonenumbers.IsValidNumber(n)
	number = strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")
	if (len(number) < short || partial(number)) && !given {
		return "", false, ErrInvalid
	}
	number = Canonical(number)
	again, err := phonenumbers.Parse("+"+number, "ZZ")
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != "+"+number {
		return "", false, ErrInvalid // such as zeros behind a zero
	}
	return number, given || phonenumbers.IsValidNumber(again), nil
}

// mexican leaves out what was dialled before a number within Mexico until 2019.
func mexican(text string) string {
	number := digits(text)
	for _, prefix := range []string{"044", "045", "01"} {
		if rest, yes := strings.CutPrefix(number, prefix); yes && len(rest) == 10 {
			return rest
		}
	}
	return text
}

// simple are countries in which a number is its country code and what follows
// the national "0", with no further rule: most numbers that we are given.
var simple = map[string]string{"AT": "43", "BE": "32", "CH": "41", "DE": "49", "FR": "33", "NL": "31"}

// quick reads the usual form of a number of a simple country. It gives the
// same as parse, in a tenth of the time, or leaves the number to parse.
func quick(text, country string) (number string, ok bool) {
	code := simple[country]
	plus := text[0] == '+'
	rest := digits(text)
	switch {
	case code == "" || strings.ContainsRune(text, '(') || strings.Contains(text[1:], "+"):
		return "", false
	case plus && strings.HasPrefix(rest, code):
		rest = rest[len(code):]
	case !plus && len(rest) > 1 && rest[0] == '0' && text[0] == '0':
		rest = rest[1:]
	default:
		return "", false
	}
	if len(rest)+len(code) < short || rest[0] == '0' {
		return "", false
	}
	national, err := strconv.ParseUint(rest, 10, 64)
	calling, err2 := strconv.ParseInt(code, 10, 32)
	if err != nil || err2 != nil {
		return "", false
	}
	calling32 := int32(calling)
	if !phonenumbers.IsPossibleNumber(&phonenumbers.PhoneNumber{CountryCode: &calling32, NationalNumber: &national}) {
		return "", false
	}
	return code + rest, true
}

// Country reports whether a country code (ISO 3166) is one whose numbers can
// be read.
func Country(code string) bool { return phonenumbers.GetSupportedRegions()[code] }
