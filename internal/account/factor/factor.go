// Package factor keeps with what members of staff prove who they are, beside a
// password: the codes of an authenticator app (RFC 6238), passkeys (WebAuthn), and
// recovery codes for who has lost both.
//
// A code counts once: the step of time of an app is written down with the use, and a
// recovery code goes. Secrets are sealed under the organisation's own key ring;
// challenges are one use and a few minutes. What proves is checked in the
// transaction of what it opens, so that nothing is used up for nothing.
package factor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Kind is what a factor is. The catalogue has factor.kind.KIND.
type Kind string

// The kinds.
const (
	TOTP    Kind = "totp"
	Passkey Kind = "passkey"
)

// purpose is what a trial is for: a new factor of a kind, or the use of a passkey
// that there is.
type purpose string

const (
	newTOTP    = purpose(TOTP)
	newPasskey = purpose(Passkey)
	asking     = purpose("ask")
)

// The errors that a caller branches on.
var (
	ErrWrong    = errors.New("this proves nothing: the code is wrong or used, or the time is over")
	ErrName     = errors.New("a factor has a name of 1 to 60 characters")
	ErrMany     = errors.New("an account has at most ten factors")
	ErrNotFound = errors.New("there is no such factor")
)

// most is how many factors an account has.
const most = 10

// trialLife is how long what was shown waits for an answer.
const trialLife = 10 * time.Minute

// Owner is whose factors they are.
type Owner struct {
	pii.Personal
	Org     id.Org
	Account id.Account
	Name    string
	Email   string
}

// Factor is one factor of somebody.
type Factor struct {
	pii.Personal
	ID   id.Factor
	Kind Kind
	Name string
	Made time.Time
	Used time.Time // zero: never

	step   int64
	secret []byte
}

// sealed is what of a factor nobody may read.
type sealed struct {
	pii.Personal
	Name   string `json:"name"`
	Secret []byte `json:"secret"` // of an app: the key; of a passkey: its record
}

const (
	factorContext = "factor"
	trialContext  = "factor.trial"
)

// Change is what became of the factors of an account.
type Change string

// The changes.
const (
	Added   Change = "added"
	Removed Change = "removed" // others are left
	Gone    Change = "gone"    // none is left
	Codes   Change = "codes"   // recovery codes were used, or made anew
)

// Changed is told in the transaction of the change.
type Changed func(ctx context.Context, tx store.Tx, org id.Org, account id.Account, how Change) error

// Factors keeps the factors of all accounts.
type Factors struct {
	db      *store.DB
	vault   *vault.Vault
	ids     *id.Source
	now     func() time.Time
	changed Changed
	web     *webauthn.WebAuthn // nil: there are no passkeys
}

// New makes Factors. Site is the public address, to whose host passkeys belong.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, site string, changed Changed) *Factors {
	return &Factors{db: db, vault: v, ids: ids, now: now, changed: changed, web: relying(site)}
}

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{store.OneOf("factor", "kind", TOTP, Passkey), store.OneOf("factor_trial", "purpose", newTOTP, newPasskey, asking)}
}

func (d *Factors) ring(ctx context.Context, r store.Reader, org id.Org) (*vault.Keyring, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return keys.Keyring(ctx, r, org)
}

// List reads the factors of an account, the oldest first.
func (d *Factors) List(ctx context.Context, r store.Reader, org id.Org, account id.Account) ([]Factor, error) {
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	all, err := store.Collect(ctx, r, func(row store.Row) (f Factor, err error) {
		var made, used int64
		var text []byte
		if err := row.Scan(&f.ID, &f.Kind, &text, &f.step, &made, &used); err != nil {
			return f, err
		}
		f.Made = store.Time(made)
		if used != 0 {
			f.Used = store.Time(used)
		}
		plain, err := ring.Open(factorContext, f.ID, text)
		if err != nil {
			return f, err
		}
		var s sealed
		err = json.Unmarshal(plain, &s)
		f.Name, f.secret = s.Name, s.Secret
		return f, err
	}, "SELECT id, kind, sealed, step, made_at, used_at FROM factor WHERE org_id = ? AND account_id = ? ORDER BY id", org, account)
	if err != nil {
		return nil, fmt.Errorf("read the factors of an account: %w", err)
	}
	return all, nil
}

