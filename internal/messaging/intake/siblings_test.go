package intake_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/conversation"
	"einklang/internal/test/apptest"
)

// message is the webhook of one message from a phone number, with what a test
// wants to say of it.
func message(from, wamid string, at any, more map[string]any) []byte {
	m := map[string]any{"from": from, "id": wamid, "timestamp": at}
	for key, v := range more {
		m[key] = v
	}
	return hook("messages", map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Kim"}, "wa_id": from}}, "messages": []any{m}})
}

func text(words string) map[string]any {
	return map[string]any{"type": "text", "text": map[string]any{"body": words}}
}

// theThread is the person's only conversation.
func theThread(t *testing.T, o *apptest.Office, phone string) conversation.Summary {
	t.Helper()
	p := byPhone(t, o, phone)
	if p == nil {
		t.Fatalf("nobody has the number %s", phone)
	}
	threads := must(o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, p.ID))
	if len(threads) != 1 {
		t.Fatalf("%d conversations, want one", len(threads))
	}
	return threads[0]
}

// Times from outside are bounded by the first receipt, in whatever form they
// are written, and no window is longer than a day from it.
func TestTimesFromOutsideAreBounded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for _, c := range []struct {
			name string
			at   func(now time.Time) any
			want time.Duration // from the receipt; 0: of the receipt
		}{
			{"as Meta writes it", func(now time.Time) any { return fmt.Sprint(now.Add(-time.Hour).Unix()) }, -time.Hour},
			{"as a number", func(now time.Time) any { return now.Add(-time.Hour).Unix() }, -time.Hour},
			{"as a decimal", func(now time.Time) any { return fmt.Sprintf("%d.000", now.Add(-time.Hour).Unix()) }, -time.Hour},
			{"in milliseconds", func(now time.Time) any { return fmt.Sprint(now.Add(-time.Hour).UnixMilli()) }, -time.Hour},
			{"in milliseconds, as a number", func(now time.Time) any { return now.Add(-time.Hour).UnixMilli() }, -time.Hour},
			{"in words", func(now time.Time) any { return now.Add(-time.Hour).Format(time.RFC3339) }, -time.Hour},
			{"a week ago", func(now time.Time) any { return now.Add(-7 * 24 * time.Hour).Unix() }, -7 * 24 * time.Hour},
			{"nine days ago", func(now time.Time) any { return now.Add(-9 * 24 * time.Hour).Unix() }, 0},
			{"in four minutes", func(now time.Time) any { return now.Add(4 * time.Minute).Unix() }, 4 * time.Minute},
			{"in six minutes", func(now time.Time) any { return now.Add(6 * time.Minute).Unix() }, 0},
			{"in a year, in milliseconds", func(now time.Time) any { return now.Add(365 * 24 * time.Hour).UnixMilli() }, 0},
			{"empty", func(time.Time) any { return "" }, 0},
			{"null", func(time.Time) any { return nil }, 0},
			{"nought", func(time.Time) any { return 0 }, 0},
			{"negative", func(time.Time) any { return "-5" }, 0},
			{"no time at all", func(time.Time) any { return "gestern" }, 0},
			{"a list", func(now time.Time) any { return []any{now.Add(-time.Hour).Unix()} }, -time.Hour},
		} {
			n++
			phone := fmt.Sprintf("4915100004%03d", n)
			before := o.Clock.Now()
			post(t, o, message(phone, "wamid."+phone, c.at(before), text("Hallo")))
			after := o.Clock.Now()
			p := byPhone(t, o, phone)
			low, high := before.Add(c.want-time.Second), after.Add(c.want+time.Second)
			if o.Count(t, "message", "contact_id = ? AND at BETWEEN ? AND ?", p.ID, low.UnixMicro(), high.UnixMicro()) != 1 {
				t.Errorf("%s: the message is not dated %s from its receipt", c.name, c.want)
			}
			if ends := theThread(t, o, phone).WindowEnds; ends.After(after.Add(24*time.Hour)) || c.want >= 0 && ends.Before(before.Add(24*time.Hour)) {
				t.Errorf("%s: the window ends at %s, received at %s", c.name, ends, after)
			}
		}
		o.Settle(t)
	})
}

