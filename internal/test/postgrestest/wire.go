package postgrestest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Wire is a connection over TCP, on loopback, to the database at an address of
// [URL]. It can fall silent, as when the server's host is gone and nothing on
// the way says so: what is sent is taken and goes nowhere, new connections open
// and are never answered, and none is closed.
type Wire struct {
	URL string // of the database, over this wire

	listener net.Listener
	server   [2]string // network and address of the real server

	mu     sync.Mutex
	change *sync.Cond
	silent bool
	ended  bool
	open   map[net.Conn]struct{}
	copies sync.WaitGroup
}

// NewWire lays a wire to a database; it is cut when the test ends.
func NewWire(tb testing.TB, database string) *Wire {
	tb.Helper()
	u, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	w := &Wire{open: map[net.Conn]struct{}{}}
	w.change = sync.NewCond(&w.mu)
	q := u.Query()
	if folder := q.Get("host"); folder != "" {
		w.server = [2]string{"unix", filepath.Join(folder, ".s.PGSQL."+q.Get("port"))}
	} else {
		w.server = [2]string{"tcp", u.Host}
	}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	u.Host = w.listener.Addr().String()
	q.Del("host")
	q.Del("port")
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	w.URL = u.String()
	w.copies.Go(w.accept)
	tb.Cleanup(w.cut)
	return w
}

// Silence lets nothing through any more, in either direction.
func (w *Wire) Silence() { w.set(true) }

// Speak ends a silence: what was held back arrives now.
func (w *Wire) Speak() { w.set(false) }

func (w *Wire) set(silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = silent
	w.change.Broadcast()
}

// cut closes everything.
func (w *Wire) cut() {
	w.mu.Lock()
	w.ended = true
	_ = w.listener.Close()
	for c := range w.open {
		_ = c.Close()
	}
	w.change.Broadcast()
	w.mu.Unlock()
	w.copies.Wait()
}

// speaks waits while the wire is silent; false when it is cut.
func (w *Wire) speaks() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.silent && !w.ended {
		w.change.Wait()
	}
	return !w.ended
}

// keep notes a connection; false when the wire is cut.
func (w *Wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		_ = c.Close()
		return false
	}
	w.open[c] = struct{}{}
	return true
}

func (w *Wire) shut(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
	_ = c.Close()
}

func (w *Wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		if w.keep(near) {
			w.copies.Go(func() { _ = w.join(near) })
		}
	}
}

// join carries bytes between a client and the server until one of them ends.
func (w *Wire) join(near net.Conn) error {
	defer w.shut(near)
	if !w.speaks() {
		return net.ErrClosed
	}
	far, err := net.Dial(w.server[0], w.server[1])
	if err != nil {
		return fmt.Errorf("the wire to the test PostgreSQL: %w", err)
	}
	if !w.keep(far) {
		return net.ErrClosed
	}
	defer w.shut(far)
	back := make(chan error, 1)
	go func() {
		err := w.carry(near, far)
		w.shut(near) // ends the other direction
		back <- err
	}()
	err = w.carry(far, near)
	w.shut(far)
	return errors.Join(err, <-back)
}

func (w *Wire) carry(to io.Writer, from io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !w.speaks() {
			return net.ErrClosed
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}
