package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/template"
	"einklang/internal/rule/keyword"
	"einklang/internal/test/apptest"
)

// Each text that the gate takes for an opt-out line on a button does what it
// says when it is tapped: one table serves both.
func TestEveryOptOutButtonIsObeyed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		var all []string
		for _, means := range []keyword.Meaning{keyword.Stop, keyword.Marketing} {
			for _, phrase := range keyword.Phrases(means) {
				if len(phrase) <= 25 { // Cloud API: quick reply buttons
					all = append(all, phrase)
				}
			}
		}
		slices.Sort(all)
		if o.DB.Engine() == "postgres" { // the words are the same: some will do
			some := all[:0]
			for i := 0; i < len(all); i += 20 {
				some = append(some, all[i])
			}
			all = some
		}
		at := o.Clock.Now().Add(-time.Hour)
		const together = 50
		for some := range slices.Chunk(all, together) {
			var hellos, taps []any
			for _, phrase := range some {
				button := template.Template{Parts: []template.Part{{Type: "BODY", Text: "Diese Woche alles günstiger."},
					{Type: "BUTTONS", Buttons: []template.Button{{Type: "QUICK_REPLY", Text: phrase}}}}}
				if !button.HasOptOutLine() {
					t.Errorf("the gate does not take a button %q for an opt-out line", phrase)
				}
				who := phoneOf(all, phrase)
				hellos = append(hellos, map[string]any{"from": who, "id": "wamid.hello." + who, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": words("Hallo")})
				taps = append(taps, map[string]any{"from": who, "id": "wamid.tap." + who, "timestamp": fmt.Sprint(at.Add(time.Minute).Unix()), "type": "button",
					"button": map[string]any{"payload": "p", "text": strings.ToUpper(phrase)}})
			}
			send(t, o, hellos)
			o.Write(t, func(tx store.Tx) error {
				for _, phrase := range some {
					p, err := o.People.ByPhone(t.Context(), tx, o.Org.ID, phoneOf(all, phrase))
					if err != nil {
						return err
					}
					if _, err := o.Consents.Grant(t.Context(), tx, o.Org.ID, p, optin.Event{Purpose: optin.Marketing, Source: "verbal", At: at, Detail: optin.Detail{Note: "am Telefon", Wording: "Ja, Werbung per WhatsApp", Artefact: "Aufnahme 1"}}); err != nil {
						return err
					}
				}
				return nil
			})
			send(t, o, taps)
			for _, phrase := range some {
				p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phoneOf(all, phrase))
				if err != nil {
					t.Fatal(err)
				}
				states, err := o.Consents.States(t.Context(), o.DB, o.Org.ID, p.ID)
				if err != nil || len(states) != 1 || states[0].State != "withdrawn" || !p.Flags.Objected && !p.Flags.OptedOut {
					t.Errorf("%q was tapped: %+v %+v, %v", phrase, states, p.Flags, err)
				}
			}
		}
		o.Settle(t)
	})
}

func phoneOf(all []string, phrase string) string {
	return fmt.Sprintf("4915100%06d", slices.Index(all, phrase))
}

func send(t *testing.T, o *apptest.Office, messages []any) {
	t.Helper()
	status := 0
	for range 5 { // Meta delivers again what could not be taken in time
		if status = o.Post(t, apptest.Webhook(map[string]any{"messages": messages})); status != http.StatusServiceUnavailable {
			break
		}
	}
	if status != http.StatusOK {
		t.Fatalf("answered %d", status)
	}
}

// A button that nobody would obey is no opt-out line: a tap on a link does not
// come back to us.
func TestAButtonThatNobodyObeysIsNoOptOutLine(t *testing.T) {
	for _, c := range []struct{ kind, text string }{{"URL", "Abmelden"}, {"PHONE_NUMBER", "Stop"}, {"QUICK_REPLY", "Stop by our shop"}, {"QUICK_REPLY", "Nicht abmelden"}, {"QUICK_REPLY", "Stop-Motion-Film"}} {
		var part template.Part
		if err := json.Unmarshal([]byte(`{"type":"BUTTONS","buttons":[{"type":"`+c.kind+`","text":"`+c.text+`"}]}`), &part); err != nil {
			t.Fatal(err)
		}
		if (template.Template{Parts: []template.Part{part}}).HasOptOutLine() {
			t.Errorf("%s %q counts as an opt-out line", c.kind, c.text)
		}
	}
}
