// Package intake takes what WhatsApp's webhooks bring.
//
// A webhook is answered with 200 only after its payload and everything that
// follows from it (person, conversation, message, state) are on the disk, in
// one transaction. Requests that arrive at the same time share that
// transaction and its one fsync. Taking the same payload twice, or its events
// in another order, changes nothing.
//
// A payload that cannot be applied does not hold up the others: it is kept,
// sealed, marked with its problem, and is applied again later. What cannot be
// applied only now, because another node was faster or the database is in
// trouble, is not kept: Meta is asked to send it again.
package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
	"einklang/internal/rule/pii"
)

// The errors that the webhook door branches on.
var (
	ErrUnknownNumber = errors.New("no organisation here has this phone number or account")
	ErrMalformed     = errors.New("the body is not a WhatsApp webhook")

	// errTooLong: whether the webhook will be on the disk is not known.
	errTooLong = fmt.Errorf("%w: a webhook waited too long", store.ErrUnavailable)
)

// People finds and makes persons.
type People interface {
	Resolve(ctx context.Context, tx store.Tx, org id.Org, seen []contact.Sighting) ([]*chat.Known, error)
	ByPhone(ctx context.Context, r store.Reader, org id.Org, digits string) (*chat.Known, error)
	ByBSUID(ctx context.Context, r store.Reader, org id.Org, bsuid string) (*chat.Known, error)
	GetMany(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person]*chat.Known, error)
	Change(ctx context.Context, tx store.Tx, org id.Org, c contact.Change) (*chat.Known, error)
	Knows(ctx context.Context, tx store.Tx, org id.Org, people []id.Person, seen []contact.Sighting) ([]bool, error)
	Learn(ctx context.Context, tx store.Tx, org id.Org, person id.Person, s contact.Sighting) error
	Handles(ctx context.Context, r store.Reader, org id.Org, c contact.Change) ([]contact.Handle, error)
	Held(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]contact.Handle, error)
	Spelled(ctx context.Context, r store.Reader, org id.Org, kind, value string) ([]contact.Handle, error)
}

// Threads keeps conversations and messages.
type Threads interface {
	AddIncoming(ctx context.Context, tx store.Tx, org id.Org, all []conversation.Incoming) ([]conversation.Added, error)
	Apply(ctx context.Context, tx store.Tx, org id.Org, changes []conversation.Change) ([]conversation.Applied, error)
	AddHistory(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, w conversation.Writer, all []conversation.Past) (int, error)
}

// Consents records what people agree to and take back.
type Consents interface {
	Confirmed(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error
	WroteAgain(ctx context.Context, tx store.Tx, org id.Org, person id.Person, at, written time.Time) error
	Initiated(ctx context.Context, tx store.Tx, org id.Org, matters ...optin.Matter) error
	MetaStopped(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) error
	MetaResumed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) error
	MetaSignup(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e optin.Event) error
}

// Listener acts on what a message says about consent, and returns the words to
// answer with.
type Listener interface {
	Obey(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, source string, h optin.Heard) (optin.Done, error)
	ObeyPast(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, at time.Time) (ended, asked bool, err error)
	Refused(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h optin.Heard) (string, error)
	Heard(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h optin.Heard) (string, error)
}

// Outbox answers and learns of statuses.
type Outbox interface {
	Enqueue(ctx context.Context, tx store.Tx, d outbox.Draft) (outbox.Queued, error)
	Resolved(ctx context.Context, tx store.Tx, org id.Org, messages []chat.Message) error
	Disproved(ctx context.Context, tx store.Tx, org id.Org, messages []chat.Message) error
}

// Templates learns of changes at Meta.
type Templates interface {
	SetState(ctx context.Context, tx store.Tx, org id.Org, waba, name, language, state string) error
	SetCategory(ctx context.Context, tx store.Tx, org id.Org, waba, name, language, category string) error
}

// Files remembers media to be fetched.
type Files interface {
	Want(ctx context.Context, tx store.Tx, org id.Org, wanted ...chat.Wanted) error
}

// Parts are what the intake works with.
type Parts struct {
	DB        *store.DB
	IDs       *id.Source
	Now       func() time.Time
	Log       *slog.Logger
	Vault     *vault.Vault
	Registry  *org.Registry
	People    People
	Threads   Threads
	Consents  Consents
	Listener  Listener
	Outbox    Outbox
	Templates Templates
	Files     Files
	Rights    Rights
	Desk      Arrivals
	Graves    Graves
}

// Graves keep erased people from coming back by an import. Follow lets them
// follow a person to all of her identities, and reports whether there is one.
type Graves interface {
	Follow(ctx context.Context, tx store.Tx, org id.Org, handles []contact.Handle) (bool, error)
	Erased(ctx context.Context, r store.Reader, org id.Org, kind, value string) (bool, error)
}

// Arrivals is told when a person opens a new matter, so that somebody gets it.
type Arrivals interface {
	Arrived(ctx context.Context, tx store.Tx, o org.Settings, orgID id.Org, channel id.Channel, conversation id.Conversation, person id.Person) error
}

