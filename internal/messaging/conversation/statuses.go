package conversation

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// statusBatch gathers what statuses change, so that three statuses of one
// message are one update.
type statusBatch struct {
	pii.Personal
	order []*statusUpdate
	known map[id.Message]*statusUpdate
}

type statusUpdate struct {
	pii.Personal
	m      *sealedMessage
	before chat.State
	wamid  string
	hash   vault.Hash
	learnt bool // the message did not know its WhatsApp id yet
}

// add takes one status into account and reports whether the state moved.
func (b *statusBatch) add(m *sealedMessage, c Change, keys *vault.Org) bool {
	if b.known == nil {
		b.known = map[id.Message]*statusUpdate{}
	}
	u := b.known[m.ID]
	if u == nil {
		u = &statusUpdate{m: m, before: m.State}
		b.known[m.ID] = u
		b.order = append(b.order, u)
	}
	if len(m.wamid) == 0 && !u.learnt && c.WAMID != "" {
		u.wamid, u.hash, u.learnt = c.WAMID, keys.Lookup("wamid", c.WAMID), true
	}
	was := m.State
	m.State = m.State.Advance(c.State)
	switch c.State {
	case chat.Sent:
		earliest(&m.Sent, c.At)
	case chat.Delivered:
		earliest(&m.Delivered, c.At)
	case chat.Read, chat.Played:
		earliest(&m.Read, c.At)
		earliest(&m.Delivered, c.At) // Cloud API: "delivered" may be left out
	case chat.Failed:
		if m.State == chat.Failed && c.ErrorCode != 0 {
			m.ErrorCode = c.ErrorCode
		}
	default:
	}
	if m.State != chat.Failed {
		m.ErrorCode = 0 // a delivery has disproved the failure
	}
	return m.State != was
}

func earliest(have *time.Time, news time.Time) {
	if have.IsZero() || news.Before(*have) {
		*have = news
	}
}

var updateStatus = store.Update{Table: "message", Set: "state = ?, sent_at = ?, delivered_at = ?, read_at = ?, error_code = ?", Where: "org_id = ? AND id = ? AND state = ?"}

func (t *Threads) saveStatuses(ctx context.Context, tx store.Tx, org id.Org, b *statusBatch) error {
	var rows, latest [][]any
	for _, u := range b.order {
		m := u.m
		rows = append(rows, []any{string(m.State), store.Micros(m.Sent), store.Micros(m.Delivered), store.Micros(m.Read),
			int64(m.ErrorCode), org, m.ID, string(u.before)})
		latest = append(latest, []any{string(m.State), store.Micros(t.now()), org, m.Conversation, m.ID})
		t.tell(tx, org, m.Conversation)
	}
	touched, err := tx.UpdateCounted(ctx, updateStatus, rows)
	if err != nil {
		return fmt.Errorf("store statuses: %w", err)
	}
	for _, n := range touched {
		if n == 0 {
			return ErrRaced
		}
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "conversation", Set: "last_state = ?, changed_at = ?", Where: "org_id = ? AND id = ? AND last_message = ?"}, latest); err != nil {
		return fmt.Errorf("store statuses: %w", err)
	}
	return t.learnWAMIDs(ctx, tx, org, b)
}

// learnWAMIDs stores WhatsApp's ids that a status told before the answer to
// the call did, and applies what has waited for them.
func (t *Threads) learnWAMIDs(ctx context.Context, tx store.Tx, org id.Org, b *statusBatch) error {
	var owners []id.Person
	for _, u := range b.order {
		if u.learnt {
			owners = append(owners, u.m.Contact)
		}
	}
	if len(owners) == 0 {
		return nil
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	rings, err := vault.Keyrings(ctx, tx, keys, owners)
	if err != nil {
		return err
	}
	var rows [][]any
	var hashes []vault.Hash
	for _, u := range b.order {
		if ring := rings[u.m.Contact]; u.learnt && ring != nil {
			rows = append(rows, []any{ring.Seal(wamidContext, u.m.ID, []byte(u.wamid)), u.hash, org, u.m.ID})
			hashes = append(hashes, u.hash)
		}
	}
	err = tx.UpdateMany(ctx, store.Update{Table: "message", Set: "wamid = ?, wamid_hash = ?", Where: "org_id = ? AND id = ? AND wamid_hash IS NULL"}, rows)
	if err != nil {
		return err
	}
	added := make([]Added, len(hashes))
	for i := range added {
		added[i].New = true
	}
	return t.applyEarly(ctx, tx, org, hashes, added)
}
