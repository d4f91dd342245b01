package evidence

import (
	"context"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Beside the leaves, the hash of every whole subtree of 256 leaves is kept, and
// of every 256 of those. Appending writes one such row for 256 leaves; a proof
// then reads at most 256 rows for each height, however long the log is.
const tileBits = 8

// nodeRow is the row of a node that is kept, or nil.
func nodeRow(org id.Org, at compact.NodeID, hash []byte) []any {
	if at.Level == 0 || at.Level%tileBits != 0 {
		return nil
	}
	return []any{org, int64(at.Level), int64(at.Index), append([]byte{}, hash...)} //nolint:gosec // fewer than 2^63 leaves
}

func saveNodes(ctx context.Context, tx store.Tx, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	err := tx.InsertMany(ctx, store.Insert{Into: "evidence_node (org_id, level, idx, hash)", Skip: true}, rows)
	return err
}

// tiles reads hashes of the tree, 256 at a time, and remembers them.
type tiles struct {
	r    store.Reader
	org  id.Org
	size uint64
	seen map[tileAt]map[uint64][]byte // hashes of the nodes at level 8×height, by index
}

type tileAt struct {
	height uint
	n      uint64
}

func newTiles(r store.Reader, org id.Org, size uint64) *tiles {
	return &tiles{r, org, size, map[tileAt]map[uint64][]byte{}}
}

// tile reads the nodes at level 8×height whose index is n×256 up to n×256+255.
func (t *tiles) tile(ctx context.Context, height uint, n uint64) (map[uint64][]byte, error) {
	at := tileAt{height, n}
	if found := t.seen[at]; found != nil {
		return found, nil
	}
	from, to := int64(n<<tileBits), int64((n+1)<<tileBits) //nolint:gosec // fewer than 2^63 leaves
	query, args := "SELECT idx, leaf FROM evidence_entry WHERE org_id = ? AND idx >= ? AND idx < ?", []any{t.org, from, to}
	if height > 0 {
		query, args = "SELECT idx, hash FROM evidence_node WHERE org_id = ? AND level = ? AND idx >= ? AND idx < ?", []any{t.org, int64(height * tileBits), from, to}
	}
	found := map[uint64][]byte{}
	_, err := store.Collect(ctx, t.r, func(row store.Row) (struct{}, error) {
		var idx int64
		var hash []byte
		err := row.Scan(&idx, &hash)
		if height == 0 {
			hash = rfc6962.DefaultHasher.HashLeaf(hash)
		}
		found[uint64(idx)] = hash //nolint:gosec // not negative
		return struct{}{}, err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the tree of the evidence log: %w", err)
	}
	t.seen[at] = found
	return found, nil
}

// node is the hash of a whole subtree.
func (t *tiles) node(ctx context.Context, at compact.NodeID) ([]byte, error) {
	height, up := at.Level/tileBits, at.Level%tileBits
	first, last := at.Index<<up, (at.Index+1)<<up
	found, err := t.tile(ctx, height, first>>tileBits)
	if err != nil {
		return nil, err
	}
	rng := ranges.NewEmptyRange(first)
	for i := first; i < last; i++ {
		hash := found[i]
		if hash == nil && height > 0 { // not kept, from before nodes were kept: from the nodes below
			if hash, err = t.below(ctx, height, i); err != nil {
				return nil, err
			}
			found[i] = hash
		}
		if hash == nil {
			return nil, fmt.Errorf("leaf %d of the evidence log is missing: run evidence export and verify", i)
		}
		if last-first == 1 {
			return hash, nil
		}
		if err := rng.Append(hash, nil); err != nil {
			return nil, err
		}
	}
	return rng.Hashes()[0], nil
}

// below computes a node at level 8×height from the 256 nodes under it.
func (t *tiles) below(ctx context.Context, height uint, i uint64) ([]byte, error) {
	rng := ranges.NewEmptyRange(i << tileBits)
	for child := i << tileBits; child < (i+1)<<tileBits; child++ {
		hash, err := t.node(ctx, compact.NewNodeID((height-1)*tileBits, child))
		if err != nil {
			return nil, err
		}
		if err := rng.Append(hash, nil); err != nil {
			return nil, err
		}
	}
	return rng.Hashes()[0], nil
}
