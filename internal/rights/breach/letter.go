package breach

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Letter is what the people whom a breach concerns are told (Art. 34(2)).
type Letter struct {
	pii.Personal
	Subject  string     `json:"subject"` // of the mail
	Text     string     `json:"text"`
	Template string     `json:"template,omitempty"` // carries the text outside the window; empty: none does
	Language string     `json:"language,omitempty"` // of the template
	By       id.Account `json:"by"`                 // who had it sent
}

// Sending is whether letters about a breach go out.
type Sending string

// The states of a letter.
const (
	NotSent Sending = ""
	Going   Sending = "sending"
	Gone    Sending = "sent"
)

// Way is how somebody was told.
type Way string

// The ways.
const (
	ByWhatsApp Way = "whatsapp"
	ByMail     Way = "mail"
	NoWay      Way = "none" // no window is open, no template fits, there is no mail address
)

// Post is a letter that goes out, and to whom.
type Post struct {
	pii.Personal
	Breach id.Breach
	Scope  Scope
	Letter Letter
}

// Told is somebody who was told.
type Told struct {
	ID      id.Letter
	Contact id.Person
	Message id.Message // by WhatsApp
}

// Tally counts who was told, by way; Waiting are those who are still to be.
type Tally struct{ WhatsApp, Mail, None, Waiting int64 }

// All is how many have been looked at.
func (t Tally) All() int64 { return t.WhatsApp + t.Mail + t.None }

// Post has a letter sent to those whom a breach concerns. Said again, it goes to
// those who were not told before, or who had no way.
func (d *Register) Post(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, l Letter) error {
	r, err := d.open(ctx, tx, org, at)
	if err != nil {
		return err
	}
	l.Subject, l.Text = strings.TrimSpace(l.Subject), strings.TrimSpace(l.Text)
	switch {
	case l.Text == "" || l.Subject == "":
		return ErrLetter
	case r.Scope.From.IsZero() || r.Scope.Until.IsZero():
		return ErrScope
	}
	if err := d.write(ctx, tx, org, at, func(r *Record) { r.Letter = &l }); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM breach_letter WHERE org_id = ? AND breach_id = ? AND way = ?", org, at, string(NoWay)); err != nil {
		return fmt.Errorf("look again who can be told of a breach: %w", err)
	}
	return d.setSending(ctx, tx, org, at, Going)
}

func (d *Register) setSending(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, s Sending) error {
	if _, err := tx.Exec(ctx, "UPDATE breach SET letter = ? WHERE org_id = ? AND id = ?", string(s), org, at); err != nil {
		return fmt.Errorf("note where a letter is: %w", err)
	}
	return nil
}

// write changes what is written about a breach.
func (d *Register) write(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, change func(*Record)) error {
	r, err := d.Get(ctx, tx, org, at)
	if err != nil {
		return err
	}
	change(&r)
	ring, err := d.ring(ctx, tx, org, at)
	if err != nil {
		return err
	}
	sealed, err := seal(ring, r)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE breach SET detail = ? WHERE org_id = ? AND id = ?", sealed, org, at); err != nil {
		return fmt.Errorf("write of a breach: %w", err)
	}
	return nil
}

// Posting are the letters that are going out.
func (d *Register) Posting(ctx context.Context, r store.Reader, org id.Org) ([]Post, error) {
	all, err := d.read(ctx, r, org, " AND letter = ? ORDER BY id", org, string(Going))
	if err != nil {
		return nil, err
	}
	var posts []Post
	for _, one := range all {
		if one.Letter != nil {
			posts = append(posts, Post{Breach: one.ID, Scope: one.Scope, Letter: *one.Letter})
		}
	}
	return posts, nil
}

// Known are those of some people who have been looked at.
func (d *Register) Known(ctx context.Context, r store.Reader, org id.Org, at id.Breach, people []id.Person) (map[id.Person]bool, error) {
	all, err := store.CollectIn(ctx, r, store.One[id.Person], "SELECT contact_id FROM breach_letter WHERE org_id = ? AND breach_id = ? AND contact_id IN (?)", people, org, at)
	if err != nil {
		return nil, fmt.Errorf("find who was told of a breach: %w", err)
	}
	known := make(map[id.Person]bool, len(all))
	for _, p := range all {
		known[p] = true
	}
	return known, nil
}