// What is taken back ends what is granted by then, whenever it claims to have
// been said; a choice at Meta does so, too.
func TestAWithdrawalEndsWhatIsGrantedNow(t *testing.T) {
	late := func(o *apptest.Office) string { return fmt.Sprint(o.Clock.Now().Add(-5 * 24 * time.Hour).Unix()) }
	ways := map[string]func(o *apptest.Office, phone string) []byte{
		"STOP": func(o *apptest.Office, phone string) []byte {
			return message(phone, "wamid.s"+phone, late(o), text("STOP"))
		},
		"no advertising": func(o *apptest.Office, phone string) []byte {
			return message(phone, "wamid.s"+phone, late(o), text("STOP WERBUNG"))
		},
		"a stop at Meta": func(o *apptest.Office, phone string) []byte {
			return prefers(phone, "stop", o.Clock.Now().Add(-5*24*time.Hour))
		},
		"131050 for a message that is not ours": func(o *apptest.Office, phone string) []byte {
			return hook("messages", map[string]any{"statuses": []any{map[string]any{"id": "wamid.theirs" + phone, "status": "failed", "timestamp": late(o), "recipient_id": phone,
				"errors": []any{map[string]any{"code": 131050}}}}})
		},
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for name, said := range ways {
			n++
			phone := fmt.Sprintf("4915100005%03d", n)
			post(t, o, message(phone, "wamid.b"+phone, late(o), text("Hallo")))
			granted(t, o, byPhone(t, o, phone)) // an hour ago
			post(t, o, said(o, phone))
			if got := standing(t, o, byPhone(t, o, phone))["marketing"]; got != "withdrawn" {
				t.Errorf("%s: marketing is %q", name, got)
			}
		}
		o.Settle(t)
	})
}

// failing is a status with errors as somebody writes them.
func failing(wamid, phone, status string, at time.Time, errors any) []byte {
	s := map[string]any{"id": wamid, "status": status, "timestamp": at.Unix(), "recipient_id": phone}
	if errors != nil {
		s["errors"] = errors
	}
	return hook("messages", map[string]any{"statuses": []any{s}})
}

// The code that counts is found in whatever form errors come, and a delivery
// disproves a failure.
func TestStatusesOfManyForms(t *testing.T) {
	code := func(c any) map[string]any { return map[string]any{"code": c, "title": "x"} }
	type world struct {
		state     string
		code      any
		marketing string
	}
	cases := map[string]struct {
		steps []func(wamid, phone string, now time.Time) []byte
		want  world
	}{}
	one := func(name string, want world, all ...any) {
		c := cases[name]
		for i := 0; i+1 < len(all); i += 2 {
			status, errs, at := all[i].(string), all[i+1], time.Duration(i)*time.Second
			c.steps = append(c.steps, func(wamid, phone string, now time.Time) []byte {
				return failing(wamid, phone, status, now.Add(at), errs)
			})
		}
		c.want = want
		cases[name] = c
	}
	one("no errors", world{"failed", nil, "granted"}, "failed", nil)
	one("an empty list", world{"failed", nil, "granted"}, "failed", []any{})
	one("a text", world{"failed", float64(131026), "granted"}, "failed", []any{code("131026")})
	one("a decimal", world{"failed", float64(131026), "granted"}, "failed", []any{code(131026.0)})
	one("a decimal as a text", world{"failed", float64(131026), "granted"}, "failed", []any{code("131026.0")})
	one("an object", world{"failed", float64(131026), "granted"}, "failed", code(131026))
	one("an object with numbers", world{"failed", float64(131026), "granted"}, "failed", map[string]any{"0": code(131026)})
	one("bare codes", world{"failed", float64(131026), "granted"}, "failed", []any{131026})
	one("a code that is none", world{"failed", nil, "granted"}, "failed", []any{code("unbekannt")})
	one("0 is the token", world{"failed", float64(190), "granted"}, "failed", []any{code(0)})
	one("several: hers counts", world{"failed", float64(131050), "withdrawn"}, "failed", []any{code(131026), code(131050)})
	one("several: one that is known", world{"failed", float64(131026), "granted"}, "failed", []any{code(999999), code(131026)})
	one("in capitals", world{"failed", float64(131026), "granted"}, "FAILED", []any{code(131026)})
	one("the code stays", world{"failed", float64(131026), "granted"}, "failed", []any{code(131026)}, "failed", nil)
	one("delivered after all", world{"delivered", nil, "granted"}, "failed", []any{code(131026)}, "delivered", nil)
	one("read after all", world{"read", nil, "granted"}, "failed", []any{code(131026)}, "read", nil)
	one("a word that nobody knows", world{"sent", nil, "granted"}, "teleported", nil)
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for name, c := range cases {
			n++
			phone := fmt.Sprintf("4915100006%03d", n)
			message, wamid := ours(t, o, phone)
			granted(t, o, byPhone(t, o, phone))
			exec(t, o, "UPDATE message SET state = 'sent', delivered_at = 0 WHERE state = 'delivered'")
			for _, step := range c.steps {
				post(t, o, step(wamid, phone, o.Clock.Now()))
			}
			var m map[string]any
			o.REST(t, http.MethodGet, "/api/v1/messages/"+message, nil, &m)
			got := world{fmt.Sprint(m["status"]), m["error_code"], standing(t, o, byPhone(t, o, phone))["marketing"]}
			if got != c.want {
				t.Errorf("%s: %+v, want %+v", name, got, c.want)
			}
			if m["status"] == "read" && m["delivered_at"] == nil {
				t.Errorf("%s: what was read was never delivered", name)
			}
		}
		shows(t, readPage(t, o, user.Admin, "/settings/webhooks"), "teleported")
	})
}

