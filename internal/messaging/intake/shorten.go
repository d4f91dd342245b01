package intake

import (
	"unicode/utf8"

	"einklang/internal/rule/fold"
)

// kept is what is kept of a payload's body beside what was applied: all of it if
// something was not understood, for that is nowhere else; else a text that is
// longer than any of WhatsApp's keeps only its beginning here, because its
// message has it whole.
func (p *payload) kept() []byte {
	if p.problem != "" || len(p.kinds) > 0 {
		return p.body
	}
	return shortened(p.body, fold.Most)
}

// shortened is a JSON text with the beginning, of about so many bytes, of each
// string in it that is longer.
func shortened(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	var out []byte // nil while nothing is left out
	copied := 0
	for at := 0; at < len(text); at++ {
		if text[at] != '"' {
			continue
		}
		begin := at + 1
		cut := 0
		for at = begin; at < len(text) && text[at] != '"'; at++ {
			if cut == 0 && at-begin >= most && utf8.RuneStart(text[at]) {
				cut = at
			}
			if text[at] == '\\' {
				at++ // what it escapes; the digits of \u follow as they are
				if cut == 0 && at < len(text) && text[at] == 'u' {
					at += 4
				}
			}
		}
		if cut > 0 && at < len(text) {
			out = append(out, text[copied:cut]...)
			copied = at
		}
	}
	if out == nil {
		return text
	}
	return append(out, text[copied:]...)
}
