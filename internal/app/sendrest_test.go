package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// templateFor is a template that a component fills in.
var templateFor = map[string]string{
	"button":             `[{"type":"BODY","text":"Hier."},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Öffnen","url":"https://example.com/{{1}}"}]}]`,
	"limited_time_offer": `[{"type":"LIMITED_TIME_OFFER","limited_time_offer":{"text":"Nur heute","has_expiration":true}},{"type":"BODY","text":"Hier."}]`,
	"body":               `[{"type":"BODY","text":"Hinweis: {{1}}"}]`,
}

// Components as libraries of other languages write them.
func TestComponentsFromTheField(t *testing.T) {
	type fieldCase struct {
		Name, Want string
		Component  json.RawMessage
	}
	var cases []fieldCase
	for _, file := range []string{"rest.json", "rest-siblings.json"} {
		raw, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var some []fieldCase
		if err := json.Unmarshal(raw, &some); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, some...)
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for kind, components := range templateFor {
			o.Sandbox.AddTemplate(apptest.WABA, sandbox.Template{Name: "fall_" + kind, Language: "de", Category: "UTILITY", Components: []byte(components)})
		}
		if err := o.Sync.All(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.Customer("Erika Mustermann", "4917604069001").Say(o.Number, "Guten Tag")
		o.Settle(t)
		for _, c := range cases {
			var kind struct{ Type string }
			if err := json.Unmarshal(c.Component, &kind); err != nil {
				t.Fatal(err)
			}
			before := o.Count(t, "message", "outgoing = ?", true)
			var answer json.RawMessage
			status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": "4917604069001", "type": "template",
				"template": map[string]any{"name": "fall_" + kind.Type, "language": map[string]any{"policy": "deterministic", "code": "de"}, "components": []any{c.Component}}}, &answer)
			queued := o.Count(t, "message", "outgoing = ?", true) > before
			if taken := strings.HasPrefix(c.Want, "taken"); taken != (status == http.StatusAccepted) || taken != queued {
				t.Errorf("%s: %d %s, want %s", c.Name, status, answer, c.Want)
			}
			if strings.Contains(c.Want, "422 that names") && (status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), "template.components[0].parameters[0].text")) {
				t.Errorf("%s: %d %s does not name the parameter", c.Name, status, answer)
			}
			o.Settle(t)
		}
		if n := o.Count(t, "message", "state = ?", "failed"); n != 0 {
			t.Errorf("%d messages were refused by Meta", n)
		}
	})
}

