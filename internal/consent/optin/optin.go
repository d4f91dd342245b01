// Package optin records what people have agreed to, and what they have taken
// back, with the proof of each (GDPR Art. 7(1)).
//
// Events are only ever added. The state of a consent follows from them and is
// kept beside them for quick reading. Each event is a leaf of the
// organisation's evidence log, written in the same transaction.
package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Medium is the medium that consents are for.
const Medium = "whatsapp"

// The standard purposes.
const (
	Service   = "service"
	Utility   = "utility"
	Marketing = "marketing"
)

// The errors that a caller branches on.
var (
	ErrNoNote      = errors.New("a consent needs a note that says how it was given: it must be provable (GDPR Art. 7(1))")
	ErrBadPurpose  = errors.New("unknown purpose: use service, utility or marketing, or a short name of small letters, digits and underscores")
	ErrMinor       = errors.New("a person under 16 cannot consent to advertising (GDPR Art. 8)")
	ErrObjected    = errors.New("the person has objected to advertising (GDPR Art. 21(2)): only she can change that")
	ErrFuture      = errors.New("a consent cannot be given in the future")
	ErrNothingHeld = errors.New("there is no such consent to withdraw")
	ErrErased      = errors.New("the person is erased")
)

// Detail is what proves an event. It is sealed under the person's key.
type Detail struct {
	pii.Personal
	Wording  string     `json:"wording,omitempty"`  // the text agreed to
	Language string     `json:"language,omitempty"` // of the wording: de, en
	Version  int        `json:"version,omitempty"`  // of the organisation's text, from 1
	Note     string     `json:"note,omitempty"`     // how it was given
	Claimed  string     `json:"claimed,omitempty"`  // the way that a program says it was given
	Staff    id.Account `json:"staff,omitzero"`     // who recorded it
	Program  id.Program `json:"program,omitzero"`   // the token of the program that recorded it
	Second   id.Account `json:"second,omitzero"`    // who confirmed it, where two must
	Message  id.Message `json:"message,omitzero"`   // the message that said it
	File     id.File    `json:"file,omitzero"`      // photo or scan, see Files
	FileHash string     `json:"file_hash,omitempty"`
	Artefact string     `json:"artefact,omitempty"` // what an imported list names as the proof, and where it lies
	// The chain of a double opt-in (BGH I ZR 164/09): when it was asked for,
	// by which act it was confirmed, and from where, shortened (S9).
	Asked    int64  `json:"asked,omitempty"`   // microseconds since 1970
	Clicked  int64  `json:"clicked,omitempty"` // on the page behind the letter's link; microseconds since 1970
	Act      string `json:"act,omitempty"`     // link, code
	Email    string `json:"email,omitempty"`
	Address  string `json:"address,omitempty"`
	Entry    string `json:"entry,omitempty"` // page or poster through which the person came
	Recorded int64  `json:"recorded"`        // microseconds since 1970
}

// Event is one step in the life of a consent.
type Event struct {
	pii.Personal
	ID      id.Consent
	Contact id.Person
	Purpose string
	Kind    string // pending | granted | withdrawn | expired | superseded
	Source  Source
	Text    id.Wording // the version of the organisation's text that was agreed to; zero: another wording
	At      time.Time
	Written time.Time // of a message; zero: At
	Expires time.Time
	Given   time.Time // when a consent that stands again was given first; zero: At
	Ends    time.Time // a withdrawal ends what was granted until then; zero: At
	Detail  Detail
}

// State is a consent as it stands.
type State struct {
	Purpose string
	State   gate.ConsentState
	Event   id.Consent
	Granted time.Time
	Expires time.Time
	Text    id.Wording // the version agreed to; zero: another wording
	Source  Source     // of the event
	Both    bool       // the version agreed to names service and utility alike
	Said    time.Time  // when what holds was said
	// Advertising: the purpose is.
	Advertising bool
	Linked      bool // it was said in a record that is linked with hers
}

// Flags sets facts about a person.
type Flags interface {
	SetFlag(ctx context.Context, tx store.Tx, org id.Org, person id.Person, flag contact.Flag, on bool) error
}

// Consents records consents.
type Consents struct {
	ids    *id.Source
	now    func() time.Time
	vault  *vault.Vault
	flags  Flags
	ledger evidence.Ledger

	lastUse LastUse // nil: nobody sends
	links   Links
}

// LastUse is when a person was last written to because of a consent, by its
// event; zero if she was not.
type LastUse func(ctx context.Context, r store.Reader, org id.Org, person id.Person, event id.Consent) (time.Time, error)

