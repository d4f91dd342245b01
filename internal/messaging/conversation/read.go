package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// Summary is a conversation as the queue shows it.
type Summary struct {
	ID          id.ID
	Contact     id.ID
	Channel     id.ID
	Closed      bool
	Unread      int
	WindowEnds  time.Time
	Matter      id.ID
	MatterAt    time.Time
	LastAt      time.Time
	LastInAt    time.Time
	LastMessage id.ID
	LastOut     bool
	LastState   chat.State
	PreviewType string
	Preview     string
	Created     time.Time
	Changed     time.Time
	Assignee    id.ID     // who has it; zero: nobody
	Team        id.ID     // or which team
	Snoozed     time.Time // put off until then; zero: not

	sealed []byte
}

const summaryColumns = "id, contact_id, channel_id, state, unread, window_ends, matter_id, matter_at, last_at, last_in_at, last_message, last_out, last_state, preview, created_at, changed_at, assignee_id, team_id, snoozed_until"

func scanSummary(row store.Row) (Summary, error) {
	var s Summary
	var state string
	var unread, window, matterAt, last, lastIn, created, changed, snoozed int64
	err := row.Scan(&s.ID, &s.Contact, &s.Channel, &state, &unread, &window, &s.Matter, &matterAt, &last, &lastIn,
		&s.LastMessage, &s.LastOut, &s.LastState, &s.sealed, &created, &changed, &s.Assignee, &s.Team, &snoozed)
	s.Closed, s.Unread = state == "closed", int(unread)
	s.WindowEnds, s.MatterAt, s.LastAt, s.LastInAt = store.Time(window), store.Time(matterAt), store.Time(last), store.Time(lastIn)
	s.Created, s.Changed, s.Snoozed = store.Time(created), store.Time(changed), store.Time(snoozed)
	return s, err
}

