package app_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/link"
	"einklang/internal/phones/addressbook"
	"einklang/internal/rights/access"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

const knownFrom = "Erkennt ihre Kundennummer 4711 wieder"

// twins are two people who have each written, with their conversations.
func twins(t *testing.T, o *apptest.Office) (one, other *chat.Known, threads [2]string) {
	t.Helper()
	a, b := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("E. Mustermann", "4917604069002")
	a.Say(o.Number, "Guten Tag")
	b.Say(o.Number, "Ich bin es noch einmal")
	o.Settle(t)
	one, other = o.Person(t, a), o.Person(t, b)
	return one, other, [2]string{thread(t, o, one.ID).ID.String(), thread(t, o, other.ID).ID.String()}
}

// joined links two records as staff of whom nobody else could decide.
func joined(t *testing.T, o *apptest.Office, stays, goes id.Person) (l link.Link) {
	t.Helper()
	o.Write(t, func(tx store.Tx) (err error) {
		l, err = o.Links.Join(t.Context(), tx, o.Org.ID, stays, goes, knownFrom, id.Account{1})
		if err != nil || l.State != link.Asked {
			return err
		}
		if err = o.Links.Decided(t.Context(), tx, o.Org.ID, l.ID.String(), true, id.Account{2}); err == nil {
			l, err = o.Links.Get(t.Context(), tx, o.Org.ID, l.ID)
		}
		return err
	})
	if l.State != link.Linked {
		t.Fatalf("the link is %s", l.State)
	}
	return l
}