// add stores a new factor. The first one brings recovery codes, which are shown now
// and never again.
func (d *Factors) add(ctx context.Context, tx store.Tx, o Owner, kind Kind, name string, secret []byte, step int64) (codes []string, err error) {
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 60 {
		return nil, ErrName
	}
	ring, err := d.ring(ctx, tx, o.Org)
	if err != nil {
		return nil, err
	}
	before, err := d.List(ctx, tx, o.Org, o.Account)
	if err != nil {
		return nil, err
	}
	if len(before) >= most {
		return nil, ErrMany
	}
	plain, err := json.Marshal(sealed{Name: name, Secret: secret})
	if err != nil {
		return nil, err
	}
	at := id.Factor(d.ids.New())
	if _, err := tx.Exec(ctx, "INSERT INTO factor (org_id, account_id, id, kind, sealed, step, made_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
		o.Org, o.Account, at, string(kind), ring.Seal(factorContext, at, plain), step, store.Micros(d.now())); err != nil {
		return nil, fmt.Errorf("keep a factor: %w", err)
	}
	if len(before) == 0 {
		if codes, err = d.makeCodes(ctx, tx, o.Org, o.Account); err != nil {
			return nil, err
		}
	}
	return codes, d.changed(ctx, tx, o.Org, o.Account, Added)
}

// Remove takes a factor away. With the last one the recovery codes go, too.
// Errors: ErrNotFound.
func (d *Factors) Remove(ctx context.Context, tx store.Tx, org id.Org, account id.Account, at id.Factor) error {
	n, err := tx.Exec(ctx, "DELETE FROM factor WHERE org_id = ? AND account_id = ? AND id = ?", org, account, at)
	if err != nil {
		return fmt.Errorf("take a factor away: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	left, err := d.Has(ctx, tx, org, account)
	if err != nil {
		return err
	}
	if left {
		return d.changed(ctx, tx, org, account, Removed)
	}
	return d.Clear(ctx, tx, org, account)
}

// Clear takes all factors of an account away, and its recovery codes.
func (d *Factors) Clear(ctx context.Context, tx store.Tx, org id.Org, account id.Account) error {
	_, err := tx.Exec(ctx, "DELETE FROM factor WHERE org_id = ? AND account_id = ?", org, account)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM recovery_code WHERE org_id = ? AND account_id = ?", org, account)
	}
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM factor_trial WHERE org_id = ? AND account_id = ?", org, account)
	}
	if err != nil {
		return fmt.Errorf("take the factors of an account away: %w", err)
	}
	return d.changed(ctx, tx, org, account, Gone)
}

