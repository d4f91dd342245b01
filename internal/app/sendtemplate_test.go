package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/test/storetest"
)

// The form of the composer fills in a template: its header, its values, and a
// code once for all its places. What WhatsApp does not take it says in words.
func TestTheFormFillsInATemplate(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		o, erika := stocked(t, u)
		v := visitor{t, o, o.SignIn(t, user.Agent)}
		at := thread(t, o, o.Person(t, erika).ID).ID.String()
		status, page := v.get("/fragments/templates/" + at)
		for _, want := range []string{`name="slot-header-0-document"`, `name="slot-limited_time_offer-0-1"`, `name="slot-header-0-image-2"`, `<textarea name="slot-button-0-1"`, "Artikel, dessen Bild"} {
			if status != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%d: the form lacks %s", status, want)
			}
		}
		if n := strings.Count(page, `maxlength="15"`); n != 2 { // the templates "anmeldung" and "code"
			t.Errorf("%d fields ask for a code, want one for each template", n)
		}
		send := func(name string, fields url.Values) string {
			t.Helper()
			fields.Set("name", name)
			fields.Set("language", "de")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/inbox/"+at+"/template", strings.NewReader(fields.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Fragment", "1")
			_, said := answerOf(t, v.Client, r)
			o.Clock.Advance(10 * time.Second)
			o.Until(t, "nothing waits any more", func() bool { return o.Count(t, "outbox", "") == 0 })
			o.Settle(t)
			return said
		}
		for _, c := range []struct {
			name   string
			fields url.Values
			want   string // what goes out
		}{
			{"rechnung", url.Values{"slot-header-0-document": {"https://example.com/a.pdf"}, "slot-body-0-1": {"4711"}},
				`[{"type":"header","parameters":[{"type":"document","document":{"link":"https://example.com/a.pdf"}}]},{"type":"body","parameters":[{"type":"text","text":"4711"}]}]`},
			{"abholung", url.Values{"slot-header-0-location": {"52,5163; 13,3777"}},
				`[{"type":"header","parameters":[{"type":"location","location":{"latitude":52.5163,"longitude":13.3777}}]}]`},
			{"anmeldung", url.Values{"slot-body-0-1": {"482913"}},
				`[{"type":"body","parameters":[{"type":"text","text":"482913"}]},{"type":"button","sub_type":"url","index":0,"parameters":[{"type":"text","text":"482913"}]}]`},
			{"auswahl", url.Values{"slot-button-0-1": {"Räder: R-10, R-20\r\nZubehör: Z-1"}},
				`[{"type":"button","sub_type":"mpm","index":0,"parameters":[{"type":"action","action":{"sections":[{"product_items":[{"product_retailer_id":"R-10"},{"product_retailer_id":"R-20"}],"title":"Räder"},{"product_items":[{"product_retailer_id":"Z-1"}],"title":"Zubehör"}],"thumbnail_product_retailer_id":"R-10"}}]}]`},
			{"auswahl", url.Values{"slot-button-0-1": {"R-10 = Rennrad rot, R-20"}},
				`[{"type":"button","sub_type":"mpm","index":0,"parameters":[{"type":"action","action":{"sections":[{"product_items":[{"product_retailer_id":"R-10"},{"product_retailer_id":"R-20"}]}],"thumbnail_product_retailer_id":"R-10"}}]}]`},
			{"auswahl", url.Values{"slot-button-0-1": {"Räder: R-20, rennrad ROT"}}, // typed once and remembered
				`[{"type":"button","sub_type":"mpm","index":0,"parameters":[{"type":"action","action":{"sections":[{"product_items":[{"product_retailer_id":"R-20"},{"product_retailer_id":"R-10"}],"title":"Räder"}],"thumbnail_product_retailer_id":"R-20"}}]}]`},
			{"katalog", url.Values{"slot-body-0-1": {"das"}, "slot-button-0-1": {"Rennrad rot (R-10)"}}, // as the form suggests it
				`[{"type":"body","parameters":[{"type":"text","text":"das"}]},{"type":"button","sub_type":"catalog","index":0,"parameters":[{"type":"action","action":{"thumbnail_product_retailer_id":"R-10"}}]}]`},
			{"katalog", url.Values{"slot-body-0-1": {"alles"}, "slot-button-0-1": {"R-10"}},
				`[{"type":"body","parameters":[{"type":"text","text":"alles"}]},{"type":"button","sub_type":"catalog","index":0,"parameters":[{"type":"action","action":{"thumbnail_product_retailer_id":"R-10"}}]}]`},
			{"katalog", url.Values{"slot-body-0-1": {"nichts"}}, `[{"type":"body","parameters":[{"type":"text","text":"nichts"}]}]`},
		} {
			said := send(c.name, c.fields)
			sent := o.Sandbox.Accepted("", 0, 100)
			var got struct{ Components json.RawMessage }
			if err := json.Unmarshal(sent[len(sent)-1].Content, &got); err != nil || string(got.Components) != c.want {
				t.Errorf("%s: %s went out, want %s; the page said %s", c.name, got.Components, c.want, said)
			}
		}
		if _, page := v.get("/fragments/templates/" + at); !strings.Contains(page, `<option value="Rennrad rot (R-10)">`) {
			t.Error("the form does not suggest the article")
		}
		before := len(o.Sandbox.Accepted("", 0, 100))
		for _, c := range []struct {
			name   string
			fields url.Values
			says   string
		}{
			{"moment", url.Values{"slot-body-0-1": {"a     b"}}, "nicht mehr als vier Leerzeichen"},
			{"moment", url.Values{"slot-body-0-1": {"a\nb"}}, "keine Zeilenumbrüche"},
			{"moment", url.Values{"slot-body-0-1": {strings.Repeat("x", 1025)}}, "Wert der Vorlage: höchstens 1024 Zeichen"},
			{"auswahl", url.Values{"slot-button-0-1": {"Räder: "}}, "Bitte füllen Sie aus: Schaltfläche"},
			{"auswahl", url.Values{"slot-button-0-1": {"Räder: R-10\nZ-1"}}, "Jeder Abschnitt"},
			{"moment", url.Values{}, "Bitte füllen Sie aus: Text 1"},
			{"moment", url.Values{"slot-body-0-1": {strings.Repeat("x", 1021)}}, "mehr als 1024 Zeichen"},
		} {
			if said := send(c.name, c.fields); !strings.Contains(said, c.says) {
				t.Errorf("%s %v: the page says %s, want %s", c.name, c.fields, said, c.says)
			}
		}
		if n := len(o.Sandbox.Accepted("", 0, 100)); n != before {
			t.Errorf("%d of them went out", n-before)
		}
	})
}

