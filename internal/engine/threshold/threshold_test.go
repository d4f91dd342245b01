package threshold

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// serve answers on a real connection.
func serve(t *testing.T, o Options, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(New(o).Handler(h))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// send writes the beginning of a request and returns its connection.
func send(t *testing.T, address, head, body string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n%s", head, body); err != nil {
		t.Fatal(err)
	}
	return c
}

func status(t *testing.T, c net.Conn) int {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer came: %v", err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func reading(w http.ResponseWriter, r *http.Request) {
	_, err := io.Copy(io.Discard, r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	case errors.Is(err, ErrBusy):
		w.WriteHeader(http.StatusServiceUnavailable)
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.WriteHeader(http.StatusRequestTimeout)
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	}
}

func TestABodyIsNotWaitedForForever(t *testing.T) {
	at := serve(t, Options{Patience: 50 * time.Millisecond}, reading)
	if got := status(t, send(t, at, "Content-Length: 1000\r\n", "unfinished")); got != http.StatusRequestTimeout {
		t.Errorf("an unfinished body was answered %d", got)
	}
	// Who has been let in may take longer, and the answer may take as long as it
	// likes once the body is there.
	at = serve(t, Options{Patience: time.Nanosecond}, func(w http.ResponseWriter, r *http.Request) {
		Raise(r, 10, time.Minute)
		reading(w, r)
		if r.Context().Err() != nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	if got := status(t, send(t, at, "Content-Length: 4\r\n", "body")); got != http.StatusOK {
		t.Errorf("a body with more time was answered %d", got)
	}
}

func TestABodyIsBounded(t *testing.T) {
	at := serve(t, Options{}, reading)
	if got := status(t, send(t, at, fmt.Sprintf("Content-Length: %d\r\n", Most+1), "")); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that says that it is too large was answered %d", got)
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("x", 64<<10))
	if got := status(t, send(t, at, "Transfer-Encoding: chunked\r\n", strings.Repeat(chunk, Most>>16)+"1\r\nx\r\n")); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of pieces that is too large was answered %d", got)
	}
	if got := status(t, send(t, at, "Transfer-Encoding: chunked\r\n", strings.Repeat(chunk, Most>>16)+"0\r\n\r\n")); got != http.StatusOK {
		t.Errorf("the largest body was answered %d", got)
	}
}

// One source takes its share, and no more; then others still get in.
func TestOneSourceTakesItsShareOnly(t *testing.T) {
	held, free := make(chan bool, 10), make(chan struct{})
	at := serve(t, Options{Proxies: Proxies{Trusted: SameMachine}, Room: Room{BodiesEach: 3, BytesEach: 1000}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" && r.Header.Get("Hold") != "" {
			_, _ = io.CopyN(io.Discard, r.Body, 1)
			held <- true
			<-free
			return
		}
		reading(w, r)
	})
	for range 3 {
		send(t, at, "X-Forwarded-For: 192.0.2.1\r\nHold: 1\r\nContent-Length: 10\r\n", "x")
		<-held
	}
	if got := status(t, send(t, at, "X-Forwarded-For: 192.0.2.2\r\nContent-Length: 2\r\n", "xx")); got != http.StatusServiceUnavailable {
		t.Errorf("a fourth body of one network was answered %d", got)
	}
	if got := status(t, send(t, at, "X-Forwarded-For: 198.51.100.1\r\nContent-Length: 2\r\n", "xx")); got != http.StatusOK {
		t.Errorf("another source was answered %d", got)
	}
	close(free)
	if got := status(t, send(t, at, "X-Forwarded-For: 198.51.100.1\r\nContent-Length: 1001\r\n", strings.Repeat("x", 1001))); got != http.StatusServiceUnavailable {
		t.Errorf("more bytes than a source may hold were answered %d", got)
	}
}

// What is taken is given back, whatever became of the request.
func TestNothingIsKeptOfARequest(t *testing.T) {
	h := newHall(Room{})
	th := &Threshold{patience: time.Minute, hall: h}
	for _, how := range []http.HandlerFunc{
		reading,
		func(http.ResponseWriter, *http.Request) {},
		func(_ http.ResponseWriter, r *http.Request) { Stream(r, 5, 0); _, _ = io.ReadAll(r.Body) },
		func(_ http.ResponseWriter, r *http.Request) { _, _ = r.Body.Read(make([]byte, 2)); Stream(r, 5, 0) },
		func(_ http.ResponseWriter, r *http.Request) { _, _ = r.Body.Read(make([]byte, 2)); _ = r.Body.Close() },
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a body"))
		th.Handler(how).ServeHTTP(httptest.NewRecorder(), r)
	}
	if h.all != (share{}) || len(h.each) != 0 {
		t.Errorf("after all requests: %+v, %v", h.all, h.each)
	}
}

func TestReadForm(t *testing.T) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("name", "wert")
	file, err := form.CreateFormFile("file", "bild.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(bytes.Repeat([]byte("x"), 2<<20))
	_ = form.Close()
	ask := func(most int64) (files map[string]File, name, query string, err error) {
		r := httptest.NewRequest(http.MethodPost, "/?lang=en", bytes.NewReader(b.Bytes()))
		r.Header.Set("Content-Type", form.FormDataContentType())
		New(Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			files, err = ReadForm(r, most)
			name, query = r.PostFormValue("name"), r.FormValue("lang")
		})).ServeHTTP(httptest.NewRecorder(), r)
		return files, name, query, err
	}
	files, name, query, err := ask(3 << 20)
	if err != nil || name != "wert" || query != "en" || len(files["file"].Content) != 2<<20 || files["file"].Name != "bild.png" {
		t.Errorf("%v, %q, %q, %v", len(files["file"].Content), name, query, err)
	}
	var large *http.MaxBytesError
	if _, _, _, err := ask(2 << 20); !errors.As(err, &large) {
		t.Errorf("a form that is too large: %v", err)
	}
}