// Rights is told when a person asks by a keyword for her data or for their
// erasure. It returns the case, and what she is answered; both empty: nothing.
type Rights interface {
	Asked(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, at time.Time) (privacyCase id.Case, answer chat.Words, err error)
	// SaidStop and SaidStart confirm what she said.
	SaidStop(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (string, error)
	SaidStart(ctx context.Context, r store.Reader, o org.Org, p *chat.Known) (string, error)
	// AskedPast is told of what she asked for in a chat that is taken over, and when.
	AskedPast(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, what keyword.Meaning, words string, said time.Time) (bool, error)
}

// Intake takes webhooks.
type Intake struct {
	Parts
	queue   chan *payload
	retried retried
	taught  taught

	open   sync.RWMutex // held by those who put something into the queue
	closed bool

	mu     sync.Mutex
	counts Counts
}

// Counts tells what the intake has seen since the process started.
type Counts struct {
	Payloads   int64
	Duplicates int64
	Events     int64
	Poison     int64
	Unknown    map[string]int64 // by field: kinds of event that we do not use
}

// New makes an Intake. What it accepts is applied while Run runs.
func New(p Parts) *Intake {
	in := &Intake{Parts: p, queue: make(chan *payload, 4096)}
	in.counts.Unknown = map[string]int64{}
	in.retried.all = map[id.Org]Retried{}
	return in
}

// Run applies what is accepted until ctx ends. Then it accepts nothing more,
// and returns when all that it had accepted is applied.
func (in *Intake) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, in.shut)()
	in.loop()
}

// shut ends the queue behind what is in it.
func (in *Intake) shut() {
	in.open.Lock()
	defer in.open.Unlock()
	if !in.closed {
		in.closed = true
		close(in.queue)
	}
}

// put queues a payload, and waits for a place as long as ctx lets it.
func (in *Intake) put(ctx context.Context, p *payload) error {
	in.open.RLock()
	defer in.open.RUnlock()
	if in.closed {
		return store.ErrClosed
	}
	select {
	case in.queue <- p:
		return nil
	case <-ctx.Done():
		return errTooLong
	}
}

// Counts returns a copy.
func (in *Intake) Counts() Counts {
	in.mu.Lock()
	defer in.mu.Unlock()
	c := in.counts
	c.Unknown = make(map[string]int64, len(in.counts.Unknown))
	for field, n := range in.counts.Unknown {
		c.Unknown[field] = n
	}
	return c
}

// payload is the part of one webhook that belongs to one organisation.
type payload struct {
	pii.Personal
	id       id.Webhook // of the stored row
	org      id.Org
	channel  id.Channel // the number it came to; zero: none
	body     []byte
	hash     [sha256.Size]byte
	events   []event
	problem  string   // a part of it could not be read
	kinds    []string // what of it was not understood
	received time.Time
	replay   bool // it is stored already and applied again
	waited   bool // and was not applied before
	done     chan error
}

// event is one event with the number it belongs to; channel is zero for what
// belongs to the account.
type event struct {
	pii.Personal
	channel id.Channel
	waba    string
	what    cloudapi.Event

	received time.Time // first
}

// Accept stores and applies one webhook. It returns nil only after the commit.
// When ctx ends before, the webhook may be stored all the same: it is the same
// one when it comes again.
func (in *Intake) Accept(ctx context.Context, app string, body []byte) error {
	return in.AcceptFrom(ctx, app, body, in.Now())
}

