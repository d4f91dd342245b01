package erasure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/evidence"
	"einklang/internal/engine/store"
	"einklang/internal/engine/vault"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/postgrestest"
	"einklang/internal/test/storetest"
)

// The child of a SIGKILL test opens the same database and dies at a step.
func TestMain(m *testing.M) {
	if step := os.Getenv("ERASURE_DIE_AT"); step != "" {
		die(os.Getenv("ERASURE_DATABASE"), os.Getenv("ERASURE_ROOT"), erasure.Step(step))
	}
	os.Exit(m.Run())
}

func die(database, rootKey string, at erasure.Step) {
	db, err := store.Open(context.Background(), database)
	if err != nil {
		panic(err)
	}
	w, err := newWorld(context.Background(), db, rootKey)
	if err != nil {
		panic(err)
	}
	bites := 0
	w.desk.StopAt(func(s erasure.Step) error {
		if s == at {
			if bites++; bites == 2 || at == erasure.Destroy || at == erasure.Clean || at == erasure.Tell || at == erasure.Prove {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		return nil
	})
	for {
		if worked, err := w.desk.Work(context.Background()); err != nil || !worked {
			panic(fmt.Sprint("it did not die: ", err))
		}
	}
}

// world is what an erasure needs, around a database.
type world struct {
	db      *store.DB
	vault   *vault.Vault
	book    *contact.Book
	threads *conversation.Threads
	shelf   *media.Shelf
	log     *evidence.Log
	desk    *erasure.Erasures
	told    int
	held    bool
	silent  bool
}

func newWorld(ctx context.Context, db *store.DB, rootKey string) (*world, error) {
	root, err := vault.OpenRoot(rootKey)
	if errors.Is(err, os.ErrNotExist) {
		root, err = vault.CreateRoot(rootKey)
	}
	if err != nil {
		return nil, err
	}
	ids := id.System()
	w := &world{db: db}
	if w.vault, err = vault.Open(ctx, db, root, ids, time.Now); err != nil {
		return nil, err
	}
	w.log = evidence.New(w.vault, time.Now)
	w.threads = conversation.New(w.vault, ids, time.Now, nil)
	w.shelf = media.New(db, w.vault, ids, time.Now, slog.New(slog.NewTextHandler(io.Discard, nil)), nil, nil, nil)
	w.book = contact.New(w.vault, ids, time.Now, w.threads.Merge)
	w.desk = erasure.New(erasure.Parts{DB: db, Vault: w.vault, IDs: ids, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		People: w.book, Ledger: w.log,
		Unsend: func(context.Context, store.Tx, id.Org, id.Person) error { return nil },
		Held:   func(context.Context, store.Reader, id.Org, id.Person) (bool, error) { return w.held, nil },
		Places: []erasure.Part{
			{Name: "files", Erase: w.shelf.Erase, Count: w.shelf.CountOf},
			{Name: "messages", Erase: w.threads.Erase, Count: w.threads.CountOf},
		},
		Mentions: []erasure.Mentions{{Name: "early", Erase: func(ctx context.Context, tx store.Tx, org id.Org, who erasure.Identity, after id.Cursor) (int64, id.Cursor, error) {
			return w.threads.EraseEarly(ctx, tx, org, who.Phones, after)
		}}},
		Duties: []erasure.Duty{{Name: "letters", Count: func(context.Context, store.Reader, id.Org, id.Person) (int64, time.Time, error) {
			return 3, time.Now().AddDate(6, 0, 0), nil
		}, Items: letters}},
		Recipients: func(context.Context, store.Reader, id.Org) ([]erasure.Recipient, error) {
			return []erasure.Recipient{{Name: "book", Tell: func(_ context.Context, _ id.Org, who erasure.Identity) (erasure.Answer, error) {
				w.told++
				if w.silent {
					return erasure.Answer{}, errors.New("no route")
				}
				return erasure.Answer{State: erasure.Told, Code: "deleted"}, nil
			}}}, nil
		}})
	return w, nil
}

// letters hands over three letters, one in each bite.
func letters(_ context.Context, _ store.Reader, _ id.Org, _ id.Person, after id.Cursor) ([]erasure.Item, id.Cursor, error) {
	n := after[15] + 1
	item := erasure.Item{ID: id.ID{0: 9, 15: n}, Clear: fmt.Appendf(nil, "letter %d", n)}
	if n == 3 {
		return []erasure.Item{item}, id.Cursor{}, nil
	}
	return []erasure.Item{item}, id.Cursor{15: n}, nil
}

func open(tb testing.TB, url string) *world {
	tb.Helper()
	db := storetest.Open(tb, url)
	w, err := newWorld(tb.Context(), db, filepath.Join(tb.TempDir(), "root.key"))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func (w *world) write(tb testing.TB, fn func(context.Context, store.Tx) error) {
	tb.Helper()
	if err := w.db.Write(tb.Context(), fn); err != nil {
		tb.Fatal(err)
	}
}

const (
	erika      = "4917604069001"
	mustermann = "4917604069002"
)

var names = map[string]string{erika: "Erika Mustermann", mustermann: "Johann Beispiel"}

// someone makes an organisation and a person with messages and files.
func (w *world) organisation(tb testing.TB) id.Org {
	tb.Helper()
	org := id.Org(id.System().New())
	w.write(tb, func(ctx context.Context, tx store.Tx) error { return w.vault.CreateOrg(ctx, tx, org) })
	return org
}

func (w *world) person(tb testing.TB, org id.Org, phone string, messages, files int) id.Person {
	tb.Helper()
	channel := id.Channel{1}
	var who id.Person
	w.write(tb, func(ctx context.Context, tx store.Tx) error {
		known, err := w.book.Resolve(ctx, tx, org, []contact.Sighting{{Phone: phone, Name: names[phone]}})
		if err != nil {
			return err
		}
		who = known[0].ID
		for from := 0; from < messages; from += 1000 {
			var all []conversation.Incoming
			for i := from; i < min(from+1000, messages); i++ {
				all = append(all, conversation.Incoming{Channel: channel, WAMID: fmt.Sprintf("wamid.%s.%d", phone, i), At: time.Now(),
					Body:   chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "Kanarienvogel " + phone}}},
					Writer: conversation.Writer{Contact: who, Keys: known[0].Keys}})
			}
			if _, err := w.threads.AddIncoming(ctx, tx, org, all); err != nil {
				return err
			}
		}
		return nil
	})
	for range files {
		if _, err := w.shelf.Save(tb.Context(), org, who, channel, "bild.png", "image/png", bytes.NewReader(make([]byte, 20<<10))); err != nil {
			tb.Fatal(err)
		}
	}
	return who
}