// A code for the portal goes out in the body and in the button, outside the
// window, and opens the portal.
func TestACodeIsInBodyAndButton(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		o, erika := stocked(t, u)
		o.Clock.Advance(25 * time.Hour)
		before := len(erika.Messages(o.Number))
		newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
		o.Until(t, "the code is there", func() bool { return len(erika.Messages(o.Number)) > before })
		o.Settle(t)
		shown := erika.Messages(o.Number)
		var sent struct {
			Name       string
			Components []struct {
				Type       string
				SubType    string `json:"sub_type"`
				Parameters []struct{ Text string }
			}
		}
		if err := json.Unmarshal(shown[len(shown)-1].Content, &sent); err != nil || sent.Name != "anmeldung" || len(sent.Components) != 2 {
			t.Fatalf("%s: %v", shown[len(shown)-1].Content, err)
		}
		body, button := sent.Components[0], sent.Components[1]
		code := body.Parameters[0].Text
		if len(code) < 6 || button.SubType != "url" || button.Parameters[0].Text != code {
			t.Errorf("body %+v, button %+v", body, button)
		}
		v := newVisitor(t, o)
		if _, page := v.post("/portal/beispiel/enter", url.Values{"number": {"+4917604069001"}, "code": {code}}); !strings.Contains(page, "Erika") {
			t.Error("the code does not open the portal")
		}
	})
}
