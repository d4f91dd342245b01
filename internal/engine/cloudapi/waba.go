package cloudapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Account is one WhatsApp business account (WABA) with a token for it.
type Account struct {
	client *Client
	id     string
	token  token
}

// Account makes a handle; it costs nothing and checks nothing.
func (c *Client) Account(waba, accessToken string) Account {
	return Account{client: c, id: waba, token: token(accessToken)}
}

// Format prints the account's id, whatever the verb: the token is a secret.
func (a Account) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "account "+a.id) }

func (a Account) request(op, method string, path ...string) request {
	return request{op: op, method: method, path: append([]string{a.id}, path...), token: a.token}
}

// Numbers lists the phone numbers.
func (a Account) Numbers(ctx context.Context) ([]NumberInfo, error) {
	r := a.request("list numbers", http.MethodGet, "phone_numbers")
	r.query = url.Values{"fields": {numberFields}}
	return collect[NumberInfo](ctx, a.client, r)
}

// The states of a template that we act on.
const (
	TemplateApproved = "APPROVED"
	TemplatePaused   = "PAUSED"
	TemplateDisabled = "DISABLED"
)

// MessageTemplate is a template as Meta lists it.
type MessageTemplate struct {
	ID              string          `json:"id,omitempty"`
	Name            string          `json:"name"`
	Language        string          `json:"language"`
	Category        string          `json:"category"`
	Status          string          `json:"status,omitempty"`
	ParameterFormat string          `json:"parameter_format,omitempty"`
	Components      json.RawMessage `json:"components"`
}

// Templates lists the templates.
func (a Account) Templates(ctx context.Context) ([]MessageTemplate, error) {
	r := a.request("list templates", http.MethodGet, "message_templates")
	r.query = url.Values{"fields": {"id,name,language,category,status,parameter_format,components"}}
	return collect[MessageTemplate](ctx, a.client, r)
}

// CreateTemplate hands a template in for review.
func (a Account) CreateTemplate(ctx context.Context, t MessageTemplate) (MessageTemplate, error) {
	t.ID, t.Status = "", ""
	r := a.request("create template", http.MethodPost, "message_templates")
	r.json = t
	var answer struct {
		ID       string `json:"id"`
		Status   string `json:"status"`
		Category string `json:"category"`
	}
	if err := a.client.call(ctx, r, &answer); err != nil {
		return t, err
	}
	t.ID, t.Status = answer.ID, answer.Status
	if answer.Category != "" {
		t.Category = answer.Category
	}
	return t, nil
}

// EditTemplate changes a template's components; Meta reviews it again.
func (a Account) EditTemplate(ctx context.Context, templateID string, components json.RawMessage) error {
	return a.client.change(ctx, request{op: "edit template", method: http.MethodPost, path: []string{templateID}, token: a.token,
		json: map[string]any{"components": components}})
}

// DeleteTemplate deletes a template in all languages, or in one if its id is
// given.
func (a Account) DeleteTemplate(ctx context.Context, name, templateID string) error {
	r := a.request("delete template", http.MethodDelete, "message_templates")
	r.query = url.Values{"name": {name}}
	if templateID != "" {
		r.query.Set("hsm_id", templateID)
	}
	return a.client.change(ctx, r)
}

// Subscribe has the account's webhooks sent to the app. A callback of its own
// and its verify token may be given.
func (a Account) Subscribe(ctx context.Context, callback, verifyToken string) error {
	r := a.request("subscribe app", http.MethodPost, "subscribed_apps")
	body := map[string]string{}
	if callback != "" {
		body["override_callback_uri"], body["verify_token"] = callback, verifyToken
	}
	r.json = body
	return a.client.change(ctx, r)
}

// Subscriptions lists which apps get the account's webhooks.
func (a Account) Subscriptions(ctx context.Context) ([]json.RawMessage, error) {
	return collect[json.RawMessage](ctx, a.client, a.request("list subscribed apps", http.MethodGet, "subscribed_apps"))
}

// Unsubscribe ends the account's webhooks.
func (a Account) Unsubscribe(ctx context.Context) error {
	return a.client.change(ctx, a.request("unsubscribe app", http.MethodDelete, "subscribed_apps"))
}

// Pricing reads volume and cost as Meta counts them. The fields name the
// figures, the time and the step, such as
// "pricing_analytics.start(1764000000).end(1764086400).granularity(DAILY)".
func (a Account) Pricing(ctx context.Context, fields string) (json.RawMessage, error) {
	r := a.request("read pricing", http.MethodGet)
	r.query = url.Values{"fields": {fields}}
	var answer json.RawMessage
	return answer, a.client.call(ctx, r, &answer)
}
