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
	"einklang/internal/rule/pii"
)

// Summary is a conversation as the queue shows it.
type Summary struct {
	pii.Personal
	ID          id.Conversation
	Contact     id.Person
	Channel     id.Channel
	Closed      bool
	Unread      int
	WindowEnds  time.Time
	Matter      id.Matter
	MatterAt    time.Time
	LastAt      time.Time
	LastInAt    time.Time
	LastMessage id.Message
	LastOut     bool
	LastState   chat.State
	PreviewType string
	Preview     string
	Created     time.Time
	Changed     time.Time
	Assignee    id.Account // who has it; zero: nobody
	Team        id.Team    // or which team
	Snoozed     time.Time  // put off until then; zero: not

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
func (t *Threads) Summaries(ctx context.Context, r store.Reader, org id.Org, ids []id.Conversation) ([]Summary, error) {
	all, err := store.CollectIn(ctx, r, scanSummary, "SELECT "+summaryColumns+" FROM conversation WHERE org_id = ? AND id IN (?)", ids, org)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	slices.SortFunc(all, func(a, b Summary) int { return b.LastAt.Compare(a.LastAt) })
	return all, t.openPreviews(ctx, r, org, all)
}

// Summary reads one conversation.
func (t *Threads) Summary(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation) (Summary, error) {
	all, err := t.Summaries(ctx, r, org, []id.Conversation{conversation})
	if err != nil {
		return Summary{}, err
	}
	if len(all) == 0 {
		return Summary{}, ErrNotFound
	}
	return all[0], nil
}

// OfContact reads the conversations of a person, newest first.
func (t *Threads) OfContact(ctx context.Context, r store.Reader, org id.Org, contact id.Person) ([]Summary, error) {
	found, err := t.OfContacts(ctx, r, org, []id.Person{contact})
	return found[contact], err
}

// OfContacts reads the conversations of several people, each one's newest first.
func (t *Threads) OfContacts(ctx context.Context, r store.Reader, org id.Org, contacts []id.Person) (map[id.Person][]Summary, error) {
	all, err := store.CollectIn(ctx, r, scanSummary, "SELECT "+summaryColumns+" FROM conversation WHERE org_id = ? AND contact_id IN (?) ORDER BY last_at DESC", contacts, org)
	if err != nil {
		return nil, fmt.Errorf("list people's conversations: %w", err)
	}
	if err := t.openPreviews(ctx, r, org, all); err != nil {
		return nil, err
	}
	found := make(map[id.Person][]Summary, len(contacts))
	for _, s := range all {
		found[s.Contact] = append(found[s.Contact], s)
	}
	return found, nil
}

func (t *Threads) openPreviews(ctx context.Context, r store.Reader, org id.Org, all []Summary) error {
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return err
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, all, func(s Summary) id.Person { return s.Contact })
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
	plain, err := ring.Open(previewContext, s.ID, s.sealed)
	if err != nil {
		return fmt.Errorf("open a preview: %w", err)
	}
	s.PreviewType, s.Preview, _ = strings.Cut(string(plain), "\t")
	return nil
}

// Page reads the messages of a conversation before a place, oldest first: at
// most so many, and not more than fit a page. More says that there are others
// before them.
func (t *Threads) Page(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, before Place, limit int) (all []chat.Message, more bool, err error) {
	at, last := int64(1)<<62, strings.Repeat("\xff", 16)
	if !before.At.IsZero() || !before.ID.IsZero() {
		at, last = store.Micros(before.At), string(before.ID[:])
	}
	all, more, err = t.stretch(ctx, r, org, limit, "org_id = ? AND conversation_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC", org, conversation, at, []byte(last))
	slices.Reverse(all)
	return all, more, err
}

// Files glances at the newest messages of a conversation that carry a file.
func (t *Threads) Files(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, limit int) ([]chat.Message, error) {
	rows, err := t.rows(ctx, r, limit, "org_id = ? AND conversation_id = ? AND type IN ('image', 'video', 'audio', 'document') AND revoked_at = 0 ORDER BY at DESC, id DESC", org, conversation)
	if err != nil {
		return nil, err
	}
	rows = rows[:min(len(rows), limit)]
	found, err := t.Glances(ctx, r, org, idsOf(rows))
	return inOrder(rows, found), err
}

// Beyond is the place of the last message of the page after a place. More says
// that others follow it; the zero Place that nothing does.
func (t *Threads) Beyond(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, after Place, limit int) (last Place, more bool, err error) {
	rows, err := t.rows(ctx, r, limit, afterPlace, org, conversation, store.Micros(after.At), after.ID)
	if n := store.Fit(rows, limit, size); n > 0 {
		last, more = Place{At: store.Time(rows[n-1].at), ID: id.Cursor(rows[n-1].id)}, n < len(rows)
	}
	return last, more, err
}

const afterPlace = "org_id = ? AND conversation_id = ? AND (at, id) > (?, ?) ORDER BY at, id"

