// Package mailtest starts a real SMTP server for tests.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	smtpmail "einklang/internal/engine/mail"
)

// Mail is one mail that the server took.
type Mail struct {
	From, To  string
	Header    mail.Header
	Raw       string // as it came over the wire
	User      string // who signed in
	Encrypted bool
}

// Server is a running SMTP server. Set its fields before the first mail.
type Server struct {
	User, Password string            // needed when User is set
	Reject         map[string]int    // recipient → code of the answer, 450 or 550
	Roots          *x509.CertPool    // trusts the server
	Security       smtpmail.Security // how it speaks

	address string
	mu      sync.Mutex
	got     []Mail
	arrived chan struct{}
}

// Start starts a server that speaks in one of the ways.
func Start(tb testing.TB, how smtpmail.Security) *Server {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Security: how, Reject: map[string]int{}, address: l.Addr().String(), arrived: make(chan struct{}, 1000)}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain = "localhost"
	server.ErrorLog = quiet{}
	server.AllowInsecureAuth = how == smtpmail.Plain
	certificate, roots := selfSigned(tb)
	s.Roots = roots
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch how {
	case smtpmail.StartTLS:
		server.TLSConfig = config
	case smtpmail.TLS:
		l = tls.NewListener(l, config)
	case smtpmail.Plain:
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	tb.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// Config is how to reach the server.
func (s *Server) Config(tb testing.TB) smtpmail.Server {
	tb.Helper()
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		tb.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := smtpmail.Server{Host: host, Port: number, Security: s.Security, User: s.User, Password: s.Password,
		From: "einklang@beispiel.example", FromName: "Beispiel GmbH", Country: "DE", Roots: s.Roots}.Check()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Mails are those taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.got...)
}

// Next waits for a mail and returns it.
func (s *Server) Next(tb testing.TB) Mail {
	tb.Helper()
	select {
	case <-s.arrived:
	case <-time.After(10 * time.Second):
		tb.Fatal("no mail arrived")
	}
	all := s.Mails()
	return all[len(all)-1]
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	user     string
	from, to string
}

func (s *session) AuthMechanisms() []string {
	if s.server.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

var errAuth = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong"}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.User || password != s.server.Password {
			return errAuth
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.User != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if code := s.server.Reject[to]; code != 0 {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no mailbox here for " + to}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	read, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return errors.Join(errors.New("not a mail"), err)
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	s.server.got = append(s.server.got, Mail{s.from, s.to, read.Header, string(raw), s.user, encrypted})
	s.server.mu.Unlock()
	s.server.arrived <- struct{}{}
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

// selfSigned makes a certificate for this machine and who trusts it.
func selfSigned(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mailtest"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(made)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, roots
}

// Body is the text of a mail as people read it.
func (m Mail) Body(tb testing.TB) string {
	tb.Helper()
	_, body, _ := strings.Cut(m.Raw, "\r\n\r\n")
	return decode(tb, m.Header.Get("Content-Transfer-Encoding"), body)
}
