package main

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/test/apptest"
)

// Three hundred requests that never end, each with nearly a megabyte of what may be
// a webhook, take less than 64 MB of the process; who comes in between is served.
func TestUnfinishedRequestsTakeLittleMemory(t *testing.T) {
	t.Setenv("GOGC", "100")              // the tests' own collector may be rarer
	const requests, most = 300, 64 << 10 // KB
	p := startDemo(t, "--empty", "--data", t.TempDir())
	at, err := url.Parse(p.WebhookURL)
	if err != nil {
		t.Fatal(err)
	}
	before := resident(t, p.cmd.Process.Pid)
	head := "POST " + at.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\nX-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n\r\n"
	piece := strings.Repeat("x", 900<<10)
	grown, taken := 0, 0
	for range requests {
		c, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)) // the other end need not read it
		if n, err := io.WriteString(c, head+piece); err == nil && n > len(piece) {
			taken++
		}
		grown = max(grown, resident(t, p.cmd.Process.Pid)-before)
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		grown = max(grown, resident(t, p.cmd.Process.Pid)-before)
	}
	t.Logf("%d requests, of which %d sent all they wanted, took %d MB beside %d MB", requests, taken, grown>>10, before>>10)
	if grown > most {
		t.Errorf("%d unfinished requests took %d MB", requests, grown>>10)
	}
	if !deliver(t, http.DefaultClient, p, apptest.Text("wamid.between", "4917604069001", "Erika Mustermann", "Hallo", time.Now())) {
		t.Error("a right webhook was not taken beside them")
	}
}
