package zipfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

var limits = Limits{Files: 100, Total: 64 << 20, Ratio: 200}

func archive(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readAll(raw []byte, l Limits) error {
	a, err := Open(bytes.NewReader(raw), int64(len(raw)), l)
	if err != nil {
		return err
	}
	for _, name := range a.Names() {
		r, err := a.Open(name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

func TestArchives(t *testing.T) {
	zeros := strings.Repeat("\x00", 8<<20)
	many := make([]string, 0, 404)
	for i := range 202 {
		many = append(many, fmt.Sprint(i), "x")
	}
	locked := archive(t, "a", "b")
	for _, signature := range []string{"PK\x03\x04", "PK\x01\x02"} {
		at := bytes.Index(locked, []byte(signature)) + map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[signature]
		locked[at] |= 1
	}
	liar := archive(t, "a", zeros) // says that it is small
	binary.LittleEndian.PutUint32(liar[bytes.Index(liar, []byte("PK\x01\x02"))+24:], 10)
	swapped := archive(t, "a", "hello hello hello")
	swapped[35] ^= 0xff
	crowded := archive(t, "a", "b")
	end := bytes.LastIndex(crowded, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint16(crowded[end+10:], 60000)
	for _, c := range []struct {
		name string
		raw  []byte
		l    Limits
		want error
	}{
		{"honest", archive(t, "a.txt", "Guten Tag", "b/c.jpg", "x"), limits, nil},
		{"a bomb", archive(t, "a", zeros), limits, ErrBomb},
		{"a bomb that lies about its size", liar, limits, ErrBroken},
		{"more in all than allowed", archive(t, "a", "xxxxxxxx", "b", "yyyyyyyy"), Limits{Files: 9, Total: 10, Ratio: 200}, ErrBomb},
		{"too many files", archive(t, many...), limits, ErrTooMany},
		{"says that it holds many files", crowded, limits, ErrTooMany},
		{"out of the folder", archive(t, "../../etc/passwd", "x"), limits, ErrName},
		{"out of the folder, in the middle", archive(t, "a/../../b", "x"), limits, ErrName},
		{"absolute", archive(t, "/etc/passwd", "x"), limits, ErrName},
		{"absolute on Windows", archive(t, "C:evil", "x"), limits, ErrName},
		{"backslashes", archive(t, "..\\evil", "x"), limits, ErrName},
		{"two files of one name", archive(t, "a", "x", "a", "y"), limits, ErrBroken},
		{"with a password", locked, limits, ErrEncrypted},
		{"cut off", archive(t, "a", "x")[:40], limits, ErrBroken},
		{"changed", swapped, limits, ErrBroken},
		{"empty", nil, limits, ErrBroken},
		{"no archive", []byte("Name;Telefon\n"), limits, ErrBroken},
	} {
		if err := readAll(c.raw, c.l); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(archive(f, "a.txt", "Guten Tag", "b/c.jpg", "x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := Limits{Files: 10, Total: 4 << 20, Ratio: 50}
		a, err := Open(bytes.NewReader(raw), int64(len(raw)), l)
		if err != nil {
			return
		}
		var total int64
		for _, name := range a.Names() {
			if !safe(name) {
				t.Fatalf("the name %q got through", name)
			}
			if r, err := a.Open(name); err == nil {
				n, _ := io.Copy(io.Discard, r)
				total += n
			}
		}
		if total > l.Total {
			t.Fatalf("%d bytes were unpacked", total)
		}
	})
}
