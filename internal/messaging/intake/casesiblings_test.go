package intake_test

import (
	"fmt"
	"testing"

	"einklang/internal/test/apptest"
)

// TestSiblingsOfTheCases: the same kinds of thing in other forms.
func TestSiblingsOfTheCases(t *testing.T) {
	pressed := func(kind string, content any) map[string]any { return map[string]any{"type": kind, kind: content} }
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct {
			name, outcome string
			said          map[string]any
		}{
			{"a template button with a payload of ours", "marketing", pressed("button", map[string]any{"payload": "k-17", "text": "Werbung stoppen"})},
			{"a template button in French", "marketing", pressed("button", map[string]any{"payload": "p", "text": "Arrêter les promotions"})},
			{"a reply button", "all", pressed("interactive", map[string]any{"type": "button_reply", "button_reply": map[string]any{"id": "STOP", "title": "Stop"}})},
			{"a list that says it in words", "all", pressed("interactive", map[string]any{"type": "list_reply", "list_reply": map[string]any{"id": "r7", "title": "Keine Nachrichten mehr"}})},
			{"below a picture", "marketing", pressed("image", map[string]any{"id": 99907, "mime_type": "image/jpeg", "caption": "Bitte keine Werbung mehr"})},
			{"in a form", "all", pressed("interactive", map[string]any{"type": "nfm_reply", "nfm_reply": map[string]any{"name": "flow", "body": "Sent", "response_json": `{"wunsch":"STOP"}`}})},
			{"a place with a comma", "none", pressed("location", map[string]any{"latitude": "52,52", "longitude": "13,40"})},
		} {
			phone := fmt.Sprintf("4915100007%03d", i)
			post(t, o, message(phone, "wamid.b"+phone, fmt.Sprint(o.Clock.Now().Unix()), text("Hallo")))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, message(phone, "wamid.c"+phone, fmt.Sprint(o.Clock.Now().Unix()), c.said))
			if got := outcome(t, o, byPhone(t, o, phone)); got != c.outcome {
				t.Errorf("%s: %s, want %s", c.name, got, c.outcome)
			}
		}
		o.Settle(t)
	})
}