// allRows are all rows of some tables, as text.
func allRows(t *testing.T, o *apptest.Office, names ...string) string {
	t.Helper()
	tables, err := store.Tables(t.Context(), o.DB, o.DB.Engine())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, table := range tables {
		if !slices.Contains(names, table.Name) {
			continue
		}
		var columns []string
		for _, c := range table.Columns {
			columns = append(columns, c.Name)
		}
		found, err := store.Collect(t.Context(), o.DB, func(row store.Row) (string, error) {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			err := row.Scan(into...)
			return fmt.Sprintf("%s %x", table.Name, values), err
		}, "SELECT "+strings.Join(columns, ", ")+" FROM "+table.Name)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d rows, %v", table.Name, len(found), err)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// Staff say why two records are one; where both are known to WhatsApp somebody
// else agrees, and not who asked. Then each page names the other, and a click
// takes it back: but for the logs everything is as it was.
func TestTwoRecordsAreLinkedAndUndoneByAClick(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		admin, dpo := o.SignIn(t, user.Admin), o.SignIn(t, user.DPO)
		one, other, threads := twins(t, o)
		o.Agree(t, one.ID, "service")
		kept := []string{"contact", "identity", "conversation", "message", "consent", "consent_event", "name_word"}
		before := allRows(t, o, kept...)
		path, form := "/people/"+one.ID.String()+"/merge", url.Values{"other": {other.ID.String()}}
		if status, page := submit(t, o, admin, path, form); status != http.StatusConflict || !strings.Contains(page, "Bitte schreiben Sie, woher Sie wissen") {
			t.Fatalf("without a reason: %d", status)
		}
		form.Set("reason", knownFrom)
		if status, page := submit(t, o, admin, path, form); status != http.StatusOK || !strings.Contains(page, "Wartet auf eine zweite Person") {
			t.Fatalf("asking: %d\n%s", status, page)
		}
		if n := o.Count(t, "contact", "linked IS NOT NULL"); n != 0 {
			t.Fatal("linked before anybody else has agreed")
		}
		if status, page := submit(t, o, admin, "/people/"+other.ID.String()+"/merge", url.Values{"other": {one.ID.String()}, "reason": {"noch einmal"}}); status != http.StatusConflict || !strings.Contains(page, "schon verknüpft") {
			t.Errorf("the same two again, the other way round: %d", status)
		}
		_, page := visit(t, o, dpo, "/desk/approvals")
		decide := grants.FindString(page)
		if decide == "" || !strings.Contains(page, knownFrom) || !strings.Contains(page, "/links/") {
			t.Fatalf("the second person is not told:\n%s", page)
		}
		if status, _ := submit(t, o, admin, decide, url.Values{"do": {"grant"}}); status != http.StatusForbidden {
			t.Errorf("who asked grants herself: %d", status)
		}
		if status, page := submit(t, o, dpo, decide, url.Values{"do": {"grant"}}); status != http.StatusOK {
			t.Fatalf("the grant: %d\n%s", status, page)
		}
		staff := map[string]string{}
		all, err := o.Users.List(t.Context(), o.DB, o.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			staff[string(l.Role)] = l.Name
		}
		for i, name := range []string{"E. Mustermann", "Erika Mustermann"} {
			status, page := visit(t, o, admin, "/inbox/"+threads[i])
			for _, want := range []string{"Verknüpft mit " + name, knownFrom, staff["admin"], staff["dpo"], "/inbox/" + threads[1-i], "Verknüpfung aufheben"} {
				if status != http.StatusOK || !strings.Contains(page, want) {
					t.Errorf("the page of the %d. record does not name %q (%d)", i+1, want, status)
				}
			}
		}
		links, err := o.Links.Of(t.Context(), o.DB, o.Org.ID, other.ID)
		if err != nil || len(links) != 1 || links[0].State != link.Linked || links[0].Second.IsZero() || links[0].Second == links[0].By {
			t.Fatal(links, err)
		}
		if n := o.Count(t, "evidence_entry", "kind = 'link.linked'"); n != 2 {
			t.Errorf("%d of the two have the proof", n)
		}
		if sealed := o.Count(t, "person_link", "reason = ?", []byte(knownFrom)); sealed != 0 {
			t.Error("the reason lies in clear")
		}
		if status, page := submit(t, o, admin, "/links/"+links[0].ID.String()+"/undo", nil); status != http.StatusOK || !strings.Contains(page, "Zurückgenommen") {
			t.Fatalf("the undoing: %d\n%s", status, page)
		}
		if after := allRows(t, o, kept...); after != before {
			t.Errorf("something else has changed:\n%s\n\n%s", before, after)
		}
		for _, act := range []string{"person.linked", "person.unlinked"} {
			if n := o.Count(t, "audit_object", "entry_id IN (SELECT id FROM audit WHERE act = ?)", act); n != 2 {
				t.Errorf("%s names %d people", act, n)
			}
		}
		if status, _ := submit(t, o, admin, "/links/"+links[0].ID.String()+"/undo", nil); status != http.StatusConflict {
			t.Errorf("undone again: %d", status)
		}
		o.Clock.Advance(2 * link.Undoable)
		mergeDue(t, o)
		if n := o.Count(t, "contact", "state = 'merged'"); n != 0 {
			t.Error("what was undone was merged")
		}
	})
}

func mergeDue(t *testing.T, o *apptest.Office) {
	t.Helper()
	if err := o.Links.MergeDue(t.Context(), o.DB, o.Orgs.IDs); err != nil {
		t.Error(err)
	}
}

// A week after they were linked the two become one, once, on however many
// nodes the round comes; before, nothing happens. A question that nobody has
// decided in a week is over.
func TestAWeekLaterTheyAreOne(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		one, other, _ := twins(t, o)
		l := joined(t, o, one.ID, other.ID)
		o.Clock.Advance(link.Undoable - time.Minute)
		mergeDue(t, o)
		if n := o.Count(t, "contact", "state = 'merged'"); n != 0 {
			t.Fatal("merged before the week was over")
		}
		o.Clock.Advance(time.Minute)
		if _, err := undone(t, o, l.ID); !errors.Is(err, link.ErrOver) {
			t.Errorf("undone when the week was over: %v", err)
		}
		var nodes sync.WaitGroup
		for range 2 {
			nodes.Go(func() { mergeDue(t, o) })
		}
		nodes.Wait()
		if k, err := o.People.Get(t.Context(), o.DB, o.Org.ID, other.ID); err != nil || k.ID != one.ID {
			t.Error("the two are not one", err)
		}
		if n := o.Count(t, "person_link", "state = 'merged' AND contact_id = ? AND other_id = ?", one.ID, other.ID); n != 1 {
			t.Error("the link does not say what became of it")
		}
		if n := o.Count(t, "contact", "linked IS NOT NULL"); n != 0 {
			t.Error("somebody is still marked as linked")
		}
		thread(t, o, one.ID)
	})
}

