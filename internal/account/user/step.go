package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// ErrStep is returned for a sign-in that waits for a factor no more.
var ErrStep = errors.New("this sign-in is over: begin it again")

const (
	stepLife  = 10 * time.Minute // between the password and the factor
	stepTries = 5                // wrong factors, after which the password is asked for again
)

// Proving checks what somebody proves who she is with, and uses it up. Enrol: what
// she used is for who has lost her factors, so a new one is asked for first. Wrong
// says that it proves nothing.
type Proving func(ctx context.Context, tx store.Tx, a Account) (enrol bool, err error)

// newStep begins the step between a password and a factor.
func (d *Directory) newStep(ctx context.Context, w store.Writer, a Account, known bool) (string, error) {
	token, hash := secret("")
	err := w.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.putStep(ctx, tx, a, known, hash) })
	if err != nil {
		return "", fmt.Errorf("ask for a factor: %w", err)
	}
	return token, nil
}

func (d *Directory) putStep(ctx context.Context, tx store.Tx, a Account, known bool, hash []byte) error {
	_, err := tx.Exec(ctx, "INSERT INTO sign_in_step (token_hash, org_id, account_id, known, tries, expires_at) VALUES (?, ?, ?, ?, 0, ?)",
		hash, a.Org, a.ID, known, store.Micros(d.now().Add(stepLife)))
	return err
}

// Step finds whose sign-in waits for a factor. Errors: ErrStep.
func (d *Directory) Step(ctx context.Context, token string) (Account, error) {
	a, _, err := d.step(ctx, token)
	return a, err
}

func (d *Directory) step(ctx context.Context, token string) (a Account, known bool, err error) {
	var org id.Org
	var account id.Account
	var expires int64
	err = d.db.QueryRow(ctx, "SELECT org_id, account_id, known, expires_at FROM sign_in_step WHERE token_hash = ?", tokenHash(token)).Scan(&org, &account, &known, &expires)
	if errors.Is(err, store.ErrNoRows) || err == nil && !d.now().Before(store.Time(expires)) {
		return a, false, ErrStep
	}
	if err != nil {
		return a, false, fmt.Errorf("read a step of a sign-in: %w", err)
	}
	if a, err = d.Get(ctx, org, account); errors.Is(err, ErrNoSession) {
		err = ErrStep
	}
	return a, known, err
}

// Pass ends a step with a factor, and begins the session. Wrong is the error of
// proving that counts as a try; after five of them the password is asked for again.
// Errors: ErrStep, ErrThrottled, wrong.
func (d *Directory) Pass(ctx context.Context, token, from string, writer Writing, wrong error, proving Proving) (begun Begun, a Account, err error) {
	a, known, err := d.step(ctx, token)
	if err != nil {
		return begun, a, err
	}
	err = d.trying(a, from, wrong, func() error {
		return writer(a.Org, a.ID).Write(ctx, func(ctx context.Context, tx store.Tx) error {
			n, err := tx.Exec(ctx, "DELETE FROM sign_in_step WHERE token_hash = ?", tokenHash(token))
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrStep
			}
			enrol, err := proving(ctx, tx, a)
			if err != nil {
				return err
			}
			begun, err = d.open(ctx, tx, a.Org, a.ID, opening{known: known, told: true, enrol: enrol})
			return err
		})
	})
	if !errors.Is(err, wrong) {
		return begun, a, err
	}
	counted := d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE sign_in_step SET tries = tries + 1 WHERE token_hash = ?", tokenHash(token)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DELETE FROM sign_in_step WHERE token_hash = ? AND tries >= ?", tokenHash(token), int64(stepTries))
		return err
	})
	return begun, a, errors.Join(err, counted)
}

