package evidence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Entry is one thing to be proven.
type Entry struct {
	pii.Personal
	ID     id.Entry
	Kind   string // "consent.granted", "verdict", "notice.delivered", …
	Owner  id.ID  // the person it is about; zero: the organisation
	At     time.Time
	Record any // written as JSON with sorted keys
}

// Log is the log of all organisations.
type Log struct {
	vault *vault.Vault
	now   func() time.Time
}

// New makes a Log.
func New(v *vault.Vault, now func() time.Time) *Log { return &Log{vault: v, now: now} }

// Sealed texts are bound to their place.
const (
	bodyContext = "evidence.body"
	keyContext  = "evidence.key"
)

// opened is what a leaf commits to.
type opened struct {
	pii.Personal
	ID     string          `json:"id"`
	Kind   string          `json:"kind"`
	At     int64           `json:"at"` // microseconds since 1970
	Record json.RawMessage `json:"record"`
}

func (e Entry) open() ([]byte, error) {
	record, err := json.Marshal(e.Record)
	if err != nil {
		return nil, fmt.Errorf("write a record of evidence: %w", err)
	}
	return json.Marshal(opened{ID: e.ID.String(), Kind: e.Kind, At: store.Micros(e.At), Record: record})
}

// commit hides a text behind a salt.
func commit(salt [sha256.Size]byte, text []byte) [sha256.Size]byte {
	return sha256.Sum256(append(append([]byte("einklang evidence 1\x00"), salt[:]...), text...))
}

// Append adds entries to an organisation's log, in the caller's transaction.
// On PostgreSQL the row of the organisation's head stays locked until the
// transaction ends, so leaves of several nodes follow each other without gaps.
func (l *Log) Append(ctx context.Context, tx store.Tx, org id.Org, entries ...Entry) error {
	_, err := l.AppendAt(ctx, tx, org, entries...)
	return err
}

// AppendAt is [Log.Append], and says at which index the first entry stands; the
// others follow.
func (l *Log) AppendAt(ctx context.Context, tx store.Tx, org id.Org, entries ...Entry) (int64, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	rings, err := l.rings(ctx, tx, org, entries)
	if err != nil {
		return 0, err
	}
	head, err := l.lockHead(ctx, tx, org, len(entries))
	if err != nil {
		return 0, fmt.Errorf("extend the evidence log: %w", err)
	}
	first := int64(head.rng.End()) //nolint:gosec // fewer than 2^63 leaves
	rows := make([][]any, len(entries))
	var nodes [][]any
	keep := func(at compact.NodeID, hash []byte) {
		if row := nodeRow(org, at, hash); row != nil {
			nodes = append(nodes, row)
		}
	}
	for i, e := range entries {
		text, err := e.open()
		if err != nil {
			return 0, err
		}
		ring := rings[e.Owner]
		if ring == nil { // the person is erased: the record holds nothing personal beyond her id
			ring = rings[id.ID(org)]
		}
		salt, err := ring.Salt(ring.KeyID(), e.ID)
		if err != nil {
			return 0, err
		}
		leaf := commit(salt, text)
		index := head.rng.End()
		if err := head.rng.Append(rfc6962.DefaultHasher.HashLeaf(leaf[:]), keep); err != nil {
			return 0, fmt.Errorf("extend the evidence log: %w", err)
		}
		rows[i] = []any{org, int64(index), e.ID, e.Kind, ring.Owner(), ring.KeyID(), store.Micros(e.At), ring.Seal(bodyContext, e.ID, text), leaf[:]} //nolint:gosec // fewer than 2^63 leaves
	}
	if err := tx.InsertMany(ctx, store.Insert{Into: "evidence_entry (org_id, idx, id, kind, owner_id, key_id, at, body, leaf)"}, rows); err != nil {
		return 0, fmt.Errorf("extend the evidence log: %w", err)
	}
	if err := saveNodes(ctx, tx, nodes); err != nil {
		return 0, fmt.Errorf("extend the evidence log: %w", err)
	}
	_, err = tx.Exec(ctx, "UPDATE evidence_head SET hashes = ? WHERE org_id = ?", flatten(head.rng.Hashes()), org)
	return first, err
}

