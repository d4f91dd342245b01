package apptest

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // as authenticator apps do
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// AppCode is what an authenticator app shows at a moment that was given a key as
// it is typed (RFC 6238).
func AppCode(key string, at time.Time) string {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		panic(err) // no key of ours
	}
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}
