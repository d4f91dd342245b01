package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Checkpoint signs the log as it stands and keeps the checkpoint. It is a
// signed note (golang.org/x/mod/sumdb/note) with three lines: the log's name,
// its size, and the root hash in base64. Keep it anywhere: it pins everything
// up to its size.
func (l *Log) Checkpoint(ctx context.Context, tx store.Tx, org id.Org) (string, error) {
	var size int64
	var hashes, sealed []byte
	err := tx.QueryRow(ctx, "SELECT size, hashes, secret_key FROM evidence_head WHERE org_id = ?", org).Scan(&size, &hashes, &sealed)
	if errors.Is(err, store.ErrNoRows) {
		if err := l.begin(ctx, tx, org); err != nil {
			return "", err
		}
		return l.Checkpoint(ctx, tx, org)
	}
	if err != nil {
		return "", fmt.Errorf("read the evidence log: %w", err)
	}
	keys, err := l.vault.Org(ctx, tx, org)
	if err != nil {
		return "", err
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return "", err
	}
	secret, err := ring.Open(keyContext, org, sealed)
	if err != nil {
		return "", fmt.Errorf("open the signing key: %w", err)
	}
	signer, err := note.NewSigner(string(secret))
	if err != nil {
		return "", fmt.Errorf("read the signing key: %w", err)
	}
	rng, err := ranges.NewRange(0, uint64(size), split(hashes)) //nolint:gosec // sizes are not negative
	if err != nil {
		return "", err
	}
	root, err := rootOf(rng.GetRootHash(nil))
	if err != nil {
		return "", err
	}
	text := checkpointText(org, uint64(size), root) //nolint:gosec // sizes are not negative
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return "", fmt.Errorf("sign a checkpoint: %w", err)
	}
	_, err = tx.Exec(ctx, "INSERT INTO evidence_checkpoint (org_id, size, note, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		org, size, string(signed), store.Micros(l.now()))
	return string(signed), err
}

// rootOf is the root hash; that of the empty tree has a value of its own (RFC
// 6962 §2.1).
func rootOf(root []byte, err error) ([]byte, error) {
	if err == nil && len(root) == 0 {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	return root, err
}

func checkpointText(org id.Org, size uint64, root []byte) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin(org), size, base64.StdEncoding.EncodeToString(root))
}

// checkpoint is a verified checkpoint.
type checkpoint struct {
	size uint64
	root []byte
}

var errCheckpoint = errors.New("a checkpoint cannot be read")

// readCheckpoint verifies the signature and reads a checkpoint.
func readCheckpoint(signed, publicKey, name string) (checkpoint, error) {
	verifier, err := note.NewVerifier(publicKey)
	if err != nil {
		return checkpoint{}, errors.New("the public key cannot be read")
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, errors.New("the signature of a checkpoint is wrong")
	}
	// The same signature or hash can be written in several ways in base64 and
	// in hex: only the one exact way is taken.
	for _, sig := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return checkpoint{}, errCheckpoint
		}
	}
	if _, hash, _ := strings.Cut(publicKey, "+"); strings.ToLower(hash[:min(8, len(hash))]) != hash[:min(8, len(hash))] || len(n.Sigs) != 1 || len(n.UnverifiedSigs) > 0 {
		return checkpoint{}, errCheckpoint
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != name || lines[3] != "" {
		return checkpoint{}, errCheckpoint
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return checkpoint{}, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return checkpoint{}, errCheckpoint
	}
	return checkpoint{size, bytes.Clone(root)}, nil
}

// SignDaily makes a checkpoint, so that no day passes without one.
func (l *Log) SignDaily(ctx context.Context, tx store.Tx, org id.Org, _ time.Time) error {
	_, err := l.Checkpoint(ctx, tx, org)
	return err
}

// Newest is the last checkpoint that was signed, and how many leaves it covers;
// none if there is none.
func (*Log) Newest(ctx context.Context, r store.Reader, org id.Org) (signed string, size int64, err error) {
	err = r.QueryRow(ctx, "SELECT note, size FROM evidence_checkpoint WHERE org_id = ? ORDER BY size DESC LIMIT 1", org).Scan(&signed, &size)
	if errors.Is(err, store.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("read the last checkpoint: %w", err)
	}
	return signed, size, nil
}

// Size is how many leaves a log has, and the public key that signs it.
func (*Log) Size(ctx context.Context, r store.Reader, org id.Org) (leaves int64, key string, err error) {
	err = r.QueryRow(ctx, "SELECT size, public_key FROM evidence_head WHERE org_id = ?", org).Scan(&leaves, &key)
	if errors.Is(err, store.ErrNoRows) {
		return 0, "", nil
	}
	return leaves, key, err
}
