package device

import "crypto/tls"

// Fleet says how company phones are managed from outside. The zero value: not at
// all.
type Fleet struct {
	AndroidEnterprise string // "enterprises/LC…" at Google
	AndroidKey        []byte // JSON of its service account
	AndroidURL        string // of Google's API; empty: the real one
	Sign              *tls.Certificate
}
