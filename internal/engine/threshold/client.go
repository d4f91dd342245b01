package threshold

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the reverse proxies that are believed when they say for whom they
// ask. The zero value believes nobody.
type Proxies struct {
	Trusted []netip.Prefix
	// Header is where they say it: "X-Forwarded-For" (if empty) or "Forwarded"
	// (RFC 7239). Only one is read: the other anybody could make up.
	Header string
}

// SameMachine is a proxy on the same machine, which is believed unless an
// installation says otherwise.
var SameMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// ParseProxies reads addresses ("192.0.2.7") and networks ("10.0.0.0/8").
func ParseProxies(written []string, header string) (Proxies, error) {
	p := Proxies{Header: http.CanonicalHeaderKey(header)}
	if p.Header != "" && p.Header != forwardedFor && p.Header != forwarded {
		return p, fmt.Errorf("the header %q of a proxy is not known: use X-Forwarded-For or Forwarded", header)
	}
	for _, w := range written {
		network, err := netip.ParsePrefix(w)
		if at, lone := netip.ParseAddr(w); lone == nil {
			network, err = at.Prefix(at.BitLen())
		}
		if err != nil {
			return p, fmt.Errorf("the proxy %q is not an address or a network such as 10.0.0.0/8", w)
		}
		p.Trusted = append(p.Trusted, network)
	}
	return p, nil
}

const (
	forwardedFor = "X-Forwarded-For"
	forwarded    = "Forwarded"
)

// Client is the address of who asks: the nearest that is not a proxy of ours.
// What stands farther away anybody can make up.
func (p Proxies) Client(r *http.Request) netip.Addr {
	at := address(r.RemoteAddr)
	if !p.speaks(r) {
		return at
	}
	chain := p.chain(r)
	for i := len(chain) - 1; i >= 0; i-- {
		next := address(chain[i])
		if !next.IsValid() {
			return at
		}
		if at = next; !p.trusts(at) {
			return at
		}
	}
	return at
}

// speaks reports whether a proxy of ours asks. What comes through a socket of the
// file system has no address, and only a proxy on this machine can open it.
func (p Proxies) speaks(r *http.Request) bool {
	return r.RemoteAddr == "" || r.RemoteAddr == "@" || p.trusts(address(r.RemoteAddr))
}

func (p Proxies) trusts(at netip.Addr) bool {
	for _, network := range p.Trusted {
		if network.Contains(at) {
			return true
		}
	}
	return false
}

// chain is for whom the proxies asked, the nearest last.
func (p Proxies) chain(r *http.Request) []string {
	var chain []string
	if p.Header != forwarded {
		for _, line := range r.Header.Values(forwardedFor) {
			chain = append(chain, strings.Split(line, ",")...)
		}
		return chain
	}
	for _, line := range r.Header.Values(forwarded) {
		for _, hop := range strings.Split(line, ",") {
			who := "" // a hop that does not say for whom ends the chain
			for _, pair := range strings.Split(hop, ";") {
				if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(name, "for") {
					who = strings.Trim(value, `"`)
				}
			}
			chain = append(chain, who)
		}
	}
	return chain
}

// address reads an address with or without a port; the zero Addr if it is none.
func address(written string) netip.Addr {
	written = strings.TrimSpace(written)
	if host, _, err := net.SplitHostPort(written); err == nil {
		written = host
	}
	at, err := netip.ParseAddr(strings.Trim(written, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return at.Unmap().WithZone("")
}

// Shortened is an internet address without the part that names a person: enough
// to slow down guessing. Empty for the zero Addr.
func Shortened(at netip.Addr) string {
	if !at.IsValid() {
		return ""
	}
	long := 48
	if at.Is4() {
		long = 24
	}
	network, err := at.Prefix(long)
	if err != nil {
		return ""
	}
	return network.Addr().String()
}
