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

	"einklang/internal/chat"
	"einklang/internal/contact"
	"einklang/internal/evidence"
	"einklang/internal/gate"
	"einklang/internal/id"
	"einklang/internal/store"
	"einklang/internal/vault"
)

// Medium is the medium that consents are for.
const Medium = "whatsapp"

// The standard purposes.
const (
	Service   = "service"
	Utility   = "utility"
	Marketing = "marketing"
)

// Lifetime is how long a marketing consent lasts without use (courts differ;
// 24 months is cautious).
const Lifetime = 24 * 30 * 24 * time.Hour

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
	Wording  string `json:"wording,omitempty"` // the text agreed to
	Note     string `json:"note,omitempty"`    // how it was given
	Staff    id.ID  `json:"staff,omitzero"`    // who recorded it
	Message  id.ID  `json:"message,omitzero"`  // the message that said it
	Recorded int64  `json:"recorded"`          // microseconds since 1970
}

// Event is one step in the life of a consent.
type Event struct {
	ID      id.ID
	Contact id.ID
	Purpose string
	Kind    string // granted | withdrawn
	Source  string // agent | paper | verbal | web_form | e_mail | keyword | button | meta_preference | api | import
	At      time.Time
	Expires time.Time
	Detail  Detail
}

// State is a consent as it stands.
type State struct {
	Purpose string
	State   gate.ConsentState
	Event   id.ID
	Granted time.Time
	Expires time.Time
}

// Ledger is where proof is written.
type Ledger interface {
	Append(ctx context.Context, tx store.Tx, org id.ID, entries ...evidence.Entry) error
}

// Flags sets facts about a person.
type Flags interface {
	SetFlag(ctx context.Context, tx store.Tx, org, person id.ID, flag contact.Flag, on bool) error
}

// Desk records consents.
type Desk struct {
	ids    *id.Source
	now    func() time.Time
	vault  *vault.Vault
	flags  Flags
	ledger Ledger
}

// New makes a Desk.
func New(ids *id.Source, now func() time.Time, v *vault.Vault, flags Flags, ledger Ledger) *Desk {
	return &Desk{ids: ids, now: now, vault: v, flags: flags, ledger: ledger}
}

const detailContext = "consent.detail"

// Grant records that a person agreed.
func (d *Desk) Grant(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, e Event) (id.ID, error) {
	switch {
	case p.Erased || p.Keys == nil:
		return id.ID{}, ErrErased
	case !validPurpose(e.Purpose):
		return id.ID{}, ErrBadPurpose
	case e.Detail.Note == "" && e.Detail.Message.IsZero():
		return id.ID{}, ErrNoNote
	case e.Purpose == Marketing && p.Flags.Minor:
		return id.ID{}, ErrMinor
	case e.Purpose == Marketing && p.Flags.Objected:
		return id.ID{}, ErrObjected
	}
	now := d.now()
	if e.At.IsZero() {
		e.At = now
	}
	if e.At.After(now.Add(time.Minute)) {
		return id.ID{}, ErrFuture
	}
	if e.Expires.IsZero() && e.Purpose == Marketing {
		e.Expires = e.At.Add(Lifetime)
	}
	e.Kind = "granted"
	return d.add(ctx, tx, org, p, e)
}

// Withdraw records that a person took a consent back, at once and for queued
// messages too (GDPR Art. 7(3)). A withdrawal of what was never granted is
// recorded as well: it says no.
func (d *Desk) Withdraw(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, e Event) (id.ID, error) {
	if p.Erased || p.Keys == nil {
		return id.ID{}, ErrErased
	}
	if !validPurpose(e.Purpose) {
		return id.ID{}, ErrBadPurpose
	}
	if e.At.IsZero() {
		e.At = d.now()
	}
	e.Kind = "withdrawn"
	return d.add(ctx, tx, org, p, e)
}

