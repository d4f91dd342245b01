package app_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"einklang/internal/app/house"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
)

// Backups from before they were signed are restored when the operator says so,
// with the erasures since; and the next backup needs nothing of them.
func TestABackupFromBeforeTheyWereSigned(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx, folder := t.Context(), t.TempDir()
		identity, recipients := newIdentity(t)
		o.Config.Backup = backup.Config{Folder: folder, Recipients: recipients}
		o.Erasure.Recipients = backup.Told(backup.Folder(folder), o.Signer, o.Clock.Now, o.People.MergedInto)
		erika, mustermann := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Mustermann", "4917604069002")
		erika.Say(o.Number, "Vergessen Sie mich")
		mustermann.Say(o.Number, "Guten Tag")
		o.Settle(t)
		gone, stays := o.Person(t, erika).ID, o.Person(t, mustermann).ID
		putFile(t, o, stays, bytes.Repeat([]byte("m"), 300<<10))
		before, err := house.TakeBackup(ctx, &o.Engine, false)
		if err != nil {
			t.Fatal(err)
		}
		eraseNow(t, o, erasure.Identity{Contact: gone})
		asBefore(t, folder, identity)

		from := backup.From{Target: backup.Folder(folder), Identities: []age.Identity{identity}, Installations: []string{o.Signer.Installation()}}
		c := o.Config
		c.Data, c.Database, c.Backup = t.TempDir(), "", backup.Config{}
		if _, err := house.Restore(ctx, c, from, backup.Load); !errors.Is(err, backup.ErrUnsigned) {
			t.Fatalf("nobody signed it, and it is restored: %v", err)
		}
		a := restored(t, o, backup.From{Target: from.Target, Identities: from.Identities, Unchecked: true})
		if k, err := a.People.Get(ctx, a.DB, o.Org.ID, gone); err != nil || !k.Erased || k.Keys != nil {
			t.Errorf("who was erased is back: %+v, %v", k, err)
		}
		if n := readable(t, a, o.Org.ID); n != 1 {
			t.Errorf("%d readable files, want one", n)
		}
		if a.Signer.Installation() != o.Signer.Installation() {
			t.Error("a restored installation signs as another")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}

		o.Clock.Advance(time.Minute)
		now, err := house.TakeBackup(ctx, &o.Engine, false)
		if err != nil || now.NewFiles != 1 || now.Name == before.Name {
			t.Fatalf("%+v, %v", now, err)
		}
		a = restored(t, o, from)
		if n := readable(t, a, o.Org.ID); n != 1 {
			t.Errorf("%d readable files in the signed backup, want one", n)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// asBefore makes of backups what they were before they were signed.
func asBefore(t *testing.T, folder string, identity *age.X25519Identity) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(path, ".index"):
			content = content[:len(content)-64]
		case strings.HasSuffix(path, ".age"):
			content = unsign(t, content, identity)
		case strings.Contains(path, "erased"):
			content = []byte("erased\n")
		}
		return os.WriteFile(path, content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func unsign(t *testing.T, sealed []byte, identity *age.X25519Identity) []byte {
	t.Helper()
	const format = len("einklang backup 2\n")
	in, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	length, used := binary.Uvarint(plain[format+1:])
	begin := format + 1 + used
	var head map[string]any
	if err := json.Unmarshal(plain[begin:begin+int(length)], &head); err != nil {
		t.Fatal(err)
	}
	delete(head, "installation")
	text, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	older := binary.AppendUvarint([]byte("einklang backup 1\nh"), uint64(len(text)))
	older = append(append(older, text...), plain[begin+int(length):len(plain)-66]...) // without the signature's frame
	var out bytes.Buffer
	w, err := age.Encrypt(&out, identity.Recipient())
	if err == nil {
		_, err = w.Write(older)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