// A failure that was disproved costs after all.
func TestWhatWasDeliveredAfterAllCosts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		_, wamid := ours(t, o, "4915100006900")
		exec(t, o, "UPDATE message SET state = 'sent', delivered_at = 0, cost = 70000 WHERE state = 'delivered'")
		spent := func() int64 { return must(o.Orgs.Spent(t.Context(), o.DB, o.Org.ID, o.Clock.Now())) }
		before := spent()
		post(t, o, failing(wamid, "4915100006900", "failed", o.Clock.Now(), []any{map[string]any{"code": 131026}}))
		want(t, "spent after the failure", spent(), before-70000)
		post(t, o, failing(wamid, "4915100006900", "delivered", o.Clock.Now(), nil))
		want(t, "spent after the delivery", spent(), before)
	})
}

// Contents are read in whatever form they come, and shown in words.
func TestContentsOfManyForms(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for _, c := range []struct {
			name  string
			said  map[string]any
			shown string
			path  []string
			want  any
		}{
			{"a voice note as a type", map[string]any{"type": "voice", "voice": map[string]any{"id": "1", "mime_type": "audio/ogg; codecs=opus"}}, "Datei", []string{"audio", "voice"}, true},
			{"a voice note under audio", map[string]any{"type": "voice", "audio": map[string]any{"id": 2}}, "Datei", []string{"audio", "voice"}, true},
			{"true in words", map[string]any{"type": "sticker", "sticker": map[string]any{"id": "3", "animated": "true"}}, "Datei", []string{"sticker", "animated"}, true},
			{"a text without its object", map[string]any{"type": "text", "text": "Hallo Welt"}, "Hallo Welt", []string{"text"}, "Hallo Welt"},
			{"no type", map[string]any{"text": map[string]any{"body": "Hallo Welt"}}, "Hallo Welt", []string{"text"}, "Hallo Welt"},
			{"a new type with a text", map[string]any{"type": "hologram", "text": map[string]any{"body": "Hallo Welt"}}, "Hallo Welt", []string{"text"}, "Hallo Welt"},
			{"a new type", map[string]any{"type": "hologram", "hologram": map[string]any{"x": 1}}, "(hologram)", []string{"unsupported", "type"}, "hologram"},
			{"what WhatsApp can't pass on", map[string]any{"type": "unsupported", "unsupported": map[string]any{"type": "poll_creation"},
				"errors": []any{map[string]any{"code": 131051, "title": "Message type unknown", "error_data": map[string]any{"details": "Not supported here."}}}},
				"Message type unknown Not supported here.", []string{"unsupported", "type"}, "poll_creation"},
			{"a quantity as a decimal", map[string]any{"type": "order", "order": map[string]any{"catalog_id": 5, "product_items": map[string]any{"product_retailer_id": 77, "quantity": "2.0", "item_price": "1,50", "currency": "EUR"}}},
				"1.5 EUR", []string{"order", "product_items", "0", "quantity"}, float64(2)},
			{"a place without one coordinate", map[string]any{"type": "location", "location": map[string]any{"latitude": 52.5}}, "(location)", []string{"type"}, "unsupported"},
			{"a place in words", map[string]any{"type": "location", "location": map[string]any{"latitude": "52,5", "longitude": []any{"13.4"}, "name": "Büro"}}, "Büro", []string{"location", "latitude"}, 52.5},
			{"no calls, please", map[string]any{"type": "interactive", "interactive": map[string]any{"type": "call_permission_reply", "call_permission_reply": map[string]any{"response": "REJECT"}}},
				"Die Person erlaubt keine Anrufe", []string{"interactive", "call_permission_reply", "response"}, "REJECT"},
			{"calls for good", map[string]any{"type": "interactive", "interactive": map[string]any{"type": "call_permission_reply", "call_permission_reply": map[string]any{"response": "accept", "is_permanent": "true"}}},
				"Die Person erlaubt Anrufe · auf Dauer", []string{"interactive", "call_permission_reply", "is_permanent"}, true},
			{"a choice of a new kind", map[string]any{"type": "interactive", "interactive": map[string]any{"type": "dance_reply", "dance_reply": map[string]any{"step": 1}}}, "(dance_reply)", []string{"unsupported", "type"}, "dance_reply"},
			{"numbers for texts", map[string]any{"type": "button", "button": map[string]any{"payload": 4, "text": 12}}, "12", []string{"button", "text"}, "12"},
		} {
			n++
			phone := fmt.Sprintf("4915100007%03d", n)
			post(t, o, message(phone, "wamid."+phone, o.Clock.Now().Unix(), c.said))
			want(t, c.name, part(only(t, o, phone), c.path...), c.want)
			if page := threadOf(t, o, byPhone(t, o, phone)); !strings.Contains(page, c.shown) {
				t.Errorf("%s: the page does not say %q", c.name, c.shown)
			}
		}
		shows(t, readPage(t, o, user.Admin, "/settings/webhooks"), "hologram", "dance_reply", "location")
	})
}

