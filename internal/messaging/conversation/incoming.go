package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Writer is the person a message belongs to.
type Writer struct {
	Contact id.Person
	Keys    *vault.Keyring
}

// Incoming is a message from a person, or an echo: of what our staff wrote to
// her in the WhatsApp Business app, or Meta's agent.
type Incoming struct {
	pii.Personal
	Writer
	Channel id.Channel
	WAMID   string
	Body    chat.Body
	At      time.Time
	// Received is when it reached us first, which ends the window at the latest;
	// zero: At.
	Received time.Time
	Echo     bool
	MetaAI   bool // an Echo that Meta's agent wrote
	// Event says that it is no message: it is seen as one, but opens neither a
	// window nor a matter.
	Event bool
}

// Added is what became of an incoming message.
type Added struct {
	Message      id.Message
	Conversation id.Conversation
	New          bool      // false: it was here already
	Understood   bool      // it was here, and is only now understood
	Revoked      bool      // its deletion had arrived before it, or before it came again
	OpenedMatter id.Matter // not zero: the person opened a new matter with it
}

// thread is a conversation in memory while messages are added to it.
type thread struct {
	pii.Personal
	id        id.Conversation
	writer    Writer
	channel   id.Channel
	matter    id.Matter
	fresh     bool
	created   time.Time
	newest    *Incoming
	newestID  id.Message
	unread    int64
	lastIn    time.Time // of what came from her
	lastSaid  time.Time // of what she wrote
	newMatter id.Matter
}

// AddIncoming stores messages, each once.
func (t *Threads) AddIncoming(ctx context.Context, tx store.Tx, org id.Org, all []Incoming) ([]Added, error) {
	if len(all) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	threads, err := t.threads(ctx, tx, org, all)
	if err != nil {
		return nil, fmt.Errorf("find conversations: %w", err)
	}
	rings := make([]*vault.Keyring, len(all))
	for i := range all {
		rings[i] = all[i].Keys
	}
	renewed, err := keys.Renew(ctx, tx, rings)
	if err != nil {
		return nil, err
	}
	added := make([]Added, len(all))
	rows := make([][]any, len(all))
	hashes := make([]vault.Hash, len(all))
	messages := make([]*chat.Message, len(all))
	for i := range all {
		in := &all[i]
		th := threads[key{in.Contact, in.Channel}]
		hashes[i] = keys.Lookup("wamid", in.WAMID)
		m := t.incomingMessage(org, th, in)
		messages[i] = m
		if k := renewed[in.Contact]; k != nil {
			rings[i] = k
		}
		if rows[i], err = insertArgs(rings[i], m, hashes[i]); err != nil {
			return nil, err
		}
		added[i] = Added{Message: m.ID, Conversation: th.id}
	}
	isNew, err := tx.InsertNew(ctx, insertMessage, rows)
	if err != nil {
		return nil, fmt.Errorf("store messages: %w", err)
	}
	var fresh []chat.Message
	for i := range all {
		if added[i].New = isNew[i]; added[i].New {
			fresh = append(fresh, *messages[i])
			added[i].OpenedMatter = threads[key{all[i].Contact, all[i].Channel}].note(&all[i], added[i].Message, t.ids)
		}
	}
	if err := t.saveThreads(ctx, tx, org, threads); err != nil {
		return nil, fmt.Errorf("store conversations: %w", err)
	}
	if err := t.index.Add(ctx, tx, org, fresh...); err != nil {
		return nil, err
	}
	if err := t.revoked(ctx, tx, org, hashes, added); err != nil {
		return nil, err
	}
	for i := range all {
		if !added[i].New && !all[i].Event {
			if err := t.understand(ctx, tx, org, hashes[i], &all[i], &added[i]); err != nil {
				return nil, err
			}
		}
	}
	return added, t.applyEarly(ctx, tx, org, hashes, added)
}

