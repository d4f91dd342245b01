package app_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"einklang/internal/person/chat"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// answer sends over REST and gives the status, the reason and the remedies.
func answer(t *testing.T, o *apptest.Office, body map[string]any) (status int, reason string, remedies []string) {
	t.Helper()
	var said struct {
		Reason   string   `json:"code"`
		Remedies []string `json:"remedies"`
	}
	status = o.REST(t, http.MethodPost, "/api/v1/messages", body, &said)
	return status, said.Reason, said.Remedies
}

// fromUs is what a customer got from us.
func fromUs(o *apptest.Office, customer string) (sent []sandbox.Message) {
	for _, m := range o.Sandbox.Accepted("", 0, 1000) {
		if m.Customer == customer {
			sent = append(sent, m)
		}
	}
	return sent
}

func words(body string) map[string]any { return map[string]any{"body": body} }

// TestPeopleWithoutAPhoneNumber: somebody known by the business-scoped user id
// only is served like everybody else.
func TestPeopleWithoutAPhoneNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		t.Run("marketing is stopped by the user id", func(t *testing.T) { marketingByUserID(t, o) })
		nora := o.Customer("Nora Beispiel", "")
		said := nora.Say(o.Number, "Guten Tag")
		if _, err := nora.SendFile(o.Number, "image", "image/png", []byte("\x89PNG\r\n\x1a\n"), "Bild"); err != nil {
			t.Fatal(err)
		}
		o.Settle(t)
		who := o.Person(t, nora)
		if who == nil || who.Profile.Phone != "" || who.Profile.Name != "Nora Beispiel" {
			t.Fatalf("%+v", who)
		}

		if status, reason, _ := answer(t, o, map[string]any{"recipient": nora.UserID, "type": "text", "text": words("Guten Tag, Nora")}); status != http.StatusAccepted {
			t.Fatalf("the answer: %d %s", status, reason)
		}
		o.Settle(t)
		nora.Look(o.Number)
		o.Settle(t)
		sent := fromUs(o, nora.ID)
		if len(sent) != 2 {
			t.Fatalf("want the notice and the answer, got %d messages", len(sent))
		}
		if n := o.Count(t, "message", "contact_id = ? AND outgoing = ? AND state = ?", who.ID, true, string(chat.Read)); n != 2 {
			t.Errorf("%d messages are read, want 2", n)
		}

		nora.Edit(o.Number, said, "Guten Abend")
		nora.React(o.Number, sent[1].ID, "👍")
		o.Settle(t)
		if n := o.Count(t, "message", "edited_at > ?", 0); n != 1 {
			t.Errorf("%d messages are edited", n)
		}

		template := map[string]any{"recipient": nora.UserID, "type": "template", "template": map[string]any{"name": "code", "language": map[string]any{"code": "de"},
			"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": "123456"}}},
				map[string]any{"type": "button", "sub_type": "url", "index": "0", "parameters": []any{map[string]any{"type": "text", "text": "123456"}}}}}}
		status, reason, remedies := answer(t, o, template)
		if status != http.StatusForbidden || reason != "template_not_usable" || !slices.Contains(remedies, "ask_for_phone_number") {
			t.Errorf("a code without a phone number: %d %s %v", status, reason, remedies)
		}

		nora.Say(o.Number, "STOP")
		o.Settle(t)
		if status, reason, _ := answer(t, o, map[string]any{"recipient": nora.UserID, "type": "text", "text": words("Noch etwas")}); status != http.StatusForbidden || reason != "opted_out" {
			t.Errorf("after STOP: %d %s", status, reason)
		}
		if n := len(fromUs(o, nora.ID)); n != 3 {
			t.Errorf("%d messages went out, want 3 with the one confirmation", n)
		}
		nora.Say(o.Number, "START")
		o.Settle(t)
		if status, reason, _ := answer(t, o, map[string]any{"recipient": nora.UserID, "type": "text", "text": words("Willkommen")}); status != http.StatusAccepted {
			t.Errorf("after START: %d %s", status, reason)
		}
		o.Settle(t)
	})
}

// TestTheUserIDLearnsItsNumber: from the first message with both ids on it is
// one person, with the whole conversation.
func TestTheUserIDLearnsItsNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const phone = "4917604069077"
		// The company knows the number from before user ids, and the user id
		// from a message without a number.
		if status := o.Post(t, apptest.Text("wamid.before", phone, "Nora", "Von früher", o.Clock.Now())); status != http.StatusOK {
			t.Fatal(status)
		}
		nora := o.Customer("Nora Beispiel", "")
		nora.Say(o.Number, "Ohne Nummer")
		o.Settle(t)
		byID := o.Person(t, nora)
		byPhone, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone)
		if err != nil || byPhone == nil || byPhone.ID == byID.ID {
			t.Fatalf("%+v, %v: two people as yet", byPhone, err)
		}

		nora.ShowNumber(phone)
		nora.Say(o.Number, "Jetzt mit Nummer")
		o.Settle(t)
		one := o.Person(t, nora)
		byPhone, err = o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone)
		if err != nil || byPhone == nil || byPhone.ID != one.ID || one.Profile.Phone != phone || one.Profile.BSUID != nora.UserID {
			t.Fatalf("%+v and %+v, %v: want one person with both", one, byPhone, err)
		}
		if n := o.Count(t, "message", "contact_id = ?", one.ID); n != 3 {
			t.Errorf("%d of 3 messages are hers", n)
		}
		if n := o.Count(t, "conversation", "contact_id = ?", one.ID); n != 1 {
			t.Errorf("%d conversations", n)
		}
		if status, reason, _ := answer(t, o, map[string]any{"to": phone, "type": "text", "text": words("Guten Tag")}); status != http.StatusAccepted {
			t.Errorf("%d %s", status, reason)
		}
		o.Settle(t)

		// A new phone number brings a new user id; she stays the same.
		before := one.ID
		nora.ChangeNumber("4917604069078")
		nora.Say(o.Number, "Neue Nummer")
		o.Settle(t)
		if now := o.Person(t, nora); now == nil || now.ID != before || now.Profile.Phone != "4917604069078" {
			t.Errorf("%+v, want %s with the new number", now, before)
		}
	})
}

// marketingByUserID: WhatsApp tells of a stop without a number.
func marketingByUserID(t *testing.T, o *apptest.Office) {
	t.Helper()
	mia := o.Customer("Mia Beispiel", "")
	mia.Say(o.Number, "Guten Tag")
	o.Settle(t)
	o.Agree(t, o.Person(t, mia).ID, "marketing")
	offer := map[string]any{"recipient": mia.UserID, "type": "template", "reason": "campaign", "template": map[string]any{"name": "angebot", "language": map[string]any{"code": "de"},
		"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": "Mia"}}}}}}
	if status, reason, _ := answer(t, o, offer); status != http.StatusAccepted {
		t.Fatalf("with consent: %d %s", status, reason)
	}
	o.Settle(t)
	o.Clock.Advance(time.Minute)
	mia.Marketing(o.Number, "stop")
	o.Settle(t)
	if status, reason, _ := answer(t, o, offer); status != http.StatusForbidden || reason != "no_marketing_consent" {
		t.Errorf("after the stop: %d %s", status, reason)
	}
}
