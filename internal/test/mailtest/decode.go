package mailtest

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
)

func decode(tb testing.TB, encoding, body string) string {
	tb.Helper()
	if encoding != "quoted-printable" {
		return body
	}
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		tb.Fatal(err)
	}
	return strings.ReplaceAll(string(plain), "\r\n", "\n")
}

// Subject is the subject as people read it.
func (m Mail) Subject(tb testing.TB) string {
	tb.Helper()
	plain, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		tb.Fatal(err)
	}
	return plain
}
