package optin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The ways in which a person confirms that it was she who asked.
const (
	ByEmail    = "e_mail"   // a letter leads to the code: that proves the mailbox as well
	ByWhatsApp = "whatsapp" // the page shows the code at once
)

// The states of a request. Whatever the way, only the code that comes from the
// person's own identity confirms: a click in a mail proves a mailbox and no
// phone number (BGH I ZR 164/09, headnote c).
const (
	asked     = "pending"
	clicked   = "clicked" // on the page behind the letter's link; the code has still to come
	confirmed = "confirmed"
	returned  = "returned" // the letter came back
)

// How long a double opt-in lives, and how often it may be begun.
const (
	// RequestLife is how long the link and the code hold.
	RequestLife = 7 * 24 * time.Hour
	// RequestKept is when all about a request that nobody confirmed vanishes.
	RequestKept = 14 * 24 * time.Hour
	// mostRequests to one address while they are kept: nobody is pestered.
	mostRequests = 3
	// mostInvitations by staff to one address while they are kept.
	mostInvitations = 2
)

// The errors of double opt-ins.
var (
	ErrNothingAsked = errors.New("no purpose is chosen: tick at least one")
	ErrTooOften     = errors.New("this address has been written to several times already: wait until the person confirms")
	ErrReturned     = errors.New("a mail to this address came back: use another")
	ErrNoRequest    = errors.New("the link is not valid")
	ErrOver         = errors.New("the link has expired")
	ErrDone         = errors.New("this was confirmed already")
)

// Ask is what a person asked for on the form, or what staff invite her to.
type Ask struct {
	pii.Personal
	Way      string
	Texts    map[string]id.Wording // purpose → version of the text she saw
	Locale   string
	Email    string      // by e-mail
	Phone    string      // by e-mail: digits of E.164
	Invited  *chat.Known // whom staff invite; nil on the form
	Again    bool        // she is asked to confirm what rests on a mail alone: that stands meanwhile
	Note     string      // of staff: how the person asked for it
	Staff    id.Account
	Address  string // shortened internet address
	Entry    string // the page on which the form stands
	OrgName  string
	OrgSlug  string
	WhatsApp string // our number, to which the code goes: as people write it
}

// Request is a double opt-in under way.
type Request struct {
	pii.Personal
	ID        id.Request
	Contact   id.Person
	Way       string
	Source    Source
	State     string // pending | clicked | confirmed | returned
	Texts     map[string]id.Wording
	Locale    string
	Created   time.Time
	Expires   time.Time
	Confirmed time.Time // the click, and then the code
	sealed    []byte
	detail    requestDetail
}

type requestDetail struct {
	pii.Personal
	Email   string     `json:"email,omitempty"`
	Phone   string     `json:"phone,omitempty"`
	Note    string     `json:"note,omitempty"`
	Staff   id.Account `json:"staff,omitzero"`
	Address string     `json:"address,omitempty"`
	Entry   string     `json:"entry,omitempty"`
	Code    string     `json:"code,omitempty"`
}

// Finder finds and makes persons.
type Finder interface {
	People
	ByPhone(ctx context.Context, r store.Reader, org id.Org, digits string) (*chat.Known, error)
	Resolve(ctx context.Context, tx store.Tx, org id.Org, seen []contact.Sighting) ([]*chat.Known, error)
	WhoLeft(ctx context.Context, tx store.Tx, org id.Org, numbers ...string) ([]id.Person, error)
	Ask(ctx context.Context, tx store.Tx, org id.Org, left id.Person, number string, by contact.Naming) error
	// Entered is when staff, a program or an import last entered a number and a mail
	// address; zero: none did.
	Entered(ctx context.Context, r store.Reader, org id.Org, person id.Person) (number, email time.Time, err error)
}

// Mails sends mails after the commit.
type Mails interface {
	// Configured reports whether there is a server to send over.
	Configured() bool
	Add(ctx context.Context, tx store.Tx, l mail.Letter) error
	Cancel(ctx context.Context, tx store.Tx, org id.Org, kind string, ref id.Any) error
	Follow(ctx context.Context, tx store.Tx, org id.Org, from, into id.Any) error
}

// MailKind marks the mails of double opt-ins in the queue.
const MailKind = "optin"

// Requests are the double opt-ins.
type Requests struct {
	desk    *Consents
	people  Finder
	mails   Mails
	ledger  Follower
	entries *Entries
	texts   map[string]*i18n.Catalogue
	base    string // address of the public pages, without a slash at the end

	Chat Chat // where the link in a letter leads
	// Slug is the part of the public addresses that names an organisation.
	Slug func(ctx context.Context, r store.Reader, org id.Org) (string, error)
}