// A STOP is one also where its type is missing, is new, or the sender is a
// number.
func TestAStopOfAnyForm(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, said := range []map[string]any{
			{"text": map[string]any{"body": "STOP"}}, {"type": "chat", "text": map[string]any{"body": "STOP"}}, {"type": "text", "text": "STOP"}, {"type": "text", "text": []any{map[string]any{"body": "STOP"}}},
			{"from": 4915100008004, "type": "text", "text": map[string]any{"body": "STOP"}},
		} {
			phone := fmt.Sprintf("4915100008%03d", i)
			post(t, o, message(phone, "wamid."+phone, o.Clock.Now().Unix(), said))
			if p := byPhone(t, o, phone); p == nil || !p.Flags.OptedOut {
				t.Errorf("%v: she has not opted out", said)
			}
		}
		o.Settle(t)
	})
}

// Calls stand in the conversation once, whatever comes in which order, and open
// neither a window nor a matter.
func TestCallsStandInTheConversation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		call := func(phone, event string, more map[string]any) []byte {
			c := map[string]any{"id": "wacid." + phone, "from": phone, "to": "493023125000", "event": event, "direction": "USER_INITIATED", "timestamp": o.Clock.Now().Unix()}
			for key, v := range more {
				c[key] = v
			}
			return hook("calls", map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": "Kim"}, "wa_id": phone}}, "calls": []any{c}})
		}
		over := map[string]any{"status": []any{"Completed"}, "start_time": "1764000003", "end_time": "1764000128", "duration": "125"}
		missed := map[string]any{"status": "FAILED", "duration": nil}
		n := 0
		for _, c := range []struct {
			name  string
			steps []map[string]any // of connect and terminate in turn, nil: connect
			shown string
			rest  string
		}{
			{"it rings", []map[string]any{nil}, "Die Person hat angerufen", "ringing"},
			{"taken", []map[string]any{nil, over}, "Anruf der Person, angenommen · Dauer 2 min 5 s", "ended"},
			{"the end comes first", []map[string]any{over, nil}, "Anruf der Person, angenommen · Dauer 2 min 5 s", "ended"},
			{"missed", []map[string]any{nil, missed}, "Verpasster Anruf", "missed"},
			{"only its end is heard of", []map[string]any{missed}, "Verpasster Anruf", "missed"},
			{"all twice", []map[string]any{nil, missed, nil, missed}, "Verpasster Anruf", "missed"},
		} {
			n++
			phone := fmt.Sprintf("4915100009%03d", n)
			for _, s := range c.steps {
				if s == nil {
					post(t, o, call(phone, "connect", map[string]any{"session": map[string]any{"sdp": "v=0"}}))
				} else {
					post(t, o, call(phone, "terminate", s))
				}
			}
			m := only(t, o, phone)
			want(t, c.name+": the call", part(m, "call", "state"), c.rest)
			th := theThread(t, o, phone)
			if th.Unread != 1 || !th.WindowEnds.IsZero() || !th.Matter.IsZero() || th.Closed {
				t.Errorf("%s: %d unread, window until %v, matter %v", c.name, th.Unread, th.WindowEnds, th.Matter)
			}
			shows(t, threadOf(t, o, byPhone(t, o, phone)), c.shown)
			if page := readPage(t, o, user.Agent, "/inbox"); !strings.Contains(page, strings.Split(c.shown, " · ")[0]) {
				t.Errorf("%s: the queue does not say %q", c.name, c.shown)
			}
		}
		// After a call she writes: only that opens a window.
		post(t, o, apptest.Text("wamid.after", "4915100009001", "Kim", "Rufen Sie zurück?", o.Clock.Now()))
		if th := theThread(t, o, "4915100009001"); th.WindowEnds.IsZero() || th.Matter.IsZero() {
			t.Error("a message after a call opens nothing")
		}
		// A call of the company's.
		post(t, o, hook("calls", map[string]any{"statuses": []any{map[string]any{"id": "wacid.out", "type": "call", "status": "REJECTED", "timestamp": o.Clock.Now().Unix(), "recipient_id": "4915100009001"}}}))
		shows(t, threadOf(t, o, byPhone(t, o, "4915100009001")), "Anruf bei der Person, abgelehnt")
		o.Settle(t)
	})
}

