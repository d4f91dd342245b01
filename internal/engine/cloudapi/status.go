package cloudapi

import (
	"errors"
	"slices"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// Status is news about a message that we sent. Statuses may come twice and in
// any order, and before the answer to the call.
type Status struct {
	pii.Personal
	Head
	ID                    string
	Status                string // sent, delivered, read, played, failed, deleted
	Timestamp             time.Time
	RecipientID           string
	RecipientUserID       string
	RecipientParentUserID string
	Opaque                string // our biz_opaque_callback_data
	Pricing               *Pricing
	Conversation          *StatusConversation
	Errors                []WebhookError
	GroupID               string
}

// Pricing says what a message costs (Cloud API: price per delivered message).
type Pricing struct {
	Billable     bool   `json:"billable"`
	PricingModel string `json:"pricing_model"`
	Type         string `json:"type"`
	Category     string `json:"category"`
}

// StatusConversation is Meta's own idea of a conversation.
type StatusConversation struct {
	ID     string `json:"id"`
	Origin struct {
		Type string `json:"type"`
	} `json:"origin"`
}

type wireStatus struct {
	pii.Personal
	ID                    string              `json:"id"`
	Type                  string              `json:"type"`
	Status                string              `json:"status"`
	Timestamp             unix                `json:"timestamp"`
	RecipientID           string              `json:"recipient_id"`
	RecipientUserID       string              `json:"recipient_user_id"`
	RecipientParentUserID string              `json:"recipient_parent_user_id"`
	RecipientType         string              `json:"recipient_type"`
	Opaque                string              `json:"biz_opaque_callback_data"`
	Pricing               *Pricing            `json:"pricing"`
	Conversation          *StatusConversation `json:"conversation"`
	Errors                []WebhookError      `json:"errors"`
	Error                 []WebhookError      `json:"error"`
}

// knownStatuses are the words that Meta documents, or that were seen.
var knownStatuses = []string{"sent", "delivered", "read", "played", "failed", "deleted"}

func parseStatus(h Head, w *wireStatus) []Event {
	if w == nil || w.ID == "" || w.Status == "" {
		return []Event{&Broken{Head: h, Err: errors.New("a status cannot be read")}}
	}
	if w.Type == "call" || h.Field == fieldCalls {
		return parseCallStatus(h, w)
	}
	s := &Status{Head: h, ID: w.ID, Status: strings.ToLower(w.Status), Timestamp: w.Timestamp.Time, RecipientID: w.RecipientID, RecipientUserID: w.RecipientUserID,
		RecipientParentUserID: w.RecipientParentUserID, Opaque: w.Opaque, Pricing: w.Pricing, Conversation: w.Conversation, Errors: append(w.Errors, w.Error...)}
	if w.RecipientType == "group" {
		s.GroupID = w.RecipientID
	}
	if !slices.Contains(knownStatuses, s.Status) {
		return []Event{s, puzzle(h, "status", s.Status)}
	}
	return []Event{s}
}
