// Package sandbox is a local stand-in for Meta's WhatsApp Business Cloud API,
// faithful enough to build and test against: the Graph endpoints with their
// errors and limits, signed webhooks with retries, statuses with realistic
// delays, and the customers' phones, in the browser and for programs.
//
// It shares no code with Einklang's client, on purpose: a mistake made on both
// sides would hide itself. Only the table of what WhatsApp takes (package wire)
// is the same, so that it is as strict as what is checked before; the places of
// templates, windows, limits and answers are its own.
//
//	s := sandbox.New(sandbox.Config{AppSecret: "…", Token: "…"})
//	number := s.AddNumber("100", "200", "+49 30 23125000", "Beispiel GmbH")
//	erika := s.AddCustomer(sandbox.Customer{Name: "Erika Mustermann", Phone: "4917604069001"})
//	erika.Say(number, "Guten Tag")
//	http.ListenAndServe(addr, s.Handler())
//
// # Control
//
// Programs steer it over JSON under /sandbox/:
//
//	GET  /sandbox/state                         counts, numbers, customers, faults
//	POST /sandbox/customers                     {name, phone?, username?}
//	POST /sandbox/customers/{id}/messages       {number, type, <type>: {…}, context?}
//	GET  /sandbox/customers/{id}/messages       what the phone shows (?number=)
//	POST /sandbox/customers/{id}/read           {number}: looks at the chat
//	POST /sandbox/customers/{id}/block          {number, blocked}
//	POST /sandbox/customers/{id}/marketing      {number, value: "stop"|"resume"}
//	POST /sandbox/customers/{id}/number         {phone}: the customer changes the number
//	POST /sandbox/customers/{id}/show           {phone}: the customer, known by user id, shows the number
//	POST /sandbox/files                         {mime_type, base64}: a file to send, as {id, mime_type, sha256}
//	GET  /sandbox/messages                      what the numbers have accepted (?number=&after=&limit=)
//	GET, POST, DELETE /sandbox/faults           see Fault
//	GET  /sandbox/webhooks                      the last webhooks and their answers
//	GET  /sandbox/events                        server-sent events: something changed
package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Config configures a Sandbox. The zero value works.
type Config struct {
	AppSecret   string // signs webhooks
	VerifyToken string // for the handshake of a callback address
	Token       string // the only bearer token that is accepted; empty accepts any
	WebhookURL  string // where webhooks go; empty keeps them waiting
	Version     string // of the Graph API, default v25.0
	PublicURL   string // where this sandbox is reached, for media addresses
	Chat        string // where short links lead, default https://wa.me; its own phones: PublicURL + ChatPath

	SentAfter      time.Duration // from acceptance to the status "sent"
	DeliveredAfter time.Duration // and to "delivered"
	AutoRead       time.Duration // and to "read"; 0: when the customer looks
	ReviewAfter    time.Duration // until a template that was handed in is judged, default 500 ms
	Retries        []time.Duration
	PerSecond      int  // throughput of a number, default 80; negative: no limit
	NoPairLimit    bool // no limit of messages to one user
	Strangers      bool // messages to unknown phone numbers reach a new customer

	Client *http.Client
	Log    *slog.Logger
	Now    func() time.Time
}

// defaultRetries: Meta tries again with growing pauses for up to seven days.
var defaultRetries = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour}

// Sandbox is a running stand-in. Make it with New, end it with Close.
type Sandbox struct {
	cfg     Config
	serial  [8]byte
	started time.Time

	mu        sync.Mutex
	next      uint64
	numbers   map[string]*Number
	accounts  map[string]*account
	customers []*Phone
	media     map[string]*file
	faults    []*Fault
	accepted  []*Message // the newest, at most keepAccepted
	total     int64
	watchers  map[chan struct{}]struct{}

	hooks *hooks
}

const keepAccepted = 200_000

