package chats

import (
	"slices"
	"strings"
	"time"

	"einklang/internal/importing/chats/transcript"
	"einklang/internal/rule/id"
	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// Plan is what somebody has chosen about a chat.
type Plan struct {
	pii.Personal
	Us      string           `json:"us"`    // the sender who is the company
	Them    string           `json:"them"`  // the sender who is the person
	Phone   string           `json:"phone"` // hers, in E.164 digits
	Channel id.Channel       `json:"channel"`
	Order   transcript.Order `json:"order"` // of dates
	Group   bool             `json:"group"` // chosen although it is a group
}

// Suggest proposes a plan: whose name or number is the company's is known from
// names, the names of its numbers and the organisation.
func Suggest(s transcript.Survey, names []string) Plan {
	p := Plan{Order: s.Order}
	for _, sender := range s.Senders {
		if slices.ContainsFunc(names, func(n string) bool { return sameName(n, sender.Name) }) {
			p.Us = sender.Name
		}
	}
	if s.Group {
		return p // who is meant, a person must say
	}
	for _, sender := range s.Senders {
		if sender.Name != p.Us && p.Us != "" {
			p.Them = sender.Name
		}
	}
	if digits, err := phone.Digits(p.Them, "DE"); err == nil {
		p.Phone = digits
	}
	return p
}

func sameName(a, b string) bool {
	if x, err := phone.Digits(a, "DE"); err == nil {
		y, err := phone.Digits(b, "DE")
		return err == nil && x == y
	}
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Fault is what is wrong with a plan; the values are keys of texts.
type Fault string

// The faults.
const (
	NoUs      Fault = "chat_no_us"
	NoThem    Fault = "chat_no_them"
	SameBoth  Fault = "chat_same"
	NoPhone   Fault = "chat_no_phone"
	NoChannel Fault = "chat_no_channel"
	NoOrder   Fault = "chat_no_order"
	IsGroup   Fault = "chat_group" // not confirmed
	IsErased  Fault = "chat_erased"
)

// check reports what is wrong with a plan for a chat, or "".
func (p Plan) check(s transcript.Survey) Fault {
	wrote := func(name string) bool {
		return slices.ContainsFunc(s.Senders, func(x transcript.Sender) bool { return x.Name == name })
	}
	switch {
	case !wrote(p.Us) && (p.Us != "" || len(s.Senders) > 1):
		return NoUs // only one of the two may have written at all
	case !wrote(p.Them) && (p.Them != "" || len(s.Senders) > 1 || p.Us == ""):
		return NoThem
	case p.Us == p.Them:
		return SameBoth
	case p.Phone == "":
		return NoPhone
	case p.Channel.IsZero():
		return NoChannel
	case p.Order != transcript.DayFirst && p.Order != transcript.MonthFirst && p.Order != transcript.YearFirst:
		return NoOrder
	case s.Group && !p.Group:
		return IsGroup
	}
	return ""
}

// side says what a message is to a plan.
type side int

const (
	theirs side = iota
	ours
	third // somebody else's
	none  // WhatsApp's own line, or deleted
)

func (p Plan) side(m transcript.Message) side {
	switch {
	case m.Kind == transcript.System, m.Kind == transcript.Deleted:
		return none
	case m.Kind == transcript.Call && m.Sender == "": // Android writes down only that the other one called in vain
		return theirs
	case m.Sender == p.Us:
		return ours
	case m.Sender == p.Them:
		return theirs
	default:
		return third
	}
}

// masked stands where a third person's name was.
const masked = "[…]"

// mask makes the names and numbers of the others unreadable in a text.
func mask(text string, others []string) string {
	for _, o := range others {
		text = replaceWord(text, o)
	}
	return text
}

// replaceWord replaces a name where it is not a part of a longer word.
func replaceWord(text, name string) string {
	if name == "" {
		return text
	}
	var b strings.Builder
	for {
		at := strings.Index(text, name)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := at + len(name)
		whole := (at == 0 || !letter(text[at-1])) && (end == len(text) || !letter(text[end]))
		b.WriteString(text[:at])
		if whole {
			b.WriteString(masked)
		} else {
			b.WriteString(name)
		}
		text = text[end:]
	}
}

// letter reports whether a byte belongs to a word; bytes of longer characters
// are taken for letters.
func letter(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

// others are the names of everybody in a chat but the two, each also by its
// first name and, for a number, as it is mentioned (@4917…). The longest stand
// first, so that a whole name goes before a part of it.
func others(p Plan, s transcript.Survey) (names []string) {
	for _, sender := range s.Senders {
		if sender.Name == p.Us || sender.Name == p.Them {
			continue
		}
		names = append(names, sender.Name)
		if digits, err := phone.Digits(sender.Name, "DE"); err == nil {
			names = append(names, digits)
			continue
		}
		first, _, _ := strings.Cut(sender.Name, " ")
		if len(first) > 2 && !strings.HasPrefix(p.Us, first) && !strings.HasPrefix(p.Them, first) {
			names = append(names, first)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}

// tooLate reports whether a message says that it was written in the future.
func tooLate(m transcript.Message, now time.Time) bool { return m.At.After(now.Add(24 * time.Hour)) }
