package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Change is what an event says about a message that exists already, or that
// has not arrived yet.
type Change struct {
	pii.Personal
	Kind   ChangeKind
	WAMID  string
	Opaque string // our own message id, when Meta sent it back
	// Channel is the number of a status.
	Channel id.Channel `json:"-"`
	At      time.Time

	State     chat.State // of a status
	ErrorCode int
	Problem   string

	Call    cloudapi.Call    // news of a telephone call
	Emoji   string           // of a reaction; empty takes it away
	Content cloudapi.Content // of an edit
	Ours    bool             // our side did it (a coexistence echo)
}

// ChangeKind is the kind of a change.
type ChangeKind string

// The kinds of change.
const (
	StatusChange   ChangeKind = "status"
	ReactionChange ChangeKind = "reaction"
	EditChange     ChangeKind = "edit"
	RevokeChange   ChangeKind = "revoke"
	CallChange     ChangeKind = "call" // its event stands in the conversation already
)

// Applied is what became of a change.
type Applied struct {
	pii.Personal
	Message chat.Message // without body; zero ID: it waits for its message
	Before  chat.State
	Moved   bool // the state of the message is another now
}

// Apply applies changes, each in any order and any number of times.
func (t *Threads) Apply(ctx context.Context, tx store.Tx, org id.Org, changes []Change) ([]Applied, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	found, err := t.find(ctx, tx, org, keys, changes)
	if err != nil {
		return nil, fmt.Errorf("find the messages of a webhook: %w", err)
	}
	applied := make([]Applied, len(changes))
	var waiting []Change
	var statuses statusBatch
	for i, c := range changes {
		m := found[i]
		if m == nil {
			waiting = append(waiting, c)
			continue
		}
		applied[i].Before = m.State
		if c.Kind == StatusChange {
			applied[i].Moved = statuses.add(m, c, keys)
			applied[i].Message = m.Message
			continue
		}
		applied[i].Message = m.Message
		if err := t.change(ctx, tx, m, c); err != nil {
			return nil, fmt.Errorf("apply a %s: %w", c.Kind, err)
		}
		t.tell(tx, org, m.Conversation)
	}
	// What waits is kept first: a status may bring the id that it waits for.
	if err := t.keepEarly(ctx, tx, org, keys, waiting); err != nil {
		return nil, err
	}
	return applied, t.saveStatuses(ctx, tx, org, &statuses)
}

// find reads the message of each change: by our own id if Meta sent it back,
// else by WhatsApp's. The same message is the same pointer.
func (t *Threads) find(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, changes []Change) ([]*sealedMessage, error) {
	found := make([]*sealedMessage, len(changes))
	known := map[id.Message]*sealedMessage{}
	take := func(at int, row store.Row) error {
		m, err := scanMessage(org, row)
		if err != nil {
			return err
		}
		if known[m.ID] == nil {
			known[m.ID] = &m
		}
		found[at] = known[m.ID]
		return nil
	}
	var byOwn, byTheirs [][]any
	var ownAt, theirAt []int
	for i, c := range changes {
		// What cannot be read is not ours: another program sends over the number, too.
		if own, err := id.Parse[id.ID](c.Opaque); err == nil {
			byOwn, ownAt = append(byOwn, []any{org, own}), append(ownAt, i)
		}
	}
	err := tx.QueryMany(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND id = ?", byOwn,
		func(i int, row store.Row) error { return take(ownAt[i], row) })
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		if found[i] == nil && c.WAMID != "" {
			byTheirs, theirAt = append(byTheirs, []any{org, keys.Lookup("wamid", c.WAMID)}), append(theirAt, i)
		}
	}
	err = tx.QueryMany(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND wamid_hash = ?", byTheirs,
		func(i int, row store.Row) error { return take(theirAt[i], row) })
	return found, err
}

// change applies what is not a status to a message that is here.
func (t *Threads) change(ctx context.Context, tx store.Tx, m *sealedMessage, c Change) error {
	org, err := t.vault.Org(ctx, tx, m.Org)
	if err != nil {
		return err
	}
	ring, err := org.Keyring(ctx, tx, m.Contact)
	if errors.Is(err, vault.ErrDestroyed) {
		return nil // the person is erased: there is nothing left to change
	}
	if err != nil {
		return err
	}
	switch c.Kind {
	case ReactionChange:
		return t.react(ctx, tx, m, ring, c)
	case EditChange:
		return t.edit(ctx, tx, m, ring, c)
	case RevokeChange:
		return t.revoke(ctx, tx, m, c)
	case CallChange:
		return t.called(ctx, tx, m, ring, c)
	default:
		return nil
	}
}