func (w *world) begin(tb testing.TB, org id.Org, who id.Person) erasure.Procedure {
	tb.Helper()
	var p erasure.Procedure
	w.write(tb, func(ctx context.Context, tx store.Tx) error {
		var err error
		p, err = w.desk.Begin(ctx, tx, org, who, erasure.Order{Source: "desk"})
		return err
	})
	return p
}

func (w *world) finish(tb testing.TB) {
	tb.Helper()
	for {
		worked, err := w.desk.Work(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

func (w *world) count(tb testing.TB, query string, args ...any) (n int64) {
	tb.Helper()
	if err := w.db.QueryRow(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// gone checks that one person is erased in full, with one proof, and that
// the other is whole.
func (w *world) gone(tb testing.TB, p erasure.Procedure, other id.Person) {
	tb.Helper()
	for _, table := range []string{"message", "conversation", "media", "identity", "name_word"} {
		if n := w.count(tb, "SELECT COUNT(*) FROM "+table+" WHERE org_id = ? AND contact_id = ?", p.Org, p.Contact); n != 0 {
			tb.Errorf("%d rows are left in %s", n, table)
		}
		if n := w.count(tb, "SELECT COUNT(*) FROM "+table+" WHERE org_id = ? AND contact_id = ?", p.Org, other); n == 0 {
			tb.Errorf("the other person has lost her rows in %s", table)
		}
	}
	if n := w.count(tb, "SELECT COUNT(*) FROM media_chunk c WHERE org_id = ? AND NOT EXISTS (SELECT 1 FROM media m WHERE m.org_id = c.org_id AND m.id = c.media_id)", p.Org); n != 0 {
		tb.Errorf("%d pieces of files are left", n)
	}
	for _, owner := range []id.ID{id.ID(p.Contact), id.ID(p.ID)} {
		if n := w.count(tb, "SELECT COUNT(*) FROM data_key WHERE org_id = ? AND owner_id = ?", p.Org, owner); n != 0 {
			tb.Errorf("%d keys are left", n)
		}
	}
	if n := w.count(tb, "SELECT COUNT(*) FROM tombstone WHERE org_id = ? AND contact_id = ?", p.Org, p.Contact); n != 1 {
		tb.Errorf("%d tombstones", n)
	}
	for _, kind := range []string{"erasure.ordered", "erasure.keys_destroyed", "erasure.done"} {
		if n := w.count(tb, "SELECT COUNT(*) FROM evidence_entry WHERE org_id = ? AND kind = ?", p.Org, kind); n != 1 {
			tb.Errorf("%d leaves %s", n, kind)
		}
	}
	kept, err := w.desk.KeptOf(tb.Context(), w.db, p.Org, p.ID)
	if err != nil || len(kept) != 1 || kept[0].Items != 3 {
		tb.Errorf("kept: %+v, %v", kept, err)
	} else {
		w.write(tb, func(ctx context.Context, tx store.Tx) error {
			items, err := w.desk.OpenKept(ctx, tx, p.Org, kept[0].ID, id.Account(id.ID{7}), id.ID{}, 10)
			if len(items) != 3 || string(items[2].Clear) != "letter 3" {
				tb.Errorf("what the duty keeps reads %d items", len(items))
			}
			return err
		})
	}
	told, err := w.desk.RecipientsOf(tb.Context(), w.db, p.Org, p.ID)
	if err != nil || len(told) != 1 || told[0].State != erasure.Told || told[0].Code != "deleted" {
		tb.Errorf("recipients: %+v, %v", told, err)
	}
	after, err := w.desk.Get(tb.Context(), w.db, p.Org, p.ID)
	if err != nil || after.Step != erasure.Done || after.Unreadable.IsZero() || after.Cleaned.IsZero() || after.Done.IsZero() || after.Problem != "" {
		tb.Errorf("the procedure: %+v, %v", after, err)
	}
	var export bytes.Buffer
	if err := w.log.Export(tb.Context(), w.db, p.Org, &export, evidence.Opened{}, store.Alone{}); err != nil {
		tb.Fatal(err)
	}
	if _, err := evidence.Verify(&export, ""); err != nil {
		tb.Errorf("the evidence log does not verify: %v", err)
	}
}

func TestS24ErasureDeletesOnePersonAndProvesIt(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := open(t, url)
		org := w.organisation(t)
		who, other := w.person(t, org, erika, 1203, 70), w.person(t, org, mustermann, 2, 1)
		preview, err := w.desk.Preview(t.Context(), w.db, org, who)
		if err != nil || !slices.Equal(preview.Goes, []erasure.Count{{Name: "files", N: 70}, {Name: "messages", N: 1203}}) || len(preview.Stays) != 1 || !slices.Equal(preview.Told, []string{"book"}) {
			t.Fatalf("the preview says %+v, %v", preview, err)
		}
		p := w.begin(t, org, who)
		if k, err := w.book.Get(t.Context(), w.db, org, who); err != nil || !k.Erased {
			t.Fatalf("ordered, and she still counts as there (%v)", err)
		}
		if again := w.begin(t, org, who); again.ID != p.ID {
			t.Fatal("asked twice, two procedures")
		}
		w.finish(t)
		w.gone(t, p, other)
		graves := erasure.Tombstones{People: w.book}
		if erased, err := graves.Erased(t.Context(), w.db, org, "phone", erika); err != nil || !erased {
			t.Errorf("an import would bring her back (%v)", err)
		}
		// What the duty kept goes when its time is over, and so does the tombstone.
		w.write(t, func(ctx context.Context, tx store.Tx) error {
			return w.desk.Expire(ctx, tx, org, time.Now().AddDate(7, 0, 0))
		})
		if n := w.count(t, "SELECT (SELECT COUNT(*) FROM kept_item) + (SELECT COUNT(*) FROM kept) + (SELECT COUNT(*) FROM tombstone)"); n != 0 {
			t.Errorf("%d rows outlive their time", n)
		}
	})
}

// A crash before any bite changes nothing in the end.
func TestErasureEndsTheSameWhereverItCrashes(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := open(t, url)
		crash := errors.New("crash")
		for at := 0; ; at += 2 {
			org := w.organisation(t)
			who, other := w.person(t, org, erika, 501, 2), w.person(t, org, mustermann, 1, 1)
			p := w.begin(t, org, who)
			bites := 0
			w.desk.StopAt(func(erasure.Step) error {
				if bites++; bites > at {
					return crash
				}
				return nil
			})
			var err error
			for worked := true; worked && err == nil; {
				worked, err = w.desk.Work(t.Context())
			}
			w.desk.StopAt(nil)
			w.finish(t)
			w.gone(t, p, other)
			if err == nil {
				if at < 10 {
					t.Fatalf("only %d bites", at)
				}
				return
			}
		}
	})
}

// The process is killed at each step; the next one finishes.
func TestErasureSurvivesSIGKILL(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		root := filepath.Join(t.TempDir(), "root.key")
		for _, step := range []erasure.Step{erasure.Keep, erasure.Destroy, erasure.Delete, erasure.Clean, erasure.Tell, erasure.Prove} {
			killedAt(t, url, root, step)
		}
	})
}

