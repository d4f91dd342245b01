package intake_test

import (
	"fmt"
	"testing"

	"einklang/internal/test/apptest"
)

// A STOP that she deleted counts, whichever of the two comes first. A START that
// she deleted before we heard it does not.
func TestADeletedStopCountsInEitherOrder(t *testing.T) {
	revoke := func(wamid string) map[string]any {
		return carrying("revoke", map[string]any{"original_message_id": wamid})
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, words := range []string{"STOP", "Keine Werbung mehr", "LÖSCHEN", "Das reicht jetzt, ihr nervt"} {
			want := []string{"all", "marketing", "erase", "ask"}[i]
			for first := range 2 {
				phone := fmt.Sprintf("491510021%d%03d", i, first)
				now := fmt.Sprint(o.Clock.Now().Unix())
				post(t, o, message(phone, "wamid.a"+phone, now, text("Hallo")))
				granted(t, o, byPhone(t, o, phone))
				both := [][]byte{message(phone, "wamid.b"+phone, now, text(words)), message(phone, "wamid.c"+phone, now, revoke("wamid.b"+phone))}
				post(t, o, both[first])
				post(t, o, both[1-first])
				if got := outcome(t, o, byPhone(t, o, phone)); got != want {
					t.Errorf("%s, deletion first %d: %s", words, first, got)
				}
				if o.Count(t, "message", "contact_id = ? AND revoked_at > 0", byPhone(t, o, phone).ID) != 1 {
					t.Errorf("%s: the message is not deleted", words)
				}
			}
		}
		const phone = "4915100022001"
		now := fmt.Sprint(o.Clock.Now().Unix())
		post(t, o, message(phone, "wamid.x", now, text("STOP")))
		post(t, o, message(phone, "wamid.y", now, revoke("wamid.z")))
		post(t, o, message(phone, "wamid.z", now, text("START")))
		if !byPhone(t, o, phone).Flags.OptedOut {
			t.Error("a START that was deleted before it came lifted a STOP")
		}
		o.Settle(t)
	})
}
