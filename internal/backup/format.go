package backup

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"einklang/internal/store"
)

// A file is a line with the format's name and frames. A frame is its kind, its
// length and its content:
//
//	h  the Head, JSON
//	t  a store.Table, JSON: the rows that follow are of this table
//	r  a row: each value as '0' (null), '1' and a varint (numbers, booleans), or
//	   '2', a length and bytes (texts, bytes)
//	f  a file: a length and the name, then the content
//	e  the End, JSON
//	s  the signature of all that stands before, by the key that the Head names
//
// Age authenticates the whole, so a changed or cut file does not open; the
// signature says who made it. Files of the first format have none.
const (
	magic    = "einklang backup 2\n"
	unsigned = "einklang backup 1\n"
)

const frameMost = 64 << 20

// Head says what a file is.
type Head struct {
	Part   string `json:"part"` // data | keys | files
	Name   string `json:"name"` // of the backup: its time
	Engine string `json:"engine"`
	Schema int64  `json:"schema"`
	// Installation is the public key by which the file is signed; empty: it is
	// not.
	Installation ed25519.PublicKey `json:"installation,omitempty"`
}

// End says what a file holds, so that a verification can count.
type End struct {
	Rows map[string]int64 `json:"rows"` // by table
	// Segments are the files with the chunks of what people sent, and Chunks
	// is how many of them belong to this backup.
	Segments []string `json:"segments,omitempty"`
	Chunks   int64    `json:"chunks,omitempty"`
}

var errDamaged = errors.New("the backup is damaged: it does not read as Einklang wrote it")

type writer struct {
	out *bufio.Writer
	sum hash.Hash // of what was written
	by  Signer
	end End
	buf []byte
}

func newWriter(w io.Writer, by Signer, h Head) (*writer, error) {
	sum := sha256.New()
	h.Installation = by.public()
	out := &writer{out: bufio.NewWriterSize(io.MultiWriter(w, sum), 256<<10), sum: sum, by: by, end: End{Rows: map[string]int64{}}}
	if _, err := out.out.WriteString(magic); err != nil {
		return nil, err
	}
	return out, out.json('h', h)
}

func (w *writer) frame(kind byte, content []byte) error {
	var head [1 + binary.MaxVarintLen64]byte
	head[0] = kind
	n := binary.PutUvarint(head[1:], uint64(len(content)))
	if _, err := w.out.Write(head[:1+n]); err != nil {
		return err
	}
	_, err := w.out.Write(content)
	return err
}

func (w *writer) json(kind byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.frame(kind, text)
}

func (w *writer) table(t store.Table) error {
	w.end.Rows[t.Name] = 0
	return w.json('t', t)
}

func (w *writer) row(table string, values []any) error {
	b := w.buf[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b = append(b, '0')
		case int64:
			b = binary.AppendVarint(append(b, '1'), v)
		case bool:
			n := int64(0)
			if v {
				n = 1
			}
			b = binary.AppendVarint(append(b, '1'), n)
		case []byte:
			b = append(binary.AppendUvarint(append(b, '2'), uint64(len(v))), v...)
		case string:
			b = append(binary.AppendUvarint(append(b, '2'), uint64(len(v))), v...)
		default:
			return fmt.Errorf("a value of type %T cannot be backed up", v)
		}
	}
	w.buf = b
	w.end.Rows[table]++
	return w.frame('r', b)
}

func (w *writer) file(name string, content []byte) error {
	b := binary.AppendUvarint(nil, uint64(len(name)))
	return w.frame('f', append(append(b, name...), content...))
}

func (w *writer) close() error {
	if err := w.json('e', w.end); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if err := w.frame('s', w.by.sign(forFile, w.sum.Sum(nil))); err != nil {
		return err
	}
	return w.out.Flush()
}

// reading hands over what a file holds. Functions that are nil are not told.
type reading struct {
	head  func(Head) error
	table func(store.Table) error
	row   func(store.Table, []any) error
	file  func(name string, content []byte) error
}

// summed is a reader that adds up what was taken from it.
type summed struct {
	in  *bufio.Reader
	sum hash.Hash
	one [1]byte
	buf []byte
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	_, _ = s.sum.Write(p[:n])
	return n, err
}

func (s *summed) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.one[0] = b
		_, _ = s.sum.Write(s.one[:])
	}
	return b, err
}

