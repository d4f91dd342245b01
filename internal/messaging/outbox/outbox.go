// Package outbox is the only way out: nothing else sends to WhatsApp.
//
// A message goes out in two steps. Enqueue asks the gate and, in one
// transaction, stores the verdict, the message and its place in the queue.
// Then the lane of the phone number takes it, asks the gate again, stores that
// verdict and the state "sending", and only then calls Meta. The answer, or
// the first status webhook that carries our id, moves it on.
//
// There is no idempotency key at Meta. So a message whose call may or may not
// have arrived becomes "uncertain" and is never sent again by itself: a status
// webhook resolves it, or a person does.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such message, person or number")
	ErrFull     = errors.New("too many messages of this number are waiting: try again later")
	ErrSettled  = errors.New("the message is not waiting for a decision")
	ErrSecret   = errors.New("the message held a code or a link for the person, which is gone")
)

// People finds persons.
type People interface {
	GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error)
	Learn(ctx context.Context, tx store.Tx, org id.Org, person id.Person, s contact.Sighting) error
}

// Threads keeps conversations and messages.
type Threads interface {
	Standings(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, people []id.Person) (map[id.Person]chat.Standing, error)
	Open(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, channel id.Channel) (id.Conversation, error)
	AddOutgoing(ctx context.Context, tx store.Tx, keys *vault.Keyring, m *chat.Message) error
	Get(ctx context.Context, r store.Reader, org id.Org, message id.Message) (chat.Message, error)
	Progress(ctx context.Context, tx store.Tx, org id.Org, news ...chat.Progress) error
	Find(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]chat.Message, error)
}

// Notices knows who was sent which privacy notice.
type Notices interface {
	Standings(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]gate.Notice, error)
	Queued(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, notice id.Notice, message id.Message) error
	// Carried notes that a message on its way holds the link to the notice.
	Carried(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, notice id.Notice, message id.Message) error
	Sent(ctx context.Context, tx store.Tx, org id.Org, messages ...chat.Carried) error
	Failed(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, message id.Message) error
}

// Templates knows the templates.
type Templates interface {
	Standing(ctx context.Context, r store.Reader, org id.Org, waba, notice string, m cloudapi.Template) (gate.Template, error)
	SetState(ctx context.Context, tx store.Tx, org id.Org, waba, name, language, state string) error
}

// Consents knows what people have agreed to.
type Consents interface {
	Standings(ctx context.Context, r store.Reader, org id.Org, asked []chat.Asked) ([]gate.Consents, error)
	// StopStanding reports of the current STOP whether its one confirmation is
	// out or on its way, and whether the person wrote again since.
	StopStanding(ctx context.Context, r store.Reader, org id.Org, contact id.Person) (confirmed, again bool, err error)
	// Customer is what the person bought, if advertising may rest on it.
	Customer(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (gate.ExistingCustomer, error)
	StoppedMarketing(ctx context.Context, tx store.Tx, org id.Org, contact id.Person) error
}

// Files hands over what we send.
type Files interface {
	// Upload brings one of our files to Meta and returns Meta's id.
	Upload(ctx context.Context, channel org.Channel, file id.File) (string, error)
}

// Parts are what the outbox works with.
type Parts struct {
	DB        *store.DB
	Vault     *vault.Vault
	IDs       *id.Source
	Now       func() time.Time
	Log       *slog.Logger
	Registry  *org.Registry
	People    People
	Threads   Threads
	Notices   Notices
	Templates Templates
	Consents  Consents
	Files     Files
	Ledger    evidence.Ledger
	Client    *cloudapi.Client
	// NoticeURL is the public address of an organisation's privacy notice.
	NoticeURL func(slug string) string
	// Hidden is what others read where a code stands, in a language.
	Hidden func(locale string) string
	// Held reports whether an organisation sends nothing until somebody has looked
	// at what a restore may have lost.
	Held func(ctx context.Context, r store.Reader, org id.Org) (bool, error)
	// Node names this process, anew at each start.
	Node string
	// Clock is the clock of the machine, which must be that of the database; nil
	// for time.Now.
	Clock func() time.Time
	// Most is how many messages of one number may wait; 0 for a million.
	Most int64
}

// Outbox queues and sends.
type Outbox struct {
	Parts

	newcomer chan struct{} // there may be a number without a lane

	wrong atomic.Bool // the clock, when it was last looked at

	mu       sync.Mutex
	lanes    map[id.Channel]*lane
	backlogs map[id.Channel]backlog // by channel
}

// New makes an Outbox. Nothing is sent until Run is called.
func New(p Parts) *Outbox {
	if p.Most == 0 {
		p.Most = mostQueued
	}
	if p.Clock == nil {
		p.Clock = time.Now
	}
	return &Outbox{Parts: p, newcomer: make(chan struct{}, 1), lanes: map[id.Channel]*lane{}, backlogs: map[id.Channel]backlog{}}
}

// Request is what the gate is asked. It is stored with the queued message, so
// that the same question is asked again right before the call.
type Request struct {
	// Occasion is why; empty for a template that somebody picks in a conversation:
	// an answer while the person's matter is open, else unasked.
	Occasion gate.Occasion `json:"occasion"`
	Category gate.Category `json:"category"`
	Errand   gate.Errand   `json:"errand,omitempty"`
	Case     id.Case       `json:"case,omitzero"`
	Visitor  id.Person     `json:"visitor,omitzero"`  // of the portal
	Purpose  string        `json:"purpose,omitempty"` // of the organisation's own purposes
	Breach   id.Breach     `json:"breach,omitzero"`
	AskedBy  string        `json:"asked_by"` // "account ID", "token ID", "rule NAME"
	// Advertising: whoever asks says that it is, as UWG means it. AI: a machine
	// that talks to people wrote it.
	Advertising bool `json:"advertising,omitempty"`
	AI          bool `json:"ai,omitempty"`
	// Consented is the entry that proves her consent to this very message in
	// spite of a restriction; the outbox makes it of Draft.Consented.
	Consented id.Entry `json:"consented,omitzero"`
}

// Draft is a message that somebody wants to send.
type Draft struct {
	pii.Personal
	Org       id.Org
	Contact   id.Person
	Channel   id.Channel
	Content   cloudapi.Content // what staff and programs may read
	Secret    *Secret          // what goes out instead; nil: the content itself
	Media     id.File          // our file, for a media content without Meta's id or a link
	ReplyTo   id.Message       // our id of the message answered
	Origin    chat.Origin
	Author    id.Account
	Request   Request
	NotBefore time.Time
	// Consented is how the person agreed to this very message although the use of
	// her data is restricted (GDPR Art. 18(2)); it is proven with the message.
	Consented string
}

// Queued is what became of a draft.
type Queued struct {
	Verdict gate.Verdict
	Message id.Message // zero if the gate refused
	Notice  id.Message // the message with the privacy notice that goes first, or zero

	Repeated bool // it was queued before, by the same request
}

// priority orders the lane: a reply never waits behind a campaign.
func priority(o gate.Occasion) int64 {
	switch o {
	case gate.Campaign:
		return 2
	case gate.Automation:
		return 1
	default:
		return 0
	}
}
