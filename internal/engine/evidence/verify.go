package evidence

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"crypto/sha256"

	"github.com/transparency-dev/merkle/rfc6962"
)

// Report is what a verified export proves.
type Report struct {
	Log         string
	Key         string // public key that signed the checkpoints
	Leaves      int64
	Opened      int64 // records shown in clear; each fits its leaf
	Checkpoints int
	Covered     int64 // leaves that a signed checkpoint covers
	Kept        int   // checkpoints kept elsewhere that were compared
}

// Why is what kind of thing is wrong with an export.
type Why string

// What can be wrong.
const (
	Unreadable Why = "unreadable" // a line is not as the export writes it
	Cut        Why = "cut"        // leaves, or the end of the file, are missing
	Changed    Why = "changed"    // a record, a leaf or the tree is not what was signed
	Signature  Why = "signature"  // a checkpoint is missing, or not of this log and key
	Unsigned   Why = "unsigned"   // the last leaves are covered by no checkpoint
)

// Fault says what is wrong with an export.
type Fault struct {
	Why     Why
	Line    int   // of the file, from 1
	Leaf    int64 // -1: not about one leaf
	Problem string
}

// Error tells it in plain words.
func (f *Fault) Error() string {
	if f.Leaf >= 0 {
		return fmt.Sprintf("line %d, leaf %d: %s", f.Line, f.Leaf, f.Problem)
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
}

// longestLine bounds the memory that a hostile file can take.
const longestLine = 16 << 20

// Verify checks an export or a proof without a database: each record against
// its leaf, the leaves against every checkpoint, the checkpoints against the
// key. If pinned is not empty, the key must be that one. Checkpoints that were
// kept elsewhere are checked, too: a log that was cut or forked since then does
// not fit them. The error is a *Fault for everything that is wrong with the
// file.
func Verify(r io.Reader, pinned string, kept ...string) (Report, error) {
	v := &verifying{lines: bufio.NewScanner(r), leaf: -1, keptTexts: kept}
	v.lines.Buffer(make([]byte, 64<<10), longestLine)
	v.lines.Split(wholeLines)
	proof, err := v.head(pinned)
	if err != nil {
		return v.report, err
	}
	if proof != nil {
		return v.report, v.proofBody(*proof)
	}
	if err := v.body(); err != nil {
		return v.report, err
	}
	return v.report, v.complete()
}

type verifying struct {
	lines  *bufio.Scanner
	line   int
	leaf   int64
	report Report
	points map[uint64][]checkpoint
	rng    *rangeOf
	most   uint64

	keptTexts []string     // checkpoints kept elsewhere, as given
	kept      []checkpoint // and as read
}

func (v *verifying) fault(why Why, format string, args ...any) error {
	return &Fault{why, v.line, v.leaf, fmt.Sprintf(format, args...)}
}

// wholeLines splits at newlines and does not forgive a missing last one, nor
// does it swallow carriage returns.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errors.New("the file is cut off")
	}
	return 0, nil, nil
}

// decode reads a line into one of the line types and insists on its exact
// form.
func (v *verifying) decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return v.fault(Unreadable, "the line cannot be read")
	}
	exact, err := json.Marshal(into)
	if err != nil || !bytes.Equal(exact, raw) {
		return v.fault(Unreadable, "the line was changed: it is not written as the export writes it")
	}
	return nil
}

// head reads the first line, which says what the file is. It returns the head
// of a proof, or nil for an export.
func (v *verifying) head(pinned string) (*proofHead, error) {
	if !v.lines.Scan() {
		v.line++
		if err := v.lines.Err(); err != nil {
			return nil, v.fault(Unreadable, "%s", err)
		}
		return nil, v.fault(Cut, "the file is cut off")
	}
	v.line++
	raw := bytes.Clone(v.lines.Bytes())
	var which struct {
		Format string `json:"format"`
		Log    string `json:"log"`
		Key    string `json:"key"`
	}
	if err := json.Unmarshal(raw, &which); err != nil {
		return nil, v.fault(Unreadable, "the line cannot be read")
	}
	if pinned != "" && pinned != which.Key {
		return nil, v.fault(Signature, "the file is signed with another key than the one expected")
	}
	for _, text := range v.keptTexts {
		c, err := readCheckpoint(text, which.Key, which.Log)
		if err != nil {
			return nil, v.fault(Signature, "a checkpoint kept elsewhere does not belong to this log: %s", err)
		}
		v.kept = append(v.kept, c)
	}
	v.report.Kept = len(v.kept)
	switch which.Format {
	case Format:
		return nil, v.exportHead(raw)
	case ProofFormat:
		var h proofHead
		return &h, v.decode(raw, &h)
	default:
		return nil, v.fault(Unreadable, "this is not an evidence export (format %q)", which.Format)
	}
}

