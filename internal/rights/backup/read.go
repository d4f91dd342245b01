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

	"einklang/internal/engine/store"
	"einklang/internal/rule/pii"
)

// reading hands over what a file holds. Functions that are nil are not told.
type reading struct {
	head  func(Head) error
	table func(store.Table) error
	row   func(store.Table, []any) error
	file  func(name string, content []byte) error
}

// summed is a reader that adds up what was taken from it.
type summed struct {
	pii.Personal
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