// The app's address book makes nobody known; its chats are taken over only if
// the organisation asks for them. What is thrown away is counted, not kept.
func TestTheAppsAddressBookAndChats(t *testing.T) {
	const known, gone = "4915100010001", "4915100010009"
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		old := o.Clock.Now().Add(-100 * 24 * time.Hour)
		book := hook("smb_app_state_sync", map[string]any{"state_sync": []any{
			map[string]any{"type": "contact", "contact": map[string]any{"full_name": "Berta Geheim", "phone_number": "4915100010005"}, "action": "add"},
			map[string]any{"type": "contact", "contact": map[string]any{"full_name": "Carl Geheim", "phone_number": "4915100010006"}, "action": "add"}}})
		chats := func(round int) []byte {
			said := func(n int, from, words string, at time.Time) map[string]any {
				return map[string]any{"id": fmt.Sprintf("wamid.h%d.%d", round, n), "from": from, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": map[string]any{"body": words}, "history_context": map[string]any{"status": "READ"}}
			}
			return hook("history", map[string]any{"history": []any{map[string]any{"metadata": map[string]any{"phase": 0, "chunk_order": 1, "progress": 100}, "threads": []any{
				map[string]any{"id": known, "messages": []any{said(1, known, "Haben Sie offen?", old), said(2, "493023125000", "Ja, bis 18 Uhr.", old.Add(time.Minute))}},
				map[string]any{"id": "4915100010002", "messages": []any{said(3, "4915100010002", "STOP", old)}},
				map[string]any{"id": gone, "messages": []any{said(4, gone, "Bin ich noch da?", old)}}}}}})
		}
		post(t, o, apptest.Text("wamid.gone", gone, "Kim", "Hallo", o.Clock.Now()))
		o.Settle(t)
		erase(t, o, byPhone(t, o, gone).ID)
		people := o.Count(t, "contact", "state = 'active'")
		post(t, o, book)
		post(t, o, chats(1))
		want(t, "people after what was thrown away", o.Count(t, "contact", "state = 'active'"), people)
		want(t, "contacts thrown away", o.Count(t, "discarded", "kind = 'contacts' AND n = 2"), 1)
		want(t, "chats thrown away", o.Count(t, "discarded", "kind = 'chats' AND n = 3"), 1)
		raw := rawOf(t, o)
		for _, secret := range []string{"Geheim", "4915100010005", "offen?"} {
			if strings.Contains(raw, secret) {
				t.Errorf("%q is kept raw", secret)
			}
		}
		admin := o.SignIn(t, user.Admin)
		resp, err := admin.PostForm(o.URL+"/settings/webhooks/history", url.Values{"history": {"on"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		shows(t, readPage(t, o, user.Admin, "/settings/webhooks"), "Einträge im Adressbuch", "Wird übernommen.")
		post(t, o, book)
		post(t, o, chats(2))
		post(t, o, chats(2))
		want(t, "people after the chats", o.Count(t, "contact", "state = 'active'"), people+2)
		th := theThread(t, o, known)
		if th.Unread != 0 || !th.WindowEnds.IsZero() || !th.Matter.IsZero() || !th.Closed || !th.LastAt.Equal(old.Add(time.Minute).Truncate(time.Second)) {
			t.Errorf("the chat is no history: %+v", th)
		}
		shows(t, threadOf(t, o, byPhone(t, o, known)), "Haben Sie offen?", "Ja, bis 18 Uhr.", "aus einem früheren Chat")
		want(t, "messages of a person who said nothing now", len(standing(t, o, byPhone(t, o, known))), 0)
		want(t, "opted out by an old STOP", byPhone(t, o, "4915100010002").Flags.OptedOut, true)
		if byPhone(t, o, gone) != nil {
			t.Error("an erased person is back")
		}
		want(t, "messages on their way", o.Count(t, "outbox", ""), 0)
	})
}

// Whoever stands in a group has agreed to nothing, also where staff wrote.
func TestEchoesToGroupsMakeNoContact(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, to := range []map[string]any{{"to": "120363012345678901@g.us"}, {"to": "4915100011001", "group_id": "Y2FwaV9ncm91cDo"}, {"to": "Y2FwaV9ncm91cDo", "recipient_type": "group"}} {
			echo := map[string]any{"from": "493023125000", "id": fmt.Sprint("wamid.echo", i), "timestamp": o.Clock.Now().Unix(), "type": "text", "text": map[string]any{"body": "Hallo Gruppe"}}
			for key, v := range to {
				echo[key] = v
			}
			post(t, o, hook("smb_message_echoes", map[string]any{"message_echoes": []any{echo}}))
		}
		want(t, "people", o.Count(t, "contact", ""), 0)
		want(t, "messages", o.Count(t, "message", ""), 0)
		want(t, "counted", o.Count(t, "discarded", "kind = 'group' AND n = 3"), 1)
	})
}