func (v *verifying) exportHead(raw []byte) error {
	var h exportHead
	if err := v.decode(raw, &h); err != nil {
		return err
	}
	v.report.Log, v.report.Key, v.report.Checkpoints = h.Log, h.Key, len(h.Checkpoints)
	if len(h.Checkpoints) == 0 {
		return v.fault(Signature, "there is no signed checkpoint")
	}
	v.points = map[uint64][]checkpoint{}
	for _, text := range h.Checkpoints {
		c, err := readCheckpoint(text, h.Key, h.Log)
		if err != nil {
			return v.fault(Signature, "%s", err)
		}
		v.point(c)
	}
	for _, c := range v.kept {
		v.point(c)
	}
	v.rng = newRange()
	return v.check()
}

func (v *verifying) point(c checkpoint) {
	v.points[c.size] = append(v.points[c.size], c)
	v.most = max(v.most, c.size)
}

func (v *verifying) body() error {
	for {
		v.leaf = v.report.Leaves
		if !v.lines.Scan() {
			v.line++
			v.leaf = -1
			return v.fault(Cut, "the file is cut off: its last line is missing")
		}
		v.line++
		raw := v.lines.Bytes()
		if bytes.HasPrefix(raw, []byte(`{"leaves":`)) {
			return v.end(raw)
		}
		if err := v.one(raw); err != nil {
			return err
		}
	}
}

func (v *verifying) end(raw []byte) error {
	v.leaf = -1
	var end exportEnd
	if err := v.decode(raw, &end); err != nil {
		return err
	}
	if end.Leaves != v.report.Leaves {
		return v.fault(Cut, "the file says it has %d leaves, but has %d", end.Leaves, v.report.Leaves)
	}
	if v.lines.Scan() {
		return v.fault(Cut, "something follows after the end")
	}
	return nil
}

func (v *verifying) one(raw []byte) error {
	var line exportLeaf
	if err := v.decode(raw, &line); err != nil {
		return err
	}
	if line.Index != v.report.Leaves {
		return v.fault(Changed, "leaf %d stands where leaf %d belongs", line.Index, v.report.Leaves)
	}
	leaf, err := exactHex(line.Leaf)
	if err != nil {
		return v.fault(Unreadable, "the leaf is not a hash")
	}
	if err := v.open(line, leaf[:]); err != nil {
		return err
	}
	if err := v.rng.add(rfc6962.DefaultHasher.HashLeaf(leaf[:])); err != nil {
		return v.fault(Unreadable, "%s", err)
	}
	v.report.Leaves++
	return v.check()
}

// exactHex reads a hash in the one way in which the export writes it.
func exactHex(text string) (sum [sha256.Size]byte, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(sum) || hex.EncodeToString(raw) != text {
		return sum, errors.New("not a hash in small hexadecimal digits")
	}
	return [sha256.Size]byte(raw), nil
}

// open checks a record that is shown against its leaf.
func (v *verifying) open(line exportLeaf, leaf []byte) error {
	if len(line.Entry) == 0 && line.Salt == "" {
		return nil
	}
	salt, err := exactHex(line.Salt)
	if err != nil {
		return v.fault(Unreadable, "the salt is not readable")
	}
	want := commit(salt, line.Entry)
	if !bytes.Equal(want[:], leaf) {
		return v.fault(Changed, "the record does not fit its leaf: one of them was changed")
	}
	v.report.Opened++
	return nil
}

// check compares the tree with the checkpoints of its size.
func (v *verifying) check() error {
	for _, c := range v.points[uint64(v.report.Leaves)] { //nolint:gosec // not negative
		root, err := v.rng.root()
		if err != nil {
			return v.fault(Unreadable, "%s", err)
		}
		if !bytes.Equal(root, c.root) {
			return v.fault(Changed, "the first %d leaves do not have the root that was signed: something in them was changed, or the log was forked", c.size)
		}
		v.report.Covered = v.report.Leaves
	}
	return nil
}

// complete insists that the signed checkpoints cover the file and that the
// file covers them.
func (v *verifying) complete() error {
	v.leaf = -1
	if v.most > uint64(v.report.Leaves) { //nolint:gosec // not negative
		return v.fault(Cut, "a checkpoint signed %d leaves, but only %d are here: the log was cut", v.most, v.report.Leaves)
	}
	if v.report.Covered != v.report.Leaves {
		return v.fault(Unsigned, "the last %d leaves are not covered by a signed checkpoint", v.report.Leaves-v.report.Covered)
	}
	return nil
}
