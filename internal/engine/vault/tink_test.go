package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/test/storetest"
)

// Tink reads the file that we wrote, and both open what the other has sealed.
func TestTinkReadsOurRootKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	root, err := vault.CreateRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	sameAsTink(t, path, root)
	if err := root.Rotate(); err != nil {
		t.Fatal(err)
	}
	sameAsTink(t, path, root)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := root.EndOlder(t.Context(), db, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		sameAsTink(t, path, root)
	})
}

func TestWeReadARootKeyOfTink(t *testing.T) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	path := writeTink(t, handle)
	root, err := vault.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	sameAsTink(t, path, root)
}

func TestARootKeyOfAnotherKindIsRefused(t *testing.T) {
	handle, err := keyset.NewHandle(aead.ChaCha20Poly1305KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenRoot(writeTink(t, handle)); err == nil {
		t.Fatal("a root key was taken that we cannot use")
	}
}

func writeTink(t *testing.T, handle *keyset.Handle) string {
	t.Helper()
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sameAsTink(t *testing.T, path string, root *vault.FileRoot) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	var theirs tink.AEAD
	if theirs, err = aead.New(handle); err != nil {
		t.Fatal(err)
	}
	key, context := []byte("the key of an organisation"), []byte("its id")
	wrapped, err := root.Wrap(key, context)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := theirs.Decrypt(wrapped, context); err != nil || !bytes.Equal(got, key) {
		t.Errorf("Tink opens %q from what we sealed: %v", got, err)
	}
	if wrapped, err = theirs.Encrypt(key, context); err != nil {
		t.Fatal(err)
	}
	if got, err := root.Unwrap(wrapped, context); err != nil || !bytes.Equal(got, key) {
		t.Errorf("we open %q from what Tink sealed: %v", got, err)
	}
	if _, err := root.Unwrap(wrapped, []byte("another id")); err == nil {
		t.Error("we open a key in another place than its own")
	}
}
