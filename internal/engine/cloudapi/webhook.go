package cloudapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einklang/internal/rule/pii"
)

// MaxWebhook is the largest body that Meta sends (Cloud API: webhooks).
const MaxWebhook = 3 << 20

// ErrNotWebhook is returned for a body that is no WhatsApp webhook at all.
var ErrNotWebhook = errors.New("the body is not a WhatsApp webhook: want {\"object\":\"whatsapp_business_account\",\"entry\":[…]}")

// Sign is the value of the header X-Hub-Signature-256 for a body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Signed reports whether a header may be a signature at all.
func Signed(header string) bool {
	given, found := strings.CutPrefix(header, "sha256=")
	return found && len(given) == 2*sha256.Size
}

// VerifySignature checks the header X-Hub-Signature-256 over the raw body, in
// constant time.
func VerifySignature(secret string, body []byte, header string) bool {
	if !Signed(header) {
		return false
	}
	var want [sha256.Size]byte
	if _, err := hex.Decode(want[:], []byte(strings.TrimPrefix(header, "sha256="))); err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	var sum [sha256.Size]byte
	return hmac.Equal(mac.Sum(sum[:0]), want[:])
}

// Notification is what one webhook says, in order.
type Notification struct {
	Events []Event
}

// Event is one thing that a webhook says.
type Event interface {
	Where() Head
}

// Head says to whom an event belongs.
type Head struct {
	WABA          string // WhatsApp business account
	PhoneNumberID string // empty for what belongs to the account
	Display       string // the digits of the number as it is shown, where the id is missing
	Field         string
}

// Where says to whom the event belongs.
func (h Head) Where() Head { return h }

type wireBody struct {
	pii.Personal
	Object string       `json:"object"`
	Entry  []*wireEntry `json:"entry"`
}

type wireEntry struct {
	pii.Personal
	ID      string        `json:"id"`
	Changes []*wireChange `json:"changes"`
}

type wireChange struct {
	pii.Personal
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// ParseWebhook reads a webhook. It knows nothing of signatures. Unknown fields
// and types are kept as such; what cannot be read becomes a Broken event and
// costs none of the others. What was read in part, or is of a kind that this
// version does not know, has a Puzzle beside it.
func ParseWebhook(body []byte) (Notification, error) {
	var w wireBody
	if _, ok := readLoosely(body, &w); !ok || w.Object != "whatsapp_business_account" {
		return Notification{}, ErrNotWebhook
	}
	var n Notification
	for _, one := range w.Entry {
		if one == nil || one.ID == "" && len(one.Changes) == 0 {
			n.Events = append(n.Events, &Broken{Head: Head{Field: "entry"}, Err: errors.New("the entry cannot be read")})
			continue
		}
		for _, c := range one.Changes {
			if c == nil {
				n.Events = append(n.Events, &Broken{Head: Head{WABA: one.ID, Field: "change"}, Err: errors.New("the change cannot be read")})
				continue
			}
			n.Events = append(n.Events, parseChange(one.ID, c)...)
		}
	}
	return n, nil
}

// Part is the part of a webhook that somebody wants to keep, by account and
// field.
func Part(body []byte, keep func(account, field string) bool) []byte {
	type part struct {
		pii.Personal
		ID      string            `json:"id"`
		Changes []json.RawMessage `json:"changes"`
	}
	var whole struct {
		Object string  `json:"object"`
		Entry  []*part `json:"entry"`
	}
	if _, ok := readLoosely(body, &whole); !ok {
		return []byte("{}")
	}
	whole.Entry = slices.DeleteFunc(whole.Entry, func(e *part) bool {
		if e == nil {
			return true
		}
		e.Changes = slices.DeleteFunc(e.Changes, func(raw json.RawMessage) bool {
			var c struct {
				Field string `json:"field"`
			}
			_, _ = readLoosely(raw, &c) // what can't be read is kept for the account's sake
			return !keep(e.ID, c.Field)
		})
		return len(e.Changes) == 0
	})
	kept, err := json.Marshal(whole)
	if err != nil {
		return []byte("{}")
	}
	return kept
}

// Broken is a part of a webhook that cannot be read.
type Broken struct {
	Head
	Err error
}

// Unknown is an event of a kind that this version does not know.
type Unknown struct {
	pii.Personal
	Head
	Raw json.RawMessage
}

// Puzzle says that something of a webhook was not understood, beside the events
// that were read from it. Kind names it without naming a person: "field
// message_echoes_v2", "message reel", "status warped", "member
// location.latitude".
type Puzzle struct {
	Head
	Kind string
}

// puzzle names a kind in letters that say nothing else.
func puzzle(h Head, what, name string) Event {
	const most = 60
	name = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-", r)) {
			return r
		}
		return -1
	}, name[:min(len(name), most)])
	return &Puzzle{Head: h, Kind: strings.TrimSpace(what + " " + name)}
}