// put keeps what was shown to somebody until she answers; what was shown for the
// same purpose before is over.
func (d *Factors) put(ctx context.Context, tx store.Tx, o Owner, why purpose, what []byte) error {
	ring, err := d.ring(ctx, tx, o.Org)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO factor_trial (org_id, account_id, purpose, sealed, until) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (org_id, account_id, purpose) DO UPDATE SET sealed = excluded.sealed, until = excluded.until`,
		o.Org, o.Account, string(why), ring.Seal(trialContext, o.Account, what), store.Micros(d.now().Add(trialLife)))
	if err != nil {
		return fmt.Errorf("keep a trial of a factor: %w", err)
	}
	return nil
}

// take reads what was shown, and ends it. Errors: ErrWrong.
func (d *Factors) take(ctx context.Context, tx store.Tx, org id.Org, account id.Account, why purpose) ([]byte, error) {
	what, err := d.shown(ctx, tx, org, account, why)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, "DELETE FROM factor_trial WHERE org_id = ? AND account_id = ? AND purpose = ?", org, account, string(why))
	return what, err
}

func (d *Factors) shown(ctx context.Context, r store.Reader, org id.Org, account id.Account, why purpose) ([]byte, error) {
	var text []byte
	var until int64
	err := r.QueryRow(ctx, "SELECT sealed, until FROM factor_trial WHERE org_id = ? AND account_id = ? AND purpose = ?", org, account, string(why)).Scan(&text, &until)
	if errors.Is(err, store.ErrNoRows) || err == nil && !d.now().Before(store.Time(until)) {
		return nil, ErrWrong
	}
	if err != nil {
		return nil, fmt.Errorf("read a trial of a factor: %w", err)
	}
	ring, err := d.ring(ctx, r, org)
	if err != nil {
		return nil, err
	}
	return ring.Open(trialContext, account, text)
}

// OfferTOTP makes the key of a new authenticator app, to be confirmed by a first
// code. A key that waits is shown again: a page that is loaded anew ends none.
func (d *Factors) OfferTOTP(ctx context.Context, o Owner) (Key, error) {
	secret, err := d.shown(ctx, d.db, o.Org, o.Account, newTOTP)
	if errors.Is(err, ErrWrong) {
		secret = make([]byte, keyLength)
		_, _ = rand.Read(secret) // never fails: crypto/rand
		err = d.db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return d.put(ctx, tx, o, newTOTP, secret) })
	}
	return keyFor(secret, o.Email), err
}

// ConfirmTOTP takes an authenticator app in whose key was offered, by a code that
// it shows. Codes are recovery codes, if it is the first factor. Errors: ErrWrong,
// ErrName, ErrMany.
func (d *Factors) ConfirmTOTP(ctx context.Context, tx store.Tx, o Owner, name, code string) (codes []string, err error) {
	secret, err := d.take(ctx, tx, o.Org, o.Account, newTOTP)
	if err != nil {
		return nil, err
	}
	step, is := matching(secret, code, d.now(), 0)
	if !is {
		return nil, ErrWrong
	}
	return d.add(ctx, tx, o, TOTP, name, secret, step)
}

// Proof is what somebody proves with who she is: a code of her app or a recovery
// code, or what a passkey has signed.
type Proof struct {
	pii.Personal
	Code, Passkey string
}

// Way is what a proof was.
type Way string

// The ways.
const (
	ByTOTP     Way = "totp"
	ByPasskey  Way = "passkey"
	ByRecovery Way = "recovery"
)

// Check takes a proof, which then counts no more. Errors: ErrWrong.
func (d *Factors) Check(ctx context.Context, tx store.Tx, org id.Org, account id.Account, p Proof) (Way, error) {
	if p.Passkey != "" {
		return ByPasskey, d.signed(ctx, tx, Owner{Org: org, Account: account}, p.Passkey)
	}
	all, err := d.List(ctx, tx, org, account)
	if err != nil {
		return "", err
	}
	for _, f := range all {
		if f.Kind != TOTP {
			continue
		}
		step, is := matching(f.secret, p.Code, d.now(), f.step)
		if !is {
			continue
		}
		n, err := tx.Exec(ctx, "UPDATE factor SET step = ?, used_at = ? WHERE org_id = ? AND account_id = ? AND id = ? AND step < ?",
			step, store.Micros(d.now()), org, account, f.ID, step)
		if err != nil {
			return "", fmt.Errorf("use a code: %w", err)
		}
		if n == 1 {
			return ByTOTP, nil
		}
	}
	if len(all) > 0 && len(plain(p.Code)) > digits {
		is, err := d.recover(ctx, tx, org, account, p.Code)
		if err != nil {
			return "", fmt.Errorf("use a recovery code: %w", err)
		}
		if is {
			return ByRecovery, nil
		}
	}
	return "", ErrWrong
}

// Expire deletes what was shown and never answered.
func (d *Factors) Expire(ctx context.Context, tx store.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM factor_trial WHERE until < ?", store.Micros(now))
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM passkey_visit WHERE until < ?", store.Micros(now))
	}
	return err
}
