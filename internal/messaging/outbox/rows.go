package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/gate"
	"einklang/internal/rule/id"
)

// Rows are the verdicts of the gate, for a check of the whole evidence log.
func (o *Outbox) Rows() evidence.Rows { return verdicts{} }

type verdicts struct{}

// Class: verdicts go as long after their message as proofs of consents do.
func (verdicts) Class() string { return "" }

// Proves: of each verdict there is a leaf.
func (verdicts) Proves(kind string) bool { return kind == "verdict" }

// proven is what a leaf says in clear columns of its row, too.
type proven struct {
	Message string `json:"message"`
	Phase   string `json:"phase"`
	AskedBy string `json:"asked_by"`
	Verdict struct {
		Outcome gate.Outcome `json:"outcome"`
		Reason  gate.Reason  `json:"reason"`
		Row     int64        `json:"row"`
		Basis   struct {
			Kind gate.BasisKind `json:"kind"`
		} `json:"basis"`
	} `json:"verdict"`
}

// Compare finds verdicts that are gone before their time, and those that say
// something else than their leaf.
func (verdicts) Compare(ctx context.Context, r store.Reader, org id.Org, leaves []evidence.Line, now time.Time) (missing, altered []id.Entry, err error) {
	var messages []id.Message
	said, ids := map[id.Entry]proven{}, []id.Entry{}
	over := id.At[id.Message](provenSince(now))
	for _, l := range leaves {
		var p proven
		if err := json.Unmarshal(l.Record, &p); err != nil {
			return nil, nil, fmt.Errorf("read the proof of a verdict: %w", err)
		}
		m, err := id.Parse[id.Message](p.Message)
		if err != nil {
			return nil, nil, fmt.Errorf("read the proof of a verdict: %w", err)
		}
		if id.Compare(m, over) < 0 {
			continue
		}
		messages, ids = append(messages, m), append(ids, l.ID)
		said[l.ID] = p
	}
	there := map[id.Entry]bool{}
	_, err = store.CollectIn(ctx, r, func(row store.Row) (none struct{}, err error) {
		var i id.Entry
		var p proven
		if err = row.Scan(&i, &p.Phase, &p.Verdict.Outcome, &p.Verdict.Reason, &p.Verdict.Row, &p.Verdict.Basis.Kind, &p.AskedBy); err != nil {
			return none, err
		}
		there[i] = true
		was, is := said[i]
		if p.Message = was.Message; is && p != was {
			altered = append(altered, i)
		}
		return none, nil
	}, "SELECT id, phase, outcome, reason, row_no, basis, asked_by FROM verdict WHERE org_id = ? AND message_id IN (?)", id.Distinct(messages), org)
	if err != nil {
		return nil, nil, fmt.Errorf("read verdicts: %w", err)
	}
	return evidence.Without(ids, there), altered, nil
}

// Each goes through the ids of the verdicts.
func (verdicts) Each(ctx context.Context, r store.Reader, org id.Org, see func(id.Entry)) error {
	return evidence.EachOf(ctx, r, see, "SELECT id FROM verdict WHERE org_id = ?", org)
}
