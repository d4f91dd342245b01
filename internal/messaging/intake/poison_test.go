package intake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/intake"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// stumble makes the program fail on every message, as a mistake of ours would;
// it returns the statements that stand for a new version.
func stumble(t *testing.T, o *apptest.Office) (mend []string) {
	t.Helper()
	if o.DB.Engine() == "sqlite" {
		exec(t, o, "CREATE TRIGGER stumble BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'refused'); END")
		return []string{"DROP TRIGGER stumble"}
	}
	exec(t, o, "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$",
		"CREATE TRIGGER stumble BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION stumble()")
	return []string{"DROP TRIGGER stumble ON message"}
}

func numbers(t *testing.T, o *apptest.Office, browser *http.Client) string {
	t.Helper()
	return visit(t, o, browser, "/settings/numbers")
}

func visit(t *testing.T, o *apptest.Office, browser *http.Client, path string) string {
	t.Helper()
	resp, err := browser.Get(o.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(page)
}

// What cannot be applied is counted on the page of the numbers, outlives the
// seven days of raw data, and is applied by the button once that is possible.
func TestWhatCannotBeAppliedIsShownKeptAndAppliedByTheButton(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		mend := stumble(t, o)
		for _, wamid := range []string{"wamid.1", "wamid.2"} {
			if status := o.Post(t, apptest.Text(wamid, "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())); status != http.StatusOK {
				t.Fatalf("the webhook was answered %d", status)
			}
		}
		admin := o.SignIn(t, user.Admin)
		press := func() {
			resp, err := admin.PostForm(o.URL+"/settings/webhooks/apply", url.Values{})
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		press() // in vain
		const said = "2 Webhooks von WhatsApp konnten nicht angewendet werden"
		if page := numbers(t, o, admin); !strings.Contains(page, said) || !strings.Contains(page, "<dd>2</dd>") {
			t.Errorf("the page of the numbers does not count them:\n%s", page)
		}
		o.Clock.Advance(8 * 24 * time.Hour)
		o.Expire(t.Context())
		o.Clock.Advance(intake.PoisonLife - 9*24*time.Hour)
		o.Expire(t.Context())
		if n := o.Count(t, "payload", "state = 'poison'"); n != 2 {
			t.Fatalf("%d of 2 webhooks are left before ninety days have passed", n)
		}
		exec(t, o, mend...)
		admin = o.SignIn(t, user.Admin)
		press()
		if n := o.Count(t, "message", "outgoing = FALSE"); n != 2 {
			t.Errorf("%d messages after they were applied again, want 2", n)
		}
		if page := numbers(t, o, admin); strings.Contains(page, "konnten nicht angewendet werden") {
			t.Error("the page still counts them")
		}
	})
}

// What waits is sealed under a key of its own. When it is applied the key goes, and
// the message has the time at which it came first.
func TestWhatWaitsHasAKeyOfItsOwn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const own = "EXISTS (SELECT 1 FROM payload p WHERE p.org_id = data_key.org_id AND p.id = data_key.owner_id)"
		mend := stumble(t, o)
		came := o.Clock.Now()
		o.Post(t, apptest.Webhook(map[string]any{"messages": []any{map[string]any{"id": "wamid.1", "from": "4917604069001", "type": "text", "text": map[string]any{"body": "Guten Tag"}}}}))
		if n := o.Count(t, "data_key", own); n != 1 {
			t.Fatalf("%d keys of what waits, want 1", n)
		}
		if n := o.Count(t, "payload", "state = 'poison' AND owner_id = id"); n != 1 {
			t.Errorf("%d webhooks lie under their own key", n)
		}
		o.Clock.Advance(9 * 24 * time.Hour)
		exec(t, o, mend...)
		if n, left, err := o.Intake.Again(t.Context(), o.Org.ID, store.Alone{}); n != 1 || left != 0 || err != nil {
			t.Fatal(n, left, err)
		}
		if n := o.Count(t, "data_key", own); n != 0 {
			t.Errorf("%d keys of what is applied", n)
		}
		if n := o.Count(t, "message", "outgoing = FALSE AND at BETWEEN ? AND ?", store.Micros(came), store.Micros(came.Add(time.Minute))); n != 1 {
			t.Error("the message does not say when it came first")
		}
		if n := o.Count(t, "payload", "owner_id IN (SELECT contact_id FROM message)"); n != 1 {
			t.Error("the webhook does not lie under the person's key")
		}
	})
}

