package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// The host of the database is gone and nothing says so: connections stay open,
// and nobody answers. Whoever brings a webhook is told to come again, the load
// balancer and the operator are told, and the process still ends when it is
// asked to.
func TestADatabaseThatFallsSilent(t *testing.T) {
	t.Parallel() // it mostly waits
	wire := postgrestest.NewWire(t, postgrestest.URL(t))
	p := startDemo(t, "--empty", "--data", t.TempDir(), "--database", wire.URL)
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	webhook := func(n int) []byte {
		return apptest.Text(fmt.Sprintf("wamid.%06d", n), "4917604069001", "Erika Mustermann", fmt.Sprintf("Nachricht %d", n), time.Now())
	}
	if status, _ := post(t, client, p, webhook(0)); status != http.StatusOK {
		t.Fatalf("a webhook is answered %d", status)
	}

	wire.Silence()
	for n := range 3 {
		began := time.Now()
		status, body := post(t, client, p, webhook(1))
		if took := time.Since(began); status != http.StatusServiceUnavailable || took > 5*time.Second {
			t.Errorf("webhook %d: %d after %s, want 503 within five seconds: %s", n, status, took, body)
		}
	}
	if status := p.rest(t, http.MethodGet, "/readyz", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz says %d while the database does not answer", status)
	}
	if !strings.Contains(p.log.String(), "the database does not answer") {
		t.Errorf("the log says nothing of it")
	}

	wire.Speak()
	until(t, "webhooks are taken again", func() bool { status, _ := post(t, client, p, webhook(1)); return status == http.StatusOK })
	if got := p.messages(t); len(got) != 2 {
		t.Errorf("%d messages are there, want 2", len(got))
	}
	if !strings.Contains(p.log.String(), "the database answers again") {
		t.Errorf("the log does not say that it is over")
	}

	wire.Silence()
	go func() { _, _ = post(t, client, p, webhook(2)) }() // under way when the process is asked to end
	began := time.Now()
	if err := p.stop(); err != nil {
		t.Errorf("ending: %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the process took %s to end", took)
	}
}

// post brings a webhook; 0 is the status of no answer at all.
func post(t *testing.T, client *http.Client, p *process, body []byte) (status int, answer []byte) {
	r, err := http.NewRequest(http.MethodPost, p.WebhookURL, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	r.Header.Set("X-Hub-Signature-256", cloudapi.Sign(p.AppSecret, body))
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ = io.ReadAll(resp.Body)
	return resp.StatusCode, answer
}

// halves is a request of which one half is sent, so that it is under way for as
// long as the test wants.
type halves struct {
	conn net.Conn
	rest []byte
}

func sendHalf(t *testing.T, p *process, path, body string, header ...string) *halves {
	t.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	half := len(body) / 2
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n", path, u.Host, len(body))
	for i := 0; i < len(header); i += 2 {
		head += header[i] + ": " + header[i+1] + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		t.Fatal(err)
	}
	// "100 Continue" says that the request is being read.
	line, err := bufio.NewReader(&oneByOne{conn}).ReadString('\n')
	if err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := io.WriteString(conn, body[:half]); err != nil {
		t.Fatal(err)
	}
	return &halves{conn, []byte(body[half:])}
}

// oneByOne reads no more than is asked for.
type oneByOne struct{ io.Reader }

func (r *oneByOne) Read(p []byte) (int, error) { return r.Reader.Read(p[:1]) }

// finish sends the other half and reads the answer.
func (h *halves) finish(t *testing.T) (status int, body string) {
	t.Helper()
	if _, err := h.conn.Write(h.rest); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(h.conn)
	if line, err := in.ReadString('\n'); err != nil || strings.TrimSpace(line) != "" {
		t.Fatalf("after the interim answer: %q, %v", line, err)
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// Asked to end, the process takes nothing new, answers in full what is under
// way, and keeps it.
func TestRequestsUnderWayAreFinished(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, _ string) {
		p := startDemo(t, where...)
		stream, err := http.NewRequest(http.MethodGet, p.URL+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		stream.Header.Set("Accept", "text/event-stream")
		watching, err := signIn(t, p).Do(stream) // a page that stays open holds nothing up
		if err != nil || watching.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", watching, err)
		}
		defer func() { _ = watching.Body.Close() }()
		text := string(apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", time.Now()))
		webhook := sendHalf(t, p, "/webhooks/whatsapp", text, "X-Hub-Signature-256", cloudapi.Sign(p.AppSecret, []byte(text)))
		person := sendHalf(t, p, "/api/v1/contacts", `{"phone":"4917604069002","name":"Max Mustermann"}`, "Authorization", "Bearer "+p.APIToken)
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		address := strings.TrimPrefix(p.URL, "http://")
		until(t, "nothing new is taken", func() bool {
			c, err := net.Dial("tcp", address)
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		})
		if status, body := webhook.finish(t); status != http.StatusOK {
			t.Errorf("a webhook under way is answered %d %s", status, body)
		}
		if status, body := person.finish(t); status != http.StatusCreated || !strings.Contains(body, `"id"`) {
			t.Errorf("a request under way is answered %d %q", status, body)
		}
		began := time.Now()
		if err := p.wait(); err != nil {
			t.Errorf("ending: %v", err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the process took %s to end when all was answered", took)
		}
		again := startDemo(t, where...)
		if got := again.messages(t); len(got) != 1 {
			t.Errorf("%d messages are there, want 1", len(got))
		}
		var people struct{ Items []struct{ ID string } }
		again.get(t, "/api/v1/contacts?limit=10", &people)
		if len(people.Items) != 2 {
			t.Errorf("%d people are there, want 2", len(people.Items))
		}
		if err := again.stop(); err != nil {
			t.Error(err)
		}
	})
}
