package letters_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"einklang/internal/rights/letters"
)

func written(t *testing.T) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	w, err := letters.NewWriter(&b, "Lies mich", time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		e := letters.Entry{At: time.Unix(int64(1700000000+i), 0).UTC(), From: "person", Person: "Erika Mustermann", Text: fmt.Sprintf("Angebot %d", i), KeptAs: "letter"}
		if i == 2 {
			e.Ext, e.Open = ".pdf", func(w io.Writer) error { _, err := io.WriteString(w, "%PDF-1.7 Angebot"); return err }
		}
		if err := w.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	n, last, err := w.Sums()
	if err = errors.Join(err, w.Close()); err != nil || n != 5 {
		t.Fatal(n, err)
	}
	return b.Bytes(), last
}

func verify(raw []byte, kept string) (int, string, error) {
	return letters.Verify(bytes.NewReader(raw), int64(len(raw)), kept)
}

// rewrite makes the archive anew with files changed, left out or added.
func rewrite(t *testing.T, raw []byte, change func(name, text string) (string, bool), more ...string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	put := func(name, text string) {
		w, err := out.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if now, keep := change(f.Name, string(text)); keep {
			put(f.Name, now)
		}
	}
	for _, name := range more {
		put(name, "mehr")
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnArchiveShowsEveryChange(t *testing.T) {
	raw, last := written(t)
	if n, got, err := verify(raw, last); n != 5 || got != last || err != nil {
		t.Fatalf("as written: %d %s %v", n, got, err)
	}
	same := func(_, text string) (string, bool) { return text, true }
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		for what, change := range map[string]func(string) (string, bool){
			"one letter changed": func(text string) (string, bool) { return text[:len(text)/2] + "#" + text[len(text)/2+1:], true },
			"left out":           func(string) (string, bool) { return "", false },
		} {
			bad := rewrite(t, raw, func(name, text string) (string, bool) {
				if name == f.Name {
					return change(text)
				}
				return same(name, text)
			})
			if _, _, err := verify(bad, ""); !errors.Is(err, letters.ErrChanged) {
				t.Errorf("%s, %s: %v", f.Name, what, err)
			}
		}
	}
	if _, _, err := verify(rewrite(t, raw, same, "letters/000006.json"), ""); !errors.Is(err, letters.ErrChanged) {
		t.Errorf("a file more: %v", err)
	}
	if _, _, err := verify(raw, strings.Repeat("0", 64)); !errors.Is(err, letters.ErrChanged) {
		t.Errorf("another link was kept: %v", err)
	}
	if _, _, err := verify([]byte("kein Archiv"), ""); err == nil {
		t.Error("no archive at all")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("PK"))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _, _ = verify(raw, "") })
}
