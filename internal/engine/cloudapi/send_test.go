package cloudapi_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
)

// TestEveryMessageTypeGoesOutAsDocumented reads each documented body in
// testdata/send into our types, sends it, and finds it unchanged on the wire:
// no member is lost, renamed or added.
func TestEveryMessageTypeGoesOutAsDocumented(t *testing.T) {
	files, err := filepath.Glob("testdata/send/*.json")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			documented := read(t, file)
			meta := newMeta(t)
			meta.answer(`{"messaging_product":"whatsapp","contacts":[{"input":"4917604069001","wa_id":"4917604069001","user_id":"DE.1"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}`)
			got, err := meta.number().Send(t.Context(), outgoing(t, documented))
			if err != nil {
				t.Fatal(err)
			}
			if want := (cloudapi.SendResult{MessageID: "wamid.1", MessageStatus: "accepted", WaID: "4917604069001", UserID: "DE.1"}); got != want {
				t.Errorf("result %+v", got)
			}
			call := meta.only(t)
			if call.line != "POST /v25.0/100/messages" || call.token != "Bearer secret" || call.kind != "application/json" {
				t.Errorf("%+v", call)
			}
			sameJSON(t, call.body, documented)
		})
	}
}

// outgoing reads a documented body.
func outgoing(t *testing.T, body []byte) cloudapi.Outgoing {
	t.Helper()
	var b struct {
		To        string `json:"to"`
		Recipient string `json:"recipient"`
		Opaque    string `json:"biz_opaque_callback_data"`
		Context   struct {
			MessageID string `json:"message_id"`
		} `json:"context"`
		cloudapi.Content
	}
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatal(err)
	}
	return cloudapi.Outgoing{To: b.To, Recipient: b.Recipient, Content: b.Content, ContextMessageID: b.Context.MessageID, OpaqueCallbackData: b.Opaque}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func text(body string) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: body}}
}

