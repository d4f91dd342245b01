package app_test

import (
	"fmt"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// A button with the id of a consent grants nothing to whoever was not asked:
// programs and staff can make a button with any id and any words.
func TestAForgedButtonGrantsNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		var text string
		o.Write(t, func(tx store.Tx) error {
			made, _, err := o.Consents.PublishText(t.Context(), tx, o.Org.ID, optin.Marketing, "Ja, ich möchte Werbung per WhatsApp.", "Yes, I want advertising on WhatsApp.", false)
			text = made.ID.String()
			return err
		})
		tap := func(n int, title string, kind string) {
			choice := map[string]any{"id": "consent:yes:" + text, "title": title}
			m := map[string]any{"from": "4917604069001", "id": fmt.Sprintf("wamid.tap%d", n), "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "interactive",
				"interactive": map[string]any{"type": kind, kind: choice}}
			if kind == "button" {
				m["type"], m["button"] = "button", map[string]any{"payload": "consent:yes:" + text, "text": title}
				delete(m, "interactive")
			}
			if status := o.Post(t, apptest.Webhook(map[string]any{"messages": []any{m}})); status != 200 {
				t.Fatalf("the webhook was answered %d", status)
			}
		}
		for n, kind := range []string{"button_reply", "list_reply", "button"} {
			tap(n, "Öffnungszeiten", kind)
			tap(10+n, "Ja, gern", kind)
		}
		o.Settle(t)
		states, err := o.Consents.States(t.Context(), o.DB, o.Org.ID, o.Person(t, erika).ID)
		if err != nil || len(states) != 0 {
			t.Errorf("%+v, %v", states, err)
		}
	})
}
