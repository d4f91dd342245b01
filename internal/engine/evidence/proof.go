package evidence

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// ProofFormat names the proof of single entries: JSON Lines like the export.
// The first line is a proofHead with one signed checkpoint, then come the
// entries with their paths to its root (RFC 6962 §2.1.1), then an exportEnd.
const ProofFormat = "einklang-proof-1"

type proofHead struct {
	Format     string `json:"format"`
	Log        string `json:"log"`
	Key        string `json:"key"` // of the signer, public
	Checkpoint string `json:"checkpoint"`
}

type proofLeaf struct {
	pii.Personal
	exportLeaf
	Path []string `json:"path"` // hashes, from the leaf to the root
}

// Chosen says what a proof holds.
type Chosen struct {
	Owner id.ID             // the entries about this person
	Kinds func(string) bool // of these kinds; nil: of all
	Also  []id.Entry        // and these entries of the organisation, such as published texts
}

// Proof writes the entries chosen, each with its path to the root of a fresh
// checkpoint. An entry whose key is destroyed keeps its leaf and its path: it
// proves that something valid was there, without saying what or about whom.
func (l *Log) Proof(ctx context.Context, db *store.DB, org id.Org, w io.Writer, c Chosen) error {
	var signed string
	err := db.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		signed, err = l.Checkpoint(ctx, tx, org)
		return err
	})
	if err != nil {
		return fmt.Errorf("prove entries of the evidence log: %w", err)
	}
	err = db.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
		out := bufio.NewWriter(w)
		if err := l.prove(ctx, r, org, out, c, signed); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return fmt.Errorf("prove entries of the evidence log: %w", err)
	}
	return nil
}

func (l *Log) prove(ctx context.Context, r store.Reader, org id.Org, w io.Writer, c Chosen, signed string) error {
	h := proofHead{Format: ProofFormat, Log: origin(org), Checkpoint: signed}
	if err := r.QueryRow(ctx, "SELECT public_key FROM evidence_head WHERE org_id = ?", org).Scan(&h.Key); err != nil {
		return err
	}
	point, err := readCheckpoint(signed, h.Key, h.Log)
	if err != nil {
		return err
	}
	if err := writeLine(w, h); err != nil {
		return err
	}
	rows, err := l.chosen(ctx, r, org, c, point.size)
	if err != nil {
		return err
	}
	keys, err := l.vault.Org(ctx, r, org)
	if err != nil {
		return err
	}
	rings, tree := map[id.ID]*vault.Keyring{}, newTiles(r, org, point.size)
	for _, s := range rows {
		line := proofLeaf{exportLeaf: exportLeaf{Index: s.index, Leaf: hex.EncodeToString(s.leaf)}}
		if err := s.openInto(ctx, r, keys, rings, &line.exportLeaf); err != nil {
			return err
		}
		if line.Path, err = tree.path(ctx, uint64(s.index)); err != nil { //nolint:gosec // not negative
			return err
		}
		if err := writeLine(w, line); err != nil {
			return err
		}
	}
	return writeLine(w, exportEnd{int64(len(rows))})
}

const proofColumns = "SELECT idx, id, owner_id, key_id, body, leaf, kind FROM evidence_entry WHERE org_id = ?"

