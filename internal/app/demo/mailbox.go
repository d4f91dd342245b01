package demo

import (
	"embed"
	"errors"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"einklang/internal/door/server"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/mail"
	"einklang/internal/rule/i18n"
)

//go:embed mailbox.html mailbox.css
var mailboxFiles embed.FS

// mailbox takes all the mail of the demo and shows it, so that a visitor can
// click the links in it. It is an SMTP server on this machine and a page.
type mailbox struct {
	post  net.Listener // SMTP
	pages net.Listener
	now   func() time.Time
	page  map[string]*template.Template

	mu    sync.Mutex
	mails []received // the oldest first
	done  chan struct{}
}

// received is a mail as the page shows it.
type received struct {
	To, Subject, Text string
	Files             []string
	At                time.Time
}

// mostMails bounds the memory of a demo that runs for long.
const mostMails = 200

func openMailbox(beside net.Addr, now func() time.Time) (*mailbox, error) {
	host, _, err := net.SplitHostPort(beside.String())
	if err != nil {
		return nil, err
	}
	m := &mailbox{now: now, done: make(chan struct{}), page: map[string]*template.Template{}}
	de, en, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	for _, c := range []*i18n.Catalogue{de, en} {
		m.page[c.Locale], err = template.New("").Funcs(template.FuncMap{"t": c.T, "moment": c.Moment, "format": shell.Format}).ParseFS(mailboxFiles, "mailbox.html")
		if err != nil {
			return nil, err
		}
	}
	if m.post, err = server.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	if m.pages, err = server.Listen(net.JoinHostPort(host, "0")); err != nil {
		return nil, errors.Join(err, m.post.Close())
	}
	go func() { defer close(m.done); m.serve() }()
	return m, nil
}

// server is how Einklang reaches the mailbox.
func (m *mailbox) server() mail.Server {
	host, port, _ := net.SplitHostPort(m.post.Addr().String())
	number, _ := strconv.Atoi(port)
	return mail.Server{Host: host, Port: number, Security: mail.Plain, From: "whatsapp@beispiel.example", FromName: "Beispiel GmbH", Country: "DE", Recipient: "Demo"}
}

// Close ends the SMTP server; the page ends with the demo's others.
func (m *mailbox) Close() error {
	err := m.post.Close()
	<-m.done
	return err
}

// ServeHTTP shows the mails, the newest first.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/mailbox.css" {
		http.ServeFileFS(w, r, mailboxFiles, "mailbox.css")
		return
	}
	m.mu.Lock()
	mails := slices.Clone(m.mails)
	m.mu.Unlock()
	slices.Reverse(mails)
	locale := r.URL.Query().Get("lang")
	if m.page[locale] == nil {
		locale = "de"
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
			locale = "en"
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_ = m.page[locale].ExecuteTemplate(w, "mailbox.html", map[string]any{"Locale": locale, "Mails": mails})
}
