package intake_test

import (
	"fmt"
	"testing"

	"einklang/internal/test/apptest"
)

// Words are heard in a form that nobody described, too, and in kinds of messages that
// we do not know; the names of things are none.
func TestWordsAreHeardInFormsThatNobodyDescribed(t *testing.T) {
	type m = map[string]any
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct {
			outcome string
			said    m
		}{
			{"marketing", m{"type": "button", "button": "Stop promotions"}},
			{"all", m{"type": "interactive", "interactive": m{"type": "button_reply", "button_reply": "STOP"}}},
			{"all", m{"type": "interactive", "interactive": m{"type": "nfm_reply", "nfm_reply": m{"name": "flow", "response_json": m{"w": "STOP"}}}}},
			{"all", m{"type": "interactive", "interactive": m{"type": "nfm_reply", "nfm_reply": m{"name": "flow", "response_json": []any{"STOP"}}}}},
			{"all", m{"type": "interactive", "interactive": m{"type": "new_reply", "new_reply": m{"title": "STOP"}}}},
			{"all", m{"type": "unsupported", "text": m{"body": "STOP"}, "errors": []any{m{"code": 131051, "title": "x"}}}},
			{"all", m{"type": "unsupported", "unsupported": m{"type": "edit", "text": "STOP"}}},
			{"all", m{"type": "ephemeral", "ephemeral": m{"text": m{"body": "STOP"}}}},
			{"all", m{"type": "poll_update", "poll_update": m{"selected_options": []any{"STOP"}}}},
			{"erase", m{"type": "rich_text", "rich_text": m{"body": "Bitte löschen Sie alle meine Daten"}}},
			{"none", m{"type": "rich_text", "rich_text": m{"action": "delete", "next": "start", "title": "Daten"}}},
			{"none", m{"type": "text", "text": m{"body": "Hallo"}, "unheard_of": m{"name": "STOP"}}},
			{"none", m{"type": "location", "location": m{"latitude": 1, "longitude": 2, "name": "STOP"}}},
			{"none", m{"type": "document", "document": m{"id": "7", "mime_type": "application/pdf", "filename": "STOP.pdf"}}},
		} {
			phone := fmt.Sprintf("4915100041%03d", i)
			now := fmt.Sprint(o.Clock.Now().Unix())
			post(t, o, message(phone, "wamid.a"+phone, now, text("Hallo")))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, message(phone, "wamid.b"+phone, now, c.said))
			if got := outcome(t, o, byPhone(t, o, phone)); got != c.outcome {
				t.Errorf("%v: %s, want %s", c.said, got, c.outcome)
			}
		}
		o.Settle(t)
	})
}
