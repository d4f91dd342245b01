package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

// ErrNotFound is returned for a conversation or message that the organisation
// does not have.
var ErrNotFound = errors.New("no such conversation or message")

// ErrClosed is returned for what only an open conversation can be: put off.
var ErrClosed = errors.New("the conversation is closed: open it first")

// ErrRaced is returned when another node changed the same message at the same
// moment. The work has been undone and succeeds when run again.
var ErrRaced = fmt.Errorf("%w: somebody else changed the same message", store.ErrRaced)

// Window is how long free-form messages are allowed after the person's last
// message (Cloud API: customer service window).
const Window = 24 * time.Hour

// MatterLasts is after how long a silence the person's next message opens
// another matter, whatever the organisation says for how long hers carries
// answers.
const MatterLasts = 30 * 24 * time.Hour

// Changed is told, after the commit, which conversation has changed.
type Changed func(org id.Org, conversation id.Conversation)

// Index is told, in the same transaction, what messages say and which content
// is gone, so that they can be searched.
type Index interface {
	Add(ctx context.Context, tx store.Tx, org id.Org, messages ...chat.Message) error
	Delete(ctx context.Context, tx store.Tx, org id.Org, messages ...id.Message) error
}

// noIndex is for threads that nobody searches.
type noIndex struct{}

func (noIndex) Add(context.Context, store.Tx, id.Org, ...chat.Message) error  { return nil }
func (noIndex) Delete(context.Context, store.Tx, id.Org, ...id.Message) error { return nil }

// Files are the files of messages.
type Files interface {
	// Place says of which message a file of ours is.
	Place(ctx context.Context, tx store.Tx, org id.Org, file id.File, message id.Message) error
	// Revoke deletes the file of a message that its sender deleted.
	Revoke(ctx context.Context, tx store.Tx, org id.Org, message id.Message) error
	// DeleteOf deletes the files of messages that are gone.
	DeleteOf(ctx context.Context, tx store.Tx, org id.Org, messages []id.Message) error
}

// noFiles is for threads without files.
type noFiles struct{}

func (noFiles) Place(context.Context, store.Tx, id.Org, id.File, id.Message) error { return nil }

func (noFiles) Revoke(context.Context, store.Tx, id.Org, id.Message) error { return nil }

func (noFiles) DeleteOf(context.Context, store.Tx, id.Org, []id.Message) error { return nil }

// Threads keeps the conversations of all organisations.
type Threads struct {
	index   Index
	files   Files
	views   map[View]string // the statements of List
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	changed Changed
}

// New makes Threads; changed tells the browsers.
func New(v *vault.Vault, ids *id.Source, now func() time.Time, changed Changed) *Threads {
	return &Threads{index: noIndex{}, files: noFiles{}, views: listQueries("", ""), vault: v, ids: ids, now: now, changed: changed}
}

// IndexWith has messages indexed. Call it before the first message.
func (t *Threads) IndexWith(index Index) { t.index = index }

// KeepFilesIn has files placed and deleted with their messages. Call it before
// the first message.
func (t *Threads) KeepFilesIn(files Files) { t.files = files }

// ViewBy lets lists show what colleagues have noted. Both statements are part
// of the list's own, so that it stays one: mentioned names conversations and
// takes the organisation and an account, labelled names people and takes the
// organisation and a label.
func (t *Threads) ViewBy(mentioned, labelled string) { t.views = listQueries(mentioned, labelled) }

// Sealed texts are bound to their place.
const (
	bodyContext    = "message.body"
	wamidContext   = "message.wamid"
	previewContext = "conversation.preview"
	emojiContext   = "reaction.emoji"
	earlyContext   = "early.detail"
)

const messageColumns = "id, conversation_id, contact_id, channel_id, outgoing, type, state, origin, author_id, reply_to, wamid, body, at, sent_at, delivered_at, read_at, edited_at, revoked_at, error_code, reason, cost, created_at"

