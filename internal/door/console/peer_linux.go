package console

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// allowed reports whether the process at the other end is of the same user as
// this one, or of root.
func allowed(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var who *syscall.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) {
		who, asked = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED) //nolint:gosec // a descriptor
	}); err != nil {
		return err
	}
	if asked != nil {
		return asked
	}
	if who.Uid != 0 && int(who.Uid) != os.Geteuid() {
		return fmt.Errorf("user %d may not command this process", who.Uid)
	}
	return nil
}
