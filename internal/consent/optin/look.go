package optin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Whatever depends on whether a number that was typed is known is done by a round,
// not where the form or the link is answered: there, known and unknown numbers
// cost the same and leave the same behind.

// LookEvery is how often requests are looked at.
const LookEvery = time.Minute

const lookBite = 100

// How far a request has been looked at.
const (
	lookedWhose = 1 // whose number it names
	lookedMail  = 2 // what its confirmed mail carries
)

// heldFor is how long number and mail address must have stood beside each other,
// untouched by staff, programs and imports.
const heldFor = 30 * 24 * time.Hour

// LookAll looks at what came by the form of every organisation.
func (q *Requests) LookAll(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	for _, org := range all {
		for n := lookBite; n == lookBite; {
			err := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				n, err = q.look(ctx, tx, org)
				return err
			})
			if err != nil {
				return fmt.Errorf("look at double opt-ins: %w", err)
			}
		}
	}
	return nil
}

func (q *Requests) look(ctx context.Context, tx store.Tx, org id.Org) (int, error) {
	type seen struct {
		at     id.Org
		looked int64
	}
	due, err := store.Collect(ctx, tx, func(row store.Row) (s seen, err error) { return s, row.Scan(&s.at, &s.looked) }, `SELECT id, looked FROM opt_in_request WHERE org_id = ? AND way = ? AND contact_id IS NULL AND (looked = 0 OR looked = ? AND state = ?) LIMIT ?`,
		org, ByEmail, int64(lookedWhose), clicked, int64(lookBite))
	if err != nil {
		return 0, err
	}
	for _, one := range due {
		r, err := q.get(ctx, tx, org, one.at)
		looked := lookedMail // also where its keys are gone
		if err == nil {
			looked, err = q.lookAt(ctx, tx, org, r, one.looked == 0)
		}
		if err != nil && !errors.Is(err, ErrNoRequest) {
			return 0, err
		}
		if _, err := tx.Exec(ctx, "UPDATE opt_in_request SET looked = ? WHERE org_id = ? AND id = ?", int64(looked), org, one.at); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// lookAt looks at one request, the first time also at whose number it names.
func (q *Requests) lookAt(ctx context.Context, tx store.Tx, org id.Org, r Request, first bool) (looked int, err error) {
	if first {
		if err := q.askWhose(ctx, tx, org, r.detail.Phone); err != nil {
			return 0, err
		}
	}
	if !r.Clicked() {
		return lookedWhose, nil
	}
	return lookedMail, q.carry(ctx, tx, org, r)
}

// carry records what a confirmed mail carries: service and utility, where number
// and address have stood beside each other for long, so that whoever reads that
// mailbox is the one with that number. Never advertising, never device books
// (S11). Her message may still confirm all of it.
func (q *Requests) carry(ctx context.Context, tx store.Tx, org id.Org, r Request) error {
	p, err := q.people.ByPhone(ctx, tx, org, r.detail.Phone)
	if err != nil || p == nil || p.Erased || p.Keys == nil {
		return err
	}
	number, email, err := q.people.Entered(ctx, tx, org, p.ID)
	if err != nil || !strings.EqualFold(p.Profile.Email, r.detail.Email) || !stood(number, r.Created) || !stood(email, r.Created) {
		return err
	}
	if p.InForce().OptedOut {
		return nil // only she takes that back, by a message
	}
	states, err := q.desk.States(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	for _, purpose := range []string{Service, Utility} {
		text, asked := r.Texts[purpose]
		if !asked || slices.ContainsFunc(states, func(s State) bool { return s.Purpose == purpose && s.outweighsMail() }) {
			continue
		}
		if err := q.mailed(ctx, tx, org, p, r, purpose, text); err != nil {
			return err
		}
	}
	return nil
}

func (q *Requests) mailed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, r Request, purpose string, text id.Wording) error {
	_, err := q.desk.Grant(ctx, tx, org, p, Event{Purpose: purpose, Source: FromMailbox, Text: text, At: r.Confirmed, Detail: Detail{Act: ActLink, Email: r.detail.Email,
		Address: r.detail.Address, Entry: r.detail.Entry, Language: r.Locale, Asked: store.Micros(r.Created), Clicked: store.Micros(r.Confirmed), Note: q.catalogue("de").T("optin.mailbox.note")}})
	if errors.Is(err, ErrUnknownPurpose) || errors.Is(err, ErrNoText) {
		return nil // nobody is asked for it any more
	}
	return err
}

// stood reports whether what was entered at a moment had stood for long enough
// when somebody asked; zero: nobody entered it.
func stood(entered, asked time.Time) bool {
	return entered.IsZero() || asked.Sub(entered) >= heldFor
}

// outweighsMail: what she took back no mail gives again, and what holds already
// needs none.
func (s State) outweighsMail() bool {
	return s.State == gate.ConsentWithdrawn || s.State == gate.ConsentGranted && !s.MailAlone()
}