// glanceColumns leave out what is long.
var glanceColumns = strings.Replace(messageColumns, " body,", " CASE WHEN length(body) <= 16384 THEN body END,", 1)

// sealedMessage is a row of the table message.
type sealedMessage struct {
	chat.Message
	wamid, body []byte
}

func scanMessage(org id.Org, row store.Row) (sealedMessage, error) {
	var m sealedMessage
	var at, sent, delivered, read, edited, revoked, created, code int64
	err := row.Scan(&m.ID, &m.Conversation, &m.Contact, &m.Channel, &m.Outgoing, &m.Type, &m.State, &m.Origin,
		&m.Author, &m.ReplyTo, &m.wamid, &m.body, &at, &sent, &delivered, &read, &edited, &revoked, &code, &m.Reason, &m.Cost, &created)
	m.Org, m.ErrorCode, m.Size = org, int(code), len(m.body)
	m.At, m.Sent, m.Delivered, m.Read = store.Time(at), store.Time(sent), store.Time(delivered), store.Time(read)
	m.Edited, m.Revoked, m.Created = store.Time(edited), store.Time(revoked), store.Time(created)
	return m, err
}

// open unseals a message. A message whose key is destroyed has no content.
func (m *sealedMessage) open(keys *vault.Keyring) (chat.Message, error) {
	if keys == nil {
		return m.Message, nil
	}
	if len(m.wamid) > 0 {
		plain, err := keys.Open(wamidContext, m.ID, m.wamid)
		if err != nil {
			return m.Message, fmt.Errorf("open a message's WhatsApp id: %w", err)
		}
		m.WAMID = string(plain)
	}
	if len(m.body) > 0 {
		plain, err := keys.Open(bodyContext, m.ID, m.body)
		if err != nil {
			return m.Message, fmt.Errorf("open a message: %w", err)
		}
		if err := json.Unmarshal(plain, &m.Body); err != nil {
			return m.Message, fmt.Errorf("read a message: %w", err)
		}
	}
	return m.Message, nil
}

func sealBody(keys *vault.Keyring, message id.Message, body chat.Body) ([]byte, error) {
	plain, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return keys.Seal(bodyContext, message, plain), nil
}

var insertMessage = store.Insert{Into: "message (org_id, " + messageColumns + ", wamid_hash)", Skip: true}

// insertArgs are the arguments of insertMessage.
func insertArgs(keys *vault.Keyring, m *chat.Message, wamidHash any) ([]any, error) {
	body, err := sealBody(keys, m.ID, m.Body)
	if err != nil {
		return nil, err
	}
	wamid := []byte{}
	if m.WAMID != "" {
		wamid = keys.Seal(wamidContext, m.ID, []byte(m.WAMID))
	}
	return []any{m.Org, m.ID, m.Conversation, m.Contact, m.Channel, m.Outgoing, m.Type, string(m.State), string(m.Origin),
		m.Author, m.ReplyTo, wamid, body, store.Micros(m.At), store.Micros(m.Sent), store.Micros(m.Delivered),
		store.Micros(m.Read), store.Micros(m.Edited), store.Micros(m.Revoked), int64(m.ErrorCode), m.Reason, m.Cost, store.Micros(m.Created), wamidHash}, nil
}

// tell lets the browsers know, once the write is on the disk.
func (t *Threads) tell(tx store.Tx, org id.Org, conversation id.Conversation) {
	if t.changed != nil {
		tx.AfterCommit(func() { t.changed(org, conversation) })
	}
}

