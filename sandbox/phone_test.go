package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

// TestWhatACustomerSends: each type, as the company's client reads it.
func TestWhatACustomerSends(t *testing.T) {
	for _, c := range []struct {
		kind    string
		content string
		want    cloudapi.Content
	}{
		{"text", `{"body":"Guten Tag"}`, text("Guten Tag")},
		{"location", `{"latitude":52.5,"longitude":13.4,"name":"Markt"}`, cloudapi.Content{Location: &cloudapi.Location{Latitude: 52.5, Longitude: 13.4, Name: "Markt"}}},
		{"contacts", `[{"name":{"formatted_name":"Dritte Person"},"phones":[{"phone":"+49 30 23125001"}]}]`,
			cloudapi.Content{Contacts: []cloudapi.Card{{Name: cloudapi.CardName{FormattedName: "Dritte Person"}, Phones: []cloudapi.CardPhone{{Phone: "+49 30 23125001"}}}}}},
		{"button", `{"payload":"p","text":"Passt"}`, cloudapi.Content{Button: &cloudapi.Button{Payload: "p", Text: "Passt"}}},
		{"interactive", `{"type":"list_reply","list_reply":{"id":"a","title":"10 Uhr","description":"früh"}}`,
			cloudapi.Content{Interactive: &cloudapi.Interactive{Type: "list_reply", ListReply: &cloudapi.Choice{ID: "a", Title: "10 Uhr", Description: "früh"}}}},
		{"order", `{"catalog_id":"1","product_items":[{"product_retailer_id":"a","quantity":1,"item_price":5,"currency":"EUR"}]}`,
			cloudapi.Content{Order: &cloudapi.Order{CatalogID: "1", ProductItems: []cloudapi.OrderItem{{ProductRetailerID: "a", Quantity: 1, ItemPrice: "5", Currency: "EUR"}}}}},
		{"request_welcome", `{}`, cloudapi.Content{}},
		{"unsupported", `{"type":"poll_creation"}`, cloudapi.Content{Unsupported: &cloudapi.Unsupported{Type: "poll_creation", Code: 131051, Title: "Message type unknown", Details: "Message type is currently not supported."}}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			x := lay(t)
			before := x.erika.Say(x.number, "davor")
			x.company.message(t)
			id, err := x.erika.Send(x.number, c.kind, json.RawMessage(c.content), before)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Type = c.kind
			m := x.company.message(t)
			if m.ID != id || m.From != phone || m.UserID != x.erika.UserID || m.Name != "Erika Mustermann" || m.ContextID != before || m.PhoneNumberID != "100" || !m.Timestamp.Equal(x.clock()) {
				t.Errorf("%+v", m)
			}
			if !reflect.DeepEqual(m.Content, c.want) {
				t.Errorf("%+v, want %+v", m.Content, c.want)
			}
			if c.kind == "unsupported" && (len(m.Errors) != 1 || m.Errors[0].Code != 131051) {
				t.Errorf("%+v", m.Errors)
			}
		})
	}
}