// UsedAsTold lets consents last longer that are used. Call it before the first
// consent runs out.
func (d *Consents) UsedAsTold(last LastUse) { d.lastUse = last }

// New makes Consents.
func New(ids *id.Source, now func() time.Time, v *vault.Vault, flags Flags, ledger evidence.Ledger) *Consents {
	return &Consents{ids: ids, now: now, vault: v, flags: flags, ledger: ledger, links: alone{}}
}

const detailContext = "consent.detail"

// The kinds of event; the values are those of gate.ConsentState.
const (
	granted    = "granted"
	withdrawn  = "withdrawn"
	pending    = "pending"
	expired    = "expired"
	superseded = "superseded"
)

// eventKinds are all kinds of which there are rows.
var eventKinds = []string{granted, withdrawn, pending, expired, superseded, resumed, signup}

// rule is what a purpose says about its consents; a purpose that is retired or
// was never defined takes none.
func (d *Consents) rule(ctx context.Context, r store.Reader, org id.Org, key string) (Purpose, error) {
	if !validPurpose(key) {
		return Purpose{}, ErrBadPurpose
	}
	p, standard := builtIn(key)
	var months int64
	err := r.QueryRow(ctx, "SELECT advertising, months, retired FROM purpose WHERE org_id = ? AND key = ?", org, key).Scan(&p.Advertising, &months, &p.Retired)
	switch {
	case errors.Is(err, store.ErrNoRows) && standard:
		return p, nil
	case errors.Is(err, store.ErrNoRows), err == nil && p.Retired:
		return p, ErrUnknownPurpose
	}
	p.Key, p.Months = key, int(months)
	return p, err
}

// word puts the wording of the organisation's text into the proof.
func (d *Consents) word(ctx context.Context, r store.Reader, org id.Org, e *Event) error {
	if e.Text.IsZero() {
		return nil
	}
	t, err := d.Text(ctx, r, org, e.Text)
	if err != nil {
		return err
	}
	if t.Purpose != e.Purpose {
		return ErrNoText
	}
	e.Detail.Language = t.Spoken(e.Detail.Language)
	e.Detail.Wording, e.Detail.Version = t.In(e.Detail.Language), t.Version
	return nil
}

// Withdraw records that a person took a consent back, at once and for queued
// messages too (GDPR Art. 7(3)). A withdrawal of what was never granted is
// recorded as well: it says no.
func (d *Consents) Withdraw(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) (id.Consent, error) {
	if p.Erased || p.Keys == nil {
		return id.Consent{}, ErrErased
	}
	if !validPurpose(e.Purpose) {
		return id.Consent{}, ErrBadPurpose
	}
	if e.At.IsZero() {
		e.At = d.now()
	}
	e.Kind = withdrawn
	if e.Purpose == Marketing {
		if err := d.endSales(ctx, tx, org, p.ID); err != nil {
			return id.Consent{}, err
		}
	}
	return d.add(ctx, tx, org, p, e)
}

// add writes an event down, and what follows from it.
func (d *Consents) add(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) (id.Consent, error) {
	if err := d.write(ctx, tx, org, p, &e); err != nil {
		return id.Consent{}, err
	}
	given := int64(0)
	if e.Kind == granted {
		given = store.Micros(e.At)
		if !e.Given.IsZero() {
			given = store.Micros(e.Given)
		}
	}
	put := putConsent
	if e.Kind == pending {
		put = putPending
	}
	said, err := d.saidAt(ctx, tx, org, e)
	if err != nil {
		return id.Consent{}, err
	}
	if _, err := tx.Exec(ctx, put.One(),
		org, e.Contact, Medium, e.Purpose, e.Kind, e.ID, given, store.Micros(e.Expires), said, e.Text); err != nil {
		return id.Consent{}, fmt.Errorf("record a consent: %w", err)
	}
	return e.ID, d.proveEvent(ctx, tx, org, e)
}

// slack is by how much a consent may be dated ahead of the clock. It is ended all
// the same by what is said now.
const slack = time.Minute

// saidAt is the moment by which an event takes its turn. A withdrawal that
// comes late ends a consent that was given before it, whatever was said of it
// since: what a resume at Meta lets stand again was given when it was given.
func (d *Consents) saidAt(ctx context.Context, r store.Reader, org id.Org, e Event) (int64, error) {
	at := store.Micros(e.At)
	if e.Kind != withdrawn {
		return at, nil
	}
	var said int64
	err := r.QueryRow(ctx, "SELECT said_at FROM consent WHERE org_id = ? AND contact_id = ? AND medium = ? AND purpose = ? AND state = ? AND granted_at <= ?",
		org, e.Contact, Medium, e.Purpose, granted, max(at, store.Micros(e.Ends))+slack.Microseconds()).Scan(&said)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return 0, fmt.Errorf("record a consent: %w", err)
	}
	return max(at, said), nil
}

