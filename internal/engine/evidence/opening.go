package evidence

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Opening is an opened leaf: with salt and record anybody can compute the leaf
// and find it in the log, also when the key is gone that could open it.
type Opening struct {
	pii.Personal
	ID    id.Entry        `json:"-"`
	Index int64           `json:"index"`
	Kind  string          `json:"-"`
	Leaf  string          `json:"leaf"`
	Salt  string          `json:"salt"`
	Entry json.RawMessage `json:"entry"`
}

// Openings opens the leaves about a person whose kind begins with one of the
// prefixes, in order, from an index on, at most limit; more says whether some
// are left, and next where.
func (l *Log) Openings(ctx context.Context, r store.Reader, org id.Org, owner id.Person, prefixes []string, from int64, limit int) (all []Opening, next int64, more bool, err error) {
	keys, err := l.vault.Org(ctx, r, org)
	if err != nil {
		return nil, 0, false, err
	}
	ring, err := keys.Keyring(ctx, r, owner)
	if errors.Is(err, vault.ErrDestroyed) {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, err
	}
	type line struct {
		pii.Personal
		sealedEntry
		kind string
	}
	rows, err := store.Collect(ctx, r, func(row store.Row) (line, error) {
		var s line
		return s, row.Scan(&s.index, &s.id, &s.owner, &s.key, &s.body, &s.leaf, &s.kind)
	}, "SELECT idx, id, owner_id, key_id, body, leaf, kind FROM evidence_entry WHERE org_id = ? AND owner_id = ? AND idx >= ? ORDER BY idx LIMIT ?", org, owner, from, int64(limit))
	if err != nil {
		return nil, 0, false, fmt.Errorf("read the evidence about a person: %w", err)
	}
	for _, s := range rows {
		next = s.index + 1
		if !begins(s.kind, prefixes) {
			continue
		}
		text, err := ring.Open(bodyContext, s.id, s.body)
		if err != nil {
			return nil, 0, false, fmt.Errorf("open the record of leaf %d: %w", s.index, err)
		}
		salt, err := ring.Salt(s.key, s.id)
		if err != nil {
			return nil, 0, false, err
		}
		all = append(all, Opening{ID: s.id, Index: s.index, Kind: s.kind, Leaf: hex.EncodeToString(s.leaf), Salt: hex.EncodeToString(salt[:]), Entry: text})
	}
	return all, next, len(rows) == limit, nil
}

// CountKinds counts the leaves about a person whose kind begins with one of the
// prefixes, and says when the last of them was written (microseconds).
func (l *Log) CountKinds(ctx context.Context, r store.Reader, org id.Org, owner id.Person, prefixes []string) (n, last int64, err error) {
	for _, p := range prefixes {
		var some, at int64
		err := r.QueryRow(ctx, "SELECT COUNT(*), COALESCE(MAX(at), 0) FROM evidence_entry WHERE org_id = ? AND owner_id = ? AND kind >= ? AND kind < ?", org, owner, p, p+"\x7f").Scan(&some, &at)
		if err != nil {
			return 0, 0, fmt.Errorf("count the evidence about a person: %w", err)
		}
		n, last = n+some, max(last, at)
	}
	return n, last, nil
}

func begins(kind string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(kind, p) {
			return true
		}
	}
	return false
}
