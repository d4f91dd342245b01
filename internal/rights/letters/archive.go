// Package letters writes commercial letters and vouchers into one file that is
// kept for years and read without this program (GoBD; HGB §257, AO §147): a ZIP
// with a text and a JSON file for each message and the files that came with it.
//
// Nothing in it can be changed unseen: SHA256SUMS holds the checksum of each
// file, and CHAIN ties each entry to all before it:
//
//	chain(n) = SHA-256(chain(n-1) in hex, a space, the checksum of entry n in hex)
//
// beginning with 64 zeros. Whoever keeps the last line of CHAIN elsewhere finds
// every change. sha256sum is enough to check.
package letters

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// Entry is one message.
type Entry struct {
	pii.Personal
	At           time.Time `json:"at"`
	From         string    `json:"from"` // person | organisation
	Person       string    `json:"person"`
	Phone        string    `json:"phone,omitempty"`
	Number       string    `json:"number"`
	Conversation string    `json:"conversation"`
	Message      string    `json:"message"`
	KeptAs       string    `json:"kept_as"` // letter | voucher
	Type         string    `json:"type"`
	Text         string    `json:"text"`
	Content      any       `json:"content,omitempty"`
	File         string    `json:"file,omitempty"` // name in the archive

	// Open hands out the file; nil if there is none.
	Open func(w io.Writer) error `json:"-"`
	Ext  string                  `json:"-"` // of the file, such as ".pdf"
}

const start = "0000000000000000000000000000000000000000000000000000000000000000"

// link is the next link of the chain.
func link(before, sum string) string {
	h := sha256.Sum256([]byte(before + " " + sum))
	return hex.EncodeToString(h[:])
}

// Writer writes an archive.
type Writer struct {
	zip   *zip.Writer
	now   time.Time
	n     int
	sums  strings.Builder
	chain strings.Builder
	last  string
}

// NewWriter begins an archive with a text for people.
func NewWriter(w io.Writer, readme string, now time.Time) (*Writer, error) {
	a := &Writer{zip: zip.NewWriter(w), now: now, last: start}
	_, err := a.put("README.txt", func(w io.Writer) error { _, err := io.WriteString(w, readme); return err })
	return a, err
}

