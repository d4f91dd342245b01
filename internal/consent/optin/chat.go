package optin

import (
	"cmp"
	"net/url"
	"strings"
)

// Chat is where links lead that open a chat with one of our numbers. The zero
// value is WhatsApp. Only the demo sets another: the phones of its sandbox.
type Chat string

// whatsApp opens the app (WhatsApp: click to chat). Nothing is loaded from Meta
// before the person taps.
const whatsApp = "https://wa.me"

// Open is a link to a chat with a number, as people write it.
func (c Chat) Open(number string) string {
	return cmp.Or(string(c), whatsApp) + "/" + strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// Write is a link to a chat in which a message lies ready.
func (c Chat) Write(number, message string) string {
	return c.Open(number) + "?text=" + strings.ReplaceAll(url.QueryEscape(message), "+", "%20")
}

// Leads reports whether a short link that Meta made can be shown.
func (c Chat) Leads(link string) bool {
	return strings.HasPrefix(link, "https://") || c != "" && strings.HasPrefix(link, string(c)+"/")
}