func undone(t *testing.T, o *apptest.Office, l id.Link) (after link.Link, err error) {
	t.Helper()
	err = o.Allow(t, func(tx store.Tx) (err error) {
		after, err = o.Links.Undo(t.Context(), tx, o.Org.ID, l, id.Account{1})
		return err
	})
	return after, err
}

// What restricts in one record restricts in the other, in the gate, in the
// books of the phones and in the flags that imports ask, in both directions and
// through a chain; and no longer once the link is undone.
func TestTheStricterFlagHoldsWhileLinked(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		one, other, _ := twins(t, o)
		third := o.Customer("Erika M.", "4917604069003")
		third.Say(o.Number, "Hallo")
		o.Settle(t)
		last := o.Person(t, third)
		for _, p := range []*chat.Known{one, other, last} {
			o.Agree(t, p.ID, "service")
		}
		refresh := func() {
			if err := o.Books.Refresh(ctx, o.Org.ID); err != nil {
				t.Fatal(err)
			}
		}
		present := func(p id.Person) bool {
			return o.Count(t, "book_entry", "kind = ? AND contact_id = ? AND present", string(addressbook.Consenting), p) == 1
		}
		green := func(p id.Person) bool {
			strip, err := o.Outbox.Light(ctx, o.DB, o.Org.ID, p, o.Channel.ID)
			if err != nil {
				t.Fatal(err)
			}
			return strip.Colour == "green"
		}
		a, b := joined(t, o, one.ID, other.ID), joined(t, o, other.ID, last.ID)
		for _, c := range []struct {
			flag       contact.Flag
			gate, book bool // whether it stops a reply, and takes the card away
		}{
			{contact.Blocked, true, true}, {contact.OptedOut, true, true}, {contact.Restricted, true, true},
			{contact.Objected, false, false}, {contact.Minor, false, false}, // either stops advertising alone
		} {
			for _, direction := range [][2]id.Person{{one.ID, last.ID}, {last.ID, one.ID}} {
				name := fmt.Sprintf("%s from %v", c.flag, direction[0] == one.ID)
				set := func(on bool) {
					o.Write(t, func(tx store.Tx) error { return o.People.SetFlag(ctx, tx, o.Org.ID, direction[0], c.flag, on) })
					refresh()
				}
				set(true)
				k, err := o.People.Get(ctx, o.DB, o.Org.ID, direction[1])
				if err != nil || k.InForce() == (chat.Flags{}) || k.Flags != (chat.Flags{}) {
					t.Errorf("%s: the other has %+v, in force %+v (%v)", name, k.Flags, k.InForce(), err)
				}
				if green(direction[1]) == c.gate || present(direction[1]) == c.book {
					t.Errorf("%s: the light is green: %v, in the book: %v", name, green(direction[1]), present(direction[1]))
				}
				set(false)
				if !green(direction[1]) || !present(direction[1]) {
					t.Errorf("%s: it still holds after it was lifted", name)
				}
			}
		}
		// Undone in the middle of the chain, it holds on one side only.
		o.Write(t, func(tx store.Tx) error { return o.People.SetFlag(ctx, tx, o.Org.ID, one.ID, contact.Blocked, true) })
		if _, err := undone(t, o, b.ID); err != nil {
			t.Fatal(err)
		}
		refresh()
		if green(other.ID) || present(other.ID) || !green(last.ID) || !present(last.ID) {
			t.Error("after the second link was undone: the middle must be stopped, the end not")
		}
		if _, err := undone(t, o, a.ID); err != nil {
			t.Fatal(err)
		}
		refresh()
		if !green(other.ID) || !present(other.ID) {
			t.Error("the flag of another holds without a link")
		}
	})
}

