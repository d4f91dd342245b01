package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// Whatever comes in from outside that is not right gets an answer that says
// what is wrong, and leaves nothing behind.

func TestBadWebhooksAreAnsweredClearly(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	good := apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Hallo", o.Clock.Now())
	stranger := []byte(strings.ReplaceAll(string(good), apptest.PhoneNumberID, "999"))
	for _, c := range []struct {
		name      string
		body      []byte
		signature string // empty: the right one
		status    int
	}{
		{"broken JSON", []byte(`{"object":`), "", http.StatusBadRequest},
		{"JSON of another kind", []byte(`[1,2,3]`), "", http.StatusBadRequest},
		{"empty", nil, "", http.StatusBadRequest},
		{"another object", []byte(`{"object":"page","entry":[]}`), "", http.StatusBadRequest},
		{"not UTF-8", []byte("{\"object\":\"\xff\xfe\"}"), "", http.StatusBadRequest},
		{"nested without end", []byte(strings.Repeat("[", 100_000)), "", http.StatusBadRequest},
		{"wrong signature", good, cloudapi.Sign("another secret", good), http.StatusUnauthorized},
		{"no signature", good, "none", http.StatusUnauthorized},
		{"4 MB", []byte(strings.Repeat(" ", 4<<20)), "", http.StatusRequestEntityTooLarge},
		{"unknown phone number id", stranger, "", http.StatusNotFound},
	} {
		signature := c.signature
		if signature == "" {
			signature = cloudapi.Sign(apptest.AppSecret, c.body)
		}
		if got := o.PostSigned(t, c.body, signature); got != c.status {
			t.Errorf("%s: %d, want %d", c.name, got, c.status)
		}
	}
	for _, table := range []string{"payload", "message", "contact"} {
		if n := o.Count(t, table, ""); n != 0 {
			t.Errorf("bad webhooks left %d rows in %s", n, table)
		}
	}
	counts := o.Door.Counts()
	if counts.BadSignature != 2 || counts.UnknownNumber != 1 || counts.TooLarge != 1 || counts.Malformed != 6 || counts.Accepted != 0 {
		t.Errorf("counted as %+v", counts)
	}
	if o.Post(t, good) != http.StatusOK {
		t.Error("a good webhook is not taken after bad ones")
	}
	if strings.Contains(o.Logs(), "panic") {
		t.Error("something panicked")
	}
}

func TestBadRequestsOverRESTAreAnsweredClearly(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	erika := o.Customer("Erika Mustermann", "4917604069001")
	erika.Say(o.Number, "Guten Tag")
	o.Settle(t)
	person := o.Person(t, erika).ID.String()
	text := func(to string) map[string]any {
		return map[string]any{"to": to, "type": "text", "text": map[string]any{"body": "Hallo"}}
	}
	template := func(name string, parameters ...string) map[string]any {
		var all []any
		for _, p := range parameters {
			all = append(all, map[string]any{"type": "text", "text": p})
		}
		return map[string]any{"contact_id": person, "type": "template", "template": map[string]any{"name": name, "language": map[string]any{"code": "de"},
			"components": []any{map[string]any{"type": "body", "parameters": all}}}}
	}
	for _, c := range []struct {
		name, method, path string
		body               any
		status             int
		code               string
	}{
		{"invalid number", "POST", "/api/v1/messages", text("12"), 422, "invalid_number"},
		{"letters for a number", "POST", "/api/v1/messages", text("keine Nummer"), 422, "invalid_number"},
		{"no recipient", "POST", "/api/v1/messages", text(""), 422, "recipient"},
		{"two recipients", "POST", "/api/v1/messages", map[string]any{"to": "4917604069001", "contact_id": person, "type": "text", "text": map[string]any{"body": "Hallo"}}, 422, "recipient"},
		{"empty text", "POST", "/api/v1/messages", map[string]any{"contact_id": person, "type": "text", "text": map[string]any{"body": ""}}, 422, "content"},
		{"type that cannot be sent", "POST", "/api/v1/messages", map[string]any{"contact_id": person, "type": "telegram"}, 422, "content"},
		{"missing template parameter", "POST", "/api/v1/messages", template("termin", "Erika"), 422, "template_parameter"},
		{"unknown template", "POST", "/api/v1/messages", template("gibt_es_nicht"), 403, "template_not_usable"},
		{"paused template", "POST", "/api/v1/messages", template("pausiert"), 403, "template_not_usable"},
		{"unknown person", "POST", "/api/v1/messages", map[string]any{"contact_id": o.IDs.New().String(), "type": "text", "text": map[string]any{"body": "Hallo"}}, 404, "not_found"},
		{"id that is none", "GET", "/api/v1/messages/1", nil, 404, "not_found"},
		{"cursor that is none", "GET", "/api/v1/messages?after=x", nil, 422, "cursor"},
		{"cursor that is none, of conversations", "GET", "/api/v1/conversations?after=x", nil, 422, "cursor"},
		{"another number of ours", "POST", "/api/v1/messages", map[string]any{"to": "4917604069001", "phone_number_id": "1", "type": "text", "text": map[string]any{"body": "Hallo"}}, 422, "phone_number_id"},
		{"a filter that there is not", "GET", "/api/v1/messages?contact=" + person, nil, 422, "unknown_parameter"},
		{"a filter that there is not, of people", "GET", "/api/v1/contacts?limit=5&name=Erika", nil, 422, "unknown_parameter"},
		{"a filter that there is not, of conversations", "GET", "/api/v1/conversations?state=open", nil, 422, "unknown_parameter"},
		{"a filter where there are none", "GET", "/api/v1/templates?language=de", nil, 422, "unknown_parameter"},
		{"limit out of range", "GET", "/api/v1/messages?limit=100000", nil, 422, ""},
	} {
		var answer struct{ Code, Detail, Remedy string }
		if got := o.REST(t, c.method, c.path, c.body, &answer); got != c.status || answer.Code != c.code || answer.Detail == "" {
			t.Errorf("%s: %d %+v, want %d %s", c.name, got, answer, c.status, c.code)
		}
	}
	o.Settle(t)
	if n := o.Count(t, "message", "outgoing = ?", true); n != 0 {
		t.Errorf("bad requests sent %d messages", n)
	}
}

func TestBadBodiesAndTokensOverREST(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	for _, c := range []struct {
		name, token, body string
		status            int
	}{
		{"no token", "", "{}", 401},
		{"wrong token", "Bearer ek_wrong", "{}", 401},
		{"token of another scheme", "Basic " + o.APIToken, "{}", 401},
		{"broken JSON", "Bearer " + o.APIToken, `{"to":`, 400},
		{"array", "Bearer " + o.APIToken, `[]`, 422},
		{"4 MB", "Bearer " + o.APIToken, `{"to":"` + strings.Repeat("4", 4<<20) + `"}`, 413},
		{"unknown member", "Bearer " + o.APIToken, `{"to":"4917604069001","type":"text","text":{"body":"x"},"bypass":true}`, 422},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/api/v1/messages", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.token != "" {
			r.Header.Set("Authorization", c.token)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Detail string
			Status int
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Detail == "" || resp.StatusCode != c.status {
			t.Errorf("%s: %s %+v %v, want %d and a detail", c.name, resp.Status, answer, err, c.status)
		}
		_ = resp.Body.Close()
	}
}
