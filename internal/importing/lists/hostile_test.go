package lists

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"einklang/internal/importing/lists/table"
)

// endless is a list of any length that is made while it is read. Every line
// has the same length, so any place can be made by itself.
type endless struct {
	rows int64
	made int64 // the line that line holds
	line []byte
}

const hostileTitles = "Telefon;Name;Zweck;Einwilligung am;Quelle;Nachweis;Rest\n"

// lineLength holds the longest row of row.
const lineLength = 96

func (e *endless) size() int64 { return int64(len(hostileTitles)) + e.rows*lineLength }

func (e *endless) row(n int64) string {
	switch n % 10 {
	case 7:
		return fmt.Sprintf("0176 %07d;=A1&B1", n)
	case 8:
		return fmt.Sprintf("0176 %07d;Max \"Muster", n)
	case 9:
		return fmt.Sprintf("auf Anfrage;Person %07d;Werbung", n)
	}
	return fmt.Sprintf("0176 %07d;K\xe4the Beispiel %07d;Werbung;01.05.2026;Formular;Blatt 1", n, n)
}

func (e *endless) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if at >= e.size() {
			return n, io.EOF
		}
		var from string
		if at < int64(len(hostileTitles)) {
			from = hostileTitles[at:]
		} else {
			row, within := (at-int64(len(hostileTitles)))/lineLength, (at-int64(len(hostileTitles)))%lineLength
			if e.line == nil || e.made != row {
				e.line = fmt.Appendf(e.line[:0], "%-*s\n", lineLength-1, e.row(row)+";")
				e.made = row
			}
			from = string(e.line[within:])
		}
		m := copy(b[n:], from)
		n, at = n+m, at+int64(m)
	}
	return n, nil
}

// A million rows, a third of them broken in some way, in the old encoding of
// German offices: all are read and judged, in a few megabytes.
func TestAMillionRowsInLittleMemory(t *testing.T) {
	const rows, mostHeap = 1_000_000, 24 << 20
	file := &endless{rows: rows}
	in, err := table.Open(table.CSV, file, file.size())
	if err != nil {
		t.Fatal(err)
	}
	first, err := in.Next()
	if err != nil {
		t.Fatal(err)
	}
	work := &reading{desk: &Imports{Parts{Now: func() time.Time { return today }, Location: berlin}}, rows: in, position: 1, size: checkBatch,
		imported: Import{Plan: Suggest(table.CSV, first.Cells, nil)}, apply: countOnly}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	counts := map[string]int64{}
	for batches := 0; ; batches++ {
		b, err := work.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Apply(t.Context(), nil, counts); err != nil {
			t.Fatal(err)
		}
		if batches%20 == 0 || b.Last {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > mostHeap {
				t.Fatalf("%d MB of memory are held after %d rows", grown>>20, b.Position)
			}
		}
		if b.Last {
			break
		}
	}
	for code, want := range map[string]int64{CountRows: rows, CountRefused: rows * 3 / 10, CountConsents: rows * 7 / 10,
		CountCode + string(table.Quotes): rows / 10, CountCode + string(table.Formula): rows / 10, CountCode + string(CodeBadPhone): rows / 10} {
		if counts[code] != want {
			t.Errorf("%s: got %d, want %d", code, counts[code], want)
		}
	}
}

func TestMoreRowsThanAllowedEndTheImport(t *testing.T) {
	rows := &tooMany{}
	work := &reading{desk: &Imports{Parts{Now: func() time.Time { return today }, Location: berlin}}, rows: rows, size: checkBatch, apply: countOnly,
		imported: Import{Plan: Plan{Columns: []Field{Phone}, Country: "DE"}}}
	_, err := work.Next(t.Context())
	var known *table.Error
	if !errors.As(err, &known) || known.Code != table.ErrCodeRows {
		t.Errorf("got %v", err)
	}
}

type tooMany struct{}

func (*tooMany) Next() (table.Row, error) { return table.Row{}, &table.Error{Code: table.ErrCodeRows} }
