package main

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"os"

	"einklang/internal/engine/mail"
)

// mailConfig is the mail server in the configuration file.
type mailConfig struct {
	Host         string `json:"host"`
	Port         int    `json:"port"`          // 0: 587, with tls 465
	Security     string `json:"security"`      // starttls (if empty), tls, none (this machine only)
	User         string `json:"user"`          // empty: no sign-in
	PasswordFile string `json:"password_file"` // needed with user
	From         string `json:"from"`
	FromName     string `json:"from_name"`
	Recipient    string `json:"recipient"` // company that runs the server
	Country      string `json:"country"`   // where it runs: DE
	Mechanism    string `json:"mechanism"` // outside the EEA: "EU-US DPF + SCC"
	CAFile       string `json:"ca_file"`   // the company's own certificate authority, PEM
	// Returns is the mailbox of From, where mails come back that do not arrive.
	Returns *returnsConfig `json:"returns"`
	// Requests is a mailbox in which every mail becomes a privacy case.
	Requests *requestsConfig `json:"requests"`
}

type requestsConfig struct {
	returnsConfig
	Organisation string `json:"organisation"` // short name; empty: the only one
}

// returnsConfig is the mailbox for returned mails. What is left out is as for
// sending.
type returnsConfig struct {
	Host         string `json:"host"`
	Port         int    `json:"port"`     // 0: 993, with starttls 143
	Security     string `json:"security"` // tls (if empty), starttls, none (this machine only)
	User         string `json:"user"`
	PasswordFile string `json:"password_file"`
	Folder       string `json:"folder"` // empty: INBOX
	Recipient    string `json:"recipient"`
	Country      string `json:"country"`
	Mechanism    string `json:"mechanism"`
}

// mailbox reads the configuration of the mailbox; s is the server for sending.
func (c returnsConfig) mailbox(s mail.Server, m mailConfig) (mail.Mailbox, error) {
	box := mail.Mailbox{Host: cmp.Or(c.Host, s.Host), Port: c.Port, Security: mail.Security(c.Security), User: cmp.Or(c.User, s.User), Folder: c.Folder,
		Recipient: cmp.Or(c.Recipient, s.Recipient), Country: cmp.Or(c.Country, s.Country), Mechanism: cmp.Or(c.Mechanism, m.Mechanism), Roots: s.Roots}
	var err error
	if box.Password, err = secretFile(cmp.Or(c.PasswordFile, m.PasswordFile)); err != nil {
		return box, fmt.Errorf("mail: returns: password_file: %w", err)
	}
	return box.Check()
}

func (c mailConfig) server() (mail.Server, error) {
	s := mail.Server{Host: c.Host, Port: c.Port, Security: mail.Security(c.Security), User: c.User, From: c.From, FromName: c.FromName,
		Recipient: c.Recipient, Country: c.Country, Mechanism: c.Mechanism}
	var err error
	if c.User != "" {
		if s.Password, err = secretFile(c.PasswordFile); err != nil {
			return s, fmt.Errorf("mail: password_file: %w", err)
		}
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return s, fmt.Errorf("mail: ca_file cannot be read: %w", err)
		}
		s.Roots = x509.NewCertPool()
		if !s.Roots.AppendCertsFromPEM(pem) {
			return s, fmt.Errorf("mail: ca_file %s holds no certificate in PEM form", c.CAFile)
		}
	}
	return s.Check()
}
