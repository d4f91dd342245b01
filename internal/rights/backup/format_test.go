package backup

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"einklang/internal/engine/store"
)

var table = store.Table{Name: "x", Columns: []store.Column{{Name: "a", Kind: store.Bytes}, {Name: "b", Kind: store.Int}, {Name: "c", Kind: store.Text}, {Name: "d", Kind: store.Bool}}}

func written(tb testing.TB, rows [][]any) []byte {
	var out bytes.Buffer
	w, err := newWriter(&out, NewSigner(make([]byte, 32)), Head{Part: "data", Name: "n", Schema: 7})
	if err == nil {
		err = w.table(table)
	}
	for _, r := range rows {
		if err == nil {
			err = w.row(table.Name, r)
		}
	}
	if err = errors.Join(err, w.file("root.key", []byte("key")), w.close()); err != nil && tb != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(v any) any {
			if rapid.Bool().Draw(t, "null") {
				return nil
			}
			return v
		}
		var rows [][]any
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, []any{maybe(rapid.SliceOf(rapid.Byte()).Draw(t, "a")), maybe(rapid.Int64().Draw(t, "b")),
				maybe(rapid.String().Draw(t, "c")), maybe(rapid.Bool().Draw(t, "d"))})
		}
		n := 0
		_, err := read(bytes.NewReader(written(nil, rows)), reading{row: func(_ store.Table, got []any) error {
			for i, want := range rows[n] {
				if b, ok := want.([]byte); ok && got[i] != nil && bytes.Equal(b, got[i].([]byte)) {
					continue
				} else if !ok && got[i] == want {
					continue
				}
				t.Fatalf("row %d column %d: got %v, want %v", n, i, got[i], want)
			}
			n++
			return nil
		}})
		if err != nil || n != len(rows) {
			t.Fatalf("%d rows, %v", n, err)
		}
	})
}

func TestACutBackupIsDamaged(t *testing.T) {
	whole := written(t, [][]any{{[]byte{1}, int64(2), "drei", true}})
	for n := range whole {
		if _, err := read(bytes.NewReader(whole[:n]), reading{}); !errors.Is(err, errDamaged) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	if _, err := read(bytes.NewReader(append(bytes.Clone(whole), 0)), reading{}); !errors.Is(err, errDamaged) {
		t.Fatalf("something after the end: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, [][]any{{[]byte{1}, int64(2), "drei", true}, {nil, nil, nil, nil}}))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = read(bytes.NewReader(b), reading{}) })
}
