package app_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/access"
	"einklang/internal/rule/i18n"
	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// BenchmarkAccessPackage writes the whole package of a person with ever more
// messages, and reports how much memory it held: that should not grow with the messages.
func BenchmarkAccessPackage(b *testing.B) {
	de, _, err := i18n.Load()
	if err != nil {
		b.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, messages := range []int{1000, 10_000, 40_000} {
			b.Run(fmt.Sprintf("%s/%d", engine, messages), func(b *testing.B) {
				url := storetest.SQLite(b)
				if engine == "postgres" {
					url = postgrestest.Start(b, postgrestest.Durable).Database(b)
				}
				o := apptest.Open(b, url)
				p := filled(b, o, messages)
				write := func(w io.Writer) {
					if err := o.Answers.Package(b.Context(), w, o.Org.ID, p, access.Access, de); err != nil {
						b.Fatal(err)
					}
				}
				for b.Loop() {
					write(io.Discard)
				}
				b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/package")
				before := held() // by the installation
				meter := &metered{}
				write(meter)
				b.ReportMetric(float64(meter.peak-before)/(1<<20), "MB-held")
			})
		}
	}
}

// metered notes how much memory is held while a package is written, garbage
// left out.
type metered struct {
	n    int
	peak int64
}

func (m *metered) Write(p []byte) (int, error) {
	if m.n++; m.n%4 == 0 {
		m.peak = max(m.peak, held())
	}
	return len(p), nil
}

func held() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc) //nolint:gosec // heaps are smaller
}

func filled(tb testing.TB, o *apptest.Office, messages int) *chat.Known {
	tb.Helper()
	var p *chat.Known
	o.Write(tb, func(tx store.Tx) error {
		known, err := o.People.Resolve(tb.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: "4917604069001", Name: "Erika Mustermann"}})
		if err != nil {
			return err
		}
		p = known[0]
		for from := 0; from < messages; from += 500 {
			var all []conversation.Incoming
			for i := from; i < from+500; i++ {
				all = append(all, conversation.Incoming{Channel: o.Channel.ID, WAMID: fmt.Sprint("wamid.", i), At: apptest.Start.Add(time.Duration(i) * time.Second),
					Body:   chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: fmt.Sprintf("Nachricht %d mit einigen Wörtern, wie Menschen sie schreiben", i)}}},
					Writer: conversation.Writer{Contact: p.ID, Keys: p.Keys}})
			}
			if _, err := o.Threads.AddIncoming(tb.Context(), tx, o.Org.ID, all); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}
