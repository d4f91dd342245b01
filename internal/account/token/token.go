// Package token keeps the API tokens of an organisation: what each program may,
// over which numbers, until when, who answers for it, and how much it has read.
//
// A token is shown once and stored as its hash. What a program may is said here
// and nowhere else: it cannot choose the occasion on which it writes, and it reads
// lists of people only after a second person has agreed to purpose, recipient,
// amount and end (GDPR Art. 5(1)(b), 32).
package token

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// The errors that a caller branches on.
var (
	ErrInvalid  = errors.New("this token is unknown, revoked or over")
	ErrNotFound = errors.New("there is no such token")
	ErrEntry    = errors.New("a token needs a name, a kind, scopes that there are, and an end within 400 days")
	ErrBulk     = errors.New("reading in bulk needs a purpose, a recipient, an amount for each day, and an end before that of the token")
	// ErrNotGranted: no second person has granted reading in bulk, or it is over.
	ErrNotGranted = errors.New("nobody has granted this token to read in bulk")
	// ErrStopped: the day's amount was used up; a second person is asked.
	ErrStopped = errors.New("this token has read more than it may in a day")
)

// Life is how long a token may live at most, and Usual how long it does unless
// somebody says otherwise.
const (
	Life  = 400 * 24 * time.Hour
	Usual = 365 * 24 * time.Hour
)

// Token is what a program may.
type Token struct {
	pii.Personal
	Org      id.Org
	ID       id.Program
	Name     string
	Kind     Kind
	Owner    id.Account   // zero: made on the machine, or before there were owners
	Scopes   []Scope      // of a legacy token: none, and it may everything
	Channels []id.Channel // none: all numbers
	Created  time.Time
	Expires  time.Time // zero: never, of a legacy token
	Used     time.Time // within ten minutes; zero: never
	Revoked  time.Time
	Bulk     Bulk
}

// Bulk is what was asked and granted about reading in bulk.
type Bulk struct {
	pii.Personal
	Purpose   string
	Recipient id.Processor // to whom it goes
	Ceiling   int64        // records a day
	Until     time.Time    // zero: nobody has asked
	By        id.Account
	Granted   time.Time
	Stopped   time.Time
	sealed    []byte
}

// State is "none", "asked", "granted", "stopped" or "over". The catalogue has
// token.bulk.STATE.
func (b Bulk) State(now time.Time) string {
	switch {
	case b.Until.IsZero():
		return "none"
	case !now.Before(b.Until):
		return "over"
	case b.Granted.IsZero():
		return "asked"
	case !b.Stopped.IsZero():
		return "stopped"
	}
	return "granted"
}

// May reports whether the token has a scope.
func (t Token) May(s Scope) bool {
	return t.Kind == Legacy || s == ReadBulk && !t.Bulk.Granted.IsZero() || slices.Contains(t.Scopes, s)
}

// Over reports whether the token may use a number, and see what came over it.
func (t Token) Over(channel id.Channel) bool {
	return len(t.Channels) == 0 || slices.Contains(t.Channels, channel)
}

