package table

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"einklang/internal/engine/zipfile"
	"einklang/internal/rule/pii"
)

// The limits of a spreadsheet (ECMA-376 Part 1, SpreadsheetML).
const (
	maxToken = 128 << 10 // bytes of one XML token
	maxDepth = 32
	maxTexts = 64 << 20 // bytes of the table of shared texts
)

var archiveLimits = zipfile.Limits{Files: 5000, Total: 4 << 30, Ratio: 250}

// xlsxReader reads the first visible sheet of a workbook, row by row.
type xlsxReader struct {
	pii.Personal
	x      *xmlReader
	file   io.Closer
	texts  texts
	dates  []bool // by style: shows a date
	date04 bool   // days count from 1904
	row    int64
}

// texts is the table of shared texts, in one piece of memory.
type texts struct {
	pii.Personal
	all  []byte
	ends []uint32
}

func (t *texts) get(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.all[from:t.ends[i]]), true
}

// xmlReader reads tokens without keeping anything of the document: no stack,
// no entities, and never more than maxToken bytes at once.
type xmlReader struct {
	d      *xml.Decoder
	budget *budget
	depth  int
}

func newXML(r io.Reader) *xmlReader {
	b := &budget{r: r}
	d := xml.NewDecoder(b)
	return &xmlReader{d: d, budget: b}
}

func (x *xmlReader) next() (xml.Token, error) {
	x.budget.left = maxToken
	t, err := x.d.RawToken()
	switch t.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxDepth {
			return nil, &Error{Code: ErrCodeBroken}
		}
	case xml.EndElement:
		x.depth--
	case xml.Directive: // a document type: not in a spreadsheet, and the way of attacks by entities
		return nil, &Error{Code: ErrCodeBroken}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, explain(err)
	}
	return t, err
}

// explain makes an *Error of what went wrong while reading an archive.
func explain(err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, zipfile.ErrBomb), errors.Is(err, zipfile.ErrTooMany):
		return &Error{ErrCodeBomb, err}
	case errors.Is(err, zipfile.ErrEncrypted):
		return &Error{ErrCodeProtected, err}
	}
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, errBudget) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, zipfile.ErrBroken) || errors.Is(err, zipfile.ErrName) || errors.Is(err, zipfile.ErrMissing) {
		return &Error{ErrCodeBroken, err}
	}
	return err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// each calls visit for every element of a file of the archive that begins.
func each(a *zipfile.Archive, name string, visit func(x *xmlReader, e xml.StartElement) error) (err error) {
	f, err := a.Open(name)
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	x := newXML(f)
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := visit(x, e); err != nil {
				return err
			}
		}
	}
}

func openXLSX(file io.ReaderAt, size int64) (*xlsxReader, error) {
	a, err := zipfile.Open(file, size, archiveLimits)
	if err != nil {
		return nil, explain(err)
	}
	r := &xlsxReader{}
	sheet, err := r.workbook(a)
	if err != nil {
		return nil, err
	}
	if err := r.readTexts(a); err != nil {
		return nil, err
	}
	if err := r.readStyles(a); err != nil {
		return nil, err
	}
	f, err := a.Open(sheet)
	if err != nil {
		return nil, explain(err)
	}
	r.file, r.x = f, newXML(f)
	return r, nil
}

// workbook finds the first visible sheet.
func (r *xlsxReader) workbook(a *zipfile.Archive) (string, error) {
	if a.Size("xl/workbook.xml") < 0 {
		return "", &Error{Code: ErrCodeKind} // an archive, but no workbook
	}
	relation := ""
	err := each(a, "xl/workbook.xml", func(_ *xmlReader, e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			v := attribute(e, "date1904")
			r.date04 = v == "1" || v == "true"
		case "sheet":
			if relation == "" && attribute(e, "state") != "hidden" && attribute(e, "state") != "veryHidden" {
				relation = attribute(e, "id")
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	sheet := ""
	err = each(a, "xl/_rels/workbook.xml.rels", func(_ *xmlReader, e xml.StartElement) error {
		if e.Name.Local == "Relationship" && relation != "" && attribute(e, "Id") == relation && attribute(e, "TargetMode") != "External" {
			if target := attribute(e, "Target"); strings.HasPrefix(target, "/") {
				sheet = strings.TrimPrefix(path.Clean(target), "/")
			} else {
				sheet = path.Join("xl", target)
			}
		}
		return nil
	})
	if err == nil && sheet == "" {
		err = &Error{Code: ErrCodeBroken}
	}
	return sheet, err
}

func (r *xlsxReader) readTexts(a *zipfile.Archive) error {
	const name = "xl/sharedStrings.xml"
	if a.Size(name) < 0 {
		return nil
	}
	return each(a, name, func(x *xmlReader, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		text, err := x.richText("si")
		if err != nil {
			return err
		}
		if len(r.texts.all)+len(text) > maxTexts || len(r.texts.ends) > maxTexts/8 {
			return &Error{Code: ErrCodeTexts}
		}
		r.texts.all = append(r.texts.all, text...)
		r.texts.ends = append(r.texts.ends, uint32(len(r.texts.all)))
		return nil
	})
}

// richText reads the text within an element: its t elements, without phonetic
// guides (rPh).
func (x *xmlReader) richText(end string) ([]byte, error) {
	var out []byte
	inText, guide := false, 0
	for {
		t, err := x.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = &Error{ErrCodeBroken, io.ErrUnexpectedEOF}
			}
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				guide++
			}
		case xml.EndElement:
			if t.Name.Local == end {
				return out, nil
			}
			inText = false
			if t.Name.Local == "rPh" {
				guide--
			}
		case xml.CharData:
			if inText && guide == 0 {
				if len(out)+len(t) > maxRecord {
					return nil, &Error{Code: ErrCodeTexts}
				}
				out = append(out, t...)
			}
		}
	}
}

