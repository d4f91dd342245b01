package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/rule/id"
	"einklang/internal/rule/period"
)

// Rule is a class with the period that an organisation has chosen.
type Rule struct {
	period.Class
	Amount int
	Reason string // of a period of its own
	By     id.Account
	At     time.Time
}

// Changed reports whether the period differs from the default.
func (r Rule) Changed() bool { return r.Amount != r.Default }

// Trouble is what is wrong with the period; see [period.Class.Warning].
func (r Rule) Trouble() string { return r.Warning(r.Amount) }

// The errors of SetRule.
var (
	ErrClass     = errors.New("this class of data has no period that can be changed")
	ErrAmount    = errors.New("this period cannot be used: choose a number from 1 up")
	ErrOwnReason = errors.New("a period of your own needs a reason: the authority will ask for it")
)

// Rules reads the periods of an organisation.
func Rules(ctx context.Context, r store.Reader, org id.Org) ([]Rule, error) {
	type stored struct {
		class, reason string
		amount, at    int64
		by            id.Account
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (s stored, err error) {
		return s, row.Scan(&s.class, &s.amount, &s.reason, &s.by, &s.at)
	}, "SELECT class, amount, reason, by_id, at FROM retention_rule WHERE org_id = ?", org)
	if err != nil {
		return nil, fmt.Errorf("read the retention periods: %w", err)
	}
	own := map[string]stored{}
	for _, s := range rows {
		own[s.class] = s
	}
	var all []Rule
	for _, c := range period.Classes() {
		rule := Rule{Class: c, Amount: c.Default}
		if s, chosen := own[c.Key]; chosen && !c.Fixed {
			rule.Amount, rule.Reason, rule.By, rule.At = int(s.amount), s.reason, s.by, store.Time(s.at)
		}
		all = append(all, rule)
	}
	return all, nil
}

// RuleOf reads the period of one class.
func RuleOf(ctx context.Context, r store.Reader, org id.Org, key string) (Rule, error) {
	all, err := Rules(ctx, r, org)
	if err != nil {
		return Rule{}, err
	}
	for _, rule := range all {
		if rule.Key == key {
			return rule, nil
		}
	}
	return Rule{}, ErrClass
}

// KeptAs reads the periods that hold for a conversation, by how it is kept.
func KeptAs(ctx context.Context, r store.Reader, org id.Org, as conversation.Keep) ([]Rule, error) {
	all, err := Rules(ctx, r, org)
	var classes []string
	switch as {
	case conversation.Ordinary:
		classes = []string{period.Messages, period.Media}
	case conversation.Letter:
		classes = []string{period.Letters}
	case conversation.Voucher:
		classes = []string{period.Vouchers}
	}
	return slices.DeleteFunc(all, func(rule Rule) bool { return !slices.Contains(classes, rule.Key) }), err
}

// SetRule changes a period. The default needs no reason.
func (d *Holds) SetRule(ctx context.Context, tx store.Tx, org id.Org, key string, amount int, reason string, by id.Account) error {
	c, known := period.ClassOf(key)
	reason = strings.TrimSpace(reason)
	switch {
	case !known || c.Fixed:
		return ErrClass
	case amount < 1 || amount > c.Most():
		return ErrAmount
	case amount != c.Default && reason == "":
		return ErrOwnReason
	}
	var err error
	if amount == c.Default {
		_, err = tx.Exec(ctx, "DELETE FROM retention_rule WHERE org_id = ? AND class = ?", org, key)
	} else {
		_, err = tx.Exec(ctx, `INSERT INTO retention_rule (org_id, class, amount, reason, by_id, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (org_id, class) DO UPDATE SET amount = excluded.amount, reason = excluded.reason, by_id = excluded.by_id, at = excluded.at`,
			org, key, int64(amount), reason, by, store.Micros(d.now()))
	}
	if err != nil {
		return fmt.Errorf("change a retention period: %w", err)
	}
	return d.ledger.Append(ctx, tx, org, evidence.Entry{ID: id.Entry(d.ids.New()), Kind: "retention.changed", At: d.now(),
		Record: map[string]any{"class": key, "amount": amount, "unit": string(c.Unit), "by": by.String()}})
}
