package intake_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"einklang/internal/test/apptest"
)

// carrying is a message of one kind.
func carrying(kind string, content map[string]any) map[string]any {
	return map[string]any{"type": kind, kind: content}
}

// edited is a message that another one was changed to.
func edited(wamid string, to map[string]any) map[string]any {
	return carrying("edit", map[string]any{"original_message_id": wamid, "message": to})
}

// flow is the answers to a form.
func flow(answers map[string]any) map[string]any {
	text, err := json.Marshal(answers)
	if err != nil {
		panic(err) // values of a test are plain
	}
	return carrying("interactive", map[string]any{"type": "nfm_reply", "nfm_reply": map[string]any{"name": "flow", "body": "Sent", "response_json": string(text)}})
}

// What she asks for beside something else, or by changing a message, is asked for:
// the month of Art. 12 begins, and what is unclear is held. It allows nothing.
func TestWhatIsSaidAsideIsAskedFor(t *testing.T) {
	const erase, access = "Ich verlange die Löschung aller meiner Daten nach Art. 17 DSGVO", "Auskunft nach Art. 15 DSGVO: Welche Daten haben Sie über mich?"
	document := func(caption string) map[string]any {
		return carrying("document", map[string]any{"id": "99907", "mime_type": "application/pdf", "filename": "STOP.pdf", "caption": caption})
	}
	order := func(text string) map[string]any {
		return carrying("order", map[string]any{"catalog_id": "c", "text": text, "product_items": []any{}})
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct {
			name, outcome string
			stopped       bool
			said          map[string]any
		}{
			{"caption", "erase", false, document(erase)},
			{"caption", "access", false, document(access)},
			{"caption of one word", "erase", false, document("LÖSCHEN")},
			{"caption, title", "none", false, document("Meine Daten")},
			{"caption, unclear", "ask", false, document("Das reicht jetzt, ihr nervt")},
			{"caption that ends and asks", "erase", true, document("STOP! " + erase)},
			{"order", "erase", false, order(erase)},
			{"order", "access", false, order(access)},
			{"form", "erase", false, flow(map[string]any{"flow_token": "x", "wish": erase})},
			{"form", "access", false, flow(map[string]any{"wish": access})},
			{"form, unclear", "ask", false, flow(map[string]any{"wish": "Das reicht jetzt, ihr nervt"})},
			{"form that ends and asks", "erase", true, flow(map[string]any{"a": "STOP", "b": erase})},
			{"form, names of answers", "none", false, flow(map[string]any{"action": "delete", "often": "nicht mehr", "topic": "Daten", "next": "start"})},
			{"edit", "erase", false, edited("wamid.b", text("LÖSCHEN"))},
			{"edit", "access", false, edited("wamid.b", text("DATEN"))},
			{"edit, unclear", "ask", false, edited("wamid.b", text("Das reicht jetzt, ihr nervt"))},
			{"edited caption", "erase", false, edited("wamid.b", document(erase))},
		} {
			phone := fmt.Sprintf("4915100017%03d", i)
			now := fmt.Sprint(o.Clock.Now().Unix())
			post(t, o, message(phone, "wamid.a"+phone, now, text("Hallo")))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, message(phone, "wamid.c"+phone, now, c.said))
			p := byPhone(t, o, phone)
			if got := outcome(t, o, p); got != c.outcome || p.Flags.OptedOut != c.stopped {
				t.Errorf("%s %v: %s, opted out %t; want %s, %t", c.name, c.said, got, p.Flags.OptedOut, c.outcome, c.stopped)
			}
		}
		const phone = "4915100018001"
		for i, said := range []map[string]any{text("STOP"), document("START"), edited("wamid.0", text("START")), flow(map[string]any{"wish": "START"})} {
			post(t, o, message(phone, fmt.Sprint("wamid.", i), fmt.Sprint(o.Clock.Now().Unix()), said))
		}
		if !byPhone(t, o, phone).Flags.OptedOut {
			t.Error("a START aside lifted a STOP")
		}
		o.Settle(t)
	})
}

// Of all that is said at once the most counts, wherever in a message it stands.
func TestTheMostThatIsSaidAtOnceCounts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, answers := range []map[string]any{
			{"grund": "Keine Werbung mehr", "wunsch": "STOP"},
			{"a": "STOP", "b": "Keine Werbung mehr"},
			{"a": []any{"Keine Werbung mehr", map[string]any{"b": "STOP"}}, "c": "Das reicht jetzt, ihr nervt"},
		} {
			for round := range 8 {
				phone := fmt.Sprintf("491510019%d%03d", i, round)
				now := fmt.Sprint(o.Clock.Now().Unix())
				post(t, o, message(phone, "wamid.a"+phone, now, text("Hallo")))
				post(t, o, message(phone, "wamid.b"+phone, now, flow(answers)))
				if got := outcome(t, o, byPhone(t, o, phone)); got != "all" {
					t.Fatalf("%v: %s", answers, got)
				}
			}
		}
		row := carrying("interactive", map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "1", "title": "Keine Werbung mehr", "description": "STOP"}})
		post(t, o, message("4915100020001", "wamid.row", fmt.Sprint(o.Clock.Now().Unix()), row))
		if got := outcome(t, o, byPhone(t, o, "4915100020001")); got != "all" {
			t.Errorf("a row that names both: %s", got)
		}
		o.Settle(t)
	})
}
