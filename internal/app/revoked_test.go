package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/store"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// payloads are the raw payloads that can still be read, one after the other.
func payloads(t *testing.T, o *apptest.Office) string {
	t.Helper()
	type kept struct {
		id, owner id.ID
		sealed    []byte
	}
	rows, err := store.Collect(t.Context(), o.DB, func(row store.Row) (k kept, err error) { return k, row.Scan(&k.id, &k.owner, &k.sealed) },
		"SELECT id, owner_id, sealed FROM payload WHERE org_id = ?", o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := o.Vault.Org(t.Context(), o.DB, o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, k := range rows {
		ring, err := keys.Keyring(t.Context(), o.DB, k.owner)
		if err != nil {
			t.Errorf("a payload belongs to nobody: %v", err)
			continue
		}
		body, err := ring.Open("payload.body", k.id, k.sealed)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(body)
	}
	return all.String()
}

func revoke(wamid, phone, userID, original string, at time.Time) []byte {
	m := map[string]any{"id": wamid, "timestamp": fmt.Sprint(at.Unix()), "type": "revoke", "revoke": map[string]any{"original_message_id": original}}
	if phone != "" {
		m["from"] = phone
	}
	if userID != "" {
		m["from_user_id"] = userID
	}
	return apptest.Webhook(map[string]any{"messages": []any{m}})
}

// A message that a person deleted for everyone is in no payload any more,
// whatever else came: a merge, others in the same webhook, a part that could
// not be read, an edit, the deletion first, the message again.
func TestADeletedMessageIsInNoPayload(t *testing.T) {
	const phone, user, secret = "4915100000001", "DE.700001", "Geheimes Wort"
	one := func(wamid, from, userID, text string) map[string]any {
		m := map[string]any{"id": wamid, "timestamp": "%", "type": "text", "text": words(text)}
		if from != "" {
			m["from"] = from
		}
		if userID != "" {
			m["from_user_id"] = userID
		}
		return m
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		at := o.Clock.Now().Add(-time.Hour)
		web := func(messages ...any) []byte {
			return []byte(strings.ReplaceAll(string(apptest.Webhook(map[string]any{"messages": messages})), `"%"`, fmt.Sprintf(`"%d"`, at.Unix())))
		}
		edit := func(wamid, from, original, text string) map[string]any {
			return map[string]any{"id": wamid, "from": from, "timestamp": "%", "type": "edit", "edit": map[string]any{"original_message_id": original,
				"message": map[string]any{"type": "text", "text": words(text)}}}
		}
		for i, c := range []struct {
			name  string
			steps [][]byte
		}{
			{"merged, then deleted", [][]byte{web(one("wamid.0", phone, "", secret)), web(one("wamid.0b", "", user, "Hallo")), web(one("wamid.0c", phone, user, "beides")),
				revoke("wamid.0d", phone, user, "wamid.0", at)}},
			{"several people", [][]byte{web(one("wamid.1", "4915100000011", "", secret), one("wamid.1b", "4915100000012", "", "Hallo")), revoke("wamid.1c", "4915100000011", "", "wamid.1", at)}},
			{"a part unreadable", [][]byte{web([]any{"no message"}, one("wamid.2", "4915100000021", "", secret)), revoke("wamid.2c", "4915100000021", "", "wamid.2", at)}},
			{"edited", [][]byte{web(one("wamid.3", "4915100000031", "", "Hallo")), web(edit("wamid.3b", "4915100000031", "wamid.3", secret)), revoke("wamid.3c", "4915100000031", "", "wamid.3", at)}},
			{"the deletion first", [][]byte{revoke("wamid.4b", "4915100000041", "", "wamid.4", at), web(one("wamid.4", "4915100000041", "", secret))}},
			{"the deletion first, several people", [][]byte{revoke("wamid.5b", "4915100000051", "", "wamid.5", at),
				web(one("wamid.5", "4915100000051", "", secret), one("wamid.5c", "4915100000052", "", "Hallo"))}},
			{"it comes again, in another body", [][]byte{web(one("wamid.6", "4915100000061", "", secret)), revoke("wamid.6b", "4915100000061", "", "wamid.6", at),
				web(one("wamid.6", "4915100000061", "", secret), one("wamid.6c", "4915100000061", "", "Hallo"))}},
		} {
			for _, body := range c.steps {
				if status := o.Post(t, body); status != http.StatusOK {
					t.Fatalf("%s: answered %d", c.name, status)
				}
			}
			if all := payloads(t, o); strings.Contains(all, secret) {
				t.Errorf("%s: the deleted message is in a payload", c.name)
			}
			if n := o.Count(t, "message", "revoked_at > 0"); n != i+1 {
				t.Errorf("%s: %d messages are deleted, want %d", c.name, n, i+1)
			}
		}
		if n := o.Count(t, "payload", "state = 'poison'"); n != 1 {
			t.Errorf("%d payloads that could not be read are kept, want 1", n)
		}
		o.Settle(t)

		// After the merge her payloads are hers, and go when she is erased.
		if status := o.Post(t, web(one("wamid.7", phone, "", "vor der Löschung"))); status != http.StatusOK {
			t.Fatal(status)
		}
		p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone)
		if err != nil {
			t.Fatal(err)
		}
		if n := o.Count(t, "payload", "owner_id = ?", p.ID); n < 3 {
			t.Errorf("%d payloads are hers", n)
		}
		o.Settle(t)
		eraseNow(t, o, erasure.Identity{Contact: p.ID})
		if all := payloads(t, o); strings.Contains(all, phone) || strings.Contains(all, user) {
			t.Error("a payload names an erased person")
		}
	})
}

// Two people who turn out to be one within one webhook keep all messages.
func TestAMergeWithinOneWebhookLosesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		var all []any
		for i, who := range []map[string]any{{"from": "4915100000001"}, {"from_user_id": "DE.700001"}, {"from": "4915100000001", "from_user_id": "DE.700001"}, {"from_user_id": "DE.700001"}} {
			m := map[string]any{"id": fmt.Sprint("wamid.", i), "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": words("STOP")}
			for key, value := range who {
				m[key] = value
			}
			all = append(all, m)
		}
		body, err := json.Marshal(all)
		if err != nil || o.Post(t, apptest.Webhook(map[string]any{"messages": json.RawMessage(body)})) != http.StatusOK {
			t.Fatal(err)
		}
		o.Settle(t)
		p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4915100000001")
		if err != nil || !p.Flags.OptedOut {
			t.Fatalf("%+v, %v", p, err)
		}
		if n := o.Count(t, "message", "contact_id = ? AND outgoing = ?", p.ID, false); n != 4 || o.Count(t, "contact", "state = 'active'") != 1 {
			t.Errorf("%d of 4 messages are hers", n)
		}
	})
}

// A webhook may write the same id in another way: "\\/" is a slash in JSON.
func TestADeletedMessageIsFoundHoweverItsIDIsWritten(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		at := o.Clock.Now()
		escaped := func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte("wamid.AB/CD=="), []byte(`wamid.AB\/CD\u003d=`))
		}
		o.Post(t, escaped(apptest.Text("wamid.AB/CD==", "4915100000081", "Kim", "Geheimes Wort", at)))
		if !strings.Contains(payloads(t, o), "Geheimes Wort") {
			t.Fatal("the message is in no payload")
		}
		o.Post(t, escaped(revoke("wamid.R", "4915100000081", "", "wamid.AB/CD==", at.Add(time.Minute))))
		if strings.Contains(payloads(t, o), "Geheimes Wort") {
			t.Error("the words are still in a payload")
		}
		o.Settle(t)
	})
}
