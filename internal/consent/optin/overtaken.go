package optin

import (
	"context"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Prompt is how late a message may come to count as written when it came.
const Prompt = 10 * time.Minute

// late reports whether a message was long on its way.
func (h Heard) late() bool { return !h.Written.IsZero() && h.At.Sub(h.Written) > Prompt }

// given is when somebody agreed who agreed with a message.
func (h Heard) given() time.Time {
	if h.late() {
		return h.Written
	}
	return h.At
}

// overtaken reports whether a START or a yes was written before the STOP that holds,
// though it came after it: it is not her last word. The same for a late one of
// somebody who objects to advertising. A colleague is asked.
func (d *Consents) overtaken(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, h Heard) (bool, error) {
	if h.Written.IsZero() || p.Keys == nil || !p.Flags.OptedOut && (!p.Flags.Objected || !h.late()) {
		return false, nil
	}
	over := !p.Flags.OptedOut
	if !over {
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM opt_out WHERE org_id = ? AND contact_id = ? AND at <= ? AND said_at > ?)",
			org, p.ID, store.Micros(h.At), store.Micros(h.Written)).Scan(&over)
		if err != nil || !over {
			return false, err
		}
	}
	_, err := d.Doubt(ctx, tx, org, p, Doubt{Message: h.Message, Why: Restart, Holds: Nothing, Said: h.Written})
	return true, err
}

// restart records what a colleague found out about a START that was overtaken.
func (d *Consents) restart(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, x Doubt, answer string, staff id.Account) error {
	if answer == none && p.Flags.OptedOut {
		if _, err := d.Start(ctx, tx, org, p, string(FromStaff), x.Message, d.now()); err != nil {
			return err
		}
	}
	return d.proveAnswer(ctx, tx, org, p, x, answer, staff)
}

// noRestart ends the question whether a STOP holds: it does not.
func (d *Consents) noRestart(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE doubt SET answer = ?, ended_at = ? WHERE org_id = ? AND contact_id = ? AND answer = 'open' AND why = ?",
		byHerself, store.Micros(d.now()), org, person, string(Restart))
	return err
}
