package fold

import "unicode"

// Plain gives a character that looks like another its one form: each of the many
// spaces is ' ', and what cannot be seen is -1, so that strings.Map leaves it out:
// marks of direction, joiners, the soft hyphen, the byte order mark (Unicode:
// general category Cf). What controls a terminal or ends a line is left alone.
func Plain(r rune) rune {
	switch {
	case r < 0x80:
		return r
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}
