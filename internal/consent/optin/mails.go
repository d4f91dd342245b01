package optin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Earlier programs took a click in a mail for a consent. It proves the mailbox
// and no number (BGH I ZR 164/09, headnote c). Such consents carry answers to
// service questions alone, and open no device book, until the person confirms
// them by a message; they are listed, so that she can be asked.

// ReviewEvery is how often consents of earlier programs are looked for: after a
// start or a restore, and then rarely.
const ReviewEvery = 6 * time.Hour

const reviewBite = 200

// onMail is a consent that a double opt-in brought.
type onMail struct {
	person  id.Person
	purpose string
	event   id.Consent
	given   time.Time
	expires time.Time
	text    id.Wording
	sealed  []byte
}

// ReviewAll finds the consents of every organisation that rest on a mail alone.
func (d *Consents) ReviewAll(ctx context.Context, db *store.DB, people People, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	for _, org := range all {
		for n := reviewBite; n == reviewBite; {
			err := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				n, err = d.review(ctx, tx, org, people)
				return err
			})
			if err != nil {
				return fmt.Errorf("look for consents that rest on a mail: %w", err)
			}
		}
	}
	return nil
}

func (d *Consents) review(ctx context.Context, tx store.Tx, org id.Org, people People) (int, error) {
	found, err := store.Collect(ctx, tx, func(row store.Row) (onMail, error) {
		var m onMail
		var given, expires int64
		err := row.Scan(&m.person, &m.purpose, &m.event, &given, &expires, &m.text, &m.sealed)
		m.given, m.expires = store.Time(given), store.Time(expires)
		return m, err
	}, `SELECT c.contact_id, c.purpose, c.event_id, c.granted_at, c.expires_at, e.text_id, e.detail FROM consent c JOIN consent_event e ON e.org_id = c.org_id AND e.id = c.event_id
		WHERE c.org_id = ? AND c.state = 'granted' AND e.act = '' AND e.source IN (?, ?) LIMIT ?`, org, FromForm, FromInvitation, int64(reviewBite))
	if err != nil {
		return 0, err
	}
	for _, m := range found {
		p, err := people.Get(ctx, tx, org, m.person)
		if err != nil {
			return 0, err
		}
		if err := d.lookAt(ctx, tx, org, p, m); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// lookAt reads by which act a consent was confirmed, and takes back what a click
// cannot carry.
func (d *Consents) lookAt(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, m onMail) error {
	act, detail := ActLink, Detail{}
	if p.Keys != nil {
		plain, err := p.Keys.Open(detailContext, m.event, m.sealed)
		if err != nil {
			return fmt.Errorf("open a consent's proof: %w", err)
		}
		if err := json.Unmarshal(plain, &detail); err != nil {
			return err
		}
		if !detail.Message.IsZero() {
			act = ActCode
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE consent_event SET act = ? WHERE org_id = ? AND id = ?", act, org, m.event); err != nil {
		return fmt.Errorf("note by which act a consent was given: %w", err)
	}
	if act == ActCode || p.Erased || p.Keys == nil {
		return nil
	}
	e := Event{Purpose: m.purpose, Kind: pending, Source: FromMailAlone, Text: m.text, At: d.now(), Expires: m.expires, Given: m.given, Detail: detail}
	given := int64(0)
	if m.purpose == Service {
		e.Kind, given = granted, store.Micros(m.given)
	}
	if err := d.write(ctx, tx, org, p, &e); err != nil {
		return err
	}
	// When it was said does not change: what she says next is later.
	if _, err := tx.Exec(ctx, "UPDATE consent SET state = ?, event_id = ?, granted_at = ? WHERE org_id = ? AND contact_id = ? AND medium = ? AND purpose = ? AND event_id = ?",
		e.Kind, e.ID, given, org, m.person, Medium, m.purpose, m.event); err != nil {
		return fmt.Errorf("hold a consent that rests on a mail: %w", err)
	}
	return d.proveEvent(ctx, tx, org, e)
}

// ByMailAlone is a person with consents that rest on a mail alone.
type ByMailAlone struct {
	pii.Personal
	Person   id.Person
	Purposes []string
	Since    time.Time // the click of the first
	Email    string    // to which the letter went
	Asked    time.Time // when she was last asked to confirm; zero: not lately
}

// mostMailed is how many are listed at once.
const mostMailed = 100

// OnMail lists people with consents that rest on a mail alone, behind one person.
func (d *Consents) OnMail(ctx context.Context, r store.Reader, org id.Org, after id.Cursor, people People) (page []ByMailAlone, more bool, err error) {
	if after.IsZero() {
		after[len(after)-1] = 1 // before everybody
	}
	ids, err := store.Collect(ctx, r, store.One[id.Person], `SELECT DISTINCT c.contact_id FROM consent c JOIN consent_event e ON e.org_id = c.org_id AND e.id = c.event_id
		WHERE c.org_id = ? AND c.state IN ('pending', 'granted') AND e.source = ? AND c.contact_id > ? ORDER BY c.contact_id LIMIT ?`, org, FromMailAlone, after, int64(mostMailed+1))
	if err != nil {
		return nil, false, fmt.Errorf("list the consents that rest on a mail: %w", err)
	}
	if more = len(ids) > mostMailed; more {
		ids = ids[:mostMailed]
	}
	for _, person := range ids {
		m, err := d.MailedOf(ctx, r, org, person, people)
		if err != nil {
			return nil, false, err
		}
		if len(m.Purposes) > 0 {
			page = append(page, m)
		}
	}
	return page, more, nil
}

// MailedOf is what of a person's consents rests on a mail alone; no purposes if
// nothing does.
func (d *Consents) MailedOf(ctx context.Context, r store.Reader, org id.Org, person id.Person, people People) (ByMailAlone, error) {
	m := ByMailAlone{Person: person}
	p, err := people.Get(ctx, r, org, person)
	if err != nil || p.Erased || p.Keys == nil {
		return m, err
	}
	states, err := d.States(ctx, r, org, person)
	if err != nil {
		return m, err
	}
	for _, s := range states {
		if !s.MailAlone() {
			continue
		}
		of, err := d.events(ctx, r, org, p, " AND id = ?", s.Event)
		if err != nil || len(of) == 0 {
			return m, err
		}
		m.Purposes = append(m.Purposes, s.Purpose)
		if given := store.Time(of[0].Detail.Recorded); m.Since.IsZero() || given.Before(m.Since) {
			m.Since = given
		}
		m.Email = of[0].Detail.Email
	}
	var at int64
	err = r.QueryRow(ctx, "SELECT COALESCE(MAX(created_at), 0) FROM opt_in_request WHERE org_id = ? AND contact_id = ? AND source = ?", org, person, FromInvitation).Scan(&at)
	m.Asked = store.Time(at)
	return m, err
}

// MailAlone reports whether a consent rests on a click in a mail that an earlier
// program took for one.
func (s State) MailAlone() bool { return s.Source == FromMailAlone }

// byMail reports whether a consent was confirmed by a mail: then it carries no
// advertising and opens no device book.
func (s Source) byMail() bool { return s == FromMailAlone || s == FromMailbox }
