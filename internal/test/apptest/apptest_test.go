package apptest

import (
	"net/http"
	"testing"

	"einklang/internal/account/user"
)

// The whole way once, so that a broken test aid shows here and not everywhere.
func TestTheOfficeWorks(t *testing.T) {
	Each(t, func(t *testing.T, o *Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		if status := o.Post(t, Text("wamid.1", "4917604069002", "Max Mustermann", "Hallo", o.Clock.Now())); status != http.StatusOK {
			t.Fatalf("a webhook was answered %d", status)
		}
		var page struct {
			Items []struct{ Text, ContactID string }
		}
		if status := o.REST(t, http.MethodGet, "/api/v1/messages", nil, &page); status != http.StatusOK || len(page.Items) != 2 {
			t.Fatalf("%d, %+v", status, page)
		}
		answer := map[string]any{"contact_id": o.Person(t, erika).ID.String(), "type": "text", "text": map[string]any{"body": "Gern!"}}
		if status := o.REST(t, http.MethodPost, "/api/v1/messages", answer, nil); status != http.StatusAccepted {
			t.Fatalf("an answer was answered %d", status)
		}
		o.Settle(t)
		if n := o.Count(t, "message", "outgoing = ? AND state = ?", true, "delivered"); n != 2 { // the privacy notice and the answer
			t.Fatalf("%d messages were delivered, want 2: %+v", n, erika.Messages(o.Number))
		}
		browser := o.SignIn(t, user.Agent)
		resp, err := browser.Get(o.URL + "/inbox")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/inbox" {
			t.Fatalf("the inbox was answered %s at %s", resp.Status, resp.Request.URL)
		}
	})
}
