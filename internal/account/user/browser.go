package user

import (
	"context"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Visit says where an attempt to sign in comes from. From is the source, shortened
// so that it names no person; it only slows down guessing and is not stored. Known
// is the cookie of a browser in which somebody has signed in before; it replaces
// neither a password nor a factor.
type Visit struct {
	pii.Personal
	From, Known string
}

const (
	browserLife = 400 * 24 * time.Hour // as long as browsers keep a cookie
	browserMost = 20                   // of one account; the oldest go
)

// knows reports whether a browser is one in which the owner of an address has
// signed in. So a stranger who guesses from the same office keeps nobody out.
func (d *Directory) knows(ctx context.Context, email vault.Hash, cookie string) (known bool, err error) {
	if cookie == "" {
		return false, nil
	}
	m, err := d.stored(ctx, email)
	if err != nil || m.ID.IsZero() {
		return false, err
	}
	err = d.db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM known_browser WHERE org_id = ? AND account_id = ? AND hash = ? AND at > ?)",
		m.Org, m.ID, tokenHash(cookie), store.Micros(d.now().Add(-browserLife))).Scan(&known)
	return known, err
}

// remember makes a browser known.
func (d *Directory) remember(ctx context.Context, tx store.Tx, org id.Org, account id.Account, hash []byte) error {
	_, err := tx.Exec(ctx, "INSERT INTO known_browser (org_id, account_id, hash, at) VALUES (?, ?, ?, ?)", org, account, hash, store.Micros(d.now()))
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM known_browser WHERE org_id = ? AND account_id = ? AND at <= COALESCE((SELECT at FROM known_browser
			WHERE org_id = ? AND account_id = ? ORDER BY at DESC LIMIT 1 OFFSET ?), 0)`, org, account, org, account, int64(browserMost))
	}
	if err != nil {
		return fmt.Errorf("remember a browser: %w", err)
	}
	return nil
}

// estrange makes all browsers of an account unknown: they end with the password.
func estrange(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	_, err := tx.Exec(ctx, "DELETE FROM known_browser WHERE org_id = ? AND account_id = ?", org, account)
	return err
}
