package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

const (
	filledPeople = 100_000
	perPerson    = 10 // a million messages
)

// BenchmarkRead measures what an agent waits for at 100,000 people and
// 1,000,000 messages: the inbox's queue and one conversation, as pages and over
// REST, the whole way through HTTP. Goal: under 30 ms at the 99th percentile.
// The same at a tenth of the size shows that cost does not grow with the total.
func BenchmarkRead(b *testing.B) {
	for _, size := range []struct {
		name   string
		people int
	}{{"10000_people", filledPeople / 10}, {"100000_people", filledPeople}} {
		b.Run("sqlite/"+size.name, func(b *testing.B) { benchmarkRead(b, storetest.SQLite(b), size.people) })
		b.Run("postgres/"+size.name, func(b *testing.B) {
			benchmarkRead(b, postgrestest.Start(b, postgrestest.Fast).Database(b), size.people)
		})
	}
}

func benchmarkRead(b *testing.B, database string, people int) {
	o := apptest.Open(b, database)
	began := time.Now()
	o.Fill(b, people, perPerson)
	b.Logf("filled in %s", time.Since(began).Round(time.Second))
	browser := o.SignIn(b, user.Agent)
	browser.Transport = &http.Transport{MaxIdleConnsPerHost: 4}
	get := func(path string, token bool) []byte {
		r, err := http.NewRequest(http.MethodGet, o.URL+o.Sought(browser, path), nil)
		if err != nil {
			b.Fatal(err)
		}
		if token {
			r.Header.Set("Authorization", "Bearer "+o.APIToken)
		}
		resp, err := browser.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("GET %s: %s %v", path, resp.Status, err)
		}
		return body
	}
	var page struct {
		Items []struct{ ID string }
		Next  string
	}
	var threads []string // from all over the list
	for at := ""; len(threads) < 2000; at = page.Next {
		if err := json.Unmarshal(get("/api/v1/conversations?limit=200&after="+at, true), &page); err != nil {
			b.Fatal(err)
		}
		for _, one := range page.Items {
			threads = append(threads, one.ID)
		}
	}
	for name, ask := range map[string]func(i int){
		"list":         func(int) { get("/api/v1/conversations?limit=50", true) },
		"deep_list":    func(int) { get("/api/v1/conversations?limit=50&after="+page.Next, true) },
		"queue":        func(int) { get("/fragments/queue", false) },
		"conversation": func(i int) { get("/fragments/conversation/"+threads[i*37%len(threads)], false) },
		"search":       func(i int) { get("/fragments/queue?q="+[]string{"Erika", "Max", "Otto", "Nele"}[i%4], false) },
		"messages":     func(int) { get("/api/v1/messages?limit=50", true) },
	} {
		b.Run(name, func(b *testing.B) { reportWaits(b, ask) })
	}
}

// reportWaits reports how long whoever asks waits for an answer.
func reportWaits(b *testing.B, ask func(i int)) {
	b.Helper()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		ask(i)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
