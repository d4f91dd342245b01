package app_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/draft"
	"einklang/internal/person/link"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/chance"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// fewOrders is how many orders a usual run goes through on each engine, each with
// pairs of its own: -rapid.checks says how many with each.
const fewOrders = 5

// shrinkMost bounds how long a shorter order is looked for: each takes seconds.
const shrinkMost = "10s"

// Whatever happens in whatever order — people write and send files, agree and
// withdraw, staff answer them, begin to write, note things, link records and undo
// it, two become one, people are erased, time goes by, backups are made and restored — nothing of an erased person can
// be opened any more, nothing of another is missing, and what a person is told is
// what the database holds about her.
func TestInAnyOrderNobodyIsLostAndNobodyComesBack(t *testing.T) {
	seed := few(t)
	for n := range fewOrders {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			seed(t, n)
			for engine, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
				t.Run(engine, func(t *testing.T) {
					t.Parallel() // an order mostly waits
					rapid.Check(t, func(rt *rapid.T) {
						within := &order{TB: t, rt: rt}
						defer within.end()
						live(within, rt, database, n)
					})
				})
			}
		})
	}
}

// few has rapid go through few orders, unless it is told otherwise, by seeds that
// the log names, look for a shorter one for a bounded time, and leave no file
// behind. What it returns sets the seed of the nth.
func few(t *testing.T) func(t *testing.T, n int) {
	t.Helper()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	set := func(t *testing.T, name, value string) {
		t.Helper()
		f := flag.Lookup(name)
		before := f.Value.String()
		t.Cleanup(func() { _ = f.Value.Set(before) })
		if !given[name] {
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("-%s=%s", name, f.Value)
	}
	set(t, "rapid.checks", "1")
	set(t, "rapid.shrinktime", shrinkMost)
	set(t, "rapid.nofailfile", "true")
	from := chance.New(t)
	return func(t *testing.T, _ int) {
		t.Helper()
		set(t, "rapid.seed", strconv.FormatUint(from.Uint64()|1, 10))
	}
}

// order is one run of a check as what a test goes by: what it opens is closed
// when the run is over, and what fails lets rapid look for a shorter one.
type order struct {
	testing.TB
	rt   *rapid.T
	ends []func()
}

func (o *order) Cleanup(f func())          { o.ends = append(o.ends, f) }
func (o *order) Error(args ...any)         { o.rt.Error(args...) }
func (o *order) Errorf(f string, a ...any) { o.rt.Errorf(f, a...) }
func (o *order) Fatal(args ...any)         { o.rt.Fatal(args...) }
func (o *order) Fatalf(f string, a ...any) { o.rt.Fatalf(f, a...) }
func (o *order) Log(args ...any)           { o.rt.Log(args...) }
func (o *order) Logf(f string, a ...any)   { o.rt.Logf(f, a...) }
func (o *order) FailNow()                  { o.rt.FailNow() }
func (o *order) Fail()                     { o.rt.Fail() }
func (o *order) Failed() bool              { return o.rt.Failed() }

func (o *order) end() {
	for _, f := range slices.Backward(o.ends) {
		f()
	}
}

// world is the office, and what a model knows of it.
type world struct {
	*apptest.Office
	t         *order
	rt        *rapid.T
	database  func(testing.TB) string
	folder    string
	identity  age.Identity
	staff     id.Account
	colleague id.Account
	book      book
	phones    []*sandbox.Phone
	spent     time.Duration // how long time went by
	restored  bool

	model
	words   []string           // all that were ever said
	erased  map[id.Person]bool // records, and those that had become one with them
	keys    map[id.Key]string  // that were destroyed, and whose they were
	backups []saved
	stances []stance // whatever was restored since
}

// model is what is there.
type model struct {
	people map[id.Person]*hers
	by     map[int]id.Person // whose record it is: by the phone
	links  []joining         // that hold, in the order in which they were made
}

// hers is what is kept about a person.
type hers struct {
	records []id.Person // hers, and those that became one with it
	said    []string    // words of messages and notes
	files   []sent
	agreed  int // and withdrew
	drafts  []begun
}

type sent struct {
	word string
	at   time.Time
}

type joining struct {
	id          id.Link
	stays, goes id.Person
	due         time.Time
}

type saved struct {
	name string
	then model
}

func (m model) copy() model {
	c := model{people: map[id.Person]*hers{}, by: maps.Clone(m.by), links: slices.Clone(m.links)}
	for p, h := range m.people {
		c.people[p] = &hers{slices.Clone(h.records), slices.Clone(h.said), slices.Clone(h.files), h.agreed, slices.Clone(h.drafts)}
	}
	return c
}

// leave takes a record out of what is there.
func (m *model) leave(p id.Person) {
	delete(m.people, p)
	maps.DeleteFunc(m.by, func(_ int, record id.Person) bool { return record == p })
	m.links = slices.DeleteFunc(m.links, func(l joining) bool { return l.stays == p || l.goes == p })
}

// live is one order: pairs that seldom meet, those of the nth, among acts by chance.
func live(t *order, rt *rapid.T, database func(testing.TB) string, nth int) {
	w := &world{t: t, rt: rt, database: database, folder: filepath.Join(t.TempDir(), "backups"), erased: map[id.Person]bool{}, keys: map[id.Key]string{},
		model: model{people: map[id.Person]*hers{}, by: map[int]id.Person{}}}
	identity, err := age.GenerateX25519Identity()
	w.must(err)
	w.identity = identity
	w.Office = apptest.OpenWith(t, database(t), apptest.Options{Config: func(c *app.Config) {
		c.Backup = backup.Config{Folder: w.folder, Recipients: []string{identity.Recipient().String()}}
	}})
	w.staff, w.colleague = id.Account(w.IDs.New()), id.Account(w.IDs.New())
	w.book = newBook(t, w.Office)
	for i := range 4 {
		w.phones = append(w.phones, w.Customer(fmt.Sprintf("Kanarie%dvogel", i), fmt.Sprintf("491760406900%d", i)))
	}
	acts := map[string]func(){"writes": w.writes, "writes again": w.writes, "sends a file": w.sends, "is answered": w.answers, "is noted": w.notes, "agrees": w.agrees, "withdraws": w.withdraws, "begins to write": w.begins, "discards what was begun": w.discards,
		"are linked": w.joins, "are linked again": w.joins, "are undone": w.undoes, "is erased": w.erases, "time goes by": w.passes, "a backup is made": w.saves, "a backup is restored": w.restores}
	names := slices.Sorted(maps.Keys(acts))
	for range 3 {
		w.writes()
	}
	for at := nth; at < len(pairs); at += fewOrders {
		w.steps(acts, names, 1, 4)
		w.pair(pairs[at])
		w.look()
	}
	w.steps(acts, names, 1, 4)
	w.look()
	w.saves()
	w.lookIntoTheBackup()
	w.bring(w.backups[len(w.backups)-1])
	w.look()
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(fn func(ctx context.Context, tx store.Tx) error) {
	w.t.Helper()
	w.must(w.DB.Write(w.t.Context(), fn))
}

// word is one that was never said before.
func (w *world) word() string {
	w.words = append(w.words, fmt.Sprintf("kanarienwort%04dgesagt", len(w.words)))
	return w.words[len(w.words)-1]
}

// somebody is one of those who are there; zero: there is nobody.
func (w *world) somebody(label string) id.Person {
	if len(w.people) == 0 {
		return id.Person{}
	}
	all := slices.SortedFunc(maps.Keys(w.people), id.Compare)
	return all[rapid.IntRange(0, len(all)-1).Draw(w.rt, label)]
}

// heard notes that the owner of a phone wrote: in her record, if there is one.
func (w *world) heard(phone int) *hers {
	w.Settle(w.t)
	k := w.Person(w.t, w.phones[phone])
	if k == nil {
		w.t.Fatalf("phone %d wrote, and nobody is known", phone)
	}
	record, known := w.by[phone]
	if known && record != k.ID || !known && w.people[k.ID] != nil {
		w.t.Fatalf("phone %d wrote to the record %s, whose is %v", phone, k.ID, w.by)
	}
	if !known {
		w.by[phone], w.people[k.ID] = k.ID, &hers{records: []id.Person{k.ID}}
	}
	return w.people[k.ID]
}

func (w *world) writes() {
	w.writesFrom(rapid.IntRange(0, len(w.phones)-1).Draw(w.rt, "phone"))
}

func (w *world) writesFrom(phone int) {
	word := w.word()
	w.phones[phone].Say(w.Number, word)
	h := w.heard(phone)
	h.said = append(h.said, word)
}

func (w *world) sends() {
	w.fileFrom(rapid.IntRange(0, len(w.phones)-1).Draw(w.rt, "phone"))
}

func (w *world) fileFrom(phone int) {
	word := w.word()
	_, err := w.phones[phone].SendFile(w.Number, "document", "application/pdf", []byte("%PDF-1.4 "+word), "")
	w.must(err)
	h := w.heard(phone)
	h.files = append(h.files, sent{word, w.Clock.Now()})
}

// sixSeconds is how long the queue lets pass between two messages to one person.
const sixSeconds = 6 * time.Second

// answers: the company sends a file, if it may.
func (w *world) answers() {
	p := w.somebody("person")
	if p.IsZero() {
		return
	}
	before := w.Count(w.t, "message", "outgoing = ? AND contact_id = ?", true, p)
	word := w.word()
	w.Clock.Advance(sixSeconds)
	sendsAFile(w.t, w.Office, p, "%PDF-1.4 "+word)
	w.people[p].files = append(w.people[p].files, sent{word, w.Clock.Now()})
	if w.Count(w.t, "message", "outgoing = ? AND contact_id = ?", true, p) == before {
		w.people[p].files = w.people[p].files[:len(w.people[p].files)-1] // outside the window: on the shelf, and sent to nobody
	}
}

func (w *world) notes() {
	if p := w.somebody("person"); !p.IsZero() {
		w.noted(p)
	}
}

func (w *world) noted(p id.Person) {
	word := w.word()
	threads, err := w.Threads.OfContact(w.t.Context(), w.DB, w.Org.ID, p)
	w.must(err)
	w.do(func(ctx context.Context, tx store.Tx) error {
		return w.Work.Write(ctx, tx, assignment.Thread{Org: w.Org.ID, ID: threads[0].ID, Contact: p}, w.staff, word, nil)
	})
	w.people[p].said = append(w.people[p].said, word)
}

func (w *world) joins() {
	stays, goes := w.somebody("stays"), w.somebody("goes")
	if stays != goes && !w.linked(stays, goes) {
		w.link(stays, goes)
	}
}

func (w *world) link(stays, goes id.Person) {
	w.do(func(ctx context.Context, tx store.Tx) error {
		l, err := w.Links.Join(ctx, tx, w.Org.ID, stays, goes, knownFrom, w.staff)
		if err == nil && l.State == link.Asked { // a second person is asked, and agrees
			if err = w.Links.Decided(ctx, tx, w.Org.ID, l.ID.String(), true, id.Account(w.IDs.New())); err == nil {
				l, err = w.Links.Get(ctx, tx, w.Org.ID, l.ID)
			}
		}
		if err == nil && l.State != link.Linked {
			err = fmt.Errorf("the link is %s", l.State)
		}
		w.links = append(w.links, joining{l.ID, stays, goes, l.Due})
		return err
	})
}

func (w *world) undoes() {
	if len(w.links) == 0 {
		return
	}
	w.undo(rapid.IntRange(0, len(w.links)-1).Draw(w.rt, "link"))
}

func (w *world) undo(at int) {
	if !w.Clock.Now().Before(w.links[at].due) {
		return
	}
	w.do(func(ctx context.Context, tx store.Tx) error {
		_, err := w.Links.Undo(ctx, tx, w.Org.ID, w.links[at].id, w.staff)
		return err
	})
	w.links = slices.Delete(w.links, at, at+1)
}

func (w *world) erases() {
	if p := w.somebody("person"); !p.IsZero() {
		w.erase(p)
	}
}

func (w *world) erase(p id.Person) {
	keys, err := store.Collect(w.t.Context(), w.DB, store.One[id.Key], "SELECT id FROM data_key WHERE org_id = ? AND owner_id = ?", w.Org.ID, p)
	w.must(err)
	for _, l := range w.links {
		if l.stays == p || l.goes == p { // the reason goes with her
			more, err := store.Collect(w.t.Context(), w.DB, store.One[id.Key], "SELECT id FROM data_key WHERE org_id = ? AND owner_id = ?", w.Org.ID, l.id)
			w.must(err)
			keys = append(keys, more...)
		}
	}
	if len(keys) == 0 {
		w.t.Fatalf("%s has no key", p)
	}
	var ordered erasure.Procedure
	w.do(func(ctx context.Context, tx store.Tx) (err error) {
		ordered, err = w.Erasure.Begin(ctx, tx, w.Org.ID, p, erasure.Order{Source: "desk"})
		return err
	})
	w.Until(w.t, "the erasure is done", func() bool {
		now, err := w.Erasure.Get(w.t.Context(), w.DB, w.Org.ID, ordered.ID)
		w.must(err)
		return now.Step == erasure.Done
	})
	for _, record := range w.people[p].records {
		w.erased[record] = true
	}
	for _, k := range keys {
		w.keys[k] = p.String()
	}
	w.leave(p)
}

// spentMost is less than messages are kept.
const spentMost = 300 * 24 * time.Hour

// passes: time goes by, links become one, and what has been kept long enough
// goes.
func (w *world) passes() {
	w.pass(rapid.SampledFrom([]time.Duration{time.Hour, 24 * time.Hour, 8 * 24 * time.Hour, 8 * 24 * time.Hour, 100 * 24 * time.Hour}).Draw(w.rt, "for"))
}

func (w *world) pass(d time.Duration) {
	if w.spent += d; w.spent > spentMost {
		w.spent -= d
		return
	}
	w.Clock.Advance(d)
	w.must(w.Links.MergeDue(w.t.Context(), w.DB, w.Orgs.IDs))
	now := w.Clock.Now()
	for { // in the order in which they were made
		due := slices.IndexFunc(w.links, func(l joining) bool { return !now.Before(l.due) })
		if due < 0 {
			break
		}
		w.become(w.links[due].goes, w.links[due].stays)
	}
	w.App.Expire(w.t.Context())
	w.do(func(ctx context.Context, tx store.Tx) error { return w.Retention.Start(ctx, tx, w.Org.ID, false) })
	w.Until(w.t, "the retention run has ended", func() bool {
		all, err := retention.Runs(w.t.Context(), w.DB, w.Org.ID, 1)
		w.must(err)
		return !all[0].Ended.IsZero()
	})
	for _, h := range w.people {
		h.files = slices.DeleteFunc(h.files, func(f sent) bool { return f.at.Before(now.Add(-90 * 24 * time.Hour)) })
		h.drafts = slices.DeleteFunc(h.drafts, func(b begun) bool { return b.at.Before(now.Add(-draft.Life)) })
	}
}

// become makes two one, in the model.
func (w *world) become(from, into id.Person) {
	gone, stays := w.people[from], w.people[into]
	stays.records, stays.said, stays.files = append(stays.records, gone.records...), append(stays.said, gone.said...), append(stays.files, gone.files...)
	stays.agreed += gone.agreed
	stays.drafts = together(stays.drafts, gone.drafts)
	delete(w.people, from)
	for phone, record := range w.by {
		if record == from {
			w.by[phone] = into
		}
	}
	other := func(l joining) id.Person {
		if l.stays == into {
			return l.goes
		}
		return l.stays
	}
	held := map[id.Person]bool{into: true}
	for _, l := range w.links {
		if l.stays != from && l.goes != from && (l.stays == into || l.goes == into) {
			held[other(l)] = true
		}
	}
	var left []joining
	for _, l := range w.links {
		if l.stays == from {
			l.stays = into
		} else if l.goes == from {
			l.goes = into
		} else {
			left = append(left, l)
			continue
		}
		if l.stays != l.goes && !held[other(l)] {
			held[other(l)] = true
			left = append(left, l)
		}
	}
	w.links = left
}

func (w *world) saves() {
	taken, err := house.TakeBackup(w.t.Context(), &w.Engine, false)
	w.must(err)
	w.backups = append(w.backups, saved{taken.Name, w.copy()})
	names, err := backup.Names(w.t.Context(), backup.Folder(w.folder)) // those that are still kept
	w.must(err)
	w.backups = slices.DeleteFunc(w.backups, func(s saved) bool { return !slices.Contains(names, s.name) })
	w.Clock.Advance(time.Minute) // the next one has another name
}

func (w *world) restores() {
	if len(w.backups) > 0 {
		w.bring(w.backups[rapid.IntRange(0, len(w.backups)-1).Draw(w.rt, "backup")])
	}
}

// bring restores a backup into a new place, and goes on there.
func (w *world) bring(s saved) {
	c := w.Config
	c.Data, c.Database = w.t.TempDir(), w.database(w.t)
	if path, lite := strings.CutPrefix(c.Database, "sqlite:"); lite {
		c.Data, c.Database = filepath.Dir(path), ""
	}
	from := backup.From{Target: backup.Folder(w.folder), Identities: []age.Identity{w.identity}, Installations: []string{w.Signer.Installation()}, Name: s.name}
	w.must(w.Copier().Copy(w.t.Context()))
	w.End(w.t)
	w.restored = true
	_, err := house.Restore(w.t.Context(), c, from, backup.Load)
	w.must(err)
	before := w.Office
	w.Office = before.Join(w.t, func(to *app.Config) { to.Data, to.Database, to.RootKey = c.Data, c.Database, "" })
	w.Sandbox.SetWebhookURL(w.URL + "/webhooks/whatsapp")
	w.book.o = w.Office
	w.model = s.then.copy()
	for p, h := range w.people {
		if slices.ContainsFunc(h.records, func(record id.Person) bool { return w.erased[record] }) {
			w.leave(p)
		}
	}
	w.Settle(w.t)
}
