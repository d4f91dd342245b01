package conversation

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Progress moves outgoing messages on. A status webhook may have been faster,
// so the state on the disk is read first and never goes back, unless a person
// decided so.
func (t *Threads) Progress(ctx context.Context, tx store.Tx, org id.Org, news ...chat.Progress) error {
	args := make([][]any, len(news))
	for i, p := range news {
		args[i] = []any{org, p.Message}
	}
	now := make([]current, len(news))
	err := tx.QueryMany(ctx, "SELECT state, conversation_id, contact_id, wamid_hash IS NOT NULL, error_code, reason FROM message WHERE org_id = ? AND id = ?", args,
		func(i int, row store.Row) error {
			return row.Scan(&now[i].state, &now[i].conversation, &now[i].contact, &now[i].named, &now[i].code, &now[i].reason)
		})
	if err != nil {
		return fmt.Errorf("read the state of messages: %w", err)
	}
	names, err := t.names(ctx, tx, org, news, now)
	if err != nil {
		return err
	}
	var moves, named, latest [][]any
	for i, p := range news {
		c := now[i]
		if c.conversation.IsZero() {
			continue // deleted meanwhile
		}
		state := c.state.Advance(p.State)
		if p.Forced {
			state = p.State
		}
		code, reason := int64(p.ErrorCode), p.Reason
		if state != p.State { // a status was faster, and says why
			code, reason = c.code, c.reason
		}
		row := []any{string(state), code, reason, p.Cost, org, p.Message, string(c.state)}
		if n, learnt := names[p.Message]; learnt {
			named = append(named, append([]any{n.sealed, n.hash}, row...))
		} else {
			moves = append(moves, row)
		}
		latest = append(latest, []any{string(state), store.Micros(t.now()), org, c.conversation, p.Message})
		t.tell(tx, org, c.conversation)
	}
	if err := move(ctx, tx, store.Update{Table: "message", Set: "state = ?, error_code = ?, reason = ?, cost = cost + ?", Where: "org_id = ? AND id = ? AND state = ?"}, moves); err != nil {
		return err
	}
	if err := move(ctx, tx, store.Update{Table: "message", Set: "wamid = ?, wamid_hash = ?, state = ?, error_code = ?, reason = ?, cost = cost + ?",
		Where: "org_id = ? AND id = ? AND state = ? AND wamid_hash IS NULL"}, named); err != nil {
		return err
	}
	if err := tx.UpdateMany(ctx, store.Update{Table: "conversation", Set: "last_state = ?, changed_at = ?", Where: "org_id = ? AND id = ? AND last_message = ?"}, latest); err != nil {
		return fmt.Errorf("store the state of messages: %w", err)
	}
	if len(names) == 0 {
		return nil
	}
	hashes, added := make([]vault.Hash, 0, len(names)), make([]Added, len(names))
	for _, n := range names {
		added[len(hashes)].New = true
		hashes = append(hashes, n.hash)
	}
	return t.applyEarly(ctx, tx, org, hashes, added)
}

// move stores new states of messages whose state is still the one that was read.
func move(ctx context.Context, tx store.Tx, u store.Update, rows [][]any) error {
	touched, err := tx.UpdateCounted(ctx, u, rows)
	if err != nil {
		return fmt.Errorf("store the state of messages: %w", err)
	}
	if slices.Contains(touched, 0) {
		return ErrRaced
	}
	return nil
}

type current struct {
	state        chat.State
	conversation id.Conversation
	contact      id.Person
	named        bool // WhatsApp's id is known already
	code         int64
	reason       string
}

// name is WhatsApp's id of a message.
type name struct {
	sealed []byte
	hash   vault.Hash
}

// names are WhatsApp's ids that the answers to calls brought, sealed.
func (t *Threads) names(ctx context.Context, tx store.Tx, org id.Org, news []chat.Progress, now []current) (map[id.Message]name, error) {
	var owners []id.Person
	for i, p := range news {
		if p.WAMID != "" && !now[i].named {
			owners = append(owners, now[i].contact)
		}
	}
	if len(owners) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	rings, err := vault.Keyrings(ctx, tx, keys, owners)
	if err != nil {
		return nil, err
	}
	names := make(map[id.Message]name, len(owners))
	for i, p := range news {
		if ring := rings[now[i].contact]; p.WAMID != "" && !now[i].named && ring != nil {
			names[p.Message] = name{ring.Seal(wamidContext, p.Message, []byte(p.WAMID)), keys.Lookup("wamid", p.WAMID)}
		}
	}
	return names, nil
}

// Find reads messages by their ids.
func (t *Threads) Find(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]chat.Message, error) {
	return t.found(ctx, r, org, messageColumns, messages)
}

func (t *Threads) found(ctx context.Context, r store.Reader, org id.Org, columns string, messages []id.Message) (map[id.Message]chat.Message, error) {
	sealed, err := store.CollectIn(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+columns+" FROM message WHERE org_id = ? AND id IN (?)", messages, org)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	opened, err := t.openAll(ctx, r, org, sealed)
	if err != nil {
		return nil, err
	}
	all := make(map[id.Message]chat.Message, len(opened))
	for _, m := range opened {
		all[m.ID] = m
	}
	return all, nil
}
