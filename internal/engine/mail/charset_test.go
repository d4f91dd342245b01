package mail_test

import (
	"strings"
	"testing"

	"einklang/internal/engine/mail"
)

// The same words in the character sets of mail programs, in the text, in the
// subject and in a name.
func TestMailIsReadInTheCharacterSetsOfTheEU(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"iso-8859-1", "f=FCr", "für"},
		{"ISO-8859-15", "5 =A4", "5 €"},
		{"windows-1252", "=84so=93", "„so“"},
		{"iso-8859-2", "=B1", "ą"},
		{"windows-1250", "=E8", "č"},
		{"windows-1251", "=E4=E0", "да"},
		{"koi8-r", "=C4=C1", "да"},
		{"iso-8859-7", "=ED=E1=E9", "ναι"},
		{"windows-1257", "=EB", "ė"},
		{"utf-16le", "j=00a=00", "ja"},
		{"us-ascii", "ja", "ja"},
		{"x-made-up", "ja", "ja"}, // told as it stands
	} {
		raw := "Message-ID: <1@example.com>\r\nFrom: =?" + c.name + "?q?" + c.raw + "?= <robin@example.com>\r\nSubject: =?" + c.name + "?q?" + c.raw + "?=\r\n" +
			"Content-Type: text/plain; charset=" + c.name + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + c.raw
		got, err := mail.ParseReceived(strings.NewReader(raw))
		if err != nil || got.Text != c.want {
			t.Errorf("%s %s: %+v, %v", c.name, c.raw, got, err)
		}
		if c.name != "x-made-up" && (got.Subject != c.want || got.From != "robin@example.com") {
			t.Errorf("%s %s: %+v", c.name, c.raw, got)
		}
	}
}

// What calls itself Latin 1 and has Windows' quotation marks is Windows 1252.
func TestWindowsThatCallsItselfLatin1(t *testing.T) {
	got, err := mail.ParseReceived(strings.NewReader("From: robin@example.com\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=84so=93"))
	if err != nil || got.Text != "„so“" {
		t.Errorf("%+v, %v", got, err)
	}
}
