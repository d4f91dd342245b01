package app_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// distance is what a trip to the database takes besides: PostgreSQL stands on
// another machine of the same building, or in the next one.
const distance = time.Millisecond

// BenchmarkDistance measures the queue and a conversation, as an agent waits for
// them, with a database that is one millisecond away. Goal: under 40 ms at the
// 99th percentile.
func BenchmarkDistance(b *testing.B) {
	o := apptest.Open(b, farther(b, postgrestest.Start(b, postgrestest.Fast).Database(b)))
	o.Fill(b, 2000, 50)
	browser := o.SignIn(b, user.Agent)
	browser.Transport = &http.Transport{MaxIdleConnsPerHost: 4}
	get := func(path string) {
		resp, err := browser.Get(o.URL + path)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("GET %s: %s %v", path, resp.Status, err)
		}
	}
	var page struct{ Items []struct{ ID string } }
	o.REST(b, http.MethodGet, "/api/v1/conversations?limit=200", nil, &page)
	for name, ask := range map[string]func(i int){
		"queue":        func(int) { get("/fragments/queue") },
		"conversation": func(i int) { get("/fragments/conversation/" + page.Items[i%len(page.Items)].ID) },
		"page":         func(i int) { get("/inbox/" + page.Items[i%len(page.Items)].ID) },
	} {
		b.Run(name, func(b *testing.B) {
			for i := range 2 * len(page.Items) { // statements are prepared, and views written down
				ask(i)
			}
			reportWaits(b, ask)
		})
	}
}

// farther is the address of a database that is a distance away.
func farther(b *testing.B, address string) string {
	b.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.Fatal(err)
	}
	q := u.Query()
	server := filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go carry(near, server)
		}
	}()
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	q.Set("host", host)
	q.Set("port", port)
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return u.String()
}

// carry hands on what is said on a connection; what is asked arrives later.
func carry(near net.Conn, server string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("unix", server)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	go func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}()
	buffer := make([]byte, 256<<10)
	for {
		n, err := near.Read(buffer)
		if err != nil {
			return
		}
		time.Sleep(distance)
		if _, err := far.Write(buffer[:n]); err != nil {
			return
		}
	}
}
