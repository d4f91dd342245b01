package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"einklang/internal/engine/threshold"
)

// Listen opens an address, or a socket in the file system ("unix:/run/x.sock"),
// with an error that says what to do.
func Listen(address string) (net.Listener, error) {
	network, at := threshold.Network(address)
	if network == "unix" {
		abandoned(at)
	}
	l, err := net.Listen(network, at)
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be used: is another program listening there? Choose another with --listen (%w)", address, err)
	}
	return l, nil
}

// abandoned removes a socket that a process which was killed has left.
func abandoned(socket string) {
	if info, err := os.Lstat(socket); err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err == nil {
		_ = c.Close()
		return
	}
	_ = os.Remove(socket)
}

// answerWithin is how long requests under way have to be answered when the
// process is asked to end.
const answerWithin = 8 * time.Second

// Serve answers on a listener until ctx ends. It then takes nothing new, lets
// requests under way be answered in full, and returns when they are. Streams of
// news have no end of their own, so they end at once; their pages connect anew.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{Handler: streamsUntil(ctx, h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return base }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, done := context.WithTimeout(base, answerWithin)
	defer done()
	err := server.Shutdown(grace)
	if err != nil {
		cancel()
		err = server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// streamsUntil ends streams of server-sent events with ctx.
func streamsUntil(ctx context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			until, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			r = r.WithContext(until) //nolint:contextcheck // it is that of the request, shortened
		}
		h.ServeHTTP(w, r)
	})
}
