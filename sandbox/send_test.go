package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

func TestAMessageAndItsStatuses(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	sent, err := x.send(t, text("Guten Tag, Frau Mustermann"))
	if err != nil {
		t.Fatal(err)
	}
	if sent.WaID != phone || sent.UserID != x.erika.UserID || sent.MessageStatus != "accepted" {
		t.Errorf("%+v", sent)
	}
	for _, want := range []string{"sent", "delivered"} {
		s := x.company.status(t)
		if s.ID != sent.MessageID || s.Status != want || s.Opaque != "ours" || s.RecipientID != phone || s.RecipientUserID != x.erika.UserID || !s.Timestamp.Equal(x.clock()) {
			t.Errorf("%+v", s)
		}
		if *s.Pricing != (cloudapi.Pricing{Billable: false, PricingModel: "PMP", Type: "free_customer_service", Category: "service"}) {
			t.Errorf("%+v", s.Pricing)
		}
	}
	x.erika.Look(x.number)
	if s := x.company.status(t); s.Status != "read" {
		t.Error(s.Status)
	}
	x.erika.Look(x.number)
	x.idle(t)
	shown := x.erika.Messages(x.number)
	if last := shown[len(shown)-1]; !last.Business || last.Status != "read" || !strings.Contains(string(last.Content), "Frau Mustermann") {
		t.Errorf("%+v", last)
	}
}

func TestSomebodyKnownByTheUserIDOnly(t *testing.T) {
	x := lay(t)
	x.lieschen.Say(x.number, "Guten Tag")
	if m := x.company.message(t); m.From != "" || m.UserID != x.lieschen.UserID || m.Username != "lieschen.mueller" || m.Name != "Lieschen Müller" {
		t.Errorf("%+v", m)
	}
	sent, err := x.api.Send(t.Context(), cloudapi.Outgoing{Recipient: x.lieschen.UserID, Content: text("Guten Tag")})
	if err != nil || sent.WaID != "" || sent.UserID != x.lieschen.UserID {
		t.Fatal(sent, err)
	}
	if s := x.company.status(t); s.RecipientID != "" || s.RecipientUserID != x.lieschen.UserID {
		t.Errorf("%+v", s)
	}
	if deleted, err := x.api.DeleteContactBookEntry(t.Context(), x.lieschen.UserID); err != nil || deleted {
		t.Error("the contact book holds somebody without a number", err)
	}
}

// TestEveryDocumentedTypeIsAccepted sends the bodies that the client is tested
// with.
func TestEveryDocumentedTypeIsAccepted(t *testing.T) {
	files, err := filepath.Glob("../internal/engine/cloudapi/testdata/send/*.json")
	if err != nil || len(files) < 25 {
		t.Fatal(len(files), err)
	}
	x := lay(t, func(c *sandbox.Config) { c.NoPairLimit = true })
	x.wrote(t)
	x.lieschen.UserID = "DE.13491208655302741918"
	x.lieschen.Say(x.number, "Guten Tag")
	addTemplates(x)
	kinds := map[string]string{"image": "image/png", "video": "video/mp4", "gif": "video/mp4", "audio": "audio/ogg", "document": "application/pdf", "sticker": "image/webp"}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var body map[string]any
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			x.uploaded(kinds, body)
			again, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			if got := x.raw(t, "100/messages", string(again)); got != 0 {
				t.Errorf("refused with %d", got)
			}
		})
	}
}

// uploaded gives every file that a body names by an id.
func (x *table) uploaded(kinds map[string]string, body any) {
	switch v := body.(type) {
	case []any:
		for _, one := range v {
			x.uploaded(kinds, one)
		}
	case map[string]any:
		for name, one := range v {
			if part, ok := one.(map[string]any); ok && kinds[name] != "" && part["id"] != nil {
				part["id"] = x.AddFile(kinds[name], []byte("x"))
			}
			x.uploaded(kinds, one)
		}
	}
}

