package intake_test

import (
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
	resp, err := browser.Get(o.URL + "/settings/numbers")
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

// What can never be applied goes after ninety days, and that is said.
func TestWhatCanNeverBeAppliedGoesAfterNinetyDays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		stumble(t, o)
		o.Post(t, apptest.Text("wamid.1", "4917604069001", "Erika Mustermann", "Guten Tag", o.Clock.Now()))
		o.Clock.Advance(intake.PoisonLife + time.Hour)
		o.Expire(t.Context())
		if n := o.Count(t, "payload", ""); n != 0 {
			t.Errorf("%d webhooks after ninety days", n)
		}
		if !strings.Contains(o.Logs(), "could never be applied") {
			t.Error("nothing says that a webhook was deleted unapplied")
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
	})
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