// The name beside a message is its sender's, even if her number is written in
// another way there.
func TestANameIsTheSenders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		named := func(wamid, from, waID, name string) []byte {
			return hook("messages", map[string]any{"contacts": []any{map[string]any{"profile": map[string]any{"name": name}, "wa_id": waID}},
				"messages": []any{map[string]any{"from": from, "id": wamid, "timestamp": o.Clock.Now().Unix(), "type": "text", "text": map[string]any{"body": "Oi"}}}})
		}
		post(t, o, named("wamid.1", "5511987654321", "551187654321", "Ana"))
		want(t, "her name", byPhone(t, o, "5511987654321").Profile.Name, "Ana")
		o.Settle(t)
	})
}

// A reaction to something of a closed conversation is seen: it stands in the
// queue again, unread, and brings back no matter.
func TestAReactionReopens(t *testing.T) {
	const phone = "4915100012001"
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		_, wamid := ours(t, o, phone)
		th := theThread(t, o, phone)
		shut := func() {
			o.Write(t, func(tx store.Tx) error { return o.Threads.MarkRead(t.Context(), tx, o.Org.ID, th.ID) })
			o.Write(t, func(tx store.Tx) error { return o.Threads.SetClosed(t.Context(), tx, o.Org.ID, th.ID, true) })
		}
		react := func(n int, emoji string) {
			post(t, o, message(phone, fmt.Sprint("wamid.r", n), o.Clock.Now().Add(time.Duration(n)*time.Second).Unix(), map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": wamid, "emoji": emoji}}))
		}
		shut()
		react(1, "👍")
		th = theThread(t, o, phone)
		if th.Closed || th.Unread != 1 || !th.Matter.IsZero() {
			t.Errorf("closed %v, %d unread, matter %v", th.Closed, th.Unread, th.Matter)
		}
		shut()
		react(1, "👍") // again
		react(2, "")  // taken away
		if th = theThread(t, o, phone); !th.Closed || th.Unread != 0 {
			t.Error("a reaction that is no news, or is taken away, opens it")
		}
	})
}

