package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"einklang/internal/rule/wire"
)

// check judges the content by the table of what WhatsApp takes, and answers
// with Meta's codes.
func (o outgoing) check() *graphError {
	if utf8.RuneCountInString(o.Opaque) > 512 {
		return fail(131009, titles[131009], "biz_opaque_callback_data is longer than 512 characters")
	}
	message := map[string]any{"type": o.Type}
	if len(o.content) > 0 {
		var content any
		_ = json.Unmarshal(o.content, &content)
		message[o.Type] = content
	}
	f := wire.Check(message)
	if f == nil {
		return nil
	}
	code, details := refusal(f)
	return fail(code, titles[code], details)
}

// refusal is the code and the words with which Meta refuses (Cloud API: error
// codes; the words of 131009 and 132018 as they were seen).
func refusal(f *wire.Fault) (code int, details string) {
	part, rest, _ := strings.Cut(f.Field, ".")
	switch {
	case f.Field == "type" && f.Kind == wire.Unknown:
		return 131051, "Message type unknown"
	case f.Kind == wire.OneLine:
		return 132018, f.Field + ": Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
	case f.Kind == wire.Unknown && !strings.HasSuffix(f.Field, "type"):
		return 100, "Unexpected key \"" + f.Field + "\""
	case f.Kind == wire.Length && (rest == "body" || rest == "caption"):
		return 100, "Param " + f.Field + " must be at most " + strconv.Itoa(f.Most) + " characters long."
	case part == "template" && strings.HasPrefix(rest, "components"):
		return inTemplate(f)
	case f.Kind == wire.Missing && part == "interactive" && rest != "action" && rest != "type" && rest != "":
		return 131009, f.Field + " length invalid. Min length: 1"
	case f.Kind == wire.Missing:
		return 131008, f.Field + " " + f.Problem
	default:
		return 131009, f.Field + " " + f.Problem
	}
}

// inTemplate is how Meta refuses what fills a template in.
func inTemplate(f *wire.Fault) (code int, details string) {
	switch {
	case f.Kind == wire.Length && strings.Contains(f.Field, "parameters"):
		return 132005, f.Field + " " + f.Problem
	case f.Kind == wire.Missing:
		return 131008, f.Field + " " + f.Problem
	case f.Kind == wire.Unknown, f.Kind == wire.Malformed, f.Kind == wire.Count:
		return 132012, f.Field + " " + f.Problem
	default:
		return 131009, f.Field + " " + f.Problem
	}
}