// Summaries reads the conversations with these ids, newest first.
func (t *Threads) Summaries(ctx context.Context, r store.Reader, org id.ID, ids []id.ID) ([]Summary, error) {
	var all []Summary
	for _, one := range ids {
		s, err := scanSummary(r.QueryRow(ctx, "SELECT "+summaryColumns+" FROM conversation WHERE org_id = ? AND id = ?", org, one))
		if errors.Is(err, store.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a conversation: %w", err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Summary) int { return b.LastAt.Compare(a.LastAt) })
	return all, t.openPreviews(ctx, r, org, all)
}

// Summary reads one conversation.
func (t *Threads) Summary(ctx context.Context, r store.Reader, org, conversation id.ID) (Summary, error) {
	all, err := t.Summaries(ctx, r, org, []id.ID{conversation})
	if err != nil {
		return Summary{}, err
	}
	if len(all) == 0 {
		return Summary{}, ErrNotFound
	}
	return all[0], nil
}

// OfContact reads the conversations of a person, newest first.
func (t *Threads) OfContact(ctx context.Context, r store.Reader, org, contact id.ID) ([]Summary, error) {
	all, err := store.Collect(ctx, r, scanSummary, "SELECT "+summaryColumns+" FROM conversation WHERE org_id = ? AND contact_id = ? ORDER BY last_at DESC", org, contact)
	if err != nil {
		return nil, fmt.Errorf("list a person's conversations: %w", err)
	}
	return all, t.openPreviews(ctx, r, org, all)
}

func (t *Threads) openPreviews(ctx context.Context, r store.Reader, org id.ID, all []Summary) error {
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return err
	}
	owners := make([]id.ID, len(all))
	for i := range all {
		owners[i] = all[i].Contact
	}
	rings, err := keys.Keyrings(ctx, r, owners)
	if err != nil {
		return err
	}
	for i := range all {
		if err := all[i].open(rings[all[i].Contact]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Summary) open(ring *vault.Keyring) error {
	if ring == nil || len(s.sealed) == 0 {
		return nil
	}
	clear, err := ring.Open(previewContext, s.ID, s.sealed)
	if err != nil {
		return fmt.Errorf("open a preview: %w", err)
	}
	s.PreviewType, s.Preview, _ = strings.Cut(string(clear), "\t")
	return nil
}

// Page reads the messages of a conversation before a place, oldest first.
func (t *Threads) Page(ctx context.Context, r store.Reader, org, conversation id.ID, before Place, limit int) ([]chat.Message, error) {
	at, last := int64(1)<<62, strings.Repeat("\xff", 16)
	if !before.At.IsZero() || !before.ID.IsZero() {
		at, last = store.Micros(before.At), string(before.ID[:])
	}
	sealed, err := store.Collect(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+messageColumns+" FROM message WHERE org_id = ? AND conversation_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?",
		org, conversation, at, []byte(last), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read a conversation: %w", err)
	}
	slices.Reverse(sealed)
	return t.openAll(ctx, r, org, sealed)
}

// Files reads the newest messages of a conversation that carry a file.
func (t *Threads) Files(ctx context.Context, r store.Reader, org, conversation id.ID, limit int) ([]chat.Message, error) {
	sealed, err := store.Collect(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+messageColumns+" FROM message WHERE org_id = ? AND conversation_id = ? AND type IN ('image', 'video', 'audio', 'document') AND revoked_at = 0 ORDER BY at DESC, id DESC LIMIT ?",
		org, conversation, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list the files of a conversation: %w", err)
	}
	return t.openAll(ctx, r, org, sealed)
}

// After reads the messages of a conversation after a place, oldest first.
func (t *Threads) After(ctx context.Context, r store.Reader, org, conversation id.ID, after Place, limit int) ([]chat.Message, error) {
	sealed, err := store.Collect(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+messageColumns+" FROM message WHERE org_id = ? AND conversation_id = ? AND (at, id) > (?, ?) ORDER BY at, id LIMIT ?",
		org, conversation, store.Micros(after.At), after.ID, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read a conversation: %w", err)
	}
	return t.openAll(ctx, r, org, sealed)
}

// All reads the messages of an organisation in the order in which they were
// stored, from after on; or backwards.
func (t *Threads) All(ctx context.Context, r store.Reader, org, after id.ID, backwards bool, limit int) ([]chat.Message, error) {
	query := "SELECT " + messageColumns + " FROM message WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?"
	from := after[:]
	if backwards {
		query = "SELECT " + messageColumns + " FROM message WHERE org_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
		if after.IsZero() {
			from = []byte(strings.Repeat("\xff", 16))
		}
	}
	sealed, err := store.Collect(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) }, query, org, from, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return t.openAll(ctx, r, org, sealed)
}

// Quoted finds, among the organisation's messages, those that WhatsApp's ids
// name, by these ids.
func (t *Threads) Quoted(ctx context.Context, r store.Reader, org id.ID, wamids []string) (map[string]chat.Message, error) {
	if len(wamids) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	found := map[string]chat.Message{}
	for _, w := range wamids {
		m, err := scanMessage(org, r.QueryRow(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND wamid_hash = ?", org, keys.Lookup("wamid", w)))
		if errors.Is(err, store.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		opened, err := t.openAll(ctx, r, org, []sealedMessage{m})
		if err != nil {
			return nil, err
		}
		found[w] = opened[0]
	}
	return found, nil
}

// Reaction is an emoji on a message.
type Reaction struct {
	Outgoing bool
	Emoji    string
	At       time.Time
}

// Reactions reads the reactions on messages.
func (t *Threads) Reactions(ctx context.Context, r store.Reader, org id.ID, messages []chat.Message) (map[id.ID][]Reaction, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	found := map[id.ID][]Reaction{}
	for _, m := range messages {
		type sealed struct {
			contact id.ID
			emoji   []byte
			Reaction
		}
		rows, err := store.Collect(ctx, r, func(row store.Row) (sealed, error) {
			var s sealed
			var at int64
			err := row.Scan(&s.Outgoing, &s.contact, &s.emoji, &at)
			s.At = store.Time(at)
			return s, err
		}, "SELECT outgoing, contact_id, emoji, at FROM reaction WHERE org_id = ? AND message_id = ? ORDER BY outgoing", org, m.ID)
		if err != nil {
			return nil, fmt.Errorf("read reactions: %w", err)
		}
		for _, s := range rows {
			ring, err := keys.Keyring(ctx, r, s.contact)
			if errors.Is(err, vault.ErrDestroyed) {
				continue
			}
			if err != nil {
				return nil, err
			}
			emoji, err := ring.Open(emojiContext, m.ID, s.emoji)
			if err != nil {
				return nil, err
			}
			if s.Emoji = string(emoji); s.Emoji != "" {
				found[m.ID] = append(found[m.ID], s.Reaction)
			}
		}
	}
	return found, nil
}

// MarkRead says that staff have seen the conversation.
func (t *Threads) MarkRead(ctx context.Context, tx store.Tx, org, conversation id.ID) error {
	n, err := tx.Exec(ctx, "UPDATE conversation SET unread = 0, changed_at = ? WHERE org_id = ? AND id = ? AND unread > 0", store.Micros(t.now()), org, conversation)
	if n > 0 {
		t.tell(tx, org, conversation)
	}
	return err
}

// overMatter is when the matter of a conversation has ended, of which closing
// left what the window carries; it takes the present. What has ended stays so:
// only the person opens another (privacy.md S10).
const overMatter = "state = 'closed' AND window_ends <= ?"

// SetClosed closes or reopens a conversation; either ends its being put off.
// The matter that the person had opened ends with the closing, at the latest
// when the window closes, and reopening does not bring it back.
func (t *Threads) SetClosed(ctx context.Context, tx store.Tx, org, conversation id.ID, closed bool) error {
	now := store.Micros(t.now())
	query, args := `UPDATE conversation SET state = 'open', snoozed_until = 0,
		matter_at = CASE WHEN `+overMatter+` THEN 0 ELSE matter_at END,
		matter_id = CASE WHEN `+overMatter+` THEN NULL ELSE matter_id END, changed_at = ? WHERE org_id = ? AND id = ?`, []any{now, now, now, org, conversation}
	if closed {
		query, args = "UPDATE conversation SET state = 'closed', snoozed_until = 0, changed_at = ? WHERE org_id = ? AND id = ?", []any{now, org, conversation}
	}
	n, err := tx.Exec(ctx, query, args...)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	if closed {
		// The period for which its messages are kept begins now.
		if _, err := tx.Exec(ctx, "INSERT INTO conversation_end (org_id, conversation_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			org, conversation, now); err != nil {
			return fmt.Errorf("note that a conversation has ended: %w", err)
		}
	}
	t.tell(tx, org, conversation)
	return nil
}

// Standing reads what the gate asks; the zero Standing if the two have never
// written to each other.
func (t *Threads) Standing(ctx context.Context, r store.Reader, org, contact, channel id.ID) (chat.Standing, error) {
	found, err := t.Standings(ctx, r, org, channel, []id.ID{contact})
	return found[contact], err
}

// Standings reads it for many people on one number.
func (t *Threads) Standings(ctx context.Context, r store.Reader, org, channel id.ID, people []id.ID) (map[id.ID]chat.Standing, error) {
	now := t.now()
	found := map[id.ID]chat.Standing{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var contact id.ID
		var s chat.Standing
		var window, at int64
		var state string
		err := row.Scan(&contact, &s.Conversation, &state, &window, &s.Matter, &at)
		s.WindowEnds, s.MatterAt = store.Time(window), store.Time(at)
		if state == "closed" && !now.Before(s.WindowEnds) {
			s.Matter, s.MatterAt = id.ID{}, time.Time{}
		}
		found[contact] = s
		return struct{}{}, err
	}, "SELECT contact_id, id, state, window_ends, matter_id, matter_at FROM conversation WHERE org_id = ? AND channel_id = ? AND contact_id IN (?)", people, org, channel)
	return found, err
}