func TestWhatACustomerCannotSend(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	sent, err := x.send(t, text("von uns"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ kind, content string }{
		{"", `{}`}, {"reaction", `{}`}, {"edit", `{"original_message_id":"wamid.0"}`}, {"revoke", `{"original_message_id":"` + sent.MessageID + `"}`}, {"edit", `[]`},
	} {
		if _, err := x.erika.Send(x.number, c.kind, json.RawMessage(c.content), ""); !errors.Is(err, sandbox.ErrContent) {
			t.Errorf("%s %s: %v", c.kind, c.content, err)
		}
	}
}

func TestAFileOfACustomer(t *testing.T) {
	x := lay(t)
	for _, kind := range []string{"image", "video", "audio", "document", "sticker"} {
		if _, err := x.erika.SendFile(x.number, kind, "application/test", []byte("the bytes of "+kind), ""); err != nil {
			t.Fatal(err)
		}
		media := x.company.message(t).Content.Media()
		if media == nil || media.MimeType != "application/test" || media.Voice != (kind == "audio") {
			t.Fatalf("%s: %+v", kind, media)
		}
		info, err := x.api.MediaInfo(t.Context(), media.ID)
		if err != nil || info.SHA256 != media.SHA256 {
			t.Fatal(info, err)
		}
		file, err := x.api.Download(t.Context(), info.URL, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(file); err != nil || string(got) != "the bytes of "+kind || file.Close() != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestReactEditRevoke(t *testing.T) {
	x := lay(t)
	id := x.erika.Say(x.number, "Guten Tga")
	x.company.message(t)
	sent, err := x.send(t, text("Guten Tag"))
	if err != nil {
		t.Fatal(err)
	}
	x.company.statuses(t, 2)

	x.erika.React(x.number, sent.MessageID, "👍")
	if m := x.company.message(t); *m.Content.Reaction != (cloudapi.Reaction{MessageID: sent.MessageID, Emoji: "👍"}) {
		t.Errorf("%+v", m.Content)
	}
	x.erika.React(x.number, sent.MessageID, "")
	if m := x.company.message(t); m.Content.Reaction.Emoji != "" {
		t.Errorf("%+v", m.Content)
	}
	x.erika.Edit(x.number, id, "Guten Tag")
	if m := x.company.message(t); m.Edit.OriginalID != id || m.Edit.Content.Text.Body != "Guten Tag" {
		t.Errorf("%+v", m.Edit)
	}
	if shown := x.erika.Messages(x.number)[0]; !shown.Edited || string(shown.Content) != `{"body":"Guten Tag"}` {
		t.Errorf("%+v", shown)
	}
	x.erika.Revoke(x.number, id)
	if m := x.company.message(t); m.Revoke.OriginalID != id {
		t.Errorf("%+v", m.Revoke)
	}
	if shown := x.erika.Messages(x.number)[0]; !shown.Revoked || string(shown.Content) != "{}" {
		t.Errorf("%+v", shown)
	}
	x.erika.Press(x.number, sent.MessageID, "yes", "Ja")
	if m := x.company.message(t); m.ContextID != sent.MessageID || m.Content.Interactive.ButtonReply.ID != "yes" {
		t.Errorf("%+v", m)
	}
	x.idle(t)
}

// TestWhoBlockedTheCompany: the message stays at one tick, as in life.
func TestWhoBlockedTheCompany(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.erika.Block(x.number, true)
	if _, err := x.send(t, text("Sind Sie noch da?")); err != nil {
		t.Fatal(err)
	}
	if got := x.company.statuses(t, 1); got[0] != "sent" {
		t.Error(got)
	}
	x.idle(t)
	if n := len(x.erika.Messages(x.number)); n != 1 {
		t.Errorf("the phone shows %d messages", n)
	}
	x.erika.Block(x.number, false)
	if _, err := x.send(t, text("Guten Tag")); err != nil {
		t.Fatal(err)
	}
	x.company.statuses(t, 2)
	x.idle(t)
}

func TestMarketingPreference(t *testing.T) {
	x := lay(t)
	for _, value := range []string{"stop", "resume"} {
		x.erika.Marketing(x.number, value)
		p, ok := x.company.next(t).(*cloudapi.UserPreference)
		if !ok || p.WaID != phone || p.UserID != x.erika.UserID || p.Category != "marketing_messages" || p.Value != value || !p.Timestamp.Equal(x.clock()) {
			t.Errorf("%+v", p)
		}
	}
	x.lieschen.Marketing(x.number, "stop")
	if p, ok := x.company.next(t).(*cloudapi.UserPreference); !ok || p.WaID != "" || p.UserID != x.lieschen.UserID {
		t.Errorf("%+v", p)
	}
}

func TestANewPhoneNumber(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	before := x.erika.UserID
	x.erika.ChangeNumber("4917604069099")
	m := x.company.message(t)
	if want := (cloudapi.System{Body: "User changed number", Type: "user_changed_number", WaID: "4917604069099", UserID: x.erika.UserID}); m.From != phone || m.UserID != before || *m.Content.System != want {
		t.Errorf("%+v, %+v", m, m.Content.System)
	}
	if x.erika.UserID == before {
		t.Error("the user id stayed")
	}
	if _, err := x.send(t, text("x")); code(err) != 131026 {
		t.Error("the old number still works:", err)
	}
}

// TestAUserIDLearnsItsNumber: the same person, from then on with both.
func TestAUserIDLearnsItsNumber(t *testing.T) {
	x := lay(t)
	x.lieschen.Say(x.number, "Guten Tag")
	before := x.company.message(t)
	x.lieschen.ShowNumber("4917604069003")
	x.lieschen.Say(x.number, "Hier ist meine Nummer")
	after := x.company.message(t)
	if before.From != "" || after.From != "4917604069003" || after.UserID != before.UserID {
		t.Errorf("%q %q, then %q %q", before.From, before.UserID, after.From, after.UserID)
	}
}

func TestRememberedWindow(t *testing.T) {
	x := lay(t)
	x.erika.Remember(x.number, x.clock().Add(-23*time.Hour))
	if _, err := x.send(t, text("x")); err != nil {
		t.Error(err)
	}
	x.pass(time.Hour)
	if _, err := x.send(t, text("x")); code(err) != 131047 {
		t.Error(err)
	}
}
