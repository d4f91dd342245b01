package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

// answer sends a body and gives Meta's code and details.
func answer(t *testing.T, x *table, body string) (code int, details string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.url+"/v25.0/100/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got struct {
		Error struct {
			Code int
			Data struct{ Details string } `json:"error_data"`
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got.Error.Code, got.Error.Data.Details
}

// TestAsStrictAsMeta: what Meta refuses in a template, with its code and a word
// of its details.
func TestAsStrictAsMeta(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.NoPairLimit, c.PerSecond = true, -1 })
	addTemplates(x)
	x.wrote(t)
	fill := func(name, components string) string {
		return `{"messaging_product":"whatsapp","to":"` + phone + `","type":"template","template":{"name":"` + name + `","language":{"code":"de"},"components":` + components + `}}`
	}
	body := func(text string) string {
		return `{"type":"body","parameters":[{"type":"text","text":"` + text + `"}]}`
	}
	url := func(index, text string) string {
		return `{"type":"button","sub_type":"url","index":` + index + `,"parameters":[{"type":"text","text":"` + text + `"}]}`
	}
	document := `{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]}`
	picture := `{"type":"header","parameters":[{"type":"image","image":{"link":"https://example.com/a.png"}}]}`
	for _, c := range []struct {
		name, body string
		code       int
		details    string
	}{
		{"a value with a line break", fill("lang", `[`+body(`a\nb`)+`]`), 132018, "new-line/tab characters or more than 4 consecutive spaces"},
		{"a value with five spaces", fill("lang", `[`+body(`a     b`)+`]`), 132018, "consecutive spaces"},
		{"a picture where a document belongs", fill("rechnung", `[`+picture+`,`+body("1")+`]`), 132012, "expected DOCUMENT, received IMAGE"},
		{"a document", fill("rechnung", `[`+document+`,`+body("1")+`]`), 0, ""},
		{"a file that is not here", fill("rechnung", `[{"type":"header","parameters":[{"type":"document","document":{"id":"5"}}]},`+body("1")+`]`), 100, "does not exist"},
		{"a header that the template has not", fill("lang", `[{"type":"header","parameters":[{"type":"text","text":"x"}]},`+body("1")+`]`), 132000, "header: number of localizable_params (1)"},
		{"an index as text", fill("anmeldung", `[`+body("123456")+`,`+url(`"0"`, "123456")+`]`), 0, ""},
		{"a code without its button", fill("anmeldung", `[`+body("123456")+`]`), 131008, "index 0 of type Url requires a parameter"},
		{"a code of 16", fill("anmeldung", `[`+body("1234567890123456")+`,`+url("0", "1")+`]`), 132018, "exceeds the parameter length limit 15"},
		{"a button of another type", fill("formular", `[`+url("0", "x")+`]`), 132018, "must be of type flow"},
		{"a button that there is not", fill("formular", `[{"type":"button","sub_type":"flow","index":3}]`), 132018, "no button at index 3"},
		{"a value without its type", fill("lang", `[{"type":"body","parameters":[{"text":"x"}]}]`), 131008, "parameters[0].type"},
		{"a member that nobody knows", fill("lang", `[{"type":"body","text":"x"}]`), 100, "Unexpected key"},
		{"a card too few", fill("karussell", `[`+body("x")+`,{"type":"carousel","cards":[{"card_index":0,"components":[`+picture+`,`+body("x")+`,`+url("1", "x")+`]}]}]`), 132012, "number of cards (1)"},
		{"an offer without its end", fill("aktion", `[`+picture+`,`+body("x")+`,`+url("1", "x")+`,{"type":"button","sub_type":"copy_code","index":0,"parameters":[{"type":"coupon_code","coupon_code":"R"}]}]`), 132012, "expiration_time_ms"},
		{"articles without articles", fill("auswahl", `[]`), 131008, "MPM requires a parameter"},
		{"a header of 61", `{"messaging_product":"whatsapp","to":"` + phone + `","type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"` + strings.Repeat("x", 61) + `"},"body":{"text":"?"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"a"}}]}}}`, 131009, "interactive.header.text"},
	} {
		if code, details := answer(t, x, c.body); code != c.code || !strings.Contains(details, c.details) {
			t.Errorf("%s: %d %q, want %d with %q", c.name, code, details, c.code, c.details)
		}
	}
}

