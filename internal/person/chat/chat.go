// Package chat holds the nouns that the capabilities share: a person, a
// conversation, a message, and the rule by which a message's state moves.
// It stores nothing and calls nothing.
package chat

import (
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/pii"
)

// Profile is what we know of a person. It is personal data and is only ever
// stored sealed under the person's key.
//
// A person is a set of identities, never just a number: since 2026 WhatsApp
// users with a username may come without any phone number (Cloud API:
// business-scoped user IDs).
type Profile struct {
	pii.Personal
	identity.Identity
	Name  string `json:"name,omitempty"`  // as WhatsApp shows it
	Given string `json:"given,omitempty"` // as our staff named the person; wins
	Email string `json:"email,omitempty"` // for asking on another way than WhatsApp (S11)
}

// DisplayName is the best name we have.
func (p Profile) DisplayName() string {
	switch {
	case p.Given != "":
		return p.Given
	case p.Name != "":
		return p.Name
	case p.Username != "":
		return "@" + p.Username
	case p.Phone != "":
		return "+" + p.Phone
	default:
		return p.BSUID
	}
}

// Flags are the facts about a person that the gate asks for.
type Flags struct {
	Blocked    bool // by us
	OptedOut   bool // STOP: of everything
	Restricted bool // GDPR Art. 18
	Objected   bool // GDPR Art. 21(2)
	Minor      bool
	Contract   bool // contract performance, this channel chosen by the person
	Held       bool // advertising, until a colleague has answered whether she withdrew
	Halted     bool // everything, until then
}

// Stricter are the flags together with those of a record to which the person
// is linked: what restricts holds for both, what permits stays where it is.
func (f Flags) Stricter(other Flags) Flags {
	return Flags{Blocked: f.Blocked || other.Blocked, OptedOut: f.OptedOut || other.OptedOut, Restricted: f.Restricted || other.Restricted,
		Objected: f.Objected || other.Objected, Minor: f.Minor || other.Minor, Contract: f.Contract,
		Held: f.Held || other.Held, Halted: f.Halted || other.Halted}
}

// Person is one contact of one organisation.
type Person struct {
	pii.Personal
	Org     id.Org
	ID      id.Person
	Profile Profile
	Flags   Flags  // of her own record
	Linked  Flags  // what restricts in the records to which hers is linked
	Locale  string // "de", "en"
	Erased  bool
	Created time.Time
}

// InForce are the flags that hold for the person: those of her record, and
// what restricts in the records to which it is linked.
func (p Person) InForce() Flags { return p.Flags.Stricter(p.Linked) }

// Known is a person with the key ring that opens what is sealed about her.
// An erased person has no key ring.
type Known struct {
	Person
	Keys *vault.Keyring
	New  bool // made just now
	// Speaks is the language of what she has just written: "de", "en"; empty: it
	// does not say.
	Speaks string
}

// Origin says who caused a message.
type Origin string

// The origins.
const (
	FromCustomer   Origin = "customer"
	FromAgent      Origin = "agent"
	FromAPI        Origin = "api"
	FromAutomation Origin = "automation"
	FromDuty       Origin = "duty" // the law or our own rules ask for it: notice, opt-out confirmation
	FromCampaign   Origin = "campaign"
	FromImport     Origin = "imported" // of an exported chat: history, from which nothing follows
	FromEcho       Origin = "echo"     // written in the WhatsApp Business app on a coexistence number
	FromMetaAI     Origin = "meta_ai"  // an answer of Meta's agent, while it holds the thread
)

// Body is the sealed part of a message.
type Body struct {
	pii.Personal
	Content   cloudapi.Content   `json:"content"`
	Quoted    string             `json:"quoted,omitempty"` // WAMID of the message replied to
	Forwarded bool               `json:"forwarded,omitempty"`
	Referral  *cloudapi.Referral `json:"referral,omitempty"`
	Product   *cloudapi.Product  `json:"product,omitempty"` // that she asks about
	Media     id.File            `json:"media,omitzero"`    // our file, when we send one
	// Secret says that the person got a code or a link where the content has
	// only a mark: nobody else may read it.
	Secret bool `json:"secret,omitempty"`
	// Advertising: whoever sent it said that it is (UWG); AI: a machine wrote it.
	Advertising bool `json:"advertising,omitempty"`
	AI          bool `json:"ai,omitempty"`
}

// Words are a text for a person. If it holds a code or a link that only she may
// use, Shown is what everybody else reads instead, and from Until on the text
// is of no use.
type Words struct {
	pii.Personal
	Text  string
	Shown string
	Until time.Time
}

// Message is one message in a conversation.
type Message struct {
	pii.Personal
	Org          id.Org
	ID           id.Message
	Conversation id.Conversation
	Contact      id.Person
	Channel      id.Channel
	Outgoing     bool
	Type         string
	State        State
	Origin       Origin
	Author       id.Account // the member of staff, or zero
	ReplyTo      id.Message
	WAMID        string // WhatsApp's id; personal data, because it encodes the number
	Body         Body
	Size         int       // bytes of the body as it is stored, where it was read
	At           time.Time // WhatsApp's time, or ours for outgoing
	Sent         time.Time
	Delivered    time.Time
	Read         time.Time
	Edited       time.Time
	Revoked      time.Time
	ErrorCode    int    // Graph error code of a failure
	Reason       string // of the gate, when it refused right before the call
	Cost         int64  // reserved from the budget, in millionths of the currency's unit
	Created      time.Time
}

// Standing is what the gate asks of a conversation.
type Standing struct {
	Conversation id.Conversation
	WindowEnds   time.Time
	Matter       id.Matter // zero: none is open
	MatterAt     time.Time
	LastIn       time.Time // the person's last message; zero: she never wrote
}

// Asked is whose consents the gate asks for, and for which of the
// organisation's own purposes, if any.
type Asked struct {
	Person id.Person
	Own    string
}

// Wanted is a file that a message brought and that is still at Meta.
type Wanted struct {
	pii.Personal
	Message id.Message
	Contact id.Person
	Channel id.Channel
	Keys    *vault.Keyring
	Media   cloudapi.Media
}

// Carried is a message as the notices know it: it may have carried one to a
// person.
type Carried struct {
	Contact id.Person
	Message id.Message
}

// Origins are all origins.
func Origins() []Origin {
	return []Origin{FromCustomer, FromAgent, FromAPI, FromAutomation, FromDuty, FromCampaign, FromImport, FromEcho, FromMetaAI}
}