// Tell notes that somebody was told.
func (d *Register) Tell(ctx context.Context, tx store.Tx, org id.Org, at id.Breach, t Told, way Way) error {
	if _, err := tx.Exec(ctx, "INSERT INTO breach_letter (org_id, id, breach_id, contact_id, way, message_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		org, t.ID, at, t.Contact, string(way), t.Message, store.Micros(d.now())); err != nil {
		return fmt.Errorf("note who was told of a breach: %w", err)
	}
	return nil
}

// Again notes that somebody was told by another way than was tried, or that the
// way is sure: no message is followed any more.
func (d *Register) Again(ctx context.Context, tx store.Tx, org id.Org, at id.Letter, way Way) error {
	if _, err := tx.Exec(ctx, "UPDATE breach_letter SET way = ?, message_id = NULL WHERE org_id = ? AND id = ?", string(way), org, at); err != nil {
		return fmt.Errorf("note how somebody was told of a breach: %w", err)
	}
	return nil
}

// Returned notes that a mail did not arrive.
func (d *Register) Returned(ctx context.Context, tx store.Tx, org id.Org, ref id.ID) error {
	return d.Again(ctx, tx, org, id.Letter(ref), NoWay)
}

// Followed are letters by WhatsApp whose fate is not known, the oldest first.
func (d *Register) Followed(ctx context.Context, r store.Reader, org id.Org, at id.Breach, after id.Letter, limit int) ([]Told, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (t Told, err error) {
		return t, row.Scan(&t.ID, &t.Contact, &t.Message)
	}, "SELECT id, contact_id, message_id FROM breach_letter WHERE org_id = ? AND breach_id = ? AND message_id IS NOT NULL AND id > ? ORDER BY id LIMIT ?", org, at, after[:], int64(limit))
	if err != nil {
		return nil, fmt.Errorf("find letters about a breach: %w", err)
	}
	return all, nil
}

// Sent notes that everybody whom a breach concerns has been looked at. If each
// of them could be told, they are told (Art. 34(1)).
func (d *Register) Sent(ctx context.Context, tx store.Tx, org id.Org, p Post) error {
	if err := d.setSending(ctx, tx, org, p.Breach, Gone); err != nil {
		return err
	}
	n, err := d.Tally(ctx, tx, org, p.Breach)
	if err != nil || n.All() == 0 || n.None > 0 {
		return err
	}
	r, err := d.Get(ctx, tx, org, p.Breach)
	if err != nil || !r.Told.IsZero() || !r.Closed.IsZero() {
		return err
	}
	return d.Done(ctx, tx, org, p.Breach, Tell, p.Letter.By)
}

// Tally counts who was told of a breach.
func (d *Register) Tally(ctx context.Context, r store.Reader, org id.Org, at id.Breach) (n Tally, err error) {
	err = r.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN way = 'whatsapp' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN way = 'mail' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN way = 'none' THEN 1 ELSE 0 END), 0)
		FROM breach_letter WHERE org_id = ? AND breach_id = ?`, org, at).Scan(&n.WhatsApp, &n.Mail, &n.None)
	if err != nil {
		return n, fmt.Errorf("count who was told of a breach: %w", err)
	}
	return n, nil
}

// Claims are the columns of this room that name a person.
func (*Register) Claims() []store.Claim {
	return []store.Claim{
		{Table: "breach_letter", Column: "contact_id", Expire: "how many were told is proof for as long as the breach is kept", Export: "she has the letter, and its message stands in her record"},
	}
}

// Merge hands over who was told. Whoever was told as both is counted as both.
func (d *Register) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	_, err := tx.Exec(ctx, "UPDATE breach_letter SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from)
	return err
}

// Erase deletes who it was; that somebody was told stays.
func (d *Register) Erase(ctx context.Context, tx store.Tx, org id.Org, person id.Person) (int64, bool, error) {
	n, err := tx.Exec(ctx, "UPDATE breach_letter SET contact_id = NULL, message_id = NULL WHERE org_id = ? AND contact_id = ?", org, person)
	return n, false, err
}

// Restored sees to it that nobody is told by itself of what a backup says is going
// out.
func (d *Register) Restored(ctx context.Context, tx store.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE breach SET letter = ? WHERE letter = ?", string(NotSent), string(Going))
	return err
}

// LetterEvery is how often is looked whom a letter still has to reach.
const LetterEvery = time.Minute