func (l *Log) rings(ctx context.Context, tx store.Tx, org id.Org, entries []Entry) (map[id.ID]*vault.Keyring, error) {
	keys, err := l.vault.Org(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	owners := []id.ID{id.ID(org)}
	for i := range entries {
		if entries[i].Owner.IsZero() {
			entries[i].Owner = id.ID(org)
		}
		owners = append(owners, entries[i].Owner)
	}
	return vault.Keyrings(ctx, tx, keys, owners)
}

// head is the right edge of the tree.
type head struct {
	rng *compact.Range
}

var ranges = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// lockHead reads the head and counts the coming leaves in, which locks it.
func (l *Log) lockHead(ctx context.Context, tx store.Tx, org id.Org, more int) (head, error) {
	for range 2 {
		var size int64
		var hashes []byte
		err := tx.QueryRow(ctx, "UPDATE evidence_head SET size = size + ? WHERE org_id = ? RETURNING size, hashes", int64(more), org).Scan(&size, &hashes)
		if errors.Is(err, store.ErrNoRows) {
			if err := l.begin(ctx, tx, org); err != nil {
				return head{}, err
			}
			continue
		}
		if err != nil {
			return head{}, err
		}
		rng, err := ranges.NewRange(0, uint64(size)-uint64(more), split(hashes)) //nolint:gosec // sizes are not negative
		return head{rng}, err
	}
	return head{}, errors.New("the log cannot be begun")
}

// begin makes an organisation's log with its signing key.
func (l *Log) begin(ctx context.Context, tx store.Tx, org id.Org) error {
	secret, public, err := note.GenerateKey(rand.Reader, origin(org))
	if err != nil {
		return fmt.Errorf("make the signing key of the evidence log: %w", err)
	}
	keys, err := l.vault.Org(ctx, tx, org)
	if err != nil {
		return err
	}
	ring, err := keys.Keyring(ctx, tx, org)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO evidence_head (org_id, size, hashes, public_key, secret_key) VALUES (?, 0, ?, ?, ?) ON CONFLICT DO NOTHING",
		org, []byte{}, public, ring.Seal(keyContext, org, []byte(secret)))
	return err
}

// origin names a log in its checkpoints.
func origin(org id.Org) string { return "einklang/" + org.String() }

func flatten(hashes [][]byte) []byte {
	flat := make([]byte, 0, len(hashes)*sha256.Size)
	for _, h := range hashes {
		flat = append(flat, h...)
	}
	return flat
}

func split(flat []byte) [][]byte {
	var hashes [][]byte
	for ; len(flat) >= sha256.Size; flat = flat[sha256.Size:] {
		hashes = append(hashes, flat[:sha256.Size])
	}
	return hashes
}

// Line is an entry as people read it.
type Line struct {
	pii.Personal
	Index  int64
	ID     id.Entry
	Kind   string
	At     time.Time
	Record json.RawMessage // nil: the key is destroyed
}

// ByOwner reads the entries about a person, the newest first.
func (l *Log) ByOwner(ctx context.Context, r store.Reader, org id.Org, owner id.Person, limit int) ([]Line, error) {
	rows, err := store.Collect(ctx, r, scanLine, selectLine+"owner_id = ? ORDER BY idx DESC LIMIT ?", org, owner, int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read the evidence about a person: %w", err)
	}
	return l.lines(ctx, r, org, rows)
}

// At reads the entries at some indexes, in no certain order.
func (l *Log) At(ctx context.Context, r store.Reader, org id.Org, indexes []int64) ([]Line, error) {
	rows, err := store.CollectIn(ctx, r, scanLine, selectLine+"idx IN (?)", indexes, org)
	if err != nil {
		return nil, fmt.Errorf("read entries of the evidence log: %w", err)
	}
	return l.lines(ctx, r, org, rows)
}

// sealedLine is an entry as it is stored.
type sealedLine struct {
	pii.Personal
	Line
	owner id.ID
	body  []byte
}

const selectLine = "SELECT idx, id, owner_id, kind, at, body FROM evidence_entry WHERE org_id = ? AND "

func scanLine(row store.Row) (s sealedLine, err error) {
	var at int64
	err = row.Scan(&s.Index, &s.ID, &s.owner, &s.Kind, &at, &s.body)
	s.At = store.Time(at)
	return s, err
}

// lines opens entries, as far as their keys exist.
func (l *Log) lines(ctx context.Context, r store.Reader, org id.Org, rows []sealedLine) ([]Line, error) {
	keys, err := l.vault.Org(ctx, r, org)
	if err != nil {
		return nil, err
	}
	rings, err := vault.KeyringsOf(ctx, r, keys, rows, func(s sealedLine) id.ID { return s.owner })
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(rows))
	for i, s := range rows {
		lines[i] = s.Line
		ring := rings[s.owner]
		if ring == nil {
			continue
		}
		text, err := ring.Open(bodyContext, s.ID, s.body)
		if err != nil {
			return nil, fmt.Errorf("open a record of evidence: %w", err)
		}
		var o opened
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, err
		}
		lines[i].Record = o.Record
	}
	return lines, nil
}

// Merge lets the entries of a person follow her key to the person she turned
// out to be. The leaves do not change.
func (l *Log) Merge(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
	return l.Follow(ctx, tx, org, from, into)
}

// Follow is Merge for what was about something that turned out to be a person.
func (l *Log) Follow(ctx context.Context, tx store.Tx, org id.Org, from, into id.Any) error {
	_, err := tx.Exec(ctx, "UPDATE evidence_entry SET owner_id = ? WHERE org_id = ? AND owner_id = ?", id.ID(into), org, id.ID(from))
	return err
}

// Ledger is where a package leaves the proof of what it did, in the
// transaction of the act. [Log] is the one that the product uses; a test may
// note what is handed over.
type Ledger interface {
	Append(ctx context.Context, tx store.Tx, org id.Org, entries ...Entry) error
}
