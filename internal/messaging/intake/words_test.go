package intake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/test/apptest"
)

// hook is a webhook of any field of the example number.
func hook(field string, value map[string]any) []byte {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": "493023125000", "phone_number_id": apptest.PhoneNumberID}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{
		"id": apptest.WABA, "changes": []any{map[string]any{"field": field, "value": value}}}}})
	if err != nil {
		panic(err) // values of a test are plain
	}
	return body
}

// post sends a webhook that must be taken.
func post(t *testing.T, o *apptest.Office, body []byte) {
	t.Helper()
	if status := o.Post(t, body); status != http.StatusOK {
		t.Fatalf("a webhook was answered %d: %s", status, body)
	}
}

func byPhone(t *testing.T, o *apptest.Office, phone string) *chat.Known {
	t.Helper()
	return must(o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone))
}

// granted gives a person consents to the standard purposes, an hour ago.
func granted(t *testing.T, o *apptest.Office, p *chat.Known) {
	t.Helper()
	o.Write(t, func(tx store.Tx) error {
		for _, purpose := range []string{optin.Service, optin.Utility, optin.Marketing} {
			if _, err := o.Consents.Grant(t.Context(), tx, o.Org.ID, p, optin.Event{Purpose: purpose, Source: optin.FromWord, At: o.Clock.Now().Add(-time.Hour),
				Detail: optin.Detail{Note: "am Telefon", Wording: "Ja, gern", Artefact: "Aufnahme 1"}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// standing is the states of a person's consents, by purpose.
func standing(t *testing.T, o *apptest.Office, p *chat.Known) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, s := range must(o.Consents.States(t.Context(), o.DB, o.Org.ID, p.ID)) {
		all[s.Purpose] = string(s.State)
	}
	return all
}

// A STOP is heard whatever carries it, also while Meta's agent holds the
// thread, and ends everything that was granted.
func TestAStopIsHeardWhateverCarriesIt(t *testing.T) {
	carriers := map[string]map[string]any{
		"text":          {"type": "text", "text": map[string]any{"body": "Stop bitte"}},
		"quick reply":   {"type": "button", "button": map[string]any{"payload": "nein_danke", "text": "STOP"}},
		"payload":       {"type": "button", "button": map[string]any{"payload": "STOP", "text": "Nein danke"}},
		"button":        {"type": "interactive", "interactive": map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": "b2", "title": "Abmelden"}}},
		"row of a list": {"type": "interactive", "interactive": map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "STOP", "title": "STOP", "description": "Keine Nachrichten mehr"}}},
		"its line":      {"type": "interactive", "interactive": map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "3", "title": "Punkt 3", "description": "Keine Nachrichten mehr"}}},
		"form":          {"type": "interactive", "interactive": map[string]any{"type": "nfm_reply", "nfm_reply": map[string]any{"name": "flow", "body": "Sent", "response_json": `{"flow_token":"x","wish":"Bitte keine Nachrichten mehr"}`}}},
		"picture":       {"type": "image", "image": map[string]any{"id": "1", "mime_type": "image/jpeg", "caption": "STOP"}},
		"film":          {"type": "video", "video": map[string]any{"id": "2", "mime_type": "video/mp4", "caption": "Stop!"}},
		"document":      {"type": "document", "document": map[string]any{"id": "3", "mime_type": "application/pdf", "caption": "unsubscribe", "filename": "a.pdf"}},
		"order":         {"type": "order", "order": map[string]any{"catalog_id": "c", "text": "Stop", "product_items": []any{}}},
		"edit": {"type": "edit", "edit": map[string]any{"original_message_id": "wamid.first", "message": map[string]any{"type": "text",
			"text": map[string]any{"body": "STOP"}}}},
		"edited caption": {"type": "edit", "edit": map[string]any{"original_message_id": "wamid.first", "message": map[string]any{"type": "image",
			"image": map[string]any{"caption": "STOP"}}}},
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for _, field := range []string{"messages", "standby"} {
			for name, message := range carriers {
				n++
				phone := fmt.Sprintf("4915100000%03d", n)
				post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
				granted(t, o, byPhone(t, o, phone))
				sent := map[string]any{"from": phone, "id": "wamid." + phone, "timestamp": fmt.Sprint(o.Clock.Now().Unix())}
				for key, value := range message {
					sent[key] = value
				}
				post(t, o, hook(field, map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Kim"}, "wa_id": phone}}, "messages": []any{sent}}))
				p := byPhone(t, o, phone)
				if !p.Flags.OptedOut {
					t.Errorf("%s on %s: she has not opted out", name, field)
				}
				for purpose, state := range standing(t, o, p) {
					if state != "withdrawn" {
						t.Errorf("%s on %s: %s is %s", name, field, purpose, state)
					}
				}
				if message["type"] != "edit" && o.Count(t, "message", "contact_id = ? AND outgoing = ?", p.ID, false) != 2 {
					t.Errorf("%s on %s: the message does not stand in the conversation", name, field)
				}
			}
		}
		o.Settle(t)
	})
}

// What stands beside something else asks for nothing: "Daten" below a file is
// its title, and a code behind a row is not what she read.
func TestWordsAsideAskForNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const phone = "4915100000901"
		for i, message := range []map[string]any{
			{"type": "text", "text": map[string]any{"body": "STOP"}},
			{"type": "document", "document": map[string]any{"id": "3", "mime_type": "application/pdf", "caption": "Daten"}},
			{"type": "image", "image": map[string]any{"id": "4", "mime_type": "image/jpeg", "caption": "Start"}},
			{"type": "interactive", "interactive": map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "delete", "title": "Bestellung stornieren"}}},
			{"type": "button", "button": map[string]any{"payload": "start", "text": "Los geht's"}},
			{"type": "text", "text": map[string]any{"body": "Bitte stoppen Sie die Lieferung nicht"}},
		} {
			message["from"], message["id"], message["timestamp"] = phone, fmt.Sprint("wamid.", i), fmt.Sprint(o.Clock.Now().Unix())
			post(t, o, hook("messages", map[string]any{"messages": []any{message}}))
		}
		o.Settle(t)
		if !byPhone(t, o, phone).Flags.OptedOut || o.Count(t, "privacy_case", "") != 0 {
			t.Errorf("%+v, %d cases", byPhone(t, o, phone).Flags, o.Count(t, "privacy_case", ""))
		}
	})
}

