package cloudapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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
	Field         string
}

// Where says to whom the event belongs.
func (h Head) Where() Head { return h }

type envelope struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type entry struct {
	ID      string            `json:"id"`
	Changes []json.RawMessage `json:"changes"`
}

type change struct {
	Field string          `json:"field"`
	Value json.RawMessage `json:"value"`
}

// ParseWebhook reads a webhook. It knows nothing of signatures. Unknown fields
// and types are kept as such; what cannot be read becomes a Broken event and
// costs none of the others.
func ParseWebhook(body []byte) (Notification, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil || e.Object != "whatsapp_business_account" {
		return Notification{}, ErrNotWebhook
	}
	var n Notification
	for _, raw := range e.Entry {
		var one entry
		if err := json.Unmarshal(raw, &one); err != nil {
			n.Events = append(n.Events, &Broken{Head: Head{WABA: one.ID, Field: "entry"}, Err: errors.New("the entry cannot be read")})
			continue
		}
		for _, raw := range one.Changes {
			var c change
			if err := json.Unmarshal(raw, &c); err != nil {
				n.Events = append(n.Events, &Broken{Head: Head{WABA: one.ID, Field: "change"}, Err: errors.New("the change cannot be read")})
				continue
			}
			n.Events = append(n.Events, parseChange(one.ID, c)...)
		}
	}
	return n, nil
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

func parseChange(waba string, c change) []Event {
	h := Head{WABA: waba, Field: c.Field}
	switch c.Field {
	case "messages", fieldStandby:
		return parseMessages(h, c.Value)
	case "smb_message_echoes":
		return parseEchoes(h, c.Value)
	case "user_preferences":
		return parsePreferences(h, c.Value)
	case "user_id_update":
		return parseUserIDUpdates(h, c.Value)
	}
	var owner struct {
		Metadata metadata `json:"metadata"`
	}
	_ = json.Unmarshal(c.Value, &owner)
	h.PhoneNumberID = owner.Metadata.PhoneNumberID
	fresh, known := accountEvents[c.Field]
	if !known {
		return []Event{&Unknown{Head: h, Raw: c.Value}}
	}
	e := fresh(h)
	if err := json.Unmarshal(c.Value, e); err != nil {
		return []Event{&Broken{Head: h, Err: fmt.Errorf("the value of %s cannot be read", c.Field)}}
	}
	return []Event{e}
}

type metadata struct {
	DisplayPhoneNumber string `json:"display_phone_number"`
	PhoneNumberID      string `json:"phone_number_id"`
}

type contactBlock struct {
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	WaID         string `json:"wa_id"`
	UserID       string `json:"user_id"`
	ParentUserID string `json:"parent_user_id"`
}

type messagesValue struct {
	Metadata metadata          `json:"metadata"`
	Contacts []json.RawMessage `json:"contacts"`
	Messages []json.RawMessage `json:"messages"`
	Statuses []json.RawMessage `json:"statuses"`
	Echoes   []json.RawMessage `json:"message_echoes"`
	Errors   []WebhookError    `json:"errors"`
}

func parseMessages(h Head, raw json.RawMessage) []Event {
	var v messagesValue
	if err := readLoosely(raw, &v); err != nil {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.PhoneNumberID = v.Metadata.PhoneNumberID
	people := parsePeople(v.Contacts)
	events := make([]Event, 0, len(v.Messages)+len(v.Statuses)+len(v.Echoes)+1)
	for _, m := range v.Messages {
		if ofAgent(h, m, v.Metadata.DisplayPhoneNumber) {
			v.Echoes = append(v.Echoes, m)
			continue
		}
		events = append(events, parseMessage(h, m, people, v.Errors))
	}
	for _, s := range v.Statuses {
		events = append(events, parseStatus(h, s))
	}
	for _, e := range v.Echoes {
		events = append(events, parseEcho(h, e))
	}
	if len(v.Messages) == 0 && len(v.Errors) > 0 {
		events = append(events, &ValueError{Head: h, Errors: v.Errors})
	}
	return events
}

func parsePeople(raw []json.RawMessage) []contactBlock {
	people := make([]contactBlock, 0, len(raw))
	for _, r := range raw {
		var c contactBlock
		if json.Unmarshal(r, &c) == nil {
			people = append(people, c)
		}
	}
	return people
}

// readLoosely reads an object and leaves out the members that have another
// form than we know: one odd member must not cost the others.
func readLoosely(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) && odd.Field != "" {
		return nil
	}
	return err
}

// unix reads a time that Meta writes as seconds, as a text or a number.
type unix struct{ time.Time }

func (u *unix) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return nil // an odd time must not cost the event: the receiver's clock stands in
	}
	u.Time = time.Unix(n, 0).UTC()
	return nil
}

// text reads a text that may come as a number.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	*t = text(strings.Trim(string(b), `"`))
	return nil
}
