package app_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
	"einklang/internal/test/chance"
	"einklang/internal/test/storetest"
)

// askFor asks the portal for a code, from a source of its own.
func askFor(number string, source int) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/portal/beispiel/code", strings.NewReader(url.Values{"number": {"+" + number}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = fmt.Sprintf("198.%d.%d.1:4000", 18+source/256%2, source%256)
	return r
}

// TestThePortalAsksTheDatabaseTheSameForEverybody: what is asked and written until
// the answer is there does not depend on whether somebody is known, and neither
// does the request right behind it.
func TestThePortalAsksTheDatabaseTheSameForEverybody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		handler, err := o.Handler()
		if err != nil {
			t.Fatal(err)
		}
		asked := func(number string) (all []string) {
			for i, r := range []*http.Request{askFor(number, 1), httptest.NewRequest(http.MethodGet, "/portal/beispiel", nil), askFor(number, 2)} {
				ctx, trips := store.Counting(r.Context())
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r.WithContext(ctx))
				if w.Code != http.StatusOK {
					t.Fatalf("request %d was answered %d", i, w.Code)
				}
				all = append(append(all, trips.Statements()...), "--", strings.ReplaceAll(w.Body.String(), number, ""))
			}
			return all
		}
		asked("4917604069003") // what is read once is read
		if known, unknown := asked("4917604069001"), asked("4917604069002"); !slices.Equal(known, unknown) || len(known) < 8 {
			t.Errorf("for a known number:\n%s\nfor an unknown one:\n%s", strings.Join(known, "\n"), strings.Join(unknown, "\n"))
		}
	})
}

// tryAt enters a wrong code: that writes, and so meets other writes.
func tryAt(number string, source int) *http.Request {
	r := askFor(number, source)
	r.URL.Path = "/portal/beispiel/enter"
	form := url.Values{"number": {"+" + number}, "code": {"AAAAAAAA"}}.Encode()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
	return r
}

// rest lies between two probes, so that one does not meet what the one before left
// to be done at once.
const rest = 20 * time.Millisecond

// BenchmarkPortalProbes sends 1,000 requests for codes, half of them for known
// numbers, each with another request right behind it, and compares how long they
// took by their ranks: three times, of which two must show no difference.
func BenchmarkPortalProbes(b *testing.B) {
	for range b.N {
		alike := 0
		for run := range 3 {
			p := probes(b)
			b.ReportMetric(p, fmt.Sprintf("p%d", run+1))
			if p > 0.01 {
				alike++
			}
		}
		if alike < 2 {
			b.Errorf("known and unknown numbers are told apart in %d of 3 runs", 3-alike)
		}
	}
}

func probes(b *testing.B) float64 {
	const each = 500
	o := apptest.Open(b, storetest.SQLite(b))
	o.Fill(b, each, 1)
	handler, err := o.Handler()
	if err != nil {
		b.Fatal(err)
	}
	took := make([][]float64, 2)
	order := chance.New(b).Perm(2 * each)
	for source, n := range order {
		of := n % 2
		number := fmt.Sprintf("49176%08d", n/2+of*50_000_000) // those from 50,000,000 on are nobody's
		first, second := askFor(number, source), tryAt("4917699999999", source)
		time.Sleep(rest)
		begun := time.Now()
		handler.ServeHTTP(httptest.NewRecorder(), first)
		handler.ServeHTTP(httptest.NewRecorder(), second)
		took[of] = append(took[of], float64(time.Since(begun)))
	}
	return rankTest(took[0], took[1])
}

// rankTest is the probability of ranks as far apart as these if the two were alike
// (Mann and Whitney 1947; normal approximation, two-sided).
func rankTest(a, b []float64) float64 {
	type one struct {
		took float64
		ofA  bool
	}
	all := make([]one, 0, len(a)+len(b))
	for _, x := range a {
		all = append(all, one{x, true})
	}
	for _, x := range b {
		all = append(all, one{x, false})
	}
	slices.SortFunc(all, func(x, y one) int {
		switch {
		case x.took < y.took:
			return -1
		case x.took > y.took:
			return 1
		default:
			return 0
		}
	})
	sum := 0.0
	for i, x := range all {
		if x.ofA {
			sum += float64(i + 1)
		}
	}
	n, m := float64(len(a)), float64(len(b))
	u := sum - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// TestTheRankTest: it sees a difference of the size that gave known numbers away.
func TestTheRankTest(t *testing.T) {
	draw := func(more float64) (all []float64) {
		dice := chance.From(1, 2)
		for range 500 {
			all = append(all, 10+dice.NormFloat64()+more)
		}
		return all
	}
	other := chance.From(3, 4)
	same := make([]float64, 500)
	for i := range same {
		same[i] = 10 + other.NormFloat64()
	}
	if p := rankTest(draw(0), same); p < 0.01 {
		t.Errorf("what is alike differs: %g", p)
	}
	if p := rankTest(draw(1), same); p > 0.01 {
		t.Errorf("what differs is alike: %g", p)
	}
}