// Follower is a ledger whose entries follow a person who turned out to be
// another.
type Follower interface {
	evidence.Ledger
	Follow(ctx context.Context, tx store.Tx, org id.Org, from, into id.Any) error
}

// NewRequests makes Requests.
func NewRequests(desk *Consents, people Finder, mails Mails, ledger Follower, entries *Entries, de, en *i18n.Catalogue, base string) *Requests {
	return &Requests{desk: desk, people: people, mails: mails, ledger: ledger, entries: entries,
		texts: map[string]*i18n.Catalogue{"de": de, "en": en}, base: strings.TrimRight(base, "/")}
}

const requestContext = "optin.request"

// Begin begins a double opt-in. By e-mail a letter goes out with the commit;
// by WhatsApp the code is shown to the person at once.
func (q *Requests) Begin(ctx context.Context, tx store.Tx, org id.Org, a Ask) (Request, error) {
	if len(a.Texts) == 0 {
		return Request{}, ErrNothingAsked
	}
	if err := q.checkTexts(ctx, tx, org, a.Texts); err != nil {
		return Request{}, err
	}
	keys, err := q.desk.vault.Org(ctx, tx, org)
	if err != nil {
		return Request{}, err
	}
	var address *vault.Hash
	if a.Way == ByEmail {
		if a.Email, err = mail.CheckAddress(a.Email); err != nil {
			return Request{}, err
		}
		h := keys.Lookup("e-mail", strings.ToLower(a.Email))
		address = &h
		if err := q.checkOften(ctx, tx, org, h, a.source()); err != nil {
			return Request{}, err
		}
	}
	now := q.desk.now()
	code, token := newCode(codeLong), newToken()
	r := Request{ID: id.Request(q.desk.ids.New()), Way: a.Way, Source: a.source(), State: asked, Texts: a.Texts, Locale: a.Locale, Created: now, Expires: now.Add(RequestLife),
		detail: requestDetail{Email: a.Email, Phone: a.Phone, Note: a.Note, Staff: a.Staff, Address: a.Address, Entry: a.Entry, Code: code}}
	if err := q.save(ctx, tx, org, keys, &r, token, address, a); err != nil {
		return Request{}, err
	}
	if a.Way == ByEmail {
		err = q.write(ctx, tx, org, r, a, token)
	}
	return r, err
}

// askWhose asks whose a number is that was typed into the form, if somebody has
// left it. The form goes on as ever: only a message from the number confirms it,
// and then it is the sender's.
func (q *Requests) askWhose(ctx context.Context, tx store.Tx, org id.Org, number string) error {
	if number == "" {
		return nil
	}
	left, err := q.people.WhoLeft(ctx, tx, org, number)
	if err != nil || left[0].IsZero() {
		return err
	}
	return q.people.Ask(ctx, tx, org, left[0], number, contact.ByForm)
}

// source is the path: whom staff invite did not come by the form.
func (a Ask) source() Source {
	if a.Invited != nil {
		return FromInvitation
	}
	return FromForm
}

// checkTexts insists on the versions in force: nobody agrees to an old text.
func (q *Requests) checkTexts(ctx context.Context, r store.Reader, org id.Org, texts map[string]id.Wording) error {
	all, err := q.desk.Purposes(ctx, r, org)
	if err != nil {
		return err
	}
	for purpose, seen := range texts {
		i := slices.IndexFunc(all, func(p Purpose) bool { return p.Key == purpose && !p.Retired })
		if i < 0 {
			return ErrUnknownPurpose
		}
		if all[i].Text == nil || all[i].Text.ID != seen {
			return ErrNoText
		}
	}
	return nil
}

