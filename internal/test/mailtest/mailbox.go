package mailtest

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	smtpmail "einklang/internal/engine/mail"
)

// Mailbox is a running IMAP server with one mailbox.
type Mailbox struct {
	Config smtpmail.Mailbox
	user   *imapmemserver.User
}

// StartMailbox starts an IMAP server that speaks in one of the ways.
func StartMailbox(tb testing.TB, how smtpmail.Security) *Mailbox {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, roots := selfSigned(tb)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	m := &Mailbox{user: imapmemserver.NewUser("einklang", "geheim")}
	if err := m.user.Create("INBOX", nil); err != nil {
		tb.Fatal(err)
	}
	users := imapmemserver.New()
	users.AddUser(m.user)
	options := &imapserver.Options{InsecureAuth: how == smtpmail.Plain, Logger: log.New(io.Discard, "", 0),
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		}}
	switch how {
	case smtpmail.StartTLS:
		options.TLSConfig = config
	case smtpmail.TLS:
		l = tls.NewListener(l, config)
	case smtpmail.Plain:
	}
	server := imapserver.New(options)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	tb.Cleanup(func() { _ = server.Close(); <-done })
	m.Config, err = smtpmail.Mailbox{Host: host, Port: number, Security: how, User: "einklang", Password: "geheim", Country: "DE", Roots: roots}.Check()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// Put puts a mail into the mailbox.
func (m *Mailbox) Put(tb testing.TB, text string) {
	tb.Helper()
	if _, err := m.user.Append("INBOX", literal{bytes.NewReader([]byte(text))}, &imap.AppendOptions{}); err != nil {
		tb.Fatal(err)
	}
}

// Count is how many mails are there, and how many of them are unread.
func (m *Mailbox) Count(tb testing.TB) (all, unread int) {
	tb.Helper()
	s, err := m.user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		tb.Fatal(err)
	}
	return int(*s.NumMessages), int(*s.NumUnseen)
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
