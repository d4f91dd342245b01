package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// judge reads a body and judges it.
func judge(t testing.TB, body string) *Fault {
	t.Helper()
	var message map[string]any
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return Check(message)
}

func interactiveOf(kind, rest string) string {
	return `{"type":"interactive","interactive":{"type":"` + kind + `","body":{"text":"?"},` + rest + `}}`
}

func templateOf(components string) string {
	return `{"type":"template","template":{"name":"x","language":{"code":"de"},"components":[` + components + `]}}`
}

func bodyText(text string) string {
	raw, _ := json.Marshal(text)
	return templateOf(`{"type":"header"},{"type":"body","parameters":[{"type":"text","text":` + string(raw) + `}]}`)
}

func letters(n int) string { return strings.Repeat("ä", n) }

func many(n int, each string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(each, "#", fmt.Sprint(i))
	}
	return strings.Join(all, ",")
}

// TestTable states Meta's numbers once more, each on both sides of its limit.
func TestTable(t *testing.T) {
	const row = `{"id":"r#","title":"Zeile"}`
	rows := func(n int) string {
		return interactiveOf("list", `"action":{"button":"Los","sections":[{"rows":[`+many(n, row)+`]}]}`)
	}
	buttons := func(n int, title string) string {
		return interactiveOf("button", `"action":{"buttons":[`+many(n, `{"type":"reply","reply":{"id":"b#","title":"`+title+`"}}`)+`]}`)
	}
	for _, c := range []struct {
		name  string
		body  string
		field string // empty: taken
		kind  Kind
	}{
		{"no type", `{}`, "type", Missing},
		{"an unknown type", `{"type":"fax","fax":{}}`, "type", Unknown},
		{"a text of 4096", `{"type":"text","text":{"body":"` + letters(4096) + `"}}`, "", 0},
		{"a text of 4097", `{"type":"text","text":{"body":"` + letters(4097) + `"}}`, "text.body", Length},
		{"a text of blanks", `{"type":"text","text":{"body":" \n "}}`, "text.body", Missing},
		{"a text that is a number", `{"type":"text","text":{"body":5}}`, "text.body", Malformed},
		{"a bill", `{"type":"interactive","interactive":{"type":"order_details","body":{"text":"x"},"action":{"name":"review_and_pay"}}}`, "interactive.type", Unknown},
		{"an unknown member", `{"type":"text","text":{"body":"x","size":1}}`, "text.size", Unknown},
		{"a preview that is a word", `{"type":"text","text":{"body":"x","preview_url":"yes"}}`, "text.preview_url", Malformed},
		{"a caption of 1024", `{"type":"image","image":{"id":"1","caption":"` + letters(1024) + `"}}`, "", 0},
		{"a caption of 1025", `{"type":"video","video":{"id":"1","caption":"` + letters(1025) + `"}}`, "video.caption", Length},
		{"a sound with a caption", `{"type":"audio","audio":{"id":"1","caption":"x"}}`, "audio.caption", Unknown},
		{"a voice note", `{"type":"audio","audio":{"id":"1","voice":true}}`, "", 0},
		{"a document with its name", `{"type":"document","document":{"link":"https://example.com/a.pdf","filename":"a.pdf"}}`, "", 0},
		{"a sticker by both", `{"type":"sticker","sticker":{"id":"1","link":"https://example.com/a"}}`, "sticker", Malformed},
		{"a link that is none", `{"type":"image","image":{"link":"javascript:alert(1)"}}`, "image.link", Malformed},
		{"degrees as texts", `{"type":"location","location":{"latitude":"52.5","longitude":"13.4"}}`, "", 0},
		{"degrees as words", `{"type":"location","location":{"latitude":"north","longitude":13}}`, "location.latitude", Malformed},
		{"no longitude", `{"type":"location","location":{"latitude":0}}`, "location.longitude", Missing},
		{"a pole", `{"type":"location","location":{"latitude":-90,"longitude":180}}`, "", 0},
		{"beyond it", `{"type":"location","location":{"latitude":-90.1,"longitude":180}}`, "location.latitude", Range},
		{"a birthday", `{"type":"contacts","contacts":[{"name":{"formatted_name":"Erika"},"birthday":"1990-12-31"}]}`, "", 0},
		{"a birthday in German", `{"type":"contacts","contacts":[{"name":{"formatted_name":"Erika"},"birthday":"31.12.1990"}]}`, "contacts[0].birthday", Malformed},
		{"no cards", `{"type":"contacts","contacts":[]}`, "contacts", Missing},
		{"a reaction", `{"type":"reaction","reaction":{"message_id":"wamid.1","emoji":"👍🏽"}}`, "", 0},
		{"a keycap", `{"type":"reaction","reaction":{"message_id":"wamid.1","emoji":"1️⃣"}}`, "", 0},
		{"a reaction taken away", `{"type":"reaction","reaction":{"message_id":"wamid.1","emoji":""}}`, "", 0},
		{"a reaction in words", `{"type":"reaction","reaction":{"message_id":"wamid.1","emoji":"ok"}}`, "reaction.emoji", Malformed},

		{"three buttons of 20", buttons(3, letters(20)), "", 0},
		{"four buttons", buttons(4, "Ja"), "interactive.action.buttons", Count},
		{"a button of 21", buttons(1, letters(21)), "interactive.action.buttons[0].reply.title", Length},
		{"a button without its type", interactiveOf("button", `"action":{"buttons":[{"reply":{"id":"1","title":"Ja"}}]}`), "interactive.action.buttons[0].type", Missing},
		{"a header of 60", interactiveOf("button", `"header":{"type":"text","text":"`+letters(60)+`"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Ja"}}]}`), "", 0},
		{"a header of 61", interactiveOf("button", `"header":{"type":"text","text":"`+letters(61)+`"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Ja"}}]}`), "interactive.header.text", Length},
		{"a footer of 61", interactiveOf("button", `"footer":{"text":"`+letters(61)+`"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Ja"}}]}`), "interactive.footer.text", Length},
		{"a body of 1025", strings.Replace(buttons(1, "Ja"), `"?"`, `"`+letters(1025)+`"`, 1), "interactive.body.text", Length},
		{"a list's body of 1025", strings.Replace(rows(1), `"?"`, `"`+letters(1025)+`"`, 1), "", 0},
		{"ten rows", rows(10), "", 0},
		{"eleven rows", rows(11), "interactive.action.sections", Count},
		{"a list with a picture", strings.Replace(rows(1), `"body"`, `"header":{"type":"image","image":{"id":"1"}},"body"`, 1), "interactive.header.type", Unknown},
		{"a list's button of 21", strings.Replace(rows(1), `"Los"`, `"`+letters(21)+`"`, 1), "interactive.action.button", Length},
		{"a link", interactiveOf("cta_url", `"action":{"name":"cta_url","parameters":{"display_text":"Öffnen","url":"https://example.com"}}`), "", 0},
		{"a link without words", interactiveOf("cta_url", `"action":{"name":"cta_url","parameters":{"url":"https://example.com"}}`), "interactive.action.parameters.display_text", Missing},
		{"a form", interactiveOf("flow", `"action":{"name":"flow","parameters":{"flow_message_version":"3","flow_id":"1","flow_token":"t","flow_cta":"Los"}}`), "", 0},
		{"a form without its id", interactiveOf("flow", `"action":{"name":"flow","parameters":{"flow_cta":"Los"}}`), "interactive.action.parameters", Missing},
		{"an address of India", interactiveOf("address_message", `"action":{"name":"address_message","parameters":{"country":"IN","values":{"city":"Pune"}}}`), "", 0},
		{"a call", interactiveOf("voice_call", `"action":{"name":"voice_call","parameters":{"display_text":"Anrufen","ttl_minutes":100}}`), "", 0},
		{"a product without words", `{"type":"interactive","interactive":{"type":"product","action":{"catalog_id":"1","product_retailer_id":"2"}}}`, "", 0},
		{"two products of a list", `{"type":"interactive","interactive":{"type":"product_list","header":{"type":"text","text":"H"},"body":{"text":"?"},"action":{"catalog_id":"1","sections":[{"title":"A","product_items":[{"product_retailer_id":"1"},{"product_retailer_id":"2"}]}]}}}`, "", 0},
		{"a carousel of one", interactiveOf("carousel", `"action":{"cards":[{"card_index":0,"type":"cta_url","header":{"type":"image","image":{"id":"1"}},"action":{"name":"cta_url","parameters":{"display_text":"Los","url":"https://example.com"}}}]}`), "interactive.action.cards", Count},

		{"the header of a template as a document", templateOf(`{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf","filename":"a.pdf"}}]}`), "", 0},
		{"… as a place in texts", templateOf(`{"type":"HEADER","parameters":[{"type":"location","location":{"latitude":"52.5","longitude":"13.4","name":"Werk"}}]}`), "", 0},
		{"… as a product", templateOf(`{"type":"header","parameters":[{"type":"product","product":{"product_retailer_id":"a","catalog_id":"1"}}]}`), "", 0},
		{"… as two", templateOf(`{"type":"header","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`), "template.components[0].parameters", Count},
		{"a policy", `{"type":"template","template":{"name":"x","language":{"policy":"deterministic","code":"de"}}}`, "", 0},
		{"another policy", `{"type":"template","template":{"name":"x","language":{"policy":"fallback","code":"de"}}}`, "template.language.policy", Malformed},
		{"an index as text", templateOf(`{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"77"}]}`), "", 0},
		{"a button without its index", templateOf(`{"type":"button","sub_type":"url","parameters":[{"type":"text","text":"77"}]}`), "template.components[0].index", Missing},
		{"the eleventh button", templateOf(`{"type":"button","sub_type":"url","index":10,"parameters":[{"type":"text","text":"77"}]}`), "template.components[0].index", Range},
		{"a button twice", templateOf(many(2, `{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"#"}]}`)), "template.components[1]", Repeated},
		{"an offer", templateOf(`{"type":"limited_time_offer","parameters":[{"type":"limited_time_offer","limited_time_offer":{"expiration_time_ms":4102444800000}}]}`), "", 0},
		{"an offer as text", templateOf(`{"type":"limited_time_offer","parameters":[{"type":"limited_time_offer","limited_time_offer":{"expiration_time_ms":"4102444800000"}}]}`), "", 0},
		{"a call from a template", templateOf(`{"type":"button","sub_type":"voice_call","parameters":[{"type":"ttl_minutes","ttl_minutes":1440},{"type":"payload","payload":"x"}]}`), "", 0},
		{"a form from a template", templateOf(`{"type":"button","sub_type":"FLOW","index":"0","parameters":[{"type":"action","action":{"flow_token":"t","flow_action_data":{"a":1}}}]}`), "", 0},
		{"a catalogue", templateOf(`{"type":"button","sub_type":"CATALOG","index":0,"parameters":[{"type":"action","action":{"thumbnail_product_retailer_id":"a"}}]}`), "", 0},
		{"articles", templateOf(`{"type":"button","sub_type":"mpm","index":0,"parameters":[{"type":"action","action":{"thumbnail_product_retailer_id":"a","sections":[{"title":"A","product_items":[{"product_retailer_id":"a"}]}]}}]}`), "", 0},
		{"a coupon of 20", templateOf(`{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"` + strings.Repeat("A", 20) + `"}]}`), "", 0},
		{"a coupon of 21", templateOf(`{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"` + strings.Repeat("A", 21) + `"}]}`), "template.components[0].parameters[0].coupon_code", Length},
		{"a currency", templateOf(`{"type":"body","parameters":[{"type":"currency","currency":{"fallback_value":"5 €","code":"EUR","amount_1000":"5000"}}]}`), "", 0},
		{"a moment as in Meta's example", templateOf(`{"type":"body","parameters":[{"type":"date_time","date_time":{"fallback_value":"February 25, 1977","day_of_week":5,"year":1977,"month":2,"day_of_month":25,"hour":15,"minute":33,"calendar":"GREGORIAN"}}]}`), "", 0},
		{"a carousel", templateOf(`{"type":"carousel","cards":[{"card_index":"0","components":[{"type":"header","parameters":[{"type":"image","image":{"id":"1"}}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"x"}]}]}]}`), "", 0},
		{"a line break in a card", templateOf(`{"type":"carousel","cards":[{"card_index":0,"components":[{"type":"body","parameters":[{"type":"text","text":"a\nb"}]}]}]}`), "template.components[0].cards[0].components[0].parameters[0].text", OneLine},
		{"a name of a value with a capital", templateOf(`{"type":"body","parameters":[{"type":"text","parameter_name":"Name","text":"x"}]}`), "template.components[0].parameters[0].parameter_name", Malformed},

		{"a line break", bodyText("Zeile 1\nZeile 2"), "template.components[1].parameters[0].text", OneLine},
		{"a carriage return", bodyText("Zeile 1\rZeile 2"), "template.components[1].parameters[0].text", OneLine},
		{"a tab", bodyText("a\tb"), "template.components[1].parameters[0].text", OneLine},
		{"a separator of lines", bodyText("a\u2028b"), "template.components[1].parameters[0].text", OneLine},
		{"four spaces", bodyText("a    b"), "", 0},
		{"five spaces", bodyText("a     b"), "template.components[1].parameters[0].text", OneLine},
		{"five spaces of two kinds", bodyText("a  \u00a0  b"), "template.components[1].parameters[0].text", OneLine},
		{"four spaces twice", bodyText("a    b    c"), "", 0},
		{"a line break at the end", bodyText("a\n"), "template.components[1].parameters[0].text", OneLine},
		{"a line break in an address", templateOf(`{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"a\nb"}]}`), "template.components[0].parameters[0].text", OneLine},
		{"a line break in a price", templateOf(`{"type":"body","parameters":[{"type":"currency","currency":{"fallback_value":"5\n€","code":"EUR","amount_1000":5000}}]}`), "template.components[0].parameters[0].currency.fallback_value", OneLine},
		{"a value of 1024", bodyText(letters(1024)), "", 0},
		{"a value of 1025", bodyText(letters(1025)), "template.components[1].parameters[0].text", Length},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := judge(t, c.body)
			switch {
			case c.field == "" && f != nil:
				t.Errorf("refused: %v", f)
			case c.field != "" && (f == nil || f.Field != c.field || f.Kind != c.kind):
				t.Errorf("%+v, want %s, kind %d", f, c.field, c.kind)
			}
		})
	}
}

