//go:build !linux

package console

import "net"

// allowed relies on the mode of the socket where the system does not say who
// is at the other end.
func allowed(*net.UnixConn) error { return nil }
