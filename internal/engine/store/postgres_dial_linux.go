package store

import (
	"strings"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, in milliseconds: for how long
// what was sent may stay without an answer of the other host's kernel.
const tcpUserTimeout = 0x12

// unanswered bounds it. A host that is gone is noticed by then also while
// something was just written to it, when keepalive does not help.
func unanswered(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(silentHost/time.Millisecond))
	})
	if err != nil {
		return err
	}
	return failed
}
