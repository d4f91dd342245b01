// Package mail sends e-mail over any SMTP server.
//
// Mails are plain text without pictures or tracking links. They are marked as
// made by a machine (RFC 3834), so that no out-of-office note answers. The
// connection goes through the dialer of package egress: the server stands on
// its allow-list and each connection is counted in the transfer register. A
// server outside the European Economic Area is refused unless the
// configuration names the mechanism of the transfer (S23, GDPR Art. 44).
//
// [Post] sends at once. [Queue] keeps a mail in the transaction of what it
// belongs to and sends it after the commit, again and again if the server is
// away.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"

	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Message is one mail to one person.
type Message struct {
	pii.Personal
	To      string `json:"to"` // address only, "kim@beispiel.example"
	Subject string `json:"subject"`
	Text    string `json:"text"` // plain text; paragraphs parted by empty lines
	// Unsubscribe is an address that ends mails or messages of this kind with
	// one click (RFC 8058); empty where there is nothing to unsubscribe from.
	Unsubscribe string `json:"unsubscribe,omitempty"`
	Files       []File `json:"files,omitempty"`
	// ID is the left side of the Message-ID, by which a return is understood;
	// the queue makes it.
	ID string `json:"id,omitempty"`
}

// File is an attachment.
type File struct {
	pii.Personal
	Name string `json:"name"`
	Type string `json:"type"` // media type, "application/pdf"
	Data []byte `json:"data"`
}

// The errors that a caller branches on. Everything else may go well later.
var (
	// ErrAddress: the address is not one.
	ErrAddress = errors.New("this is not an e-mail address: want one such as kim@beispiel.example")
	// ErrRejected: the server said for good that it does not take this mail
	// (RFC 5321 §4.2.1, a 5yz answer), most often because the mailbox does not
	// exist.
	ErrRejected = errors.New("the mail server rejected the mail for good")
	// ErrNoServer: the configuration names no mail server.
	ErrNoServer = errors.New("no mail server is configured: add mail to the configuration file")
)

// Dialer opens a connection; it is the one of package egress.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Post sends mails over one server.
type Post struct {
	server Server
	dial   Dialer
	now    func() time.Time
}

// New makes a Post. The server must be valid (see [Server.Check]). A nil
// dialer makes a Post that sends nothing: every mail is ErrNoServer.
func New(s Server, dial Dialer, now func() time.Time) *Post {
	return &Post{server: s, dial: dial, now: now}
}

// Open makes a Post that sends through the way out. A zero server: there is none.
func Open(server Server, g *egress.Border, now func() time.Time) *Post {
	if server.Host == "" {
		return New(server, nil, now)
	}
	return New(server, g.Dial(Destination), now)
}

// Configured reports whether there is a server to send over.
func (p *Post) Configured() bool { return p.dial != nil }

// timeout bounds one conversation with the server.
const timeout = 30 * time.Second

// Send hands a mail to the server. When it returns nil the server has taken
// responsibility for it (RFC 5321 §4.2.5).
func (p *Post) Send(ctx context.Context, _ id.Org, m Message) error {
	if !p.Configured() {
		return ErrNoServer
	}
	written, err := p.write(m)
	if err != nil {
		return err
	}
	client, err := smtp.NewClient(p.server.Host, p.options()...)
	if err != nil {
		return fmt.Errorf("prepare the connection to the mail server: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server %s: %w", p.server.Host, err)
	}
	sent := client.Send(written)
	// The mail is taken once the server has answered the data; how the
	// connection then ends does not matter.
	_ = client.Close()
	return explain(sent)
}

// explain tells a rejection for good from a mishap. The server's words may
// name the recipient, so they are left out.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var failed *smtp.SendError
	if !errors.As(err, &failed) {
		return fmt.Errorf("send a mail: %w", err)
	}
	if failed.ErrorCode() >= 500 && failed.ErrorCode() < 600 {
		return fmt.Errorf("%w (%d %s)", ErrRejected, failed.ErrorCode(), failed.EnhancedStatusCode())
	}
	return fmt.Errorf("the mail server did not take the mail (%d %s)", failed.ErrorCode(), failed.EnhancedStatusCode())
}