// A legal hold on one record keeps the other, and erasing one ends the link
// first: only that one is erased.
func TestErasingALinkedRecordLeavesTheOther(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		one, other, _ := twins(t, o)
		joined(t, o, one.ID, other.ID)
		var hold retention.Hold
		o.Write(t, func(tx store.Tx) (err error) {
			hold, err = o.Holds.Place(ctx, tx, o.Org.ID, retention.Hold{Contact: other.ID, By: id.Account{1}, Reason: "Klage", Until: o.Clock.Now().AddDate(0, 1, 0)})
			return err
		})
		err := o.Allow(t, func(tx store.Tx) error {
			_, err := o.Erasure.Begin(ctx, tx, o.Org.ID, one.ID, erasure.Order{Source: "desk"})
			return err
		})
		if !errors.Is(err, erasure.ErrHeld) {
			t.Errorf("the hold of the other record does not keep this one: %v", err)
		}
		o.Write(t, func(tx store.Tx) error { return o.Holds.Lift(ctx, tx, o.Org.ID, hold.ID, id.Account{1}) })
		before := o.Count(t, "message", "contact_id = ?", other.ID)
		eraseNow(t, o, erasure.Identity{Contact: one.ID})
		if k, err := o.People.Get(ctx, o.DB, o.Org.ID, other.ID); err != nil || k.Erased || k.Linked != (chat.Flags{}) {
			t.Fatal("the other was touched", err)
		}
		if after := o.Count(t, "message", "contact_id = ?", other.ID); after != before || before == 0 {
			t.Errorf("of %d messages of the other %d are left", before, after)
		}
		if n := o.Count(t, "person_link", ""); n != 0 {
			t.Error("the link of her who is erased is kept, with its reason")
		}
		if n := o.Count(t, "evidence_entry", "kind = 'link.undone'"); n != 2 {
			t.Errorf("the end of the link has %d proofs", n)
		}
		o.SignIn(t, user.DPO) // who would have to agree first
		dying := o.Customer("Max Beispiel", "4917604069009")
		dying.Say(o.Number, "Hallo")
		o.Settle(t)
		last := o.Person(t, dying)
		o.Write(t, func(tx store.Tx) error { return o.People.Freeze(ctx, tx, o.Org.ID, last.ID) })
		for what, gone := range map[string]id.Person{"is erased": one.ID, "is being erased": last.ID} {
			err := o.Allow(t, func(tx store.Tx) error {
				_, err := o.Links.Join(ctx, tx, o.Org.ID, other.ID, gone, knownFrom, id.Account{1})
				return err
			})
			if !errors.Is(err, link.ErrGone) {
				t.Errorf("linking with somebody who %s: %v", what, err)
			}
		}
	})
}

// What Meta proves waits for nobody: number and user id in one message make one
// person of two halves, and the link between them has ended. Links to others
// follow her, and two of them to the same person become one.
func TestWhatMetaProvesEndsTheLink(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		resolve := func(seen ...contact.Sighting) (people []*chat.Known) {
			o.Write(t, func(tx store.Tx) (err error) {
				people, err = o.People.Resolve(ctx, tx, o.Org.ID, seen)
				return err
			})
			return people
		}
		halves := resolve(contact.Sighting{Phone: "4917604069001"}, contact.Sighting{BSUID: "DE.1"}, contact.Sighting{Phone: "4917604069002"})
		one, other, third := halves[0].ID, halves[1].ID, halves[2].ID
		o.Agree(t, other, "service")
		joined(t, o, other, one)
		joined(t, o, one, third)
		twice := joined(t, o, other, third)
		whole := resolve(contact.Sighting{Phone: "4917604069001", BSUID: "DE.1"})[0].ID
		if whole != one {
			t.Fatal("the two halves are not one")
		}
		if hers, apart := o.Count(t, "consent_event", "contact_id = ?", one), o.Count(t, "consent_event", "apart = TRUE"); hers == 0 || apart != 0 {
			t.Errorf("of %d consents %d are set apart, though Meta proved whose they are", hers, apart)
		}
		links, err := o.Links.Of(ctx, o.DB, o.Org.ID, one)
		if err != nil || len(links) != 3 {
			t.Fatal(links, err)
		}
		holding := 0
		for _, l := range links {
			switch {
			case l.State == link.Linked:
				holding++
			case l.State != link.Merged || l.Ended.IsZero():
				t.Errorf("a link is %s", l.State)
			case l.ID == twice.ID && l.Other(one) != third, l.ID != twice.ID && l.Other(one) != other:
				t.Errorf("the link names %v", l.Other(one))
			}
		}
		if together, err := o.People.LinkedWith(ctx, o.DB, o.Org.ID, one); err != nil || holding != 1 || len(together) != 2 || !slices.Contains(together, third) {
			t.Errorf("%d links hold, and she hangs together with %v (%v)", holding, together, err)
		}
		err = o.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx store.Tx) error {
			_, err := o.Links.Join(ctx, tx, o.Org.ID, third, other, knownFrom, id.Account{1})
			return err
		})
		if !errors.Is(err, link.ErrGone) {
			t.Errorf("linking with a record that is merged: %v", err)
		}
	})
}

