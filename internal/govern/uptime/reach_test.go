package uptime

import (
	"context"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/test/storetest"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestWhatASilenceMeans(t *testing.T) {
	for _, c := range []struct {
		name    string
		silence time.Duration
		gap     bool
		want    Severity
	}{
		{"the usual beat", Every, false, ""},
		{"one beat late", 2 * time.Minute, false, ""},
		{"a restart", 3 * time.Minute, true, Harmless},
		{"just below ten minutes", 10*time.Minute - 1, true, Harmless},
		{"ten minutes", 10 * time.Minute, true, Warning},
		{"just below an hour", time.Hour - 1, true, Warning},
		{"an hour", time.Hour, true, Loss},
	} {
		gap, found := Between(noon, noon.Add(c.silence))
		if found != c.gap || found && gap.Severity() != c.want {
			t.Errorf("%s: found %v %s, want %v %s", c.name, found, gap.Severity(), c.gap, c.want)
		}
	}
	if _, found := Between(time.Time{}, noon); found {
		t.Error("a new installation was never unreachable")
	}
}

func TestBeatsFindTheExactGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		hit := func(at time.Time) {
			t.Helper()
			if err := db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
				_, _, err := Beat(ctx, tx, at)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		hit(noon)
		hit(noon.Add(Every))
		hit(noon.Add(Every - time.Second)) // another node, a little behind
		back := noon.Add(Every + 75*time.Minute)
		hit(back)
		hit(back.Add(5 * time.Minute)) // a restart: harmless, not listed
		gaps, err := Gaps(context.Background(), db, noon)
		if err != nil {
			t.Fatal(err)
		}
		if len(gaps) != 1 || !gaps[0].Began.Equal(noon.Add(Every)) || !gaps[0].Ended.Equal(back) || gaps[0].Severity() != Loss {
			t.Fatalf("gaps: %v", gaps)
		}
		if err := db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error { return Expire(ctx, tx, back.AddDate(2, 0, 0)) }); err != nil {
			t.Fatal(err)
		}
		if gaps, _ = Gaps(context.Background(), db, noon); len(gaps) != 0 {
			t.Fatalf("a gap of two years ago is still there: %v", gaps)
		}
	})
}