// CheckAddress reads one bare address.
func CheckAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	a, err := mail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address || len(address) > 254 { // RFC 5321 §4.5.3.1.3
		return "", ErrAddress
	}
	_, domain, _ := strings.Cut(address, "@")
	if strings.ContainsAny(address, "\r\n\x00") || !strings.Contains(domain, ".") && domain != "localhost" {
		return "", ErrAddress
	}
	return address, nil
}

// write makes the mail as it travels.
func (p *Post) write(m Message) (*smtp.Msg, error) {
	to, err := CheckAddress(m.To)
	if err != nil {
		return nil, err
	}
	w := smtp.NewMsg(smtp.WithNoDefaultUserAgent(), smtp.WithCharset(smtp.CharsetUTF8), smtp.WithEncoding(smtp.EncodingQP))
	if err := errors.Join(w.FromFormat(p.server.FromName, p.server.From), w.EnvelopeFrom(p.server.From), w.To(to)); err != nil {
		return nil, ErrAddress
	}
	w.Subject(strings.Join(strings.Fields(m.Subject), " "))
	w.SetDateWithValue(p.now())
	w.SetMessageIDWithValue(messageID(m.ID, p.server.From))
	w.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
	if m.Unsubscribe != "" {
		w.SetGenHeaderPreformatted(smtp.HeaderListUnsubscribe, "<"+strings.Join(strings.Fields(m.Unsubscribe), "")+">")
		w.SetGenHeader(smtp.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click") // RFC 8058 §3.1
	}
	w.SetBodyString(smtp.TypeTextPlain, m.Text)
	for _, f := range m.Files {
		if err := w.AttachReader(f.Name, bytes.NewReader(f.Data), smtp.WithFileContentType(smtp.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("attach a file to a mail: %w", err)
		}
	}
	return w, nil
}

// messageID does not name this machine, as the library's own would.
func messageID(left, from string) string {
	if left == "" {
		left = newToken(id.Org{})
	}
	_, domain, _ := strings.Cut(from, "@")
	return left + "@" + domain
}

func (p *Post) options() []smtp.Option {
	s := p.server
	_, domain, _ := strings.Cut(s.From, "@")
	options := []smtp.Option{smtp.WithPort(s.Port), smtp.WithTimeout(timeout), smtp.WithHELO(domain), smtp.WithoutNoop(), smtp.WithTLSConfig(s.tls())}
	switch s.Security {
	case StartTLS:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSMandatory), smtp.WithDialContextFunc(smtp.DialContextFunc(p.dial)))
	case TLS:
		// The library knows a dialer or TLS from the first byte, not both; it
		// finds the connection encrypted and asks for no more.
		options = append(options, smtp.WithTLSPolicy(smtp.TLSOpportunistic), smtp.WithDialContextFunc(p.dialTLS))
	case Plain:
		options = append(options, smtp.WithTLSPolicy(smtp.NoTLS), smtp.WithDialContextFunc(smtp.DialContextFunc(p.dial)))
	}
	if s.User != "" {
		auth := smtp.SMTPAuthAutoDiscover
		if s.Security == Plain {
			auth = smtp.SMTPAuthPlainNoEnc
		}
		options = append(options, smtp.WithSMTPAuth(auth), smtp.WithUsername(s.User), smtp.WithPassword(s.Password))
	}
	return options
}

func (p *Post) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secured := tls.Client(conn, p.server.tls())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}

// Facts tells the cockpit whether mails leave over TLS.
func (p *Post) Facts(_ context.Context, _ store.Reader, _ id.Org, _ time.Time, f *cockpit.Facts) error {
	f.Security.MailTLS = p.Configured() && p.server.Security != Plain
	return nil
}