// chosen reads the entries that the signed tree holds, those about the person
// first.
func (l *Log) chosen(ctx context.Context, r store.Reader, org id.Org, c Chosen, size uint64) ([]sealedEntry, error) {
	var all []sealedEntry
	take := func(row store.Row) (struct{}, error) {
		var s sealedEntry
		var kind string
		err := row.Scan(&s.index, &s.id, &s.owner, &s.key, &s.body, &s.leaf, &kind)
		if err == nil && uint64(s.index) < size && (c.Kinds == nil || s.owner != c.Owner || c.Kinds(kind)) { //nolint:gosec // not negative
			all = append(all, s)
		}
		return struct{}{}, err
	}
	if _, err := store.Collect(ctx, r, take, proofColumns+" AND owner_id = ? ORDER BY idx", org, c.Owner); err != nil {
		return nil, err
	}
	also, err := l.places(ctx, r, org, c.Also)
	if err != nil {
		return nil, err
	}
	for _, index := range also {
		if _, err := store.Collect(ctx, r, take, proofColumns+" AND idx = ?", org, index); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// places finds where entries of the organisation stand.
func (l *Log) places(ctx context.Context, r store.Reader, org id.Org, entries []id.Entry) (found []int64, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	_, err = store.Collect(ctx, r, func(row store.Row) (struct{}, error) {
		var index int64
		var at id.Entry
		err := row.Scan(&index, &at)
		if err == nil && slices.Contains(entries, at) {
			found = append(found, index)
		}
		return struct{}{}, err
	}, "SELECT idx, id FROM evidence_entry WHERE org_id = ? AND owner_id = ? ORDER BY idx", org, org)
	return found, err
}

// path is the hashes with which a leaf leads to the root of the tree.
func (t *tiles) path(ctx context.Context, index uint64) ([]string, error) {
	nodes, err := proof.Inclusion(index, t.size)
	if err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(nodes.IDs))
	for i, at := range nodes.IDs {
		if hashes[i], err = t.node(ctx, at); err != nil {
			return nil, err
		}
	}
	hashes, err = nodes.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
	path := make([]string, len(hashes))
	for i, h := range hashes {
		path[i] = hex.EncodeToString(h)
	}
	return path, err
}

// proofBody verifies the entries of a proof, after its head.
func (v *verifying) proofBody(h proofHead) error {
	v.report.Log, v.report.Key, v.report.Checkpoints = h.Log, h.Key, 1
	point, err := readCheckpoint(h.Checkpoint, h.Key, h.Log)
	if err != nil {
		return v.fault(Signature, "%s", err)
	}
	for _, kept := range v.kept {
		if kept.size == point.size && !bytes.Equal(kept.root, point.root) {
			return v.fault(Changed, "a checkpoint kept elsewhere has another root for the same %d leaves: the log was forked", point.size)
		}
	}
	for {
		v.leaf = -1
		if !v.lines.Scan() {
			v.line++
			return v.fault(Cut, "the file is cut off: its last line is missing")
		}
		v.line++
		raw := v.lines.Bytes()
		if bytes.HasPrefix(raw, []byte(`{"leaves":`)) {
			return v.end(raw)
		}
		if err := v.proven(raw, point); err != nil {
			return err
		}
	}
}

// proven verifies one entry and its path.
func (v *verifying) proven(raw []byte, point checkpoint) error {
	var line proofLeaf
	if err := v.decode(raw, &line); err != nil {
		return err
	}
	v.leaf = line.Index
	if line.Index < 0 || uint64(line.Index) >= point.size {
		return v.fault(Unreadable, "the leaf lies outside of the signed tree")
	}
	leaf, err := exactHex(line.Leaf)
	if err != nil {
		return v.fault(Unreadable, "the leaf is not a hash")
	}
	if err := v.open(line.exportLeaf, leaf[:]); err != nil {
		return err
	}
	path := make([][]byte, len(line.Path))
	for i, text := range line.Path {
		hash, err := exactHex(text)
		if err != nil {
			return v.fault(Unreadable, "the path holds something that is not a hash")
		}
		path[i] = hash[:]
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(line.Index), point.size, rfc6962.DefaultHasher.HashLeaf(leaf[:]), path, point.root); err != nil {
		return v.fault(Changed, "the path does not lead to the root that was signed: the entry or its place was changed")
	}
	v.report.Leaves++
	v.report.Covered++
	return nil
}

// ReadCheckpoints finds the signed checkpoints in a text, such as mails saved
// in one file.
func ReadCheckpoints(text string) []string {
	var found []string
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i+4 < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "einklang/") || lines[i+3] != "" {
			continue
		}
		if _, err := base64.StdEncoding.DecodeString(lines[i+2]); err != nil {
			continue
		}
		if sig := lines[i+4]; strings.HasPrefix(sig, "— ") {
			found = append(found, lines[i]+"\n"+lines[i+1]+"\n"+lines[i+2]+"\n\n"+sig+"\n")
		}
	}
	return found
}