// Merge moves the conversations of a person to the person she turned out to
// be. The messages move first: two conversations that become one are read anew,
// with the keys of the person who stays.
func (t *Threads) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	for _, table := range []string{
		"UPDATE message SET contact_id = ? WHERE org_id = ? AND contact_id = ?",
		"UPDATE reaction SET contact_id = ? WHERE org_id = ? AND contact_id = ?",
		"UPDATE early SET contact_id = ? WHERE org_id = ? AND contact_id = ?",
	} {
		if _, err := tx.Exec(ctx, table, into, org, from); err != nil {
			return fmt.Errorf("merge messages: %w", err)
		}
	}
	type pair struct {
		conversation id.Conversation
		channel      id.Channel
	}
	theirs, err := store.Collect(ctx, tx, func(r store.Row) (pair, error) {
		var p pair
		return p, r.Scan(&p.conversation, &p.channel)
	}, "SELECT id, channel_id FROM conversation WHERE org_id = ? AND contact_id = ?", org, from)
	if err != nil {
		return err
	}
	for _, p := range theirs {
		var other id.Conversation
		err := tx.QueryRow(ctx, "SELECT id FROM conversation WHERE org_id = ? AND contact_id = ? AND channel_id = ?", org, into, p.channel).Scan(&other)
		switch {
		case errors.Is(err, store.ErrNoRows):
			_, err = tx.Exec(ctx, "UPDATE conversation SET contact_id = ? WHERE org_id = ? AND id = ?", into, org, p.conversation)
			other = p.conversation
		case err == nil:
			err = t.join(ctx, tx, org, p.conversation, other)
		}
		if err != nil {
			return fmt.Errorf("merge conversations: %w", err)
		}
		t.tell(tx, org, other)
	}
	return nil
}

// join makes one conversation of two. What either was kept as, or for whom,
// holds for both, and what waits in either is not put off.
func (t *Threads) join(ctx context.Context, tx store.Tx, org id.Org, from, into id.Conversation) error {
	if _, err := tx.Exec(ctx, "UPDATE message SET conversation_id = ? WHERE org_id = ? AND conversation_id = ?", into, org, from); err != nil {
		return err
	}
	var unread, window, lastIn, matterAt, snoozed int64
	var matter, assignee, team id.Team
	var state, keep string
	if err := tx.QueryRow(ctx, "SELECT unread, window_ends, last_in_at, matter_id, matter_at, state, keep_as, assignee_id, team_id, snoozed_until FROM conversation WHERE org_id = ? AND id = ?", org, from).
		Scan(&unread, &window, &lastIn, &matter, &matterAt, &state, &keep, &assignee, &team, &snoozed); err != nil {
		return err
	}
	if state == "closed" {
		matter, matterAt = id.Team{}, 0
	}
	if _, err := tx.Exec(ctx, `UPDATE conversation SET unread = unread + ?,
		window_ends = CASE WHEN window_ends < ? THEN ? ELSE window_ends END,
		last_in_at = CASE WHEN last_in_at < ? THEN ? ELSE last_in_at END,
		matter_at = CASE WHEN matter_id IS NULL OR `+overMatter+` THEN ? ELSE matter_at END,
		matter_id = CASE WHEN matter_id IS NULL OR `+overMatter+` THEN ? ELSE matter_id END,
		assignee_id = COALESCE(assignee_id, ?), team_id = COALESCE(team_id, ?)
		WHERE org_id = ? AND id = ?`, unread, window, window, lastIn, lastIn, matterAt, matter, assignee, team, org, into); err != nil {
		return err
	}
	if state == "open" {
		if _, err := tx.Exec(ctx, "UPDATE conversation SET snoozed_until = CASE WHEN state = 'closed' OR snoozed_until > ? THEN ? ELSE snoozed_until END, state = 'open' WHERE org_id = ? AND id = ?", snoozed, snoozed, org, into); err != nil {
			return err
		}
	}
	if keep != string(Ordinary) { // a voucher is kept longer than a letter
		if _, err := tx.Exec(ctx, "UPDATE conversation SET keep_as = ? WHERE org_id = ? AND id = ? AND keep_as <> ?", keep, org, into, string(Voucher)); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM conversation_end WHERE org_id = ? AND conversation_id = ?", org, from); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM conversation WHERE org_id = ? AND id = ?", org, from); err != nil {
		return err
	}
	return t.refresh(ctx, tx, org, into)
}