func killedAt(t *testing.T, url, root string, step erasure.Step) {
	t.Helper()
	open := func() (*store.DB, *world) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w, err := newWorld(t.Context(), db, root)
		if err != nil {
			t.Fatal(err)
		}
		return db, w
	}
	db, w := open()
	org := w.organisation(t)
	who, other := w.person(t, org, erika, 600, 3), w.person(t, org, mustermann, 1, 1)
	p := w.begin(t, org, who)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "ERASURE_DIE_AT="+string(step), "ERASURE_DATABASE="+url, "ERASURE_ROOT="+root)
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("at %s the child was not killed: %v\n%s", step, err, out)
	}
	db, w = open()
	w.finish(t)
	w.gone(t, p, other)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALegalHoldForbidsErasure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, err := newWorld(t.Context(), db, filepath.Join(t.TempDir(), "root.key"))
		if err != nil {
			t.Fatal(err)
		}
		org := w.organisation(t)
		who := w.person(t, org, erika, 1, 0)
		w.held = true
		err = db.Write(t.Context(), func(ctx context.Context, tx store.Tx) error {
			_, err := w.desk.Begin(ctx, tx, org, who, erasure.Order{Source: "desk"})
			return err
		})
		if !errors.Is(err, erasure.ErrHeld) {
			t.Fatalf("want ErrHeld, got %v", err)
		}
		if k, err := w.book.Get(t.Context(), db, org, who); err != nil || k.Erased {
			t.Fatalf("refused, and yet she is frozen (%v)", err)
		}
	})
}

