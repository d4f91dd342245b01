package mail

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"einklang/internal/rule/pii"
)

// Received is a mail that somebody wrote, or that staff forwarded.
type Received struct {
	pii.Personal
	MessageID string
	From      string // address of who wrote it first
	Subject   string
	Text      string
}

// ErrNoText is returned for mails without anything to read.
var ErrNoText = errors.New("this mail holds no text")

// receivedMost bounds what is read of a mail.
const receivedMost = 1 << 20

// writers are the lines by which mail programs quote who wrote a forwarded
// mail.
var writers = regexp.MustCompile(`(?im)^[>\s*]*(?:von|from)\s*:.*?([A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,})`)

// ParseReceived reads a mail (RFC 5322, MIME). A forwarded one, quoted or
// attached, speaks for who wrote it first.
func ParseReceived(r io.Reader) (Received, error) {
	m, err := mail.CreateReader(io.LimitReader(r, receivedMost))
	if err != nil && (m == nil || !message.IsUnknownCharset(err)) {
		return Received{}, fmt.Errorf("read a mail: %w", err)
	}
	defer func() { _ = m.Close() }()
	out := Received{From: writer(m.Header)}
	out.MessageID, _ = m.Header.MessageID()
	out.Subject, _ = m.Header.Subject()
	for range 20 {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !message.IsUnknownCharset(err) {
			break // what could be read so far counts
		}
		kind, _, _ := contentType(part)
		switch {
		case kind == "message/rfc822":
			inner, err := ParseReceived(part.Body)
			if err == nil {
				out.From, out.Text = inner.From, strings.TrimSpace(out.Text+"\n\n"+inner.Subject+"\n"+inner.Text)
			}
		case kind == "text/plain" && out.Text == "":
			text, err := io.ReadAll(io.LimitReader(part.Body, receivedMost))
			if err == nil {
				out.Text = strings.TrimSpace(string(text))
			}
		}
	}
	if quoted := writers.FindStringSubmatch(out.Text); quoted != nil {
		out.From = quoted[1]
	}
	if out.Text == "" && out.Subject == "" {
		return out, ErrNoText
	}
	return out, nil
}

func writer(h mail.Header) string {
	from, err := h.AddressList("From")
	if err != nil || len(from) == 0 {
		return ""
	}
	return from[0].Address
}

func contentType(p *mail.Part) (kind string, params map[string]string, err error) {
	switch h := p.Header.(type) {
	case *mail.InlineHeader:
		return h.ContentType()
	case *mail.AttachmentHeader:
		return h.ContentType()
	default:
		return "", nil, nil
	}
}
