package intake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/person/chat"
	"einklang/internal/test/apptest"
)

// fieldCase is a webhook from the field, and what a correct program makes of
// it, in words; the judges below say the same in code.
type fieldCase struct {
	Name  string         `json:"name"`
	Field string         `json:"field"`
	Value map[string]any `json:"value"`
	Want  string         `json:"want"`
}

func fieldCases(t *testing.T) map[string]fieldCase {
	t.Helper()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []fieldCase
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	by := map[string]fieldCase{}
	for _, c := range all {
		by[c.Name] = c
	}
	return by
}

// body puts a case into the envelope, with the values that it leaves open.
func (c fieldCase) body(t *testing.T, o *apptest.Office, ours string) []byte {
	t.Helper()
	value := map[string]any{"messaging_product": "whatsapp"}
	if c.Field != "account_update" && c.Field != "phone_number_quality_update" {
		value["metadata"] = map[string]any{"display_phone_number": "493023125000", "phone_number_id": apptest.PhoneNumberID}
	}
	for key, v := range c.Value {
		value[key] = v
	}
	text, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{
		"id": apptest.WABA, "changes": []any{map[string]any{"field": c.Field, "value": value}}}}})
	if err != nil {
		t.Fatal(err)
	}
	now := o.Clock.Now().Unix()
	return []byte(strings.NewReplacer(`"NOWNUMBER"`, strconv.FormatInt(now, 10), "NOW+31536000", strconv.FormatInt(now+31536000, 10), "NOW", strconv.FormatInt(now, 10),
		`"IDNUMBER"`, apptest.PhoneNumberID, "DISPLAYDIGITS", "493023125000", "DISPLAY", apptest.Display, "WAMID", ours).Replace(string(text)))
}

// only is the person's only message, as REST shows it.
func only(t *testing.T, o *apptest.Office, phone string) map[string]any {
	t.Helper()
	var got struct{ Items []map[string]any }
	if status := o.REST(t, http.MethodGet, "/api/v1/messages", nil, &got); status != http.StatusOK {
		t.Fatalf("REST answers %d", status)
	}
	who := byPhone(t, o, phone)
	if who == nil {
		t.Fatalf("nobody has the number %s", phone)
	}
	mine := slices.DeleteFunc(got.Items, func(m map[string]any) bool { return m["contact_id"] != who.ID.String() || m["direction"] != "in" })
	if len(mine) != 1 {
		t.Fatalf("%d messages, want one: %v", len(mine), mine)
	}
	return mine[0]
}

// part reads a value of read JSON by its path.
func part(m map[string]any, path ...string) any {
	var v any = m
	for _, p := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// read reads a page as an account of a role.
func readPage(t *testing.T, o *apptest.Office, role user.Role, path string) string {
	t.Helper()
	resp, err := o.SignIn(t, role).Get(o.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered %s, %v", path, resp.Status, err)
	}
	return string(page)
}

// shows reports that a page holds words.
func shows(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

// ours is a message of ours to a person who wrote first: its ids.
func ours(t *testing.T, o *apptest.Office, phone string) (message, wamid string) {
	t.Helper()
	kim := o.Customer("Kim", phone)
	kim.Say(o.Number, "Guten Tag")
	o.Settle(t)
	var queued struct{ ID string }
	if status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": phone, "type": "text", "text": map[string]any{"body": "Gern."}}, &queued); status != http.StatusAccepted {
		t.Fatalf("an answer was answered %d", status)
	}
	o.Settle(t)
	var got map[string]any
	o.REST(t, http.MethodGet, "/api/v1/messages/"+queued.ID, nil, &got)
	return queued.ID, got["wamid"].(string)
}

// thread is the person's only conversation as a page.
func threadOf(t *testing.T, o *apptest.Office, p *chat.Known) string {
	t.Helper()
	threads := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))
	if len(threads) != 1 {
		t.Fatalf("%d conversations, want one", len(threads))
	}
	return readPage(t, o, user.Agent, "/inbox/"+threads[0].ID.String())
}

// sends posts a case.
func (c fieldCase) post(t *testing.T, o *apptest.Office, wamid string) {
	t.Helper()
	post(t, o, c.body(t, o, wamid))
}

