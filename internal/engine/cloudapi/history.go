package cloudapi

import (
	"encoding/json"
	"errors"
	"time"

	"einklang/internal/rule/phone"
	"einklang/internal/rule/pii"
)

// A number that is also used in the WhatsApp Business app (coexistence) sends
// the app's chats of up to six months (Cloud API: history) and its address book
// (smb_app_state_sync).

// The fields that bring them.
const (
	FieldHistory  = "history"
	FieldAppState = "smb_app_state_sync"
)

// History is a piece of the chats of the WhatsApp Business app.
type History struct {
	pii.Personal
	Head
	Threads []HistoryThread
}

// HistoryThread is a chat with one user.
type HistoryThread struct {
	pii.Personal
	Phone    string // of the user, E.164 digits; empty where only UserID is known
	UserID   string
	Messages []HistoryMessage
}

// HistoryMessage is a message of long ago.
type HistoryMessage struct {
	pii.Personal
	ID        string
	Outgoing  bool // the company wrote it
	Timestamp time.Time
	Content   Content
}

// AppState is the address book of the WhatsApp Business app. Those who stand in
// it have agreed to nothing: only how many they are is read.
type AppState struct {
	Head
	Contacts int
}

type wireHistory struct {
	pii.Personal
	Threads []struct {
		ID       string         `json:"id"`
		UserID   string         `json:"user_id"`
		Messages []*wireMessage `json:"messages"`
		Context  struct {
			WaID   string `json:"wa_id"`
			UserID string `json:"user_id"`
		} `json:"context"`
	} `json:"threads"`
	Errors []WebhookError `json:"errors"`
}

func parseHistory(h Head, raw json.RawMessage) []Event {
	var v struct {
		Metadata metadata      `json:"metadata"`
		History  []wireHistory `json:"history"`
	}
	odd, ok := readLoosely(raw, &v)
	if !ok {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.of(v.Metadata)
	past := &History{Head: h}
	for _, piece := range v.History {
		for _, t := range piece.Threads {
			thread := HistoryThread{Phone: first(t.Context.WaID, digits(t.ID)), UserID: first(t.Context.UserID, t.UserID)}
			for _, w := range t.Messages {
				if w == nil || w.ID == "" || w.group() != "" {
					continue
				}
				content, _ := w.content(h, w.Errors)
				thread.Messages = append(thread.Messages, HistoryMessage{ID: w.ID, Timestamp: w.Timestamp.Time, Content: content,
					Outgoing: w.From != "" && digits(w.From) == digits(v.Metadata.DisplayPhoneNumber) || w.From != "" && thread.Phone != "" && phone.Canonical(digits(w.From)) != phone.Canonical(thread.Phone)})
			}
			past.Threads = append(past.Threads, thread)
		}
	}
	return append([]Event{past}, puzzles(h, odd)...)
}

func parseAppState(h Head, raw json.RawMessage) []Event {
	var v struct {
		Metadata metadata          `json:"metadata"`
		State    []json.RawMessage `json:"state_sync"`
	}
	odd, ok := readLoosely(raw, &v)
	if !ok {
		return []Event{&Broken{Head: h, Err: errors.New("the value cannot be read")}}
	}
	h.of(v.Metadata)
	return append([]Event{&AppState{Head: h, Contacts: len(v.State)}}, puzzles(h, odd)...)
}
