package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"einklang/internal/app/demo"
)

// binary is the real program, built once as `make build` does: these tests run
// what people run. Paths are not cut out of it, so that what was compiled for the
// tests needs no second compilation.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "einklang-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "einklang")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running einklang.
type process struct {
	demo.Facts
	cmd   *exec.Cmd
	ended chan error
	log   *logBuffer
}

// startDemo runs `einklang demo --json` and waits until it answers.
func startDemo(tb testing.TB, args ...string) *process {
	tb.Helper()
	p, err := tryDemo(args...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		p.kill()
		if tb.Failed() {
			tb.Logf("the process logged:\n%s", p.log)
		}
	})
	return p
}

func tryDemo(args ...string) (*process, error) {
	p := &process{ended: make(chan error, 1), log: &logBuffer{}}
	p.cmd = exec.Command(binary, append([]string{"demo", "--json", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, readErr := bufio.NewReader(out).ReadBytes('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		p.ended <- p.cmd.Wait()
	}()
	if readErr != nil {
		return nil, fmt.Errorf("einklang ended at once: %w\n%s", <-p.ended, p.log)
	}
	return p, json.Unmarshal(line, &p.Facts)
}

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.wait()
}

// stop asks the process to end and returns how it ended.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	return p.wait()
}

func (p *process) wait() error {
	err := <-p.ended
	p.ended <- err
	return err
}

// get reads JSON of the REST interface.
func (p *process) get(tb testing.TB, path string, into any) {
	tb.Helper()
	if status := p.rest(tb, http.MethodGet, path, nil, into); status != http.StatusOK {
		tb.Fatalf("GET %s: %d", path, status)
	}
}

// rest calls the REST interface; 0 is the status of no answer at all.
func (p *process) rest(tb testing.TB, method, path string, body []byte, into any, header ...string) int {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.APIToken)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(text, into); err != nil {
			tb.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
	return resp.StatusCode
}

// message is what these tests read of a message.
type message struct {
	ID             string `json:"id"`
	WAMID          string `json:"wamid"`
	Direction      string `json:"direction"`
	Status         string `json:"status"`
	Text           string `json:"text"`
	Origin         string `json:"origin"`
	ContactID      string `json:"contact_id"`
	ConversationID string `json:"conversation_id"`
}

// messages reads all messages, page by page: the oldest first.
func (p *process) messages(tb testing.TB) (all []message) {
	tb.Helper()
	after := ""
	for {
		var page struct {
			Items []message `json:"items"`
			Next  *string   `json:"next"`
		}
		p.get(tb, "/api/v1/messages?limit=200&after="+after, &page)
		all = append(all, page.Items...)
		if page.Next == nil {
			slices.Reverse(all)
			return all
		}
		after = *page.Next
	}
}

// until waits until a condition holds.
func until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	for end := time.Now().Add(2 * time.Minute); !holds(); {
		if time.Now().After(end) {
			tb.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
