package optin

import (
	"context"
	"slices"
	"strings"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
)

// Object records that a person objects to advertising (GDPR Art. 21(2), (3)):
// at once and for ever. Every consent to advertising ends with it.
func (d *Consents) Object(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	return d.forbid(ctx, tx, org, p, contact.Objected, "consent.objection", e)
}

// EndAdvertising acts on words that end advertising and nothing else: the
// consent is withdrawn and the person has objected. It returns the words to
// answer with, none if nothing is new. Whoever agreed after we heard this, and
// before we came to it, is asked about: until then advertising is held.
func (q *Requests) EndAdvertising(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, source string, h Heard) (string, error) {
	if p.Erased || p.Keys == nil {
		return "", nil
	}
	states, err := q.desk.States(ctx, tx, org, p.ID)
	if err != nil {
		return "", err
	}
	held := false
	for _, s := range states {
		if s.Purpose == Marketing && s.State == gate.ConsentGranted {
			if s.since(h.At) {
				_, err := q.desk.Doubt(ctx, tx, org, p, Doubt{Message: h.Message, Why: Late, Holds: Advertising, Said: h.At})
				return "", err
			}
			held = true
		}
	}
	if p.Flags.Objected && !held {
		return "", q.desk.settled(ctx, tx, org, p, Advertising)
	}
	e := Event{Purpose: Marketing, Source: Source(source), At: h.At, Detail: Detail{Message: h.Message}}
	if _, err := q.desk.Withdraw(ctx, tx, org, p, e); err != nil {
		return "", err
	}
	if err := q.desk.Object(ctx, tx, org, p, e); err != nil {
		return "", err
	}
	said, err := q.saidObjection(ctx, tx, org, p)
	if err != nil {
		return "", err
	}
	return said, q.desk.settled(ctx, tx, org, p, Advertising)
}

// saidObjection confirms an objection to advertising: it is entered, and what goes
// on. Of other systems of the company nothing is known here, so nothing is said.
func (q *Requests) saidObjection(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (string, error) {
	c := q.catalogue(languageOf(p))
	goesOn, err := q.desk.Names(ctx, r, org, p.ID, c)
	if err != nil || !p.Flags.Objected {
		return "", err
	}
	return SaidObjection(goesOn, c), nil
}

// SaidObjection is the confirmation of an objection to advertising, where consents
// to other purposes hold, or none (GDPR Art. 21(3)).
func SaidObjection(goesOn []string, c *i18n.Catalogue) string {
	if len(goesOn) == 0 {
		return c.T("confirm.k2") + " " + c.T("confirm.k2.none")
	}
	return c.T("confirm.k2") + " " + c.T("confirm.k2.others", strings.Join(goesOn, ", "))
}

// SaidWithdrawal is the confirmation that a consent to one purpose is withdrawn,
// where others hold, or none (GDPR Art. 7(3)).
func SaidWithdrawal(purpose string, holds []string, c *i18n.Catalogue) string {
	if len(holds) == 0 {
		return c.T("confirm.k4", purpose) + " " + c.T("confirm.k4.none")
	}
	return c.T("confirm.k4", purpose) + " " + c.T("confirm.k4.others", strings.Join(holds, ", "))
}

// Names are the purposes to which a person's consent holds, in a language.
func (d *Consents) Names(ctx context.Context, r store.Reader, org id.Org, person id.Person, c *i18n.Catalogue) ([]string, error) {
	states, err := d.States(ctx, r, org, person)
	if err != nil {
		return nil, err
	}
	all, err := d.Purposes(ctx, r, org)
	var names []string
	for _, p := range all {
		if slices.ContainsFunc(states, func(s State) bool { return s.Purpose == p.Key && s.State == gate.ConsentGranted }) {
			names = append(names, PurposeName(p, c))
		}
	}
	return names, err
}

// MarkMinor records that a person is under 16 (GDPR Art. 8): no advertising,
// and consents to it end. A birth date is never asked for.
func (d *Consents) MarkMinor(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	return d.forbid(ctx, tx, org, p, contact.Minor, "consent.minor", e)
}

// forbid sets a flag that rules out advertising and withdraws what it ends.
func (d *Consents) forbid(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, flag contact.Flag, kind string, e Event) error {
	if p.Erased || p.Keys == nil {
		return ErrErased
	}
	if e.At.IsZero() {
		e.At = d.now()
	}
	states, err := d.States(ctx, tx, org, p.ID)
	if err != nil {
		return err
	}
	for _, s := range states {
		rule, known := builtIn(s.Purpose)
		if own, err := d.Purpose(ctx, tx, org, s.Purpose); err == nil {
			rule, known = own, true
		}
		if !s.ends(e.At) || known && !rule.Advertising {
			continue
		}
		e.Purpose = s.Purpose
		if _, err := d.Withdraw(ctx, tx, org, p, e); err != nil {
			return err
		}
	}
	if err := d.flags.SetFlag(ctx, tx, org, p.ID, flag, true); err != nil {
		return err
	}
	if err := d.endSales(ctx, tx, org, p.ID); err != nil {
		return err
	}
	if flag == contact.Objected {
		p.Flags.Objected = true
	} else {
		p.Flags.Minor = true
	}
	return d.proveFlag(ctx, tx, org, p.ID, kind, e)
}

// OfAge takes back that a person is under 16.
func (d *Consents) OfAge(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, e Event) error {
	if err := d.flags.SetFlag(ctx, tx, org, p.ID, contact.Minor, false); err != nil {
		return err
	}
	p.Flags.Minor = false
	return d.proveFlag(ctx, tx, org, p.ID, "consent.minor.lifted", e)
}

func (d *Consents) proveFlag(ctx context.Context, tx store.Tx, org id.Org, person id.Person, kind string, e Event) error {
	if e.At.IsZero() {
		e.At = d.now()
	}
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: kind, Owner: id.ID(person), At: d.now(),
		Record: map[string]any{"source": e.Source, "note": e.Detail.Note, "staff": e.Detail.Staff.String(), "message": e.Detail.Message.String(), "at": store.Micros(e.At)}})
}

// reopen takes back the STOP of a person who agrees again herself, and her
// objection if she agrees to advertising.
func (d *Consents) reopen(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, rule Purpose, e Event) error {
	if rule.Advertising {
		if err := d.settled(ctx, tx, org, p, Everything); err != nil {
			return err
		}
	}
	if p.Flags.OptedOut {
		if _, err := d.Start(ctx, tx, org, p, string(e.Source), e.Detail.Message, e.At); err != nil {
			return err
		}
	}
	if !p.Flags.Objected || !rule.Advertising {
		return nil
	}
	if err := d.flags.SetFlag(ctx, tx, org, p.ID, contact.Objected, false); err != nil {
		return err
	}
	p.Flags.Objected = false
	if err := d.endSales(ctx, tx, org, p.ID); err != nil { // of a record that did not object, and is hers now
		return err
	}
	return d.proveFlag(ctx, tx, org, p.ID, "consent.objection.lifted", e)
}
