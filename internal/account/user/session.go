package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// How long a session lasts.
const (
	sessionIdle = 12 * time.Hour
	sessionMost = 7 * 24 * time.Hour
)

// Fresh is how long a proof of who somebody is holds for what needs one.
const Fresh = 10 * time.Minute

// Signed is who is signed in, and how.
type Signed struct {
	Account
	Proven   time.Time // when she last proved who she is
	Factored bool      // she has a second factor: a password alone proves nothing any more
	Enrol    bool      // she came in with a recovery code, or her role needs a factor that she lacks
}

// opening says how a session begins.
type opening struct {
	known bool // the browser is
	told  bool // its owner is told, if the browser is not known
	enrol bool // a new factor is asked for first
}

// begin begins a session, and makes a browser known that is not.
func (d *Directory) begin(ctx context.Context, writer Writing, org id.Org, account id.Account, how opening) (b Begun, err error) {
	err = writer(org, account).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		b, err = d.open(ctx, tx, org, account, how)
		return err
	})
	if err != nil {
		return Begun{}, fmt.Errorf("begin a session: %w", err)
	}
	return b, nil
}

// open is begin in a transaction.
func (d *Directory) open(ctx context.Context, tx store.Tx, org id.Org, account id.Account, how opening) (b Begun, err error) {
	session, hash := secret("")
	now := d.now()
	if _, err := tx.Exec(ctx, "INSERT INTO session (token_hash, org_id, account_id, created_at, seen_at, expires_at, proven_at, enrol) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		hash, org, account, store.Micros(now), store.Micros(now), store.Micros(now.Add(sessionMost)), store.Micros(now), how.enrol); err != nil {
		return b, err
	}
	b.Session = session
	if how.known {
		return b, nil
	}
	if how.told {
		if err := d.unknown(ctx, tx, org, account); err != nil {
			return b, err
		}
	}
	browser, hash := secret("")
	b.Browser = browser
	return b, d.remember(ctx, tx, org, account, hash)
}

// Session finds who is signed in; ErrNoSession if nobody is.
func (d *Directory) Session(ctx context.Context, token string) (Signed, error) {
	var s Signed
	var sealed []byte
	var seen, expires, proven int64
	var demanded bool
	var is held
	hash := tokenHash(token)
	err := d.db.QueryRow(ctx, `SELECT s.org_id, s.account_id, s.seen_at, s.expires_at, s.proven_at, s.enrol, a.factored, a.locale, a.quiet, a.profile, d.role IS NOT NULL OR COALESCE(o.demanded, FALSE), `+roleColumns+`
		FROM session s JOIN account a ON a.org_id = s.org_id AND a.id = s.account_id`+withRole+`
		LEFT JOIN factor_demand d ON d.org_id = a.org_id AND d.role = a.role WHERE s.token_hash = ? AND a.state = 'active'`, hash).
		Scan(append([]any{&s.Org, &s.ID, &seen, &expires, &proven, &s.Enrol, &s.Factored, &s.Locale, &s.Quiet, &sealed, &demanded}, is.columns()...)...)
	s.Role, s.Rights = is.is()
	if errors.Is(err, store.ErrNoRows) {
		return Signed{}, ErrNoSession
	}
	if err != nil {
		return Signed{}, fmt.Errorf("read a session: %w", err)
	}
	now := d.now()
	if !now.Before(store.Time(expires)) || now.Sub(store.Time(seen)) > sessionIdle {
		return Signed{}, ErrNoSession
	}
	if now.Sub(store.Time(seen)) > 10*time.Minute {
		err := d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE session SET seen_at = ? WHERE token_hash = ?", store.Micros(now), hash)
			return err
		})
		if err != nil {
			return Signed{}, fmt.Errorf("renew a session: %w", err)
		}
	}
	s.Proven, s.Enrol = store.Time(proven), s.Enrol || demanded && !s.Factored
	s.Account, err = d.opened(ctx, d.db, s.Account, sealed)
	return s, err
}

// Lasts reads whose session a token is and whether it lasts, for what goes on after
// the request that began it. It does not renew the session: a page that is only open
// is not used. Errors: ErrNoSession.
func (d *Directory) Lasts(ctx context.Context, token string) (a Account, err error) {
	now := store.Micros(d.now())
	var is held
	err = d.db.QueryRow(ctx, `SELECT s.org_id, s.account_id, `+roleColumns+` FROM session s JOIN account a ON a.org_id = s.org_id AND a.id = s.account_id`+withRole+`
		WHERE s.token_hash = ? AND a.state = 'active' AND s.expires_at > ? AND s.seen_at >= ?`, tokenHash(token), now, now-sessionIdle.Microseconds()).
		Scan(append([]any{&a.Org, &a.ID}, is.columns()...)...)
	a.Role, a.Rights = is.is()
	if errors.Is(err, store.ErrNoRows) {
		return Account{}, ErrNoSession
	}
	if err != nil {
		return Account{}, fmt.Errorf("look whether a session lasts: %w", err)
	}
	return a, nil
}

// SignOut ends a session.
func (d *Directory) SignOut(ctx context.Context, w store.Writer, token string) error {
	hash := tokenHash(token)
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var org id.Org
		err := tx.QueryRow(ctx, "SELECT org_id FROM session WHERE token_hash = ?", hash).Scan(&org)
		if errors.Is(err, store.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		d.Ended(tx, org)
		_, err = tx.Exec(ctx, "DELETE FROM session WHERE token_hash = ?", hash)
		return err
	})
}

// Ending has somebody told, after the commit, that sessions or rights in an
// organisation have ended.
func (d *Directory) Ending(told func(org id.Org)) { d.ended = told }

// Ended says that sessions or rights end with a transaction.
func (d *Directory) Ended(tx store.Tx, org id.Org) { tx.AfterCommit(func() { d.ended(org) }) }
