package demo

import (
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

const (
	largestMail = 10 << 20         // bytes
	longestMail = 10 * time.Second // a connection
)

// serve takes connections until the mailbox is closed, and returns when the last
// one has ended.
func (m *mailbox) serve() {
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		c, err := m.post.Accept()
		if err != nil {
			return
		}
		connections.Go(func() { m.take(c) })
	}
}

// take speaks as much SMTP as our own mail sender does, who alone knows of this
// server (RFC 5321).
func (m *mailbox) take(c net.Conn) {
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(longestMail)); err != nil {
		return
	}
	talk := textproto.NewConn(c)
	answer := "220 localhost"
	for to := ""; ; {
		if err := talk.PrintfLine("%s", answer); err != nil {
			return
		}
		line, err := talk.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		answer = "250 ok"
		switch strings.ToUpper(verb) {
		case "RCPT":
			_, to, _ = strings.Cut(rest, "<")
			to, _, _ = strings.Cut(to, ">")
		case "DATA":
			if err := talk.PrintfLine("354 go on"); err != nil {
				return
			}
			if err := m.keep(to, io.LimitReader(talk.DotReader(), largestMail)); err != nil {
				answer = "554 this is no mail"
			}
		case "QUIT":
			_ = talk.PrintfLine("221 bye")
			return
		}
	}
}

// keep reads a mail and remembers it.
func (m *mailbox) keep(to string, r io.Reader) error {
	read, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	one := received{To: to, At: m.now()}
	if one.Subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		return err
	}
	if err := one.read(read.Header.Get("Content-Type"), read.Header.Get("Content-Transfer-Encoding"), read.Body); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, one)
	m.mails = m.mails[max(0, len(m.mails)-mostMails):]
	return nil
}
