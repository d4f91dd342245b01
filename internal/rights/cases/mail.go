package cases

import (
	"context"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/keyword"
)

// mailsKept is for how long it is remembered which mails became cases.
const mailsKept = 90 * 24 * time.Hour

// words tell what a mail asks for, the strongest right first. Who reads it
// decides; this is only where the case begins.
var words = []struct {
	kind Kind
	any  []string
}{
	{Erase, []string{"lösch", "loesch", "vergess", "art. 17", "erase", "erasure", "delete", "forgotten"}},
	{Object, []string{"widersprech", "widerspruch", "art. 21", "object"}},
	{Withdraw, []string{"widerruf", "keine werbung", "abmelden", "withdraw", "unsubscribe"}},
	{Restrict, []string{"einschränk", "sperr", "art. 18", "restrict"}},
	{Rectify, []string{"berichtig", "falsch", "korrigier", "art. 16", "correct", "rectif", "wrong"}},
	{Portability, []string{"übertrag", "maschinenlesbar", "art. 20", "portab"}},
	{Complaint, []string{"beschwer", "complain"}},
	{Access, []string{"auskunft", "welche daten", "art. 15", "gespeichert", "access", "what data"}},
}

// KindIn guesses what a text asks for: what is clear wherever people write to us,
// then single words; [Complaint] if it does not say: somebody has to read it.
func KindIn(text string) Kind {
	found := map[keyword.Meaning]bool{}
	for _, part := range strings.Split(text, "\n\n") { // the subject, the letter
		found[keyword.Set{}.Match(part)] = true
	}
	for _, one := range []struct {
		said keyword.Meaning
		kind Kind
	}{{keyword.Erase, Erase}, {keyword.Object, Oppose}, {keyword.Stop, Withdraw}, {keyword.Marketing, Object}, {keyword.Access, Access}} {
		if found[one.said] {
			return one.kind
		}
	}
	text = strings.ToLower(text)
	for _, w := range words {
		for _, word := range w.any {
			if strings.Contains(text, word) {
				return w.kind
			}
		}
	}
	return Complaint
}

// TakesBack reports whether a mail may withdraw or object: its words say so, or
// its kind does, or they are unclear.
func TakesBack(text string) bool {
	for part := range strings.SplitSeq(text, "\n\n") {
		if (keyword.Set{}).Hear(part).Smells() {
			return true
		}
	}
	kind := KindIn(text)
	return kind == Withdraw || kind == Object || kind == Oppose
}

// OpenMail opens a case for a mail, unless one was opened for it before.
func (d *Cases) OpenMail(ctx context.Context, tx store.Tx, org id.Org, messageID string, r Request) (opened bool, err error) {
	keys, err := d.vault.Org(ctx, tx, org)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, "INSERT INTO privacy_mail (org_id, message_hash, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", org, keys.Lookup("privacy.mail", messageID), store.Micros(d.now()))
	if err != nil {
		return false, fmt.Errorf("note a mail: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	r.Source, r.Kind = "e_mail", KindIn(r.Text)
	_, err = d.Open(ctx, tx, org, r)
	return true, err
}

// ExpireMails deletes which mails became cases long ago.
func (d *Cases) expireMails(ctx context.Context, tx store.Tx, org id.Org, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM privacy_mail WHERE org_id = ? AND at < ?", org, store.Micros(now.Add(-mailsKept)))
	return err
}

// Assign says who a case is about, once somebody has found out.
func (d *Cases) Assign(ctx context.Context, tx store.Tx, c *Case, person id.Person, by id.Account) error {
	if !c.Closed.IsZero() {
		return ErrClosed
	}
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET contact_id = ? WHERE org_id = ? AND id = ?", person, c.Org, c.ID); err != nil {
		return fmt.Errorf("say who a privacy case is about: %w", err)
	}
	c.Contact = person
	return d.prove(ctx, tx, *c, "privacy_case.assigned", map[string]any{"by": by.String()})
}

// SetKind corrects what a case is about.
func (d *Cases) SetKind(ctx context.Context, tx store.Tx, c *Case, kind Kind, by id.Account) error {
	if !c.Closed.IsZero() {
		return ErrClosed
	}
	if len(steps[kind]) == 0 {
		return ErrKind
	}
	if _, err := tx.Exec(ctx, "UPDATE privacy_case SET kind = ? WHERE org_id = ? AND id = ?", string(kind), c.Org, c.ID); err != nil {
		return fmt.Errorf("correct a privacy case: %w", err)
	}
	c.Kind = kind
	return d.prove(ctx, tx, *c, "privacy_case.kind", map[string]any{"kind": string(kind), "by": by.String()})
}

// Proven records that a person has repeated a code, in all her open cases where
// it was not known who asks.
func (d *Cases) Proven(ctx context.Context, tx store.Tx, org id.Org, person id.Person) error {
	all, err := d.OfContact(ctx, tx, org, person)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Closed.IsZero() && c.Identity == Unchecked {
			if err := d.SetIdentity(ctx, tx, &c, ByCode, id.Account{}, ""); err != nil {
				return err
			}
		}
	}
	return nil
}