// write adds an event to the history.
func (d *Consents) write(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e *Event) error {
	e.ID, e.Contact = id.Consent(d.ids.New()), p.ID
	e.Detail.Recorded = store.Micros(d.now())
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_event (org_id, id, contact_id, medium, purpose, kind, source, at, detail, text_id, act) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, e.ID, e.Contact, Medium, e.Purpose, e.Kind, e.Source, store.Micros(e.At), p.Keys.Seal(detailContext, e.ID, detail), e.Text, e.Detail.Act); err != nil {
		return fmt.Errorf("record a consent: %w", err)
	}
	return nil
}

func (d *Consents) proveEvent(ctx context.Context, tx store.Tx, org id.Org, e Event) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(e.ID), Kind: "consent." + e.Kind, Owner: id.ID(e.Contact), At: d.now(), Record: e.record()})
}

// record is the event as the evidence log proves it.
func (e Event) record() map[string]any {
	r := map[string]any{"event": e.Kind, "purpose": e.Purpose, "medium": Medium, "source": e.Source, "at": store.Micros(e.At),
		"expires": store.Micros(e.Expires), "wording": e.Detail.Wording, "note": e.Detail.Note, "staff": e.Detail.Staff.String(), "message": e.Detail.Message.String()}
	for key, value := range map[string]string{"claimed": e.Detail.Claimed, "artefact": e.Detail.Artefact, "language": e.Detail.Language, "act": e.Detail.Act, "email": e.Detail.Email, "address": e.Detail.Address,
		"entry": e.Detail.Entry, "file_sha256": e.Detail.FileHash} {
		if value != "" {
			r[key] = value
		}
	}
	if !e.Text.IsZero() {
		r["text"], r["version"] = e.Text.String(), e.Detail.Version
	}
	for key, who := range map[string]id.ID{"program": id.ID(e.Detail.Program), "second": id.ID(e.Detail.Second)} {
		if !who.IsZero() {
			r[key] = who.String()
		}
	}
	for key, at := range map[string]int64{"asked": e.Detail.Asked, "clicked": e.Detail.Clicked, "given": store.Micros(e.Given)} {
		if at != 0 {
			r[key] = at
		}
	}
	return r
}

const consentColumns = "consent (org_id, contact_id, medium, purpose, state, event_id, granted_at, expires_at, said_at, text_id)"

// What was said last holds, not what was recorded last. That an opt-in is
// under way changes nothing that was said before.
var (
	putConsent = store.Insert{Into: consentColumns, Upsert: `(org_id, contact_id, medium, purpose) DO UPDATE SET state = excluded.state, event_id = excluded.event_id,
		granted_at = excluded.granted_at, expires_at = excluded.expires_at, said_at = excluded.said_at, text_id = excluded.text_id
		WHERE consent.said_at <= excluded.said_at OR consent.state = 'pending'`}
	putPending = store.Insert{Into: consentColumns, Upsert: `(org_id, contact_id, medium, purpose) DO UPDATE SET event_id = excluded.event_id, expires_at = excluded.expires_at,
		said_at = excluded.said_at, text_id = excluded.text_id WHERE consent.state = 'pending'`}
)

func validPurpose(p string) bool {
	if p == "" || len(p) > 40 {
		return false
	}
	for _, r := range p {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

// States reads the consents of a person.
func (d *Consents) States(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]State, error) {
	all, err := d.states(ctx, r, org, []id.Person{person})
	return all[person], err
}

// states reads the consents of each person, by purpose.
func (d *Consents) states(ctx context.Context, r store.Reader, org id.Org, people []id.Person) (map[id.Person][]State, error) {
	now := d.now()
	all := map[id.Person][]State{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var person id.Person
		var s State
		var given, expires, said, material int64
		err := row.Scan(&person, &s.Purpose, &s.State, &s.Event, &given, &expires, &said, &s.Text, &s.Source, &material, &s.Advertising, &s.Both)
		s.Granted, s.Expires, s.Said = store.Time(given), store.Time(expires), store.Time(said)
		s.State = derive(s, store.Time(material), now)
		all[person] = append(all[person], s)
		return struct{}{}, err
	}, `SELECT c.contact_id, c.purpose, c.state, c.event_id, c.granted_at, c.expires_at, c.said_at, c.text_id, COALESCE(e.source, ''), COALESCE(p.material_at, 0),
			COALESCE(p.advertising, FALSE), COALESCE(t.names_both, FALSE)
		FROM consent c LEFT JOIN consent_event e ON e.org_id = c.org_id AND e.id = c.event_id LEFT JOIN purpose p ON p.org_id = c.org_id AND p.key = c.purpose
			LEFT JOIN consent_text t ON t.org_id = c.org_id AND t.id = c.text_id
		WHERE c.org_id = ? AND c.medium = ? AND c.contact_id IN (?) ORDER BY c.purpose`, people, org, Medium)
	return all, err
}

