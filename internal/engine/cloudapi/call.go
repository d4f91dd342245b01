package cloudapi

import (
	"errors"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

const fieldCalls = "calls"

// CallEvent tells of a telephone call over WhatsApp: that it began, ended, rang
// or was taken. Each tells what it knows, in any order.
type CallEvent struct {
	pii.Personal
	Head
	ID           string
	Phone        string // of the user, E.164 digits
	UserID       string
	ParentUserID string
	Name         string
	Outgoing     bool // the company called
	Timestamp    time.Time
	Call         Call
}

// Call is what is known of a telephone call. It is kept as the content of a
// message of type TypeCall.
type Call struct {
	pii.Personal
	Direction string `json:"direction,omitempty"` // CallFromUser, CallFromUs
	State     string `json:"state"`               // CallRinging, CallTaken, CallMissed, CallRefused, CallEnded
	Seconds   int64  `json:"seconds,omitempty"`   // that were spoken
}

// The directions and states of a call.
const (
	CallFromUser = "user_initiated"
	CallFromUs   = "business_initiated"
	CallRinging  = "ringing"
	CallTaken    = "taken"
	CallMissed   = "missed" // it ended without anybody taking it
	CallRefused  = "refused"
	CallEnded    = "ended" // after it was taken
)

// After is a call after further news, which may come twice and in any order:
// what ended does not ring again, and what was spoken stays.
func (c Call) After(news Call) Call {
	if callRank[news.State] > callRank[c.State] {
		c.State = news.State
	}
	c.Seconds = max(c.Seconds, news.Seconds)
	if c.Direction == "" {
		c.Direction = news.Direction
	}
	return c
}

// said is by whom a call was, and how it went.
func (c Call) said() string {
	if c.Direction == CallFromUs {
		return "out." + c.State
	}
	return "in." + c.State
}

var callRank = map[string]int{CallRinging: 1, CallTaken: 2, CallMissed: 3, CallRefused: 4, CallEnded: 5}

type wireCall struct {
	pii.Personal
	ID               string `json:"id"`
	From             string `json:"from"`
	FromUserID       string `json:"from_user_id"`
	FromParentUserID string `json:"from_parent_user_id"`
	To               string `json:"to"`
	ToUserID         string `json:"to_user_id"`
	ToParentUserID   string `json:"to_parent_user_id"`
	Event            string `json:"event"`
	Direction        string `json:"direction"`
	Status           string `json:"status"`
	Start            unix   `json:"start_time"`
	End              unix   `json:"end_time"`
	Duration         int64  `json:"duration"` // seconds
	Timestamp        unix   `json:"timestamp"`
}

// parseCall reads a call. Who of the two is the user is told by the direction,
// else by the number that is ours.
func parseCall(h Head, w *wireCall, people []contactBlock, ours string) []Event {
	if w == nil || w.ID == "" {
		return []Event{&Broken{Head: h, Err: errors.New("a call cannot be read")}}
	}
	c := &CallEvent{Head: h, ID: w.ID, Timestamp: w.Timestamp.Time, Phone: w.From, UserID: w.FromUserID, ParentUserID: w.FromParentUserID}
	c.Outgoing = strings.EqualFold(w.Direction, CallFromUs) || w.Direction == "" && w.From != "" && digits(w.From) == digits(ours)
	if c.Outgoing {
		c.Phone, c.UserID, c.ParentUserID = w.To, w.ToUserID, w.ToParentUserID
	} else if c.Phone != "" && digits(c.Phone) == digits(ours) { // Meta's own example has the two the wrong way round
		c.Phone, c.UserID, c.ParentUserID = w.To, w.ToUserID, w.ToParentUserID
	}
	who := IncomingMessage{From: c.Phone, UserID: c.UserID, ParentUserID: c.ParentUserID}
	who.introduce(people, true)
	c.Phone, c.UserID, c.ParentUserID, c.Name = who.From, who.UserID, who.ParentUserID, who.Name
	if c.Phone == "" && c.UserID == "" && c.ParentUserID == "" {
		return []Event{&Broken{Head: h, Err: errors.New("a call without a caller")}}
	}
	c.Call.Direction = CallFromUser
	if c.Outgoing {
		c.Call.Direction = CallFromUs
	}
	switch strings.ToLower(w.Event) {
	case "connect":
		c.Call.State = CallRinging
	case "terminate":
		c.Call.end(w)
	default:
		c.Call.State = CallRinging
		return []Event{c, puzzle(h, "call", w.Event)}
	}
	return []Event{c}
}

// end reads how a call ended. One that was taken has a duration.
func (c *Call) end(w *wireCall) {
	c.Seconds = max(w.Duration, 0)
	if c.Seconds == 0 && !w.Start.IsZero() && w.End.After(w.Start.Time) {
		c.Seconds = int64(w.End.Sub(w.Start.Time).Seconds())
	}
	c.State = CallMissed
	switch status := strings.ToLower(w.Status); {
	case status == "rejected":
		c.State, c.Seconds = CallRefused, 0
	case c.Seconds > 0 && status != "failed", status == "completed" && !w.Start.IsZero():
		c.State = CallEnded
	default:
		c.Seconds = 0
	}
}

// parseCallStatus reads how a call of the company's fares at the user.
func parseCallStatus(h Head, w *wireStatus) []Event {
	c := &CallEvent{Head: h, ID: w.ID, Timestamp: w.Timestamp.Time, Phone: w.RecipientID, UserID: w.RecipientUserID, ParentUserID: w.RecipientParentUserID,
		Outgoing: true, Call: Call{Direction: CallFromUs}}
	switch strings.ToLower(w.Status) {
	case "ringing":
		c.Call.State = CallRinging
	case "accepted":
		c.Call.State = CallTaken
	case "rejected":
		c.Call.State = CallRefused
	default:
		c.Call.State = CallRinging
		return []Event{c, puzzle(h, "call", w.Status)}
	}
	if c.Phone == "" && c.UserID == "" && c.ParentUserID == "" {
		return []Event{&Broken{Head: h, Err: errors.New("a call without a caller")}}
	}
	return []Event{c}
}