// New makes and starts a Sandbox.
func New(cfg Config) *Sandbox {
	if cfg.Version == "" {
		cfg.Version = "v25.0"
	}
	if cfg.Chat == "" {
		cfg.Chat = "https://wa.me"
	}
	if cfg.Retries == nil {
		cfg.Retries = defaultRetries
	}
	if cfg.PerSecond == 0 {
		cfg.PerSecond = 80
	}
	if cfg.ReviewAfter == 0 {
		cfg.ReviewAfter = 500 * time.Millisecond
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Sandbox{cfg: cfg, started: cfg.Now(), numbers: map[string]*Number{}, accounts: map[string]*account{}, media: map[string]*file{},
		watchers: map[chan struct{}]struct{}{}}
	_, _ = rand.Read(s.serial[:]) // never fails: crypto/rand
	s.hooks = newHooks(s)
	return s
}

// Close ends the deliveries.
func (s *Sandbox) Close() { s.hooks.close() }

// SetWebhookURL changes where webhooks go.
func (s *Sandbox) SetWebhookURL(url string) {
	s.mu.Lock()
	s.cfg.WebhookURL = url
	s.mu.Unlock()
	s.hooks.wake()
}

// SetPublicURL changes the address that media links begin with.
func (s *Sandbox) SetPublicURL(url string) {
	s.mu.Lock()
	s.cfg.PublicURL = url
	s.mu.Unlock()
}

// Number is a business phone number.
type Number struct {
	ID      string
	WABA    string
	Display string
	Name    string

	mu         sync.Mutex
	registered bool
	region     string
	storage    map[string]any
	profile    map[string]any
	blocked    map[string]bool // customer ids
	book       map[string]bool // Meta's contact book: user ids whose phone number it holds
	links      []map[string]any
	pin        string
	bucket     bucket
	pairs      map[string]*bucket
	accepted   int64
}

type account struct {
	id        string
	templates []*Template
	callback  string
}

// AddNumber adds a registered number to an account.
func (s *Sandbox) AddNumber(id, waba, display, name string) *Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &Number{ID: id, WABA: waba, Display: display, Name: name, registered: true, storage: map[string]any{"status": "DEFAULT"},
		profile: map[string]any{"messaging_product": "whatsapp"}, blocked: map[string]bool{}, book: map[string]bool{}, pairs: map[string]*bucket{}}
	s.numbers[id] = n
	if s.accounts[waba] == nil {
		s.accounts[waba] = &account{id: waba}
	}
	return n
}

// Customer describes a WhatsApp user. Without Phone the business sees only the
// business-scoped user id.
type Customer struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Phone    string `json:"phone,omitempty"`
	Username string `json:"username,omitempty"`
	UserID   string `json:"user_id"`
}

// AddCustomer adds a WhatsApp user with a phone.
func (s *Sandbox) AddCustomer(c Customer) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addCustomer(c)
}

func (s *Sandbox) addCustomer(c Customer) *Phone {
	for _, p := range s.customers {
		if c.Phone != "" && c.UserID == "" && p.Phone == c.Phone && p.Name == c.Name { // she has one phone
			return p
		}
	}
	if c.ID == "" {
		c.ID = fmt.Sprintf("c%d", len(s.customers)+1)
	}
	if c.UserID == "" {
		c.UserID = s.userID()
	}
	p := &Phone{sandbox: s, Customer: c, chats: map[string]*chat{}}
	s.customers = append(s.customers, p)
	s.changed()
	return p
}

// userID makes a business-scoped user id; s.mu is held.
func (s *Sandbox) userID() string {
	return fmt.Sprintf("DE.%d%s", 1300000000000+s.seq(), hex.EncodeToString(s.serial[:2]))
}

// meet enters a customer into the number's contact book: an interaction with a
// known phone number makes the entry anew.
func (n *Number) meet(p *Phone) {
	if p.Phone == "" {
		return
	}
	n.mu.Lock()
	n.book[p.UserID] = true
	n.mu.Unlock()
}

// seq counts everything that needs a number of its own; s.mu is held.
func (s *Sandbox) seq() uint64 {
	s.next++
	return s.next
}

// wamid makes a message id in Meta's form.
func (s *Sandbox) wamid() string {
	return "wamid." + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%x-%016x", s.serial, s.seq()))
}

// changed tells the watchers; s.mu is held.
func (s *Sandbox) changed() {
	for w := range s.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// watch calls tell after changes until ctx ends.
func (s *Sandbox) watch(ctx context.Context, tell func() error) {
	poke := make(chan struct{}, 1)
	s.mu.Lock()
	s.watchers[poke] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.watchers, poke)
		s.mu.Unlock()
	}()
	for {
		if tell() != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-poke:
		}
		select { // changes come in bursts
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// bucket is a token bucket.
type bucket struct {
	level float64
	at    time.Time
}

// take takes one token from a bucket of a size that fills at a rate.
func (b *bucket) take(now time.Time, perSecond, size float64) bool {
	if b.at.IsZero() {
		b.level = size
	} else {
		b.level = min(size, b.level+now.Sub(b.at).Seconds()*perSecond)
	}
	b.at = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

// after runs something later; at once if the delay is zero.
func (s *Sandbox) after(d time.Duration, do func()) {
	if d <= 0 {
		do()
		return
	}
	time.AfterFunc(d, do)
}
