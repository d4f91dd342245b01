package optin

import (
	"context"
	"errors"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
)

// Stop takes a person out of everything: she said STOP. Every consent that
// holds is withdrawn, and she has objected to advertising (GDPR Art. 21(2)). It
// reports whether this is news. Whoever has started again or agreed since, by a
// STOP that we come to only now, is asked about: until then everything is held.
func (d *Consents) Stop(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string, message id.Message, at time.Time) (bool, error) {
	return d.stopHeard(ctx, tx, org, p, source, Heard{Message: message, At: at})
}

func (d *Consents) stopHeard(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string, h Heard) (bool, error) {
	at := h.At
	if p.Erased {
		return false, nil
	}
	states, err := d.States(ctx, tx, org, p.ID)
	if err != nil {
		return false, err
	}
	late, err := d.late(ctx, tx, org, p.ID, states, at)
	if err != nil {
		return false, err
	}
	e := Event{Source: Source(source), At: at, Written: h.Written, Detail: Detail{Message: h.Message}}
	if !late {
		return d.stop(ctx, tx, org, p, e)
	}
	if err := d.endAll(ctx, tx, org, p, e); err != nil {
		return false, err
	}
	_, err = d.Doubt(ctx, tx, org, p, Doubt{Message: h.Message, Why: Late, Holds: Everything, Said: at})
	return false, err
}

// stop ends everything.
func (d *Consents) stop(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) (bool, error) {
	if err := d.endAll(ctx, tx, org, p, e); err != nil {
		return false, err
	}
	at, said := store.Micros(e.At), store.Micros(e.At)
	if !e.Written.IsZero() {
		said = store.Micros(e.Written)
	}
	n, err := tx.Exec(ctx, "INSERT INTO opt_out (org_id, contact_id, at, said_at, confirmed) VALUES (?, ?, ?, ?, FALSE) ON CONFLICT DO NOTHING", org, p.ID, at, said)
	if err != nil {
		return false, err
	}
	if n == 0 { // said once more: what she wrote before it is not written since
		if _, err := tx.Exec(ctx, `UPDATE opt_out SET wrote_at = 0, at = CASE WHEN at < ? THEN ? ELSE at END, said_at = CASE WHEN said_at < ? THEN ? ELSE said_at END
			WHERE org_id = ? AND contact_id = ?`, at, at, said, said, org, p.ID); err != nil {
			return false, err
		}
		return false, d.settled(ctx, tx, org, p, Everything)
	}
	if err := d.flags.SetFlag(ctx, tx, org, p.ID, contact.OptedOut, true); err != nil {
		return false, err
	}
	p.Flags.OptedOut = true
	if err := d.endSales(ctx, tx, org, p.ID); err != nil {
		return false, err
	}
	if !p.Flags.Objected {
		if err := d.flags.SetFlag(ctx, tx, org, p.ID, contact.Objected, true); err != nil {
			return false, err
		}
		p.Flags.Objected = true
		if err := d.proveFlag(ctx, tx, org, p.ID, "consent.objection", e); err != nil {
			return false, err
		}
	}
	if err := d.settled(ctx, tx, org, p, Everything); err != nil {
		return false, err
	}
	return true, d.prove(ctx, tx, org, p.ID, "opt_out", string(e.Source), e.Detail.Message, e.At)
}

