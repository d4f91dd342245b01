// Package record holds the nouns of what is kept about a person, as she gets to
// see it (GDPR Art. 15, 20). Each room that keeps something writes its part with
// a method Export; package access makes the package of all parts.
package record

import (
	"context"
	"io"
	"time"

	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Consent is a line of what the person agreed to, or took back.
type Consent struct {
	pii.Personal
	At      time.Time `json:"at"`
	Purpose string    `json:"purpose"`
	Event   string    `json:"event"` // granted, withdrawn, …
	Source  string    `json:"source"`
	Wording string    `json:"wording,omitempty"`
}

// Sale is something that she bought, by which advertising for similar goods may be
// lawful (UWG §7(3)).
type Sale struct {
	pii.Personal
	At       time.Time  `json:"at"`
	Product  string     `json:"product"`
	Goods    string     `json:"similar_goods"`
	Recorded time.Time  `json:"recorded"`
	Facts    []SaleFact `json:"facts"`
	Ended    *time.Time `json:"ended,omitempty"` // by her withdrawal or objection, or by staff
}

// SaleFact is what staff or a program said of a sale: bought, number (obtained with
// it), informed (that she can object), similar (goods).
type SaleFact struct {
	pii.Personal
	Fact string    `json:"fact"`
	At   time.Time `json:"at"`
}

// Notice is a privacy notice that she was sent.
type Notice struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

// Recipient is somebody to whom data about her is given.
type Recipient struct {
	Name      string `json:"name"`
	Country   string `json:"country"`
	Mechanism string `json:"mechanism"` // the safeguard of a transfer (Art. 46)
}

// Thread is one conversation.
type Thread struct {
	pii.Personal
	ID      id.Conversation
	Channel id.Channel
	Number  string // of the channel, as people write it
}

// File is a file of a message.
type File interface {
	Copy(ctx context.Context, w io.Writer) (int64, error)
}

// Attached is the file of a message, as far as there is one.
type Attached struct {
	pii.Personal
	File     File // nil unless it is here
	MimeType string
	Away     Away // why it is not here; empty: it is, or there never was one
}

// Away says why a file of a message is not here.
type Away string

// The reasons.
const (
	Coming  Away = "coming"  // it is on its way
	Missing Away = "missing" // it could not be fetched
	Deleted Away = "deleted" // its time was over, or its sender deleted it
)

// Record is what is kept about a person.
type Record struct {
	pii.Personal
	Person     chat.Known
	Controller string     // her data's controller, by name
	Portal     string     // where she sees and changes what is kept, and ends things
	Part       *Belonging // what is to be told of it; nil: all
	Picture    []byte     // JPEG that staff added; nil: none
	Consents   []Consent
	Sales      []Sale
	Attributes []Attribute // that staff noted
	Labels     []string
	Notes      []Note // for colleagues, without who wrote them
	Links      []Link // with records that staff take for hers
	Notice     *Notice
	Recipients []Recipient
	Held       *time.Time // until when a legal claim keeps it from being deleted; nil: none does
	Threads    []Thread
	// Messages reads the messages of a conversation after one, oldest first,
	// some at a time.
	Messages func(ctx context.Context, thread id.Conversation, after chat.Message) ([]chat.Message, error)
	// Reactions reads what was put on messages, by the message.
	Reactions func(ctx context.Context, messages []chat.Message) (map[id.Message][]Reaction, error)
	// File finds the file of a message.
	File func(ctx context.Context, message chat.Message) (Attached, error)
}

// Belonging says what of a record belongs to the one who has shown by a code
// that her number or user id is hers.
type Belonging struct {
	// Mixed: staff merged another record into this one, and nobody but they say
	// that both are of one person.
	Mixed bool
	// Until is when they did. What arose since then, arose in a record of both.
	Until time.Time
	// Own: codes go to an identity that was hers before. Then what is not set
	// apart, and arose before, belongs to her; else nothing does.
	Own bool
}

// Attribute is something that staff noted about the person, and why.
type Attribute struct {
	pii.Personal
	Name    string `json:"name"`
	Value   string `json:"value"`
	Purpose string `json:"purpose"`
}

// Reaction is an emoji that was put on a message.
type Reaction struct {
	pii.Personal

	From  string    `json:"from"` // person | organisation
	Emoji string    `json:"emoji"`
	At    time.Time `json:"at"`
}

// Link says that her record was linked with another one of hers, and why.
type Link struct {
	pii.Personal

	At     time.Time `json:"at"`
	State  string    `json:"state"` // asked, linked, undone, merged
	Reason string    `json:"reason"`
}

// Note is what a member of staff wrote for colleagues.
type Note struct {
	pii.Personal
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}