func TestAddressing(t *testing.T) {
	for _, c := range []struct {
		name          string
		to, recipient string
		wantTo        any
		wantRecipient any
		refused       string // the field
	}{
		{"a phone number", "4917604069001", "", "4917604069001", nil, ""},
		{"a user id only", "", "DE.1349", nil, "DE.1349", ""},
		{"a parent user id only", "", "DE.ENT.1349", nil, "DE.ENT.1349", ""},
		{"with both the number wins, as at Meta", "4917604069001", "DE.1349", "4917604069001", nil, ""},
		{"nobody", "", "", nil, nil, "to"},
		{"a number with a plus", "+4917604069001", "", nil, nil, "to"},
		{"a number that is too short", "49", "", nil, nil, "to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			meta := newMeta(t)
			meta.answer(`{"messages":[{"id":"wamid.1"}]}`)
			_, err := meta.number().Send(t.Context(), cloudapi.Outgoing{To: c.to, Recipient: c.recipient, Content: text("Guten Tag")})
			if c.refused != "" {
				refusedFor(t, err, c.refused)
				if len(meta.calls) != 0 {
					t.Error("the call was made")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var body map[string]any
			if err := json.Unmarshal(meta.only(t).body, &body); err != nil {
				t.Fatal(err)
			}
			if body["to"] != c.wantTo || body["recipient"] != c.wantRecipient {
				t.Errorf("to %v, recipient %v", body["to"], body["recipient"])
			}
		})
	}
}

func refusedFor(t *testing.T, err error, field string) {
	t.Helper()
	content, ok := err.(*cloudapi.ContentError) //nolint:errorlint // it is not wrapped
	if !ok || content.Field != field {
		t.Fatalf("%v, want a refusal of %s", err, field)
	}
	if got := cloudapi.SendCertainty(err); got != cloudapi.CertaintyNotSent {
		t.Errorf("certainty %s", got)
	}
}

func TestMarketingEndpoint(t *testing.T) {
	meta := newMeta(t)
	meta.answer(`{"messages":[{"id":"wamid.1"}]}`)
	template := outgoing(t, read(t, "testdata/send/template.json"))
	template.MarketingEndpoint = true
	if _, err := meta.number().Send(t.Context(), template); err != nil {
		t.Fatal(err)
	}
	if line := meta.only(t).line; line != "POST /v25.0/100/marketing_messages" {
		t.Error(line)
	}
	_, err := meta.number().Send(t.Context(), cloudapi.Outgoing{To: "4917604069001", Content: text("Angebot"), MarketingEndpoint: true})
	refusedFor(t, err, "type")
}

// TestStoredContentGoesOutWithoutWhatOnlyMetaSends: the same type holds
// incoming contents, with members that Meta does not take back.
func TestStoredContentGoesOutWithoutWhatOnlyMetaSends(t *testing.T) {
	meta := newMeta(t)
	meta.answer(`{"messages":[{"id":"wamid.1"}]}`)
	c := cloudapi.Content{Type: cloudapi.TypeImage, Image: &cloudapi.Media{ID: "1", URL: "https://example.com", MimeType: "image/png", SHA256: "x", Caption: "Bild", Animated: true}}
	if _, err := meta.number().Send(t.Context(), cloudapi.Outgoing{To: "4917604069001", Content: c}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, meta.only(t).body, []byte(`{"messaging_product":"whatsapp","recipient_type":"individual","to":"4917604069001","type":"image","image":{"id":"1","caption":"Bild"}}`))
	if c.Image.URL == "" {
		t.Error("the caller's content was changed")
	}
}

func TestValidate(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	buttons := func(n int, title string) cloudapi.Content {
		c := cloudapi.Content{Type: "interactive", Interactive: &cloudapi.Interactive{Type: "button", Body: &cloudapi.InteractiveText{Text: "?"}, Action: &cloudapi.InteractiveAction{}}}
		for i := range n {
			c.Interactive.Action.Buttons = append(c.Interactive.Action.Buttons, cloudapi.ReplyButton{Type: "reply", Reply: cloudapi.Choice{ID: strings.Repeat("b", i+1), Title: title}})
		}
		return c
	}
	list := func(n int, title, more string) cloudapi.Content {
		c := cloudapi.Content{Type: "interactive", Interactive: &cloudapi.Interactive{Type: "list", Body: &cloudapi.InteractiveText{Text: "?"}, Action: &cloudapi.InteractiveAction{Button: "Los", Sections: []cloudapi.ListSection{{}}}}}
		for i := range n {
			c.Interactive.Action.Sections[0].Rows = append(c.Interactive.Action.Sections[0].Rows, cloudapi.Choice{ID: strings.Repeat("r", i+1), Title: title, Description: more})
		}
		return c
	}
	twice := buttons(2, "Ja")
	twice.Interactive.Action.Buttons[1].Reply.ID = "b"
	for _, c := range []struct {
		name    string
		content cloudapi.Content
		field   string // empty: it may be sent
	}{
		{"nothing", cloudapi.Content{}, "type"},
		{"an unknown type", cloudapi.Content{Type: "fax"}, "type"},
		{"a type that only customers send", cloudapi.Content{Type: "order"}, "type"},
		{"the longest text, counted in characters", text(long(4096)), ""},
		{"a text that is too long", text(long(4097)), "text.body"},
		{"an empty text", text(""), "text.body"},
		{"a text that is not UTF-8", text("a\xff"), "text.body"},
		{"a text without its part", cloudapi.Content{Type: "text"}, "text"},
		{"the longest caption", cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: "1", Caption: long(1024)}}, ""},
		{"a caption that is too long", cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: "1", Caption: long(1025)}}, "image.caption"},
		{"a picture without id and link", cloudapi.Content{Type: "image", Image: &cloudapi.Media{}}, "image"},
		{"a picture with both", cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: "1", Link: "https://example.com"}}, "image"},
		{"a link that is no web address", cloudapi.Content{Type: "video", Video: &cloudapi.Media{Link: "file:///etc/passwd"}}, "video.link"},
		{"a sound with a caption", cloudapi.Content{Type: "audio", Audio: &cloudapi.Media{ID: "1", Caption: "x"}}, "audio.caption"},
		{"a picture with a file name", cloudapi.Content{Type: "image", Image: &cloudapi.Media{ID: "1", Filename: "x"}}, "image.filename"},
		{"a place off the globe", cloudapi.Content{Type: "location", Location: &cloudapi.Location{Latitude: 91}}, "location.latitude"},
		{"a place off the globe, sideways", cloudapi.Content{Type: "location", Location: &cloudapi.Location{Longitude: -181}}, "location.longitude"},
		{"no cards", cloudapi.Content{Type: "contacts"}, "contacts"},
		{"a card without a name", cloudapi.Content{Type: "contacts", Contacts: []cloudapi.Card{{}}}, "contacts[0].name.formatted_name"},
		{"a reaction to nothing", cloudapi.Content{Type: "reaction", Reaction: &cloudapi.Reaction{Emoji: "👍"}}, "reaction.message_id"},
		{"three buttons", buttons(3, long(20)), ""},
		{"four buttons", buttons(4, "Ja"), "interactive.action.buttons"},
		{"no buttons", buttons(0, ""), "interactive.action.buttons"},
		{"a button title that is too long", buttons(1, long(21)), "interactive.action.buttons[0].reply.title"},
		{"two buttons with one id", twice, "interactive.action.buttons[1].reply.id"},
		{"ten rows", list(10, long(24), long(72)), ""},
		{"eleven rows", list(11, "Zeile", ""), "interactive.action.sections"},
		{"a row title that is too long", list(1, long(25), ""), "interactive.action.sections[0].rows[0].title"},
		{"a row text that is too long", list(1, "Zeile", long(73)), "interactive.action.sections[0].rows[0].description"},
		{"an interactive message of an unknown kind", cloudapi.Content{Type: "interactive", Interactive: &cloudapi.Interactive{Type: "dance", Body: &cloudapi.InteractiveText{Text: "?"}, Action: &cloudapi.InteractiveAction{}}}, "interactive.type"},
		{"an interactive message without a body", cloudapi.Content{Type: "interactive", Interactive: &cloudapi.Interactive{Type: "button", Action: &cloudapi.InteractiveAction{}}}, "interactive.body"},
		{"an interactive message without an action", cloudapi.Content{Type: "interactive", Interactive: &cloudapi.Interactive{Type: "button", Body: &cloudapi.InteractiveText{Text: "?"}}}, "interactive.action"},
		{"a template without a name", cloudapi.Content{Type: "template", Template: &cloudapi.Template{}}, "template.name"},
		{"a template without a language", cloudapi.Content{Type: "template", Template: &cloudapi.Template{Name: "x"}}, "template.language.code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := cloudapi.Validate(c.content)
			if c.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refusedFor(t, err, c.field)
			if !strings.HasPrefix(err.Error(), c.field+": ") {
				t.Errorf("the error does not say where: %v", err)
			}
		})
	}
}

func TestTheOpaqueTextIsLimited(t *testing.T) {
	meta := newMeta(t)
	_, err := meta.number().Send(context.Background(), cloudapi.Outgoing{To: "4917604069001", Content: text("x"), OpaqueCallbackData: strings.Repeat("x", 513)})
	refusedFor(t, err, "biz_opaque_callback_data")
}

func TestMarkRead(t *testing.T) {
	for _, c := range []struct {
		typing bool
		want   string
	}{
		{false, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.1"}`},
		{true, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.1","typing_indicator":{"type":"text"}}`},
	} {
		meta := newMeta(t)
		meta.answer(`{"success":true}`)
		if err := meta.number().MarkRead(t.Context(), "wamid.1", c.typing); err != nil {
			t.Fatal(err)
		}
		sameJSON(t, meta.only(t).body, []byte(c.want))
	}
	refusedFor(t, newMeta(t).number().MarkRead(t.Context(), "", false), "message_id")
}
