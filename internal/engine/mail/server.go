package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"einklang/internal/engine/egress"
	"einklang/internal/rule/place"
)

// Security is how the connection to the server is protected.
type Security string

// The ways. Plain is for a server on this machine only.
const (
	StartTLS Security = "starttls" // RFC 3207, most often port 587; never falls back to clear
	TLS      Security = "tls"      // RFC 8314, most often port 465
	Plain    Security = "none"
)

// Server is the mail server and how to use it.
type Server struct {
	Host      string
	Port      int // 0: 587, with TLS 465
	Security  Security
	User      string // empty: no sign-in
	Password  string
	From      string // address of the sender
	FromName  string
	Recipient string // company that runs the server, for the transfer register
	Country   string // where it runs, ISO 3166-1 alpha-2
	// Mechanism is the footing on which data may leave the EEA; not needed
	// inside it.
	Mechanism string
	// Roots are the authorities to trust; nil: those of the system.
	Roots *x509.CertPool
}

// Destination is the name of the mail server at the gate of package egress.
const Destination = "mail"

// Check fills in what goes without saying and refuses what cannot work or
// must not be.
func (s Server) Check() (Server, error) {
	if s.Security == "" {
		s.Security = StartTLS
	}
	if s.Port == 0 {
		s.Port = map[Security]int{StartTLS: 587, TLS: 465, Plain: 25}[s.Security]
	}
	var err error
	switch {
	case s.Host == "":
		return s, errors.New("mail: say host, the name of the mail server")
	case s.Security != StartTLS && s.Security != TLS && s.Security != Plain:
		return s, fmt.Errorf("mail: security %q is unknown: use starttls, tls or, for a server on this machine, none", s.Security)
	case s.Security == Plain && !loopback(s.Host):
		return s, fmt.Errorf("mail: without encryption only a server on this machine may be used, not %s: set security to starttls or tls (GDPR Art. 32)", s.Host)
	case s.Port < 1 || s.Port > 65535:
		return s, fmt.Errorf("mail: port %d is none", s.Port)
	}
	if s.From, err = CheckAddress(s.From); err != nil {
		return s, fmt.Errorf("mail: from, the sender: %w", err)
	}
	return s.checkPlace()
}

// checkPlace holds S23: servers in the EU, or a transfer that is covered.
func (s Server) checkPlace() (Server, error) {
	s.Country = strings.ToUpper(s.Country)
	switch {
	case len(s.Country) != 2:
		return s, errors.New("mail: say country, where the mail server runs, in two letters such as DE: the transfer register needs it")
	case place.InEEA(s.Country):
		s.Mechanism = string(place.NotNeeded)
	case s.Mechanism == "":
		return s, fmt.Errorf("mail: the server is said to run outside the EEA (%s): use one in the EEA, or name the mechanism of the transfer such as \"EU-US DPF + SCC\" (GDPR Art. 44)", s.Country)
	}
	if s.Recipient == "" {
		s.Recipient = s.Host
	}
	return s, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s Server) tls() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

// Outside is the server as package egress lets it be reached.
func (s Server) Outside() egress.Destination {
	return egress.Destination{Name: Destination, Allow: []string{"smtp://" + net.JoinHostPort(s.Host, strconv.Itoa(s.Port))},
		Recipient: s.Recipient, Country: s.Country, Mechanism: s.Mechanism, DataCategories: []string{"mail_address", "content"}}
}