// revoked notes which of the messages that came again are deleted meanwhile.
func (t *Threads) revoked(ctx context.Context, tx store.Tx, org id.Org, hashes []vault.Hash, added []Added) error {
	var args [][]any
	var at []int
	for i, a := range added {
		if !a.New {
			args, at = append(args, []any{org, hashes[i]}), append(at, i)
		}
	}
	err := tx.QueryMany(ctx, "SELECT revoked_at > 0 FROM message WHERE org_id = ? AND wamid_hash = ?", args,
		func(i int, row store.Row) error { return row.Scan(&added[at[i]].Revoked) })
	if err != nil {
		return fmt.Errorf("look for deleted messages: %w", err)
	}
	return nil
}

// understand puts what a message says in the place of "not supported", if it
// was stored by a version that could not read it.
func (t *Threads) understand(ctx context.Context, tx store.Tx, org id.Org, hash vault.Hash, in *Incoming, a *Added) error {
	if in.Body.Content.Type == cloudapi.TypeUnsupported {
		return nil
	}
	m, err := scanMessage(org, tx.QueryRow(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND wamid_hash = ? AND type = ? AND revoked_at = 0 AND edited_at = 0",
		org, hash, cloudapi.TypeUnsupported))
	if errors.Is(err, store.ErrNoRows) || err == nil && m.Contact != in.Contact {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a message that was not understood: %w", err)
	}
	opened, err := m.open(in.Keys)
	if err != nil {
		return err
	}
	opened.Body.Content, opened.Type = in.Body.Content, in.Body.Content.Type
	sealed, err := sealBody(in.Keys, m.ID, opened.Body)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE message SET body = ?, type = ? WHERE org_id = ? AND id = ?", sealed, opened.Type, org, m.ID); err != nil {
		return fmt.Errorf("store a message that is understood now: %w", err)
	}
	a.Message, a.Conversation, a.Understood = m.ID, m.Conversation, true
	if err := t.index.Add(ctx, tx, org, opened); err != nil {
		return err
	}
	t.tell(tx, org, m.Conversation)
	return t.refresh(ctx, tx, org, m.Conversation)
}

func (t *Threads) incomingMessage(org id.Org, th *thread, in *Incoming) *chat.Message {
	m := &chat.Message{Org: org, ID: id.Message(t.ids.New()), Conversation: th.id, Contact: in.Contact, Channel: in.Channel,
		Type: kindOf(in.Body.Content), State: chat.Received, Origin: chat.FromCustomer, WAMID: in.WAMID, Body: in.Body,
		At: in.At, Created: t.now()}
	if in.Echo {
		m.Outgoing, m.State, m.Origin = true, chat.Sent, chat.FromEcho
		if in.MetaAI {
			m.Origin = chat.FromMetaAI
		}
	}
	return m
}

type key struct {
	contact id.Person
	channel id.Channel
}

// threads reads or makes the conversations of the messages.
func (t *Threads) threads(ctx context.Context, tx store.Tx, org id.Org, all []Incoming) (map[key]*thread, error) {
	threads := map[key]*thread{}
	silent := store.Micros(t.now().Add(-MatterLasts))
	var keys []key
	var args [][]any
	for i := range all {
		k := key{all[i].Contact, all[i].Channel}
		if threads[k] == nil {
			threads[k] = &thread{writer: all[i].Writer, channel: k.channel}
			keys = append(keys, k)
			args = append(args, []any{silent, org, k.contact, k.channel})
		}
	}
	err := tx.QueryMany(ctx, "SELECT id, CASE WHEN state = 'open' AND last_in_at > ? THEN matter_id ELSE NULL END FROM conversation WHERE org_id = ? AND contact_id = ? AND channel_id = ?", args,
		func(i int, row store.Row) error {
			th := threads[keys[i]]
			return row.Scan(&th.id, &th.matter)
		})
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, k := range keys {
		if th := threads[k]; th.id.IsZero() {
			th.id, th.fresh, th.created = id.Conversation(t.ids.New()), true, t.now()
			rows = append(rows, newConversation(org, th.id, k, th.created))
		}
	}
	isNew, err := tx.InsertNew(ctx, insertConversation, rows)
	if slices.Contains(isNew, false) {
		return nil, ErrRaced
	}
	return threads, err
}