// What staff and Meta's agent wrote is no word of hers; the agent's words are
// shown as such, and statuses on standby count.
func TestTheAgentAnswersOnStandby(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const phone = "4915100000902"
		now := fmt.Sprint(o.Clock.Now().Unix())
		post(t, o, hook("standby", map[string]any{"messages": []any{
			map[string]any{"from": phone, "id": "wamid.hers", "timestamp": now, "type": "text", "text": map[string]any{"body": "Was kostet das?"}},
			map[string]any{"from": "493023125000", "to": phone, "id": "wamid.agent1", "timestamp": now, "type": "text", "text": map[string]any{"body": "STOP"}}}}))
		post(t, o, hook("standby", map[string]any{"message_echoes": []any{
			map[string]any{"to": phone, "id": "wamid.agent2", "timestamp": now, "type": "text", "text": map[string]any{"body": "12 Euro"}}}}))
		post(t, o, hook("smb_message_echoes", map[string]any{"message_echoes": []any{
			map[string]any{"to": phone, "id": "wamid.staff", "timestamp": now, "type": "text", "text": map[string]any{"body": "STOP"}}}}))
		post(t, o, hook("standby", map[string]any{"statuses": []any{map[string]any{"id": "wamid.agent2", "status": "read", "timestamp": now, "recipient_id": phone}}}))
		o.Settle(t)
		p := byPhone(t, o, phone)
		if p.Flags.OptedOut || o.Count(t, "contact", "") != 1 {
			t.Errorf("%+v, %d people", p.Flags, o.Count(t, "contact", ""))
		}
		for where, want := range map[string]int{"origin = 'meta_ai'": 2, "origin = 'echo'": 1, "origin = 'customer'": 1, "origin = 'meta_ai' AND state = 'read'": 1} {
			if n := o.Count(t, "message", where); n != want {
				t.Errorf("%s: %d messages, want %d", where, n, want)
			}
		}
	})
}

// Words that end advertising withdraw and object; what is not advertising goes
// on, and she is told once.
func TestWordsThatEndAdvertising(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, words := range []string{"Keine Werbung mehr", "STOP WERBUNG", "stop ads", "Newsletter abbestellen", "Stop promotions"} {
			phone := fmt.Sprintf("4915100001%03d", i)
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
			granted(t, o, byPhone(t, o, phone))
			o.Settle(t)
			before := o.Count(t, "message", "outgoing = ?", true)
			for again := range 2 {
				post(t, o, hook("messages", map[string]any{"messages": []any{map[string]any{"from": phone, "id": fmt.Sprint("wamid.", phone, again), "timestamp": fmt.Sprint(o.Clock.Now().Unix()),
					"type": "button", "context": map[string]any{"id": "wamid.ours"}, "button": map[string]any{"payload": words, "text": words}}}}))
			}
			o.Settle(t)
			p := byPhone(t, o, phone)
			held := standing(t, o, p)
			if !p.Flags.Objected || p.Flags.OptedOut || held[optin.Marketing] != "withdrawn" || held[optin.Service] != "granted" || held[optin.Utility] != "granted" {
				t.Errorf("%s: %+v, %v", words, p.Flags, held)
			}
			if n := o.Count(t, "message", "outgoing = ?", true) - before; n > 2 || n < 1 { // the notice may be due, too
				t.Errorf("%s: %d answers", words, n)
			}
		}
	})
}

// A message without a time, or from a time to come, is dated when it was
// received; its STOP ends all that was granted until then.
func TestAMessageWithoutATime(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for phone, at := range map[string]any{"4915100000012": nil, "4915100000011": fmt.Sprint(o.Clock.Now().AddDate(1, 0, 0).Unix())} {
			post(t, o, apptest.Text("wamid.before."+phone, phone, "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
			granted(t, o, byPhone(t, o, phone))
			message := map[string]any{"from": phone, "id": "wamid." + phone, "type": "text", "text": map[string]any{"body": "STOP"}}
			if at != nil {
				message["timestamp"] = at
			}
			post(t, o, hook("messages", map[string]any{"messages": []any{message}}))
			p := byPhone(t, o, phone)
			for purpose, state := range standing(t, o, p) {
				if state != "withdrawn" {
					t.Errorf("%v: %s is %s", at, purpose, state)
				}
			}
			thread := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))[0]
			if left := thread.WindowEnds.Sub(o.Clock.Now()); left <= 23*time.Hour || left > 24*time.Hour {
				t.Errorf("%v: the window ends in %s", at, left)
			}
			post(t, o, hook("messages", map[string]any{"messages": []any{map[string]any{"from": phone, "id": "wamid.start." + phone, "type": "text", "text": map[string]any{"body": "START"}}}}))
			if byPhone(t, o, phone).Flags.OptedOut {
				t.Errorf("%v: START did not end it", at)
			}
		}
		o.Settle(t)
	})
}
