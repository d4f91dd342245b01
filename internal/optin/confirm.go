package optin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/chat"
	"einklang/internal/contact"
	"einklang/internal/gate"
	"einklang/internal/id"
	"einklang/internal/mail"
	"einklang/internal/store"
	"einklang/internal/vault"
)

const requestColumns = "id, contact_id, way, source, state, purposes, locale, detail, created_at, expires_at, confirmed_at"

func scanRequest(row store.Row) (Request, error) {
	var r Request
	var texts string
	var created, expires, confirmed int64
	err := row.Scan(&r.ID, &r.Contact, &r.Way, &r.Source, &r.State, &texts, &r.Locale, &r.sealed, &created, &expires, &confirmed)
	if errors.Is(err, store.ErrNoRows) {
		return r, ErrNoRequest
	}
	if err != nil {
		return r, err
	}
	r.Created, r.Expires, r.Confirmed = store.Time(created), store.Time(expires), store.Time(confirmed)
	return r, json.Unmarshal([]byte(texts), &r.Texts)
}

// ByToken finds the organisation and the request of a link; ErrNoRequest if
// there is none.
func (q *Requests) ByToken(ctx context.Context, r store.Reader, token string) (id.ID, Request, error) {
	var org, at id.ID
	err := r.QueryRow(ctx, "SELECT org_id, id FROM opt_in_request WHERE token_hash = ?", tokenHash(token)).Scan(&org, &at)
	if errors.Is(err, store.ErrNoRows) {
		return org, Request{}, ErrNoRequest
	}
	if err != nil {
		return org, Request{}, fmt.Errorf("find a double opt-in: %w", err)
	}
	found, err := q.get(ctx, r, org, at)
	return org, found, err
}

func (q *Requests) get(ctx context.Context, r store.Reader, org, at id.ID) (Request, error) {
	found, err := scanRequest(r.QueryRow(ctx, "SELECT "+requestColumns+" FROM opt_in_request WHERE org_id = ? AND id = ?", org, at))
	if err != nil {
		return found, err
	}
	keys, err := q.desk.vault.Org(ctx, r, org)
	if err != nil {
		return found, err
	}
	owner := found.Contact
	if owner.IsZero() {
		owner = found.ID
	}
	ring, err := keys.Keyring(ctx, r, owner)
	if errors.Is(err, vault.ErrDestroyed) {
		return found, ErrNoRequest
	}
	if err != nil {
		return found, err
	}
	clear, err := ring.Open(requestContext, found.ID, found.sealed)
	if err != nil {
		return found, fmt.Errorf("open a double opt-in: %w", err)
	}
	return found, json.Unmarshal(clear, &found.detail)
}

// Code is the code with which a request can be confirmed by WhatsApp.
func (r Request) Code() string { return r.detail.Code }

// Open reports whether the request can be confirmed: nil, ErrDone or ErrOver.
func (r Request) Open(now time.Time) error {
	switch {
	case r.State == "confirmed":
		return ErrDone
	case r.State != pending || !now.Before(r.Expires):
		return ErrOver
	default:
		return nil
	}
}

// Confirmed is what a confirmation brought about.
type Confirmed struct {
	Person  *chat.Known
	Granted []string // purposes
	Refused []string // purposes that the law does not allow this person
}

// ConfirmLink confirms by the click on the page that the letter's link opens.
// The request must have been found by that link.
func (q *Requests) ConfirmLink(ctx context.Context, tx store.Tx, org id.ID, r Request, orgName, address string) (Confirmed, error) {
	if err := q.take(ctx, tx, org, r); err != nil {
		return Confirmed{}, err
	}
	p, err := q.person(ctx, tx, org, &r)
	if err != nil {
		return Confirmed{}, err
	}
	// On the form anybody can type any number. So a number that belongs to
	// somebody who said no is confirmed by WhatsApp, not by a mailbox.
	if r.Source == "web_form" {
		if no, err := q.saidNo(ctx, tx, org, p, r); err != nil || no {
			return Confirmed{}, errors.Join(err, onlyIf(no, ErrProveNumber))
		}
	}
	e := Event{Source: r.Source, Personal: r.Source == "invitation", Detail: Detail{Act: "link", Email: r.detail.Email, Address: address}}
	c, err := q.grant(ctx, tx, org, p, r, e)
	if err != nil {
		return c, err
	}
	return c, q.receipt(ctx, tx, org, p, r, orgName)
}

