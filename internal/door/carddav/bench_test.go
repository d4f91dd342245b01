package carddav_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"einklang/internal/test/apptest"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// consenting opens an installation whose book has that many people.
func consenting(b *testing.B, url string, people int) (*apptest.Office, phone) {
	b.Helper()
	o := apptest.Open(b, url)
	p := addPhone(b, o)
	for from := 0; from < people; from += 1000 {
		grant(b, o, meet(b, o, from, from+1000)...)
	}
	if err := o.Books.Refresh(b.Context(), o.Org.ID); err != nil {
		b.Fatal(err)
	}
	return o, p
}

func eachEngine(b *testing.B, bench func(b *testing.B, url string)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, storetest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, postgrestest.URL(b)) })
}

// firstSync asks for everything, as a phone does: the list, then the cards in
// bundles of a hundred.
func firstSync(b *testing.B, o *apptest.Office, p phone) int {
	b.Helper()
	_, list, _ := ask(b, o, p, "REPORT", p.book(), syncBody(""))
	var names []string
	for part := range strings.SplitSeq(list, "<d:href>") {
		if path, _, ok := strings.Cut(part, "</d:href>"); ok && strings.HasSuffix(path, ".vcf") {
			names = append(names, path)
		}
	}
	for i := 0; i < len(names); i += 100 {
		var body strings.Builder
		body.WriteString(`<c:addressbook-multiget xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><getetag/><c:address-data/></prop>`)
		for _, n := range names[i:min(i+100, len(names))] {
			body.WriteString("<href>" + n + "</href>")
		}
		body.WriteString("</c:addressbook-multiget>")
		if status, _, _ := ask(b, o, p, "REPORT", p.book(), body.String()); status != 207 {
			b.Fatal(status)
		}
	}
	return len(names)
}

// BenchmarkFirstSync is a phone that reads 10,000 people for the first time.
func BenchmarkFirstSync(b *testing.B) {
	eachEngine(b, func(b *testing.B, url string) {
		o, p := consenting(b, url, 10_000)
		for b.Loop() {
			if n := firstSync(b, o, p); n != 10_000 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/sync")
	})
}

// BenchmarkUnchangedSync is a phone that asks whether anything is new in a book
// of 10,000 people, and nothing is.
func BenchmarkUnchangedSync(b *testing.B) {
	eachEngine(b, func(b *testing.B, url string) {
		o, p := consenting(b, url, 10_000)
		_, list, _ := ask(b, o, p, "REPORT", p.book(), syncBody(""))
		token := list[strings.LastIndex(list, "<d:sync-token>")+14 : strings.LastIndex(list, "</d:sync-token>")]
		for b.Loop() {
			if status, _, _ := ask(b, o, p, "REPORT", p.book(), syncBody(token)); status != 207 {
				b.Fatal(status)
			}
		}
		b.ReportMetric(1000*b.Elapsed().Seconds()/float64(b.N), "ms/sync")
	})
}

// BenchmarkFleet is a quarter of an hour of 500 phones: each asks once, while
// 30 people come, change and go, and everybody is judged anew every five
// minutes. It reports the share of one core.
func BenchmarkFleet(b *testing.B) {
	const phones, quarter = 500, 15 * time.Minute
	eachEngine(b, func(b *testing.B, url string) {
		o, p := consenting(b, url, 10_000)
		fleet := []phone{p}
		for len(fleet) < phones {
			fleet = append(fleet, addPhone(b, o))
		}
		people := meet(b, o, 20_000, 20_030)
		if err := o.Books.Refresh(b.Context(), o.Org.ID); err != nil {
			b.Fatal(err)
		}
		tokens := make([]string, phones)
		sync := func(i int) {
			_, list, _ := ask(b, o, fleet[i], "REPORT", fleet[i].book(), syncBody(tokens[i]))
			tokens[i] = list[strings.LastIndex(list, "<d:sync-token>")+14 : strings.LastIndex(list, "</d:sync-token>")]
		}
		for i := range fleet {
			sync(i)
		}
		granted := false
		b.ResetTimer()
		before := processor(b)
		for range b.N {
			for i := range fleet {
				if i%(phones/len(people)) == 0 && i/(phones/len(people)) < len(people) {
					who := people[i/(phones/len(people))]
					if granted {
						withdraw(b, o, who)
					} else {
						grant(b, o, who)
					}
				}
				sync(i)
				o.Clock.Advance(quarter / phones)
			}
			granted = !granted
		}
		b.ReportMetric(100*(processor(b)-before).Seconds()/(quarter.Seconds()*float64(b.N)), "%core")
		b.ReportMetric(0, "ns/op")
	})
}

// processor is the processor time that this process has used: server, database
// (SQLite) and the phones together.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCheckEverybody judges 10,000 people anew, as comes round every five
// minutes.
func BenchmarkCheckEverybody(b *testing.B) {
	eachEngine(b, func(b *testing.B, url string) {
		o, _ := consenting(b, url, 10_000)
		for b.Loop() {
			o.Clock.Advance(5 * time.Minute)
			if err := o.Books.Refresh(b.Context(), o.Org.ID); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(1000*b.Elapsed().Seconds()/float64(b.N), "ms/check")
	})
}
