package factor

import (
	"context"
	"encoding/json"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// standing are the factors of an account as they lie in the tables: what is sealed
// stays sealed.
type standing struct {
	pii.Personal
	Factors []row    `json:"factors"`
	Codes   [][]byte `json:"codes"` // hashes
}

type row struct {
	pii.Personal
	ID     id.Factor `json:"id"`
	Kind   Kind      `json:"kind"`
	Sealed []byte    `json:"sealed"`
	Step   int64     `json:"step"`
	Made   int64     `json:"made"`
	Used   int64     `json:"used"`
}

// Standing is what no restore may undo: which factors an account has, and which
// recovery codes are left.
func (d *Factors) Standing(ctx context.Context, r store.Reader, org id.Org, account id.Account) ([]byte, error) {
	var s standing
	var err error
	s.Factors, err = store.Collect(ctx, r, func(one store.Row) (f row, err error) {
		err = one.Scan(&f.ID, &f.Kind, &f.Sealed, &f.Step, &f.Made, &f.Used)
		return f, err
	}, "SELECT id, kind, sealed, step, made_at, used_at FROM factor WHERE org_id = ? AND account_id = ? ORDER BY id", org, account)
	if err == nil {
		s.Codes, err = store.Collect(ctx, r, store.One[[]byte], "SELECT hash FROM recovery_code WHERE org_id = ? AND account_id = ? ORDER BY hash", org, account)
	}
	if err != nil {
		return nil, fmt.Errorf("read what stands of factors: %w", err)
	}
	return json.Marshal(s)
}

// Stand makes hold again what stood: a factor that was lost since the backup stays
// away, and one that came since is back.
func (d *Factors) Stand(ctx context.Context, tx store.Tx, org id.Org, account id.Account, stood []byte) error {
	var s standing
	if err := json.Unmarshal(stood, &s); err != nil {
		return fmt.Errorf("read what stood of factors: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM factor WHERE org_id = ? AND account_id = ?", org, account); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM recovery_code WHERE org_id = ? AND account_id = ?", org, account); err != nil {
		return err
	}
	for _, f := range s.Factors {
		if _, err := tx.Exec(ctx, "INSERT INTO factor (org_id, account_id, id, kind, sealed, step, made_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			org, account, f.ID, string(f.Kind), f.Sealed, f.Step, f.Made, f.Used); err != nil {
			return err
		}
	}
	for _, hash := range s.Codes {
		if _, err := tx.Exec(ctx, "INSERT INTO recovery_code (org_id, account_id, hash) VALUES (?, ?, ?)", org, account, hash); err != nil {
			return err
		}
	}
	return nil
}

// Has reports whether an account has a factor.
func (d *Factors) Has(ctx context.Context, r store.Reader, org id.Org, account id.Account) (has bool, err error) {
	err = r.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM factor WHERE org_id = ? AND account_id = ?)", org, account).Scan(&has)
	return has, err
}
