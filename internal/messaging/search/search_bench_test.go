package search

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/person/chat"
	"einklang/internal/rule/id"
	"einklang/internal/test/chance"
	"einklang/internal/test/storetest"
)

const benchMessages = 1_000_000

// archive holds a million messages without keeping them: each is made anew
// from its id, and sealed and opened as the real ones are.
type archive struct {
	*office
	ring  *vault.Keyring
	words []string
}

// text is what the message with an id says: eight words, common ones often and
// rare ones rarely, as in a language.
func (a *archive) text(m id.Message) string {
	random := chance.From(binary.BigEndian.Uint64(m[:8]), binary.BigEndian.Uint64(m[8:]))
	zipf := rand.NewZipf(random, 1.1, 8, uint64(len(a.words)-1))
	said := make([]string, 8)
	for i := range said {
		said[i] = a.words[zipf.Uint64()]
	}
	return strings.Join(said, " ")
}

func (a *archive) Front(_ context.Context, _ store.Reader, _ id.Org, ids []id.Message) (map[id.Message]chat.Message, int, error) {
	found := map[id.Message]chat.Message{}
	for _, one := range ids {
		plain, err := a.ring.Open("bench", one, a.ring.Seal("bench", one, []byte(a.text(one))))
		if err != nil {
			return nil, 0, err
		}
		found[one] = chat.Message{ID: one, Body: content(string(plain))}
	}
	return found, len(ids), nil
}

// openArchive fills the index in large transactions.
func openArchive(b *testing.B) *archive {
	a := &archive{office: open(b, storetest.Open(b, storetest.SQLite(b)))}
	a.Messages = a
	a.Words = func(c cloudapi.Content) string { return c.Text.Body }
	random := chance.From(1, 2)
	for range 40_000 {
		word := make([]byte, 3+random.IntN(9))
		for i := range word {
			word[i] = "etaoinsrhldcumfpgwybvk"[random.IntN(22)]
		}
		a.words = append(a.words, string(word))
	}
	a.write(b, func(ctx context.Context, tx store.Tx) error {
		keys, err := a.Vault.Org(ctx, tx, a.org)
		if err != nil {
			return err
		}
		a.ring, err = keys.Keyring(ctx, tx, a.org)
		return err
	})
	for n := 0; n < benchMessages; n += segmentSize {
		batch := make([]chat.Message, min(segmentSize, benchMessages-n))
		for i := range batch {
			batch[i].ID = id.Message(a.IDs.New())
			batch[i].Body = content(a.text(batch[i].ID))
		}
		a.write(b, func(ctx context.Context, tx store.Tx) error { return a.Add(ctx, tx, a.org, batch...) })
		if _, err := a.fold(b.Context(), a.org, segmentSize); err != nil {
			b.Fatal(err)
		}
	}
	return a
}

// BenchmarkFind searches one million messages for common, middling and rare
// words, for two words and for beginnings of words, each opened and compared.
func BenchmarkFind(b *testing.B) {
	a := openArchive(b)
	queries := []string{a.words[0], a.words[30], a.words[1000], a.words[20_000], a.words[3] + " " + a.words[900], a.words[5000][:3], "gibtesnicht", a.words[10] + " " + a.words[20] + " " + a.words[31]}
	var took []time.Duration
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for range 32 {
			query := queries[len(took)%len(queries)]
			begun := time.Now()
			if _, err := a.Index.Find(b.Context(), a.DB, a.org, Query{Text: query}, 25); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "ms/p50")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "ms/p99")
	b.ReportMetric(float64(int64(after.HeapInuse)-int64(before.HeapInuse))/1e6, "MB/kept")
	b.ReportMetric(a.size(b), "bytes/message")
}

// size is what the index takes on the disk for each message.
func (a *archive) size(b *testing.B) float64 {
	var total float64
	for _, sql := range []string{"SELECT SUM(LENGTH(postings)) FROM search_posting", "SELECT SUM(LENGTH(ids)) FROM search_ids", "SELECT COALESCE(SUM(LENGTH(tokens)), 0) FROM search_fresh"} {
		var n int64
		if err := a.DB.QueryRow(b.Context(), sql).Scan(&n); err != nil {
			b.Fatal(err)
		}
		total += float64(n)
	}
	return total / benchMessages
}

// BenchmarkAdd is what indexing adds to the transaction of a message.
func BenchmarkAdd(b *testing.B) {
	a := open(b, storetest.Open(b, storetest.SQLite(b)))
	texts := make([]chat.Message, 64)
	for i := range texts {
		texts[i] = chat.Message{ID: id.Message(a.IDs.New()), Body: content(fmt.Sprintf("Guten Tag, wann wird meine Bestellung %d geliefert? Vielen Dank!", i))}
	}
	for b.Loop() {
		a.write(b, func(ctx context.Context, tx store.Tx) error { return a.Add(ctx, tx, a.org, texts...) })
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(texts)), "µs/message")
}
