package intake_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/intake"
	"einklang/internal/person/contact"
	"einklang/internal/test/apptest"
	"einklang/internal/test/chance"
)

// event is one webhook about a message of a person.
func event(o *apptest.Office, from, kind string, content map[string]any, wamid string) []byte {
	return apptest.Webhook(map[string]any{"messages": []any{map[string]any{"id": wamid, "from": from, "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": kind, kind: content}}})
}

// Whatever the order in which webhooks come, and how often, the end is the
// same.
func TestAnyOrderAndDuplicatesEndTheSame(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		dice := chance.New(t)
		for round := range 12 {
			from := fmt.Sprintf("4917604070%03d", round)
			at := o.Clock.Now()
			id := func(name string) string { return fmt.Sprintf("wamid.%d.%s", round, name) }
			all := [][]byte{
				apptest.Text(id("a"), from, "Erika Mustermann", "erster Text", at),
				apptest.Text(id("b"), from, "Erika Mustermann", "geht wieder", at.Add(time.Second)),
				apptest.Text(id("c"), from, "Erika Mustermann", "bleibt", at.Add(2*time.Second)),
				event(o, from, "edit", map[string]any{"original_message_id": id("a"), "message": map[string]any{"type": "text", "text": map[string]any{"body": "geändert"}}}, id("d")),
				event(o, from, "revoke", map[string]any{"original_message_id": id("b")}, id("e")),
				event(o, from, "reaction", map[string]any{"message_id": id("c"), "emoji": "👍"}, id("f")),
			}
			for range 4 {
				all = append(all, all[dice.IntN(len(all))])
			}
			dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, body := range all {
				if status := o.Post(t, body); status != http.StatusOK {
					t.Fatalf("a webhook was answered %d", status)
				}
			}
			person, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, from)
			if err != nil || person == nil {
				t.Fatal(person, err)
			}
			threads, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, person.ID)
			if err != nil || len(threads) != 1 {
				t.Fatalf("%d conversations, %v", len(threads), err)
			}
			if got := o.Count(t, "message", "contact_id = ?", person.ID); got != 3 {
				t.Errorf("%d messages, want 3", got)
			}
			var page struct {
				Items []struct{ Wamid, Text string }
			}
			o.REST(t, http.MethodGet, "/api/v1/messages?limit=3", nil, &page)
			texts := map[string]string{}
			for _, m := range page.Items {
				texts[m.Wamid] = m.Text
			}
			if texts[id("a")] != "geändert" || texts[id("b")] != "" || texts[id("c")] != "bleibt" {
				t.Errorf("round %d ended as %v", round, texts)
			}
			if got := o.Count(t, "reaction", "contact_id = ?", person.ID); got != 1 {
				t.Errorf("%d reactions, want 1", got)
			}
		}
	})
}

// One payload that cannot be read does not hold up others, and is kept.
func TestPoisonBlocksNobody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		poison := apptest.Webhook(map[string]any{"messages": []any{[]any{"not a message"}, map[string]any{"id": "wamid.in-the-same-body", "from": "4917604069002",
			"timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": map[string]any{"body": "gut"}}}})
		for i, body := range [][]byte{apptest.Text("wamid.1", "4917604069001", "Erika", "vorher", o.Clock.Now()), poison, poison, apptest.Text("wamid.2", "4917604069001", "Erika", "nachher", o.Clock.Now())} {
			if status := o.Post(t, body); status != http.StatusOK {
				t.Fatalf("webhook %d was answered %d", i, status)
			}
		}
		if n := o.Count(t, "message", ""); n != 3 {
			t.Errorf("%d messages, want 3", n)
		}
		if n := o.Count(t, "payload", "state = 'poison'"); n != 1 {
			t.Errorf("%d poison payloads are kept, want 1", n)
		}
		c := o.Intake.Counts()
		if c.Poison != 1 || c.Duplicates != 1 {
			t.Errorf("counted %+v", c)
		}
		if n, left, err := o.Intake.Again(t.Context(), o.Org.ID, store.Alone{}); n != 0 || left != 1 || err != nil {
			t.Errorf("what cannot be read was applied: %d, %d left, %v", n, left, err)
		}
	})
}

// Raw payloads are kept for seven days and not longer (privacy.md: minimise).
func TestPayloadsAreForgottenAfterSevenDays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika", "Hallo", o.Clock.Now()))
		o.Clock.Advance(intake.PayloadLife - time.Hour)
		o.Expire(t.Context())
		if n := o.Count(t, "payload", ""); n != 1 {
			t.Fatalf("%d payloads before seven days have passed", n)
		}
		o.Clock.Advance(2 * time.Hour)
		o.Expire(t.Context())
		if n := o.Count(t, "payload", ""); n != 0 {
			t.Fatalf("%d payloads after seven days", n)
		}
		if n := o.Count(t, "message", ""); n != 1 {
			t.Fatal("the message went with its payload")
		}
	})
}

