package optin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Rows are the events of consents, for a check of the whole evidence log.
func (d *Consents) Rows() evidence.Rows { return rows{} }

type rows struct{}

// Class: what proves a consent goes with the person only.
func (rows) Class() string { return "" }

// Proves: of each event there is a leaf.
func (rows) Proves(kind string) bool {
	of, is := strings.CutPrefix(kind, "consent.")
	return is && slices.Contains(eventKinds, of)
}

// proven is what a leaf says in clear columns of its row, too.
type proven struct {
	Event   string `json:"event"`
	Purpose string `json:"purpose"`
	Source  string `json:"source"`
	At      int64  `json:"at"`
	Text    string `json:"text"`
}

// Compare finds events that are gone, and those that say something else than
// their leaf.
func (rows) Compare(ctx context.Context, r store.Reader, org id.Org, leaves []evidence.Line, _ time.Time) (missing, altered []id.Entry, err error) {
	ids, said := make([]id.Entry, len(leaves)), make(map[id.Entry]proven, len(leaves))
	for i, l := range leaves {
		var p proven
		if err := json.Unmarshal(l.Record, &p); err != nil {
			return nil, nil, fmt.Errorf("read the proof of a consent: %w", err)
		}
		ids[i], said[l.ID] = l.ID, p
	}
	there := map[id.Entry]bool{}
	_, err = store.CollectIn(ctx, r, func(row store.Row) (none struct{}, err error) {
		var i id.Entry
		var p proven
		var text id.Wording
		if err = row.Scan(&i, &p.Purpose, &p.Event, &p.Source, &p.At, &text); err != nil {
			return none, err
		}
		if !text.IsZero() {
			p.Text = text.String()
		}
		if there[i] = true; p != said[i] {
			altered = append(altered, i)
		}
		return none, nil
	}, "SELECT id, purpose, kind, source, at, text_id FROM consent_event WHERE org_id = ? AND id IN (?)", ids, org)
	if err != nil {
		return nil, nil, fmt.Errorf("read the events of consents: %w", err)
	}
	return evidence.Without(ids, there), altered, nil
}

// Each goes through the ids of the events.
func (rows) Each(ctx context.Context, r store.Reader, org id.Org, see func(id.Entry)) error {
	return evidence.EachOf(ctx, r, see, "SELECT id FROM consent_event WHERE org_id = ?", org)
}
