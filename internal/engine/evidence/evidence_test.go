package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

type world struct {
	db     *store.DB
	vault  *vault.Vault
	log    *evidence.Log
	org    id.Org
	person id.Person
}

func newWorld(tb testing.TB, db *store.DB) *world {
	tb.Helper()
	v := vaulttest.Open(tb, db)
	w := &world{db, v, evidence.New(v, time.Now), id.Org(id.System().New()), id.Person(id.System().New())}
	w.write(tb, func(ctx context.Context, tx store.Tx) error {
		if err := v.CreateOrg(ctx, tx, w.org); err != nil {
			return err
		}
		keys, err := v.Org(ctx, tx, w.org)
		if err != nil {
			return err
		}
		_, err = keys.NewKeyrings(ctx, tx, w.person)
		return err
	})
	return w
}

func (w *world) write(tb testing.TB, fn func(context.Context, store.Tx) error) {
	tb.Helper()
	if err := w.db.Write(context.Background(), fn); err != nil {
		tb.Fatal(err)
	}
}

func (w *world) entries(n int) []evidence.Entry {
	all := make([]evidence.Entry, n)
	for i := range all {
		all[i] = evidence.Entry{ID: id.Entry(id.System().New()), Kind: "verdict", Owner: id.ID(w.person), At: time.Now(), Record: map[string]any{"n": i, "note": "<Einwilligung> & mehr"}}
	}
	return all
}

func (w *world) append(tb testing.TB, n int) {
	tb.Helper()
	w.write(tb, func(ctx context.Context, tx store.Tx) error { return w.log.Append(ctx, tx, w.org, w.entries(n)...) })
}

func (w *world) export(tb testing.TB, open evidence.Opened) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := w.log.Export(tb.Context(), w.db, w.org, &out, open, store.Alone{}); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func TestAnExportProvesItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, n := range []int{1, 3, 64, 200} {
			w.append(t, n)
			w.export(t, evidence.Opened{Closed: true}) // leaves a checkpoint behind
		}
		report, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{})), "")
		if err != nil {
			t.Fatal(err)
		}
		if report.Leaves != 268 || report.Opened != 268 || report.Covered != 268 || report.Checkpoints != 4 {
			t.Fatalf("%+v", report)
		}
		if _, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{})), "einklang/x+1+y"); err == nil {
			t.Fatal("another key than the expected one was accepted")
		}
	})
}

// What is added after the checkpoint was signed stands in the next export: no
// leaf is handed out that no checkpoint covers.
func TestAnExportEndsWhereItsCheckpointDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.append(t, 3)
		meanwhile := sync.OnceFunc(func() { w.append(t, 2) })
		ctx := store.Failing(t.Context(), func(statement string) error {
			if strings.HasPrefix(statement, "SELECT public_key") {
				meanwhile()
			}
			return nil
		})
		for _, want := range []int64{3, 5} {
			var out bytes.Buffer
			if err := w.log.Export(ctx, w.db, w.org, &out, evidence.Opened{}, store.Alone{}); err != nil {
				t.Fatal(err)
			}
			if report, err := evidence.Verify(&out, ""); err != nil || report.Leaves != want {
				t.Errorf("%d leaves, want %d: %v", report.Leaves, want, err)
			}
		}
	})
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.append(t, 5)
	good := w.export(t, evidence.Opened{})
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
	for _, cut := range []int{0, 1, len(good) / 2, len(good) - 1} {
		if _, err := evidence.Verify(bytes.NewReader(good[:cut]), ""); err == nil {
			t.Fatalf("cut off at %d unseen", cut)
		}
	}
}

func TestACutAndAForkAreFound(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.append(t, 3)
	w.export(t, evidence.Opened{})
	w.append(t, 3)
	full := w.export(t, evidence.Opened{Closed: true})

	lines := strings.SplitAfter(string(full), "\n")
	short := strings.Join(append(append([]string{}, lines[:4]...), "{\"leaves\":3}\n"), "")
	if _, err := evidence.Verify(strings.NewReader(short), ""); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Fatalf("a cut log: %v", err)
	}
	swapped := append([]string{}, lines...)
	swapped[2], swapped[3] = strings.Replace(lines[3], `"index":2`, `"index":1`, 1), strings.Replace(lines[2], `"index":1`, `"index":2`, 1)
	if _, err := evidence.Verify(strings.NewReader(strings.Join(swapped, "")), ""); err == nil || !strings.Contains(err.Error(), "forked") {
		t.Fatalf("a forked log: %v", err)
	}
}

func TestADestroyedKeyLeavesTheProofAndTakesTheContent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.append(t, 4)
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			keys, err := w.vault.Org(ctx, tx, w.org)
			if err != nil {
				return err
			}
			_, err = keys.Destroy(ctx, tx, w.person)
			return err
		})
		out := w.export(t, evidence.Opened{})
		report, err := evidence.Verify(bytes.NewReader(out), "")
		if err != nil || report.Leaves != 4 || report.Opened != 0 || bytes.Contains(out, []byte("Einwilligung")) {
			t.Fatalf("%+v, %v", report, err)
		}
		lines, err := w.log.ByOwner(t.Context(), db, w.org, w.person, 10)
		if err != nil || len(lines) != 4 || lines[0].Record != nil {
			t.Fatalf("%+v, %v", lines, err)
		}
		w.append(t, 1) // a verdict about an erased person
	})
}

func TestConcurrentAndFailedAppendsLeaveNoGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.append(t, 1)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
					if err := w.log.Append(ctx, tx, w.org, w.entries(1+i%3)...); err != nil {
						return err
					}
					if i%4 == 0 {
						return errors.New("undone")
					}
					return nil
				})
				if (err != nil) != (i%4 == 0) {
					t.Error(i, err)
				}
			})
		}
		wg.Wait()
		report, err := evidence.Verify(bytes.NewReader(w.export(t, evidence.Opened{})), "")
		if err != nil {
			t.Fatal(err)
		}
		want := int64(1)
		for i := range 40 {
			if i%4 != 0 {
				want += int64(1 + i%3)
			}
		}
		if report.Leaves != want || report.Opened != want {
			t.Fatalf("%+v, want %d leaves", report, want)
		}
	})
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f, storetest.Open(f, storetest.SQLite(f)))
	w.append(f, 2)
	good := w.export(f, evidence.Opened{})
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := evidence.Verify(bytes.NewReader(file), ""); err == nil && !bytes.Equal(file, good) {
			t.Fatalf("a forged file was accepted: %q", file)
		}
	})
}

func BenchmarkAppend64(b *testing.B) {
	w := newWorld(b, storetest.Open(b, storetest.SQLite(b)))
	for b.Loop() {
		w.append(b, 64)
	}
	b.ReportMetric(float64(b.N)*64/b.Elapsed().Seconds(), "leaves/s")
}

func BenchmarkVerify100k(b *testing.B) {
	w := newWorld(b, storetest.Open(b, storetest.SQLite(b)))
	for range 100 {
		w.append(b, 1000)
	}
	out := w.export(b, evidence.Opened{})
	b.ResetTimer()
	for b.Loop() {
		if _, err := evidence.Verify(bytes.NewReader(out), ""); err != nil {
			b.Fatal(err)
		}
	}
}
