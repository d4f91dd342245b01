package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
)

// Two processes share a database. Again and again one of them is stopped in the
// middle of sending, its lease ends, the other goes on, and the stopped one wakes
// up: no message reaches Meta twice.
func TestAStoppedProcessSendsNothingTwice(t *testing.T) {
	t.Parallel() // it mostly waits
	const rounds, people, each = 6, 20, 2
	url, dir := postgrestest.URL(t), t.TempDir()
	meta := newMeta(t)
	where := []string{"--empty", "--data", dir, "--database", url, "--graph-url", meta.url}
	nodes := []*process{startDemo(t, where...), nil}
	nodes[1] = startDemo(t, where...)
	meta.open(nodes[0])
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	customers := meta.customers(people)
	until(t, "all customers are known", func() bool { return len(nodes[0].messages(t)) == people })

	var queued atomic.Int64
	send := func(p *process, to, text string) {
		body, _ := json.Marshal(map[string]any{"to": to, "type": "text", "text": map[string]any{"body": text}})
		if status := p.rest(t, http.MethodPost, "/api/v1/messages", body, nil, "Idempotency-Key", text); status != http.StatusAccepted {
			t.Errorf("sending %q was answered %d", text, status)
			return
		}
		queued.Add(1)
	}
	for _, c := range customers {
		send(nodes[0], c.Phone, "Antwort an "+c.Phone)
	}
	atRest := func() bool {
		var n int64
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox WHERE state <> 'uncertain'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	}
	until(t, "the first answers are out", atRest)
	for round := range rounds {
		stopped, other := nodes[round%2], nodes[(round+1)%2]
		meta.sandbox.SetWebhookURL(other.WebhookURL)
		before := len(meta.accepted())
		for n := range each {
			for _, c := range customers {
				send(other, c.Phone, fmt.Sprintf("Antwort %d.%d an %s", round, n, c.Phone))
			}
			if n == 0 {
				until(t, "some are out", func() bool { return len(meta.accepted()) > before })
				nudge(t, stopped, syscall.SIGSTOP)
				err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Exec(ctx, "UPDATE lane SET until = 0") // as time does
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		until(t, "the other process has sent what it may", atRest)
		nudge(t, stopped, syscall.SIGCONT)
		until(t, "the stopped process answers again", func() bool { return stopped.rest(t, http.MethodGet, "/readyz", nil, nil) == http.StatusOK })
	}
	until(t, "everything is at rest", atRest)
	sent := 0
	for message, n := range meta.accepted() {
		if n != 1 {
			t.Errorf("message %s reached Meta %d times", message, n)
		}
		sent++
	}
	// What a stopped process had marked is uncertain, and never sent by itself.
	var uncertain int64
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox").Scan(&uncertain); err != nil {
		t.Fatal(err)
	}
	if want := queued.Load() + people; int64(sent)+uncertain < want { // with the notices
		t.Errorf("%d messages reached Meta and %d are uncertain, of %d", sent, uncertain, want)
	}
	for _, p := range nodes {
		if err := p.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
}

func nudge(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// A process that is stopped while it holds a transaction never freezes the other
// for longer than the database's own deadline: idle_in_transaction_session_timeout,
// three seconds. What the other has acknowledged is there once.
func TestAStoppedProcessFreezesNobody(t *testing.T) {
	// A lock is given up after seconds; what was 20 s stays below ten on a busy machine.
	const caughtWanted, connections, most = 3, 16, 10 * time.Second
	url, dir := postgrestest.URL(t), t.TempDir()
	where := []string{"--empty", "--data", dir, "--database", url}
	nodes := []*process{startDemo(t, where...), nil}
	nodes[1] = startDemo(t, where...)
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	holding := func() bool {
		var n int64
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < now() - interval '200 ms'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n > 0
	}

	var target atomic.Pointer[process] // of all but one connection, which keep both busy
	var sent, taken, last, longest atomic.Int64
	last.Store(time.Now().UnixNano())
	stop := make(chan struct{})
	var senders sync.WaitGroup
	send := func(to func() *process, watched bool) {
		client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
		defer client.CloseIdleConnections()
		for {
			n := sent.Add(1)
			body := apptest.Text(fmt.Sprintf("wamid.%06d", n), fmt.Sprintf("4917604%06d", n%50), "Erika Mustermann", "Hallo", time.Now())
			for {
				select {
				case <-stop:
					return
				default:
				}
				if deliver(t, client, to(), body) {
					break
				}
			}
			taken.Add(1)
			if now := time.Now().UnixNano(); watched {
				longest.Store(max(longest.Load(), now-last.Swap(now)))
			}
		}
	}
	target.Store(nodes[1])
	for i := range connections {
		senders.Go(func() { send(func() *process { return nodes[i%2] }, false) })
	}
	senders.Go(func() { send(target.Load, true) })

	caught := 0
	for round := 0; caught < caughtWanted && round < 60; round++ {
		stopped, other := nodes[round%2], nodes[(round+1)%2]
		target.Store(other)
		time.Sleep(300 * time.Millisecond)
		nudge(t, stopped, syscall.SIGSTOP)
		time.Sleep(400 * time.Millisecond)
		if holding() {
			caught++
			time.Sleep(most + 2*time.Second)
		}
		nudge(t, stopped, syscall.SIGCONT)
	}
	close(stop)
	senders.Wait()
	if caught < caughtWanted {
		t.Errorf("a process was caught with a transaction %d times only", caught)
	}
	frozen := time.Duration(longest.Load())
	t.Logf("%d webhooks; stopped with a transaction %d times; the other took nothing for %v at the longest", taken.Load(), caught, frozen)
	if frozen > most {
		t.Errorf("the other process took nothing for %v", frozen)
	}
	until(t, "both answer", func() bool {
		return nodes[0].rest(t, http.MethodGet, "/readyz", nil, nil) == http.StatusOK && nodes[1].rest(t, http.MethodGet, "/readyz", nil, nil) == http.StatusOK
	})
	seen := map[string]bool{}
	for _, m := range nodes[0].messages(t) {
		if seen[m.WAMID] {
			t.Errorf("message %s is there twice", m.WAMID)
		}
		seen[m.WAMID] = true
	}
	if int64(len(seen)) < taken.Load() {
		t.Errorf("%d messages are there, %d were acknowledged", len(seen), taken.Load())
	}
	for _, p := range nodes {
		if err := p.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
}