func TestARecipientWhoDoesNotAnswerHoldsUpNothing(t *testing.T) {
	w := open(t, storetest.SQLite(t))
	org := w.organisation(t)
	who := w.person(t, org, erika, 1, 0)
	w.silent = true
	p := w.begin(t, org, who)
	w.finish(t)
	after, err := w.desk.Get(t.Context(), w.db, org, p.ID)
	if err != nil || after.Step != erasure.Tell || after.Cleaned.IsZero() {
		t.Fatalf("%+v, %v", after, err)
	}
	w.write(t, func(ctx context.Context, tx store.Tx) error {
		return w.desk.Answered(ctx, tx, org, p.ID, "book", erasure.Answer{State: erasure.Told, Code: "by_letter"})
	})
	w.finish(t)
	if after, err = w.desk.Get(t.Context(), w.db, org, p.ID); err != nil || after.Step != erasure.Done {
		t.Fatalf("%+v, %v", after, err)
	}
}

// Nothing of the person's sealed data is left in the database's files, so that
// not even a key found later would help.
func TestCleanedFilesHoldNothingOfThePerson(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "einklang.db")
	w := open(t, url)
	org := w.organisation(t)
	who := w.person(t, org, erika, 300, 5)
	w.person(t, org, mustermann, 300, 5)
	var traces [][]byte
	for _, query := range []string{
		"SELECT body FROM message WHERE org_id = ? AND contact_id = ?", "SELECT wrapped FROM data_key WHERE org_id = ? AND owner_id = ?",
		"SELECT profile FROM contact WHERE org_id = ? AND id = ?", "SELECT hash FROM name_word WHERE org_id = ? AND contact_id = ?",
		"SELECT sealed FROM media_chunk WHERE org_id = ? AND media_id IN (SELECT id FROM media WHERE contact_id = ?)",
	} {
		some, err := store.Collect(t.Context(), w.db, func(row store.Row) ([]byte, error) {
			var b []byte
			err := row.Scan(&b)
			return b[:min(len(b), 60)], err
		}, query, org, who)
		if err != nil || len(some) == 0 {
			t.Fatalf("%s: %d, %v", query, len(some), err)
		}
		traces = append(traces, some...)
	}
	left := func() (n int) {
		for _, name := range []string{"einklang.db", "einklang.db-wal"} {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			for _, trace := range traces {
				if bytes.Contains(raw, trace) {
					n++
				}
			}
		}
		return n
	}
	if n := left(); n < 300 {
		t.Fatalf("only %d traces before: the test looks in the wrong place", n)
	}
	w.begin(t, org, who)
	w.finish(t)
	if n := left(); n != 0 {
		t.Errorf("%d traces of the person are left in the files", n)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "einklang.db")); err != nil || strings.Contains(string(raw), erika) {
		t.Errorf("the number stands in clear (%v)", err)
	}
}

// BenchmarkErase erases a person with 10,000 messages and 500 files.
func BenchmarkErase(b *testing.B) {
	for name, url := range map[string]string{"sqlite": storetest.SQLite(b), "postgres": postgrestest.Start(b, postgrestest.Durable).Database(b)} {
		b.Run(name, func(b *testing.B) {
			w := open(b, url)
			org := w.organisation(b)
			var unreadable, whole time.Duration
			for b.Loop() {
				b.StopTimer()
				who := w.person(b, org, erika, 10_000, 500)
				b.StartTimer()
				start := time.Now()
				p := w.begin(b, org, who)
				for !p.Step.Unreadable() {
					if _, err := w.desk.Work(b.Context()); err != nil {
						b.Fatal(err)
					}
					var err error
					if p, err = w.desk.Get(b.Context(), w.db, org, p.ID); err != nil {
						b.Fatal(err)
					}
				}
				unreadable += time.Since(start)
				w.finish(b)
				whole += time.Since(start)
			}
			b.ReportMetric(unreadable.Seconds()*1000/float64(b.N), "ms-until-unreadable")
			b.ReportMetric(whole.Seconds()*1000/float64(b.N), "ms-until-clean")
		})
	}
}
