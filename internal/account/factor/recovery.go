package factor

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
)

// Ten codes of 120 bits each (ASVS 5, 6.5.2, asks for 112): nobody guesses one, so a plain keyed hash is enough.
const (
	recoveryCodes = 10
	recoveryBytes = 15
)

// recoveryHash binds a code to its account.
func (d *Factors) recoveryHash(ctx context.Context, r store.Reader, org id.Org, account id.Account, code string) (vault.Hash, error) {
	keys, err := d.vault.Org(ctx, r, org)
	if err != nil {
		return vault.Hash{}, err
	}
	return keys.Lookup("recovery", account.String()+" "+plain(code)), nil
}

// NewCodes makes ten recovery codes, each of which opens the account once; those
// from before end. Only their hashes are kept, so they can be shown just now.
func (d *Factors) NewCodes(ctx context.Context, tx store.Tx, org id.Org, account id.Account) (codes []string, err error) {
	if codes, err = d.makeCodes(ctx, tx, org, account); err != nil {
		return nil, err
	}
	return codes, d.changed(ctx, tx, org, account, Codes)
}

func (d *Factors) makeCodes(ctx context.Context, tx store.Tx, org id.Org, account id.Account) (codes []string, err error) {
	if _, err := tx.Exec(ctx, "DELETE FROM recovery_code WHERE org_id = ? AND account_id = ?", org, account); err != nil {
		return nil, fmt.Errorf("end the recovery codes: %w", err)
	}
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw) // never fails: crypto/rand
		text := letters.EncodeToString(raw)
		var groups []string
		for group := range slices.Chunk([]byte(text), 4) {
			groups = append(groups, string(group))
		}
		code := strings.Join(groups, "-")
		hash, err := d.recoveryHash(ctx, tx, org, account, code)
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO recovery_code (org_id, account_id, hash) VALUES (?, ?, ?)", org, account, hash); err != nil {
			return nil, fmt.Errorf("keep a recovery code: %w", err)
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// CodesLeft counts the recovery codes that were not used.
func (d *Factors) CodesLeft(ctx context.Context, r store.Reader, org id.Org, account id.Account) (n int64, err error) {
	err = r.QueryRow(ctx, "SELECT COUNT(*) FROM recovery_code WHERE org_id = ? AND account_id = ?", org, account).Scan(&n)
	return n, err
}

// recover uses a recovery code up; false: it is none.
func (d *Factors) recover(ctx context.Context, tx store.Tx, org id.Org, account id.Account, code string) (bool, error) {
	hash, err := d.recoveryHash(ctx, tx, org, account, code)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, "DELETE FROM recovery_code WHERE org_id = ? AND account_id = ? AND hash = ?", org, account, hash)
	if err != nil || n == 0 {
		return false, err
	}
	return true, d.changed(ctx, tx, org, account, Codes)
}