// endAll withdraws every consent that stood when something was said.
func (d *Consents) endAll(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	states, err := d.States(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	for _, s := range states {
		if !s.ends(e.At) {
			continue
		}
		e.Purpose = s.Purpose
		if _, err := d.Withdraw(ctx, tx, org, p, e); err != nil {
			return err
		}
	}
	return nil
}

// Start takes a STOP back: the person may be answered again. Consents that
// were withdrawn stay withdrawn. It reports whether this is news.
func (d *Consents) Start(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string, message id.Message, at time.Time) (bool, error) {
	return d.startHeard(ctx, tx, org, p, source, Heard{Message: message, At: at})
}

// startHeard is Start by a message. One that was written before the STOP, and
// overtaken by it, takes nothing back: a colleague is asked.
func (d *Consents) startHeard(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string, h Heard) (bool, error) {
	at := h.At
	if p.Erased {
		return false, nil
	}
	if asked, err := d.overtaken(ctx, tx, org, p, h); err != nil || asked {
		return false, err
	}
	if err := d.restarted(ctx, tx, org, p.ID, at); err != nil {
		return false, err
	}
	if err := d.eased(ctx, tx, org, p); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, "DELETE FROM opt_out WHERE org_id = ? AND contact_id = ? AND at <= ?", org, p.ID, store.Micros(at))
	if err != nil || n == 0 {
		return false, err
	}
	if err := d.flags.SetFlag(ctx, tx, org, p.ID, contact.OptedOut, false); err != nil {
		return false, err
	}
	p.Flags.OptedOut = false
	if err := d.noRestart(ctx, tx, org, p.ID); err != nil {
		return false, err
	}
	return true, d.prove(ctx, tx, org, p.ID, "opt_in", source, h.Message, at)
}

func (d *Consents) prove(ctx context.Context, tx store.Tx, org id.Org, person id.Person, kind, source string, message id.Message, at time.Time) error {
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, Owner: id.ID(person), At: d.now(),
		Record: map[string]any{"source": source, "message": message.String(), "at": store.Micros(at)}})
}

// Confirmed notes that the one confirmation of a STOP is on its way.
func (d *Consents) Confirmed(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE opt_out SET confirmed = TRUE WHERE org_id = ? AND contact_id = ?", org, person)
	return err
}

// WroteAgain notes that a person who said STOP wrote since, words that are no
// stop words: a colleague may answer them, and the STOP stands. What she wrote
// before it and came after it is not written since.
func (d *Consents) WroteAgain(ctx context.Context, tx store.Tx, org id.Org, person id.Person, at, written time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE opt_out SET wrote_at = ? WHERE org_id = ? AND contact_id = ? AND at < ? AND wrote_at < ? AND said_at <= ?",
		store.Micros(at), org, person, store.Micros(at), store.Micros(at), store.Micros(written))
	return err
}

// StopStanding reports of the current STOP whether its one confirmation is out
// or on its way, and whether the person wrote again since.
func (d *Consents) StopStanding(ctx context.Context, r store.Reader, org id.Org, person id.Person) (confirmed, again bool, err error) {
	err = r.QueryRow(ctx, "SELECT confirmed, wrote_at > at FROM opt_out WHERE org_id = ? AND contact_id = ?", org, person).Scan(&confirmed, &again)
	if errors.Is(err, store.ErrNoRows) {
		err = nil
	}
	return confirmed, again, err
}

// Initiated proves that a person opened a matter by writing to us: the basis
// for answering it (S10).
func (d *Consents) Initiated(ctx context.Context, tx store.Tx, org id.Org, matters ...Matter) error {
	entries := make([]evidence.Entry, len(matters))
	for i, m := range matters {
		entries[i] = evidence.Entry{ID: id.Entry(m.ID), Kind: "contact.initiated", Owner: id.ID(m.Contact), At: d.now(),
			Record: map[string]any{"message": m.Message.String(), "at": store.Micros(m.At)}}
	}
	if len(entries) == 0 {
		return nil
	}
	return d.ledger.Append(ctx, tx, org, entries...)
}

// Matter is what a person wrote in about.
type Matter struct {
	ID      id.Matter
	Contact id.Person
	Message id.Message
	At      time.Time
}

// People reads one person.
type People interface {
	Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
}

// Marketer withdraws marketing consent as Meta tells it.
type Marketer struct {
	*Consents
	People People
}

// StoppedMarketing records that a person stopped marketing at WhatsApp: a
// withdrawal (Cloud API: error 131050).
func (m Marketer) StoppedMarketing(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	p, err := m.People.Get(ctx, tx, org, person)
	if err != nil {
		return err
	}
	err = m.MetaStopped(ctx, tx, org, p, Event{Source: FromMetaError, At: m.now()})
	if errors.Is(err, ErrErased) {
		return nil
	}
	return err
}
