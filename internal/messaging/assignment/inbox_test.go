package assignment_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/messaging/conversation"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/test/storetest"
	"einklang/internal/test/vaulttest"
)

type world struct {
	t       *testing.T
	db      *store.DB
	now     time.Time
	org     id.Org
	channel id.Channel
	book    *contact.Book
	threads *conversation.Threads
	desk    *assignment.Assignments
	touched []id.Person
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), org: id.Org(id.System().New()), channel: id.Channel(id.System().New())}
	clock := func() time.Time { return w.now }
	v := vaulttest.Open(t, db)
	w.threads = conversation.New(v, id.System(), clock, nil)
	w.threads.ViewBy(assignment.MentionedIn, assignment.LabelledWith)
	w.book = contact.New(v, id.System(), clock, w.threads.Merge, func(ctx context.Context, tx store.Tx, org id.Org, from, into id.Person) error {
		return w.desk.Merge(ctx, tx, org, from, into)
	})
	w.desk = assignment.New(id.System(), clock, w.threads, w.book, func(_ context.Context, _ store.Tx, _ id.Org, people ...id.Person) error {
		w.touched = append(w.touched, people...)
		return nil
	})
	w.do(func(ctx context.Context, tx store.Tx) error { return v.CreateOrg(ctx, tx, w.org) })
	return w
}

func (w *world) do(fn func(context.Context, store.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// writes lets a person write a message.
func (w *world) writes(s contact.Sighting, wamid string) assignment.Thread {
	w.t.Helper()
	var p *chat.Known
	w.do(func(ctx context.Context, tx store.Tx) error {
		people, err := w.book.Resolve(ctx, tx, w.org, []contact.Sighting{s})
		if err != nil {
			return err
		}
		p = people[0]
		_, err = w.threads.AddIncoming(ctx, tx, w.org, []conversation.Incoming{{Channel: w.channel, WAMID: wamid, At: w.now,
			Writer: conversation.Writer{Contact: p.ID, Keys: p.Keys}, Body: chat.Body{Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "Hallo"}}}}})
		return err
	})
	all, err := w.threads.OfContact(w.t.Context(), w.db, w.org, p.ID)
	if err != nil || len(all) == 0 {
		w.t.Fatal(all, err)
	}
	return assignment.Thread{Org: w.org, ID: all[0].ID, Contact: p.ID}
}

func (w *world) list(f conversation.Filter) (ids []id.Conversation) {
	w.t.Helper()
	all, err := w.threads.List(w.t.Context(), w.db, w.org, f, conversation.Place{}, 50)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	return ids
}

func (w *world) sees(f conversation.Filter, want ...id.Conversation) {
	w.t.Helper()
	got := w.list(f)
	if len(got) != len(want) {
		w.t.Fatalf("%s: %d conversations, want %d", f.View, len(got), len(want))
	}
	for _, one := range want {
		if !slices.Contains(got, one) {
			w.t.Fatalf("%s lacks %s", f.View, one)
		}
	}
}

func TestEveryViewShowsItsConversations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		me, other := id.Account(id.System().New()), id.Account(id.System().New())
		a := w.writes(contact.Sighting{Phone: "4917604069001", Name: "A"}, "wamid.a")
		b := w.writes(contact.Sighting{Phone: "4917604069002", Name: "B"}, "wamid.b")
		c := w.writes(contact.Sighting{BSUID: "DE.1", Name: "C"}, "wamid.c")
		var team id.Team
		var label id.Label
		w.do(func(ctx context.Context, tx store.Tx) (err error) {
			if team, err = w.desk.SaveTeam(ctx, tx, w.org, assignment.Team{Name: "Service", Assignment: assignment.RoundRobin, Target: time.Hour, Members: []id.Account{me, other}}); err != nil {
				return err
			}
			if label, err = w.desk.SaveLabel(ctx, tx, w.org, assignment.Label{Name: "Stammkunde", Colour: "teal"}); err != nil {
				return err
			}
			return errors.Join(
				w.desk.GiveToTeam(ctx, tx, a, other, team, map[id.Account]bool{me: true}, "", nil),
				w.desk.SetLabel(ctx, tx, w.org, b.Contact, label, true),
				w.desk.Write(ctx, tx, c, other, "@Mia bitte", []assignment.Colleague{{Account: me, Name: "Mia"}}),
			)
		})
		w.sees(conversation.Filter{View: conversation.ViewOpen}, a.ID, b.ID, c.ID)
		w.sees(conversation.Filter{View: conversation.ViewMine, Account: me}, a.ID)
		w.sees(conversation.Filter{View: conversation.ViewMine, Account: other})
		w.sees(conversation.Filter{View: conversation.ViewTeam, Team: team}, a.ID)
		w.sees(conversation.Filter{View: conversation.ViewUnassigned}, b.ID, c.ID)
		w.sees(conversation.Filter{View: conversation.ViewLabel, Label: label}, b.ID)
		w.sees(conversation.Filter{View: conversation.ViewMentioned, Account: me}, c.ID)
		if !slices.Contains(w.touched, b.Contact) {
			t.Error("nobody was told of the new label")
		}

		w.do(func(ctx context.Context, tx store.Tx) error {
			return errors.Join(w.desk.Looked(ctx, tx, w.org, me, c.ID), w.desk.Snooze(ctx, tx, b, me, w.now.Add(time.Hour)), w.desk.SetClosed(ctx, tx, a, me, true))
		})
		w.sees(conversation.Filter{View: conversation.ViewMentioned, Account: me})
		w.sees(conversation.Filter{View: conversation.ViewSnoozed}, b.ID)
		w.sees(conversation.Filter{View: conversation.ViewClosed}, a.ID)
		w.sees(conversation.Filter{View: conversation.ViewOpen}, c.ID)

		w.now = w.now.Add(time.Hour) // the snooze is over; the closed one writes again
		w.do(func(ctx context.Context, tx store.Tx) error { return w.threads.Wake(ctx, tx, w.org) })
		w.writes(contact.Sighting{Phone: "4917604069001"}, "wamid.a2")
		w.sees(conversation.Filter{View: conversation.ViewOpen}, a.ID, b.ID, c.ID)
	})
}

func TestWhoWritesIsNoLongerPutOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		a := w.writes(contact.Sighting{Phone: "4917604069001"}, "wamid.a")
		w.do(func(ctx context.Context, tx store.Tx) error {
			return w.desk.Snooze(ctx, tx, a, id.Account{}, w.now.AddDate(0, 0, 3))
		})
		w.sees(conversation.Filter{View: conversation.ViewOpen})
		w.writes(contact.Sighting{Phone: "4917604069001"}, "wamid.b")
		w.sees(conversation.Filter{View: conversation.ViewOpen}, a.ID)
		for _, until := range []time.Time{w.now, w.now.AddDate(2, 0, 0)} {
			err := db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error { return w.desk.Snooze(ctx, tx, a, id.Account{}, until) })
			if !errors.Is(err, assignment.ErrSnooze) {
				t.Errorf("until %s: %v", until, err)
			}
		}
	})
}

func TestNotesFollowAPersonAndGoWithHer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		byPhone := w.writes(contact.Sighting{Phone: "4917604069001", Name: "A"}, "wamid.a")
		byUser := w.writes(contact.Sighting{BSUID: "DE.1", Name: "A"}, "wamid.b")
		me := id.Account(id.System().New())
		w.do(func(ctx context.Context, tx store.Tx) error {
			return errors.Join(w.desk.Write(ctx, tx, byPhone, me, "Notiz über die Nummer", nil), w.desk.Write(ctx, tx, byUser, me, "Notiz über die Kennung", nil))
		})
		var raw []byte
		if err := db.QueryRow(t.Context(), "SELECT body FROM work_item WHERE org_id = ? LIMIT 1", w.org).Scan(&raw); err != nil || len(raw) == 0 || slices.Contains([]string{"Notiz über die Nummer", "Notiz über die Kennung"}, string(raw)) {
			t.Fatalf("a note lies open: %q, %v", raw, err)
		}
		one := w.writes(contact.Sighting{Phone: "4917604069001", BSUID: "DE.1"}, "wamid.c") // both are one person
		items, err := w.desk.Items(t.Context(), db, one, 10)
		if err != nil || len(items) != 2 || items[0].Words != "Notiz über die Nummer" || items[1].Words != "Notiz über die Kennung" {
			t.Fatalf("%+v, %v", items, err)
		}
		w.do(func(ctx context.Context, tx store.Tx) error {
			_, _, err := w.desk.Erase(ctx, tx, w.org, one.Contact)
			return err
		})
		if items, err = w.desk.Items(t.Context(), db, one, 10); err != nil || len(items) != 0 {
			t.Fatalf("after deleting: %v, %v", items, err)
		}
	})
}

func TestQuickReplies(t *testing.T) {
	w := open(t, storetest.Open(t, storetest.SQLite(t)))
	save := func(q assignment.QuickReply) error {
		return w.db.Write(context.Background(), func(ctx context.Context, tx store.Tx) error { return w.desk.SaveQuickReply(ctx, tx, w.org, q) })
	}
	for _, c := range []struct {
		name string
		q    assignment.QuickReply
		want error
	}{
		{"good", assignment.QuickReply{Shortcut: " Gruß ", Body: "Guten Tag {name}, hier ist {agent} von {company}."}, nil},
		{"the same again", assignment.QuickReply{Shortcut: "gruß", Body: "x"}, assignment.ErrTaken},
		{"with a space", assignment.QuickReply{Shortcut: "gu ten", Body: "x"}, assignment.ErrShortcut},
		{"without words", assignment.QuickReply{Shortcut: "leer", Body: "  "}, assignment.ErrEmpty},
	} {
		if err := save(c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	all, err := w.desk.QuickReplies(t.Context(), w.db, w.org)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if got := all[0].Fill("Frau Beispiel", "Alex", "Beispiel GmbH", map[string]string{"Tarif": "Groß"}); got != "Guten Tag Frau Beispiel, hier ist Alex von Beispiel GmbH." {
		t.Error(got)
	}
}