// What Meta says of an account stops what may not go on, on all of its numbers
// and no other, until it says that it is over.
func TestWhatMetaSaysOfAnAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		update := func(value map[string]any) []byte {
			return fieldCase{Field: "account_update", Value: value}.body(t, o, "")
		}
		number := func() org.Channel { return must(o.Orgs.Channel(t.Context(), o.DB, o.Org.ID, o.Channel.ID)) }
		over := update(map[string]any{"event": "ACCOUNT_RECONNECTED"})
		for _, c := range []struct {
			value  map[string]any
			active bool
			rests  bool
		}{
			{map[string]any{"event": "DISABLED_UPDATE", "ban_info": map[string]any{"waba_ban_state": []any{"DISABLE"}}}, false, true},
			{map[string]any{"event": "ACCOUNT_DELETED"}, false, true},
			{map[string]any{"event": "ACCOUNT_OFFBOARDED"}, false, true},
			{map[string]any{"event": "PARTNER_REMOVED", "disconnection_info": map[string]any{"reason": "x"}}, false, true},
			{map[string]any{"event": "ACCOUNT_VIOLATION", "violation_info": map[string]any{"violation_type": "SPAM"}}, true, true},
			{map[string]any{"event": "ACCOUNT_RESTRICTION", "restriction_info": map[string]any{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": "1799999999000"}}, true, true},
			{map[string]any{"event": "ACCOUNT_RESTRICTION", "restriction_info": []any{map[string]any{"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}}}, false, true},
			{map[string]any{"event": "VERIFIED_ACCOUNT"}, true, false},
			{map[string]any{"event": "DISABLED_UPDATE", "ban_info": map[string]any{"waba_ban_state": "REINSTATE"}}, true, false},
		} {
			o.Clock.Advance(time.Hour)
			post(t, o, update(c.value))
			n := number()
			if n.Active != c.active || n.CampaignsAfter.After(o.Clock.Now()) != c.rests || (n.AccountWord.Event != "") != c.rests {
				t.Errorf("%v: in service %v, campaigns until %s, %+v", c.value, n.Active, n.CampaignsAfter, n.AccountWord)
			}
			o.Clock.Advance(time.Hour)
			post(t, o, over)
			exec(t, o, "DELETE FROM payload") // the same words come again
			if n := number(); !n.Active || n.CampaignsAfter.After(o.Clock.Now()) || n.AccountWord.Event != "" {
				t.Errorf("%v: not over: %+v", c.value, n)
			}
		}
	})
}

// What is not understood is listed, shown without what is personal, kept for
// ninety days, and read again.
func TestWhatIsNotUnderstoodIsOffered(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		post(t, o, hook("moon_phase", map[string]any{"phase": "full", "watcher": "4915100013001", "watchers": map[string]any{"4915100013001": true}}))
		post(t, o, message("4915100013001", "wamid.odd", o.Clock.Now().Unix(), map[string]any{"type": "hologram", "hologram": map[string]any{"caption": "Streng geheim"}}))
		post(t, o, message("4915100013001", "wamid.fine", o.Clock.Now().Unix(), text("Guten Tag")))
		o.Settle(t)
		page := readPage(t, o, user.Admin, "/settings/webhooks")
		shows(t, page, "Unbekanntes Feld: moon_phase", "Unbekannte oder unlesbare Art von Nachricht: hologram", "24.11.2026")
		for _, at := range links(page) {
			raw := readPage(t, o, user.Admin, at)
			shows(t, raw, "whatsapp_business_account")
			for _, secret := range []string{"geheim", "4915100013001", "Kim", "wamid.", "full"} {
				if strings.Contains(raw, secret) {
					t.Errorf("the form of a webhook shows %q", secret)
				}
			}
		}
		o.Until(t, "the looks are noted", func() bool { return o.Count(t, "audit", "act = 'webhook.viewed'") == len(links(page)) })
		for _, role := range []user.Role{user.Agent, user.Lead} {
			if status := statusOf(t, o, role, links(page)[0]); status == http.StatusOK {
				t.Errorf("%s may look at raw webhooks", role)
			}
		}
		// A version that knows more: the message is there, the kind is gone.
		exec(t, o, "UPDATE payload SET kinds = 'message text' WHERE kinds = ''", "DELETE FROM message WHERE type = 'text'")
		resp, err := o.SignIn(t, user.Admin).PostForm(o.URL+"/settings/webhooks/apply", url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		want(t, "messages that are understood now", o.Count(t, "message", "type = 'text' AND NOT outgoing"), 1)
		want(t, "kinds that are left", o.Count(t, "payload", "kinds <> ''"), 2)
		o.Clock.Advance(8 * 24 * time.Hour)
		o.Expire(t.Context())
		want(t, "kept after a week", o.Count(t, "payload", ""), 2)
		o.Clock.Advance(83 * 24 * time.Hour)
		o.Expire(t.Context())
		want(t, "kept after ninety days", o.Count(t, "payload", ""), 0)
	})
}

// A message that an older version could not read says what it says as soon as
// it is read again, and is heard then.
func TestAMessageIsUnderstoodLater(t *testing.T) {
	const phone = "4915100014001"
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		post(t, o, message(phone, "wamid.later", o.Clock.Now().Unix(), map[string]any{"type": "hologram"}))
		want(t, "the type before", part(only(t, o, phone), "type"), "unsupported")
		post(t, o, message(phone, "wamid.later", o.Clock.Now().Unix(), text("STOP")))
		m := only(t, o, phone)
		want(t, "the words after", m["text"], "STOP")
		want(t, "opted out", byPhone(t, o, phone).Flags.OptedOut, true)
		post(t, o, message(phone, "wamid.later", o.Clock.Now().Add(time.Second).Unix(), text("etwas anderes")))
		want(t, "what is understood stays", only(t, o, phone)["text"], "STOP")
		o.Settle(t)
	})
}

// An erasure finds the person in what is kept raw also where her number is
// written as a number.
func TestErasureFindsNumbersThatAreNumbers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		post(t, o, hook("messages", map[string]any{"messages": []any{
			map[string]any{"id": "wamid.2", "from": 4915100015001, "timestamp": "1764000000", "type": "text", "text": map[string]any{"body": "eins"}},
			map[string]any{"id": "wamid.3", "from": "4915100015002", "timestamp": "1764000000", "type": "text", "text": map[string]any{"body": "zwei"}}}}))
		o.Settle(t)
		erase(t, o, byPhone(t, o, "4915100015001").ID)
		want(t, "webhooks that name her", o.Count(t, "payload", ""), 0)
	})
}
