// Package phone reads phone numbers as people write them and puts them into
// the one form that everything else uses: E.164 digits without the plus sign
// (ITU-T E.164; Cloud API: wa_id).
package phone

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// ErrInvalid is returned for a text that is not a phone number.
var ErrInvalid = errors.New("not a phone number: write it with the country code, such as +49 170 1234567")

const (
	longest = 40 // a number has 15 digits, and people add spaces and brackets
	short   = 10 // below it, length alone says too little
)

// Digits reads a number as it is written in a country (ISO 3166, "DE"), or
// with a country code, and returns its E.164 digits.
//
// A number must have a length that its country uses. Whether the country has
// given it out already is asked of short numbers only: the tables are always a
// little behind, and turning away a right number is worse than keeping a
// wrong one, which WhatsApp will turn away.
func Digits(text, country string) (string, error) {
	if len(text) > longest {
		return "", ErrInvalid
	}
	text = strings.TrimSpace(strings.Map(plain, text))
	if text == "" || strings.ContainsRune(text, '?') {
		return "", ErrInvalid
	}
	if digits, ok := quick(text, country); ok {
		return digits, nil
	}
	if text[0] != '+' && text[0] != '0' && text[0] != '(' && len(text) > short {
		// "49170…", as WhatsApp and many address books write it.
		if digits, err := parse("+"+text, country); err == nil {
			return digits, nil
		}
	}
	return parse(text, country)
}

func parse(text, country string) (string, error) {
	n, err := phonenumbers.Parse(text, country)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", ErrInvalid
	}
	digits := strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+")
	if len(digits) < short && !phonenumbers.IsValidNumber(n) {
		return "", ErrInvalid
	}
	return digits, nil
}

// simple are countries in which a number is its country code and what follows
// the national "0", with no further rule: most numbers that we are given.
var simple = map[string]string{"AT": "43", "BE": "32", "CH": "41", "DE": "49", "FR": "33", "NL": "31"}

// quick reads the usual form of a number of a simple country. It gives the
// same as parse, in a tenth of the time, or leaves the number to parse.
func quick(text, country string) (digits string, ok bool) {
	code := simple[country]
	plus := text[0] == '+'
	bare := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	switch {
	case code == "" || strings.ContainsRune(text, '(') || strings.Contains(text[1:], "+"):
		return "", false
	case plus && strings.HasPrefix(bare, code):
		bare = bare[len(code):]
	case !plus && len(bare) > 1 && bare[0] == '0' && text[0] == '0':
		bare = bare[1:]
	default:
		return "", false
	}
	if len(bare)+len(code) < short || bare[0] == '0' {
		return "", false
	}
	national, err := strconv.ParseUint(bare, 10, 64)
	calling, err2 := strconv.ParseInt(code, 10, 32)
	if err != nil || err2 != nil {
		return "", false
	}
	calling32 := int32(calling)
	if !phonenumbers.IsPossibleNumber(&phonenumbers.PhoneNumber{CountryCode: &calling32, NationalNumber: &national}) {
		return "", false
	}
	return code + bare, true
}

// Country reports whether a country code (ISO 3166) is one whose numbers can
// be read.
func Country(code string) bool { return phonenumbers.GetSupportedRegions()[code] }

// plain drops invisible characters and gives the many dashes and spaces one
// form. What has no business in a phone number becomes "?": otherwise letters
// would be read as on a keypad ("0800 BLUMEN"), and a cell that holds
// something else would become a number.
func plain(r rune) rune {
	switch {
	case r >= '0' && r <= '9', strings.ContainsRune("+-/(). ", r):
		return r
	case r == '\u00a0', r == '\u202f', r == '\u2009':
		return ' '
	case r >= '\u2010' && r <= '\u2015':
		return '-'
	case r >= '\u202a' && r <= '\u202e', r == '\u200e', r == '\u200f', r == '\u2066', r == '\u2068', r == '\u2069':
		return -1
	default:
		return '?'
	}
}
