package phones

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"einklang/internal/rule/i18n"
	"einklang/internal/rule/pii"
)

// line is one line of a phone's settings, as a picture shows it. Its words are
// picture.NAME in the catalogue.
type line struct {
	pii.Personal
	name  string
	shows shows
}

// shows is what stands at the end of a line.
type shows int

const (
	nothing shows = iota
	on            // a switch
	off
	dots // a password
)

// pictures are drawn settings for people whose phone nobody manages: how it looks
// when it is right. They name no product's pictures of its own.
var pictures = map[string][]line{
	"contacts":       {{name: "book", shows: on}, {name: "icloud", shows: off}, {name: "google", shows: off}, {name: "sim", shows: off}},
	"chat_backup":    {{name: "backup.auto", shows: off}, {name: "backup.encrypted", shows: on}},
	"media_saving":   {{name: "media.visible", shows: off}},
	"linked_devices": {{name: "linked.none", shows: nothing}},
	"screen_lock":    {{name: "lock.code", shows: on}},
	"account":        {{name: "account.server", shows: nothing}, {name: "account.user", shows: nothing}, {name: "account.password", shows: dots}},
}

const (
	pictureWide  = 260
	pictureTitle = 34
	pictureLine  = 36
)

// picture draws settings; empty where there is nothing to draw.
func picture(c *i18n.Catalogue, key string) template.HTML {
	lines, known := pictures[key]
	if !known {
		return ""
	}
	title := c.T("picture." + key)
	high := pictureTitle + pictureLine*len(lines)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="settings" role="img" aria-label="%s" viewBox="0 0 %d %d" width="%d" height="%d">`, html.EscapeString(described(c, title, lines)), pictureWide, high, pictureWide, high)
	fmt.Fprintf(&b, `<rect class="frame" x="1" y="1" width="%d" height="%d" rx="14"/><text class="title" x="%d" y="22" text-anchor="middle">%s</text>`, pictureWide-2, high-2, pictureWide/2, html.EscapeString(title))
	for i, l := range lines {
		y := pictureTitle + i*pictureLine
		fmt.Fprintf(&b, `<path class="rule" d="M14 %d H%d"/><text x="16" y="%d">%s</text>`, y, pictureWide-14, y+23, html.EscapeString(c.T("picture."+l.name)))
		switch l.shows {
		case on, off:
			class, knob := "off", pictureWide-44
			if l.shows == on {
				class, knob = "on", pictureWide-28
			}
			fmt.Fprintf(&b, `<rect class="switch %s" x="%d" y="%d" width="34" height="18" rx="9"/><circle class="knob" cx="%d" cy="%d" r="7"/>`, class, pictureWide-52, y+9, knob, y+18)
		case dots:
			fmt.Fprintf(&b, `<text class="dots" x="%d" y="%d" text-anchor="end">••••••••</text>`, pictureWide-18, y+23)
		case nothing:
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // drawn here, every word is escaped
}

// described is the picture in words, for those who do not see it.
func described(c *i18n.Catalogue, title string, lines []line) string {
	words := []string{}
	for _, l := range lines {
		word := c.T("picture." + l.name)
		switch l.shows {
		case on:
			word += ": " + c.T("picture.on")
		case off:
			word += ": " + c.T("picture.off")
		case nothing, dots:
		}
		words = append(words, word)
	}
	return title + " – " + strings.Join(words, ", ")
}
