package intake_test

import (
	"fmt"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/test/apptest"
)

// What a person chooses at Meta counts also where it names her by what nobody is
// known by yet, whichever comes first; a resume takes only Meta's own stop back.
func TestAStopAtMetaWaitsUntilSheIsKnown(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		chooses := func(phone, value string, at time.Time) {
			post(t, o, hook("user_preferences", map[string]any{"user_preferences": []any{map[string]any{"wa_id": phone, "category": "marketing_messages", "value": value, "timestamp": at.Unix()}}}))
		}
		writes := func(phone, userID string) {
			n++
			m, c := map[string]any{"from_user_id": userID, "id": fmt.Sprint("wamid.early", n), "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": map[string]any{"body": "Hallo"}}, map[string]any{"user_id": userID}
			if phone != "" {
				m["from"], c["wa_id"] = phone, phone
			}
			post(t, o, hook("messages", map[string]any{"contacts": []any{c}, "messages": []any{m}}))
		}
		refused := func(phone string) {
			post(t, o, hook("messages", map[string]any{"statuses": []any{map[string]any{"id": "wamid.nobody", "status": "failed", "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "recipient_id": phone,
				"errors": []any{map[string]any{"code": 131050, "title": "User has stopped marketing"}}}}}))
		}
		for i, c := range []struct {
			name string
			says func(phone string)
			want string
		}{
			{"stop", func(p string) { chooses(p, "stop", o.Clock.Now()) }, "withdrawn"},
			{"a refused message", refused, "withdrawn"},
			{"stop and resume", func(p string) {
				chooses(p, "resume", o.Clock.Now())
				chooses(p, "stop", o.Clock.Now().Add(-time.Minute))
			}, "granted"},
		} {
			phone, userID := fmt.Sprintf("491510006700%d", i), fmt.Sprintf("DE.77%d", i)
			writes("", userID)
			p := must(o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, userID))
			granted(t, o, p)
			c.says(phone)
			want(t, c.name+": marketing before anybody knows whose it is", standing(t, o, p)[optin.Marketing], "granted")
			writes(phone, userID)
			want(t, c.name+": marketing of who was known by her user id", standing(t, o, p)[optin.Marketing], c.want)
			want(t, c.name+": service", standing(t, o, p)[optin.Service], "granted")
			if c.want != "withdrawn" {
				continue
			}
			phone = fmt.Sprintf("491510006701%d", i)
			c.says(phone)
			o.Clock.Advance(time.Second)
			writes(phone, userID+"1")
			granted(t, o, byPhone(t, o, phone)) // an hour ago
			want(t, c.name+": marketing of who was not known", standing(t, o, byPhone(t, o, phone))[optin.Marketing], "withdrawn")
		}
		want(t, "words that wait on", o.Count(t, "early_word", ""), 0)
		o.Settle(t)
	})
}
