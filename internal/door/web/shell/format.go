package shell

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// WhatsApp's formatting: *bold*, _italic_, ~strike~, ```mono```. A mark counts
// only at the edge of a word, as on the phone.
var marks = []struct {
	find *regexp.Regexp
	tag  string
}{
	{regexp.MustCompile(`(^|[\s(>])\*([^\s*][^*\n]*?)\*($|[\s.,;:!?)<])`), "strong"},
	{regexp.MustCompile(`(^|[\s(>])_([^\s_][^_\n]*?)_($|[\s.,;:!?)<])`), "em"},
	{regexp.MustCompile(`(^|[\s(>])~([^\s~][^~\n]*?)~($|[\s.,;:!?)<])`), "s"},
}

var (
	mono = regexp.MustCompile("(?s)```(.+?)```")
	link = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)]`)
)

// Format makes a text safe and shows WhatsApp's formatting and links.
func Format(text string) template.HTML {
	var held []string
	hold := func(made string) string {
		held = append(held, made)
		return "\x00" + string(rune(0xE000+len(held)-1)) + "\x00"
	}
	text = strings.Map(func(r rune) rune {
		if r == 0 || r >= 0xE000 && r <= 0xF8FF {
			return -1
		}
		return r
	}, text)
	text = mono.ReplaceAllStringFunc(text, func(m string) string {
		return hold("<code>" + html.EscapeString(mono.FindStringSubmatch(m)[1]) + "</code>")
	})
	text = link.ReplaceAllStringFunc(text, func(m string) string {
		safe := html.EscapeString(m)
		return hold(`<a href="` + safe + `" target="_blank" rel="noopener noreferrer nofollow">` + safe + `</a>`)
	})
	text = html.EscapeString(text)
	for _, m := range marks {
		text = m.find.ReplaceAllString(text, "$1<"+m.tag+">$2</"+m.tag+">$3")
	}
	for i, made := range held {
		text = strings.ReplaceAll(text, "\x00"+string(rune(0xE000+i))+"\x00", made)
	}
	return template.HTML(strings.ReplaceAll(text, "\x00", "")) //nolint:gosec // every part was escaped above
}