// A person known by her number and one known by her BSUID turn out to be one.
func TestPhoneAndBSUIDAreMerged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		at := o.Clock.Now()
		message := func(wamid, text string, who map[string]any) []byte {
			who["id"], who["timestamp"], who["type"], who["text"] = wamid, fmt.Sprint(at.Unix()), "text", map[string]any{"body": text}
			return apptest.Webhook(map[string]any{"messages": []any{who}})
		}
		const phone, bsuid = "4917604069001", "DE.1300000000000001"
		for _, body := range [][]byte{
			message("wamid.1", "nur mit Nummer", map[string]any{"from": phone}),
			message("wamid.2", "STOP", map[string]any{"from_user_id": bsuid}),
		} {
			o.Post(t, body)
		}
		if n := o.Count(t, "contact", "state = 'active'"); n != 2 {
			t.Fatalf("%d people, want 2 so far", n)
		}
		o.Post(t, message("wamid.3", "mit beidem", map[string]any{"from": phone, "from_user_id": bsuid}))
		o.Settle(t)
		byPhone, err1 := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone)
		byBSUID, err2 := o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, bsuid)
		if err1 != nil || err2 != nil || byPhone == nil || byBSUID == nil || byPhone.ID != byBSUID.ID {
			t.Fatal("they are still two people", err1, err2, byPhone, byBSUID)
		}
		if !byPhone.Flags.OptedOut {
			t.Error("the STOP of one half was lost by the merge")
		}
		threads, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, byPhone.ID)
		if err != nil || len(threads) != 1 {
			t.Fatalf("%d conversations after the merge, %v", len(threads), err)
		}
		page, _, err := o.Threads.Page(t.Context(), o.DB, o.Org.ID, threads[0].ID, conversation.Place{}, 50)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, m := range page {
			if !m.Outgoing && m.Body.Content.Text != nil {
				texts = append(texts, m.Body.Content.Text.Body)
			}
		}
		slices.Sort(texts)
		if want := []string{"STOP", "mit beidem", "nur mit Nummer"}; !slices.Equal(texts, want) {
			t.Errorf("the conversation holds %q, want %q", texts, want)
		}
	})
}

// STOP is confirmed once, holds, and START ends it.
func TestStopAndStart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		sent := func() (n int) {
			for _, m := range erika.Messages(o.Number) {
				if m.Business {
					n++
				}
			}
			return n
		}
		say := func(word string) {
			erika.Say(o.Number, word)
			o.Settle(t)
		}
		say("Guten Tag, bitte nicht stop sagen")
		if o.Person(t, erika).Flags.OptedOut {
			t.Fatal("a sentence that contains the word was taken for STOP")
		}
		say("  stop! ")
		if !o.Person(t, erika).Flags.OptedOut {
			t.Fatal("STOP was not understood")
		}
		before := sent()
		if before == 0 {
			t.Fatal("STOP was not confirmed")
		}
		say("STOPP")
		if sent() != before {
			t.Error("STOP was confirmed twice")
		}
		var refused struct{ Code, Remedy string }
		status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": o.Person(t, erika).ID.String(), "type": "text", "text": map[string]any{"body": "doch"}}, &refused)
		if status != http.StatusForbidden || refused.Code != "opted_out" || refused.Remedy == "" {
			t.Errorf("after STOP: %d %+v", status, refused)
		}
		say("START")
		if o.Person(t, erika).Flags.OptedOut {
			t.Error("START did not end it")
		}
		if o.Count(t, "evidence_entry", "kind LIKE 'consent%' OR kind LIKE 'opt%'") == 0 {
			t.Error("nothing proves the STOP")
		}
	})
}

// Search finds by the beginnings of names and by number, in this organisation
// only.
func TestPeopleAreFound(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, name := range []string{"Erika Mustermann", "Max Mustermann", "Käthe Groß-Beispiel"} {
			o.Post(t, apptest.Text(fmt.Sprint("wamid.", i), fmt.Sprintf("491760406900%d", i+1), name, "Hallo", o.Clock.Now()))
		}
		for query, want := range map[string]int{"Muster": 2, "erika": 1, "gross": 1, "Kaethe": 1, "Mustermann Max": 1, "+49 176 04069003": 1, "niemand": 0, "": 0} {
			found, err := o.People.Search(t.Context(), o.DB, o.Org.ID, query, 10)
			if err != nil || len(found) != want {
				t.Errorf("%q finds %d people (%v), want %d", query, len(found), err, want)
			}
		}
		other, err := o.Orgs.Create(t.Context(), "muster", "Muster GmbH", o.Org.Settings)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := o.People.Search(t.Context(), o.DB, other.ID, "Muster", 10); err != nil || len(found) != 0 {
			t.Errorf("another organisation finds %d people (%v)", len(found), err)
		}
		if _, err := o.People.Get(t.Context(), o.DB, other.ID, must(o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4917604069001")).ID); !errors.Is(err, contact.ErrNotFound) {
			t.Errorf("another organisation reads a person: %v", err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
