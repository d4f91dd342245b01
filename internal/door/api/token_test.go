package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// Every operation of the interface names the one scope that it needs, and it is
// one that there is.
func TestEveryOperationNamesItsScope(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string
			Description string
			Security    []map[string][]string
		}
	}
	resp, err := http.Get(o.URL + "/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&described); err != nil {
		t.Fatal(err)
	}
	known, n := append(token.Scopes(), token.ReadBulk), 0
	used := map[token.Scope]bool{}
	for path, methods := range described.Paths {
		for method, op := range methods {
			n++
			if len(op.Security) != 1 || len(op.Security[0]["token"]) != 1 || !slices.Contains(known, token.Scope(op.Security[0]["token"][0])) {
				t.Errorf("%s %s names %v", method, path, op.Security)
				continue
			}
			used[token.Scope(op.Security[0]["token"][0])] = true
		}
	}
	if n < 20 || len(used) != len(known) {
		t.Errorf("%d operations use %v", n, used)
	}
}

// calls has a program call with a token.
func calls(t *testing.T, o *apptest.Office, secret, method, path string, body any) (int, map[string]any) {
	t.Helper()
	before := o.APIToken
	defer func() { o.APIToken = before }()
	o.APIToken = secret
	var answer map[string]any
	var into any = &answer
	if method == http.MethodDelete {
		into = nil
	}
	status := o.REST(t, method, path, body, into)
	return status, answer
}

func TestATokenDoesWhatItMayAndNoMore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		var first struct{ Items []struct{ ID string } }
		o.Until(t, "a message is there", func() bool {
			o.REST(t, http.MethodGet, "/api/v1/messages", nil, &first)
			return len(first.Items) > 0
		})
		person, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4917604069001")
		if err != nil {
			t.Fatal(err)
		}
		at := "/api/v1/contacts/" + person.ID.String()
		text := map[string]any{"contact_id": person.ID.String(), "type": "text", "text": map[string]any{"body": "Hallo"}}
		all := []struct {
			scope        token.Scope
			method, path string
			body         any
		}{
			{token.Send, "POST", "/api/v1/messages", text},
			{token.ReadMessages, "GET", "/api/v1/messages/" + first.Items[0].ID, nil},
			{token.ReadContacts, "GET", at, nil},
			{token.WriteContacts, "POST", "/api/v1/contacts", map[string]any{"phone": "+4917604069003", "name": "Neu"}},
			{token.ReadConsents, "GET", at + "/consents", nil},
			{token.WriteConsents, "POST", at + "/consents", map[string]any{"purpose": "service", "evidence_note": "am Telefon"}},
			{token.ReadSettings, "GET", "/api/v1/channels", nil},
			{token.WriteWords, "POST", "/api/v1/words", map[string]any{"kind": "stop", "word": "Feierabend"}},
			{token.ReadBulk, "GET", "/api/v1/contacts", nil},
			{token.ReadBulk, "GET", "/api/v1/messages", nil},
			{token.ReadBulk, "GET", "/api/v1/conversations", nil},
		}
		for _, has := range token.Scopes() {
			_, secret := o.Token(t, token.Token{Kind: token.Automation, Scopes: []token.Scope{has}})
			for _, c := range all {
				status, answer := calls(t, o, secret, c.method, c.path, c.body)
				refused := status == http.StatusForbidden && (answer["code"] == "scope" || answer["code"] == "bulk_not_granted")
				if refused == (c.scope == has) {
					t.Errorf("a token with %s: %s %s is %d %v", has, c.method, c.path, status, answer["code"])
				}
			}
		}
		made, secret := o.Token(t, token.Token{Kind: token.Automation, Scopes: token.Scopes(), Expires: o.Clock.Now().Add(time.Hour)})
		ok := func(secret string) bool {
			status, _ := calls(t, o, secret, "GET", "/api/v1/channels", nil)
			return status == http.StatusOK
		}
		if !ok(secret) {
			t.Fatal("a token does not work")
		}
		if now, err := o.Tokens.Get(t.Context(), o.DB, o.Org.ID, made.ID); err != nil || now.Used.IsZero() {
			t.Errorf("when it was used is not known: %v", err)
		}
		var other string
		o.Write(t, func(tx store.Tx) (err error) {
			other, err = o.Tokens.Rotate(t.Context(), tx, o.Org.ID, made.ID)
			return err
		})
		if ok(secret) || !ok(other) {
			t.Error("a token with another secret: the old one works, or the new one does not")
		}
		o.Clock.Advance(time.Hour)
		if ok(other) {
			t.Error("a token works after its end")
		}
		made, secret = o.Token(t, token.Token{Kind: token.Automation, Scopes: token.Scopes()})
		o.Write(t, func(tx store.Tx) error { return o.Tokens.Revoke(t.Context(), tx, o.Org.ID, made.ID) })
		if ok(secret) {
			t.Error("a revoked token works")
		}
		if !ok(o.APIToken) {
			t.Error("a token from before does not work any more")
		}
	})
}