// What WhatsApp does not take is refused with the field's name, before anything
// is queued, kept or sent.
func TestWhatWhatsAppDoesNotTake(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	filling := func(name, components string) string {
		return `"type":"template","template":{"name":"` + name + `","language":{"code":"de"},"components":` + components + `}`
	}
	choices := func(kind, action string) string {
		return `"type":"interactive","interactive":{"type":"` + kind + `","body":{"text":"?"},"action":` + action + `}`
	}
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, erika := stocked(t, url)
		o.Settle(t)
		other := o.Customer("Max Muster", "4917604069002")
		foreign := other.Say(o.Number, "Guten Tag")
		o.Settle(t)
		before := o.Count(t, "message", "outgoing = ?", true)
		for _, c := range []struct{ name, body, field string }{
			{"another product", `"messaging_product":"sms","type":"text","text":{"body":"x"}`, "body.messaging_product"},
			{"a group", `"recipient_type":"group","type":"text","text":{"body":"x"}`, "body.recipient_type"},
			{"a text of 4097", `"type":"text","text":{"body":"` + long(4097) + `"}`, "text.body"},
			{"no text, no type", `"preview_url":true`, "body.preview_url"},
			{"two contents", `"type":"text","text":{"body":"x"},"image":{"link":"https://example.com/a.png"}`, "image"},
			{"a caption of 1025", `"type":"image","image":{"link":"https://example.com/a.png","caption":"` + long(1025) + `"}`, "image.caption"},
			{"degrees in words", `"type":"location","location":{"latitude":"north","longitude":"13.4"}`, "location.latitude"},
			{"no degrees", `"type":"location","location":{"name":"Werk"}`, "latitude"},
			{"beyond the pole", `"type":"location","location":{"latitude":"90.5","longitude":"13.4"}`, "location.latitude"},
			{"a reaction in words", `"type":"reaction","reaction":{"message_id":"` + erika.Messages(o.Number)[0].ID + `","emoji":"ok"}`, "reaction.emoji"},
			{"a reaction to nothing of ours", `"type":"reaction","reaction":{"message_id":"01a","emoji":"👍"}`, "reaction.message_id"},
			{"an answer to a message of somebody else", `"context":{"message_id":"` + foreign + `"},"type":"text","text":{"body":"x"}`, "context.message_id"},
			{"an answer to nothing", `"context":{"message_id":"x"},"type":"text","text":{"body":"x"}`, "context.message_id"},
			{"a button of 21", choices("button", `{"buttons":[{"type":"reply","reply":{"id":"a","title":"`+long(21)+`"}}]}`), "interactive.action.buttons[0].reply.title"},
			{"a row of 25", choices("list", `{"button":"b","sections":[{"rows":[{"id":"a","title":"`+long(25)+`"}]}]}`), "interactive.action.sections[0].rows[0].title"},
			{"a row's text of 73", choices("list", `{"button":"b","sections":[{"rows":[{"id":"a","title":"a","description":"`+long(73)+`"}]}]}`), "interactive.action.sections[0].rows[0].description"},
			{"an index in words", filling("formular", `[{"type":"button","sub_type":"flow","index":"first"}]`), "template.components[0].index"},
			{"an index of a button that is another one", filling("formular", `[{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"x"}]}]`), "template.components[0]"},
			{"an index that there is not", filling("formular", `[{"type":"button","sub_type":"flow","index":"4"}]`), "template.components[0].sub_type"},
			{"a tab", filling("rechnung", `[{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]},{"type":"body","parameters":[{"type":"text","text":"a\tb"}]}]`), "template.components[1].parameters[0].text"},
			{"five spaces", filling("rechnung", `[{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]},{"type":"body","parameters":[{"type":"text","text":"a     b"}]}]`), "template.components[1].parameters[0].text"},
			{"a picture where a document belongs", filling("rechnung", `[{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]},{"type":"body","parameters":[{"type":"text","text":"1"}]}]`), "template.components.header.document"},
			{"a value too many", filling("rechnung", `[{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]},{"type":"body","parameters":[{"type":"text","text":"1"},{"type":"text","text":"2"}]}]`), "template.components[1].parameters[1].text"},
			{"a header that the template has not", filling("formular", `[{"type":"header","parameters":[{"type":"text","text":"x"}]}]`), "template.components[0].parameters[0].text"},
			{"an offer without its end", filling("aktion", `[{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]},{"type":"body","parameters":[{"type":"text","text":"x"}]},{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"R"}]},{"type":"button","sub_type":"url","index":1,"parameters":[{"type":"text","text":"x"}]}]`), "limited_time_offer"},
			{"a card too few", filling("karussell", `[{"type":"body","parameters":[{"type":"text","text":"x"}]},{"type":"carousel","cards":[{"card_index":0,"components":[{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]},{"type":"body","parameters":[{"type":"text","text":"x"}]},{"type":"button","sub_type":"url","index":1,"parameters":[{"type":"text","text":"x"}]}]}]}]`), "header"},
			{"a code of 16", filling("anmeldung", `[{"type":"body","parameters":[{"type":"text","text":"1234567890123456"}]},{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"1234567890123456"}]}]`), "template.components[0].parameters[0].text"},
			{"a code without its button", filling("anmeldung", `[{"type":"body","parameters":[{"type":"text","text":"123456"}]}]`), "template.components.button"},
			{"a body that grew too long", filling("kopfzeile", `[{"type":"header","parameters":[{"type":"text","text":"`+long(61)+`"}]}]`), "template.components[0].parameters[0].text"},
			{"a member that nobody knows", filling("formular", `[{"type":"body","text":"x"}]`), "template.components[0].text"},
		} {
			var answer json.RawMessage
			status := o.REST(t, http.MethodPost, "/api/v1/messages", json.RawMessage(`{"to":"4917604069001",`+c.body+`}`), &answer)
			if status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), c.field) {
				t.Errorf("%s: %d %s, want 422 that names %s", c.name, status, answer, c.field)
			}
		}
		if n := o.Count(t, "message", "outgoing = ?", true); n != before {
			t.Errorf("%d messages were queued", n-before)
		}
	})
}

// Ids in answers and reactions are ours or WhatsApp's.
func TestAnswersAndReactionsNameMessages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		wamid := erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		var all struct{ Items []struct{ ID, WAMID string } }
		o.Until(t, "whoever follows sees the message", func() bool { // behind it nobody writes any more, in no database here
			return o.REST(t, http.MethodGet, "/api/v1/messages?order=asc", nil, &all) == http.StatusOK && len(all.Items) > 0
		})
		ours := all.Items[0].ID
		for _, name := range []string{wamid, ours} {
			for _, body := range []map[string]any{
				{"to": "+49 176 04069001", "messaging_product": "whatsapp", "recipient_type": "individual", "text": map[string]any{"body": "Gern."}, "context": map[string]any{"message_id": name}},
				{"to": "4917604069001", "type": "reaction", "reaction": map[string]any{"message_id": name, "emoji": "👍"}},
			} {
				var answer json.RawMessage
				if status := o.REST(t, http.MethodPost, "/api/v1/messages", body, &answer); status != http.StatusAccepted {
					t.Fatalf("%v: %d %s", body, status, answer)
				}
				o.Settle(t)
			}
			shown := erika.Messages(o.Number)
			if last := shown[len(shown)-1]; last.Context != wamid || last.Type != "text" || shown[0].Theirs != "👍" {
				t.Errorf("by %s the phone shows %+v, on it %s", name, last, shown[0].Theirs)
			}
		}
	})
}