// derive is the state of a consent at a moment: time goes by without an event.
func derive(s State, material, now time.Time) gate.ConsentState {
	over := !s.Expires.IsZero() && !now.Before(s.Expires)
	switch {
	case s.State == gate.ConsentGranted && over:
		return gate.ConsentExpired
	case s.State == gate.ConsentGranted && s.Granted.Before(material):
		return gate.ConsentSuperseded
	case s.State == gate.ConsentPending && over:
		return gate.ConsentNone
	default:
		return s.State
	}
}

// Standings are what the gate asks about consents, for each question.
func (d *Consents) Standings(ctx context.Context, r store.Reader, org id.Org, asked []chat.Asked) ([]gate.Consents, error) {
	people := make([]id.Person, len(asked))
	for i, a := range asked {
		people[i] = a.Person
	}
	states, err := d.InForce(ctx, r, org, people...)
	if err != nil {
		return nil, err
	}
	all := make([]gate.Consents, len(asked))
	for i, a := range asked {
		all[i] = standing(states[a.Person], a.Own)
	}
	return all, nil
}

func standing(states []State, own string) gate.Consents {
	var c gate.Consents
	for _, s := range states {
		one := gate.Consent{State: s.State, ID: s.Event, GrantedAt: s.Granted, ExpiresAt: s.Expires, Both: s.Both, AnswersOnly: s.MailAlone()}
		if s.State == gate.ConsentWithdrawn {
			one.WithdrawnAt = s.Said
		}
		switch s.Purpose {
		case Service:
			c.Service = one
		case Utility:
			c.Utility = one
		case Marketing:
			c.Marketing = one
		}
		if own != "" && s.Purpose == own {
			c.Own, c.OwnAdvertises = one, s.Advertising
		}
	}
	return c
}

// History reads the events of a person's consents, the newest first.
func (d *Consents) History(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) ([]Event, error) {
	return d.events(ctx, r, org, p, "")
}

// pageMost is how many events one page shows.
const pageMost = 200

// HistoryPage is as much of the history as fits a page, behind one event. More
// says that others follow.
func (d *Consents) HistoryPage(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, after id.Cursor) (page []Event, more bool, err error) {
	ids, more, err := store.Pick(ctx, r, pageMost, after, "SELECT id, LENGTH(detail) FROM consent_event WHERE org_id = ? AND contact_id = ? ORDER BY id DESC", org, p.ID)
	if err != nil || len(ids) == 0 {
		return nil, more, err
	}
	page, err = d.events(ctx, r, org, p, " AND id >= ? AND id <= ?", ids[len(ids)-1], ids[0])
	return page, more, err
}

func (d *Consents) events(ctx context.Context, r store.Reader, org id.Org, p *chat.Known, which string, args ...any) ([]Event, error) {
	type sealed struct {
		Event
		detail []byte
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (sealed, error) {
		var s sealed
		var at int64
		err := row.Scan(&s.ID, &s.Purpose, &s.Kind, &s.Source, &at, &s.detail, &s.Text)
		s.Contact, s.At = p.ID, store.Time(at)
		return s, err
	}, "SELECT id, purpose, kind, source, at, detail, text_id FROM consent_event WHERE org_id = ? AND contact_id = ?"+which+" ORDER BY id DESC", append([]any{org, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read a consent's history: %w", err)
	}
	events := make([]Event, len(rows))
	for i, s := range rows {
		events[i] = s.Event
		if p.Keys == nil {
			continue
		}
		plain, err := p.Keys.Open(detailContext, s.ID, s.detail)
		if err != nil {
			return nil, fmt.Errorf("open a consent's proof: %w", err)
		}
		if err := json.Unmarshal(plain, &events[i].Detail); err != nil {
			return nil, err
		}
	}
	return events, nil
}
