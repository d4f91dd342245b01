// Package assignment is how colleagues share the work on conversations: teams and
// who gets what, labels of people, notes with mentions, quick replies and
// saved views. The conversations themselves belong to package conversation.
package assignment

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrNotFound = errors.New("no such team, label, note or reply")
	ErrName     = errors.New("give a name of 1 to 60 characters")
	ErrTaken    = errors.New("this shortcut is taken: choose another")
	ErrShortcut = errors.New("a shortcut is 1 to 24 small letters, digits and hyphens")
	ErrEmpty    = errors.New("write something first")
	ErrLong     = errors.New("the text is too long")
	ErrMany     = errors.New("there are as many quick replies as there may be: delete one that nobody needs")
	ErrColour   = errors.New("unknown colour")
	ErrSnooze   = errors.New("choose a moment in the future, within a year")
)

// Threads are the conversations.
type Threads interface {
	Assign(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, account id.Account, team id.Team) error
	Snooze(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, until time.Time) error
	SetClosed(ctx context.Context, tx store.Tx, org id.Org, conversation id.Conversation, closed bool) error
	Load(ctx context.Context, r store.Reader, org id.Org, accounts []id.Account) (map[id.Account]int, error)
	// Of lists the conversations of a person, the newest first.
	Of(ctx context.Context, r store.Reader, org id.Org, person id.Person) ([]id.Conversation, error)
	LeaveTeam(ctx context.Context, tx store.Tx, org id.Org, team id.Team) error
}

// People finds persons.
type People interface {
	Get(ctx context.Context, r store.Reader, org id.Org, person id.Person) (*chat.Known, error)
}

// The statements that name what a list of conversations can show; they are part
// of the list's own.
const (
	// MentionedIn names the conversations of an organisation in which an account
	// is mentioned and has not looked.
	MentionedIn = "SELECT conversation_id FROM mention WHERE org_id = ? AND account_id = ? AND NOT seen"
	// LabelledWith names the people of an organisation who have a label.
	LabelledWith = "SELECT contact_id FROM contact_label WHERE org_id = ? AND label_id = ?"
)

// Relabelled is told, in the same transaction, whose labels have changed.
type Relabelled func(ctx context.Context, tx store.Tx, org id.Org, people ...id.Person) error

// Assignments shares the work.
type Assignments struct {
	ids     *id.Source
	now     func() time.Time
	threads Threads
	people  People
	changed Relabelled
	ended   func(tx store.Tx, org id.Org)
}

// New makes Assignments. Changed is told of new labels; nil: nobody wants to know.
func New(ids *id.Source, now func() time.Time, threads Threads, people People, changed Relabelled) *Assignments {
	return &Assignments{ids, now, threads, people, changed, func(store.Tx, id.Org) {}}
}

// Ending has somebody told, in the transaction, that the rights of staff may have
// ended: a team has other members or numbers. Call it before the Assignments are used.
func (d *Assignments) Ending(told func(tx store.Tx, org id.Org)) { d.ended = told }

// Thread is a conversation that is worked on.
type Thread struct {
	Org     id.Org
	ID      id.Conversation
	Contact id.Person
}

// Item is a note or an event in a conversation.
type Item struct {
	pii.Personal
	ID      id.Item
	Kind    Kind
	Author  id.Account // zero: by itself
	Subject id.ID      // to whom
	Words   string
	At      time.Time
}

// Kind is what happened.
type Kind string

// The kinds.
const (
	Note       Kind = "note"
	Assigned   Kind = "assigned"   // to an account
	TeamGiven  Kind = "team_given" // to a team
	Unassigned Kind = "unassigned"
	Closed     Kind = "closed"
	Reopened   Kind = "reopened"
	Snoozed    Kind = "snoozed"
	MovedOn    Kind = "moved_on" // to another number: the subject
	CameFrom   Kind = "came_from"
)

const (
	noteContext = "work_item.body"
	maxNote     = 4000
)