// read reads a file to its end and returns what it says it holds, after having
// counted, and having seen that the installation which the head names has
// signed all of it.
func read(r io.Reader, to reading) (End, error) {
	in := &summed{in: bufio.NewReaderSize(r, 256<<10), sum: sha256.New()}
	name := make([]byte, len(magic))
	if _, err := io.ReadFull(in, name); err != nil || string(name) != magic && string(name) != unsigned {
		return End{}, fmt.Errorf("%w (it is not a backup)", errDamaged)
	}
	state := &readState{to: to, counts: map[string]int64{}, signed: string(name) == magic}
	for done := false; !done; {
		kind, content, err := in.frame()
		if err != nil {
			return End{}, err
		}
		if done, err = state.frame(kind, content); err != nil {
			return End{}, err
		}
	}
	if state.signed {
		sum := in.sum.Sum(nil)
		kind, signature, err := in.frame()
		if err != nil {
			return End{}, err
		}
		if kind != 's' || !signed(state.by, forFile, sum, signature) {
			return End{}, fmt.Errorf("%w (its signature is wrong)", errDamaged)
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return End{}, damaged(err)
	}
	return state.end, state.compare()
}

// frame reads the next frame; its content holds until the one after.
func (s *summed) frame() (kind byte, content []byte, err error) {
	if kind, err = s.ReadByte(); err != nil {
		return 0, nil, damaged(err)
	}
	length, err := binary.ReadUvarint(s)
	if err != nil || length > frameMost {
		return 0, nil, damaged(err)
	}
	if uint64(cap(s.buf)) < length {
		s.buf = make([]byte, length)
	}
	content = s.buf[:length]
	if _, err := io.ReadFull(s, content); err != nil {
		return 0, nil, damaged(err)
	}
	return kind, content, nil
}

// damaged keeps what age says of a changed file.
func damaged(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return fmt.Errorf("%w (%w)", errDamaged, err)
}

type readState struct {
	to     reading
	signed bool              // so its format says
	by     ed25519.PublicKey // so its head says
	table  store.Table
	counts map[string]int64
	end    End
}

func (s *readState) frame(kind byte, content []byte) (done bool, err error) {
	switch kind {
	case 'h':
		var h Head
		if err := json.Unmarshal(content, &h); err != nil {
			return false, damaged(err)
		}
		if len(s.by) > 0 || s.signed != (len(h.Installation) == ed25519.PublicKeySize) {
			return false, errDamaged
		}
		s.by = h.Installation
		if s.to.head != nil {
			return false, s.to.head(h)
		}
	case 't':
		s.table = store.Table{}
		if err := json.Unmarshal(content, &s.table); err != nil {
			return false, damaged(err)
		}
		s.counts[s.table.Name] = 0
		if s.to.table != nil {
			return false, s.to.table(s.table)
		}
	case 'r':
		values, err := values(content, s.table.Columns)
		if err != nil {
			return false, err
		}
		s.counts[s.table.Name]++
		if s.to.row != nil {
			return false, s.to.row(s.table, values)
		}
	case 'f':
		n, used := binary.Uvarint(content)
		if used <= 0 || n > uint64(len(content)-used) {
			return false, errDamaged
		}
		name := string(content[used : used+int(n)])
		if s.to.file != nil {
			return false, s.to.file(name, append([]byte(nil), content[used+int(n):]...))
		}
	case 'e':
		if err := json.Unmarshal(content, &s.end); err != nil {
			return false, damaged(err)
		}
		return true, nil
	default:
		return false, errDamaged
	}
	return false, nil
}

func (s *readState) compare() error {
	for table, n := range s.end.Rows {
		if s.counts[table] != n {
			return fmt.Errorf("%w (%s has %d rows instead of %d)", errDamaged, table, s.counts[table], n)
		}
	}
	return nil
}

// values reads a row.
func values(b []byte, columns []store.Column) ([]any, error) {
	row := make([]any, len(columns))
	for i, c := range columns {
		if len(b) == 0 {
			return nil, errDamaged
		}
		tag := b[0]
		b = b[1:]
		switch tag {
		case '0':
			continue
		case '1':
			n, used := binary.Varint(b)
			if used <= 0 || c.Kind != store.Int && c.Kind != store.Bool {
				return nil, errDamaged
			}
			if b = b[used:]; c.Kind == store.Bool {
				row[i] = n != 0
			} else {
				row[i] = n
			}
		case '2':
			n, used := binary.Uvarint(b)
			if used <= 0 || n > uint64(len(b)-used) || c.Kind != store.Bytes && c.Kind != store.Text {
				return nil, errDamaged
			}
			content := b[used : used+int(n)]
			if b = b[used+int(n):]; c.Kind == store.Text {
				row[i] = string(content)
			} else {
				row[i] = append([]byte{}, content...)
			}
		default:
			return nil, errDamaged
		}
	}
	if len(b) != 0 {
		return nil, errDamaged
	}
	return row, nil
}
