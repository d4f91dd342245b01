package app_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"einklang/internal/accesspackage"
	"einklang/internal/app/apptest"
	"einklang/internal/chat"
	"einklang/internal/cloudapi"
	"einklang/internal/contact"
	"einklang/internal/conversation"
	"einklang/internal/store"
	"einklang/internal/store/storetest"
	"einklang/internal/text"
)

// BenchmarkAccessPackage writes the whole package of a person with 1,000 and
// with 10,000 messages, and reports the most memory that was in use meanwhile:
// it should not grow with the messages.
func BenchmarkAccessPackage(b *testing.B) {
	de, _, err := text.Load()
	if err != nil {
		b.Fatal(err)
	}
	for _, messages := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(messages), func(b *testing.B) {
			o := apptest.Open(b, storetest.SQLite(b))
			p := filled(b, o, messages)
			var peak uint64
			for b.Loop() {
				runtime.GC()
				meter := &metered{peak: &peak}
				if err := o.Package(b.Context(), meter, o.Org, p, accesspackage.Access, de); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/package")
			b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
		})
	}
}

// metered notes how much memory is in use while a package is written.
type metered struct {
	n    int
	peak *uint64
}

func (m *metered) Write(p []byte) (int, error) {
	if m.n++; m.n%2 == 0 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		*m.peak = max(*m.peak, s.HeapInuse)
	}
	return len(p), nil
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