func (d *Desk) add(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, e Event) (id.ID, error) {
	e.ID, e.Contact = d.ids.New(), p.ID
	e.Detail.Recorded = store.Micros(d.now())
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return id.ID{}, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO consent_event (org_id, id, contact_id, medium, purpose, kind, source, at, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		org, e.ID, e.Contact, Medium, e.Purpose, e.Kind, e.Source, store.Micros(e.At), p.Keys.Seal(detailContext, e.ID, detail)); err != nil {
		return id.ID{}, fmt.Errorf("record a consent: %w", err)
	}
	granted := int64(0)
	if e.Kind == "granted" {
		granted = store.Micros(e.At)
	}
	// What was said last holds, not what was recorded last.
	if _, err := tx.Exec(ctx, putConsent,
		org, e.Contact, Medium, e.Purpose, e.Kind, e.ID, granted, store.Micros(e.Expires), store.Micros(e.At)); err != nil {
		return id.ID{}, fmt.Errorf("record a consent: %w", err)
	}
	record := map[string]any{"event": e.Kind, "purpose": e.Purpose, "medium": Medium, "source": e.Source, "at": store.Micros(e.At),
		"expires": store.Micros(e.Expires), "wording": e.Detail.Wording, "note": e.Detail.Note, "staff": e.Detail.Staff.String(), "message": e.Detail.Message.String()}
	return e.ID, d.ledger.Append(ctx, tx, org, evidence.Entry{ID: e.ID, Kind: "consent." + e.Kind, Owner: e.Contact, At: d.now(), Record: record})
}

const putConsent = `INSERT INTO consent (org_id, contact_id, medium, purpose, state, event_id, granted_at, expires_at, said_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (org_id, contact_id, medium, purpose) DO UPDATE SET state = excluded.state, event_id = excluded.event_id,
		granted_at = excluded.granted_at, expires_at = excluded.expires_at, said_at = excluded.said_at WHERE consent.said_at <= excluded.said_at`

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
func (d *Desk) States(ctx context.Context, r store.Reader, org, person id.ID) ([]State, error) {
	now := d.now()
	return store.Collect(ctx, r, func(row store.Row) (State, error) {
		var s State
		var granted, expires int64
		err := row.Scan(&s.Purpose, &s.State, &s.Event, &granted, &expires)
		s.Granted, s.Expires = store.Time(granted), store.Time(expires)
		if s.State == gate.ConsentGranted && !s.Expires.IsZero() && !now.Before(s.Expires) {
			s.State = gate.ConsentExpired
		}
		return s, err
	}, "SELECT purpose, state, event_id, granted_at, expires_at FROM consent WHERE org_id = ? AND contact_id = ? AND medium = ? ORDER BY purpose", org, person, Medium)
}

// Standing is what the gate asks about consents; own names one of the
// organisation's own purposes, or is empty.
func (d *Desk) Standing(ctx context.Context, r store.Reader, org, person id.ID, own string, _ time.Time) (gate.Consents, error) {
	states, err := d.States(ctx, r, org, person)
	var c gate.Consents
	for _, s := range states {
		one := gate.Consent{State: s.State, ID: s.Event, GrantedAt: s.Granted, ExpiresAt: s.Expires}
		switch s.Purpose {
		case Service:
			c.Service = one
		case Utility:
			c.Utility = one
		case Marketing:
			c.Marketing = one
		}
		if own != "" && s.Purpose == own {
			c.Own = one
		}
	}
	return c, err
}

// History reads the events of a person's consents, the newest first.
func (d *Desk) History(ctx context.Context, r store.Reader, org id.ID, p *chat.Known) ([]Event, error) {
	type sealed struct {
		Event
		detail []byte
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (sealed, error) {
		var s sealed
		var at int64
		err := row.Scan(&s.ID, &s.Purpose, &s.Kind, &s.Source, &at, &s.detail)
		s.Contact, s.At = p.ID, store.Time(at)
		return s, err
	}, "SELECT id, purpose, kind, source, at, detail FROM consent_event WHERE org_id = ? AND contact_id = ? ORDER BY id DESC", org, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read a consent's history: %w", err)
	}
	events := make([]Event, len(rows))
	for i, s := range rows {
		events[i] = s.Event
		if p.Keys == nil {
			continue
		}
		clear, err := p.Keys.Open(detailContext, s.ID, s.detail)
		if err != nil {
			return nil, fmt.Errorf("open a consent's proof: %w", err)
		}
		if err := json.Unmarshal(clear, &events[i].Detail); err != nil {
			return nil, err
		}
	}
	return events, nil
}