// What can never be applied loses its content after ninety days. That it came and
// its digest stay, so the same webhook is known again. Until then the
// administrators are told every week.
func TestWhatCanNeverBeAppliedLosesItsContentAfterNinetyDays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.SignIn(t, user.Admin)
		stumble(t, o)
		body := apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now())
		o.Post(t, body)
		for week := range 3 {
			for range 2 {
				o.Expire(t.Context())
			}
			if n := o.Count(t, "reminder", "topic = 'webhooks'"); n != week+1 {
				t.Errorf("%d mails after %d weeks", n, week)
			}
			o.Clock.Advance(7 * 24 * time.Hour)
		}
		o.Clock.Advance(intake.PoisonLife - 21*24*time.Hour + time.Hour)
		o.Expire(t.Context())
		if n := o.Count(t, "payload", "state = 'lost' AND LENGTH(sealed) = 0 AND LENGTH(body_hash) = 16"); n != 1 {
			t.Error("of a webhook that was never applied the content is left, or nothing is")
		}
		if n := o.Count(t, "data_key", "owner_id IN (SELECT id FROM payload)"); n != 0 {
			t.Errorf("%d keys of it are left", n)
		}
		if !strings.Contains(o.Logs(), "could never be applied") {
			t.Error("nothing says that a webhook was deleted unapplied")
		}
		if status := o.Post(t, body); status != http.StatusOK || o.Count(t, "payload", "") != 1 {
			t.Errorf("the same once more: %d, %d webhooks", status, o.Count(t, "payload", ""))
		}
		admin := o.SignIn(t, user.Admin)
		if page := visit(t, o, admin, "/settings/webhooks"); !strings.Contains(page, "1 Meldung wurde nie angewendet") {
			t.Errorf("the page does not say so:\n%s", page)
		}
	})
}

// An administrator may decide that what waits is not needed, once she was asked.
func TestWhatWaitsCanBeDiscarded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		stumble(t, o)
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		admin := o.SignIn(t, user.Admin)
		form := url.Values{"problem": {"cannot be applied"}}
		discard := func() {
			t.Helper()
			resp, err := admin.PostForm(o.URL+"/settings/webhooks/discard", form)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		if page := visit(t, o, admin, "/settings/webhooks"); !strings.Contains(page, `action="/settings/webhooks/discard"`) {
			t.Errorf("no button:\n%s", page)
		}
		discard()
		if n := o.Count(t, "payload", "state = 'poison'"); n != 1 {
			t.Fatal("it was discarded without a question")
		}
		form.Set("sure", "yes")
		discard()
		if n := o.Count(t, "payload", "state = 'dropped' AND LENGTH(sealed) = 0"); n != 1 {
			t.Error("it was not discarded")
		}
		if page := visit(t, o, admin, "/settings/webhooks"); strings.Contains(page, `action="/settings/webhooks/discard"`) || !strings.Contains(page, "von jemandem verworfen") {
			t.Errorf("the page after it:\n%s", page)
		}
	})
}

// Numbers where texts should be, members that are missing, and prices that are none
// are no poison: what they stand beside is applied.
func TestOddFormsAreNoPoison(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		var hook map[string]any
		if err := json.Unmarshal(apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()), &hook); err != nil {
			t.Fatal(err)
		}
		value := hook["entry"].([]any)[0].(map[string]any)["changes"].([]any)[0].(map[string]any)["value"].(map[string]any)
		meta := value["metadata"].(map[string]any)
		post := func() {
			t.Helper()
			body, err := json.Marshal(hook)
			if err != nil {
				t.Fatal(err)
			}
			if status := o.Post(t, body); status != http.StatusOK {
				t.Fatalf("answered %d: %s", status, body)
			}
		}
		message := value["messages"].([]any)[0].(map[string]any)
		meta["phone_number_id"] = json.Number(meta["phone_number_id"].(string))
		post()
		message["id"] = "wamid.2"
		delete(meta, "phone_number_id")
		post()
		message["id"] = "wamid.3"
		delete(value, "metadata")
		post()
		message["id"], message["type"] = "wamid.4", "order"
		message["order"] = map[string]any{"catalog_id": 7, "product_items": []any{map[string]any{"product_retailer_id": 12, "quantity": "zwei", "item_price": "auf Anfrage", "currency": "EUR"}}}
		post()
		delete(value, "messages")
		value["statuses"] = []any{map[string]any{"id": "wamid.9", "status": "delivered", "timestamp": fmt.Sprint(o.Clock.Now().Unix()), "recipient_id": 4917604069001,
			"pricing": map[string]any{"billable": "vielleicht", "pricing_model": 1, "category": []any{}}}}
		post()
		if n := o.Count(t, "payload", "state = 'poison'"); n != 0 {
			t.Errorf("%d webhooks are poison", n)
		}
		if n := o.Count(t, "message", "outgoing = FALSE"); n != 4 {
			t.Errorf("%d messages of 4 arrived", n)
		}
	})
}

