package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Past is a message of long ago that is added to a conversation as history. It
// opens no window and no matter, is not unread, and no consent follows from it
// (privacy.md S19).
type Past struct {
	pii.Personal
	Key      string // by which the same message is recognised when it comes again
	WAMID    string // WhatsApp's id, where it is known: in place of Key
	Outgoing bool
	Body     chat.Body
	At       time.Time
	Edited   bool
}

// historyKind keeps the keys of old messages apart from WhatsApp's ids.
const historyKind = "history"

// KnownPast reports which messages a conversation has already, by their keys.
func (t *Threads) KnownPast(ctx context.Context, r store.Reader, org id.Org, keys []string) (map[string]bool, error) {
	lookup, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, k := range keys {
		var there bool
		err := r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM message WHERE org_id = ? AND wamid_hash = ?)", org, lookup.Lookup(historyKind, k)).Scan(&there)
		if err != nil {
			return nil, fmt.Errorf("look for old messages: %w", err)
		}
		if there {
			known[k] = true
		}
	}
	return known, nil
}

// AddHistory adds old messages of a person on a number, each once, and says
// how many were new. A conversation that consists of history alone is closed.
func (t *Threads) AddHistory(ctx context.Context, tx store.Tx, org id.Org, channel id.Channel, w Writer, all []Past) (int, error) {
	thread, err := t.historyThread(ctx, tx, org, w.Contact, channel)
	if err != nil {
		return 0, err
	}
	lookup, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return 0, err
	}
	rows, messages := make([][]any, len(all)), make([]*chat.Message, len(all))
	for i := range all {
		m := t.pastMessage(org, thread, channel, w.Contact, &all[i])
		messages[i] = m
		hash := lookup.Lookup(historyKind, all[i].Key)
		if all[i].WAMID != "" {
			hash = lookup.Lookup("wamid", all[i].WAMID)
		}
		if rows[i], err = insertArgs(w.Keys, m, hash); err != nil {
			return 0, err
		}
	}
	isNew, err := tx.InsertNew(ctx, insertMessage, rows)
	if err != nil {
		return 0, fmt.Errorf("store old messages: %w", err)
	}
	var fresh []chat.Message
	var newest *chat.Message
	for i, is := range isNew {
		if !is {
			continue
		}
		if file := messages[i].Body.Media; !file.IsZero() {
			if err := t.files.Place(ctx, tx, org, file, messages[i].ID); err != nil {
				return 0, err
			}
		}
		if fresh = append(fresh, *messages[i]); newest == nil || !messages[i].At.Before(newest.At) {
			newest = messages[i]
		}
	}
	if newest == nil {
		return 0, nil
	}
	if err := t.index.Add(ctx, tx, org, fresh...); err != nil {
		return 0, err
	}
	return len(fresh), t.showPast(ctx, tx, w.Keys, newest)
}

func (t *Threads) historyThread(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, channel id.Channel) (thread id.Conversation, err error) {
	err = tx.QueryRow(ctx, "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? AND channel_id = ?", org, contact, channel).Scan(&thread)
	if !errors.Is(err, store.ErrNoRows) {
		return thread, err
	}
	if thread, err = t.Open(ctx, tx, org, contact, channel); err != nil {
		return thread, err
	}
	_, err = tx.Exec(ctx, "UPDATE conversation SET state = 'closed' WHERE org_id = ? AND id = ? AND last_message IS NULL", org, thread)
	return thread, err
}

func (t *Threads) pastMessage(org id.Org, thread id.Conversation, channel id.Channel, contact id.Person, p *Past) *chat.Message {
	m := &chat.Message{Org: org, ID: id.Message(t.ids.New()), Conversation: thread, Contact: contact, Channel: channel, Outgoing: p.Outgoing,
		Type: p.Body.Content.Type, State: chat.Received, Origin: chat.FromImport, WAMID: p.WAMID, Body: p.Body, At: p.At, Created: t.now()}
	if p.Outgoing {
		m.State = chat.Sent
	}
	if p.Edited {
		m.Edited = p.At
	}
	return m
}

// showPast lets the list of conversations show an old message, unless there is
// a newer one.
func (t *Threads) showPast(ctx context.Context, tx store.Tx, keys *vault.Keyring, m *chat.Message) error {
	at := store.Micros(m.At)
	preview := keys.Seal(previewContext, m.Conversation, []byte(previewOf(m.Body.Content)))
	_, err := tx.Exec(ctx, `UPDATE conversation SET last_message = ?, last_out = ?, last_state = ?, preview = ?, last_at = ?, changed_at = ?
		WHERE org_id = ? AND id = ? AND last_at < ?`, m.ID, m.Outgoing, string(m.State), preview, at, store.Micros(t.now()), m.Org, m.Conversation, at)
	if err != nil {
		return fmt.Errorf("store old messages: %w", err)
	}
	t.tell(tx, m.Org, m.Conversation)
	return nil
}