// Valid reports whether the token lets anybody in.
func (t Token) Valid(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Tokens keeps them.
type Tokens struct {
	db    *store.DB
	vault *vault.Vault
	ids   *id.Source
	now   func() time.Time
	ask   Ask
}

// Ask asks a second person whether a token may read in bulk; she answers through
// [Tokens.Decided].
type Ask func(ctx context.Context, tx store.Tx, org id.Org, token id.Program, by id.Account) error

// New makes Tokens.
func New(db *store.DB, v *vault.Vault, ids *id.Source, now func() time.Time, ask Ask) *Tokens {
	return &Tokens{db, v, ids, now, ask}
}

// Checks are the closed sets of values in the tables of this package.
func Checks() []store.Check {
	return []store.Check{store.OneOf("api_token", "kind", Legacy, Automation, Campaign)}
}

// secret makes a token and the hash under which it is stored.
func secret() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	token = "ek_" + base64.RawURLEncoding.EncodeToString(raw)
	return token, hashOf(token)
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Make makes a token; its secret is shown once. Errors: ErrEntry.
func (k *Tokens) Make(ctx context.Context, tx store.Tx, t Token) (Token, string, error) {
	t.ID, t.Created, t.Name = id.Program(k.ids.New()), k.now(), strings.TrimSpace(t.Name)
	if t.Expires.IsZero() {
		t.Expires = t.Created.Add(Usual)
	}
	unknown := slices.ContainsFunc(t.Scopes, func(s Scope) bool { return !slices.Contains(Scopes(), s) })
	if t.Name == "" || len(t.Name) > 100 || !slices.Contains(Kinds(), t.Kind) || len(t.Scopes) == 0 || unknown || !t.Expires.After(t.Created) || t.Expires.Sub(t.Created) > Life {
		return t, "", ErrEntry
	}
	token, hash := secret()
	_, err := tx.Exec(ctx, "INSERT INTO api_token (token_hash, org_id, id, name, created_at, revoked_at, kind, owner_id, scopes, channels, expires_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
		hash, t.Org, t.ID, t.Name, store.Micros(t.Created), string(t.Kind), t.Owner, joined(t.Scopes), joined(texts(t.Channels)), store.Micros(t.Expires))
	if err != nil {
		return t, "", fmt.Errorf("make an API token: %w", err)
	}
	return t, token, nil
}

func joined[S ~string](all []S) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

func texts(channels []id.Channel) []string {
	all := make([]string, len(channels))
	for i, c := range channels {
		all[i] = c.String()
	}
	return all
}

// Rotate gives a token another secret. The one before ends at once.
func (k *Tokens) Rotate(ctx context.Context, tx store.Tx, org id.Org, at id.Program) (string, error) {
	token, hash := secret()
	return token, found(tx.Exec(ctx, "UPDATE api_token SET token_hash = ? WHERE org_id = ? AND id = ? AND revoked_at = 0", hash, org, at))
}

// Revoke ends a token, at once.
func (k *Tokens) Revoke(ctx context.Context, tx store.Tx, org id.Org, at id.Program) error {
	return found(tx.Exec(ctx, "UPDATE api_token SET revoked_at = ? WHERE org_id = ? AND id = ? AND revoked_at = 0", store.Micros(k.now()), org, at))
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// usedEvery is how exactly it is known when a token was used last.
const usedEvery = 10 * time.Minute

// Find is the token of a secret. Errors: ErrInvalid.
func (k *Tokens) Find(ctx context.Context, secret string) (Token, error) {
	hash := hashOf(secret)
	all, err := k.read(ctx, k.db, "token_hash = ?", hash)
	now := k.now()
	switch {
	case err != nil:
		return Token{}, err
	case len(all) == 0 || !all[0].Valid(now):
		return Token{}, ErrInvalid
	}
	t := all[0]
	if now.Sub(t.Used) < usedEvery {
		return t, nil
	}
	err = k.db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE api_token SET used_at = ? WHERE token_hash = ?", store.Micros(now), hash)
		return err
	})
	if err != nil && !store.Passing(err) && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrReadOnly) { // it is only not known then
		return t, fmt.Errorf("note that a token was used: %w", err)
	}
	return t, nil
}

// Get reads one token. Errors: ErrNotFound.
func (k *Tokens) Get(ctx context.Context, r store.Reader, org id.Org, at id.Program) (Token, error) {
	all, err := k.read(ctx, r, "org_id = ? AND id = ?", org, at)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Token{}, err
	}
	return all[0], k.open(ctx, r, org, all)
}

// List reads the tokens of an organisation that are not revoked, the newest first.
func (k *Tokens) List(ctx context.Context, r store.Reader, org id.Org) ([]Token, error) {
	all, err := k.read(ctx, r, "org_id = ? AND revoked_at = 0 ORDER BY id DESC", org)
	if err != nil {
		return nil, err
	}
	return all, k.open(ctx, r, org, all)
}

func (k *Tokens) read(ctx context.Context, r store.Reader, where string, args ...any) ([]Token, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (t Token, err error) {
		var scopes, channels string
		var created, expires, used, revoked, until, granted, stopped int64
		b := &t.Bulk
		if err := row.Scan(&t.Org, &t.ID, &t.Name, &t.Kind, &t.Owner, &scopes, &channels, &created, &expires, &used, &revoked,
			&b.sealed, &b.Recipient, &b.Ceiling, &until, &b.By, &granted, &stopped); err != nil {
			return t, err
		}
		t.Created, t.Expires, t.Used, t.Revoked = store.Time(created), store.Time(expires), store.Time(used), store.Time(revoked)
		b.Until, b.Granted, b.Stopped = store.Time(until), store.Time(granted), store.Time(stopped)
		for _, s := range strings.Fields(scopes) {
			t.Scopes = append(t.Scopes, Scope(s))
		}
		for _, c := range strings.Fields(channels) {
			at, err := id.Parse[id.Channel](c)
			if err != nil {
				return t, err
			}
			t.Channels = append(t.Channels, at)
		}
		return t, nil
	}, "SELECT org_id, id, name, kind, owner_id, scopes, channels, created_at, expires_at, used_at, revoked_at, bulk, bulk_recipient_id, bulk_ceiling, bulk_until, bulk_by_id, bulk_granted_at, bulk_stopped_at FROM api_token WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read API tokens: %w", err)
	}
	return all, nil
}
