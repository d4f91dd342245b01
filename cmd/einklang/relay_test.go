package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"einklang/internal/test/apptest"
	"einklang/internal/test/chance"
)

// relay is a letter box in a process of its own.
type relay struct {
	process
	config, folder string
}

func (r *relay) start(t *testing.T) {
	t.Helper()
	r.log, r.ended = &logBuffer{}, make(chan error, 1)
	r.cmd = exec.Command(binary, "relay", "--config", r.config)
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	t.Cleanup(r.kill)
	until(t, "the letter box is open", func() bool { return strings.Contains(r.log.String(), "the letter box is open") || len(r.ended) > 0 })
	if len(r.ended) > 0 {
		t.Fatalf("the letter box does not open:\n%s", r.log)
	}
}

// letters reads what lies in the letter box.
func (r *relay) letters(t *testing.T) (all [][]byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(r.folder, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// A house is down, webhooks come, and the letter box itself is killed again and
// again: everything that was acknowledged is there once, in the order in which it
// came, and nobody could read it meanwhile.
func TestALetterBoxLosesNothingWhileTheHouseIsDown(t *testing.T) {
	eachEngine(t, func(t *testing.T, where []string, _ string) {
		const total = 300
		home := startDemo(t, where...)
		var house atomic.Pointer[url.URL] // nil: nobody answers
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			to := house.Load()
			if to == nil {
				http.Error(w, "bad gateway", http.StatusBadGateway)
				return
			}
			proxy := httputil.NewSingleHostReverseProxy(to)
			proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		box := newRelay(t, where[2], front.URL, home)
		box.start(t)
		home.kill()

		dice := chance.New(t)
		at := time.Now()
		texts := map[string]string{}
		client := &http.Client{Timeout: 20 * time.Second}
		for i := range total {
			wamid, text := fmt.Sprintf("wamid.%06d", i), fmt.Sprintf("Nachricht %06d", i)
			texts[wamid] = text
			body := apptest.Text(wamid, "491760400001", "Erika Mustermann", text, at.Add(time.Duration(i)*time.Millisecond))
			for !deliver(t, client, &box.process, body) {
				if t.Context().Err() != nil {
					return
				}
			}
			if dice.IntN(total/int(kills)) == 0 {
				box.kill()
				box.start(t)
			}
		}
		waiting := box.letters(t)
		if len(waiting) < total {
			t.Fatalf("%d letters wait, %d were acknowledged", len(waiting), total)
		}
		for _, l := range waiting {
			if bytes.Contains(l, []byte("Nachricht")) || bytes.Contains(l, []byte("49176")) || bytes.Contains(l, []byte("Erika")) {
				t.Fatal("a letter can be read")
			}
		}

		home = startDemo(t, where...)
		to, err := url.Parse(home.URL)
		if err != nil {
			t.Fatal(err)
		}
		house.Store(to)
		until(t, "half of it is handed over", func() bool { return len(box.letters(t)) < total/2 })
		home.kill() // once more, in the midst of it
		home = startDemo(t, where...)
		if to, err = url.Parse(home.URL); err != nil {
			t.Fatal(err)
		}
		house.Store(to)
		until(t, "everything is handed over", func() bool { return len(box.letters(t)) == 0 })

		var last string
		for _, got := range home.messages(t) {
			if texts[got.WAMID] != got.Text || got.Text == "" {
				t.Fatalf("message %s is %q, want %q: it is there twice or was never sent", got.WAMID, got.Text, texts[got.WAMID])
			}
			delete(texts, got.WAMID)
			if got.WAMID < last {
				t.Fatalf("message %s came behind %s", got.WAMID, last)
			}
			last = got.WAMID
		}
		if len(texts) > 0 {
			t.Fatalf("%d acknowledged messages are lost, %v", len(texts), first(texts))
		}
		_ = box.cmd.Process.Signal(syscall.SIGTERM)
		if err := box.wait(); err != nil {
			t.Errorf("ending: %v\n%s", err, box.log)
		}
	})
}

// newRelay configures a letter box for an installation.
func newRelay(t *testing.T, data, house string, home *process) *relay {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	r := &relay{config: filepath.Join(dir, "relay.json"), folder: filepath.Join(dir, "letters")}
	r.WebhookURL, r.AppSecret = "http://"+address+"/webhooks/whatsapp", home.AppSecret

	write := func(name string, content any) {
		text, is := content.(string)
		if !is {
			raw, err := json.Marshal(content)
			if err != nil {
				t.Fatal(err)
			}
			text = string(raw)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("house.json", map[string]any{"data": data, "public_url": "http://127.0.0.1:1"})
	out, err := exec.Command(binary, "relay", "key", "--config", filepath.Join(dir, "house.json")).CombinedOutput()
	key := regexp.MustCompile(`"house_key": "(.+)"`).FindSubmatch(out)
	if err != nil || key == nil {
		t.Fatalf("%v: %s", err, out)
	}
	write("secret", home.AppSecret)
	write("verify", "ein-wort")
	write("relay.json", map[string]any{"name": "briefkasten", "listen": address, "folder": r.folder, "house": house, "house_key": string(key[1]),
		"apps": []any{map[string]any{"key": "demo", "app_secret_file": filepath.Join(dir, "secret"), "verify_token_file": filepath.Join(dir, "verify")}}})
	return r
}

// What is wrong in the configuration of a letter box is said in words.
func TestALetterBoxSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("geheim"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := `"apps":[{"key":"main","app_secret_file":"` + secret + `","verify_token_file":"` + secret + `"}]`
	for name, c := range map[string]struct{ config, want string }{
		"nothing":        {`{}`, "must say name"},
		"a typing error": {`{"nmae":"x"}`, "nmae"},
		"no key":         {`{"name":"x","folder":"` + dir + `/l","house":"https://example.com",` + app + `}`, "einklang relay key"},
		"house in clear": {`{"name":"x","folder":"` + dir + `/l","house":"http://example.com","house_key":"einklang-relay-` + strings.Repeat("A", 43) + `",` + app + `}`, "https"},
		"no house":       {`{"name":"x","folder":"` + dir + `/l","house":"example","house_key":"einklang-relay-` + strings.Repeat("A", 43) + `",` + app + `}`, "no address"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "relay.json")
			if err := os.WriteFile(path, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(binary, "relay", "--config", path).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) || strings.Count(strings.TrimSpace(string(out)), "\n") > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