// add writes an item; words are sealed under the person's key, so that they go
// when she is erased.
func (d *Assignments) add(ctx context.Context, tx store.Tx, t Thread, i Item) (id.Item, error) {
	i.ID = id.Item(d.ids.New())
	body := []byte{}
	if i.Words != "" {
		p, err := d.people.Get(ctx, tx, t.Org, t.Contact)
		if err != nil {
			return i.ID, err
		}
		if p.Keys == nil {
			return i.ID, ErrNotFound
		}
		body = p.Keys.Seal(noteContext, i.ID, []byte(i.Words))
	}
	_, err := tx.Exec(ctx, "INSERT INTO work_item (org_id, id, conversation_id, contact_id, kind, author_id, subject_id, body, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		t.Org, i.ID, t.ID, t.Contact, string(i.Kind), optional(i.Author), optional(id.Account(i.Subject)), body, store.Micros(d.now()))
	if err != nil {
		return i.ID, fmt.Errorf("note what happened to a conversation: %w", err)
	}
	return i.ID, nil
}

func optional(i id.Account) any {
	if i.IsZero() {
		return nil
	}
	return i
}

// Items reads the notes and events of a conversation, the oldest first, the
// newest at most limit.
func (d *Assignments) Items(ctx context.Context, r store.Reader, t Thread, limit int) ([]Item, error) {
	p, err := d.people.Get(ctx, r, t.Org, t.Contact)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (i Item, err error) {
		var sealed []byte
		var at int64
		if err := row.Scan(&i.ID, &i.Kind, &i.Author, &i.Subject, &sealed, &at); err != nil {
			return i, err
		}
		i.At = store.Time(at)
		if len(sealed) > 0 && p.Keys != nil {
			plain, err := p.Keys.Open(noteContext, i.ID, sealed)
			if err != nil {
				return i, err
			}
			i.Words = string(plain)
		}
		return i, nil
	}, "SELECT id, kind, author_id, subject_id, body, at FROM work_item WHERE org_id = ? AND conversation_id = ? ORDER BY id DESC LIMIT ?", t.Org, t.ID, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read the notes of a conversation: %w", err)
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, nil
}

// Write adds a note for colleagues. Who is named with @ is told.
func (d *Assignments) Write(ctx context.Context, tx store.Tx, t Thread, author id.Account, words string, colleagues []Colleague) error {
	words = strings.TrimSpace(words)
	switch {
	case words == "":
		return ErrEmpty
	case len([]rune(words)) > maxNote:
		return ErrLong
	}
	item, err := d.add(ctx, tx, t, Item{Kind: Note, Author: author, Words: words})
	if err != nil {
		return err
	}
	var rows [][]any
	for _, account := range Mentioned(words, colleagues) {
		if account != author {
			rows = append(rows, []any{t.Org, account, item, t.ID, false})
		}
	}
	err = tx.InsertMany(ctx, store.Insert{Into: "mention (org_id, account_id, item_id, conversation_id, seen)"}, rows)
	return err
}

// Colleague is a member of staff who can be mentioned.
type Colleague struct {
	pii.Personal
	Account id.Account
	Name    string
}

// Mentioned finds who is named with @ and the whole name, or the first name if
// only one has it.
func Mentioned(words string, colleagues []Colleague) (found []id.Account) {
	low := strings.ToLower(words)
	first := map[string]int{}
	for _, c := range colleagues {
		first[firstName(c.Name)]++
	}
	for _, c := range colleagues {
		if c.Name == "" {
			continue
		}
		if names(low, strings.ToLower(c.Name)) || first[firstName(c.Name)] == 1 && names(low, firstName(c.Name)) {
			found = append(found, c.Account)
		}
	}
	return found
}

func firstName(name string) string {
	first, _, _ := strings.Cut(strings.ToLower(name), " ")
	return first
}

// names reports whether @name stands in the words as a whole word.
func names(words, name string) bool {
	for rest := words; ; {
		_, after, found := strings.Cut(rest, "@"+name)
		if !found {
			return false
		}
		if after == "" || strings.ContainsAny(after[:1], " \n\t.,;:!?)") {
			return true
		}
		rest = after
	}
}

// Looked says that somebody has seen where she is mentioned.
func (d *Assignments) Looked(ctx context.Context, tx store.Tx, org id.Org, account id.Account, conversation id.Conversation) error {
	_, err := tx.Exec(ctx, "UPDATE mention SET seen = ? WHERE org_id = ? AND account_id = ? AND conversation_id = ? AND NOT seen", true, org, account, conversation)
	return err
}

// Mentions are the conversations in which somebody is mentioned and has not looked.
func (d *Assignments) Mentions(ctx context.Context, r store.Reader, org id.Org, account id.Account) ([]id.Conversation, error) {
	all, err := store.Collect(ctx, r, store.One[id.Conversation], "SELECT DISTINCT conversation_id FROM mention WHERE org_id = ? AND account_id = ? AND NOT seen", org, account)
	if err != nil {
		return nil, fmt.Errorf("read where somebody is mentioned: %w", err)
	}
	return all, nil
}

// Assign gives a conversation to somebody or to a team, with a hand-over note
// if there is one.
func (d *Assignments) Assign(ctx context.Context, tx store.Tx, t Thread, by, account id.Account, team id.Team, handover string, colleagues []Colleague) error {
	if err := d.threads.Assign(ctx, tx, t.Org, t.ID, account, team); err != nil {
		return err
	}
	event := Item{Kind: Unassigned, Author: by}
	switch {
	case !account.IsZero():
		event = Item{Kind: Assigned, Author: by, Subject: id.ID(account)}
	case !team.IsZero():
		event = Item{Kind: TeamGiven, Author: by, Subject: id.ID(team)}
	}
	if _, err := d.add(ctx, tx, t, event); err != nil {
		return err
	}
	return d.handOver(ctx, tx, t, by, handover, colleagues)
}

// handOver leaves the note for who goes on, if there is one.
func (d *Assignments) handOver(ctx context.Context, tx store.Tx, t Thread, by id.Account, note string, colleagues []Colleague) error {
	if strings.TrimSpace(note) == "" {
		return nil
	}
	return d.Write(ctx, tx, t, by, note, colleagues)
}

// Move hands a conversation to another number of the organisation: the one with
// the same person there goes on, with the note, and this one is closed. What may
// be sent on that number is for the gate to say.
func (d *Assignments) Move(ctx context.Context, tx store.Tx, from, to Thread, by id.Account, fromChannel, toChannel id.Channel, handover string, colleagues []Colleague) error {
	if from.ID == to.ID {
		return ErrNotFound
	}
	if _, err := d.add(ctx, tx, from, Item{Kind: MovedOn, Author: by, Subject: id.ID(toChannel)}); err != nil {
		return err
	}
	if err := d.threads.SetClosed(ctx, tx, from.Org, from.ID, true); err != nil {
		return err
	}
	if err := d.threads.SetClosed(ctx, tx, to.Org, to.ID, false); err != nil {
		return err
	}
	if _, err := d.add(ctx, tx, to, Item{Kind: CameFrom, Author: by, Subject: id.ID(fromChannel)}); err != nil {
		return err
	}
	return d.handOver(ctx, tx, to, by, handover, colleagues)
}

// Snooze puts a conversation off.
func (d *Assignments) Snooze(ctx context.Context, tx store.Tx, t Thread, by id.Account, until time.Time) error {
	if now := d.now(); !until.After(now) || until.After(now.AddDate(1, 0, 0)) {
		return ErrSnooze
	}
	if err := d.threads.Snooze(ctx, tx, t.Org, t.ID, until); err != nil {
		return err
	}
	_, err := d.add(ctx, tx, t, Item{Kind: Snoozed, Author: by})
	return err
}

// SetClosed closes or reopens a conversation.
func (d *Assignments) SetClosed(ctx context.Context, tx store.Tx, t Thread, by id.Account, closed bool) error {
	if err := d.threads.SetClosed(ctx, tx, t.Org, t.ID, closed); err != nil {
		return err
	}
	kind := Reopened
	if closed {
		kind = Closed
	}
	_, err := d.add(ctx, tx, t, Item{Kind: kind, Author: by})
	return err
}

// Merge moves what is kept about a person to the person she turned out to be.
func (d *Assignments) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if err := d.mergeItems(ctx, tx, org, from, into); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO contact_label (org_id, contact_id, label_id) SELECT org_id, ?, label_id FROM contact_label WHERE org_id = ? AND contact_id = ?
		ON CONFLICT DO NOTHING`, into, org, from); err != nil {
		return fmt.Errorf("merge labels: %w", err)
	}
	_, err := tx.Exec(ctx, "DELETE FROM contact_label WHERE org_id = ? AND contact_id = ?", org, from)
	return err
}

// mergeItems moves notes and events. The conversations were merged before, so
// what belonged to one that is gone goes to the newest of the person.
func (d *Assignments) mergeItems(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	if _, err := tx.Exec(ctx, "UPDATE work_item SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge notes: %w", err)
	}
	hers, err := d.threads.Of(ctx, tx, org, into)
	if err != nil || len(hers) == 0 {
		return err
	}
	on, err := store.Collect(ctx, tx, store.One[id.Conversation],
		"SELECT DISTINCT conversation_id FROM work_item WHERE org_id = ? AND contact_id = ?", org, into)
	if err != nil {
		return fmt.Errorf("merge notes: %w", err)
	}
	for _, gone := range on {
		if slices.Contains(hers, gone) {
			continue
		}
		for _, text := range []string{
			"UPDATE mention SET conversation_id = ? WHERE org_id = ? AND item_id IN (SELECT w.id FROM work_item w WHERE w.org_id = mention.org_id AND w.contact_id = ? AND w.conversation_id = ?)",
			"UPDATE work_item SET conversation_id = ? WHERE org_id = ? AND contact_id = ? AND conversation_id = ?",
		} {
			if _, err := tx.Exec(ctx, text, hers[0], org, into, gone); err != nil {
				return fmt.Errorf("merge notes: %w", err)
			}
		}
	}
	return nil
}

// Erase deletes labels and notes.
func (d *Assignments) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	for _, text := range []string{
		"DELETE FROM mention WHERE org_id = ? AND item_id IN (SELECT w.id FROM work_item w WHERE w.org_id = mention.org_id AND w.contact_id = ?)",
		"DELETE FROM work_item WHERE org_id = ? AND contact_id = ?",
		"DELETE FROM contact_label WHERE org_id = ? AND contact_id = ?",
	} {
		if _, err := tx.Exec(ctx, text, org, person); err != nil {
			return 0, false, fmt.Errorf("delete notes and labels: %w", err)
		}
	}
	return 0, false, nil
}

var shortcut = regexp.MustCompile(`^[a-z0-9äöüß-]{1,24}$`)

func name(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n == 0 || n > 60 {
		return "", ErrName
	}
	return text, nil
}