// The occasion follows from the token: what the program says is passed over, with
// a warning, until it is refused.
func TestTheOccasionFollowsFromTheToken(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		o.Until(t, "she is known", func() bool { return o.Count(t, "contact", "") == 1 })
		says := func(kind token.Kind) int {
			_, secret := o.Token(t, token.Token{Kind: kind, Scopes: token.Scopes()})
			status, _ := calls(t, o, secret, "POST", "/api/v1/messages", map[string]any{"to": "4917604069001", "type": "text", "text": map[string]any{"body": "Hallo"}, "reason": "reply"})
			return status
		}
		if status := says(token.Automation); status != http.StatusAccepted || o.Count(t, "message", "outgoing = ? AND origin = 'automation'", true) == 0 {
			t.Errorf("a program that answers by itself: %d", status)
		}
		if status := says(token.Campaign); status != http.StatusForbidden { // her question carries no campaign
			t.Errorf("a campaign that calls itself a reply: %d", status)
		}
		if n := o.Count(t, "message", "outgoing = ? AND origin = 'api'", true); n != 0 {
			t.Errorf("%d of a program are replies", n)
		}
	})
}

// A token for one number sends over it alone, and sees what came over it.
func TestATokenForOneNumber(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		other, err := o.Orgs.AddChannel(t.Context(), org.Channel{Org: o.Org.ID, App: apptest.AppKey, PhoneNumberID: "2", WABA: apptest.WABA, DisplayNumber: "+49 30 23125001", Name: "Verkauf", PerSecond: 1000}, apptest.GraphToken)
		if err != nil {
			t.Fatal(err)
		}
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		var all struct {
			Items []struct{ ID, Conversation_ID string }
		} //nolint:revive // the names in the interface
		o.Until(t, "a message is there", func() bool {
			o.REST(t, http.MethodGet, "/api/v1/messages", nil, &all)
			return len(all.Items) > 0
		})
		for channel, sees := range map[id.Channel]int{o.Channel.ID: http.StatusOK, other.ID: http.StatusNotFound} {
			_, secret := o.Token(t, token.Token{Kind: token.Automation, Scopes: token.Scopes(), Channels: []id.Channel{channel}})
			for _, path := range []string{"/messages/" + all.Items[0].ID, "/conversations/" + all.Items[0].Conversation_ID} {
				if status, _ := calls(t, o, secret, "GET", "/api/v1"+path, nil); status != sees {
					t.Errorf("%s: %d, want %d", path, status, sees)
				}
			}
			_, answer := calls(t, o, secret, "POST", "/api/v1/messages", map[string]any{"phone_number_id": apptest.PhoneNumberID, "to": "4917604069001", "type": "text", "text": map[string]any{"body": "Hallo"}})
			if (answer["code"] == "number") != (sees == http.StatusNotFound) {
				t.Errorf("sending over a number: %v", answer)
			}
		}
	})
}