func addTemplates(x *table) {
	raw, err := os.ReadFile("../internal/engine/cloudapi/testdata/templates.json")
	if err != nil {
		panic(err)
	}
	var all map[string]struct {
		Category   string
		Components json.RawMessage
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		panic(err)
	}
	for name, t := range all {
		x.AddTemplate("200", sandbox.Template{Name: name, Language: "de", Category: t.Category, Components: t.Components})
	}
	x.AddTemplate("200", sandbox.Template{Name: "hello_world", Language: "en_US", Category: "UTILITY", Components: json.RawMessage(`[{"type":"BODY","text":"Hello"}]`)})
	x.AddTemplate("200", sandbox.Template{Name: "willkommen", Language: "en_US", Category: "UTILITY", ParameterFormat: "NAMED", Components: json.RawMessage(`[{"type":"HEADER","format":"TEXT","text":"Hello"},{"type":"BODY","text":"Dear {{first_name}}, {{first_name}}!"}]`)})
	x.AddTemplate("200", sandbox.Template{Name: "angebot", Language: "de", Category: "MARKETING", Components: json.RawMessage(`[{"type":"BODY","text":"10 %"}]`)})
	x.AddTemplate("200", sandbox.Template{Name: "code", Language: "de", Category: "AUTHENTICATION", Components: json.RawMessage(`[{"type":"BODY","text":"Ihr Code: {{1}}"}]`)})
	x.AddTemplate("200", sandbox.Template{Name: "lang", Language: "de", Category: "UTILITY", Components: json.RawMessage(`[{"type":"BODY","text":"Hinweis: {{1}}"}]`)})
	x.AddTemplate("200", sandbox.Template{Name: "pause", Language: "de", Category: "MARKETING", Status: "PAUSED", Components: json.RawMessage(`[]`)})
	x.AddTemplate("200", sandbox.Template{Name: "aus", Language: "de", Category: "MARKETING", Status: "DISABLED", Components: json.RawMessage(`[]`)})
	x.AddTemplate("200", sandbox.Template{Name: "wartet", Language: "de", Category: "MARKETING", Status: "PENDING", Components: json.RawMessage(`[]`)})
}

func template(name, language string, components ...cloudapi.TemplateComponent) cloudapi.Content {
	return cloudapi.Content{Type: cloudapi.TypeTemplate, Template: &cloudapi.Template{Name: name, Language: cloudapi.TemplateLanguage{Code: language}, Components: components}}
}

func body(values ...cloudapi.TemplateParameter) cloudapi.TemplateComponent {
	return cloudapi.TemplateComponent{Type: "body", Parameters: values}
}

func value(v string) cloudapi.TemplateParameter {
	return cloudapi.TemplateParameter{Type: "text", Text: v}
}

func TestATemplateIsShownFilledIn(t *testing.T) {
	x := lay(t)
	addTemplates(x)
	index, coupon := cloudapi.Whole(1), cloudapi.Whole(2)
	c := template("termin_erinnerung", "de",
		cloudapi.TemplateComponent{Type: "header", Parameters: []cloudapi.TemplateParameter{{Type: "image", Image: &cloudapi.Media{Link: "https://example.com/rad.png"}}}},
		body(value("Erika"), cloudapi.TemplateParameter{Type: "currency", Currency: &cloudapi.Currency{FallbackValue: "19,90 €", Code: "EUR", Amount1000: 19900}}, cloudapi.TemplateParameter{Type: "date_time", DateTime: &cloudapi.DateTime{FallbackValue: "24.11."}}),
		cloudapi.TemplateComponent{Type: "button", SubType: "url", Index: &index, Parameters: []cloudapi.TemplateParameter{value("0815")}},
		cloudapi.TemplateComponent{Type: "button", SubType: "copy_code", Index: &coupon, Parameters: []cloudapi.TemplateParameter{{Type: "coupon_code", CouponCode: "RAD10"}}})
	if _, err := x.send(t, c); err != nil {
		t.Fatal(err)
	}
	shown := x.erika.Messages(x.number)[0].Shown
	if shown.Body != "Guten Tag Erika, es kostet 19,90 € am 24.11.." || shown.Footer != "Beispiel GmbH" || shown.Kind != "image" || !strings.Contains(string(shown.Media), "rad.png") {
		t.Errorf("%+v", shown)
	}
	if len(shown.Buttons) != 4 || shown.Buttons[0] != (sandbox.ShownButton{Type: "quick_reply", Text: "Passt", Payload: "Passt"}) || shown.Buttons[1].URL != "https://example.com/0815" {
		t.Errorf("%+v", shown.Buttons)
	}
	c = template("willkommen", "en_US", body(cloudapi.TemplateParameter{Type: "text", ParameterName: "first_name", Text: "Erika"}))
	if _, err := x.send(t, c); err != nil {
		t.Fatal(err)
	}
	if shown := x.erika.Messages(x.number)[1].Shown; shown.Body != "Dear Erika, Erika!" || shown.Header != "Hello" {
		t.Errorf("%+v", shown)
	}
}

