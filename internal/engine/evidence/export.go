package evidence

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Format names the export: JSON Lines. The first line is the exportHead, then
// one exportLeaf for each leaf in order, then an exportEnd. Every line is
// written in one exact way, so that a changed byte never goes unseen.
const Format = "einklang-evidence-1"

type exportHead struct {
	Format      string   `json:"format"`
	Log         string   `json:"log"`
	Key         string   `json:"key"` // of the signer, public
	Checkpoints []string `json:"checkpoints"`
}

type exportLeaf struct {
	pii.Personal
	Index int64           `json:"index"`
	Leaf  string          `json:"leaf"`
	Salt  string          `json:"salt,omitempty"`
	Entry json.RawMessage `json:"entry,omitempty"`
}

type exportEnd struct {
	Leaves int64 `json:"leaves"`
}

// Opened chooses which records an export opens: those of one person, or all
// whose keys still exist if Owner is zero; none if Closed.
type Opened struct {
	Owner  id.ID
	Closed bool
}

// Export writes an organisation's whole log, with a fresh checkpoint. It needs
// little memory, however long the log is.
func (l *Log) Export(ctx context.Context, db *store.DB, org id.Org, w io.Writer, open Opened, along store.Course) error {
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := along.Begin(ctx, tx); err != nil {
			return err
		}
		_, err := l.Checkpoint(ctx, tx, org)
		return err
	})
	if err != nil {
		return fmt.Errorf("export the evidence log: %w", err)
	}
	var n int64
	err = db.Snapshot(ctx, func(ctx context.Context, r store.Reader) (err error) {
		out := bufio.NewWriter(w)
		if n, err = l.export(ctx, r, org, out, open); err != nil {
			return err
		}
		return out.Flush()
	})
	if err == nil { // it wrote nothing since it began: there is no last bite
		err = db.Write(ctx, func(ctx context.Context, tx store.Tx) error { return along.End(ctx, tx, int(n)) })
	}
	if err != nil {
		return fmt.Errorf("export the evidence log: %w", err)
	}
	return nil
}

func (l *Log) export(ctx context.Context, r store.Reader, org id.Org, w io.Writer, open Opened) (n int64, err error) {
	h := exportHead{Format: Format, Log: origin(org)}
	if err := r.QueryRow(ctx, "SELECT public_key FROM evidence_head WHERE org_id = ?", org).Scan(&h.Key); err != nil {
		return 0, err
	}
	h.Checkpoints, err = store.Collect(ctx, r, func(row store.Row) (string, error) {
		var text string
		return text, row.Scan(&text)
	}, "SELECT note FROM evidence_checkpoint WHERE org_id = ? ORDER BY size", org)
	if err != nil {
		return 0, err
	}
	if len(h.Checkpoints) == 0 {
		return 0, errors.New("no checkpoint is signed")
	}
	last, err := readCheckpoint(h.Checkpoints[len(h.Checkpoints)-1], h.Key, h.Log)
	if err != nil {
		return 0, err
	}
	if err := writeLine(w, h); err != nil {
		return 0, err
	}
	n, err = l.exportLeaves(ctx, r, org, w, open, last.size)
	if err != nil {
		return n, err
	}
	return n, writeLine(w, exportEnd{n})
}

const exportPage = 1000

// exportLeaves writes the leaves that a tree of a size holds: what came after the
// checkpoint was signed is for the next export.
func (l *Log) exportLeaves(ctx context.Context, r store.Reader, org id.Org, w io.Writer, open Opened, size uint64) (int64, error) {
	keys, err := l.vault.Org(ctx, r, org)
	if err != nil {
		return 0, err
	}
	for next := int64(0); ; {
		rows, err := store.Collect(ctx, r, scanSealed,
			"SELECT idx, id, owner_id, key_id, body, leaf FROM evidence_entry WHERE org_id = ? AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?", org, next, int64(size), int64(exportPage)) //nolint:gosec // a count of rows
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 {
			return next, nil
		}
		rings := map[id.ID]*vault.Keyring{}
		for _, s := range rows {
			line := exportLeaf{Index: s.index, Leaf: hex.EncodeToString(s.leaf)}
			if !open.Closed && (open.Owner.IsZero() || open.Owner == s.owner) {
				if err := s.openInto(ctx, r, keys, rings, &line); err != nil {
					return 0, err
				}
			}
			if err := writeLine(w, line); err != nil {
				return 0, err
			}
			next = s.index + 1
		}
	}
}

type sealedEntry struct {
	pii.Personal
	index      int64
	id         id.Entry
	owner      id.ID
	key        id.Key
	body, leaf []byte
}

func scanSealed(row store.Row) (sealedEntry, error) {
	var s sealedEntry
	return s, row.Scan(&s.index, &s.id, &s.owner, &s.key, &s.body, &s.leaf)
}

// openInto adds the record and its salt, if the key still exists.
func (s sealedEntry) openInto(ctx context.Context, r store.Reader, keys *vault.Org, rings map[id.ID]*vault.Keyring, line *exportLeaf) error {
	ring, read := rings[s.owner]
	if !read {
		var err error
		if ring, err = keys.Keyring(ctx, r, s.owner); err != nil && !errors.Is(err, vault.ErrDestroyed) {
			return err
		}
		rings[s.owner] = ring
	}
	if ring == nil {
		return nil
	}
	text, err := ring.Open(bodyContext, s.id, s.body)
	if errors.Is(err, vault.ErrDestroyed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the record of leaf %d: %w", s.index, err)
	}
	salt, err := ring.Salt(s.key, s.id)
	if err != nil {
		return err
	}
	line.Salt, line.Entry = hex.EncodeToString(salt[:]), text
	return nil
}

// writeLine writes a line in its one exact form.
func writeLine(w io.Writer, line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
