package breach

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Ground is why a breach with a high risk is closed though the letter did not
// reach everybody whom it concerns.
type Ground string

// The grounds.
const (
	Protected Ground = "a"    // the data could not be read by anybody else (Art. 34(3)(a))
	Averted   Ground = "b"    // measures since then: the high risk is no longer likely (Art. 34(3)(b))
	Public    Ground = "c"    // telling each would be too much effort; told in public (Art. 34(3)(c))
	Otherwise Ground = "told" // each was told, another way (Art. 34(1))
)

// Grounds lists all grounds.
func Grounds() []Ground { return []Ground{Protected, Averted, Public, Otherwise} }

// Exemption is the ground with which a breach was closed, and why it holds.
type Exemption struct {
	pii.Personal
	Ground Ground     `json:"ground"`
	Reason string     `json:"reason"`
	Untold int64      `json:"untold"` // by letter, when it was closed
	By     id.Account `json:"by"`
}

// untoldBite is how many people are looked at with one query.
const untoldBite = 500

// Untold counts those whom a breach concerns and whom no letter has reached for
// sure; one whose fate is open has reached nobody.
func (d *Register) Untold(ctx context.Context, r store.Reader, org id.Org, rec Record) (n int64, err error) {
	if rec.Scope.From.IsZero() || !rec.Scope.Until.After(rec.Scope.From) {
		return 0, nil
	}
	var after id.Person
	for {
		people, err := d.threads.Writers(ctx, r, org, rec.Scope.Channel, rec.Scope.From, rec.Scope.Until, after, untoldBite)
		if err != nil || len(people) == 0 {
			return n, err
		}
		told, err := store.CollectIn(ctx, r, store.One[id.Person], "SELECT contact_id FROM breach_letter WHERE org_id = ? AND breach_id = ? AND way IN ('whatsapp', 'mail') AND message_id IS NULL AND contact_id IN (?)", people, org, rec.ID)
		if err != nil {
			return n, fmt.Errorf("count whom nobody has told of a breach: %w", err)
		}
		n += int64(len(people) - len(id.Distinct(told)))
		after = people[len(people)-1]
	}
}

// Shut closes a breach. With a high risk each person whom it concerns has been
// told, or there is a ground why not, and a reason (Art. 34(1), (3)). Errors:
// ErrOpen, ErrScope, ErrUntold, ErrClosed.
func (d *Register) Shut(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, e Exemption) error {
	r, err := d.open(ctx, tx, org, at)
	if err != nil {
		return err
	}
	if r.Reported.IsZero() && r.Risk != NoRisk {
		return ErrOpen
	}
	if r.Risk == HighRisk {
		if r.Scope.From.IsZero() || r.Scope.Until.IsZero() {
			return ErrScope
		}
		if e.Untold, err = d.Untold(ctx, tx, org, r); err != nil {
			return err
		}
		e.Reason = strings.TrimSpace(e.Reason)
		switch {
		case e.Untold == 0:
		case e.Reason == "" || !slices.Contains(Grounds(), e.Ground):
			return ErrUntold
		default:
			if err := d.write(ctx, tx, org, at, func(r *Record) { r.Exempt = &e }); err != nil {
				return err
			}
		}
	}
	return d.note(ctx, tx, org, r, Close, e.By)
}
