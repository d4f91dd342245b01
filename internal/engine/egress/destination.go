package egress

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Destination is one named recipient of data outside.
type Destination struct {
	// Name is how the program asks for it, such as "meta-graph".
	Name string
	// Allow is the closed list of places that belong to it. An entry is
	//   - a host, "graph.facebook.com": HTTPS on port 443 of exactly this host;
	//   - a host pattern, "*.fbcdn.net": the same for every host below it;
	//   - a base URL, "http://127.0.0.1:9100/v25.0": this scheme, host and
	//     port, and only paths at or below this one;
	//   - "smtp://mail.example.org:587" or "imap://mail.example.org:993": a mail
	//     server or a mailbox, for Dial.
	Allow []string
	// Recipient is the company that receives the data, as the transfer
	// register names it.
	Recipient string
	// Country is where it processes, ISO 3166-1 alpha-2, such as "US".
	Country string
	// Mechanism is the footing of a transfer to a third country (GDPR Chapter
	// V): a place.Mechanism, or its name such as "EU-US DPF + SCC".
	Mechanism string
	// DataCategories are the kinds of personal data that go there.
	DataCategories []string
}

// place is one parsed entry of an allow-list.
type place struct {
	scheme string
	host   string // lower case; without "*." for a pattern
	below  bool   // any host below host, not host itself
	port   string
	path   string // prefix without a trailing slash, "" for all
}

var portOf = map[string]string{"https": "443", "http": "80", "smtp": "587", "smtps": "465", "imap": "993"}

func parsePlaces(d Destination) ([]place, error) {
	if d.Name == "" {
		return nil, errors.New("egress: a destination without a name")
	}
	if len(d.Allow) == 0 {
		return nil, fmt.Errorf("egress: destination %q allows nothing", d.Name)
	}
	places := make([]place, 0, len(d.Allow))
	for _, entry := range d.Allow {
		p, err := parsePlace(entry)
		if err != nil {
			return nil, fmt.Errorf("egress: destination %q: %w", d.Name, err)
		}
		places = append(places, p)
	}
	return places, nil
}

func parsePlace(entry string) (place, error) {
	text := entry
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return place{}, fmt.Errorf("%q is neither a host nor a base URL", entry)
	}
	standard, known := portOf[u.Scheme]
	if !known {
		return place{}, fmt.Errorf("%q: scheme %q is not http, https, smtp, smtps or imap", entry, u.Scheme)
	}
	p := place{scheme: u.Scheme, host: canonicalHost(u.Hostname()), port: u.Port(), path: strings.TrimRight(u.Path, "/")}
	if p.port == "" {
		p.port = standard
	}
	if rest, ok := strings.CutPrefix(p.host, "*."); ok {
		p.host, p.below = rest, true
	}
	// "*.com" would let nearly everything through, and a star elsewhere means
	// nothing here.
	if strings.Contains(p.host, "*") || (p.below && !strings.Contains(p.host, ".")) {
		return place{}, fmt.Errorf("%q: a pattern must be *. followed by a domain of at least two labels", entry)
	}
	return p, nil
}

func canonicalHost(h string) string { return strings.TrimSuffix(strings.ToLower(h), ".") }

// allowsURL decides whether a request may go out.
func allowsURL(places []place, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = portOf[u.Scheme]
	}
	host := canonicalHost(u.Hostname())
	return slices.ContainsFunc(places, func(p place) bool {
		return p.scheme == u.Scheme && p.port == port && p.allowsHost(host) && p.allowsPath(u)
	})
}

// allowsMail decides whether a mail server may be reached.
func allowsMail(places []place, host, port string) bool {
	host = canonicalHost(host)
	return slices.ContainsFunc(places, func(p place) bool {
		return (p.scheme == "smtp" || p.scheme == "smtps" || p.scheme == "imap") && p.port == port && p.allowsHost(host)
	})
}

func (p place) allowsHost(host string) bool {
	if p.below {
		return strings.HasSuffix(host, "."+p.host)
	}
	return host == p.host
}

func (p place) allowsPath(u *url.URL) bool {
	if p.path == "" {
		return true
	}
	// A dot segment could climb out of the base path at the other end, also
	// when its slash is written as %2F.
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == ".." || s == "." }) {
		return false
	}
	return u.Path == p.path || strings.HasPrefix(u.Path, p.path+"/")
}

// Refused says that a call did not go out because no destination allows it.
// It names the host only: paths and queries can hold personal data.
type Refused struct {
	Destination string // the name that was asked for
	Target      string // scheme, host and port that were refused
	Unknown     bool   // there is no destination of this name
}

// Error says what to configure.
func (r *Refused) Error() string {
	if r.Unknown {
		return fmt.Sprintf("egress refused: no destination %q is configured; add it with recipient, country and mechanism", r.Destination)
	}
	return fmt.Sprintf("egress refused: %s is not on the allow-list of destination %q; if the data may go there, add it to that destination's allow-list", r.Target, r.Destination)
}
