package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/app"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/person/chat"
	"einklang/internal/rule/gate"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// keyed sends a text with an Idempotency-Key.
func keyed(t *testing.T, o *apptest.Office, key, to, text string) (int, map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"to": to, "type": "text", "text": map[string]any{"body": text}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/api/v1/messages", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+o.APIToken)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func TestIdempotencyKey(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const erika = "4917604069001"
		status, refused := keyed(t, o, "k1", erika, "Hallo")
		if status != http.StatusForbidden || refused["code"] != "window_closed" || refused["remedy"] == nil {
			t.Fatalf("to somebody who never wrote: %d %v, want 403 with reason and remedy", status, refused)
		}
		o.Post(t, apptest.Text("wamid.1", erika, "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		status, first := keyed(t, o, "k1", erika, "Hallo")
		if status != http.StatusAccepted {
			t.Fatalf("the same request after the remedy: %d %v", status, first)
		}
		status, second := keyed(t, o, "k1", erika, "Hallo")
		if status != http.StatusAccepted || second["id"] != first["id"] {
			t.Errorf("the same request again: %d %v, want the same message", status, second)
		}
		if status, other := keyed(t, o, "k1", erika, "Etwas anderes"); status != http.StatusConflict || other["code"] != "idempotency_key_reused" {
			t.Errorf("the same key with another body: %d %v, want 409", status, other)
		}
		if status, third := keyed(t, o, "k2", erika, "Hallo"); status != http.StatusAccepted || third["id"] == first["id"] {
			t.Errorf("another key: %d %v, want another message", status, third)
		}
		if n := o.Count(t, "message", "outgoing = ? AND origin = 'api'", true); n != 2 {
			t.Errorf("%d messages were queued, want 2", n)
		}
	})
}

// A queue that is full says so, and when to come again.
func TestAFullQueueAsksToComeAgain(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		o := apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { c.MaxQueue = 2 }})
		const erika = "4917604069001"
		o.Post(t, apptest.Text("wamid.1", erika, "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		person, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, erika)
		if err != nil {
			t.Fatal(err)
		}
		o.Write(t, func(tx store.Tx) error { // for later, so that it waits; the privacy notice goes before it
			_, err := o.Outbox.Enqueue(t.Context(), tx, outbox.Draft{Org: o.Org.ID, Contact: person.ID, Channel: o.Channel.ID, Origin: chat.FromAPI,
				NotBefore: o.Clock.Now().Add(time.Hour), Content: cloudapi.Content{Type: cloudapi.TypeText, Text: &cloudapi.Text{Body: "später"}},
				Request: outbox.Request{Occasion: gate.Reply, Category: gate.Service, AskedBy: "test"}})
			return err
		})
		status, answer := keyed(t, o, "k1", erika, "Hallo")
		if status != http.StatusTooManyRequests || answer["code"] != "queue_full" {
			t.Errorf("a full queue: %d %v, want 429", status, answer)
		}
		if n := o.Count(t, "message", "outgoing = ?", true); n != 2 {
			t.Errorf("%d messages are queued, want the two from before", n)
		}
	})
}

// Pages put together are the list, whatever their size, while new messages
// come in.
func TestListsByCursor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const n = 25
		for i := range n {
			o.Post(t, apptest.Text(fmt.Sprintf("wamid.%02d", i), fmt.Sprintf("49176040690%02d", i), "Erika Mustermann", fmt.Sprintf("Text %02d", i), o.Clock.Now()))
		}
		type page struct {
			Items []struct{ ID, Text string }
			Next  *string
		}
		walk := func(path string, limit int) (ids []string) {
			after := ""
			for {
				var p page
				if status := o.REST(t, http.MethodGet, fmt.Sprintf("%slimit=%d&after=%s", path, limit, after), nil, &p); status != http.StatusOK {
					t.Fatalf("%s: %d", path, status)
				}
				for _, one := range p.Items {
					ids = append(ids, one.ID)
				}
				if p.Next == nil {
					return ids
				}
				after = *p.Next
			}
		}
		var up []string
		o.Until(t, "whoever follows sees all messages", func() bool { up = walk("/api/v1/messages?order=asc&", 7); return len(up) >= n })
		down := walk("/api/v1/messages?order=desc&", 10)
		slices.Reverse(down)
		if len(up) != n || !slices.Equal(up, down) || !slices.IsSorted(up) {
			t.Errorf("ascending %d, descending %d messages, want the same %d", len(up), len(down), n)
		}
		for _, limit := range []int{1, 7, n, 200} {
			threads := walk("/api/v1/conversations?", limit)
			unique := slices.Compact(slices.Sorted(slices.Values(threads)))
			if len(threads) != n || len(unique) != n {
				t.Errorf("%d conversations in pages of %d, %d of them different, want %d", len(threads), limit, len(unique), n)
			}
		}
	})
}

