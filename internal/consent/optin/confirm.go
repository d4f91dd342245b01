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
	"einklang/internal/rule/id"
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
func (q *Requests) ByToken(ctx context.Context, r store.Reader, token string) (id.Org, Request, error) {
	var org, at id.Org
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

func (q *Requests) get(ctx context.Context, r store.Reader, org, at id.Org) (Request, error) {
	found, err := scanRequest(r.QueryRow(ctx, "SELECT "+requestColumns+" FROM opt_in_request WHERE org_id = ? AND id = ?", org, at))
	if err != nil {
		return found, err
	}
	keys, err := q.desk.vault.Org(ctx, r, org)
	if err != nil {
		return found, err
	}
	ring, err := keys.Keyring(ctx, r, found.owner())
	if errors.Is(err, vault.ErrDestroyed) {
		return found, ErrNoRequest
	}
	if err != nil {
		return found, err
	}
	plain, err := ring.Open(requestContext, found.ID, found.sealed)
	if err != nil {
		return found, fmt.Errorf("open a double opt-in: %w", err)
	}
	return found, json.Unmarshal(plain, &found.detail)
}

// Clicked reports whether the page behind the letter's link was confirmed, so
// that only the code is missing.
func (r Request) Clicked() bool { return r.State == clicked }

// Open reports whether the request can be confirmed: nil, ErrDone or ErrOver.
func (r Request) Open(now time.Time) error {
	switch {
	case r.State == confirmed:
		return ErrDone
	case r.State == returned || !now.Before(r.Expires):
		return ErrOver
	default:
		return nil
	}
}

// Click notes the click on the page that the letter's link opens. It grants
// nothing and looks nobody up: the number was typed by somebody, and only a
// message from it says that it was she (see Heard). So a stranger's mailbox
// changes and shows nothing about her. The request must have been found by that
// link; address is the shortened internet address.
func (q *Requests) Click(ctx context.Context, tx store.Tx, org id.Org, r Request, address string) error {
	if err := r.Open(q.desk.now()); err != nil || r.Clicked() {
		return err
	}
	if err := q.move(ctx, tx, org, r, clicked); err != nil {
		return err
	}
	return q.desk.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(q.desk.ids.New()), Kind: "optin.clicked", Owner: r.owner(), At: q.desk.now(),
		Record: map[string]any{"request": r.ID.String(), "address": address, "act": ActLink}})
}

// owner is whose keys seal the request: its own until a person is known.
func (r Request) owner() id.ID {
	if r.Contact.IsZero() {
		return id.ID(r.ID)
	}
	return id.ID(r.Contact)
}

// move brings a request one state on: once, whoever comes first.
func (q *Requests) move(ctx context.Context, tx store.Tx, org id.Org, r Request, to string) error {
	n, err := tx.Exec(ctx, "UPDATE opt_in_request SET state = ?, confirmed_at = ? WHERE org_id = ? AND id = ? AND state IN (?, ?) AND state <> ?",
		to, store.Micros(q.desk.now()), org, r.ID, asked, clicked, to)
	if err == nil && n == 0 {
		err = ErrDone
	}
	return err
}

// settleWho settles that a request is hers who sent its code, and reports whether
// it named somebody else: another number that was typed, which is deleted, or
// whom staff invited, who has not answered. Whoever shows no number consents as
// the identity that she has.
func (q *Requests) settleWho(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, r *Request) (other bool, err error) {
	if !r.Contact.IsZero() {
		if r.Contact == p.ID {
			return false, nil
		}
		return true, q.endPending(ctx, tx, org, *r)
	}
	if err := q.hand(ctx, tx, org, r, p); err != nil || r.detail.Phone == "" {
		return false, err
	}
	named, err := q.people.ByPhone(ctx, tx, org, r.detail.Phone)
	if err != nil || named != nil && named.ID == p.ID {
		return false, err
	}
	r.detail.Phone = ""
	return p.Profile.Phone != "", q.reseal(ctx, tx, org, r, p.Keys)
}

// reseal keeps the details of a request anew.
func (q *Requests) reseal(ctx context.Context, tx store.Tx, org id.Org, r *Request, ring *vault.Keyring) error {
	detail, err := json.Marshal(r.detail)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE opt_in_request SET detail = ? WHERE org_id = ? AND id = ?", ring.Seal(requestContext, r.ID, detail), org, r.ID); err != nil {
		return fmt.Errorf("keep a double opt-in anew: %w", err)
	}
	return nil
}

// endPending ends that an invitation of staff is under way.
func (q *Requests) endPending(ctx context.Context, tx store.Tx, org id.Org, r Request) error {
	for _, purpose := range r.purposes() {
		if _, err := tx.Exec(ctx, `DELETE FROM consent WHERE org_id = ? AND contact_id = ? AND purpose = ? AND state = 'pending'
			AND event_id IN (SELECT id FROM consent_event WHERE org_id = ? AND contact_id = ? AND source = ?)`, org, r.Contact, purpose, org, r.Contact, FromInvitation); err != nil {
			return fmt.Errorf("end an invitation: %w", err)
		}
	}
	return nil
}

// hand gives a request, its keys and its evidence to the person it turned out
// to be about.
func (q *Requests) hand(ctx context.Context, tx store.Tx, org id.Org, r *Request, p *chat.Known) error {
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
	return errors.Join(q.ledger.Follow(ctx, tx, org, r.ID, p.ID), q.mails.Follow(ctx, tx, org, r.ID, p.ID))
}

// Confirmed is what a confirmation brought about, by purpose.
type Confirmed struct {
	Granted []string
	Refused []string // the law does not allow this person to agree, or the purpose is gone
}

// grant records the consents of a confirmed request.
func (q *Requests) grant(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, r Request, e Event) (Confirmed, error) {
	var c Confirmed
	for _, purpose := range r.purposes() {
		one := e
		one.Purpose, one.Text = purpose, r.Texts[purpose]
		one.Detail.Asked, one.Detail.Language, one.Detail.Entry = store.Micros(r.Created), r.Locale, r.detail.Entry
		one.Detail.Staff = r.detail.Staff
		one.Detail.Note = r.detail.Note
		one.Detail.Address = r.detail.Address
		if r.Clicked() {
			one.Detail.Clicked = store.Micros(r.Confirmed)
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
