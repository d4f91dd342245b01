package draft

import (
	"context"
	"encoding/json"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Claims are the columns of this room that name a person.
func (*Box) Claims() []store.Claim {
	return []store.Claim{
		{Table: "draft", Column: "contact_id", Export: "what has not been sent says nothing to her yet"},
	}
}

// twice is what a colleague began to write to both of two people.
type twice struct {
	channel     id.Channel
	account     id.Account
	stays, goes []byte // sealed
	changed     int64  // when either was, last
}

// Merge moves the drafts for a person to the person she turned out to be. Of a
// colleague who began to write to both, neither text is lost: they become one,
// that of the record that stays first.
func (b *Box) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	both, err := store.Collect(ctx, tx, func(row store.Row) (t twice, err error) {
		return t, row.Scan(&t.channel, &t.account, &t.stays, &t.goes, &t.changed)
	}, `SELECT s.channel_id, s.account_id, s.sealed, g.sealed, CASE WHEN s.changed_at < g.changed_at THEN g.changed_at ELSE s.changed_at END FROM draft s JOIN draft g ON g.org_id = s.org_id AND g.channel_id = s.channel_id AND g.account_id = s.account_id
		WHERE s.org_id = ? AND s.contact_id = ? AND g.contact_id = ?`, org, into, from)
	if err != nil {
		return fmt.Errorf("merge drafts: %w", err)
	}
	if len(both) > 0 {
		if err := b.join(ctx, tx, org, from, into, both); err != nil {
			return fmt.Errorf("merge drafts: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE draft SET contact_id = ? WHERE org_id = ? AND contact_id = ?", into, org, from); err != nil {
		return fmt.Errorf("merge drafts: %w", err)
	}
	return nil
}

// join makes one draft of two. The keys of the one who goes are those of the one
// who stays by now.
func (b *Box) join(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person, both []twice) error {
	keys, err := b.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, into)
	if err != nil {
		return err
	}
	for _, t := range both {
		one, err := opened(ring, t.account, t.stays)
		if err != nil {
			return err
		}
		other, err := opened(ring, t.account, t.goes)
		if err != nil {
			return err
		}
		one.Text += "\n\n" + other.Text
		plain, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE draft SET sealed = ?, changed_at = ? WHERE org_id = ? AND contact_id = ? AND channel_id = ? AND account_id = ?",
			ring.Seal(sealContext, t.account, plain), t.changed, org, into, t.channel, t.account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM draft WHERE org_id = ? AND contact_id = ? AND channel_id = ? AND account_id = ?", org, from, t.channel, t.account); err != nil {
			return err
		}
	}
	return nil
}

func opened(ring *vault.Keyring, by id.Account, sealed []byte) (d Draft, err error) {
	plain, err := ring.Open(sealContext, by, sealed)
	if err != nil {
		return d, fmt.Errorf("open a draft: %w", err)
	}
	return d, json.Unmarshal(plain, &d)
}