// called adds news to what is known of a telephone call.
func (t *Threads) called(ctx context.Context, tx store.Tx, m *sealedMessage, ring *vault.Keyring, c Change) error {
	opened, err := m.open(ring)
	if err != nil || opened.Body.Content.Call == nil {
		return err
	}
	was := *opened.Body.Content.Call
	now := was.After(c.Call)
	if now == was {
		return nil
	}
	opened.Body.Content.Call = &now
	if m.body, err = sealBody(ring, m.ID, opened.Body); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE message SET body = ? WHERE org_id = ? AND id = ?", m.body, m.Org, m.ID); err != nil {
		return err
	}
	return t.refresh(ctx, tx, m.Org, m.Conversation)
}

// emojiMost is how many bytes of a reaction are kept: the longest emoji has 35.
const emojiMost = 128

func (t *Threads) react(ctx context.Context, tx store.Tx, m *sealedMessage, ring *vault.Keyring, c Change) error {
	if !m.Revoked.IsZero() {
		return nil // it went with the message
	}
	// An empty emoji stays as a row: it keeps an older reaction that arrives
	// late from coming back.
	var before int64
	err := tx.QueryRow(ctx, "SELECT at FROM reaction WHERE org_id = ? AND message_id = ? AND outgoing = ?", m.Org, m.ID, c.Ours).Scan(&before)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO reaction (org_id, message_id, outgoing, contact_id, emoji, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (org_id, message_id, outgoing) DO UPDATE SET emoji = excluded.emoji, at = excluded.at WHERE reaction.at <= excluded.at`,
		m.Org, m.ID, c.Ours, m.Contact, ring.Seal(emojiContext, m.ID, []byte(c.Emoji[:min(len(c.Emoji), emojiMost)])), store.Micros(c.At))
	if err != nil || c.Ours || c.Emoji == "" || before >= store.Micros(c.At) {
		return err
	}
	// A reaction to what is closed would be seen by nobody: it stands in the queue
	// again. It is no message, and brings back no matter.
	_, err = tx.Exec(ctx, `UPDATE conversation SET state = 'open', unread = unread + 1, matter_id = NULL, matter_at = 0, snoozed_until = 0, changed_at = ?
		WHERE org_id = ? AND id = ? AND state = 'closed'`, store.Micros(t.now()), m.Org, m.Conversation)
	return err
}

func (t *Threads) edit(ctx context.Context, tx store.Tx, m *sealedMessage, ring *vault.Keyring, c Change) error {
	if !m.Revoked.IsZero() || m.Outgoing != c.Ours || m.Edited.After(c.At) {
		return nil // deleted for good, not theirs to change, or an older edit
	}
	opened, err := m.open(ring)
	if err != nil {
		return err
	}
	body := opened.Body
	body.Content = kept(body.Content, c.Content)
	sealed, err := sealBody(ring, m.ID, body)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE message SET body = ?, type = ?, edited_at = ? WHERE org_id = ? AND id = ?",
		sealed, body.Content.Type, store.Micros(c.At), m.Org, m.ID); err != nil {
		return err
	}
	m.body, m.Edited = sealed, c.At
	opened.Body = body
	if err := t.index.Add(ctx, tx, m.Org, opened); err != nil {
		return err
	}
	return t.refresh(ctx, tx, m.Org, m.Conversation)
}

// kept is the content after an edit. An edited caption comes without the
// media's id when the media itself has not changed.
func kept(before, after cloudapi.Content) cloudapi.Content {
	old, edited := before.Media(), after.Media()
	if old != nil && edited != nil && edited.ID == "" && before.Type == after.Type {
		caption := edited.Caption
		*edited = *old
		edited.Caption = caption
	}
	return after
}

// revoke deletes the content: the person deleted the message for everyone, so we
// must not keep it either.
func (t *Threads) revoke(ctx context.Context, tx store.Tx, m *sealedMessage, c Change) error {
	if m.Outgoing != c.Ours {
		return nil
	}
	at, nothing := store.Micros(c.At), []byte{}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE message SET body = ?, revoked_at = ? WHERE org_id = ? AND id = ?", []any{nothing, at, m.Org, m.ID}},
		{"DELETE FROM reaction WHERE org_id = ? AND message_id = ?", []any{m.Org, m.ID}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	m.Revoked = c.At
	if err := t.files.Revoke(ctx, tx, m.Org, m.ID); err != nil {
		return err
	}
	if err := t.index.Delete(ctx, tx, m.Org, m.ID); err != nil {
		return err
	}
	return t.refresh(ctx, tx, m.Org, m.Conversation)
}

// refresh renews what the queue shows of a conversation from its newest
// message.
func (t *Threads) refresh(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation) error {
	m, err := scanMessage(org, tx.QueryRow(ctx, "SELECT "+messageColumns+" FROM message WHERE org_id = ? AND conversation_id = ? ORDER BY at DESC, id DESC LIMIT 1", org, conversation))
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, m.Contact)
	if err != nil {
		return err
	}
	opened, err := m.open(ring)
	if err != nil {
		return err
	}
	line := previewOf(opened.Body.Content)
	if !opened.Revoked.IsZero() {
		line = cloudapi.TypeRevoke + "\t"
	}
	_, err = tx.Exec(ctx, "UPDATE conversation SET last_message = ?, last_at = ?, last_out = ?, last_state = ?, preview = ?, changed_at = ? WHERE org_id = ? AND id = ?",
		m.ID, store.Micros(m.At), m.Outgoing, string(m.State), ring.Seal(previewContext, conversation, []byte(line)), store.Micros(t.now()), org, conversation)
	return err
}

// keepEarly stores changes that arrived before their messages.
func (t *Threads) keepEarly(ctx context.Context, tx store.Tx, org id.Org, keys *vault.Org, waiting []Change) error {
	if len(waiting) == 0 {
		return nil
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, c := range waiting {
		// A message of ours is stored before the call, so a status that names one
		// which is not there speaks of a deleted message: its person is erased.
		if _, err := id.Parse[id.ID](c.Opaque); c.WAMID == "" || err == nil || c.Kind == CallChange {
			continue
		}
		plain, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if c.Kind == RevokeChange { // what it was changed to goes, too
			if _, err := tx.Exec(ctx, "DELETE FROM early WHERE org_id = ? AND wamid_hash = ? AND kind = ?", org, keys.Lookup("wamid", c.WAMID), string(EditChange)); err != nil {
				return err
			}
		}
		at := t.ids.New()
		rows = append(rows, []any{org, keys.Lookup("wamid", c.WAMID), at, org, string(c.Kind), ring.Seal(earlyContext, at, plain), store.Micros(t.now()), c.over()})
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "early (org_id, wamid_hash, id, contact_id, kind, detail, at, channel_id)"}, rows)
	return err
}

// applyEarly applies what arrived before the messages just added.
func (t *Threads) applyEarly(ctx context.Context, tx store.Tx, org id.Org, hashes []vault.Hash, added []Added) error {
	var some bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM early WHERE org_id = ?)", org).Scan(&some); err != nil || !some {
		return err
	}
	var args [][]any
	var at []int
	for i := range added {
		if added[i].New {
			args, at = append(args, []any{org, hashes[i]}), append(at, i)
		}
	}
	type waiting struct {
		added  int
		row    id.ID
		sealed []byte
	}
	var found []waiting
	err := tx.QueryMany(ctx, "SELECT id, detail FROM early WHERE org_id = ? AND wamid_hash = ? ORDER BY id", args, func(i int, row store.Row) error {
		w := waiting{added: at[i]}
		err := row.Scan(&w.row, &w.sealed)
		found = append(found, w)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	keys, err := t.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	var changes []Change
	for _, w := range found {
		plain, err := ring.Open(earlyContext, w.row, w.sealed)
		if err != nil {
			return err
		}
		var c Change
		if err := json.Unmarshal(plain, &c); err != nil {
			return err
		}
		if c.Kind == RevokeChange {
			added[w.added].Revoked = true
		}
		changes = append(changes, c)
		if _, err := tx.Exec(ctx, "DELETE FROM early WHERE org_id = ? AND wamid_hash = ? AND id = ?", org, hashes[w.added], w.row); err != nil {
			return err
		}
	}
	_, err = t.Apply(ctx, tx, org, changes)
	return err
}

// earlyKept is how long what came before its message waits for it (Cloud API:
// webhooks are repeated for up to seven days).
const earlyKept = 7 * 24 * time.Hour

// Expire deletes what has waited for its message for too long.
func (t *Threads) Expire(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM early WHERE org_id = ? AND at < ?", org, store.Micros(now.Add(-earlyKept)))
	return err
}
