package fold

import "strings"

// Most is how many bytes of one text are searched, and shown where it stands
// among others. WhatsApp's own texts have 4096 characters; a webhook may bring
// one of 3 MB, which is read whole on a page of its own.
const Most = 32 << 10

// Begin is the beginning of a text, at most so long.
func Begin(text string) string {
	if len(text) <= Most {
		return text
	}
	return strings.ToValidUTF8(text[:Most], "")
}
