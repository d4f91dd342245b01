// Command olddata makes the data folders that TestOldDataOpens opens: with the
// program of an earlier commit, on both engines.
//
//	go run ./scripts/olddata COMMIT
//
// It builds that commit, lets its demo play its example, leaves some things
// half done as a working day does, asks it to end, and writes sqlite.zip and
// postgres.zip to internal/app/testdata/COMMIT: the data folder, on PostgreSQL
// with a dump in plain SQL, and the moment at which the program ended. It needs
// Git and PostgreSQL with pg_dump. A fixture is made once and not again: its
// point is its age.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"einklang/internal/test/postgrestest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run ./scripts/olddata COMMIT")
	}
	commit := os.Args[1]
	into := filepath.Join("internal", "app", "testdata", commit)
	work, err := os.MkdirTemp("", "einklang-fixture-")
	must(err)
	defer func() { _ = os.RemoveAll(work) }()
	must(os.MkdirAll(into, 0o750))
	binary := build(commit, work)

	lite := play(binary, filepath.Join(work, "sqlite"))
	pack(filepath.Join(into, "sqlite.zip"), filepath.Join(work, "sqlite"), lite)

	server, err := postgrestest.Launch(postgrestest.Fast)
	must(err)
	defer func() { _ = server.Close() }()
	database := create(server.URL())
	folder := filepath.Join(work, "postgres")
	ended := play(binary, folder, "--database", database)
	must(os.WriteFile(filepath.Join(folder, "dump.sql"), dump(database), 0o600))
	pack(filepath.Join(into, "postgres.zip"), folder, ended)
}

func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func run(dir, name string, args ...string) []byte {
	c := exec.Command(name, args...) //nolint:gosec // for the developer who calls it
	c.Dir, c.Stderr = dir, os.Stderr
	out, err := c.Output()
	must(err)
	return out
}

// build checks the commit out and builds it.
func build(commit, work string) string {
	tree, binary := filepath.Join(work, "tree"), filepath.Join(work, "einklang")
	run("", "git", "worktree", "add", "--detach", tree, commit)
	defer run("", "git", "worktree", "remove", "--force", tree)
	run(tree, "go", "build", "-trimpath", "-o", binary, "./cmd/einklang")
	return binary
}

func create(server string) string {
	c, err := pgx.Connect(context.Background(), server)
	must(err)
	defer func() { _ = c.Close(context.Background()) }()
	_, err = c.Exec(context.Background(), "CREATE DATABASE fixture")
	must(err)
	u, err := url.Parse(server)
	must(err)
	u.Path = "/fixture"
	return u.String()
}

// dump is the database in SQL that any client can run: no commands of psql, no
// settings that only this version of the server knows.
func dump(database string) []byte {
	text := run("", "pg_dump", "--format=plain", "--rows-per-insert=500", "--no-owner", "--no-privileges", "--no-comments", database)
	return regexp.MustCompile(`(?m)^(\\|SET |--).*\n`).ReplaceAll(text, nil)
}

// facts are what the demo prints.
type facts struct {
	URL        string `json:"url"`
	SandboxURL string `json:"sandbox_url"`
	APIToken   string `json:"api_token"`
	Users      []struct{ Email, Password, Role string }
}

// play runs the demo and works with it, and returns when it ended.
func play(binary, data string, args ...string) time.Time {
	c := exec.Command(binary, append([]string{"demo", "--json", "--data", data, "--listen", "127.0.0.1:0"}, args...)...) //nolint:gosec // built above
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	must(err)
	must(c.Start())
	var f facts
	must(json.NewDecoder(out).Decode(&f))
	day(f)
	must(c.Process.Signal(syscall.SIGTERM))
	must(c.Wait())
	return time.Now().UTC()
}