// readStyles finds the styles that show a date.
func (r *xlsxReader) readStyles(a *zipfile.Archive) error {
	const name = "xl/styles.xml"
	if a.Size(name) < 0 {
		return nil
	}
	own, within := map[string]bool{}, false
	return each(a, name, func(_ *xmlReader, e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			if len(own) < 10000 {
				own[attribute(e, "numFmtId")] = showsDate(attribute(e, "formatCode"))
			}
		case "cellXfs":
			within = true
		case "cellStyles", "dxfs":
			within = false
		case "xf":
			if within && len(r.dates) < 100000 {
				format := attribute(e, "numFmtId")
				n, _ := strconv.Atoi(format)
				// The built-in formats of dates (ECMA-376 Part 1, 18.8.30).
				builtIn := n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 31 || n == 36 || n >= 50 && n <= 58
				r.dates = append(r.dates, builtIn || own[format])
			}
		}
		return nil
	})
}

// showsDate reports whether a number format has a day or a year in it, outside
// of quoted text and brackets.
func showsDate(code string) bool {
	var quoted, bracket, escaped bool
	for _, c := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'd', c == 'y':
			return true
		}
	}
	return false
}

// Next reads a row. Rows without any text are left out.
func (r *xlsxReader) Next() (Row, error) {
	for {
		t, err := r.x.next()
		if errors.Is(err, io.EOF) {
			if err := r.file.Close(); err != nil {
				return Row{}, explain(err)
			}
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, err
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		r.row++
		if n, err := strconv.ParseInt(attribute(e, "r"), 10, 64); err == nil && n >= r.row {
			r.row = n
		}
		row, err := r.cells()
		if err != nil {
			return Row{}, err
		}
		if row.Problem != "" || !empty(row.Cells) {
			row.Number = r.row
			return row, nil
		}
	}
}

// cells reads the cells up to the end of the row.
func (r *xlsxReader) cells() (row Row, err error) {
	size := 0
	for {
		t, err := r.x.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = &Error{ErrCodeBroken, io.ErrUnexpectedEOF}
			}
			return row, err
		}
		switch t := t.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return row, nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			at := column(attribute(t, "r"), len(row.Cells))
			value, problem, err := r.cell(t)
			if err != nil {
				return row, err
			}
			if problem != "" && row.Problem == "" {
				row.Problem = problem
			}
			if size += len(value); at >= MaxColumns || size > maxRecord {
				row.Problem = TooMany
				continue
			}
			for len(row.Cells) <= at {
				row.Cells = append(row.Cells, "")
			}
			row.Cells[at] = value
		}
	}
}

// column is the index of a cell such as "AB12", or the next one.
func column(reference string, next int) int {
	n := 0
	for _, c := range reference {
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > MaxColumns {
			return MaxColumns
		}
	}
	if n == 0 {
		return next
	}
	return n - 1
}

// cell reads the value of a cell. Of a formula the value is taken that the
// program which wrote the file has computed; nothing is computed here.
func (r *xlsxReader) cell(c xml.StartElement) (value string, problem Problem, err error) {
	var raw []byte
	var inline string
	formula, in := false, ""
	for {
		t, err := r.x.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = &Error{ErrCodeBroken, io.ErrUnexpectedEOF}
			}
			return "", "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			in = t.Name.Local
			switch in {
			case "f":
				formula = true
			case "is":
				text, err := r.x.richText("is")
				if err != nil {
					return "", "", err
				}
				inline, in = string(text), ""
			}
		case xml.CharData:
			if in == "v" && len(raw)+len(t) <= maxRecord {
				raw = append(raw, t...)
			}
		case xml.EndElement:
			in = ""
			if t.Name.Local == "c" {
				return r.value(c, string(bytes.TrimSpace(raw)), inline, formula)
			}
		}
	}
}

func (r *xlsxReader) value(c xml.StartElement, raw, inline string, formula bool) (string, Problem, error) {
	kind := attribute(c, "t")
	if formula && raw == "" && kind != "str" {
		return "", Formula, nil // never computed
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(raw)
		text, ok := r.texts.get(i)
		if err != nil || !ok {
			return "", "", &Error{Code: ErrCodeBroken}
		}
		return text, "", nil
	case "inlineStr":
		return inline, "", nil
	case "str", "d":
		return raw, "", nil
	case "b":
		return map[string]string{"1": "ja", "0": "nein"}[raw], "", nil
	case "e":
		return "", Formula, nil // #NAME?, #REF! …
	}
	style, err := strconv.Atoi(attribute(c, "s"))
	number, isNumber := strconv.ParseFloat(raw, 64)
	switch {
	case isNumber != nil:
		return raw, "", nil
	case err == nil && style >= 0 && style < len(r.dates) && r.dates[style]:
		return serialDate(number, r.date04), "", nil
	default: // 4.917604069001E12 is a phone number
		return strconv.FormatFloat(number, 'f', -1, 64), "", nil
	}
}
