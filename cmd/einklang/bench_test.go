package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"einklang/internal/test/apptest"
)

// BenchmarkStart measures how long the real program takes from its start until
// /readyz answers, and how much memory it holds once it idles, with 100,000
// people and 1,000,000 messages in SQLite. Goals: under one second, under
// 60 MB (resident, as the kernel counts it).
func BenchmarkStart(b *testing.B) {
	config := filled(b)
	startOnce(b, config) // finishes what the filling left to do: then it idles
	var slowest, sum time.Duration
	memory := 0
	n := 0
	for b.Loop() {
		took, held := startOnce(b, config)
		slowest, sum, memory = max(slowest, took), sum+took, max(memory, held)
		n++
	}
	b.ReportMetric(float64((sum/time.Duration(n)).Microseconds())/1000, "start-ms")
	b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-start-ms")
	b.ReportMetric(float64(memory)/1024, "idle-MB")
	b.ReportMetric(0, "ns/op")
}

// filled makes an installation with a large company and returns the
// configuration file of `einklang serve` for it.
func filled(b *testing.B) string {
	b.Helper()
	data := b.TempDir()
	o := apptest.Open(b, "sqlite:"+filepath.Join(data, "einklang.db"))
	o.Fill(b, 100_000, 10)
	o.End(b)
	secret := filepath.Join(data, "secret")
	config := filepath.Join(data, "einklang.json")
	text, err := json.Marshal(map[string]any{"data": data, "listen": "127.0.0.1:0", "public_url": "http://127.0.0.1", "graph_url": "http://127.0.0.1:1",
		"apps": []any{map[string]any{"key": apptest.AppKey, "app_secret_file": secret, "verify_token_file": secret}}})
	if err != nil {
		b.Fatal(err)
	}
	for path, content := range map[string][]byte{secret: []byte(apptest.AppSecret), config: text} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return config
}

// startOnce starts the program, waits until it is ready, lets it idle, and
// returns the time to ready and the memory held, in KiB.
func startOnce(b *testing.B, config string) (time.Duration, int) {
	b.Helper()
	began := time.Now()
	cmd := exec.Command(binary, "serve", "--config", config)
	log, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(log)
	address := ""
	for address == "" && lines.Scan() {
		if _, after, found := strings.Cut(lines.Text(), "address="); found {
			address = strings.Fields(after)[0]
		}
	}
	for {
		resp, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			break
		}
	}
	took := time.Since(began)
	for range 5 {
		_, _ = http.Get("http://" + address + "/sign-in")
	}
	rest(b, cmd.Process.Pid)
	return took, resident(b, cmd.Process.Pid)
}

// rest waits until a process has hardly worked for five seconds: what the
// filling left to do, such as folding the search index, is done.
func rest(b *testing.B, pid int) {
	b.Helper()
	calm, before := 0, ticks(b, pid)
	for end := time.Now().Add(5 * time.Minute); calm < 5; {
		if time.Now().After(end) {
			b.Fatal("the program does not come to rest")
		}
		time.Sleep(time.Second)
		now := ticks(b, pid)
		if calm++; now-before > 5 { // a twentieth of a second
			calm = 0
		}
		before = now
	}
}

// ticks is the processor time of a process, in hundredths of a second (proc(5),
// utime and stime).
func ticks(b *testing.B, pid int) int {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		b.Fatalf("/proc tells %q", stat)
	}
	var user, system int
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return user + system
}

// resident is the memory of a process in KiB.
func resident(b testing.TB, pid int) int {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Fatal("memory is read from /proc, which only Linux has")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kb int
	if _, err := fmt.Sscan(after, &kb); err != nil {
		b.Fatal(err)
	}
	return kb
}
