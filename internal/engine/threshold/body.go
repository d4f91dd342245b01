package threshold

import (
	"errors"
	"io"
	"net/http"
	"time"

	"einklang/internal/rule/pii"
)

// ErrBusy is returned from reading a body while too much is held in memory.
var ErrBusy = errors.New("too much is being read at once")

// body is the body of a request within its limits. A body that is too large
// ends in a *http.MaxBytesError, one that takes too long in the error of a
// deadline.
type body struct {
	pii.Personal
	w        http.ResponseWriter
	hall     *hall
	from     string
	real     io.ReadCloser
	declared int64 // -1: it does not say
	most     int64
	read     int64
	held     int64 // counted in the hall
	streams  bool
	ended    bool
}

// allow gives the rest of the body a time. A writer without deadlines, as in
// some tests, has none.
func (b *body) allow(within time.Duration) {
	_ = http.NewResponseController(b.w).SetReadDeadline(time.Now().Add(within))
}

// Read reads within the limits.
func (b *body) Read(p []byte) (int, error) {
	if b.declared > b.most || b.read > b.most {
		return 0, b.tooLarge()
	}
	if int64(len(p)) > b.most-b.read+1 {
		p = p[:b.most-b.read+1]
	}
	n, err := b.real.Read(p)
	b.read += int64(n)
	if err != nil {
		b.finish(err)
	}
	if b.read > b.most {
		return n - 1, b.tooLarge()
	}
	if !b.streams {
		if !b.hall.hold(b.from, int64(n)) {
			return 0, ErrBusy
		}
		b.held += int64(n)
	}
	return n, err
}

func (b *body) tooLarge() error {
	b.w.Header().Set("Connection", "close") // the rest is not waited for
	return &http.MaxBytesError{Limit: b.most}
}

// finish takes the deadline away once all is read, so that it does not end the
// answer.
func (b *body) finish(err error) {
	if b.ended {
		return
	}
	b.ended = true
	b.hall.exit(b.from)
	if errors.Is(err, io.EOF) {
		_ = http.NewResponseController(b.w).SetReadDeadline(time.Time{})
	}
}

// stream gives back what is counted: the body is not kept in memory.
func (b *body) stream() {
	b.streams = true
	b.hall.release(b.from, b.held)
	b.held = 0
}

// leave gives back all that the request took.
func (b *body) leave() {
	b.finish(nil)
	b.hall.release(b.from, b.held)
	b.held = 0
}

// Close closes the body.
func (b *body) Close() error { return b.real.Close() }
