package conversation

import (
	"context"
	"errors"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Open finds the conversation with a person on a number, or begins it.
func (t *Threads) Open(ctx context.Context, tx store.Tx, org id.Org, contact id.Person, channel id.Channel) (id.Conversation, error) {
	fresh := id.Conversation(t.ids.New())
	if _, err := tx.Exec(ctx, insertConversation.One(), newConversation(org, fresh, key{contact, channel}, t.now())...); err != nil {
		return id.Conversation{}, fmt.Errorf("begin a conversation: %w", err)
	}
	var found id.Conversation
	err := tx.QueryRow(ctx, "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? AND channel_id = ?", org, contact, channel).Scan(&found)
	return found, err
}

// AddOutgoing stores a message on its way out.
func (t *Threads) AddOutgoing(ctx context.Context, tx store.Tx, keys *vault.Keyring, m *chat.Message) error {
	args, err := insertArgs(keys, m, nil)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, insertMessage.One(), args...)
	if err != nil {
		return fmt.Errorf("store a message: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("store a message: the id %s is taken", m.ID)
	}
	at, now := store.Micros(m.At), store.Micros(t.now())
	preview := keys.Seal(previewContext, m.Conversation, []byte(previewOf(m.Body.Content)))
	if _, err := tx.Exec(ctx, `UPDATE conversation SET last_message = ?, last_out = TRUE, last_state = ?, preview = ?, last_at = ?, changed_at = ?
		WHERE org_id = ? AND id = ? AND last_at <= ?`, m.ID, string(m.State), preview, at, now, m.Org, m.Conversation, at); err != nil {
		return fmt.Errorf("store a message: %w", err)
	}
	if !m.Body.Media.IsZero() {
		if err := t.files.Place(ctx, tx, m.Org, m.Body.Media, m.ID); err != nil {
			return err
		}
	}
	t.tell(tx, m.Org, m.Conversation)
	return t.index.Add(ctx, tx, m.Org, *m)
}

// Get reads one message.
func (t *Threads) Get(ctx context.Context, r store.Reader, org id.Org, message id.Message) (chat.Message, error) {
	m, err := scanMessage(org, r.QueryRow(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND id = ?", org, message))
	if errors.Is(err, store.ErrNoRows) {
		return chat.Message{}, ErrNotFound
	}
	if err != nil {
		return chat.Message{}, fmt.Errorf("read a message: %w", err)
	}
	opened, err := t.openAll(ctx, r, org, []sealedMessage{m})
	if err != nil {
		return chat.Message{}, err
	}
	return opened[0], nil
}

// openAll unseals messages of any people.
func (t *Threads) openAll(ctx context.Context, r store.Reader, org id.Org, sealed []sealedMessage) ([]chat.Message, error) {
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	owners := make([]id.Person, 0, len(sealed))
	seen := map[id.Person]bool{}
	for _, m := range sealed {
		if !seen[m.Contact] {
			seen[m.Contact] = true
			owners = append(owners, m.Contact)
		}
	}
	rings, err := vault.Keyrings(ctx, r, keys, owners)
	if err != nil {
		return nil, err
	}
	all := make([]chat.Message, len(sealed))
	for i := range sealed {
		if all[i], err = sealed[i].open(rings[sealed[i].Contact]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
