package app_test

import (
	"fmt"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// A button with the id of a consent grants nothing to whoever was not asked, nor
// with other words than ours:
// programs and staff can make a button with any id and any words.
func TestAForgedButtonGrantsNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		var text string
		var made optin.Text
		o.Write(t, func(tx store.Tx) (err error) {
			made, _, err = o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Marketing, "Ja, ich möchte Werbung per WhatsApp.", "Yes, I want advertising on WhatsApp.", false)
			text = made.ID.String()
			return err
		})
		n := 0
		tap := func(answer, title, kind string) {
			n++
			choice := map[string]any{"id": "consent:" + answer + ":" + text, "title": title}
			m := map[string]any{"from": "4917604069001", "id": fmt.Sprintf("wamid.tap%d", n), "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "interactive",
				"interactive": map[string]any{"type": kind, kind: choice}}
			if kind == "button" {
				m["type"], m["button"] = "button", map[string]any{"payload": "consent:" + answer + ":" + text, "text": title}
				delete(m, "interactive")
			}
			if status := o.Post(t, apptest.Webhook(map[string]any{"messages": []any{m}})); status != 200 {
				t.Fatalf("the webhook was answered %d", status)
			}
		}
		state := func() string {
			t.Helper()
			states, err := o.Consents.States(t.Context(), o.DB, o.Org.ID, o.Person(t, erika).ID)
			if err != nil || len(states) > 1 {
				t.Fatal(states, err)
			}
			if len(states) == 0 {
				return ""
			}
			return string(states[0].State)
		}
		for _, kind := range []string{"button_reply", "list_reply", "button"} {
			tap("yes", "Öffnungszeiten", kind)
			tap("yes", "Ja, ich stimme zu", kind)
		}
		if got := state(); got != "" {
			t.Errorf("who was not asked: %q", got)
		}
		o.Write(t, func(tx store.Tx) error {
			return o.Requests.Asked(t.Context(), tx, o.Org.ID, o.Person(t, erika).ID, made, id.Message(o.IDs.New()))
		})
		for _, title := range []string{"Öffnungszeiten", "Nein, danke"} {
			tap("yes", title, "button_reply")
			if got := state(); got != "" {
				t.Errorf("%q under a yes: %q", title, got)
			}
		}
		tap("yes", "Ja, ich stimme zu", "button_reply")
		if got := state(); got != "granted" {
			t.Errorf("our own question: %q", got)
		}
		tap("no", "Lieber nicht mehr", "list_reply") // a no needs no question
		if got := state(); got != "withdrawn" {
			t.Errorf("a no under other words: %q", got)
		}
		o.Settle(t)
	})
}
