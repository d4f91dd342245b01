package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// ErrNobody is returned when nobody takes commands at a data folder.
var ErrNobody = errors.New("nobody takes commands there")

// endWithin is how long the server may take to end a command that is cancelled.
const endWithin = 10 * time.Second

// Call has a command done by the Einklang that runs on a data folder. When ctx
// ends, so does the command.
func Call(ctx context.Context, folder string, q Request, s Streams) error {
	conn, err := dial(folder)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer func() { _ = conn.Close() }()
	q.Protocol = Protocol
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	to := &frames{to: conn}
	if err := to.write(asks, text); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() {
		_ = conn.SetReadDeadline(time.Now().Add(endWithin))
		_ = to.write(cancel, nil)
	})()
	// A command that wants no input may have ended before it is sent: what it says
	// is there to read all the same.
	if err := give(to, s.In); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return take(ctx, conn, s)
}

// give sends the input.
func give(to *frames, in io.Reader) error {
	if in != nil {
		if n, err := io.Copy(stream{to, input}, io.LimitReader(in, inputMost+1)); err != nil {
			return err
		} else if n > inputMost {
			return fmt.Errorf("the file has more than %d bytes", inputMost)
		}
	}
	return to.write(input, nil)
}

// take passes on what the command says until it has ended.
func take(ctx context.Context, conn io.Reader, s Streams) error {
	for {
		kind, content, err := readFrame(conn)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the running Einklang ended before the command was done: %w", err)
		}
		switch kind {
		case output:
			_, err = s.Out.Write(content)
		case errout:
			_, err = s.Err.Write(content)
		case file:
			if s.File == nil {
				return errFrame
			}
			_, err = s.File.Write(content)
		case ended:
			var r result
			if err := json.Unmarshal(content, &r); err != nil {
				return errFrame
			}
			if r.Problem != "" {
				return errors.New(r.Problem)
			}
			return nil
		default:
			return errFrame
		}
		if err != nil {
			return err
		}
	}
}
