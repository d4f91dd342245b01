package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

func (w *world) proof(tb testing.TB, c evidence.Chosen) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := w.log.Proof(tb.Context(), w.db, w.org, &out, c); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// others appends entries of the organisation, which are not about the person.
func (w *world) others(tb testing.TB, n int) []evidence.Entry {
	tb.Helper()
	all := make([]evidence.Entry, n)
	for i := range all {
		all[i] = evidence.Entry{ID: id.Entry(id.System().New()), Kind: "purpose.text", At: time.Now(), Record: map[string]any{"text": fmt.Sprint("Text ", i)}}
	}
	w.write(tb, func(ctx context.Context, tx store.Tx) error { return w.log.Append(ctx, tx, w.org, all...) })
	return all
}

// At every size the path of every entry leads to the signed root: below, at
// and above one and two whole subtrees of 256.
func TestAProofProvesItselfAtEverySize(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		var texts []evidence.Entry
		total := int64(0)
		for _, n := range []int{1, 2, 60, 190, 4, 300} {
			texts = append(texts, w.others(t, n)[0])
			w.append(t, 2)
			total += 2
			c := evidence.Chosen{Owner: id.ID(w.person)}
			for _, e := range texts {
				c.Also = append(c.Also, e.ID)
			}
			report, err := evidence.Verify(bytes.NewReader(w.proof(t, c)), "")
			if err != nil {
				t.Fatal(err)
			}
			if want := total + int64(len(texts)); report.Leaves != want || report.Opened != want {
				t.Fatalf("%+v, want %d", report, want)
			}
		}
		// A log from before the nodes were kept proves the same.
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM evidence_node WHERE org_id = ?", w.org)
			return err
		})
		if _, err := evidence.Verify(bytes.NewReader(w.proof(t, evidence.Chosen{Owner: id.ID(w.person)})), ""); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAProofHoldsOnlyWhatWasChosen(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.append(t, 3)
	w.others(t, 3)
	out := w.proof(t, evidence.Chosen{Owner: id.ID(w.person), Kinds: func(kind string) bool { return kind == "consent.granted" }})
	if report, err := evidence.Verify(bytes.NewReader(out), ""); err != nil || report.Leaves != 0 {
		t.Fatalf("%+v %v", report, err)
	}
	if out := w.proof(t, evidence.Chosen{Owner: id.ID(w.person)}); bytes.Contains(out, []byte("Text 1")) {
		t.Fatal("the proof shows the records of others")
	}
}

// With the key destroyed the proof still shows that something valid was there.
func TestAProofWithTheKeyDestroyed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.append(t, 3)
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			keys, err := w.vault.Org(ctx, tx, w.org)
			if err != nil {
				return err
			}
			_, err = keys.Destroy(ctx, tx, w.person)
			return err
		})
		out := w.proof(t, evidence.Chosen{Owner: id.ID(w.person)})
		report, err := evidence.Verify(bytes.NewReader(out), "")
		if err != nil || report.Leaves != 3 || report.Opened != 0 || bytes.Contains(out, []byte("Einwilligung")) || bytes.Contains(out, []byte(w.person.String())) {
			t.Fatalf("%+v, %v\n%s", report, err, out)
		}
	})
}

func TestEveryFlippedBitOfAProofIsFound(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.append(t, 2)
	good := w.proof(t, evidence.Chosen{Owner: id.ID(w.person)})
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			var fault *evidence.Fault
			if _, err := evidence.Verify(bytes.NewReader(bad), ""); !errors.As(err, &fault) {
				t.Fatalf("bit %d of byte %d (%q) was flipped unseen: %v", bit, i, good[i], err)
			}
		}
	}
}

// A checkpoint that was kept elsewhere, in a mail, finds a log that was
// written anew or cut: even by somebody who holds the signing key.
func TestKeptCheckpointsFindACutAndAFork(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.append(t, 4)
	checkpoint := func() string {
		var signed string
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			var err error
			signed, err = w.log.Checkpoint(ctx, tx, w.org)
			return err
		})
		return signed
	}
	mailed := "Guten Tag,\r\n\r\n" + strings.ReplaceAll(checkpoint(), "\n", "\r\n") + "\r\nViele Grüße\r\n"
	kept := evidence.ReadCheckpoints(mailed)
	if len(kept) != 1 {
		t.Fatalf("found %q", kept)
	}
	w.append(t, 2)
	if _, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{Closed: true})), "", kept...); err != nil {
		t.Fatalf("an honest log: %v", err)
	}
	reset := func(rows int) {
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			for _, sql := range []string{"DELETE FROM evidence_entry WHERE org_id = ?", "DELETE FROM evidence_checkpoint WHERE org_id = ?",
				"DELETE FROM evidence_node WHERE org_id = ?", "UPDATE evidence_head SET size = 0, hashes = x'' WHERE org_id = ?"} {
				if _, err := tx.Exec(ctx, sql, w.org); err != nil {
					return err
				}
			}
			return nil
		})
		w.append(t, rows)
	}
	reset(3)
	if _, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{Closed: true})), "", kept...); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("a log cut and signed anew: %v", err)
	}
	reset(6)
	if _, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{Closed: true})), "", kept...); err == nil || !strings.Contains(err.Error(), "forked") {
		t.Errorf("a log written anew: %v", err)
	}
	reset(4)
	if _, err := evidence.Verify(bytes.NewReader(w.proof(t, evidence.Chosen{Owner: id.ID(w.person)})), "", kept...); err == nil || !strings.Contains(err.Error(), "forked") {
		t.Errorf("a proof from a log written anew: %v", err)
	}
	other := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	other.append(t, 1)
	if _, err := evidence.Verify(bytes.NewReader(other.export(t, evidence.Opened{})), "", kept...); err == nil {
		t.Error("a checkpoint of another log was accepted")
	}
}

// many is a log of 100,000 events, of which few are about the person.
func many(b *testing.B) *world {
	b.Helper()
	w := newWorld(b, storetest.Open(b, storetest.SQLite(b)))
	for i := range 100 {
		w.others(b, 999)
		if i%10 == 0 {
			w.append(b, 1)
		}
		w.others(b, 1)
	}
	return w
}

// BenchmarkProve100k is the proof of one person's ten events in a log of
// 100,000, with its checkpoint.
func BenchmarkProve100k(b *testing.B) {
	w := many(b)
	b.ResetTimer()
	for b.Loop() {
		w.proof(b, evidence.Chosen{Owner: id.ID(w.person)})
	}
}

// BenchmarkAppendGrowing shows that the cost of a leaf does not grow with the
// log: the last thousand leaves beside the first.
func BenchmarkAppendGrowing(b *testing.B) {
	for b.Loop() {
		w := newWorld(b, storetest.Open(b, storetest.SQLite(b)))
		took := func() float64 {
			start := time.Now()
			for range 20 {
				w.append(b, 50)
			}
			return time.Since(start).Seconds()
		}
		took()
		first := took()
		for range 98 {
			w.append(b, 1000)
		}
		b.ReportMetric(took()/first, "last/first")
	}
}
