package chat

import (
	"einklang/internal/rule/id"

	"einklang/internal/rule/pii"
)

// State is where a message is on its way.
//
//	incoming: received → read (by us)
//	outgoing: queued → sending → accepted → sent → delivered → read
//	                 ↘ uncertain ↗            ↘ failed
//
// Uncertain means that the process or the connection broke between the call
// and its answer. It is never sent again by itself; a status webhook that
// carries our id resolves it.
type State string

// The states.
const (
	Received  State = "received"
	Queued    State = "queued"
	Sending   State = "sending"
	Uncertain State = "uncertain"
	Accepted  State = "accepted"
	Sent      State = "sent"
	Delivered State = "delivered"
	Read      State = "read"
	Played    State = "played"
	Failed    State = "failed"
	Cancelled State = "cancelled" // refused by the gate after it was queued, or taken back
)

// rank orders the states of an outgoing message.
func (s State) rank() int {
	switch s {
	case Queued:
		return 0
	case Sending:
		return 1
	case Uncertain:
		return 2
	case Accepted:
		return 3
	case Sent:
		return 4
	case Failed, Cancelled:
		return 5
	case Delivered:
		return 6
	case Read:
		return 7
	case Played:
		return 8
	default:
		return -1
	}
}

// Advance is the state after news, which may come twice and in any order:
// a state only ever moves forward. A failure is overtaken by proof of
// delivery (delivered, read), never by a mere "sent".
func (s State) Advance(news State) State {
	if news.rank() > s.rank() {
		return news
	}
	return s
}

// OnTheWay reports whether the message may still be with us: nobody has
// confirmed that WhatsApp took it.
func (s State) OnTheWay() bool { return s == Queued || s == Sending || s == Uncertain }

// Progress is news about an outgoing message from our own side: from the lane
// or from a member of staff.
type Progress struct {
	pii.Personal
	Message   id.Message
	State     State
	Forced    bool   // go to State even if that is a step back: a person decided
	WAMID     string // if the news brings it
	ErrorCode int
	Reason    string
	Cost      int64 // newly reserved, or given back if negative
}

// States are all states, in the order in which a message goes through them.
func States() []State {
	return []State{Received, Queued, Sending, Uncertain, Accepted, Sent, Delivered, Read, Played, Failed, Cancelled}
}