// judges say of each case whether what it wants is so.
var judges = map[string]func(t *testing.T, o *apptest.Office, c fieldCase){
	"STOP on standby, while Meta's agent holds the thread": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "opted out", byPhone(t, o, "4915100000003").Flags.OptedOut, true)
		want(t, "the message", part(only(t, o, "4915100000003"), "text"), "STOP")
	},
	"resume of somebody who never agreed": func(t *testing.T, o *apptest.Office, c fieldCase) {
		post(t, o, apptest.Text("wamid.before", "4915100000004", "Kim", "Hallo", o.Clock.Now()))
		c.post(t, o, "")
		want(t, "marketing", standing(t, o, byPhone(t, o, "4915100000004"))["marketing"], "")
	},
	"account restricted": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		n := must(o.Orgs.Channel(t.Context(), o.DB, o.Org.ID, o.Channel.ID))
		want(t, "what Meta said of the account", n.AccountWord.Event, "ACCOUNT_RESTRICTION")
		want(t, "campaigns rest until", n.CampaignsAfter.Unix(), 1799999999)
		want(t, "replies go on", n.Active, true)
		shows(t, readPage(t, o, user.Admin, "/settings/numbers"), "ACCOUNT_RESTRICTION", "Meta hat das Konto eingeschränkt")
		o.SignIn(t, user.Admin)
		o.Expire(t.Context())
		want(t, "admins who are told", o.Count(t, "reminder", "topic = 'number' AND stage LIKE 'account%'"), 1)
	},
	"quality went down": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		n := must(o.Orgs.Channel(t.Context(), o.DB, o.Org.ID, o.Channel.ID))
		want(t, "the event", n.Word.Event+" "+n.Word.Limit, "DOWNGRADE TIER_2K")
		want(t, "its time", n.Word.At.Unix(), o.Clock.Now().Unix())
		shows(t, readPage(t, o, user.Admin, "/settings/numbers"), "DOWNGRADE", "TIER_2K", "24.11.2026")
	},
	"changed user id, no sender": func(t *testing.T, o *apptest.Office, c fieldCase) {
		from := func(id, wamid, words string) []byte {
			return hook("messages", map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Kim"}, "user_id": id}},
				"messages": []any{map[string]any{"from_user_id": id, "id": wamid, "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "type": "text", "text": map[string]any{"body": words}}}})
		}
		post(t, o, from("DE.700001", "wamid.old", "STOP"))
		c.post(t, o, "")
		post(t, o, from("DE.700002", "wamid.new", "Hallo"))
		old, now := must(o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, "DE.700001")), must(o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, "DE.700002"))
		want(t, "one person", old.ID == now.ID, true)
		want(t, "opted out", now.Flags.OptedOut, true)
	},
	"shared phone number": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "whose number it is", byPhone(t, o, "4915100000005").ID, must(o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, "DE.700005")).ID)
	},
	"template button that ends advertising": func(t *testing.T, o *apptest.Office, c fieldCase) {
		post(t, o, apptest.Text("wamid.before6", "4915100000006", "Kim", "Hallo", o.Clock.Now()))
		granted(t, o, byPhone(t, o, "4915100000006"))
		c.post(t, o, "")
		want(t, "marketing", standing(t, o, byPhone(t, o, "4915100000006"))["marketing"], "withdrawn")
		want(t, "objected", byPhone(t, o, "4915100000006").Flags.Objected, true)
		want(t, "opted out", byPhone(t, o, "4915100000006").Flags.OptedOut, false)
	},
	"list reply STOP": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "opted out", byPhone(t, o, "4915100000007").Flags.OptedOut, true)
	},
	"number id as a number": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "the message", part(only(t, o, "4915100000008"), "text"), "Hallo")
	},
	"order with a price that is no number": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		m := only(t, o, "4915100000009")
		want(t, "the item", part(m, "order", "product_items", "0", "product_retailer_id"), "sku1")
		want(t, "its quantity", part(m, "order", "product_items", "0", "quantity"), 2)
		want(t, "its price", part(m, "order", "product_items", "0", "item_price"), nil)
		shows(t, threadOf(t, o, byPhone(t, o, "4915100000009")), "sku1", "unbekannt EUR")
	},
	"failed without a code": func(t *testing.T, o *apptest.Office, c fieldCase) {
		message, wamid := ours(t, o, "4915100000010")
		exec(t, o, "UPDATE message SET state = 'sent', delivered_at = 0") // it was not delivered
		c.post(t, o, wamid)
		var m map[string]any
		o.REST(t, http.MethodGet, "/api/v1/messages/"+message, nil, &m)
		want(t, "the state", m["status"], "failed")
		want(t, "the code", m["error_code"], nil)
		page := threadOf(t, o, byPhone(t, o, "4915100000010"))
		shows(t, page, "WhatsApp hat keinen Grund genannt")
		if strings.Contains(page, "Zugangstoken") {
			t.Error("the page speaks of the token")
		}
	},
	"failed with a code as text": func(t *testing.T, o *apptest.Office, c fieldCase) {
		_, wamid := ours(t, o, "4915100000010")
		granted(t, o, byPhone(t, o, "4915100000010"))
		exec(t, o, "UPDATE message SET state = 'sent', delivered_at = 0")
		c.post(t, o, wamid)
		want(t, "marketing", standing(t, o, byPhone(t, o, "4915100000010"))["marketing"], "withdrawn")
	},
	"a year ahead": func(t *testing.T, o *apptest.Office, c fieldCase) {
		before := o.Clock.Now()
		c.post(t, o, "")
		want(t, "messages dated when they were received", o.Count(t, "message", "contact_id = ? AND at BETWEEN ? AND ?", byPhone(t, o, "4915100000011").ID,
			before.UnixMicro(), o.Clock.Now().UnixMicro()), 1)
		threads := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, byPhone(t, o, "4915100000011").ID))
		if ends := threads[0].WindowEnds; ends.Before(before.Add(24*time.Hour)) || ends.After(o.Clock.Now().Add(24*time.Hour)) {
			t.Errorf("the window ends at %s", ends)
		}
	},
	"no time": func(t *testing.T, o *apptest.Office, c fieldCase) {
		post(t, o, apptest.Text("wamid.before", "4915100000012", "Kim", "Hallo", o.Clock.Now().Add(-time.Minute)))
		granted(t, o, byPhone(t, o, "4915100000012"))
		before := o.Clock.Now()
		c.post(t, o, "")
		for purpose, state := range standing(t, o, byPhone(t, o, "4915100000012")) {
			want(t, purpose, state, "withdrawn")
		}
		want(t, "messages dated when they were received", o.Count(t, "message", "contact_id = ? AND at BETWEEN ? AND ? AND NOT outgoing",
			byPhone(t, o, "4915100000012").ID, before.UnixMicro(), o.Clock.Now().UnixMicro()), 1)
	},
	"location with coordinates as text": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		m := only(t, o, "4915100000013")
		want(t, "the place", fmt.Sprint(part(m, "location", "latitude"), part(m, "location", "longitude")), "52.52 13.405")
	},
	"image with a numeric id": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "the file", part(only(t, o, "4915100000014"), "image", "id"), "99906")
		want(t, "files to be fetched", o.Count(t, "media", ""), 1)
	},
	"answer to a call permission request": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		m := only(t, o, "4915100000015")
		want(t, "the answer", part(m, "interactive", "call_permission_reply", "response"), "accept")
		want(t, "its end", part(m, "interactive", "call_permission_reply", "expiration_timestamp"), float64(1799999999))
		shows(t, threadOf(t, o, byPhone(t, o, "4915100000015")), "Die Person erlaubt Anrufe", "bis ")
	},
	"question about a product": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		want(t, "the product", part(only(t, o, "4915100000016"), "referred_product", "product_retailer_id"), "SKU-77")
		shows(t, threadOf(t, o, byPhone(t, o, "4915100000016")), "Ist das noch da?", "SKU-77", "cat1")
	},
	"an incoming call": func(t *testing.T, o *apptest.Office, c fieldCase) {
		c.post(t, o, "")
		p := byPhone(t, o, "4915100000017")
		threads := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))
		want(t, "unread", threads[0].Unread, 1)
		shows(t, readPage(t, o, user.Agent, "/inbox"), "Die Person hat angerufen")
		shows(t, threadOf(t, o, p), "Die Person hat angerufen")
		want(t, "the call", part(only(t, o, "4915100000017"), "call", "state"), "ringing")
	},
}

// TestCasesFromTheField puts each case through the real door.
func TestCasesFromTheField(t *testing.T) {
	cases := fieldCases(t)
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for name, judge := range judges {
			c, there := cases[name]
			if !there {
				t.Errorf("there is no case %q", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				judge(t, o, c)
				if t.Failed() {
					t.Log("wanted: " + c.Want)
				}
			})
		}
		o.Settle(t)
	})
}
