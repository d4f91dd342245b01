package contact

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/rule/identity"
)

// MailStands is how long a mail address must have stood, untouched by staff,
// programs and imports, until whoever reads its mails is taken for the person
// (GDPR Art. 12(6); privacy.md section 4).
const MailStands = 30 * 24 * time.Hour

// Proven says by which ways it is known that whoever answers there is the person.
type Proven struct {
	WhatsApp bool // she has written to us as the identity to which we write
	Email    bool // the address has stood for long enough
}

// Proven says what is proven of the ways to a person.
func (b *Book) Proven(ctx context.Context, r store.Reader, org id.Org, p *chat.Known) (Proven, error) {
	var is Proven
	key := identity.Key{Kind: identity.Phone, Value: p.Profile.Phone} // where we write
	if key.Value == "" {
		key = identity.Key{Kind: identity.BSUID, Value: p.Profile.BSUID}
	}
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return is, err
	}
	for _, h := range spelled(keys, key) {
		err := r.QueryRow(ctx, "SELECT wrote FROM identity WHERE org_id = ? AND contact_id = ? AND kind = ? AND hash = ?", org, p.ID, h.Kind, h.Hash).Scan(&is.WhatsApp)
		if err == nil {
			break
		}
		if !errors.Is(err, store.ErrNoRows) {
			return is, fmt.Errorf("see whether somebody wrote: %w", err)
		}
	}
	_, entered, err := b.Entered(ctx, r, org, p.ID)
	is.Email = p.Profile.Email != "" && (entered.IsZero() || b.now().Sub(entered) >= MailStands)
	return is, err
}

// saveProven notes the identities as which people wrote to us.
func (r *resolving) saveProven(ctx context.Context, seen []Sighting) error {
	var wrote [][]any
	for _, s := range seen {
		if !s.Wrote {
			continue
		}
		for _, k := range s.seen().Keys() {
			if k.Kind == identity.Parent || r.proven[k] {
				continue // a parent's id is that of a company
			}
			r.proven[k] = true
			h := hash(r.keys, k)
			wrote = append(wrote, []any{true, r.org, h.Kind, h.Hash})
		}
	}
	if len(wrote) == 0 {
		return nil
	}
	if err := r.tx.UpdateMany(ctx, store.Update{Table: "identity", Set: "wrote = ?", Where: "org_id = ? AND kind = ? AND hash = ?"}, wrote); err != nil {
		return fmt.Errorf("note who wrote: %w", err)
	}
	return nil
}

// mailKey is a mail address as it is looked up.
func mailKey(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// mailHash is under what a person's mail address is found.
func (r *resolving) mailHash(k *chat.Known) []byte {
	if k.Profile.Email == "" {
		return []byte{}
	}
	h := r.keys.Lookup("email", mailKey(k.Profile.Email))
	return h[:]
}

// ByMail finds the person of a mail address, or nil: also where several have it,
// because then it proves nobody.
func (b *Book) ByMail(ctx context.Context, r store.Reader, org id.Org, address string) (*chat.Known, error) {
	keys, err := b.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	h := keys.Lookup("email", mailKey(address))
	people, err := store.Collect(ctx, r, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND email_hash = ? AND state = 'active' LIMIT 2", org, h[:])
	if err != nil {
		return nil, fmt.Errorf("look for a mail address: %w", err)
	}
	if len(people) != 1 {
		return nil, nil
	}
	return b.Get(ctx, r, org, people[0])
}

// mailBite is how many people are looked at in one transaction.
const mailBite = 200

// IndexMails makes mail addresses that an earlier program kept findable.
func (b *Book) IndexMails(ctx context.Context, db *store.DB, orgs func(context.Context, store.Reader) ([]id.Org, error)) error {
	all, err := orgs(ctx, db)
	if err != nil {
		return err
	}
	for _, org := range all {
		for n := mailBite; n == mailBite; {
			err := db.WriteBite(ctx, func(ctx context.Context, tx store.Tx) (err error) {
				n, err = b.indexMails(ctx, tx, org)
				return err
			})
			if err != nil {
				return fmt.Errorf("index mail addresses: %w", err)
			}
		}
	}
	return nil
}

func (b *Book) indexMails(ctx context.Context, tx store.Tx, org id.Org) (int, error) {
	people, err := store.Collect(ctx, tx, store.One[id.Person], "SELECT id FROM contact WHERE org_id = ? AND email_hash IS NULL AND state = 'active' LIMIT ?", org, int64(mailBite))
	if err != nil || len(people) == 0 {
		return 0, err
	}
	known, err := b.GetMany(ctx, tx, org, people)
	if err != nil {
		return 0, err
	}
	r, err := b.resolving(ctx, tx, org)
	if err != nil {
		return 0, err
	}
	rows := make([][]any, 0, len(people))
	for _, p := range people {
		hash := []byte{}
		if k := known[p]; k != nil && k.Keys != nil {
			hash = r.mailHash(k)
		}
		rows = append(rows, []any{hash, org, p})
	}
	return len(people), tx.UpdateMany(ctx, store.Update{Table: "contact", Set: "email_hash = ?", Where: "org_id = ? AND id = ?"}, rows)
}
