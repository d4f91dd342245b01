package optin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// Why says what makes it doubtful whether a person withdrew.
type Why string

// The reasons.
const (
	Unclear  Why = "unclear"  // words that smell of a withdrawal
	Late     Why = "late"     // a STOP that we heard before a later START or consent, and acted on after it
	Imported Why = "imported" // a STOP in an imported chat, older than the consent
	Restart  Why = "restart"  // a START or a yes that was written before the STOP or the objection, and came after it
	Mailed   Why = "mailed"   // a withdrawal or objection in a mail from her address, which anybody can write into one
)

// Extent is how much ends, or is held until somebody has answered.
type Extent string

// The extents.
const (
	Nothing     Extent = "nothing"
	Advertising Extent = "advertising"
	Everything  Extent = "everything"
)

// The answers beside what is to end.
const (
	open      = "open"
	none      = "none"    // she did not withdraw
	byHerself = "herself" // she has said it clearly since
)

// Doubt is what a person wrote that may be a withdrawal (GDPR Art. 7(3)). What it
// would end is held until a colleague has answered.
type Doubt struct {
	ID      id.Doubt
	Contact id.Person
	Message id.Message // zero: an imported chat or a mail
	Why     Why
	Holds   Extent
	Said    time.Time
	Created time.Time
}

// ErrNoDoubt is returned when there is nothing to answer, or no longer.
var ErrNoDoubt = errors.New("nobody waits for an answer to this: somebody has answered, or she has said it clearly since")

// Doubt holds what a person may have withdrawn, and asks a colleague. It reports
// whether this is news: who is asked already is not asked again.
func (d *Consents) Doubt(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, x Doubt) (bool, error) {
	if p.Erased || p.Keys == nil || p.Flags.OptedOut && x.Holds != Nothing {
		return false, nil
	}
	all, err := d.Doubts(ctx, tx, org, p.ID)
	if err != nil {
		return false, err
	}
	for _, other := range all {
		if (x.Why == Unclear || x.Why == Mailed) && other.Holds != Nothing || x.Why == Restart && other.Why == Restart || x.Why == other.Why && x.Holds == other.Holds && x.Said.Equal(other.Said) {
			return false, nil
		}
	}
	x.ID, x.Contact, x.Created = id.Doubt(d.ids.New()), p.ID, d.now()
	if x.Said.IsZero() {
		x.Said = x.Created
	}
	if _, err := tx.Exec(ctx, "INSERT INTO doubt (org_id, id, contact_id, message_id, why, holds, said_at, created_at, answer, by_id, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)",
		org, x.ID, p.ID, x.Message, string(x.Why), string(x.Holds), store.Micros(x.Said), store.Micros(x.Created), open); err != nil {
		return false, fmt.Errorf("note a doubt: %w", err)
	}
	if err := d.hold(ctx, tx, org, p); err != nil {
		return false, err
	}
	return true, d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(x.ID), Kind: "consent.doubt", Owner: id.ID(p.ID), At: x.Created,
		Record: map[string]any{"why": string(x.Why), "holds": string(x.Holds), "message": x.Message.String(), "at": store.Micros(x.Said)}})
}

// Mailed holds advertising because of a mail from a person's address that may
// withdraw: who wrote it is not known, and a colleague finds out.
func (d *Consents) Mailed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known) error {
	_, err := d.Doubt(ctx, tx, org, p, Doubt{Why: Mailed, Holds: Advertising})
	return err
}

// Doubts are those of a person that wait for an answer, the oldest first.
func (d *Consents) Doubts(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]Doubt, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (Doubt, error) {
		var x Doubt
		var said, created int64
		err := row.Scan(&x.ID, &x.Contact, &x.Message, &x.Why, &x.Holds, &said, &created)
		x.Said, x.Created = store.Time(said), store.Time(created)
		return x, err
	}, "SELECT id, contact_id, message_id, why, holds, said_at, created_at FROM doubt WHERE org_id = ? AND contact_id = ? AND answer = 'open' ORDER BY created_at, id", org, person)
	if err != nil {
		return nil, fmt.Errorf("read what is doubtful: %w", err)
	}
	return all, nil
}