// puzzles are the members that were left out.
func puzzles(h Head, odd []string) (all []Event) {
	slices.Sort(odd)
	for _, path := range slices.Compact(odd) {
		all = append(all, puzzle(h, "member", path))
	}
	return all
}

func parseChange(waba string, c *wireChange) []Event {
	h := Head{WABA: waba, Field: c.Field}
	if read, known := valueReaders[c.Field]; known {
		return read(h, c.Value)
	}
	var v struct {
		Metadata metadata `json:"metadata"`
		Display  string   `json:"display_phone_number"`
	}
	_, _ = readLoosely(c.Value, &v)
	h.of(v.Metadata)
	if h.PhoneNumberID == "" && h.Display == "" {
		h.Display = digits(v.Display)
	}
	fresh, known := accountEvents[c.Field]
	if !known {
		return []Event{&Unknown{Head: h, Raw: c.Value}, puzzle(h, "field", c.Field)}
	}
	e := fresh(h)
	if odd, ok := readLoosely(c.Value, e); ok {
		all := append([]Event{e}, puzzles(h, odd)...)
		if u, is := e.(*AccountUpdate); is && !u.Known() {
			all = append(all, puzzle(h, c.Field, u.Event))
		}
		return all
	}
	return []Event{&Broken{Head: h, Err: fmt.Errorf("the value of %s cannot be read", c.Field)}}
}

// valueReaders read the fields that are about people.
var valueReaders = map[string]func(Head, json.RawMessage) []Event{
	"messages": parsePeople, fieldStandby: parsePeople, "smb_message_echoes": parsePeople, fieldCalls: parsePeople,
	"user_preferences": parsePreferences, "user_id_update": parseUserIDUpdates, FieldHistory: parseHistory, FieldAppState: parseAppState,
}

type metadata struct {
	DisplayPhoneNumber string `json:"display_phone_number"`
	PhoneNumberID      string `json:"phone_number_id"`
}

// of takes the number from the metadata.
func (h *Head) of(m metadata) {
	if h.PhoneNumberID = m.PhoneNumberID; h.PhoneNumberID == "" {
		h.Display = digits(m.DisplayPhoneNumber)
	}
}

type contactBlock struct {
	pii.Personal
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	WaID         string `json:"wa_id"`
	UserID       string `json:"user_id"`
	ParentUserID string `json:"parent_user_id"`
}

// peopleValue is the value of the fields that are about people.
type peopleValue struct {
	pii.Personal
	Metadata metadata       `json:"metadata"`
	Contacts []contactBlock `json:"contacts"`
	Messages []*wireMessage `json:"messages"`
	Statuses []*wireStatus  `json:"statuses"`
	Echoes   []*wireMessage `json:"message_echoes"`
	Calls    []*wireCall    `json:"calls"`
	Errors   []WebhookError `json:"errors"`
}

// parsePeople reads messages, statuses, echoes and calls, whichever of them a
// field brings.
func parsePeople(h Head, raw json.RawMessage) []Event {
	var v peopleValue
	odd, ok := readLoosely(raw, &v)
	if !ok {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.of(v.Metadata)
	events := make([]Event, 0, len(v.Messages)+len(v.Statuses)+len(v.Echoes)+len(v.Calls)+1)
	alone := ofOneSender(v.Messages)
	for _, m := range v.Messages {
		if ofAgent(h, m, v.Metadata.DisplayPhoneNumber) {
			v.Echoes = append(v.Echoes, m)
			continue
		}
		events = append(events, parseMessage(h, m, v.Contacts, alone, v.Errors)...)
	}
	for _, s := range v.Statuses {
		events = append(events, parseStatus(h, s)...)
	}
	for _, e := range v.Echoes {
		events = append(events, parseEcho(h, e)...)
	}
	for _, c := range v.Calls {
		events = append(events, parseCall(h, c, v.Contacts, v.Metadata.DisplayPhoneNumber)...)
	}
	if len(v.Messages) == 0 && len(v.Errors) > 0 {
		events = append(events, &ValueError{Head: h, Errors: v.Errors})
	}
	return append(events, puzzles(h, odd)...)
}

// unix is a time that Meta writes as seconds, as a text or a number. Others
// write milliseconds, or the date in words of ISO 8601. An odd time costs
// nothing: the receiver's clock stands in for it.
type unix struct{ time.Time }

func (u *unix) read(s string) bool {
	s = strings.TrimSpace(s)
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		u.Time = at.UTC()
		return true
	}
	n, ok := decimalOf(s)
	switch {
	case !ok || n < 1:
		return ok || s == "" // 0 is no time, as none is
	case n < 1e11: // until the year 5138
		u.Time = time.Unix(int64(n), 0).UTC()
	case n < 1e14: // 13 digits: milliseconds
		u.Time = time.UnixMilli(int64(n)).UTC()
	case n < 1e17:
		u.Time = time.UnixMicro(int64(n)).UTC()
	default:
		return false
	}
	return true
}
