package shell

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"einklang/internal/account/audit"
)

// What somebody looks for is about people, and addresses are kept by browsers,
// proxies and logs. So the words are posted, and the address of the page that shows
// what was found holds them sealed under the secret of the session: going back,
// reloading and the next page work, and nobody else can read it.
const (
	wordsField  = "q"      // in what is posted
	SealedField = "sealed" // in the address
	lookSuffix  = "/look"
)

// Looks makes the routes to which the fields for searching of pages post: each
// leads on to the page without "/look" at the end.
func Looks(s *Shell, pages ...string) map[string]Route {
	routes := map[string]Route{}
	for _, page := range pages {
		routes["POST "+page+lookSuffix] = As(audit.Nothing(audit.PartOf), s.look)
	}
	return routes
}

func (s *Shell) look(w http.ResponseWriter, r *http.Request, _ *Viewer) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	address := url.Values{}
	for name, values := range r.PostForm {
		if name != wordsField && values[0] != "" {
			address[name] = values
		}
	}
	if words := strings.TrimSpace(r.PostForm.Get(wordsField)); words != "" {
		address.Set(SealedField, SealWords(s.SessionHere(r), words))
	}
	http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, lookSuffix)+"?"+address.Encode(), http.StatusSeeOther)
	return nil
}

// SealWords hides words that a page looks for, for an address that leads on in the
// session with a secret.
func SealWords(secret, words string) string {
	return base64.RawURLEncoding.EncodeToString(wordKey(secret).Seal(nil, nil, []byte(words), nil)) //nolint:gosec // it takes a random nonce of its own
}

// Words are what a page looks for; empty where the address has none, or those of
// another session.
func (s *Shell) Words(r *http.Request) string {
	sealed, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get(SealedField))
	if err != nil || len(sealed) == 0 {
		return ""
	}
	words, err := wordKey(s.SessionHere(r)).Open(nil, nil, sealed, nil)
	if err != nil {
		return ""
	}
	return string(words)
}

func wordKey(secret string) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "words of a search", 32)
	if err != nil {
		panic(err) // only for a length that a constant can't have
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}