func TestFlatFillsIn(t *testing.T) {
	for _, s := range []string{"a\nb", " a\t\tb ", "a          b", "\u2028a\u00a0\u00a0\u00a0\u00a0\u00a0b"} {
		if f := judge(t, bodyText(Flat(s))); f != nil {
			t.Errorf("%q: %v", s, f)
		}
	}
}

// FuzzCheck: whatever comes is judged, and a message with a line break in a
// value of a template is never taken.
func FuzzCheck(f *testing.F) {
	for _, body := range []string{bodyText("x"), `{"type":"text","text":{"body":"x"}}`, interactiveOf("list", `"action":{"button":"b","sections":[{"rows":[{"id":"1","title":"t"}]}]}`), `{"type":"contacts","contacts":[{"name":{"formatted_name":"x"}}]}`} {
		f.Add(body, "a\nb")
	}
	f.Fuzz(func(t *testing.T, body, text string) {
		var message map[string]any
		if json.Unmarshal([]byte(body), &message) == nil {
			if fault := Check(message); fault != nil && (fault.Field == "" || fault.Kind == 0 || fault.Problem == "") {
				t.Errorf("%+v says too little", fault)
			}
		}
		fault := Check(map[string]any{"type": "template", "template": map[string]any{"name": "x", "language": map[string]any{"code": "de"},
			"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": text}}}}}})
		if fault == nil && strings.ContainsAny(text, "\n\r\t") || fault == nil && strings.Contains(text, "     ") {
			t.Errorf("%q is taken", text)
		}
	})
}
