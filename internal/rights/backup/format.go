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
	pii.Personal
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
