package wire

import "strings"

// The limits, in characters or in pieces (Cloud API: messages).
const (
	LongestText    = 4096
	LongestCaption = 1024
	LongestHeader  = 60
	LongestFooter  = 60
	LongestBody    = 1024 // of what can be tapped; of a list it is LongestText
	LongestButton  = 20
	LongestRow     = 24
	LongestDetail  = 72
	MostButtons    = 3
	MostRows       = 10
	MostCards      = 10

	longestButtonID = 256
	longestRowID    = 200
	longestAddress  = 2000
	longestName     = 1000
	longestFilename = 240
	longestEmoji    = 32
	mostCards       = 257 // of people, in one message
)

// messages are the types that can be sent.
var messages = map[string]rule{
	"text": object(
		need("body", text(1, LongestText)),
		may("preview_url", flag)),
	"image":    file(may("caption", text(0, LongestCaption))),
	"video":    file(may("caption", text(0, LongestCaption))),
	"audio":    file(may("voice", flag)),
	"document": file(may("caption", text(0, LongestCaption)), may("filename", text(0, longestFilename))),
	"sticker":  file(),
	"location": place,
	"contacts": list(1, mostCards, card),
	"reaction": object(
		need("message_id", text(1, 512)),
		may("emoji", emoji)),
	"interactive": interactive,
	"template":    template,
}

// file is an upload or a link, and what a kind of file takes besides.
func file(more ...member) rule {
	return with(
		object(append([]member{may("id", text(1, 256)), may("link", address)}, more...)...),
		either("id", "link"))
}

var place = object(
	need("latitude", degrees(90)),
	need("longitude", degrees(180)),
	may("name", text(0, longestName)),
	may("address", text(0, longestName)))

// emoji is one, or nothing to take it away.
func emoji(v any) *Fault {
	if f := text(0, longestEmoji)(v); f != nil {
		return f
	}
	s, _ := v.(string)
	drawn := strings.ContainsFunc(s, func(r rune) bool { return r >= 0xa9 })
	if letters := strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r <= ' ' }); !drawn || letters {
		return malformed("must be an emoji")
	}
	return nil
}

// card is a contact card.
var card = object(
	need("name", object(
		need("formatted_name", text(1, longestName)),
		may("first_name", text(0, longestName)), may("last_name", text(0, longestName)), may("middle_name", text(0, longestName)),
		may("prefix", text(0, longestName)), may("suffix", text(0, longestName)))),
	may("phones", list(0, 100, object(may("phone", text(0, 50)), may("type", text(0, 50)), may("wa_id", text(0, 20)), may("user_id", text(0, 200))))),
	may("emails", list(0, 100, object(may("email", text(0, 320)), may("type", text(0, 50))))),
	may("addresses", list(0, 100, object(
		may("street", text(0, longestName)), may("city", text(0, longestName)), may("state", text(0, longestName)), may("zip", text(0, 50)),
		may("country", text(0, longestName)), may("country_code", text(0, 10)), may("type", text(0, 50))))),
	may("urls", list(0, 100, object(may("url", text(0, longestAddress)), may("type", text(0, 50))))),
	may("org", object(may("company", text(0, longestName)), may("department", text(0, longestName)), may("title", text(0, longestName)))),
	may("birthday", pattern(`^\d{4}-\d{2}-\d{2}$`, "must be a day, such as 1990-12-31")))