// Whoever has shown that a number is hers sees, takes along and decides about
// what belonged to it. What arose in a record that staff merged with hers, what
// came since, and what staff say of both stays out, on the page and in the
// package, which say so; what she asks for staff answer, who have all of it.
func TestThePortalShowsWhatBelongsToTheProvenNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		a, b := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Otto Beispiel", "4917604069002")
		a.Say(o.Number, "Guten Tag")
		b.Say(o.Number, "Ich bin es noch einmal")
		o.Settle(t)
		one, other := o.Person(t, a), o.Person(t, b)
		noted := func(person id.Person, text string) {
			o.Write(t, func(tx store.Tx) error {
				return o.Work.Write(t.Context(), tx, assignment.Thread{Org: o.Org.ID, ID: thread(t, o, person).ID, Contact: person}, id.Account{1}, text, nil)
			})
		}
		o.Agree(t, one.ID, "service")
		o.Agree(t, other.ID, "utility")
		noted(other.ID, "Notiz über Otto")
		before := enters(t, o, one.ID)
		joined(t, o, one.ID, other.ID)
		o.Clock.Advance(link.Undoable)
		mergeDue(t, o)
		if status, page := before.get("/portal/beispiel/data"); strings.Contains(page, "4917604069001") {
			t.Errorf("a visit from before the merge goes on: %d", status)
		}
		noted(one.ID, "Notiz über beide")
		parcel := laidReady(t, o, one.ID)

		v := enters(t, o, one.ID)
		_, page := v.get("/portal/beispiel/data")
		for word, shown := range map[string]bool{"+4917604069001": true, "zusammengeführt": true, "4917604069002": false, "Erika": false, "Otto": false, "liegt bereit": false, "Ihre Anfragen": false, "Nachrichten</dt>": false} {
			if strings.Contains(page, word) != shown {
				t.Errorf("the page says %q: %v", word, !shown)
			}
		}
		if status, _ := v.get("/portal/beispiel/package/" + parcel); status != http.StatusNotFound {
			t.Errorf("what staff laid ready of both is handed out: %d", status)
		}
		texts := map[string]bool{"Guten Tag": true, `"service"`: true, "Ein anderer Eintrag wurde mit Ihrem zusammengeführt": true,
			"noch einmal": false, `"utility"`: false, "Notiz": false, "4917604069002": false, "Otto": false, knownFrom: false}
		holds(t, "of the first", strings.Join(slices.Collect(maps.Values(takes(t, v, "access"))), ""), texts)
		texts["Ein anderer Eintrag wurde mit Ihrem zusammengeführt"] = false // it has no letter
		holds(t, "what she provided", strings.Join(slices.Collect(maps.Values(takes(t, v, "portability"))), ""), texts)
		for _, what := range []string{"erase", "correct"} {
			if status, page := v.post("/portal/beispiel/do/"+what, url.Values{"text": {"Das stimmt nicht."}}); status != http.StatusOK || !strings.Contains(page, "liegt unserem Datenschutz vor") {
				t.Fatalf("%s: %d\n%s", what, status, page)
			}
		}
		if n := o.Count(t, "erasure", "") + o.Count(t, "contact", "state IN ('erasing', 'erased')"); n != 0 {
			t.Error("both are erased by one of them")
		}
		if n := o.Count(t, "privacy_case", "closed_at = 0 AND identity = 'open' AND contact_id = ? AND source = 'portal' AND kind IN ('erase', 'rectify', 'access', 'portability')", one.ID); n != 4 {
			t.Errorf("staff have %d open cases, want 4", n)
		}

		// What the other number writes later is not the first one's; and now it is
		// the other one to whom codes go.
		b.Say(o.Number, "Otto schreibt wieder")
		o.Settle(t)
		v = enters(t, o, one.ID)
		_, page = v.get("/portal/beispiel/data")
		holds(t, "the page of the other", page, map[string]bool{"zusammengeführt": true, "4917604069001": false, "Erika": false})
		for word := range texts {
			texts[word] = false
		}
		holds(t, "of the other", strings.Join(slices.Collect(maps.Values(takes(t, v, "portability"))), ""), texts)
		a.Say(o.Number, "Erika schreibt wieder")
		o.Settle(t)
		v = enters(t, o, one.ID)
		texts["schreibt wieder"] = false
		holds(t, "of the first, later", strings.Join(slices.Collect(maps.Values(takes(t, v, "portability"))), ""), map[string]bool{"noch einmal": false, "schreibt wieder": false, "Notiz": false, "Otto": false})

		de, _, err := i18n.Load()
		if err != nil {
			t.Fatal(err)
		}
		p, err := o.People.Get(t.Context(), o.DB, o.Org.ID, one.ID)
		if err != nil {
			t.Fatal(err)
		}
		var raw strings.Builder
		if err := o.Answers.Package(t.Context(), &raw, o.Org.ID, p, access.Access, de); err != nil {
			t.Fatal(err)
		}
		holds(t, "of staff", strings.Join(slices.Collect(maps.Values(unzipped(t, raw.String()))), ""), map[string]bool{"Guten Tag": true, "noch einmal": true, "Otto schreibt wieder": true,
			`"service"`: true, `"utility"`: true, "Notiz über Otto": true, "Notiz über beide": true, knownFrom: true})
	})
}

