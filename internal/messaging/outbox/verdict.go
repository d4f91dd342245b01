package outbox

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// judgement is one verdict to be stored.
type judgement struct {
	message id.Message
	contact id.Person
	verdict gate.Verdict
	phase   string // queue | call
	askedBy string
}

// record stores a verdict and its proof.
func (o *Outbox) record(ctx context.Context, tx store.Tx, org id.Org, message id.Message, p *chat.Known, phase string, v gate.Verdict, askedBy string) error {
	return o.recordAll(ctx, tx, org, []judgement{{message, p.ID, v, phase, askedBy}})
}

func (o *Outbox) recordAll(ctx context.Context, tx store.Tx, org id.Org, all []judgement) error {
	rows := make([][]any, len(all))
	entries := make([]evidence.Entry, len(all))
	now := o.Now()
	for i, j := range all {
		v := j.verdict
		at := id.Entry(o.IDs.New())
		rows[i] = []any{org, at, j.message, j.contact, j.phase, string(v.Outcome), string(v.Reason), int64(v.Row),
			string(v.Basis.Kind), v.Basis.ID, v.NoticeVersion, j.askedBy, store.Micros(now)}
		entries[i] = evidence.Entry{ID: at, Kind: "verdict", Owner: id.ID(j.contact), At: now,
			Record: map[string]any{"message": j.message.String(), "phase": j.phase, "asked_by": j.askedBy, "verdict": v}}
	}
	err := tx.InsertMany(ctx, store.Insert{Into: "verdict (org_id, id, message_id, contact_id, phase, outcome, reason, row_no, basis, basis_id, notice_id, asked_by, at)"}, rows)
	if err != nil {
		return fmt.Errorf("store a verdict: %w", err)
	}
	if err := o.Ledger.Append(ctx, tx, org, entries...); err != nil {
		return fmt.Errorf("prove a verdict: %w", err)
	}
	return nil
}

// Judgement is a stored verdict as people read it.
type Judgement struct {
	ID      id.Verdict
	Phase   string
	Outcome gate.Outcome
	Reason  gate.Reason
	Row     int
	Basis   gate.Basis
	AskedBy string
	At      time.Time
}

// Verdicts reads what the gate said about a message, the oldest first.
func (o *Outbox) Verdicts(ctx context.Context, r store.Reader, org id.Org, message id.Message) ([]Judgement, error) {
	return store.Collect(ctx, r, func(row store.Row) (Judgement, error) {
		var j Judgement
		var no, at int64
		err := row.Scan(&j.ID, &j.Phase, &j.Outcome, &j.Reason, &no, &j.Basis.Kind, &j.Basis.ID, &j.AskedBy, &at)
		j.Row, j.At = int(no), store.Time(at)
		return j, err
	}, "SELECT id, phase, outcome, reason, row_no, basis, basis_id, asked_by, at FROM verdict WHERE org_id = ? AND message_id = ? ORDER BY id", org, message)
}
