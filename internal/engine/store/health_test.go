package store_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
)

// look is a write that finds something and changes nothing, like a webhook that
// came before.
func look(db *store.DB) error {
	return db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
		var n int64
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
	})
}

// TestWhatWasSeenIsWaitedFor: whoever finds a row that is not on the disk yet
// waits with it. A duplicate must not be acknowledged before its first copy.
func TestWhatWasSeenIsWaitedFor(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	disk := make(chan error)
	db.OnSync(func() error { return <-disk })
	ids := id.System()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- add(db, id.Org(ids.New()), ids.New()) }()
	waitFor(t, func() bool { return count(t, db) == 1 })
	go func() { second <- look(db) }()
	select {
	case err := <-second:
		t.Fatalf("it was told before the disk had answered: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	close(disk)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Fatal(err)
	}
}

// TestADiskThatFailedEndsTheDatabase: it is not healthy any more although it can
// still be read, and whoever runs it learns why.
func TestADiskThatFailedEndsTheDatabase(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite(t))
	table(t, db)
	if err := db.Healthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	db.OnSync(func() error { return broken })
	ids := id.System()
	if err := add(db, id.Org(ids.New()), ids.New()); !errors.Is(err, broken) {
		t.Fatalf("want the disk's error, got %v", err)
	}
	db.OnSync(func() error { return nil })
	if err := db.Healthy(t.Context()); !errors.Is(err, broken) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("it says it is healthy: %v", err)
	}
	if err := db.Ended(t.Context()); !errors.Is(err, broken) {
		t.Errorf("it ended with %v", err)
	}
}

// TestAFileThatIsDamagedIsTold: nothing is acknowledged, and health says why.
func TestAFileThatIsDamagedIsTold(t *testing.T) {
	url := storetest.SQLite(t)
	path := strings.TrimPrefix(url, "sqlite:")
	db := storetest.Open(t, url)
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	for range 2000 {
		if err := add(db, org, ids.New()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	size, _ := file.Seek(0, 2)
	_, err = file.WriteAt([]byte(strings.Repeat("damage!!", 20*4096/8)), size-20*4096)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	db, err = store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var failed error
	for range 100 {
		if failed = add(db, org, ids.New()); failed != nil {
			break
		}
	}
	if !errors.Is(failed, store.ErrDamaged) {
		t.Fatalf("want damage, got %v", failed)
	}
	if err := db.Healthy(t.Context()); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("it says it is healthy: %v", err)
	}
}

// TestNobodyWaitsForAReader: while somebody reads for long, the log is asked to
// be emptied again and again, and writes go on as if nothing was.
func TestNobodyWaitsForAReader(t *testing.T) {
	url := storetest.SQLite(t)
	db := storetest.Open(t, url)
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	if err := add(db, org, ids.New()); err != nil {
		t.Fatal(err)
	}
	reads, enough := make(chan struct{}), make(chan struct{})
	read := make(chan error, 1)
	go func() {
		read <- db.Snapshot(t.Context(), func(ctx context.Context, r store.Reader) error {
			var n int64
			err := r.QueryRow(ctx, "SELECT COUNT(*) FROM thing").Scan(&n)
			close(reads)
			<-enough
			return err
		})
	}()
	<-reads
	scrubbed := make(chan error, 1)
	go func() { scrubbed <- db.Scrub(t.Context()) }()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		began := time.Now()
		if err := add(db, org, ids.New()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Fatalf("a write took %v beside a reader", took)
		}
	}
	if err := <-scrubbed; err == nil {
		t.Error("the log was emptied although somebody read from it")
	}
	close(enough)
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return db.Scrub(t.Context()) == nil })
	if log, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal"); err != nil || log.Size() > 64<<10 {
		t.Errorf("the log holds %d bytes after it was emptied, %v", log.Size(), err)
	}
}

// TestTheLogIsWrittenBack: it does not grow with what is written.
func TestTheLogIsWrittenBack(t *testing.T) {
	url := storetest.SQLite(t)
	db := storetest.Open(t, url)
	table(t, db)
	ids := id.System()
	org := id.Org(ids.New())
	rows := make([][]any, 400)
	longest := time.Duration(0)
	for began := time.Now(); time.Since(began) < 5*time.Second; {
		for i := range rows {
			rows[i] = []any{org, ids.New(), int64(i), "w", true, nil}
		}
		at := time.Now()
		if err := db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertMany(ctx, things, rows) }); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(at))
	}
	log, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal")
	if err != nil || log.Size() > 96<<20 {
		t.Errorf("the log holds %d bytes, %v", log.Size(), err)
	}
	t.Logf("%d rows, a log of %d KB, the longest write took %v", count(t, db), log.Size()>>10, longest)
}