// After reads messages of a conversation after a place, oldest first: as many as
// fit a page.
func (t *Threads) After(ctx context.Context, r store.Reader, org id.Org, conversation id.Conversation, after Place, limit int) ([]chat.Message, bool, error) {
	return t.stretch(ctx, r, org, limit, afterPlace, org, conversation, store.Micros(after.At), after.ID)
}

// Follow reads the messages of an organisation in the order in which they became
// visible, from after on: as many as fit a page. Whoever goes on with the last one
// he got misses none, however many write at the same time; only what a
// transaction under way may still overtake waits for it. More says that others
// follow.
func (t *Threads) Follow(ctx context.Context, db *store.DB, org id.Org, after id.Cursor, limit int) (all []chat.Message, more bool, err error) {
	settled, err := db.Settled(ctx, db) // before the page is read
	if err != nil {
		return nil, false, err
	}
	var wrote int64
	// The message itself may be deleted meanwhile; then it is the one before it.
	err = db.QueryRow(ctx, "SELECT wrote FROM message WHERE org_id = ? AND id <= ? ORDER BY id DESC LIMIT 1", org, after[:]).Scan(&wrote)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return nil, false, fmt.Errorf("find the place in a list: %w", err)
	}
	return t.stretch(ctx, db, org, limit, "org_id = ? AND (wrote, id) > (?, ?) AND wrote < ? ORDER BY wrote, id", org, wrote, after[:], settled)
}

// Restored clears in which order messages became visible in another database.
func (*Threads) Restored(ctx context.Context, tx store.Tx) error {
	for {
		n, err := tx.Exec(ctx, "UPDATE message SET wrote = 0 WHERE (org_id, id) IN (SELECT org_id, id FROM message WHERE wrote <> 0 LIMIT 5000)")
		if err != nil || n == 0 {
			return err
		}
	}
}

// All reads the messages of an organisation by their identifiers, from after on,
// or backwards: as many as fit a page. More says that others follow.
func (t *Threads) All(ctx context.Context, r store.Reader, org id.Org, after id.Cursor, backwards bool, limit int) (all []chat.Message, more bool, err error) {
	if !backwards {
		return t.stretch(ctx, r, org, limit, "org_id = ? AND id > ? ORDER BY id", org, after[:])
	}
	from := after[:]
	if after.IsZero() {
		from = []byte(strings.Repeat("\xff", 16))
	}
	return t.stretch(ctx, r, org, limit, "org_id = ? AND id < ? ORDER BY id DESC", org, from)
}

// sized is a message of which only the size is known, in sealed bytes.
type sized struct {
	id   id.Message
	at   int64
	size int64
}

func size(s sized) int64 { return s.size }

// rows lists the first messages that meet a condition, and one more.
func (t *Threads) rows(ctx context.Context, r store.Reader, limit int, where string, args ...any) ([]sized, error) {
	rows, err := store.Collect(ctx, r, func(row store.Row) (s sized, err error) { return s, row.Scan(&s.id, &s.at, &s.size) },
		"SELECT id, at, COALESCE(length(body), 0) FROM message WHERE "+where+" LIMIT ?", append(args, int64(limit)+1)...)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return rows, nil
}

// stretch reads the first messages that meet a condition. How large they are is
// asked first, so that no more is read than a page takes.
func (t *Threads) stretch(ctx context.Context, r store.Reader, org id.Org, limit int, where string, args ...any) (all []chat.Message, more bool, err error) {
	rows, err := t.rows(ctx, r, limit, where, args...)
	if err != nil {
		return nil, false, err
	}
	n := store.Fit(rows, limit, size)
	found, err := t.Find(ctx, r, org, idsOf(rows[:n]))
	return inOrder(rows[:n], found), n < len(rows), err
}

func idsOf(rows []sized) []id.Message {
	ids := make([]id.Message, len(rows))
	for i, s := range rows {
		ids[i] = s.id
	}
	return ids
}

// inOrder are the messages that were found, in the order of their rows.
func inOrder(rows []sized, found map[id.Message]chat.Message) (all []chat.Message) {
	for _, s := range rows {
		if m, there := found[s.id]; there {
			all = append(all, m)
		}
	}
	return all
}

// Quoted finds, among the organisation's messages, those that WhatsApp's ids
// name, by these ids. One that is long has no content.
func (t *Threads) Quoted(ctx context.Context, r store.Reader, org id.Org, wamids []string) (map[string]chat.Message, error) {
	if len(wamids) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	hashes := make([]vault.Hash, len(wamids))
	for i, w := range wamids {
		hashes[i] = keys.Lookup("wamid", w)
	}
	sealed, err := store.CollectIn(ctx, r, func(row store.Row) (sealedMessage, error) { return scanMessage(org, row) },
		"SELECT "+glanceColumns+" FROM message WHERE org_id = ? AND wamid_hash IN (?)", hashes, org)
	if err != nil {
		return nil, fmt.Errorf("read what is quoted: %w", err)
	}
	opened, err := t.openAll(ctx, r, org, sealed)
	found := make(map[string]chat.Message, len(opened))
	for _, m := range opened {
		found[m.WAMID] = m
	}
	return found, err
}

