package processors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestHowAnAgreementStands(t *testing.T) {
	good := processors.Processor{Detail: processors.Detail{Name: "Beispiel-Hosting", Country: "DE", Mechanism: place.NotNeeded},
		ValidFrom: now.AddDate(-1, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, 6, 0), Filed: true}
	for _, c := range []struct {
		name   string
		change func(*processors.Processor)
		want   processors.State
		covers bool
	}{
		{"all well", func(*processors.Processor) {}, processors.Valid, true},
		{"no agreement", func(p *processors.Processor) { p.ValidUntil = time.Time{} }, processors.Missing, false},
		{"not yet", func(p *processors.Processor) { p.ValidFrom = now.Add(time.Hour) }, processors.Missing, false},
		{"ends this very moment", func(p *processors.Processor) { p.ValidUntil = now }, processors.Expired, false},
		{"a look is overdue", func(p *processors.Processor) { p.ReviewAt = now }, processors.ReviewDue, true},
		{"the paper is missing", func(p *processors.Processor) { p.Filed = false }, processors.Unfiled, true},
		{"in the USA without a footing", func(p *processors.Processor) { p.Detail.Country = "US" }, processors.Unlawful, false},
		{"in the USA with clauses", func(p *processors.Processor) { p.Detail.Country, p.Detail.Mechanism = "US", place.Clauses }, processors.Valid, true},
		{"no longer used", func(p *processors.Processor) { p.Ended = now }, processors.Closed, false},
	} {
		p := good
		c.change(&p)
		if got := p.State(now); got != c.want || p.Covers(now) != c.covers {
			t.Errorf("%s: %s, covers %v; want %s, %v", c.name, got, p.Covers(now), c.want, c.covers)
		}
	}
}

type world struct {
	db      *store.DB
	orgs    *org.Registry
	desk    *processors.Register
	org     id.Org
	channel id.Channel
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	v := vaulttest.Open(t, db)
	clock := func() time.Time { return now }
	w := &world{db: db, orgs: org.New(db, v, id.System(), clock)}
	w.desk = processors.New(v, id.System(), clock, w.orgs)
	w.orgs.Guard(processors.MayStart)
	o, err := w.orgs.Create(t.Context(), "beispiel", "Beispiel GmbH", org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.orgs.AddChannel(t.Context(), org.Channel{Org: o.ID, App: "app", PhoneNumberID: "1", WABA: "2"}, "token")
	if err != nil {
		t.Fatal(err)
	}
	w.org, w.channel = o.ID, c.ID
	return w
}

func (w *world) write(do func(context.Context, store.Tx) error) error {
	return w.db.Write(context.Background(), do)
}

func (w *world) start() error {
	return w.write(func(ctx context.Context, tx store.Tx) error { return w.orgs.Start(ctx, tx, w.org, w.channel, "") })
}

func (w *world) covered(t *testing.T) bool {
	t.Helper()
	c, err := w.orgs.Channel(t.Context(), w.db, w.org, w.channel)
	if err != nil {
		t.Fatal(err)
	}
	return c.AgreementValid(now)
}

func TestANumberIsInServiceOnlyUnderAnAgreement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		if err := w.start(); !errors.Is(err, org.ErrNoAgreement) {
			t.Fatalf("a number without an agreement: %v", err)
		}
		p := processors.Processor{Detail: processors.Detail{Name: "WhatsApp Ireland Ltd.", Country: "ie", Mechanism: place.NotNeeded},
			ValidFrom: now.AddDate(0, -1, 0), ValidUntil: now.AddDate(1, 0, 0), Channels: []id.Channel{w.channel}}
		if err := w.write(func(ctx context.Context, tx store.Tx) (err error) {
			p.ID, err = w.desk.Save(ctx, tx, w.org, p)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if !w.covered(t) {
			t.Fatal("the agreement does not cover the number")
		}
		if err := w.start(); err != nil {
			t.Fatal(err)
		}
		p.Ended = now
		if err := w.write(func(ctx context.Context, tx store.Tx) error { _, err := w.desk.Save(ctx, tx, w.org, p); return err }); err != nil {
			t.Fatal(err)
		}
		if w.covered(t) {
			t.Fatal("the agreement has ended and still covers the number")
		}
	})
}

