// Package table reads lists of people as rows of cells, whatever the file: CSV
// in any usual encoding, a spreadsheet (XLSX), address cards (vCard).
//
// The files come from outside and may be broken or hostile. So a reader works
// in little memory, whatever the size of the file, and each thing that could
// grow has a limit: a cell, a row, the number of rows, what an archive unpacks
// to. A row that cannot be read is handed over with its Problem, and reading
// goes on; what makes the whole file unreadable is an *Error.
package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"einklang/internal/rule/pii"
)

// The limits.
const (
	MaxRows    = 2_000_000
	MaxColumns = 256
	MaxCell    = 8 << 10   // bytes of a cell in UTF-8
	maxRecord  = 256 << 10 // bytes of a row
)

// Problem is why a single row could not be read.
type Problem string

// The problems; the values are keys of texts.
const (
	Quotes      Problem = "bad_quotes"    // a quotation mark in the wrong place
	Unclosed    Problem = "unclosed"      // a quotation mark that is not closed: rows after it may be lost
	BadText     Problem = "bad_text"      // the bytes are no text in the file's encoding
	TooLong     Problem = "too_long"      // a cell or the row is longer than allowed
	TooMany     Problem = "too_many"      // more columns than allowed
	Formula     Problem = "formula"       // a formula where a value is needed
	BrokenCard  Problem = "broken_card"   // an address card without a beginning or an end
	OldEncoding Problem = "card_encoding" // an address card in an encoding that is not known
)

// Row is one row.
type Row struct {
	pii.Personal
	Number  int64 // line of the file, row of the sheet, or number of the card; from 1
	Cells   []string
	Problem Problem // empty: the row could be read
}

// Reader hands out the rows one after the other, and io.EOF after the last.
// The cells belong to the caller.
type Reader interface {
	Next() (Row, error)
}

// Error is why a whole file cannot be read. Code is a key of texts.
type Error struct {
	Code  string
	cause error
}

// The codes of Error.
const (
	ErrCodeKind      = "file_kind"      // none of the formats
	ErrCodeBroken    = "file_broken"    // the file is damaged
	ErrCodeBomb      = "file_bomb"      // unpacks to far more than it is
	ErrCodeRows      = "file_rows"      // more rows than MaxRows
	ErrCodeOldExcel  = "file_xls"       // the format of Excel before 2007
	ErrCodeProtected = "file_protected" // encrypted
	ErrCodeTexts     = "file_texts"     // a spreadsheet with more text than fits in memory
)

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.cause)
	}
	return e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// Format is the kind of a file.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	VCard Format = "vcard"
)

// Detect tells the format by what is in the file; its name proves nothing.
func Detect(file io.ReaderAt) (Format, error) {
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return XLSX, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// A compound file: Excel before 2007, or XLSX with a password.
		if bytes.Contains(head, utf16le("EncryptedPackage")) || bytes.Contains(head, utf16le("EncryptionInfo")) {
			return "", &Error{Code: ErrCodeProtected}
		}
		return "", &Error{Code: ErrCodeOldExcel}
	}
	for _, magic := range []string{"%PDF", "\x89PNG", "\xff\xd8\xff", "\x1f\x8b", "Rar!", "7z\xbc\xaf", "SQLite format", "\x7fELF", "MZ\x90"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return "", &Error{Code: ErrCodeKind}
		}
	}
	text, err := io.ReadAll(decoded(bytes.NewReader(head)))
	if err != nil {
		return "", err
	}
	if bytes.HasPrefix(bytes.ToUpper(bytes.TrimSpace(text)), []byte("BEGIN:VCARD")) {
		return VCard, nil
	}
	return CSV, nil
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// Open begins to read a file of a format.
func Open(format Format, file io.ReaderAt, size int64) (Reader, error) {
	var r Reader
	var err error
	switch format {
	case XLSX:
		r, err = openXLSX(file, size)
	case VCard:
		r = newVCard(io.NewSectionReader(file, 0, size))
	case CSV:
		r, err = newCSV(io.NewSectionReader(file, 0, size))
	default:
		err = &Error{Code: ErrCodeKind}
	}
	if err != nil {
		return nil, err
	}
	return &limited{r: r}, nil
}

// limited ends a file that has too many rows, and marks rows that have too
// many columns or too long cells.
type limited struct {
	r    Reader
	rows int64
}

func (l *limited) Next() (Row, error) {
	row, err := l.r.Next()
	if err != nil {
		return row, err
	}
	if l.rows++; l.rows > MaxRows {
		return Row{}, &Error{Code: ErrCodeRows}
	}
	if len(row.Cells) > MaxColumns {
		return Row{Number: row.Number, Problem: TooMany}, nil
	}
	for _, c := range row.Cells {
		if len(c) > MaxCell {
			return Row{Number: row.Number, Problem: TooLong}, nil
		}
	}
	return row, nil
}
