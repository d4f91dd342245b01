package notice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// The errors of handing over.
var (
	// ErrHow is returned where nobody says how the notice was handed over.
	ErrHow = errors.New("say how the privacy notice was handed over")
	// ErrGone is returned for a person who is erased.
	ErrGone = errors.New("the person is erased")
)

const handedContext = "notice.handed"

// Handed records that a person was given the notice in force by other means than
// a message: with a form on paper, by letter, read out (GDPR Art. 13(1),
// 14(3)(b)). How is in words; by is who recorded it. The error is ErrNone where
// no version is published.
func (b *Board) Handed(ctx context.Context, tx store.Tx, org id.Org, p *chat.Known, how string, by id.Account) error {
	how = strings.TrimSpace(how)
	switch {
	case p.Erased || p.Keys == nil:
		return ErrGone
	case how == "":
		return ErrHow
	}
	v, err := b.Current(ctx, tx, org)
	if err != nil {
		return err
	}
	now, entry := b.now(), id.Entry(b.ids.New())
	n, err := tx.Exec(ctx, `INSERT INTO notice_delivery (org_id, contact_id, notice_id, message_id, state, at, handed) VALUES (?, ?, ?, ?, 'sent', ?, ?)
		ON CONFLICT DO NOTHING`, org, p.ID, v.ID, id.Message(entry), store.Micros(now), p.Keys.Seal(handedContext, v.ID, []byte(how)))
	if err != nil {
		return fmt.Errorf("record that a notice was handed over: %w", err)
	}
	if n == 0 {
		return nil // she has it
	}
	if err := b.tellAll(ctx, tx, org, now, p.ID); err != nil {
		return err
	}
	return b.ledger.Append(ctx, tx, org, evidence.Entry{ID: entry, Kind: "notice.handed", Owner: id.ID(p.ID), At: now,
		Record: map[string]any{"notice": v.ID.String(), "version": v.Number, "how": how, "staff": by.String()}})
}

// HandedAll records that people were informed by other means than a message, as
// one act that its caller proves (GDPR Art. 14): whoever had no notice has the one
// in force from then on. Nothing is recorded where none is published.
func (b *Board) HandedAll(ctx context.Context, tx store.Tx, org id.Org, people []id.Person, at time.Time) error {
	v, err := b.Current(ctx, tx, org)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	rows := make([][]any, len(people))
	for i, person := range people {
		rows[i] = []any{org, person, v.ID, id.Message(b.ids.New()), store.Micros(at), []byte{}}
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "notice_delivery (org_id, contact_id, notice_id, message_id, at, handed, state)", Values: "?, ?, ?, ?, ?, ?, 'sent'", Skip: true}, rows)
	if err != nil {
		return fmt.Errorf("record that people were informed: %w", err)
	}
	return nil
}

// tellAll tells who waits for it that people have a notice.
func (b *Board) tellAll(ctx context.Context, tx store.Tx, org id.Org, at time.Time, people ...id.Person) error {
	for _, person := range people {
		for _, tell := range b.told {
			if err := tell(ctx, tx, org, person, at); err != nil {
				return err
			}
		}
	}
	return nil
}
