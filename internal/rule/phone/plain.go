package phone

import (
	"strings"
	"unicode"

	"einklang/internal/rule/fold"
)

// plainly is a text with its digits, dashes and spaces in one form, without
// what cannot be seen; not ok: it holds what has no business in a phone number.
func plainly(text string) (string, bool) {
	if len(text) > bytes {
		return "", false
	}
	text = strings.TrimSpace(strings.Map(plain, scheme(text)))
	return text, text != "" && len(text) <= longest && !strings.ContainsRune(text, '?')
}

// International reports whether a number is written with the sign of its country
// code before it.
func International(text string) bool {
	text, ok := plainly(text)
	return ok && (text[0] == '+' || strings.HasPrefix(text, "00"))
}

// scheme leaves out what stands before a number in links and address cards
// (RFC 3966: tel), and before an address in other programs' interfaces.
func scheme(text string) string {
	text = strings.TrimSpace(text)
	for _, s := range []string{"tel:", "whatsapp:"} {
		if len(text) > len(s) && strings.EqualFold(text[:len(s)], s) {
			return text[len(s):]
		}
	}
	return text
}

// plain is a character of a number in its one form. What has no business in a
// phone number becomes "?": otherwise letters would be read as on a keypad
// ("0800 BLUMEN"), and a cell that holds something else would become a number.
func plain(r rune) rune {
	switch {
	case r >= '0' && r <= '9', strings.ContainsRune("+-/(). ", r):
		return r
	case strings.ContainsRune("＋﹢", r):
		return '+'
	case strings.ContainsRune("（⁽", r):
		return '('
	case strings.ContainsRune("）⁾", r):
		return ')'
	case strings.ContainsRune("／⁄∕", r):
		return '/'
	case strings.ContainsRune("．·•。", r):
		return '.'
	case r != '\u00ad' && unicode.Is(unicode.Pd, r), r == '\u2212', r == '\u30fc':
		return '-'
	case unicode.IsSpace(r), fold.Plain(r) == ' ':
		return ' '
	case fold.Plain(r) < 0:
		return -1
	case unicode.Is(unicode.Nd, r):
		return '0' + value(r)
	default:
		return '?'
	}
}

// value is the value of a digit of any script: the digits of each stand
// together, from 0 to 9 (Unicode: general category Nd).
func value(r rune) rune {
	for _, span := range unicode.Nd.R16 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return (r - rune(span.Lo)) % 10
		}
	}
	for _, span := range unicode.Nd.R32 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return (r - rune(span.Lo)) % 10
		}
	}
	return 0
}

// digits are the digits of a plain text.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