// TestPeopleByCursor: pages put together are all people, each with her consents.
func TestPeopleByCursor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i := range 7 {
			o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d", i), fmt.Sprintf("49176040690%02d", i), "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		}
		var page struct {
			Items []struct {
				ID, Phone string
				Consents  []struct{ Purpose, State string }
			}
			Next *string
		}
		if status := o.REST(t, http.MethodGet, "/api/v1/contacts?limit=1", nil, &page); status != http.StatusOK || len(page.Items) != 1 {
			t.Fatalf("the first page: %d %+v", status, page)
		}
		first := page.Items[0].ID
		o.REST(t, http.MethodPost, "/api/v1/contacts/"+first+"/consents", map[string]any{"purpose": "service", "evidence_note": "am Telefon"}, nil)
		seen, path := map[string]bool{}, "/api/v1/contacts?limit=3"
		for path != "" {
			page.Items, page.Next = nil, nil
			if status := o.REST(t, http.MethodGet, path, nil, &page); status != http.StatusOK || len(page.Items) > 3 {
				t.Fatalf("%s: %d %+v", path, status, page)
			}
			for _, p := range page.Items {
				if seen[p.ID] || p.Phone == "" || (len(p.Consents) == 1 && p.Consents[0].State == "granted") != (p.ID == first) {
					t.Errorf("listed as %+v", p)
				}
				seen[p.ID] = true
			}
			if path = ""; page.Next != nil {
				path = "/api/v1/contacts?limit=3&after=" + *page.Next
			}
		}
		if len(seen) != 7 {
			t.Errorf("%d people are listed, want 7", len(seen))
		}
		if status := o.REST(t, http.MethodGet, "/api/v1/contacts?after=unsinn", nil, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a cursor that is none: %d", status)
		}
		var nothing struct{ Code string }
		for _, path := range []string{"/api/v1/nothing", "/api/v2/messages"} {
			if status := o.REST(t, http.MethodGet, path, nil, &nothing); status != http.StatusNotFound || nothing.Code != "not_found" {
				t.Errorf("%s: %d %+v", path, status, nothing)
			}
		}
	})
}

func TestConsentsOverREST(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		var person struct {
			ID, Name string
			Consents []struct{ Purpose, State string }
		}
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts/lookup", map[string]any{"phone": "+49 176 04069001"}, &person); status != http.StatusOK || person.Name != "Erika Mustermann" {
			t.Fatalf("%d %+v", status, person)
		}
		path := "/api/v1/contacts/" + person.ID
		for _, step := range []struct {
			method, path string
			body         any
			want         int
			state        string
		}{
			{"POST", "/consents", map[string]any{"purpose": "marketing"}, 422, ""},                                                    // how it was given must be provable
			{"POST", "/consents", map[string]any{"purpose": "marketing", "evidence_note": "Formular vom Messestand"}, 201, "pending"}, // a note proves nothing
			{"DELETE", "/consents/marketing", nil, 204, "withdrawn"},
			{"POST", "/consents", map[string]any{"purpose": "Werbung!", "evidence_note": "Formular"}, 422, "withdrawn"},
		} {
			if status := o.REST(t, step.method, path+step.path, step.body, nil); status != step.want {
				t.Errorf("%s %s %v: %d, want %d", step.method, step.path, step.body, status, step.want)
			}
			person.Consents = nil
			o.REST(t, http.MethodGet, path, nil, &person)
			state := ""
			for _, c := range person.Consents {
				if c.Purpose == "marketing" {
					state = c.State
				}
			}
			if state != step.state {
				t.Errorf("after %s %s the consent is %q, want %q", step.method, step.path, state, step.state)
			}
		}
	})
}

// A token sees its own organisation only.
func TestATokenStaysInItsOrganisation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		var mine struct {
			Items []struct{ ID, Contact_ID, Conversation_ID string }
		} //nolint:revive // the names in the interface
		o.REST(t, http.MethodGet, "/api/v1/messages", nil, &mine)
		other, err := o.Orgs.Create(t.Context(), "muster", "Muster GmbH", o.Org.Settings)
		if err != nil {
			t.Fatal(err)
		}
		o.APIToken = o.OldToken(t, other.ID)
		m := mine.Items[0]
		for _, path := range []string{"/messages/" + m.ID, "/contacts/" + m.Contact_ID, "/conversations/" + m.Conversation_ID, "/contacts/" + m.Contact_ID + "/consents"} {
			if status := o.REST(t, http.MethodGet, "/api/v1"+path, nil, nil); status != http.StatusNotFound {
				t.Errorf("%s of another organisation: %d, want 404", path, status)
			}
		}
		var none struct{ Items []any }
		if o.REST(t, http.MethodGet, "/api/v1/messages", nil, &none); len(none.Items) != 0 {
			t.Errorf("another organisation lists %d messages", len(none.Items))
		}
	})
}

// The description is OpenAPI 3.1, names every path that this package promises,
// and every reference in it leads somewhere.
func TestOpenAPI(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		var doc map[string]any
		resp, err := http.Get(o.URL + "/api/v1/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
			t.Fatal(err)
		}
		if version, _ := doc["openapi"].(string); !strings.HasPrefix(version, "3.1") {
			t.Errorf("openapi: %q", version)
		}
		paths, _ := doc["paths"].(map[string]any)
		for path, methods := range map[string][]string{"/api/v1/messages": {"get", "post"}, "/api/v1/messages/{id}": {"get"}, "/api/v1/conversations": {"get"},
			"/api/v1/contacts/{id}": {"get"}, "/api/v1/contacts/{id}/attributes": {"patch"}, "/api/v1/contacts/{id}/consents": {"get", "post"}, "/api/v1/contacts/{id}/consents/{purpose}": {"delete"}} {
			for _, method := range methods {
				if one, _ := paths[path].(map[string]any); one[method] == nil {
					t.Errorf("%s %s is not described", method, path)
				}
			}
		}
		references(doc, func(ref string) {
			at := any(doc)
			for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := at.(map[string]any)
				at = m[part]
			}
			if at == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		})
	})
}

// references calls found for each "$ref" below a value.
func references(v any, found func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, below := range v {
			if ref, ok := below.(string); ok && key == "$ref" {
				found(ref)
			}
			references(below, found)
		}
	case []any:
		for _, below := range v {
			references(below, found)
		}
	}
}