// Front finds the first of some messages: as many as fit a page, of which it
// says how many they are.
func (t *Threads) Front(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (found map[id.Message]chat.Message, n int, err error) {
	sizes := map[id.Message]int64{}
	_, err = store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var at id.Message
		var size int64
		err := row.Scan(&at, &size)
		sizes[at] = size
		return struct{}{}, err
	}, "SELECT id, COALESCE(length(body), 0) FROM message WHERE org_id = ? AND id IN (?)", messages, org)
	if err != nil {
		return nil, 0, fmt.Errorf("read messages: %w", err)
	}
	n = store.Fit(messages, len(messages), func(m id.Message) int64 { return sizes[m] })
	found, err = t.Find(ctx, r, org, messages[:n])
	return found, n, err
}

// Glances finds messages as [Threads.Find] does, but one that is long has no
// content: for what only a line of each is shown of.
func (t *Threads) Glances(ctx context.Context, r store.Reader, org id.Org, messages []id.Message) (map[id.Message]chat.Message, error) {
	return t.found(ctx, r, org, glanceColumns, messages)
}

// Reaction is an emoji on a message.
type Reaction struct {
	pii.Personal
	Outgoing bool
	Emoji    string
	At       time.Time
}

// Reactions reads the reactions on messages.
func (t *Threads) Reactions(ctx context.Context, r store.Reader, org id.Org, messages []chat.Message) (map[id.Message][]Reaction, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	keys, err := t.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	ids := make([]id.Message, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	type sealed struct {
		message id.Message
		contact id.Person
		emoji   []byte
		Reaction
	}
	rows, err := store.CollectIn(ctx, r, func(row store.Row) (s sealed, err error) {
		var at int64
		err = row.Scan(&s.message, &s.Outgoing, &s.contact, &s.emoji, &at)
		s.At = store.Time(at)
		return s, err
	}, "SELECT message_id, outgoing, contact_id, emoji, at FROM reaction WHERE org_id = ? AND message_id IN (?) ORDER BY outgoing", ids, org)
	if err != nil {
		return nil, fmt.Errorf("read reactions: %w", err)
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, rows, func(s sealed) id.Person { return s.contact })
	if err != nil {
		return nil, err
	}
	found := map[id.Message][]Reaction{}
	for _, s := range rows {
		ring := rings[s.contact]
		if ring == nil {
			continue // erased: nobody can read it any more
		}
		emoji, err := ring.Open(emojiContext, s.message, s.emoji)
		if err != nil {
			return nil, err
		}
		if s.Emoji = string(emoji); s.Emoji != "" {
			found[s.message] = append(found[s.message], s.Reaction)
		}
	}
	return found, nil
}

// MarkRead says that staff have seen the conversation.
func (t *Threads) MarkRead(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation) error {
	n, err := tx.Exec(ctx, "UPDATE conversation SET unread = 0, changed_at = ? WHERE org_id = ? AND id = ? AND unread > 0", store.Micros(t.now()), org, conversation)
	if n > 0 {
		t.tell(tx, org, conversation)
	}
	return err
}

// overMatter is when the matter of a conversation has ended by closing. What has
// ended stays so: only the person opens another (privacy.md S10).
const overMatter = "state = 'closed'"

// SetClosed closes or reopens a conversation; either ends its being put off.
// The matter that the person had opened ends with the closing, and reopening
// does not bring it back.
func (t *Threads) SetClosed(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, closed bool) error {
	now := store.Micros(t.now())
	query, args := `UPDATE conversation SET state = 'open', snoozed_until = 0,
		matter_at = CASE WHEN `+overMatter+` THEN 0 ELSE matter_at END,
		matter_id = CASE WHEN `+overMatter+` THEN NULL ELSE matter_id END, changed_at = ? WHERE org_id = ? AND id = ?`, []any{now, org, conversation}
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
func (t *Threads) Standing(ctx context.Context, r store.Reader, org id.Org, contact id.Person, channel id.Channel) (chat.Standing, error) {
	found, err := t.Standings(ctx, r, org, channel, []id.Person{contact})
	return found[contact], err
}

// Standings reads it for many people on one number.
func (t *Threads) Standings(ctx context.Context, r store.Reader, org id.Org, channel id.Channel, people []id.Person) (map[id.Person]chat.Standing, error) {
	found := map[id.Person]chat.Standing{}
	_, err := store.CollectIn(ctx, r, func(row store.Row) (struct{}, error) {
		var contact id.Person
		var s chat.Standing
		var window, at, last int64
		var state string
		err := row.Scan(&contact, &s.Conversation, &state, &window, &s.Matter, &at, &last)
		s.WindowEnds, s.MatterAt, s.LastIn = store.Time(window), store.Time(at), store.Time(last)
		if state == "closed" {
			s.Matter, s.MatterAt = id.Matter{}, time.Time{}
		}
		found[contact] = s
		return struct{}{}, err
	}, "SELECT contact_id, id, state, window_ends, matter_id, matter_at, last_in_at FROM conversation WHERE org_id = ? AND channel_id = ? AND contact_id IN (?)", people, org, channel)
	return found, err
}