// put writes one file and returns its checksum.
func (a *Writer) put(name string, write func(io.Writer) error) (string, error) {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.now})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if err := write(io.MultiWriter(w, h)); err != nil {
		return "", fmt.Errorf("write %s into the archive: %w", name, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	fmt.Fprintf(&a.sums, "%s  %s\n", sum, name)
	return sum, nil
}

// Add writes a message.
func (a *Writer) Add(_ context.Context, e Entry) error {
	a.n++
	base := fmt.Sprintf("letters/%06d", a.n)
	sums := ""
	if e.Open != nil {
		e.File = fmt.Sprintf("files/%06d%s", a.n, e.Ext)
		sum, err := a.put(e.File, e.Open)
		if err != nil {
			return err
		}
		sums = sum
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	sum, err := a.put(base+".json", func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
	if err != nil {
		return err
	}
	if _, err := a.put(base+".txt", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n%s · %s %s · %s\n\n%s\n", e.At.Format(time.RFC3339), e.From, e.Person, e.Phone, e.Number, e.Text)
		return err
	}); err != nil {
		return err
	}
	// The checksum of the file, if there is one, is part of the entry's.
	both := sha256.Sum256([]byte(sum + sums))
	entry := hex.EncodeToString(both[:])
	a.last = link(a.last, entry)
	fmt.Fprintf(&a.chain, "%06d %s %s\n", a.n, entry, a.last)
	return nil
}

// Sums writes how the archive is checked and returns the last link: keep it
// elsewhere. Until Close the archive cannot be opened.
func (a *Writer) Sums() (count int, last string, err error) {
	if _, err := a.put("CHAIN", func(w io.Writer) error { _, err := io.WriteString(w, a.chain.String()); return err }); err != nil {
		return a.n, a.last, err
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: "SHA256SUMS", Method: zip.Deflate, Modified: a.now})
	if err != nil {
		return a.n, a.last, err
	}
	_, err = io.WriteString(w, a.sums.String())
	return a.n, a.last, err
}

// Close ends the archive.
func (a *Writer) Close() error { return a.zip.Close() }

// ErrChanged is wrapped by everything that shows that an archive is not as it
// was written.
var ErrChanged = errors.New("the archive is not as it was written")

// Verify checks an archive, and that it ends with a link that was kept elsewhere
// unless that is empty. It returns how many entries there are and the last link.
func Verify(r io.ReaderAt, size int64, kept string) (count int, last string, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return 0, "", fmt.Errorf("this is no archive of ours: %w", err)
	}
	sums := map[string]string{}
	texts := map[string]string{}
	for _, f := range z.File {
		if path.Clean(f.Name) != f.Name {
			return 0, "", fmt.Errorf("%w: the name of a file leads elsewhere", ErrChanged)
		}
		if _, twice := sums[f.Name]; twice {
			return 0, "", fmt.Errorf("%w: a file is there twice", ErrChanged)
		}
		if sums[f.Name], texts[f.Name], err = read(f); err != nil {
			return 0, "", fmt.Errorf("%w: %s: %w", ErrChanged, f.Name, err)
		}
	}
	if err := checkSums(texts["SHA256SUMS"], sums); err != nil {
		return 0, "", err
	}
	if count, last, err = checkChain(texts, sums); err != nil {
		return 0, "", err
	}
	if kept != "" && kept != last {
		return 0, "", fmt.Errorf("%w: it ends with %s, not with the link that was kept", ErrChanged, last)
	}
	return count, last, nil
}

// textMost bounds the files whose text is needed.
const textMost = 64 << 20

func read(f *zip.File) (sum, text string, err error) {
	r, err := f.Open()
	if err != nil {
		return "", "", err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	var b strings.Builder
	if f.Name == "SHA256SUMS" || f.Name == "CHAIN" || strings.HasSuffix(f.Name, ".json") && strings.HasPrefix(f.Name, "letters/") {
		_, err = io.Copy(io.MultiWriter(h, &b), io.LimitReader(r, textMost))
	} else {
		_, err = io.Copy(h, r) //nolint:gosec // only hashed
	}
	return hex.EncodeToString(h.Sum(nil)), b.String(), err
}

func checkSums(list string, sums map[string]string) error {
	seen := 1 // the list itself
	for line := range strings.SplitSeq(strings.TrimSpace(list), "\n") {
		sum, name, _ := strings.Cut(line, "  ")
		if sums[name] != sum || sum == "" {
			return fmt.Errorf("%w: %s does not fit its checksum", ErrChanged, name)
		}
		seen++
	}
	if seen != len(sums) {
		return fmt.Errorf("%w: it holds %d files, and checksums of %d", ErrChanged, len(sums), seen)
	}
	return nil
}

func checkChain(texts, sums map[string]string) (count int, last string, err error) {
	last = start
	lines := bufio.NewScanner(strings.NewReader(texts["CHAIN"]))
	for lines.Scan() {
		count++
		base := fmt.Sprintf("letters/%06d.json", count)
		var e struct {
			File string `json:"file"`
		}
		if err := json.Unmarshal([]byte(texts[base]), &e); err != nil {
			return 0, "", fmt.Errorf("%w: %s cannot be read", ErrChanged, base)
		}
		both := sha256.Sum256([]byte(sums[base] + sums[e.File]))
		entry := hex.EncodeToString(both[:])
		last = link(last, entry)
		if want := fmt.Sprintf("%06d %s %s", count, entry, last); lines.Text() != want {
			return 0, "", fmt.Errorf("%w: the chain breaks at entry %d", ErrChanged, count)
		}
	}
	return count, last, lines.Err()
}
