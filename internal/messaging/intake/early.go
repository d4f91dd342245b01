package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
	"einklang/internal/rule/pii"
)

// What a person chooses at Meta about advertising may name her by an identity by
// which nobody is known yet: her number, while we know her user id alone, or
// before she has written at all. Nobody becomes known by it. It waits under a keyed
// hash, and counts as soon as somebody is known by that identity.

// The words that wait.
const (
	wordStop   = "stop"
	wordResume = "resume"
)

// choice is what somebody chose at Meta about advertising.
type choice struct {
	pii.Personal
	word     string
	at       time.Time
	received time.Time
	failed   bool // Meta said so by refusing a message
}

// early keeps a choice of somebody whom nobody knows.
func (in *Intake) early(ctx context.Context, tx store.Tx, orgID id.Org, phone, bsuid string, c choice) error {
	var rows [][]any
	for kind, value := range map[identity.Kind]string{identity.Phone: phone, identity.BSUID: bsuid} {
		if value == "" {
			continue
		}
		all, err := in.People.Spelled(ctx, tx, orgID, string(kind), value)
		if err != nil {
			return err
		}
		rows = append(rows, []any{orgID, all[0].Kind, all[0].Hash, c.word, store.Micros(c.at), store.Micros(c.received), c.failed})
	}
	err := tx.InsertMany(ctx, store.Insert{Into: "early_word (org_id, kind, hash, word, at, received_at, failed)", Skip: true}, rows)
	if err != nil {
		return fmt.Errorf("keep what somebody chose at Meta: %w", err)
	}
	return nil
}

// Known applies what people chose at Meta before they were known by what Meta
// named them by. It is to be told whenever people change.
func (in *Intake) Known(ctx context.Context, tx store.Tx, orgID id.Org, people ...id.Person) error {
	var waits bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM early_word WHERE org_id = ?)", orgID).Scan(&waits); err != nil || !waits {
		return err
	}
	for _, person := range people {
		if err := in.catchUp(ctx, tx, orgID, person); err != nil {
			return fmt.Errorf("apply what somebody chose at Meta: %w", err)
		}
	}
	return nil
}

// catchUp applies what waits for one person, in the order in which she chose it.
func (in *Intake) catchUp(ctx context.Context, tx store.Tx, orgID id.Org, person id.Person) error {
	handles, err := in.People.Held(ctx, tx, orgID, person)
	if err != nil {
		return err
	}
	var hers [][]any
	for _, h := range handles {
		hers = append(hers, []any{orgID, h.Kind, h.Hash})
	}
	var all []choice
	err = tx.QueryMany(ctx, "SELECT word, at, received_at, failed FROM early_word WHERE org_id = ? AND kind = ? AND hash = ?", hers, func(_ int, row store.Row) error {
		var c choice
		var at, received int64
		err := row.Scan(&c.word, &at, &received, &c.failed)
		c.at, c.received = store.Time(at), store.Time(received)
		all = append(all, c)
		return err
	})
	if err != nil || len(all) == 0 {
		return err
	}
	slices.SortStableFunc(all, func(a, b choice) int { return a.at.Compare(b.at) })
	if err := tx.DeleteMany(ctx, store.Delete{From: "early_word", Where: "org_id = ? AND kind = ? AND hash = ?"}, hers); err != nil {
		return err
	}
	p, err := in.known(ctx, tx, orgID, person)
	if err != nil || p == nil || p.Erased {
		return err
	}
	for _, c := range all {
		if err := in.chose(ctx, tx, orgID, p, c); err != nil {
			return err
		}
	}
	return nil
}

// chose applies what a person chose at Meta: a stop ends what is granted now, and
// a resume takes Meta's own stop back.
func (in *Intake) chose(ctx context.Context, tx store.Tx, orgID id.Org, p *chat.Known, c choice) error {
	e := optin.Event{Source: optin.FromMeta, At: c.at, Detail: optin.Detail{Note: "WhatsApp user_preferences: " + c.word}}
	if c.failed {
		e.Source, e.Detail = optin.FromMetaError, optin.Detail{}
	}
	if c.word == wordResume {
		return ignoreErased(in.Consents.MetaResumed(ctx, tx, orgID, p, e))
	}
	if !c.failed {
		e.Ends = c.received
	}
	return ignoreErased(in.Consents.MetaStopped(ctx, tx, orgID, p, e))
}
