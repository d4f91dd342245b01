package main

import (
	"crypto/x509"
	"fmt"
	"os"

	"einklang/internal/mail"
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
