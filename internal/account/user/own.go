package user

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// ErrName is returned for a name that is none.
var ErrName = errors.New("a name has 1 to 100 characters")

// Session is a session as its owner sees it: when it began and was used last.
// Where from is not kept (S26).
type Session struct {
	pii.Personal
	Key   string // names it on the page; it opens nothing
	Begun time.Time
	Seen  time.Time // within ten minutes
	Here  bool      // the one that asks
}

// Sessions lists the sessions of an account, that of a token as the one that asks.
func (d *Directory) Sessions(ctx context.Context, r store.Reader, org id.Org, account id.Account, token string) ([]Session, error) {
	mine, now := hex.EncodeToString(tokenHash(token)), d.now()
	all, err := store.Collect(ctx, r, func(row store.Row) (s Session, err error) {
		var hash []byte
		var begun, seen int64
		err = row.Scan(&hash, &begun, &seen)
		s.Key, s.Begun, s.Seen = hex.EncodeToString(hash), store.Time(begun), store.Time(seen)
		s.Here = s.Key == mine
		return s, err
	}, "SELECT token_hash, created_at, seen_at FROM session WHERE org_id = ? AND account_id = ? AND expires_at > ? AND seen_at > ? ORDER BY seen_at DESC, token_hash",
		org, account, store.Micros(now), store.Micros(now.Add(-sessionIdle)))
	if err != nil {
		return nil, fmt.Errorf("read the sessions of an account: %w", err)
	}
	return all, nil
}

// EndSession ends one session of an account, by its key.
func (d *Directory) EndSession(ctx context.Context, tx store.Tx, org id.Org, account id.Account, key string) error {
	hash, err := hex.DecodeString(key)
	if err != nil {
		return ErrNoSession
	}
	d.Ended(tx, org)
	return found(tx.Exec(ctx, "DELETE FROM session WHERE org_id = ? AND account_id = ? AND token_hash = ?", org, account, hash))
}

// EndOthers ends all sessions of an account but that of a token.
func (d *Directory) EndOthers(ctx context.Context, tx store.Tx, org id.Org, account id.Account, token string) error {
	d.Ended(tx, org)
	_, err := tx.Exec(ctx, "DELETE FROM session WHERE org_id = ? AND account_id = ? AND token_hash <> ?", org, account, tokenHash(token))
	return err
}

// SetName changes what somebody is called.
func (d *Directory) SetName(ctx context.Context, tx store.Tx, org id.Org, account id.Account, name string) error {
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 100 {
		return ErrName
	}
	var sealed []byte
	if err := tx.QueryRow(ctx, "SELECT profile FROM account WHERE org_id = ? AND id = ?", org, account).Scan(&sealed); err != nil {
		return fmt.Errorf("read a profile: %w", err)
	}
	ring, err := d.ring(ctx, tx, org)
	if err != nil {
		return err
	}
	p, err := openProfile(ring, account, sealed)
	if err != nil {
		return err
	}
	p.Name = name
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return found(tx.Exec(ctx, "UPDATE account SET profile = ? WHERE org_id = ? AND id = ?", ring.Seal(profileContext, account, plain), org, account))
}

// SetLocaleIn is [Directory.SetLocale] in a transaction.
func (d *Directory) SetLocaleIn(ctx context.Context, tx store.Tx, org id.Org, account id.Account, locale string) error {
	return found(tx.Exec(ctx, "UPDATE account SET locale = ? WHERE org_id = ? AND id = ?", locale, org, account))
}