func (q *Requests) checkOften(ctx context.Context, r store.Reader, org id.Org, address vault.Hash, source Source) error {
	var begun, returned int64
	err := r.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN state = 'returned' THEN 1 ELSE 0 END), 0) FROM opt_in_request
		WHERE org_id = ? AND email_hash = ? AND created_at > ? AND state <> 'confirmed'`, org, address, store.Micros(q.desk.now().Add(-RequestKept))).Scan(&begun, &returned)
	most := int64(mostRequests)
	if source == FromInvitation {
		most = mostInvitations
	}
	switch {
	case err != nil:
		return err
	case returned > 0:
		return ErrReturned
	case begun >= most:
		return ErrTooOften
	}
	return nil
}

// save stores a request. Until a person is known it has keys of its own, which
// are destroyed with it.
func (q *Requests) save(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, r *Request, token string, address *vault.Hash, a Ask) error {
	invited := a.Invited
	owner := id.ID(id.Request(r.ID))
	var ring *vault.Keyring
	if invited != nil {
		if invited.Keys == nil {
			return ErrErased
		}
		owner, ring, r.Contact = id.ID(id.Person(invited.ID)), invited.Keys, invited.ID
	} else {
		rings, err := keys.NewKeyrings(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		ring = rings[0]
	}
	detail, err := json.Marshal(r.detail)
	if err != nil {
		return err
	}
	texts, err := json.Marshal(r.Texts)
	if err != nil {
		return err
	}
	var hash any
	if address != nil {
		hash = *address
	}
	if _, err := tx.Exec(ctx, `INSERT INTO opt_in_request (org_id, id, contact_id, way, source, state, token_hash, code_hash, email_hash, purposes, locale, detail, created_at, expires_at, confirmed_at)
		VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, 0)`, org, r.ID, r.Contact, r.Way, string(r.Source), tokenHash(token), keys.Lookup("optin.code", r.detail.Code), hash,
		string(texts), r.Locale, ring.Seal(requestContext, r.ID, detail), store.Micros(r.Created), store.Micros(r.Expires)); err != nil {
		return fmt.Errorf("begin a double opt-in: %w", err)
	}
	if invited != nil && !a.Again {
		return q.markPending(ctx, tx, org, invited, r)
	}
	return q.desk.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(q.desk.ids.New()), Kind: "optin.requested", Owner: owner, At: r.Created, Record: r.record()})
}

func (r Request) record() map[string]any {
	texts := map[string]string{}
	for purpose, text := range r.Texts {
		texts[purpose] = text.String()
	}
	return map[string]any{"request": r.ID.String(), "way": r.Way, "source": r.Source, "texts": texts, "email": r.detail.Email, "number_typed": r.detail.Phone != "",
		"address": r.detail.Address, "entry": r.detail.Entry, "note": r.detail.Note, "staff": r.detail.Staff.String()}
}

// markPending lets the gate tell that a double opt-in is under way.
func (q *Requests) markPending(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, r *Request) error {
	for _, purpose := range r.purposes() {
		e := Event{Purpose: purpose, Kind: pending, Source: r.Source, Text: r.Texts[purpose], At: r.Created, Expires: r.Expires,
			Detail: Detail{Note: r.detail.Note, Staff: r.detail.Staff, Email: r.detail.Email, Language: r.Locale}}
		if err := q.desk.word(ctx, tx, org, &e); err != nil {
			return err
		}
		if _, err := q.desk.add(ctx, tx, org, p, e); err != nil {
			return err
		}
	}
	return nil
}

// purposes in an order that does not change.
func (r Request) purposes() []string {
	all := make([]string, 0, len(r.Texts))
	for p := range r.Texts {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// Returned ends a double opt-in whose letter came back.
func (q *Requests) Returned(ctx context.Context, tx store.Tx, org id.Org, request id.ID) error {
	n, err := tx.Exec(ctx, "UPDATE opt_in_request SET state = 'returned' WHERE org_id = ? AND id = ? AND state = 'pending'", org, request)
	if err != nil || n == 0 {
		return err
	}
	r, err := scanRequest(tx.QueryRow(ctx, "SELECT "+requestColumns+" FROM opt_in_request WHERE org_id = ? AND id = ?", org, request))
	if err != nil {
		return err
	}
	if err := q.endPending(ctx, tx, org, r); err != nil {
		return err
	}
	return q.desk.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(q.desk.ids.New()), Kind: "optin.returned", Owner: r.owner(), At: q.desk.now(),
		Record: map[string]any{"request": request.String()}})
}

// Expire lets what nobody confirmed vanish, with its keys, and what was
// confirmed long ago: its proof is with the person.
func (q *Requests) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	before := store.Micros(now.Add(-RequestKept))
	stale, err := store.Collect(ctx, tx, store.One[id.Request], "SELECT id FROM opt_in_request WHERE org_id = ? AND created_at < ? AND contact_id IS NULL ORDER BY created_at LIMIT 1000", org, before)
	if err != nil {
		return fmt.Errorf("delete double opt-ins: %w", err)
	}
	keys, err := q.desk.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, at := range stale {
		if err := q.mails.Cancel(ctx, tx, org, MailKind, at); err != nil {
			return err
		}
		if _, err := keys.Destroy(ctx, tx, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM opt_in_request WHERE org_id = ? AND id = ?", org, at); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM opt_in_request WHERE org_id = ? AND created_at < ? AND contact_id IS NOT NULL", org, before)
	return err
}

// Codes are read from a screen and typed: no 0, O, 1 or I.
const (
	letters  = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	codeLong = 8 // of a double opt-in: 40 bits
	codeMark = 5 // of an entry point
)

func newCode(long int) string {
	raw := make([]byte, long)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	for i := range raw {
		raw[i] = letters[int(raw[i])%len(letters)]
	}
	return string(raw)
}

func newToken() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(raw)
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte("einklang opt-in " + token))
	return sum[:]
}
