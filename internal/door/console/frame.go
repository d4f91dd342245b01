// Package console is the door for the command line: a local socket in the data
// folder, over which a command is done by the Einklang that is running there.
// On SQLite the folder has one owner at a time, so nobody else could do it.
//
// Only whoever owns the running process, and root, may connect. The command line
// sends its arguments and the content of the one file that they name for
// reading; it gets back what the command says, the content of the one file that
// it writes, and how it ended. Files are opened by the command line, in its own
// folder and with its own rights: the running process may be able to see
// neither, and no answer makes the command line open anything else.
//
// Both sides speak in frames: a byte for the kind, four for the length (big
// endian), and the content.
package console

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// Protocol is the version of what is spoken.
const Protocol = 1

// The kinds of frames.
const (
	asks   = 'A' // to the server, first: Request as JSON
	input  = 'I' // to the server: a part of the input; empty: it ends
	cancel = 'C' // to the server: end it
	output = 'O' // to the command line: standard output
	errout = 'E' // to the command line: standard error
	file   = 'F' // to the command line: a part of the file that is written
	ended  = 'X' // to the command line, last: result as JSON
)

// Bounds of what is read before anything is believed.
const (
	frameMost = 64 << 10
	inputMost = 1 << 20 // secrets and small files; nothing else is read
)

// Request is what the command line asks for.
type Request struct {
	Protocol int      `json:"protocol"`
	Version  string   `json:"version"` // of the program, which must be the server's
	Args     []string `json:"args"`
}

// Format says nothing of what the command is given: names and addresses.
func (q Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "a command") }

// LogValue is [Request.Format] for logs.
func (q Request) LogValue() slog.Value { return slog.StringValue("a command") }

// result is how a command ended.
type result struct {
	Problem string `json:"problem,omitempty"` // empty: it succeeded
}

var errFrame = errors.New("what came over the local socket is not spoken here")

// readFrame reads one frame.
func readFrame(r io.Reader) (kind byte, content []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > frameMost {
		return 0, nil, errFrame
	}
	content = make([]byte, size)
	_, err = io.ReadFull(r, content)
	return head[0], content, err
}

// frames writes frames, one at a time.
type frames struct {
	mu sync.Mutex
	to io.Writer
}

func (f *frames) write(kind byte, content []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame := make([]byte, 5+len(content))
	frame[0] = kind
	binary.BigEndian.PutUint32(frame[1:], uint32(len(content))) //nolint:gosec // at most frameMost
	copy(frame[5:], content)
	if _, err := f.to.Write(frame); err != nil {
		return fmt.Errorf("write to the local socket: %w", err)
	}
	return nil
}

// stream is an io.Writer of one kind of frame.
type stream struct {
	*frames
	kind byte
}

func (s stream) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), frameMost)]
		if err := s.write(s.kind, part); err != nil {
			return n, err
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}