func TestABadEntryIsRefused(t *testing.T) {
	w := open(t, storetest.Open(t, storetest.SQLite(t)))
	for _, c := range []struct {
		name string
		d    processors.Detail
		want error
	}{
		{"no name", processors.Detail{Country: "DE", Mechanism: place.NotNeeded}, processors.ErrName},
		{"a country in words", processors.Detail{Name: "x", Country: "Irland", Mechanism: place.NotNeeded}, processors.ErrCountry},
		{"the USA without a footing", processors.Detail{Name: "x", Country: "US", Mechanism: place.NotNeeded}, processors.ErrUnlawful},
	} {
		err := w.write(func(ctx context.Context, tx store.Tx) error {
			_, err := w.desk.Save(ctx, tx, w.org, processors.Processor{Detail: c.d})
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	all, err := w.desk.List(t.Context(), w.db, w.org)
	if err != nil || len(all) != 0 {
		t.Fatalf("refused entries are stored: %v, %v", all, err)
	}
}

func TestTheAgreementItselfIsFiledSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		paper := []byte("%PDF-1.7 Vertrag zur Auftragsverarbeitung")
		var at id.Processor
		err := w.write(func(ctx context.Context, tx store.Tx) (err error) {
			if at, err = w.desk.Save(ctx, tx, w.org, processors.Processor{Detail: processors.Detail{Name: "Hosting", Country: "DE", Mechanism: place.NotNeeded}}); err != nil {
				return err
			}
			return w.desk.File(ctx, tx, w.org, at, "avv.pdf", "application/pdf", paper)
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.desk.Document(t.Context(), db, w.org, at)
		if err != nil || string(got) != string(paper) {
			t.Fatalf("document: %q, %v", got, err)
		}
		var raw []byte
		if err := db.QueryRow(t.Context(), "SELECT document FROM processor WHERE org_id = ?", w.org).Scan(&raw); err != nil || string(raw) == string(paper) {
			t.Fatalf("the document lies open: %v", err)
		}
		if _, err := w.desk.Document(t.Context(), db, w.org, id.Processor(id.System().New())); !errors.Is(err, processors.ErrNotFound) {
			t.Fatalf("a stranger's document: %v", err)
		}
	})
}

func TestOneSwitchStopsAllSending(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		if err := w.write(func(ctx context.Context, tx store.Tx) error {
			if err := w.orgs.SetAgreement(ctx, tx, w.org, w.channel, now.AddDate(1, 0, 0)); err != nil {
				return err
			}
			return w.desk.Stop(ctx, tx, w.org, id.Account(id.System().New()), []id.Channel{w.channel})
		}); err != nil {
			t.Fatal(err)
		}
		c, err := w.orgs.Channel(t.Context(), db, w.org, w.channel)
		if err != nil || c.Active || c.StopReason != processors.StopReason {
			t.Fatalf("the number still sends: %+v, %v", c, err)
		}
		if err := w.start(); !errors.Is(err, processors.ErrStopped) {
			t.Fatalf("a number starts in spite of the stop: %v", err)
		}
		if err := w.write(func(ctx context.Context, tx store.Tx) error { return w.desk.Resume(ctx, tx, w.org) }); err != nil {
			t.Fatal(err)
		}
		if err := w.start(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTransfersAreCountedByRecipient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error {
			err := tx.InsertMany(ctx, store.Insert{Into: "transfer (day, recipient, calls, bytes_out, bytes_in)"}, [][]any{
				{"2026-10-31", "meta", int64(9), int64(9), int64(9)}, {"2026-11-01", "meta", int64(2), int64(100), int64(50)},
				{"2026-11-25", "meta", int64(3), int64(10), int64(5)}, {"2026-11-02", "former", int64(1), int64(1), int64(1)}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		all, err := processors.Transfers(t.Context(), db, []egress.Destination{{Name: "mail"}, {Name: "meta"}}, now.AddDate(0, 0, -24), now)
		if err != nil || len(all) != 3 {
			t.Fatalf("%v, %v", all, err)
		}
		if m := all[1]; m.Calls != 5 || m.BytesOut != 110 || m.BytesIn != 55 || m.First != "2026-11-01" || m.Last != "2026-11-25" {
			t.Errorf("meta: %+v", m)
		}
		if all[0].Calls != 0 || all[2].Destination.Name != "former" {
			t.Errorf("the rest: %+v", all)
		}
	})
}
