package mail_test

import (
	"errors"
	"strings"
	"testing"

	"einklang/internal/engine/mail"
)

func TestParseReceived(t *testing.T) {
	const head = "Message-ID: <1@example.com>\r\nFrom: Robin Beispiel <robin@example.com>\r\nSubject: =?utf-8?q?L=C3=B6schung?=\r\n"
	for name, c := range map[string]struct{ raw, from, subject, text string }{
		"plain":     {head + "\r\nBitte löschen\r\n", "robin@example.com", "Löschung", "Bitte löschen"},
		"no text":   {head + "Content-Type: application/pdf\r\n\r\n%PDF", "robin@example.com", "Löschung", ""},
		"latin 1":   {head + "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nf=FCr mich", "robin@example.com", "Löschung", "für mich"},
		"forwarded": {head + "\r\nBitte kümmern\r\n\r\n---------- Forwarded message ---------\r\nFrom: Erika Mustermann <erika@example.org>\r\n\r\nLöschen Sie mich", "erika@example.org", "Löschung", "Löschen Sie mich"},
		"quoted":    {head + "\r\n> *Von:* Erika Mustermann [mailto:erika@example.org]\r\n> Hallo", "erika@example.org", "Löschung", "Hallo"},
		"both forms": {head + "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nals Text\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>als HTML</p>\r\n--x--\r\n",
			"robin@example.com", "Löschung", "als Text"},
		"attached": {head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nanbei\r\n--x\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nFrom: erika@example.org\r\nSubject: Auskunft\r\n\r\nWas wissen Sie?\r\n--x--\r\n",
			"erika@example.org", "Löschung", "Was wissen Sie?"},
	} {
		got, err := mail.ParseReceived(strings.NewReader(c.raw))
		if err != nil || got.From != c.from || got.Subject != c.subject || !strings.Contains(got.Text, c.text) || got.MessageID != "1@example.com" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := mail.ParseReceived(strings.NewReader("From: a@example.com\r\n\r\n")); !errors.Is(err, mail.ErrNoText) {
		t.Errorf("an empty mail: %v", err)
	}
}

func FuzzParseReceived(f *testing.F) {
	f.Add([]byte("From: a@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: b@example.com\r\n\r\nx\r\n--x--"))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = mail.ParseReceived(strings.NewReader(string(raw))) })
}
