package intake_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/apptest"
)

// A chat of the app under a number that somebody has left is hers, and holds up
// nobody else's: a STOP in the same piece is heard. The number is kept as Meta
// writes it.
func TestTheAppsChatUnderALeftNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		resp, err := o.SignIn(t, user.Admin).PostForm(o.URL+"/settings/webhooks/history", url.Values{"history": {"on"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		const old, now, lou, mexican = "4917604069081", "4917604069082", "4917604069083", "5215512345679"
		kim := o.Customer("Kim Muster", old)
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		kim.ChangeNumber(now)
		o.Settle(t)
		post(t, o, apptest.Text("wamid.lou", lou, "Lou", "Hallo", o.Clock.Now()))
		granted(t, o, byPhone(t, o, lou))
		at := o.Clock.Now()
		chat := func(number, from, words string, ago time.Duration) map[string]any {
			return map[string]any{"id": number, "messages": []any{map[string]any{"id": fmt.Sprint("wamid.past", number), "from": from, "timestamp": fmt.Sprint(at.Add(-ago).Unix()), "type": "text", "text": map[string]any{"body": words}}}}
		}
		post(t, o, hook("history", map[string]any{"history": []any{map[string]any{"metadata": map[string]any{"phase": 0, "chunk_order": 1, "progress": 55}, "threads": []any{
			chat(old, old, "Von früher", 24*time.Hour), chat(lou, lou, "STOP", 0), chat(mexican, "525512345679", "Hola", time.Hour)}}}}))
		want(t, "opted out", byPhone(t, o, lou).Flags.OptedOut || standing(t, o, byPhone(t, o, lou))["marketing"] == "withdrawn", true)
		shows(t, threadOf(t, o, byPhone(t, o, now)), "Von früher")
		if p := byPhone(t, o, old); p != nil {
			t.Errorf("the left number is %s's", p.ID)
		}
		p := byPhone(t, o, "525512345679")
		if p == nil {
			t.Fatal("a chat is not taken over")
		}
		want(t, "the number as Meta writes it", p.Profile.Address(), mexican)
		want(t, "messages of hers", o.Count(t, "message", "contact_id = ? AND NOT outgoing", p.ID), 1)
		o.Settle(t)
	})
}

// The number that she shares at our request is read like any other: whatever the
// card writes, and whichever of its numbers Meta says is on WhatsApp.
func TestANumberSharedAtOurRequestIsRead(t *testing.T) {
	type phones = []map[string]any
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct {
			name   string
			phones phones
			want   string
		}{
			{"a zero in brackets", phones{{"phone": "+49 (0)151 00047001"}}, "4915100047001"},
			{"a landline before it", phones{{"phone": "+49 30 23125000"}, {"phone": "+49 151 00047002", "wa_id": "4915100047002"}}, "4915100047002"},
			{"full-width digits", phones{{"phone": "＋４９ １５１ ０００４７００３"}}, "4915100047003"},
			{"several of which none is known to Meta", phones{{"phone": "+49 30 23125000"}, {"phone": "+49 151 00047004"}}, ""},
			{"no country", phones{{"phone": "0151 00047005"}}, ""},
		} {
			userID := fmt.Sprint("DE.90", i)
			post(t, o, hook("messages", map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Lou"}, "user_id": userID}}, "messages": []any{map[string]any{
				"from_user_id": userID, "id": fmt.Sprint("wamid.card", i), "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "contacts",
				"contacts": []any{map[string]any{"name": map[string]any{"formatted_name": "Lou"}, "phones": c.phones, "origin": "contact_request"}}}}}))
			p := must(o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, userID))
			want(t, c.name+": her number", p.Profile.Address(), c.want)
		}
		people := o.Count(t, "contact", "")
		post(t, o, apptest.Text("wamid.then", "4915100047001", "Lou", "Ich bin's", o.Clock.Now()))
		want(t, "people after she wrote from it", o.Count(t, "contact", ""), people)
		o.Settle(t)
	})
}
