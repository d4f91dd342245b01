package conversation

import (
	"context"
	"fmt"

	"einklang/internal/chat"
	"einklang/internal/id"
	"einklang/internal/store"
	"einklang/internal/vault"
)

// Progress moves outgoing messages on. A status webhook may have been faster,
// so the state on the disk is read first and never goes back, unless a person
// decided so.
func (t *Threads) Progress(ctx context.Context, tx store.Tx, org id.ID, news ...chat.Progress) error {
	args := make([][]any, len(news))
	for i, p := range news {
		args[i] = []any{org, p.Message}
	}
	now := make([]current, len(news))
	err := tx.QueryMany(ctx, "SELECT state, conversation_id, contact_id, wamid_hash IS NOT NULL FROM message WHERE org_id = ? AND id = ?", args,
		func(i int, row store.Row) error {
			return row.Scan(&now[i].state, &now[i].conversation, &now[i].contact, &now[i].named)
		})
	if err != nil {
		return fmt.Errorf("read the state of messages: %w", err)
	}
	var moves, latest [][]any
	for i, p := range news {
		c := now[i]
		if c.conversation.IsZero() {
			continue // deleted meanwhile
		}
		state := c.state.Advance(p.State)
		if p.Forced {
			state = p.State
		}
		moves = append(moves, []any{string(state), int64(p.ErrorCode), p.Reason, p.Cost, org, p.Message, string(c.state)})
		latest = append(latest, []any{string(state), store.Micros(t.now()), org, c.conversation, p.Message})
		t.tell(tx, org, c.conversation)
	}
	touched, err := tx.ExecMany(ctx, "UPDATE message SET state = ?, error_code = ?, reason = ?, cost = cost + ? WHERE org_id = ? AND id = ? AND state = ?", moves)
	if err != nil {
		return fmt.Errorf("store the state of messages: %w", err)
	}
	for _, n := range touched {
		if n == 0 {
			return ErrRaced
		}
	}
	if err := tx.ExecAll(ctx, "UPDATE conversation SET last_state = ?, changed_at = ? WHERE org_id = ? AND id = ? AND last_message = ?", latest); err != nil {
		return fmt.Errorf("store the state of messages: %w", err)
	}
	return t.nameMessages(ctx, tx, org, news, now)
}

type current struct {
	state        chat.State
	conversation id.ID
	contact      id.ID
	named        bool // WhatsApp's id is known already
}

// nameMessages stores WhatsApp's ids that the answers to calls brought.
func (t *Threads) nameMessages(ctx context.Context, tx store.Tx, org id.ID, news []chat.Progress, now []current) error {
	var owners []id.ID
	for i, p := range news {
		if p.WAMID != "" && !now[i].named {
			owners = append(owners, now[i].contact)
		}
	}
	if len(owners) == 0 {
		return nil
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	rings, err := keys.Keyrings(ctx, tx, owners)
	if err != nil {
		return err
	}
	var rows [][]any
	var hashes []vault.Hash
	for i, p := range news {
		if ring := rings[now[i].contact]; p.WAMID != "" && !now[i].named && ring != nil {
			hash := keys.Lookup("wamid", p.WAMID)
			rows = append(rows, []any{ring.Seal(wamidContext, p.Message, []byte(p.WAMID)), hash, org, p.Message})
			hashes = append(hashes, hash)
		}
	}
	if err := tx.ExecAll(ctx, "UPDATE message SET wamid = ?, wamid_hash = ? WHERE org_id = ? AND id = ? AND wamid_hash IS NULL", rows); err != nil {
		return fmt.Errorf("store WhatsApp's ids: %w", err)
	}
	added := make([]Added, len(hashes))
	for i := range added {
		added[i].New = true
	}
	return t.applyEarly(ctx, tx, org, hashes, added)
}

// Find reads messages by their ids.
func (t *Threads) Find(ctx context.Context, r store.Reader, org id.ID, messages []id.ID) (map[id.ID]chat.Message, error) {
	sealed, err := store.CollectIn(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+messageColumns+" FROM message WHERE org_id = ? AND id IN (?)", messages, org)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	opened, err := t.openAll(ctx, r, org, sealed)
	if err != nil {
		return nil, err
	}
	all := make(map[id.ID]chat.Message, len(opened))
	for _, m := range opened {
		all[m.ID] = m
	}
	return all, nil
}