// TestNumbersInWhatsAppsForm: the answer, the phone and the statuses have
// WhatsApp's form of a number, whichever was asked for; one number is one
// customer.
func TestNumbersInWhatsAppsForm(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.Strangers = true })
	addTemplates(x)
	before := len(x.State().Customers)
	for i, c := range []struct{ asked, again, waID string }{
		{"525512345678", "5215512345678", "5215512345678"},
		{"541123456789", "5491123456789", "5491123456789"},
		{"5531987654321", "553187654321", "553187654321"},
		{"551187654321", "5511987654321", "5511987654321"},
		{"4917604069009", "4917604069009", "4917604069009"},
	} {
		for _, to := range []string{c.asked, c.again} {
			sent, err := x.api.Send(t.Context(), cloudapi.Outgoing{To: to, Content: template("hello_world", "en_US")})
			if err != nil || sent.WaID != c.waID {
				t.Errorf("%s is answered as %s (%v), want %s", to, sent.WaID, err, c.waID)
			}
			for range 2 { // sent, delivered
				if s := x.company.status(t); s.RecipientID != c.waID {
					t.Errorf("a status for %s names %s, want %s", to, s.RecipientID, c.waID)
				}
			}
		}
		if n := len(x.State().Customers) - before; n != i+1 {
			t.Fatalf("%d customers after %s, want %d", n, c.asked, i+1)
		}
	}
}

// TestLinksOpenPhones: what wa.me opens, with a number or a code, opens the
// phones with the message that lies ready.
func TestLinksOpenPhones(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.Chat = "http://127.0.0.1:1" + sandbox.ChatPath })
	link, err := x.api.CreateLink(t.Context(), "Guten Tag #K7", "")
	if err != nil || link.DeepLinkURL != "http://127.0.0.1:1/wa.me/message/"+link.Code {
		t.Fatal(link, err)
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{
		"/wa.me/493023125000?text=Guten%20Tag%20%23K7": "/?number=100&text=Guten+Tag+%23K7",
		"/wa.me/493023125000":                          "/?number=100&text=",
		"/wa.me/message/" + link.Code:                  "/?number=100&text=Guten+Tag+%23K7",
		"/wa.me/49301":                                 "",
		"/wa.me/message/NONE":                          "",
	} {
		resp, err := browser.Get(x.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Location"); got != want || want == "" && resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s leads to %q (%d), want %q", path, got, resp.StatusCode, want)
		}
	}
}

// TestAnUploadThatLies: a file that is of another kind than it is called is
// refused (Cloud API: 131053).
func TestAnUploadThatLies(t *testing.T) {
	x := lay(t)
	for _, c := range []struct {
		declared, content string
		code              int
	}{
		{"image/png", "\xff\xd8\xff\xe0", 0}, // a picture is a picture
		{"application/pdf", "\xff\xd8\xff\xe0", 131053},
		{"audio/ogg; codecs=opus", "OggS\x00\x02OpusHead", 0},
		{"audio/ogg", "OggS\x00\x02\x01vorbis", 131053},
		{"audio/opus", "OggS\x00\x02OpusHead", 100},
	} {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		_ = w.WriteField("messaging_product", "whatsapp")
		_ = w.WriteField("type", c.declared)
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="x"`}, "Content-Type": {c.declared}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, c.content)
		_ = w.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.url+"/v25.0/100/media", &form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", w.FormDataContentType())
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Error struct{ Code int } }
		err = json.NewDecoder(resp.Body).Decode(&got)
		_ = resp.Body.Close()
		if err != nil || got.Error.Code != c.code {
			t.Errorf("%s: code %d (%v), want %d", c.declared, got.Error.Code, err, c.code)
		}
	}
}
