package app

import (
	"crypto/tls"

	"einklang/internal/engine/mail"
)

// Requests is a mailbox to which staff forward what people ask for, or which is
// the privacy address itself. Every mail there becomes a case.
type Requests struct {
	mail.Mailbox
	Organisation string // its short name; empty: the only one
}

// Phones says how company phones are managed from outside. The zero value: not
// at all.
type Phones struct {
	AndroidEnterprise string // "enterprises/LC…" at Google
	AndroidKey        []byte // JSON of its service account
	AndroidURL        string // of Google's API; empty: the real one
	Sign              *tls.Certificate
}