// Resolve records what a colleague answered: how much the person withdrew, with
// these words. ErrNoDoubt if nothing waits for it.
func (d *Consents) Resolve(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, at id.Doubt, ends Extent, staff id.Account) error {
	if p.Erased || p.Keys == nil {
		return ErrErased
	}
	all, err := d.Doubts(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID != at {
			continue
		}
		answer := string(ends)
		if ends == Nothing {
			answer = none
		}
		if err := d.end(ctx, tx, org, x.ID, answer, staff); err != nil {
			return err
		}
		if x.Why == Restart {
			return d.restart(ctx, tx, org, p, x, answer, staff)
		}
		e := Event{Purpose: Marketing, Source: FromStaff, At: d.now(), Detail: Detail{Staff: staff, Message: x.Message, Note: "doubt " + x.ID.String()}}
		switch ends {
		case Everything:
			_, err = d.stop(ctx, tx, org, p, e)
		case Advertising:
			if _, err = d.Withdraw(ctx, tx, org, p, e); err == nil {
				err = d.Object(ctx, tx, org, p, e)
			}
		case Nothing:
		}
		if err != nil {
			return err
		}
		if err := d.hold(ctx, tx, org, p); err != nil {
			return err
		}
		return d.proveAnswer(ctx, tx, org, p, x, answer, staff)
	}
	return ErrNoDoubt
}

func (d *Consents) proveAnswer(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, x Doubt, answer string, staff id.Account) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "consent.doubt.answered", Owner: id.ID(p.ID), At: d.now(),
		Record: map[string]any{"doubt": x.ID.String(), "answer": answer, "staff": staff.String()}})
}

// settled ends the doubts about a person who has said clearly what she wants,
// as far as her words go.
func (d *Consents) settled(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, far Extent) error {
	n, err := tx.Exec(ctx, "UPDATE doubt SET answer = ?, ended_at = ? WHERE org_id = ? AND contact_id = ? AND answer = 'open' AND (holds <> ? OR ?)",
		byHerself, store.Micros(d.now()), org, p.ID, string(Everything), far == Everything)
	if err != nil || n == 0 {
		return err
	}
	return d.hold(ctx, tx, org, p)
}

// eased lets a person be written to again who has said START; advertising stays
// held until somebody has answered.
func (d *Consents) eased(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known) error {
	n, err := tx.Exec(ctx, "UPDATE doubt SET holds = ? WHERE org_id = ? AND contact_id = ? AND answer = 'open' AND holds = ?", string(Advertising), org, p.ID, string(Everything))
	if err != nil || n == 0 {
		return err
	}
	return d.hold(ctx, tx, org, p)
}

func (d *Consents) end(ctx context.Context, tx store.Tx, org id.Org, at id.Doubt, answer string, staff id.Account) error {
	n, err := tx.Exec(ctx, "UPDATE doubt SET answer = ?, by_id = ?, ended_at = ? WHERE org_id = ? AND id = ? AND answer = 'open'", answer, staff, store.Micros(d.now()), org, at)
	if err == nil && n == 0 {
		err = ErrNoDoubt
	}
	return err
}

// hold sets what the open doubts about a person hold, and lifts the rest.
func (d *Consents) hold(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known) error {
	all, err := d.Doubts(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	var held, halted bool
	for _, x := range all {
		held = held || x.Holds != Nothing
		halted = halted || x.Holds == Everything
	}
	for _, f := range []struct {
		flag contact.Flag
		is   *bool
		want bool
	}{{contact.Held, &p.Flags.Held, held}, {contact.Halted, &p.Flags.Halted, halted}} {
		if *f.is == f.want {
			continue
		}
		if err := d.flags.SetFlag(ctx, tx, org, p.ID, f.flag, f.want); err != nil {
			return err
		}
		*f.is = f.want
	}
	return nil
}

// late reports whether a person has started again or agreed to something since
// a moment: what we heard of her then is no longer her last word.
func (d *Consents) late(ctx context.Context, r store.Reader, org id.Org, person id.Person, states []State, at time.Time, purposes ...string) (bool, error) {
	for _, s := range states {
		if s.since(at) && (len(purposes) == 0 || s.Purpose == purposes[0]) {
			return true, nil
		}
	}
	if len(purposes) > 0 {
		return false, nil
	}
	var again bool
	err := r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM restart WHERE org_id = ? AND contact_id = ? AND at > ?)", org, person, store.Micros(at)).Scan(&again)
	return again, err
}

// restarted notes when a person took a STOP back.
func (d *Consents) restarted(ctx context.Context, tx store.Tx, org id.Org, person id.Person, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO restart (org_id, contact_id, at) VALUES (?, ?, ?)
		ON CONFLICT (org_id, contact_id) DO UPDATE SET at = excluded.at WHERE restart.at < excluded.at`, org, person, store.Micros(at))
	return err
}

// mergeDoubts moves what is doubtful, and when she started again, to the person
// she turned out to be.
func (d *Consents) mergeDoubts(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE doubt SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO restart (org_id, contact_id, at) SELECT org_id, ?, at FROM restart WHERE org_id = ? AND contact_id = ?
		ON CONFLICT (org_id, contact_id) DO UPDATE SET at = excluded.at WHERE restart.at < excluded.at`, into, org, from); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM restart WHERE org_id = ? AND contact_id = ?", org, from)
	return err
}