// day leaves things as a working day does: a person erased, a draft, a note, a
// message for later, and one of which nobody knows whether it went out.
func day(f facts) {
	agent, officer := signIn(f, "agent"), signIn(f, "dpo")
	until("the list is imported", func() bool { return person(f, "4917604069101") != "" })

	kaethe := person(f, "4917604069007")
	for _, path := range regexp.MustCompile(`/desk/cases/[0-9a-z-]{20,}`).FindAllString(get(officer, f.URL+"/desk/cases"), -1) {
		if strings.Contains(get(officer, f.URL+path), "LÖSCHEN") {
			post(officer, f.URL+path+"/grant", nil)
		}
	}
	until("Käthe is erased", func() bool { return person(f, "4917604069007") != kaethe })

	mustermann, erika := conversation(f, "4917604069002"), conversation(f, "4917604069001")
	post(agent, f.URL+"/inbox/"+mustermann+"/note", url.Values{"words": {"Die Buchhaltung prüft die Rechnung."}})
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(err)
	post(agent, f.URL+"/inbox/"+erika+"/send", url.Values{"text": {"Der Entkalker ist wieder da."}, "later": {time.Now().In(berlin).Add(3 * time.Hour).Format("2006-01-02T15:04")}})
	for _, fault := range []string{`{"kind":"pause_webhooks"}`, `{"kind":"lost_answer","count":1}`} {
		r, err := http.Post(f.SandboxURL+"/sandbox/faults", "application/json", strings.NewReader(fault)) //nolint:bodyclose // read closes it
		must(err)
		read(r)
	}
	post(agent, f.URL+"/inbox/"+mustermann+"/send", url.Values{"text": {"Die Rechnung stimmt."}})
	until("the fate of a message is unknown", func() bool {
		return strings.Contains(rest(f, "GET", "/api/v1/messages?limit=200", ""), `"uncertain"`)
	})
	post(agent, f.URL+"/inbox/"+mustermann+"/draft", url.Values{"text": {"Wir haben die Rechnung geprüft und"}})
	time.Sleep(2 * time.Second) // what runs beside it comes to rest
}

func until(what string, holds func() bool) {
	for range 300 {
		if holds() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	log.Panicf("waited in vain until %s", what)
}

func signIn(f facts, role string) *http.Client {
	jar, err := cookiejar.New(nil)
	must(err)
	browser := &http.Client{Jar: jar}
	for _, u := range f.Users {
		if u.Role == role {
			post(browser, f.URL+"/sign-in", url.Values{"email": {u.Email}, "password": {u.Password}})
		}
	}
	return browser
}

func post(browser *http.Client, at string, form url.Values) {
	r, err := browser.PostForm(at, form) //nolint:bodyclose // read closes it
	must(err)
	read(r)
}

func get(browser *http.Client, at string) string {
	r, err := browser.Get(at) //nolint:bodyclose // read closes it
	must(err)
	return read(r)
}

func read(r *http.Response) string {
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	must(err)
	if r.StatusCode >= 300 {
		log.Panicf("%s: %s\n%s", r.Request.URL, r.Status, text)
	}
	return string(text)
}

func rest(f facts, method, path, body string) string {
	r, err := http.NewRequest(method, f.URL+path, strings.NewReader(body))
	must(err)
	r.Header.Set("Authorization", "Bearer "+f.APIToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	must(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	must(err)
	return string(text)
}

// person is the id of who has a number, empty if nobody has.
func person(f facts, phone string) string {
	var p struct{ ID string }
	must(json.Unmarshal([]byte(rest(f, "POST", "/api/v1/contacts/lookup", `{"phone":"+`+phone+`"}`)), &p))
	return p.ID
}

func conversation(f facts, phone string) string {
	var all struct {
		Items []struct {
			ID        string
			ContactID string `json:"contact_id"`
		}
	}
	must(json.Unmarshal([]byte(rest(f, "GET", "/api/v1/conversations", "")), &all))
	who := person(f, phone)
	for _, c := range all.Items {
		if c.ContactID == who {
			return c.ID
		}
	}
	log.Panicf("no conversation with %s", phone)
	return ""
}

// pack writes a data folder and the moment at which it was left.
func pack(file, folder string, ended time.Time) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	add := func(name string, content []byte) {
		w, err := z.Create(name)
		must(err)
		_, err = w.Write(content)
		must(err)
	}
	names, err := os.ReadDir(folder)
	must(err)
	for _, n := range names {
		if n.Name() == "lock" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, n.Name()))
		must(err)
		add(n.Name(), content)
	}
	add("ended", []byte(ended.Format(time.RFC3339)))
	must(z.Close())
	must(os.WriteFile(file, out.Bytes(), 0o600))
	fmt.Printf("%s: %d bytes\n", file, out.Len())
}
