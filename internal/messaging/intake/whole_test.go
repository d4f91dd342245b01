package intake_test

import (
	"fmt"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/test/apptest"
)

// What a short message says as a whole is obeyed, and no more than that.
func TestAShortMessageIsObeyedAsAWhole(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, c := range []struct{ words, outcome, marketing string }{
			{"Habe doch schon STOP geschrieben!", "all", "withdrawn"},
			{"Bitte abmelden! Mein Vater ist verstorben.", "all", "withdrawn"},
			{"Stop!\n\nGesendet von meinem iPhone", "all", "withdrawn"},
			{"STOP WERBUNG STOP", "all", "withdrawn"},
			{"STOP\nWERBUNG", "marketing", "withdrawn"},
			{"CANCEL", "ask", "granted"},
			{"Auskunft und dann löschen", "erase", "granted"},
			{"Ich widerspreche der Verarbeitung meiner Daten", "object", "withdrawn"},
			{"Ich widerspreche der Verarbeitung meiner Daten und verlange die Löschung", "erase", "withdrawn"},
			{"STOP. Und schicken Sie mir eine Auskunft nach Art. 15 DSGVO.", "access", "withdrawn"},
			{"Bitte keine Sprachnachrichten, lieber Text", "none", "granted"},
			{"Bitte schreiben Sie nicht mehr \"Herr\", ich bin eine Frau", "none", "granted"},
			{"Bitte den Eintrag meines Termins löschen", "none", "granted"},
			{"Moment, stop", "none", "granted"},
		} {
			phone := fmt.Sprintf("4915100028%03d", i)
			now := fmt.Sprint(o.Clock.Now().Unix())
			post(t, o, message(phone, "wamid.a"+phone, now, text("Hallo")))
			granted(t, o, byPhone(t, o, phone))
			post(t, o, message(phone, "wamid.b"+phone, now, text(c.words)))
			p := byPhone(t, o, phone)
			if got, state := outcome(t, o, p), standing(t, o, p)[optin.Marketing]; got != c.outcome || state != c.marketing {
				t.Errorf("%q: %s, advertising %s; want %s, %s", c.words, got, state, c.outcome, c.marketing)
			}
		}
		o.Settle(t)
	})
}
