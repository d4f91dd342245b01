package backup

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/rule/id"
)

var (
	own     = NewSigner(bytes.Repeat([]byte{1}, 32))
	another = NewSigner(bytes.Repeat([]byte{2}, 32))
)

// lying is a folder with one file, encrypted to an identity.
func lying(t *testing.T, name string, content []byte) From {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to := Folder(t.TempDir())
	err = to.Put(t.Context(), name, func(w io.Writer) error {
		sealed, err := age.Encrypt(w, identity.Recipient())
		if err != nil {
			return err
		}
		_, err = sealed.Write(content)
		return errors.Join(err, sealed.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	return From{Target: to, Identities: []age.Identity{identity}}
}

func by(t *testing.T, s Signer) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := newWriter(&out, s, Head{Part: "keys", Name: "n"})
	if err == nil {
		err = errors.Join(w.file("root.key", []byte("key")), w.close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// old is the file as it was written before files were signed.
func old(t *testing.T, content []byte) []byte {
	t.Helper()
	content = bytes.Replace(content, []byte(magic), []byte(unsigned), 1)
	content = content[:len(content)-66]
	head := len(magic)
	end := head + 2 + int(content[head+1])
	if content[head+1] > 127 {
		end = head + 3 + int(content[head+1]&127) + int(content[head+2])<<7
	}
	bare := []byte(`{"part":"keys","name":"n","engine":"","schema":0}`)
	return append(append(bytes.Clone(content[:head]), append([]byte{'h', byte(len(bare))}, bare...)...), content[end:]...)
}

func TestWhoMadeAFile(t *testing.T) {
	const name = "keys/n.age"
	text := func(s Signer) []byte { return []byte(base64.StdEncoding.EncodeToString(s.public())) }
	claimed := bytes.Replace(by(t, another), text(another), text(own), 1) // names our key, and is signed by another
	for _, c := range []struct {
		what          string
		content       []byte
		name          string
		installations []string
		unchecked     bool
		want          error
	}{
		{"ours", by(t, own), name, []string{own.Installation()}, false, nil},
		{"one of ours", by(t, own), name, []string{another.Installation(), own.Installation()}, false, nil},
		{"another's", by(t, another), name, []string{own.Installation()}, false, ErrForeign},
		{"another's, unchecked, with a fingerprint", by(t, another), name, []string{own.Installation()}, true, ErrForeign},
		{"another's, unchecked", by(t, another), name, nil, true, nil},
		{"another's that names us", claimed, name, []string{own.Installation()}, false, errDamaged},
		{"ours under another name", by(t, own), "keys/m.age", []string{own.Installation()}, false, errDamaged},
		{"ours as another part", by(t, own), "data/n.age", []string{own.Installation()}, false, errDamaged},
		{"an old one", old(t, by(t, own)), name, []string{own.Installation()}, false, ErrUnsigned},
		{"an old one, unchecked", old(t, by(t, own)), name, nil, true, nil},
		{"signed, under the old format's name", bytes.Replace(by(t, own), []byte(magic), []byte(unsigned), 1), name, nil, true, errDamaged},
	} {
		from := lying(t, c.name, c.content)
		from.Installations, from.Unchecked = c.installations, c.unchecked
		var root []byte
		_, err := open(t.Context(), from, c.name, reading{file: func(_ string, content []byte) error { root = content; return nil }})
		if c.want == nil && (err != nil || string(root) != "key") || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
	from := lying(t, name, by(t, own))
	if _, err := from.whose(t.Context(), name); !errors.Is(err, ErrWhose) {
		t.Errorf("nobody said who made it: %v", err)
	}
}

func TestMarkersOfOthersDoNotCount(t *testing.T) {
	ctx, ids := context.Background(), id.System()
	to := Folder(t.TempDir())
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	mine, theirs := Marker{id.Org(ids.New()), id.Person(ids.New()), at}, Marker{id.Org(ids.New()), id.Person(ids.New()), at}
	if err := errors.Join(Mark(ctx, to, own, mine), Mark(ctx, to, another, theirs)); err != nil {
		t.Fatal(err)
	}
	signature, err := os.ReadFile(filepath.Join(string(to), filepath.FromSlash(mine.name())))
	if err != nil {
		t.Fatal(err)
	}
	for n, content := range [][]byte{nil, []byte("erased\n"), signature, bytes.Repeat([]byte("x"), 1<<20)} { // the third is of another person
		name := Marker{mine.Org, id.Person(ids.New()), at.Add(time.Duration(n) * time.Second)}.name()
		if err := os.WriteFile(filepath.Join(string(to), filepath.FromSlash(name)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	count, others, err := From{Target: to}.told(ctx, own.public())
	if err != nil || len(count) != 1 || count[0] != mine.name() || len(others) != 5 {
		t.Errorf("%v count and %v do not, %v", count, others, err)
	}
	if count, others, err := (From{Target: to, Unchecked: true}).told(ctx, nil); err != nil || len(count) != 6 || len(others) != 0 {
		t.Errorf("unchecked: %d and %d, %v", len(count), len(others), err)
	}
}

func TestFingerprintsAreReadAsPeopleWriteThem(t *testing.T) {
	want := own.Installation()
	for _, text := range []string{want, strings.ToLower(want), strings.ReplaceAll(want, "-", ""), " " + strings.ReplaceAll(want, "-", " ")} {
		if got, err := ParseInstallation(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", want[:len(want)-1], want + "A", strings.Replace(want, want[:1], "1", 1)} {
		if got, err := ParseInstallation(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
	kept, err := KeptInstallations([]byte("# created: 2026-11-24\n# einklang installation " + want + "\nAGE-SECRET-KEY-1\n#einklang installation: " + another.Installation() + "\n"))
	if err != nil || len(kept) != 2 || kept[0] != want || kept[1] != another.Installation() {
		t.Errorf("%v, %v", kept, err)
	}
}

func TestAnIndexOfOthersIsNotUsed(t *testing.T) {
	ctx, to := context.Background(), Folder(t.TempDir())
	file := fileID{7}
	for name, signer := range map[string]Signer{"files/a": own, "files/b": another} {
		err := errors.Join(putIndex(ctx, to, name+indexSuffix, signer, []fileID{file, {100 + name[len(name)-1]}}),
			to.Put(ctx, name+suffix, func(io.Writer) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(to.Put(ctx, "files/c"+suffix, func(io.Writer) error { return nil }),
		to.Put(ctx, "files/c"+indexSuffix, func(w io.Writer) error { _, err := w.Write(file[:]); return err })); err != nil { // as before they were signed
		t.Fatal(err)
	}
	in, err := segments(ctx, to, own)
	if err != nil || len(in) != 2 || in[file] != "files/a"+suffix {
		t.Errorf("%v, %v", in, err)
	}
}
