package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

const (
	connections  = 64
	intakePeople = 2000
	intakeBatch  = 4000 // webhooks of one round
)

// BenchmarkIntake measures webhooks per second over HTTP at 64 connections,
// load generator included: the installation, which answers when a message is
// applied and visible in the inbox, against a bare server that only verifies,
// decodes and appends with group fsync. Rounds alternate, so that both meet the
// same machine. Goal: a ratio of 0.35 on SQLite, 0.2 on PostgreSQL.
func BenchmarkIntake(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkIntake(b, storetest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { benchmarkIntake(b, postgrestest.Start(b, postgrestest.Durable).Database(b)) })
}

func benchmarkIntake(b *testing.B, database string) {
	o := apptest.Open(b, database)
	reference := newReference(b)
	var ours, theirs cost
	n := 0
	for b.Loop() {
		round := make([][]byte, intakeBatch)
		for i := range round {
			round[i] = apptest.Text(fmt.Sprintf("wamid.HBgN%024d", n), fmt.Sprintf("4917604%06d", n%intakePeople), "Erika Mustermann",
				fmt.Sprintf("Guten Tag, das ist die Nachricht %d. Wann ist meine Bestellung da?", n), o.Clock.Now())
			n++
		}
		theirs.add(post(b, reference, round))
		ours.add(post(b, o.URL+"/webhooks/whatsapp", round))
	}
	b.StopTimer()
	if got := o.Count(b, "message", ""); got != n {
		b.Fatalf("%d messages are visible, want %d", got, n)
	}
	b.ReportMetric(float64(n)/ours.wall.Seconds(), "webhooks/s")
	b.ReportMetric(float64(n)/theirs.wall.Seconds(), "reference/s")
	b.ReportMetric(theirs.wall.Seconds()/ours.wall.Seconds(), "ratio")
	b.ReportMetric(float64(ours.cpu.Microseconds())/float64(n), "cpu-µs/webhook")
	b.ReportMetric(float64(theirs.cpu.Microseconds())/float64(n), "reference-cpu-µs")
	b.ReportMetric(0, "ns/op")
}

// cost is time on the clock, and time on the processors of this process (load
// generator included, PostgreSQL not), which other work on the machine disturbs
// less.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(more cost) { c.wall, c.cpu = c.wall+more.wall, c.cpu+more.cpu }

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// post sends all bodies over 64 connections and returns what it cost.
func post(b *testing.B, address string, bodies [][]byte) cost {
	b.Helper()
	signatures := make([]string, len(bodies))
	for i, body := range bodies {
		signatures[i] = cloudapi.Sign(apptest.AppSecret, body)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	next := make(chan int, len(bodies))
	for i := range bodies {
		next <- i
	}
	close(next)
	began, used := time.Now(), processorTime()
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for i := range next {
				r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(bodies[i]))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("X-Hub-Signature-256", signatures[i])
				resp, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					b.Errorf("a webhook was answered %s", resp.Status)
					return
				}
			}
		})
	}
	senders.Wait()
	return cost{time.Since(began), processorTime() - used}
}

// newReference starts the bare server: it verifies the signature, decodes the
// webhook, and appends it to a file; requests that wait share one fsync.
func newReference(b *testing.B) string {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "reference.log"))
	if err != nil {
		b.Fatal(err)
	}
	type record struct {
		body []byte
		done chan error
	}
	queue := make(chan record, 1024)
	var writer sync.WaitGroup
	writer.Go(func() {
		for first := range queue {
			group := []record{first}
			_, err := file.Write(first.body)
			for more := true; more && err == nil; {
				select {
				case r, open := <-queue:
					if more = open; open {
						group = append(group, r)
						_, err = file.Write(r.body)
					}
				default:
					more = false
				}
			}
			if err == nil {
				err = file.Sync()
			}
			for _, r := range group {
				r.done <- err
			}
		}
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var decoded any
		switch {
		case err != nil, !cloudapi.VerifySignature(apptest.AppSecret, body, r.Header.Get("X-Hub-Signature-256")):
			w.WriteHeader(http.StatusUnauthorized)
		case json.Unmarshal(body, &decoded) != nil:
			w.WriteHeader(http.StatusBadRequest)
		default:
			one := record{body, make(chan error, 1)}
			queue <- one
			if <-one.done != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
	}))
	b.Cleanup(func() {
		server.Close()
		close(queue)
		writer.Wait()
		_ = file.Close()
	})
	return server.URL
}
