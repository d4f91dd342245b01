package user

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// LinkLife is how long a link for a new password works; ForgotLife, how long one
// that somebody asked for who forgot hers.
const (
	LinkLife   = 72 * time.Hour
	ForgotLife = time.Hour
)

// ErrLink is returned for a link that was used, has run out, or never was.
var ErrLink = errors.New("this link does not work any more: ask an administrator for a new one")

// Invited prepares an account without a password that anybody knows.
func (d *Directory) Invited(a Account) (Prepared, error) { return d.Prepare(a, rand.Text()) }

// Join stores an invited account, and makes the secret of the link with which its
// owner chooses a password.
func (d *Directory) Join(ctx context.Context, tx store.Tx, p Prepared) (token string, err error) {
	if err := d.Add(ctx, tx, p); err != nil {
		return "", err
	}
	rights, err := d.RightsOf(ctx, tx, p.Org, p.Role)
	if err != nil {
		return "", err
	}
	if rights.Decides() {
		if err := d.joins(ctx, tx, p.Org, p.ID); err != nil {
			return "", err
		}
	}
	return d.NewLink(ctx, tx, p.Org, p.ID)
}

// Invite is Invited and Join in one write.
func (d *Directory) Invite(ctx context.Context, w store.Writer, a Account) (Account, string, error) {
	p, err := d.Invited(a)
	if err != nil {
		return p.Account, "", err
	}
	var token string
	err = w.Write(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		token, err = d.Join(ctx, tx, p)
		return err
	})
	return p.Account, token, err
}

// NewLink makes the secret of a link with which the owner of an account chooses
// a new password, once. Links made before stop working.
func (d *Directory) NewLink(ctx context.Context, tx store.Tx, org id.Org, account id.Account) (string, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM password_link WHERE org_id = ? AND account_id = ?", org, account); err != nil {
		return "", fmt.Errorf("make a link for a password: %w", err)
	}
	return d.LinkFor(ctx, tx, org, account, LinkLife)
}

// LinkFor makes a link that works for a time, beside those that there are: who asks
// for one in somebody else's name takes none from her.
func (d *Directory) LinkFor(ctx context.Context, tx store.Tx, org id.Org, account id.Account, life time.Duration) (string, error) {
	var active bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM account WHERE org_id = ? AND id = ? AND state = 'active')", org, account).Scan(&active); err != nil {
		return "", err
	}
	if !active {
		return "", ErrNoSession
	}
	token, hash := secret("")
	_, err := tx.Exec(ctx, "INSERT INTO password_link (token_hash, org_id, account_id, expires_at) VALUES (?, ?, ?, ?)", hash, org, account, store.Micros(d.now().Add(life)))
	return token, err
}

// Link finds whose password a link changes.
func (d *Directory) Link(ctx context.Context, token string) (Account, error) {
	var org id.Org
	var account id.Account
	var expires int64
	err := d.db.QueryRow(ctx, "SELECT org_id, account_id, expires_at FROM password_link WHERE token_hash = ?", tokenHash(token)).Scan(&org, &account, &expires)
	switch {
	case errors.Is(err, store.ErrNoRows), err == nil && !d.now().Before(store.Time(expires)):
		return Account{}, ErrLink
	case err != nil:
		return Account{}, fmt.Errorf("read a link for a password: %w", err)
	}
	a, err := d.Get(ctx, org, account)
	if errors.Is(err, ErrNoSession) {
		return a, ErrLink
	}
	return a, err
}

// Redeem uses a link up: its owner gets the password that she chose, a new session,
// and all others end. Who has a factor is asked for it first: a password that is
// new takes none away. It is one write of writer.
func (d *Directory) Redeem(ctx context.Context, token, password string, writer Writing) (begun Begun, a Account, err error) {
	if a, err = d.Link(ctx, token); err != nil {
		return begun, a, err
	}
	if err := checkPassword(password, a); err != nil {
		return begun, a, err
	}
	hash := d.hash(password, nil)
	err = writer(a.Org, a.ID).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM password_link WHERE token_hash = ?", tokenHash(token))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLink
		}
		if err := d.newHash(ctx, tx, a.Org, a.ID, hash); err != nil {
			return err
		}
		var factored bool
		if err := tx.QueryRow(ctx, "SELECT factored FROM account WHERE org_id = ? AND id = ?", a.Org, a.ID).Scan(&factored); err != nil {
			return err
		}
		if !factored {
			begun, err = d.open(ctx, tx, a.Org, a.ID, opening{})
			return err
		}
		step, hash := secret("")
		begun.Step = step
		return d.putStep(ctx, tx, a, false, hash)
	})
	if err != nil {
		return Begun{}, a, err
	}
	return begun, a, nil
}

// newHash is setHash, and the owner is told.
func (d *Directory) newHash(ctx context.Context, tx store.Tx, org id.Org, account id.Account, hash string) error {
	if err := d.setHash(ctx, tx, org, account, hash); err != nil {
		return err
	}
	return d.alarmed(ctx, tx, org, account, PasswordChanged)
}

// setHash stores what a password is checked against, and ends all sessions and
// links.
func (d *Directory) setHash(ctx context.Context, tx store.Tx, org id.Org, account id.Account, hash string) error {
	if err := d.EndSessions(ctx, tx, org, account); err != nil {
		return err
	}
	if err := d.decided(ctx, tx, org, id.ID(account)); err != nil {
		return err
	}
	if err := estrange(ctx, tx, org, account); err != nil {
		return err
	}
	return found(tx.Exec(ctx, "UPDATE account SET password = ? WHERE org_id = ? AND id = ?", hash, org, account))
}