// AcceptFrom is Accept for a webhook that somebody else has taken for us at a
// time in the past.
func (in *Intake) AcceptFrom(ctx context.Context, app string, body []byte, received time.Time) error {
	parts, err := in.parse(ctx, app, body, received)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := in.put(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range parts {
		select {
		case partErr := <-p.done:
			err = errors.Join(err, partErr)
		case <-ctx.Done():
			return errTooLong
		}
	}
	return err
}

// parse reads a webhook and splits it by organisation: organisations never
// meet, not even in a stored payload.
func (in *Intake) parse(ctx context.Context, app string, body []byte, received time.Time) ([]*payload, error) {
	note, err := cloudapi.ParseWebhook(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	byOrg := map[id.Org]*payload{}
	var parts []*payload
	strangers := 0
	for _, e := range note.Events {
		route, channel, err := in.route(ctx, e)
		if errors.Is(err, org.ErrNotFound) || err == nil && route.App != app {
			strangers++
			continue
		}
		if err != nil {
			return nil, err
		}
		p := byOrg[route.Org]
		if p == nil {
			p = &payload{org: route.Org, body: body, received: received, done: make(chan error, 1)}
			byOrg[route.Org] = p
			parts = append(parts, p)
		}
		p.add(event{channel: channel, waba: e.Where().WABA, what: e})
	}
	if len(parts) == 0 && strangers > 0 {
		return nil, ErrUnknownNumber
	}
	for _, p := range parts {
		if len(parts) > 1 || strangers > 0 {
			p.body = only(body, p.events)
		}
		p.hash = sha256.Sum256(p.body)
		if err := in.throwAway(ctx, p); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// add takes an event into a payload.
func (p *payload) add(e event) {
	switch what := e.what.(type) {
	case *cloudapi.Puzzle:
		p.puzzled(what.Kind)
		return
	case *cloudapi.Broken:
		p.puzzled("unreadable " + what.Field)
		if p.problem == "" {
			p.problem = "unreadable " + what.Field
		}
	}
	if h := e.what.Where(); h.PhoneNumberID == "" && h.Display == "" && ofNumber(e.what) {
		p.puzzled("member metadata")
	}
	if p.channel.IsZero() {
		p.channel = e.channel
	}
	p.events = append(p.events, e)
}

// route says whose an event is, and which number's. What names no number is the
// account's, unless it names one as it is shown, or can't be but a number's: then
// it is the account's first, for a message in the wrong place is better than none.
func (in *Intake) route(ctx context.Context, e cloudapi.Event) (org.Route, id.Channel, error) {
	h := e.Where()
	if h.PhoneNumberID != "" {
		route, err := in.Registry.ByNumber(ctx, h.PhoneNumberID)
		return route, route.Channel, err
	}
	route, err := in.Registry.ByWABA(ctx, h.WABA)
	if err != nil || h.Display == "" && !ofNumber(e) {
		return route, id.Channel{}, err
	}
	channels, err := in.Registry.Channels(ctx, in.DB, route.Org)
	for _, c := range channels {
		if c.WABA == h.WABA && (h.Display == "" || c.Shows(h.Display)) {
			return route, c.ID, err
		}
	}
	return route, id.Channel{}, err
}

// ofNumber reports whether an event happens on a number, never in an account.
func ofNumber(e cloudapi.Event) bool {
	switch e.(type) {
	case *cloudapi.IncomingMessage, *cloudapi.Unnumbered, *cloudapi.Echo, *cloudapi.Status, *cloudapi.CallEvent:
		return true
	}
	return false
}

// inFlight is how many batches are under way: one is applied while the one before
// is made durable.
const inFlight = 2

// loop applies payloads, all that wait in one transaction.
//
//nolint:contextcheck // what was accepted is applied, also at the end
func (in *Intake) loop() {
	places := make(chan struct{}, inFlight)
	for first := range in.queue {
		places <- struct{}{}
		batch := in.gather(first)
		applied := make(chan struct{})
		go func() {
			in.commit(batch, sync.OnceFunc(func() { close(applied) }))
			<-places
		}()
		<-applied // more gather meanwhile
	}
	for range inFlight {
		places <- struct{}{}
	}
}

// gather takes all that wait.
func (in *Intake) gather(first *payload) []*payload {
	batch := []*payload{first}
	for len(batch) < 256 {
		select {
		case next, open := <-in.queue:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// commit stores and applies a batch. If the batch fails, each payload is
// tried alone; one that still fails is kept as poison. It calls applied when
// the batch is applied, though not yet on the disk, or has failed.
func (in *Intake) commit(batch []*payload, applied func()) {
	defer applied()
	ctx := context.Background()
	err := in.write(ctx, batch, func(context.Context, store.Tx) error { applied(); return nil })
	if err == nil || hopeless(err) {
		finish(batch, err)
		return
	}
	for _, p := range batch {
		err := in.write(ctx, []*payload{p}, store.Alone{}.Begin)
		if err != nil && !store.Passing(err) {
			in.Log.Error("a webhook cannot be applied; it is kept and can be applied again", "organisation", p.org.String(), "error", err)
			p.problem = "cannot be applied"
			err = in.keepPoison(ctx, p)
		}
		finish([]*payload{p}, err)
	}
}

// hopeless reports whether the database takes nothing at the moment, so that
// there is no use in trying the payloads of a batch one by one.
func hopeless(err error) bool { return store.Passing(err) && !errors.Is(err, store.ErrRaced) }

func finish(batch []*payload, err error) {
	for _, p := range batch {
		p.done <- err
	}
}

func (in *Intake) write(ctx context.Context, batch []*payload, then func(context.Context, store.Tx) error) error {
	byOrg := map[id.Org][]*payload{}
	for _, p := range batch {
		byOrg[p.org] = append(byOrg[p.org], p)
	}
	return in.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		for orgID, parts := range byOrg {
			if err := in.applyAll(ctx, tx, orgID, parts); err != nil {
				return err
			}
		}
		return then(ctx, tx)
	})
}

func (in *Intake) count(change func(*Counts)) {
	in.mu.Lock()
	change(&in.counts)
	in.mu.Unlock()
}

// replyRequest is what the gate is asked for an automatic answer to a keyword.
func replyRequest(errand gate.Errand, rule string) outbox.Request {
	return outbox.Request{Occasion: gate.SystemDuty, Category: gate.Service, Errand: errand, AskedBy: "rule " + rule}
}
