package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// csvReader reads comma-separated values (RFC 4180), with whichever delimiter.
type csvReader struct {
	r      *csv.Reader
	budget *budget
	shift  int64 // lines before the first one that the csv.Reader sees
	line   int64 // of the row read last
	failed bool
}

// budget lets a reader have only so many bytes until it is renewed, so that a
// quotation mark that is never closed cannot pull a whole file into memory.
type budget struct {
	r    io.Reader
	left int
}

var errBudget = errors.New("a row is too long")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func newCSV(file io.Reader) (*csvReader, error) {
	b := bufio.NewReaderSize(decoded(file), 64<<10)
	head, err := b.Peek(32 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c := &csvReader{budget: &budget{r: b}}
	comma := delimiter(head)
	// Excel: a first line "sep=;" names the delimiter.
	if first, _, _ := bytes.Cut(head, []byte("\n")); len(first) < 8 && bytes.HasPrefix(bytes.ToLower(first), []byte("sep=")) && len(bytes.TrimSpace(first)) == 5 {
		comma = rune(first[4])
		if _, err := b.Discard(len(first)); err != nil {
			return nil, err
		}
		if _, err := b.ReadByte(); err == nil {
			c.shift = 1
		}
	}
	if comma == '"' || comma == '\r' || comma == '\n' || comma >= utf8.RuneSelf || comma == 0 {
		comma = ';'
	}
	c.r = csv.NewReader(c.budget)
	c.r.Comma = comma
	c.r.FieldsPerRecord = -1
	return c, nil
}

// delimiter is the character that splits the first lines most evenly.
func delimiter(head []byte) rune {
	best, most := ';', 0
	for _, d := range []byte{';', ',', '\t', '|'} {
		counts := perLine(head, d)
		if len(counts) == 0 || counts[0] == 0 {
			continue
		}
		even := 0
		for _, n := range counts {
			if n == counts[0] {
				even++
			}
		}
		if score := even*1000 + min(counts[0], 200); score > most {
			best, most = rune(d), score
		}
	}
	return best
}

// perLine counts a character in each of the first lines, outside of
// quotation marks.
func perLine(head []byte, d byte) (counts []int) {
	quoted, n, written := false, 0, false
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			if written {
				counts = append(counts, n)
			}
			if n, written = 0, false; len(counts) == 20 {
				return counts
			}
			continue
		case c == d && !quoted:
			n++
		}
		written = written || c > ' '
	}
	if len(counts) == 0 && written {
		counts = append(counts, n)
	}
	return counts
}

// Next reads a row. Lines without any text are left out.
func (c *csvReader) Next() (Row, error) {
	for !c.failed {
		c.budget.left = maxRecord
		cells, err := c.r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c.broken(err)
		}
		line, _ := c.r.FieldPos(0)
		c.line = c.shift + int64(line)
		if empty(cells) {
			continue
		}
		row := Row{Number: c.line, Cells: cells}
		for _, cell := range cells {
			if strings.ContainsAny(cell, "\uFFFD\x00") {
				row.Problem = BadText
			}
		}
		return row, nil
	}
	return Row{}, io.EOF
}

// broken makes a row of an error, as far as it concerns one row.
func (c *csvReader) broken(err error) (Row, error) {
	c.line++
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errBudget):
		// Where the next row begins is not known any more.
		c.failed = true
		return Row{Number: c.line, Problem: Unclosed}, nil
	case errors.As(err, &parse):
		c.line = c.shift + int64(parse.StartLine)
		if parse.Line > parse.StartLine && errors.Is(err, csv.ErrQuote) {
			// It may have swallowed the rows that follow.
			return Row{Number: c.line, Problem: Unclosed}, nil
		}
		return Row{Number: c.line, Problem: Quotes}, nil
	default:
		return Row{}, err
	}
}

func empty(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