// A new version starts, and applies what the one before could not.
func TestAStartAppliesWhatCouldNotBeApplied(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		mend := stumble(t, o)
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		exec(t, o, mend...)
		o.End(t)
		next := o.Join(t, func(c *app.Config) { c.Data = o.Data })
		next.Until(t, "the message is there", func() bool { return next.Count(t, "message", "outgoing = FALSE") == 1 })
		if n := next.Count(t, "payload", "state = 'poison'"); n != 0 {
			t.Errorf("%d webhooks are still put aside", n)
		}
	})
}

// A webhook that could not be applied goes with the person it is about, unless
// others are in it.
func TestErasureTakesWhatCouldNotBeApplied(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		o.Post(t, apptest.Text("wamid.0", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		person, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4917604069001")
		if err != nil || person == nil {
			t.Fatal(person, err)
		}
		stumble(t, o)
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "noch da?", o.Clock.Now()))
		o.Post(t, apptest.Webhook(map[string]any{"messages": []any{
			map[string]any{"id": "wamid.2", "from": "4917604069001", "timestamp": "1764000000", "type": "text", "text": map[string]any{"body": "eins"}},
			map[string]any{"id": "wamid.3", "from": "4917604069002", "timestamp": "1764000000", "type": "text", "text": map[string]any{"body": "zwei"}}}}))
		if n := o.Count(t, "payload", "state = 'poison'"); n != 2 {
			t.Fatalf("%d webhooks are put aside, want 2", n)
		}
		erase(t, o, person.ID)
		if n := o.Count(t, "payload", "state = 'poison'"); n != 1 {
			t.Errorf("%d webhooks are put aside after the erasure, want the one that is about somebody else, too", n)
		}
		if left := waiting(t, o); strings.Contains(left, "4917604069001") || strings.Contains(left, "eins") || !strings.Contains(left, "zwei") {
			t.Errorf("what is put aside after the erasure: %s", left)
		}
	})
}

// waiting is what the webhooks that are put aside say.
func waiting(t *testing.T, o *apptest.Office) string {
	t.Helper()
	keys, err := o.Vault.Org(t.Context(), o.DB, o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := store.Collect(t.Context(), o.DB, func(row store.Row) (string, error) {
		var at, owner id.ID
		var sealed []byte
		if err := row.Scan(&at, &owner, &sealed); err != nil {
			return "", err
		}
		ring, err := keys.Keyring(t.Context(), o.DB, owner)
		if err != nil {
			return "", err
		}
		body, err := ring.Open("payload.body", at, sealed)
		return string(body), err
	}, "SELECT id, owner_id, sealed FROM payload WHERE org_id = ? AND state = 'poison'", o.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(bodies, "\n")
}

// erase orders the erasure of a person and waits until it is done.
func erase(t *testing.T, o *apptest.Office, person id.Person) {
	t.Helper()
	var p erasure.Procedure
	o.Write(t, func(tx store.Tx) (err error) {
		p, err = o.Erasure.Begin(t.Context(), tx, o.Org.ID, person, erasure.Order{Source: "desk"})
		return err
	})
	o.Until(t, "the erasure is done", func() bool {
		now, err := o.Erasure.Get(t.Context(), o.DB, o.Org.ID, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.Step == erasure.Done
	})
}