func holds(t *testing.T, what, text string, words map[string]bool) {
	t.Helper()
	for word, there := range words {
		if strings.Contains(text, word) != there {
			t.Errorf("%s: %q is in it: %v", what, word, !there)
		}
	}
}

// enters shows by a link who somebody is, and begins a visit.
func enters(t *testing.T, o *apptest.Office, person id.Person) visitor {
	t.Helper()
	var secret string
	o.Write(t, func(tx store.Tx) (err error) {
		secret, _, err = o.Visits.Link(t.Context(), tx, o.Org.ID, person)
		return err
	})
	v := newVisitor(t, o)
	if status, page := v.post("/portal/beispiel/enter", url.Values{"secret": {secret}}); status != http.StatusOK || !strings.Contains(page, "portal/beispiel/take") {
		t.Fatalf("entering: %d\n%s", status, page)
	}
	return v
}

// laidReady has staff lay all that is kept about a person ready for her.
func laidReady(t *testing.T, o *apptest.Office, person id.Person) string {
	t.Helper()
	de, _, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.People.Get(t.Context(), o.DB, o.Org.ID, person)
	if err != nil {
		t.Fatal(err)
	}
	var c cases.Case
	o.Write(t, func(tx store.Tx) (err error) {
		c, err = o.Cases.Open(t.Context(), tx, o.Org.ID, cases.Request{Contact: person, Kind: cases.Restrict, Source: "desk"})
		return err
	})
	parcel, err := o.Answers.Prepare(t.Context(), o.DB, o.Org, p, c, id.Account{1}, de)
	if err != nil {
		t.Fatal(err)
	}
	return parcel.ID.String()
}