var insertConversation = store.Insert{Into: `conversation (org_id, id, contact_id, channel_id, state, unread, window_ends, matter_id, matter_at,
	last_at, last_in_at, last_message, last_out, last_state, preview, created_at, changed_at)`,
	Values: "?, ?, ?, ?, 'open', 0, 0, NULL, 0, 0, 0, NULL, FALSE, '', ?, ?, ?", Skip: true}

func newConversation(org id.Org, conversation id.Conversation, k key, at time.Time) []any {
	return []any{org, conversation, k.contact, k.channel, []byte{}, store.Micros(at), store.Micros(at)}
}

// note takes a new message into account and says which matter it opened.
func (th *thread) note(in *Incoming, message id.Message, ids *id.Source) id.Matter {
	if th.newest == nil || !in.At.Before(th.newest.At) {
		th.newest, th.newestID = in, message
	}
	if in.Echo {
		return id.Matter{}
	}
	th.unread++
	at := in.At
	if !in.Received.IsZero() && at.After(in.Received) {
		at = in.Received
	}
	if at.After(th.lastIn) {
		th.lastIn = at
	}
	if in.Event {
		return id.Matter{}
	}
	if at.After(th.lastSaid) {
		th.lastSaid = at
	}
	if !th.matter.IsZero() {
		return id.Matter{}
	}
	th.matter = id.Matter(ids.New())
	th.newMatter = th.matter
	return th.matter
}

var updateConversation = store.Update{Table: "conversation", Set: `state = 'open',
	snoozed_until = 0,
	unread = unread + ?,
	window_ends = CASE WHEN window_ends < ? THEN ? ELSE window_ends END,
	last_in_at = CASE WHEN last_in_at < ? THEN ? ELSE last_in_at END,
	matter_at = CASE WHEN matter_id IS NULL OR state = 'closed' OR last_in_at < ? THEN ? ELSE matter_at END,
	matter_id = CASE WHEN matter_id IS NULL OR state = 'closed' OR last_in_at < ? THEN ? ELSE matter_id END,
	last_message = CASE WHEN last_at <= ? THEN ? ELSE last_message END,
	last_out = CASE WHEN last_at <= ? THEN ? ELSE last_out END,
	last_state = CASE WHEN last_at <= ? THEN ? ELSE last_state END,
	preview = CASE WHEN last_at <= ? THEN ? ELSE preview END,
	last_at = CASE WHEN last_at <= ? THEN ? ELSE last_at END,
	changed_at = ?`, Where: "org_id = ? AND id = ?"}

func (t *Threads) saveThreads(ctx context.Context, tx store.Tx, org id.Org, threads map[key]*thread) error {
	var rows [][]any
	now := store.Micros(t.now())
	for _, th := range threads {
		if th.newest == nil {
			continue
		}
		var window, lastIn, matterAt, silent int64
		if !th.lastIn.IsZero() {
			lastIn = store.Micros(th.lastIn)
		}
		if !th.lastSaid.IsZero() {
			window, matterAt = store.Micros(th.lastSaid.Add(Window)), now
		}
		if !th.newMatter.IsZero() {
			silent = store.Micros(t.now().Add(-MatterLasts)) + 1
		}
		at := store.Micros(th.newest.At)
		state := chat.Received
		if th.newest.Echo {
			state = chat.Sent
		}
		preview := th.writer.Keys.Seal(previewContext, th.id, []byte(previewOf(th.newest.Body.Content)))
		rows = append(rows, []any{th.unread, window, window, lastIn, lastIn, silent, matterAt, silent, th.newMatter,
			at, th.newestID, at, th.newest.Echo, at, string(state), at, preview, at, at, now, org, th.id})
		t.tell(tx, org, th.id)
	}
	err := tx.UpdateMany(ctx, updateConversation, rows)
	return err
}
