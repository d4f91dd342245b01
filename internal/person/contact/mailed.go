package contact

import (
	"context"
	"fmt"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
)

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

// ByEmail finds the one person with a mail address, or nil if there is none or
// several: then it proves nobody.
func (b *Book) ByEmail(ctx context.Context, r store.Reader, org id.Org, address string) (*chat.Known, error) {
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
