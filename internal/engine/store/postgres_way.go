package store

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrWay is returned for the address of a database on another machine that leaves
// open whether the way to it is encrypted.
var ErrWay = errors.New("the address of the database does not say whether the way to it is encrypted: add sslmode=verify-full, and sslrootcert if the authority is your own; sslmode=disable only where nobody can read along")

// checkWay refuses a connection that would be encrypted if the server likes, and in
// clear if somebody on the way does not: who asks for nothing gets that.
func checkWay(c *pgx.ConnConfig) error {
	sealed, open := map[string]bool{}, map[string]bool{}
	note := func(host string, encrypted bool) {
		switch {
		case here(host):
		case encrypted:
			sealed[host] = true
		default:
			open[host] = true
		}
	}
	note(c.Host, c.TLSConfig != nil)
	for _, other := range c.Fallbacks {
		note(other.Host, other.TLSConfig != nil)
	}
	for host := range open {
		if sealed[host] {
			return ErrWay
		}
	}
	return nil
}

// here reports whether a host is this machine: a loopback address, or a folder with
// a socket.
func here(host string) bool {
	at, err := netip.ParseAddr(host)
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || err == nil && at.IsLoopback()
}
