package cloudapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"einklang/internal/rule/pii"
)

// Number is one business phone number with the token that may use it.
type Number struct {
	client *Client
	id     string
	token  token
}

// Number makes a handle; it costs nothing and checks nothing.
func (c *Client) Number(phoneNumberID, accessToken string) Number {
	return Number{client: c, id: phoneNumberID, token: token(accessToken)}
}

// Format prints the number's id, whatever the verb: the token is a secret.
func (n Number) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "number "+n.id) }

// ID is Meta's identifier of the number.
func (n Number) ID() string { return n.id }

func (n Number) request(op, method string, path ...string) request {
	return request{op: op, method: method, path: append([]string{n.id}, path...), token: n.token}
}

// Outgoing is one message to one user.
type Outgoing struct {
	pii.Personal
	// To is the user's phone number as digits with country code and without
	// "+". Recipient is the user's business-scoped user id (or the parent
	// form). If both are set, To is used, as Meta would.
	To, Recipient string
	Content       Content
	// ContextMessageID makes it a reply to that message.
	ContextMessageID string
	// OpaqueCallbackData comes back in every status of this message, at most
	// 512 characters. It holds our message id, so that a crash between call
	// and answer can be reconciled.
	OpaqueCallbackData string
	// MarketingEndpoint sends a marketing template over /marketing_messages.
	MarketingEndpoint bool
}

// SendResult is Meta's acceptance. It is no delivery: statuses tell of that.
type SendResult struct {
	pii.Personal
	MessageID string
	// MessageStatus is "accepted", "held_for_quality_assessment" or "paused";
	// empty where Meta does not say.
	MessageStatus string
	WaID          string // the user's number as WhatsApp writes it, if it is known
	UserID        string // the user's BSUID, if it was used
}

type messageContext struct {
	pii.Personal
	MessageID string `json:"message_id"`
}

type sendBody struct {
	MessagingProduct string          `json:"messaging_product"`
	RecipientType    string          `json:"recipient_type"`
	To               string          `json:"to,omitempty"`
	Recipient        string          `json:"recipient,omitempty"`
	Context          *messageContext `json:"context,omitempty"`
	Opaque           string          `json:"biz_opaque_callback_data,omitempty"`
	Content
}

// Send hands one message to Meta. After an error ask SendCertainty whether the
// message may be sent again.
func (n Number) Send(ctx context.Context, o Outgoing) (SendResult, error) {
	body, err := o.body()
	if err != nil {
		return SendResult{}, err
	}
	edge := "messages"
	if o.MarketingEndpoint {
		edge = "marketing_messages"
	}
	r := n.request("send", http.MethodPost, edge)
	r.json = body
	var answer struct {
		Contacts []struct {
			WaID   string `json:"wa_id"`
			UserID string `json:"user_id"`
		} `json:"contacts"`
		Messages []struct {
			ID     string `json:"id"`
			Status string `json:"message_status"`
		} `json:"messages"`
	}
	if err := n.client.call(ctx, r, &answer); err != nil {
		return SendResult{}, err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return SendResult{}, &CallError{Op: r.op, MayHaveArrived: true, HTTPStatus: http.StatusOK, Err: errors.New("the answer holds no message id")}
	}
	result := SendResult{MessageID: answer.Messages[0].ID, MessageStatus: answer.Messages[0].Status}
	if len(answer.Contacts) > 0 {
		result.WaID, result.UserID = answer.Contacts[0].WaID, answer.Contacts[0].UserID
	}
	return result, nil
}

func (o Outgoing) body() (sendBody, error) {
	if err := Validate(o.Content); err != nil {
		return sendBody{}, err
	}
	if o.MarketingEndpoint && o.Content.Type != TypeTemplate {
		return sendBody{}, &ContentError{Field: "type", Problem: "only templates go over the marketing endpoint"}
	}
	if utf8.RuneCountInString(o.OpaqueCallbackData) > 512 {
		return sendBody{}, &ContentError{Field: "biz_opaque_callback_data", Problem: "is longer than 512 characters"}
	}
	body := sendBody{
		MessagingProduct: "whatsapp", RecipientType: "individual",
		Opaque: o.OpaqueCallbackData, Content: forWire(o.Content),
	}
	switch {
	case o.To != "":
		if len(o.To) < 5 || len(o.To) > 20 || strings.Trim(o.To, "0123456789") != "" {
			return sendBody{}, &ContentError{Field: "to", Problem: "must be a phone number as digits with country code"}
		}
		body.To = o.To
	case o.Recipient != "":
		body.Recipient = o.Recipient
	default:
		return sendBody{}, &ContentError{Field: "to", Problem: "a phone number or a business-scoped user id is needed"}
	}
	if o.ContextMessageID != "" {
		body.Context = &messageContext{MessageID: o.ContextMessageID}
	}
	return body, nil
}

// MarkRead shows the user two blue ticks up to this message, and, if typing is
// set, that an answer is being written (for at most 25 seconds). Both tell the
// user about staff behaviour, so both are off unless an organisation wants
// them.
func (n Number) MarkRead(ctx context.Context, messageID string, typing bool) error {
	if messageID == "" {
		return &ContentError{Field: "message_id", Problem: "is missing"}
	}
	type indicator struct {
		Type string `json:"type"`
	}
	body := struct {
		MessagingProduct string     `json:"messaging_product"`
		Status           string     `json:"status"`
		MessageID        string     `json:"message_id"`
		Typing           *indicator `json:"typing_indicator,omitempty"`
	}{MessagingProduct: "whatsapp", Status: "read", MessageID: messageID}
	if typing {
		body.Typing = &indicator{"text"}
	}
	r := n.request("mark read", http.MethodPost, "messages")
	r.json = body
	return n.client.change(ctx, r)
}
