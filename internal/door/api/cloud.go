package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/messaging/outbox"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// What programs send is what they send to Meta: Meta's own examples and the
// libraries of other languages write whole numbers and degrees as texts or as
// numbers, and name the product and the kind of recipient.

// wholeNumber describes cloudapi.Whole.
type wholeNumber struct{}

// Schema is a number or its digits.
func (wholeNumber) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger, Format: "int64", Minimum: bound(-exact), Maximum: bound(exact)},
		{Type: huma.TypeString, Pattern: `^-?[0-9]{1,15}$`, MaxLength: length(16)}},
		Description: "A whole number, or its digits as a text."}
}

// degree describes a coordinate.
type degree struct{}

// Schema is a number or its digits.
func (degree) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeNumber, Format: "double"}, {Type: huma.TypeString, Pattern: `^-?[0-9]{1,3}(\.[0-9]{1,20})?$`, MaxLength: length(26)}},
		Description: "Degrees (WGS 84), or their digits as a text."}
}

// exact is up to where JSON's numbers are whole (RFC 8259 section 6).
const exact = 1 << 53

func length(n int) *int { return &n }

func bound(n float64) *float64 { return &n }

// Location describes cloudapi.Location.
type Location struct {
	pii.Personal
	Latitude  degree `json:"latitude"`
	Longitude degree `json:"longitude"`
	Name      string `json:"name,omitempty"`
	Address   string `json:"address,omitempty"`
	URL       string `json:"url,omitempty"`
}

// describe tells the interface's description of the types that are read more
// loosely than their Go types say.
func describe(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[cloudapi.Whole](), reflect.TypeFor[wholeNumber]())
	r.RegisterTypeAlias(reflect.TypeFor[cloudapi.Location](), reflect.TypeFor[Location]())
}

// Context names the message that is answered, as programs tell Meta.
type Context struct {
	pii.Personal
	MessageID string `json:"message_id" doc:"Our id of the message answered, or WhatsApp's (wamid…)."`
}

// answered is the id of the message that a request answers, as we or WhatsApp
// name it; zero if it answers none.
func (s *server) answered(ctx context.Context, d outbox.Draft, m MessageRequest) (id.Message, error) {
	if m.Context == nil {
		return s.replyTo(ctx, d, m.ReplyTo)
	}
	if m.ReplyTo != "" {
		return id.Message{}, problem(http.StatusUnprocessableEntity, "reply_to", "Give reply_to or context.message_id, not both.")
	}
	wamid := m.Context.MessageID
	if !strings.HasPrefix(wamid, "wamid.") {
		at, err := id.Optional[id.Message](wamid)
		if err != nil || at.IsZero() {
			return at, problem(http.StatusUnprocessableEntity, "context", "context.message_id is not the id of a message.")
		}
		return s.replyTo(ctx, d, wamid)
	}
	found, err := s.Threads.Quoted(ctx, s.DB, d.Org, []string{wamid})
	if err != nil {
		return id.Message{}, explain(err)
	}
	known, there := found[wamid]
	if !there || known.Contact != d.Contact || known.Channel != d.Channel {
		return id.Message{}, problem(http.StatusUnprocessableEntity, "context", "context.message_id is not a message of this conversation.")
	}
	return known.ID, nil
}

// reacted puts WhatsApp's id into a reaction that names a message by ours.
func (s *server) reacted(ctx context.Context, d outbox.Draft) (*cloudapi.Reaction, error) {
	r := d.Content.Reaction
	if r == nil || strings.HasPrefix(r.MessageID, "wamid.") {
		return r, nil
	}
	unknown := problem(http.StatusUnprocessableEntity, "reaction", "reaction.message_id is not a message of this conversation.")
	at, err := id.Optional[id.Message](r.MessageID)
	if err != nil {
		return r, unknown
	}
	there, err := s.Threads.Glances(ctx, s.DB, d.Org, []id.Message{at})
	if err != nil {
		return r, explain(err)
	}
	m, known := there[at]
	if !known || m.Contact != d.Contact || m.Channel != d.Channel || m.WAMID == "" {
		return r, unknown
	}
	return &cloudapi.Reaction{MessageID: m.WAMID, Emoji: r.Emoji}, nil
}