// TestPrices: a template costs by its category, except utility in the window
// (Cloud API: pricing).
func TestPrices(t *testing.T) {
	for _, c := range []struct {
		name     string
		window   bool
		content  cloudapi.Content
		billable bool
		kind     string
		category string
	}{
		{"utility outside the window", false, template("hello_world", "en_US"), true, "regular", "utility"},
		{"utility inside the window", true, template("hello_world", "en_US"), false, "free_customer_service", "utility"},
		{"marketing inside the window", true, template("angebot", "de"), true, "regular", "marketing"},
		{"authentication inside the window", true, template("code", "de", body(value("123"))), true, "regular", "authentication"},
		{"free-form", true, text("Guten Tag"), false, "free_customer_service", "service"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := lay(t)
			addTemplates(x)
			if c.window {
				x.wrote(t)
			}
			if _, err := x.send(t, c.content); err != nil {
				t.Fatal(err)
			}
			if got, want := *x.company.status(t).Pricing, (cloudapi.Pricing{Billable: c.billable, PricingModel: "PMP", Type: c.kind, Category: c.category}); got != want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestRefusals are the documented errors, each with how it is provoked.
func TestRefusals(t *testing.T) {
	to := func(more string) string {
		return `{"messaging_product":"whatsapp","to":"` + phone + `",` + more + `}`
	}
	interactive := func(kind, action string) string {
		return to(`"type":"interactive","interactive":{"type":"` + kind + `","body":{"text":"?"},"action":` + action + `}`)
	}
	tmpl := func(name, language, components string) string {
		return to(`"type":"template","template":{"name":"` + name + `","language":{"code":"` + language + `"},"components":` + components + `}`)
	}
	long := strings.Repeat("ä", 4097)
	for _, c := range []struct {
		name string
		code int
		body string
		when func(*table)
	}{
		{"more than 24 hours since the last message", 131047, to(`"type":"text","text":{"body":"x"}`), func(x *table) { x.pass(24 * time.Hour) }},
		{"the last second of the window", 0, to(`"type":"text","text":{"body":"x"}`), func(x *table) { x.pass(24*time.Hour - time.Second) }},
		{"no JSON", 100, `{`, nil},
		{"another product", 100, `{"to":"1"}`, nil},
		{"no recipient", 100, `{"messaging_product":"whatsapp","type":"text","text":{"body":"x"}}`, nil},
		{"a recipient that is no number", 131009, `{"messaging_product":"whatsapp","to":"abc","type":"text","text":{"body":"x"}}`, nil},
		{"the company itself", 131021, `{"messaging_product":"whatsapp","to":"493023125000","type":"text","text":{"body":"x"}}`, nil},
		{"a number without WhatsApp", 131026, `{"messaging_product":"whatsapp","to":"4917600000000","type":"text","text":{"body":"x"}}`, nil},
		{"an unknown user id", 131026, `{"messaging_product":"whatsapp","recipient":"DE.0","type":"text","text":{"body":"x"}}`, nil},
		{"an unknown type", 131051, to(`"type":"fax","fax":{"a":1}`), nil},
		{"no content", 131008, to(`"type":"text"`), nil},
		{"no text", 131008, to(`"type":"text","text":{}`), nil},
		{"a text that is too long", 100, to(`"type":"text","text":{"body":"` + long + `"}`), nil},
		{"a caption that is too long", 100, to(`"type":"image","image":{"link":"https://example.com","caption":"` + long[:2050] + `"}`), nil},
		{"an opaque text that is too long", 131009, to(`"type":"text","text":{"body":"x"},"biz_opaque_callback_data":"` + strings.Repeat("x", 513) + `"`), nil},
		{"a picture without id and link", 131008, to(`"type":"image","image":{}`), nil},
		{"a file that is not here", 100, to(`"type":"image","image":{"id":"1"}`), nil},
		{"a place without coordinates", 131008, to(`"type":"location","location":{}`), nil},
		{"a place off the globe", 131009, to(`"type":"location","location":{"latitude":91,"longitude":0}`), nil},
		{"no cards", 131008, to(`"type":"contacts","contacts":[]`), nil},
		{"a card without a name", 131008, to(`"type":"contacts","contacts":[{}]`), nil},
		{"a reaction to nothing", 131008, to(`"type":"reaction","reaction":{"emoji":"x"}`), nil},
		{"four buttons", 131009, interactive("button", `{"buttons":[`+strings.TrimSuffix(strings.Repeat(`{"reply":{"id":"a","title":"a"}},`, 4), ",")+`]}`), nil},
		{"two buttons with one id", 131009, interactive("button", `{"buttons":[{"reply":{"id":"a","title":"a"}},{"reply":{"id":"a","title":"b"}}]}`), nil},
		{"a long button", 131009, interactive("button", `{"buttons":[{"reply":{"id":"a","title":"`+strings.Repeat("x", 21)+`"}}]}`), nil},
		{"a list without a button", 131009, interactive("list", `{"sections":[{"rows":[{"id":"a","title":"a"}]}]}`), nil},
		{"eleven rows", 131009, interactive("list", `{"button":"b","sections":[{"rows":[`+strings.TrimSuffix(strings.Repeat(`{"id":"a","title":"a"},`, 11), ",")+`]}]}`), nil},
		{"a long row", 131009, interactive("list", `{"button":"b","sections":[{"rows":[{"id":"a","title":"`+strings.Repeat("x", 25)+`"}]}]}`), nil},
		{"a long row text", 131009, interactive("list", `{"button":"b","sections":[{"rows":[{"id":"a","title":"a","description":"`+strings.Repeat("x", 73)+`"}]}]}`), nil},
		{"two sections without titles", 131009, interactive("list", `{"button":"b","sections":[{"rows":[{"id":"a","title":"a"}]},{"rows":[{"id":"b","title":"b"}]}]}`), nil},
		{"an unknown kind of choice", 131009, interactive("dance", `{}`), nil},
		{"a choice without action", 131008, to(`"type":"interactive","interactive":{"type":"button","body":{"text":"?"}}`), nil},
		{"a choice without words", 131009, to(`"type":"interactive","interactive":{"type":"cta_url","action":{}}`), nil},
		{"no such template", 132001, tmpl("fehlt", "de", `[]`), nil},
		{"no such language", 132001, tmpl("hello_world", "de", `[]`), nil},
		{"a template that waits for its review", 132001, tmpl("wartet", "de", `[]`), nil},
		{"a template that is paused", 132015, tmpl("pause", "de", `[]`), nil},
		{"a template that is disabled", 132016, tmpl("aus", "de", `[]`), nil},
		{"a parameter missing", 132000, tmpl("code", "de", `[]`), nil},
		{"a parameter too many", 132000, tmpl("hello_world", "en_US", `[{"type":"body","parameters":[{"type":"text","text":"x"}]}]`), nil},
		{"a parameter without its name", 132012, tmpl("willkommen", "en_US", `[{"type":"body","parameters":[{"type":"text","text":"x"}]}]`), nil},
		{"a header without its file", 132012, tmpl("abholung", "de", `[]`), nil},
		{"an address without its end", 131008, tmpl("termin_erinnerung", "de", `[{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]},{"type":"body","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}]}]`), nil},
		{"a text that grew too long", 132005, tmpl("lang", "de", `[{"type":"body","parameters":[{"type":"text","text":"`+strings.Repeat("x", 1024)+`"}]}]`), nil},
		{"a code to somebody without a number", 131062, `{"messaging_product":"whatsapp","recipient":"DE.lieschen","type":"template","template":{"name":"code","language":{"code":"de"},"components":[{"type":"body","parameters":[{"type":"text","text":"1"}]}]}}`, func(x *table) { x.lieschen.UserID = "DE.lieschen" }},
		{"marketing after it was stopped", 131050, tmpl("angebot", "de", `[]`), func(x *table) { x.erika.Marketing(x.number, "stop") }},
		{"marketing after it was resumed", 0, tmpl("angebot", "de", `[]`), func(x *table) {
			x.erika.Marketing(x.number, "stop")
			x.erika.Marketing(x.number, "resume")
		}},
		{"read receipt for a message that is not", 131009, `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.0"}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := lay(t)
			addTemplates(x)
			x.wrote(t)
			if c.when != nil {
				c.when(x)
			}
			if got := x.raw(t, "100/messages", c.body); got != c.code {
				t.Errorf("code %d, want %d", got, c.code)
			}
			if c.code != 0 && len(x.Accepted("", 0, 1)) > 0 {
				t.Error("it was accepted all the same")
			}
		})
	}
}

func TestOnlyTemplatesGoOverTheMarketingEndpoint(t *testing.T) {
	x := lay(t)
	addTemplates(x)
	x.wrote(t)
	if _, err := x.api.Send(t.Context(), cloudapi.Outgoing{To: phone, Content: template("angebot", "de"), MarketingEndpoint: true}); err != nil {
		t.Error(err)
	}
	if got := x.raw(t, "100/marketing_messages", `{"messaging_product":"whatsapp","to":"`+phone+`","type":"text","text":{"body":"x"}}`); got != 100 {
		t.Error(got)
	}
}

// TestPairLimit: 45 messages at once to one person, then one every 6 seconds;
// others are not concerned.
func TestPairLimit(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.PerSecond = -1 })
	x.erika.Say(x.number, "Guten Tag")
	x.lieschen.Say(x.number, "Guten Tag")
	for i := range 45 {
		if _, err := x.send(t, text("x")); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := x.send(t, text("x")); code(err) != 131056 {
		t.Error(err)
	}
	if _, err := x.api.Send(t.Context(), cloudapi.Outgoing{Recipient: x.lieschen.UserID, Content: text("x")}); err != nil {
		t.Error(err)
	}
	x.pass(6 * time.Second)
	if _, err := x.send(t, text("x")); err != nil {
		t.Error(err)
	}
	if _, err := x.send(t, text("x")); code(err) != 131056 {
		t.Error(err)
	}
}

// TestThroughput: so many messages a second for one number.
func TestThroughput(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.PerSecond, c.NoPairLimit = 3, true })
	x.wrote(t)
	for i := range 3 {
		if _, err := x.send(t, text("x")); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := x.send(t, text("x")); code(err) != 130429 {
		t.Error(err)
	}
	x.pass(time.Second)
	if _, err := x.send(t, text("x")); err != nil {
		t.Error(err)
	}
}

func TestTheToken(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	wrong := cloudapi.New(http.DefaultClient, x.url, "").Number("100", "other")
	if _, err := wrong.Send(t.Context(), cloudapi.Outgoing{To: phone, Content: text("x")}); code(err) != 190 || cloudapi.SendCertainty(err) != cloudapi.CertaintyNotSent {
		t.Error(err)
	}
	if err := cloudapi.New(http.DefaultClient, x.url, "").Number("999", token).Deregister(t.Context()); code(err) != 100 {
		t.Error(err)
	}
}

func TestReadReceiptAndTyping(t *testing.T) {
	x := lay(t)
	id := x.erika.Say(x.number, "Guten Tag")
	if err := x.api.MarkRead(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	if m := x.erika.Messages(x.number)[0]; m.Status != "read" {
		t.Error(m.Status)
	}
	typing := func() any { return x.State().Customers[0]["chat_100"].(map[string]any)["typing"] }
	if typing() != true {
		t.Error("nobody types")
	}
	x.pass(26 * time.Second)
	if typing() != false {
		t.Error("typing lasts 25 seconds at most")
	}
}

func TestReactionsOfTheCompany(t *testing.T) {
	x := lay(t)
	id := x.erika.Say(x.number, "Guten Tag")
	react := func(emoji string) {
		t.Helper()
		if _, err := x.send(t, cloudapi.Content{Type: cloudapi.TypeReaction, Reaction: &cloudapi.Reaction{MessageID: id, Emoji: emoji}}); err != nil {
			t.Fatal(err)
		}
	}
	react("👍")
	if shown := x.erika.Messages(x.number); len(shown) != 1 || shown[0].Theirs != "👍" {
		t.Errorf("%+v", shown)
	}
	react("")
	if shown := x.erika.Messages(x.number); shown[0].Theirs != "" {
		t.Errorf("%+v", shown)
	}
}

func TestStrangers(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.Strangers = true })
	addTemplates(x)
	if got := x.raw(t, "100/messages", `{"messaging_product":"whatsapp","to":"4917600000001","type":"template","template":{"name":"hello_world","language":{"code":"en_US"}}}`); got != 0 {
		t.Error(got)
	}
	if n := len(x.State().Customers); n != 3 {
		t.Errorf("%d customers", n)
	}
}

func TestAcceptedIsPaged(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	for i := range 5 {
		if _, err := x.send(t, text(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	first := x.Accepted("100", 0, 3)
	rest := x.Accepted("100", first[2].Seq, 100)
	var all []string
	for _, m := range slices.Concat(first, rest) {
		all = append(all, string(m.Content))
	}
	if len(rest) != 2 || !slices.IsSorted(all) || len(x.Accepted("999", 0, 10)) != 0 {
		t.Errorf("%v", all)
	}
}
