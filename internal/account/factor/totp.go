package factor

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238: what authenticator apps can do; a keyed hash of 20 bytes
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"einklang/internal/rule/pii"
)

// What authenticator apps take without asking (RFC 6238; Google's key URI format):
// HMAC-SHA-1, 30 seconds, six digits.
const (
	stepLength = 30 * time.Second
	digits     = 6
	keyLength  = 20 // bytes, as RFC 4226 recommends
	drift      = 1  // steps that a clock may be wrong by
)

// stepOf is the step of time that a moment falls into.
func stepOf(at time.Time) int64 { return at.Unix() / int64(stepLength/time.Second) }

// codeOf is the code of a step (RFC 4226 §5.3).
func codeOf(key []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step)) //nolint:gosec // after 1970
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%0*d", digits, binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// matching is the step whose code was typed, among those that a clock may show and
// that come after the last one that counted; false: it is none of them.
func matching(key []byte, typed string, now time.Time, last int64) (int64, bool) {
	typed = plain(typed)
	for step := stepOf(now) - drift; step <= stepOf(now)+drift; step++ {
		if step > last && subtle.ConstantTimeCompare([]byte(codeOf(key, step)), []byte(typed)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// plain is a code without what people put between its parts.
func plain(typed string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(typed)))
}

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// Key is a new secret for an authenticator app, as its owner takes it over.
type Key struct {
	pii.Personal
	Text    string // in groups of four, to be typed
	Address string // otpauth:, for the QR code
}

// keyFor puts a secret into the forms in which an app takes it.
func keyFor(secret []byte, email string) Key {
	text := letters.EncodeToString(secret)
	var groups []string
	for at := 0; at < len(text); at += 4 {
		groups = append(groups, text[at:min(at+4, len(text))])
	}
	query := url.Values{"secret": {text}, "issuer": {"Einklang"}}
	return Key{Text: strings.Join(groups, " "), Address: "otpauth://totp/" + url.PathEscape("Einklang:"+email) + "?" + query.Encode()}
}
