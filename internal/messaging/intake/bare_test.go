package intake_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/calendar"
	"einklang/internal/test/apptest"
)

// TestWordsOfAMessageWithoutAnID: what people take back counts, also where the
// message cannot be kept, and of whom nobody has heard; the webhook is kept and
// offered to the admin. A START in one counts for nothing: it could come twice.
func TestWordsOfAMessageWithoutAnID(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		say := func(phone, words string) {
			t.Helper()
			post(t, o, hook("messages", map[string]any{"messages": []any{map[string]any{"from": phone, "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": map[string]any{"body": words}}}}))
		}
		const known, stranger, asking, unclear, silent = "4915100020001", "4915100020002", "4915100020003", "4915100020004", "4915100020005"
		for _, phone := range []string{known, asking, unclear} {
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now()))
			granted(t, o, byPhone(t, o, phone))
		}
		say(known, "STOP")
		say(stranger, "Stopp")
		say(asking, "Löschen Sie meine Daten")
		say(unclear, "Hört auf damit")
		say(silent, "Guten Tag")
		for _, phone := range []string{known, stranger} {
			if p := byPhone(t, o, phone); !p.Flags.OptedOut || !p.Flags.Objected {
				t.Errorf("%s: the STOP does not count: %+v", phone, p.Flags)
			}
		}
		for purpose, state := range standing(t, o, byPhone(t, o, known)) {
			if state != "withdrawn" {
				t.Errorf("%s is %s", purpose, state)
			}
		}
		if !byPhone(t, o, unclear).Flags.Held {
			t.Error("unclear words hold nothing")
		}
		if k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, silent); err != nil || k != nil {
			t.Errorf("somebody became known by a message that cannot be kept: %v, %v", k, err)
		}
		waiting := must(o.Cases.Waiting(t.Context(), o.DB, o.Org.ID, calendar.GermanTime()))
		if len(waiting) != 1 || waiting[0].Kind != cases.Erase || waiting[0].Contact != byPhone(t, o, asking).ID {
			t.Errorf("the wish to be erased: %+v", waiting)
		}
		if kinds := must(o.Intake.Kinds(t.Context(), o.Org.ID)); len(kinds) != 1 || kinds[0].Name != "unreadable messages" || kinds[0].N != 5 {
			t.Errorf("what is offered to the admin: %+v", kinds)
		}
		shows(t, readPage(t, o, user.Admin, "/settings/webhooks"), "messages")
		say(known, "START")
		if !byPhone(t, o, known).Flags.OptedOut {
			t.Error("a START without an id took the STOP back")
		}
	})
}

// TestWordsInTheAppsHistoryOpenACase, with the clock running from today.
func TestWordsInTheAppsHistoryOpenACase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		resp, err := o.SignIn(t, user.Admin).PostForm(o.URL+"/settings/webhooks/history", url.Values{"history": {"on"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		const phone = "4915100020011"
		old := o.Clock.Now().AddDate(0, -2, 0)
		body := hook("history", map[string]any{"history": []any{map[string]any{"metadata": map[string]any{"phase": 0}, "threads": []any{map[string]any{"id": phone, "messages": []any{
			map[string]any{"id": "wamid.old", "from": phone, "timestamp": fmt.Sprint(old.Unix()), "type": "text", "text": map[string]any{"body": "Welche Daten haben Sie über mich gespeichert?"}}}}}}}})
		post(t, o, body)
		waiting := must(o.Cases.Waiting(t.Context(), o.DB, o.Org.ID, calendar.GermanTime()))
		if len(waiting) != 1 || waiting[0].Kind != cases.Access || waiting[0].Source != cases.FromChat || waiting[0].Identity != cases.Unchecked || waiting[0].Received.Before(o.Clock.Now().AddDate(0, 0, -1)) {
			t.Fatalf("%+v", waiting)
		}
		page := readPage(t, o, user.DPO, "/desk/cases/"+waiting[0].ID.String())
		if !strings.Contains(page, old.In(calendar.GermanTime()).Format("02.01.2006")) || !strings.Contains(page, "Welche Daten haben Sie") || !strings.Contains(page, "in einem eingelesenen Chat") {
			t.Errorf("the case does not say what she wrote, and when: %s", page)
		}
	})
}
