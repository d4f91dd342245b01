package threshold

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
)

// Local reports whether an address to listen on is reached from this machine only:
// a loopback address, or a socket in the file system ("unix:/run/einklang.sock").
func Local(listen string) bool {
	network, at := Network(listen)
	if network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(at)
	return err == nil && loopback(host)
}

// Network splits an address to listen on into what [net.Listen] takes.
func Network(listen string) (network, address string) {
	if len(listen) > 5 && listen[:5] == "unix:" {
		return "unix", listen[5:]
	}
	return "tcp", listen
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// CheckPlain refuses to listen without encryption where others could read along.
// Named says that the operator has named the proxies: they speak for people, and
// everybody else is sent away ([Options.ProxiesOnly]).
func CheckPlain(listen string, named bool) error {
	if Local(listen) || named {
		return nil
	}
	return fmt.Errorf("%s is reached by others, and without encryption: listen on 127.0.0.1 or on unix:/run/einklang/einklang.sock behind a proxy that speaks https, or name the proxies in trusted_proxies", listen)
}

// CheckPublic refuses an address of the pages that is not encrypted; one of this
// machine may be.
func CheckPublic(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("public_url is no address: want one such as https://whatsapp.example.com, not %q", address)
	}
	if Encrypted(u) {
		return nil
	}
	return errors.New("public_url must begin with https: links, passwords and codes would go through the net in clear")
}

// Encrypted reports whether nobody can read along on the way to an address: it is
// https, or of this machine.
func Encrypted(u *url.URL) bool { return u.Scheme == "https" || loopback(u.Hostname()) }

// misdirected sends away who comes past the proxies.
func misdirected(w http.ResponseWriter) {
	http.Error(w, "this address is for the proxy only: use the public address", http.StatusMisdirectedRequest)
}
