package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Streams are what a command reads and writes.
type Streams struct {
	In   io.Reader // the file that the arguments name for reading
	Out  io.Writer
	Err  io.Writer
	File io.Writer // the file that the arguments name for writing
}

// Server does commands for the command line.
type Server struct {
	Folder  string // the data folder
	Version string // of the program
	Log     *slog.Logger
	// Do does a command. Its error is shown to whoever asked.
	Do func(ctx context.Context, args []string, s Streams) error
}

const (
	atOnce     = 8                // commands under way
	askWithin  = 10 * time.Second // how long the arguments may take to come
	takeWithin = time.Minute      // how long the command line may take to read a frame
)

// Run takes commands until ctx ends, ends those under way, and takes the socket
// away.
func (s *Server) Run(ctx context.Context) {
	l, err := listen(s.Folder)
	if err != nil {
		s.Log.Error("commands cannot be taken while this runs", "error", err)
		return
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			break
		}
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free; _ = conn.Close() }()
			if err := s.answer(ctx, conn); err != nil {
				s.Log.Warn("somebody at the local socket was turned away", "error", err)
			}
		})
	}
	_ = l.Close()
	all.Wait()
	_ = os.Remove(filepath.Join(s.Folder, Name))
}

// answer does the command of one connection.
func (s *Server) answer(ctx context.Context, conn *net.UnixConn) error {
	if err := allowed(conn); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) }) // one that has not asked yet
	if err := conn.SetReadDeadline(time.Now().Add(askWithin)); err != nil {
		return err
	}
	kind, content, err := readFrame(conn)
	if err != nil {
		return err
	}
	stop()
	var q Request
	if kind != asks || json.Unmarshal(content, &q) != nil {
		return errFrame
	}
	to := &frames{to: patient{conn}}
	switch {
	case q.Protocol != Protocol:
		return s.end(to, fmt.Errorf("the running Einklang (%s) speaks another protocol: use the same program, or restart it", s.Version))
	case q.Version != s.Version:
		return s.end(to, fmt.Errorf("the running Einklang is %s and this is %s: use the same program, or restart it", s.Version, q.Version))
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	s.Log.Info("a command from the command line", "command", first(q.Args))
	return s.end(to, s.do(ctx, conn, q.Args, to))
}

// first is the name of a command: what follows may name people.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// do does a command, which ends when the command line asks for that or is gone.
func (s *Server) do(ctx context.Context, conn *net.UnixConn, args []string, to *frames) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in, given := io.Pipe()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		defer cancel()
		hear(conn, given)
	}()
	err := s.Do(ctx, args, Streams{In: in, Out: stream{to, output}, Err: stream{to, errout}, File: stream{to, file}})
	_ = in.Close()
	_ = conn.SetReadDeadline(time.Now())
	<-heard
	return err
}

// hear passes the input on until the command line asks to end, or says what it
// may not.
func hear(conn io.Reader, in *io.PipeWriter) {
	defer func() { _ = in.CloseWithError(io.ErrUnexpectedEOF) }()
	for size := 0; ; {
		kind, content, err := readFrame(conn)
		size += len(content)
		if err != nil || kind != input || size > inputMost {
			return
		}
		if len(content) == 0 {
			_ = in.Close()
			continue
		}
		_, _ = in.Write(content) // a command that does not read it has its reasons
	}
}

// end says how a command ended.
func (s *Server) end(to *frames, err error) error {
	var r result
	if err != nil {
		r.Problem = err.Error()
		if errors.Is(err, context.Canceled) {
			r.Problem = "ended before it was done"
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return to.write(ended, text)
}

// patient waits a while for the other side to read, and not for ever.
type patient struct{ *net.UnixConn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(takeWithin)); err != nil {
		return 0, err
	}
	return p.UnixConn.Write(b)
}