// Enter begins the session of somebody who is proven by one thing that counts for
// both, a passkey: it stands for something that she has, and for her finger or PIN.
// Errors: ErrNoSession: there is no such account that may sign in; ErrThrottled; wrong.
func (d *Directory) Enter(ctx context.Context, org id.Org, account id.Account, v Visit, writer Writing, wrong error, proving Proving) (begun Begun, err error) {
	if !d.doors.Allow(v.From) {
		return begun, ErrThrottled
	}
	a, err := d.Get(ctx, org, account)
	if err != nil {
		return begun, err
	}
	email, err := d.emailHash(ctx, d.db, normal(a.Email))
	if err != nil {
		return begun, err
	}
	known, err := d.knows(ctx, email, v.Known)
	if err != nil {
		return begun, err
	}
	err = writer(org, account).Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := proving(ctx, tx, a); err != nil {
			return err
		}
		begun, err = d.open(ctx, tx, org, account, opening{known: known, told: true})
		return err
	})
	if !errors.Is(err, wrong) {
		d.doors.Forgive(v.From)
	}
	return begun, err
}

// MayAsk reports whether a source may begin another sign-in with a passkey: each
// begun one is a row until it is over.
func (d *Directory) MayAsk(from string) bool { return d.asks.Allow(from) }

// trying slows down who guesses at the factors of an account: by account and source
// with a pause that grows, and by account, since whoever gets here has the password.
// Errors: ErrThrottled.
func (d *Directory) trying(a Account, from string, wrong error, try func() error) error {
	of := string(a.ID[:])
	pair := from + " " + of
	if d.tries.Wait(pair) > 0 || !d.factors.Allow(of) {
		return ErrThrottled
	}
	err := try()
	switch {
	case errors.Is(err, wrong):
		d.tries.Fail(pair)
	case err == nil:
		d.tries.Clear(pair)
		d.factors.Clear(of)
	default:
		d.factors.Forgive(of)
	}
	return err
}

// SetFactored notes whether an account has a factor, in the transaction in which
// that changes.
func (d *Directory) SetFactored(ctx context.Context, tx store.Tx, org id.Org, account id.Account, has bool) error {
	if _, err := tx.Exec(ctx, "UPDATE account SET factored = ? WHERE org_id = ? AND id = ?", has, org, account); err != nil {
		return fmt.Errorf("note whether an account has a factor: %w", err)
	}
	return d.decided(ctx, tx, org, id.ID(account))
}

// Enrolled ends the demand of sessions that were begun with a recovery code: there
// is a new factor.
func (d *Directory) Enrolled(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	_, err := tx.Exec(ctx, "UPDATE session SET enrol = FALSE WHERE org_id = ? AND account_id = ?", org, account)
	return err
}

// Confirm checks a factor of somebody who is signed in, and writes down what it
// opens in the same transaction: that she has just proven who she is.
// Errors: ErrThrottled, wrong.
func (d *Directory) Confirm(ctx context.Context, a Account, session, from string, wrong error, proving Proving) error {
	return d.trying(a, from, wrong, func() error {
		return d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
			enrol, err := proving(ctx, tx, a)
			if err != nil {
				return err
			}
			return d.proven(ctx, tx, session, enrol)
		})
	})
}

// ConfirmPassword is [Directory.Confirm] for who has no factor. Errors: ErrSignIn,
// also for who has one; ErrThrottled.
func (d *Directory) ConfirmPassword(ctx context.Context, a Account, password, session, from string) error {
	email, err := d.emailHash(ctx, d.db, normal(a.Email))
	if err != nil {
		return err
	}
	is, err := d.stored(ctx, email)
	if err != nil {
		return err
	}
	guard := d.guard(Visit{From: from}, email, false)
	if !guard.allow() {
		return ErrThrottled
	}
	if err = guard.right(ctx, is, password); err == nil && (is.ID != a.ID || is.Org != a.Org || is.factored) {
		err = ErrSignIn
	}
	if guard.ended(err); err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.proven(ctx, tx, session, false) })
}

func (d *Directory) proven(ctx context.Context, tx store.Tx, session string, enrol bool) error {
	return found(tx.Exec(ctx, "UPDATE session SET proven_at = ?, enrol = (enrol OR ?) WHERE token_hash = ?", store.Micros(d.now()), enrol, tokenHash(session)))
}