func onlyIf(is bool, err error) error {
	if is {
		return err
	}
	return nil
}

// take marks a request as confirmed: once, whoever comes first.
func (q *Requests) take(ctx context.Context, tx store.Tx, org id.ID, r Request) error {
	now := q.desk.now()
	if err := r.Open(now); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "UPDATE opt_in_request SET state = 'confirmed', confirmed_at = ? WHERE org_id = ? AND id = ? AND state = 'pending'", store.Micros(now), org, r.ID)
	if err == nil && n == 0 {
		err = ErrDone
	}
	return err
}

// person is who confirmed: whom staff invited, or whose number the form named.
func (q *Requests) person(ctx context.Context, tx store.Tx, org id.ID, r *Request) (*chat.Known, error) {
	if !r.Contact.IsZero() {
		return q.people.Get(ctx, tx, org, r.Contact)
	}
	found, err := q.people.Resolve(ctx, tx, org, []contact.Sighting{{Phone: r.detail.Phone, Locale: r.Locale}})
	if err != nil {
		return nil, err
	}
	return found[0], q.hand(ctx, tx, org, r, found[0])
}

// hand gives a request, its keys and its evidence to the person it turned out
// to be about.
func (q *Requests) hand(ctx context.Context, tx store.Tx, org id.ID, r *Request, p *chat.Known) error {
	keys, err := q.desk.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE opt_in_request SET contact_id = ? WHERE org_id = ? AND id = ?", p.ID, org, r.ID); err != nil {
		return err
	}
	r.Contact = p.ID
	if err := keys.Adopt(ctx, tx, r.ID, p.ID); err != nil {
		return err
	}
	if p.Keys, err = keys.Keyring(ctx, tx, p.ID); err != nil {
		return err
	}
	return errors.Join(q.ledger.Merge(ctx, tx, org, r.ID, p.ID), q.mails.Merge(ctx, tx, org, r.ID, p.ID))
}

func (q *Requests) saidNo(ctx context.Context, r store.Reader, org id.ID, p *chat.Known, asked Request) (bool, error) {
	if p.Flags.OptedOut || p.Flags.Objected {
		return true, nil
	}
	states, err := q.desk.States(ctx, r, org, p.ID)
	for _, s := range states {
		if _, about := asked.Texts[s.Purpose]; about && s.State == gate.ConsentWithdrawn {
			return true, err
		}
	}
	return false, err
}

// grant records the consents of a confirmed request.
func (q *Requests) grant(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, r Request, e Event) (Confirmed, error) {
	c := Confirmed{Person: p}
	for _, purpose := range r.purposes() {
		one := e
		one.Purpose, one.Text = purpose, r.Texts[purpose]
		one.Detail.Asked, one.Detail.Language, one.Detail.Entry = store.Micros(r.Created), r.Locale, r.detail.Entry
		one.Detail.Staff = r.detail.Staff
		one.Detail.Note = r.detail.Note
		if one.Detail.Note == "" {
			one.Detail.Note = "double opt-in"
		}
		if one.Detail.Address == "" {
			one.Detail.Address = r.detail.Address
		}
		_, err := q.desk.Grant(ctx, tx, org, p, one)
		switch {
		case errors.Is(err, ErrMinor), errors.Is(err, ErrObjected), errors.Is(err, ErrUnknownPurpose):
			c.Refused = append(c.Refused, purpose)
		case err != nil:
			return c, err
		default:
			c.Granted = append(c.Granted, purpose)
		}
	}
	return c, nil
}

// receipt queues the mail that says what was agreed to and how it is taken
// back (GDPR Art. 7(3): as easily as it was given).
func (q *Requests) receipt(ctx context.Context, tx store.Tx, org id.ID, p *chat.Known, r Request, orgName string) error {
	stop, err := q.desk.StopLink(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	c, address := q.catalogue(r.Locale), q.base+"/stop/"+stop
	return q.mails.Add(ctx, tx, mail.Letter{Org: org, Owner: p.ID, Kind: "optin.receipt", Ref: r.ID, Message: mail.Message{To: r.detail.Email,
		Subject: c.T("optin.receipt.subject", orgName), Text: c.T("optin.receipt.text", orgName, address), Unsubscribe: address}})
}
