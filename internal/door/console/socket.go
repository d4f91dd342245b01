package console

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Name is the socket in the data folder.
const Name = "einklang.sock"

// pathMost is how long the path of a socket may be (sun_path, with its zero).
const pathMost = 107

// within calls do with a name of a folder that is short enough for a socket in
// it: its own, or one by an open descriptor.
func within(folder, name string, do func(path string) error) error {
	if path := filepath.Join(folder, name); len(path) <= pathMost {
		return do(path)
	}
	f, err := os.Open(folder) //nolint:gosec // the data folder
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return do(filepath.Join("/proc/self/fd", strconv.Itoa(int(f.Fd())), name))
}

// listen opens the socket of a data folder, which the process has for itself:
// what a process before it has left there is replaced. Nobody else may connect
// at any moment: it is made in a folder of its own and then put in its place.
func listen(folder string) (*net.UnixListener, error) {
	private, err := os.MkdirTemp(folder, ".sock-")
	if err != nil {
		return nil, fmt.Errorf("the local socket for commands cannot be made: %w", err)
	}
	defer func() { _ = os.RemoveAll(private) }()
	var l *net.UnixListener
	err = within(private, Name, func(path string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the local socket for commands cannot be made: %w", err)
	}
	l.SetUnlinkOnClose(false) // it is moved
	made := filepath.Join(private, Name)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, filepath.Join(folder, Name))); err != nil {
		return nil, errors.Join(fmt.Errorf("the local socket for commands cannot be made: %w", err), l.Close())
	}
	return l, nil
}

// dial connects to the socket of a data folder.
func dial(folder string) (conn *net.UnixConn, err error) {
	err = within(folder, Name, func(path string) (err error) {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	return conn, err
}
