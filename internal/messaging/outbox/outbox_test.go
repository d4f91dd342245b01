package outbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/outbox"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// desk is an office with one customer who has written.
type desk struct {
	*apptest.Office
	erika  *sandbox.Phone
	person string
}

func open(t *testing.T, url string, options apptest.Options) *desk {
	d := &desk{Office: apptest.OpenWith(t, url, options)}
	d.erika = d.Customer("Erika Mustermann", "4917604069001")
	d.erika.Say(d.Number, "Guten Tag")
	d.Settle(t)
	d.person = d.Person(t, d.erika).ID.String()
	return d
}

// each opens a desk on each engine, on both at the same time.
func each(t *testing.T, options apptest.Options, test func(t *testing.T, d *desk)) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		test(t, open(t, url, options))
	})
}

type answer struct {
	ID, Code string
	Verdict  struct{ Outcome, Reason string }
}

func (d *desk) text(t *testing.T, words string) (int, answer) {
	t.Helper()
	var a answer
	status := d.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": d.person, "type": "text", "text": map[string]any{"body": words}}, &a)
	return status, a
}

func (d *desk) template(t *testing.T, name string, more map[string]any) (int, answer) {
	t.Helper()
	body := map[string]any{"contact_id": d.person, "type": "template", "reason": "agent_initiated", "template": map[string]any{"name": name, "language": map[string]any{"code": "de"},
		"components": []any{map[string]any{"type": "body", "parameters": []any{map[string]any{"type": "text", "text": "Erika"}}}}}}
	for k, v := range more {
		body[k] = v
	}
	var a answer
	return d.REST(t, http.MethodPost, "/api/v1/messages", body, &a), a
}

// consent records that Erika wants advertising.
func (d *desk) consent(t *testing.T) {
	t.Helper()
	person, err := id.Parse[id.Person](d.person)
	if err != nil {
		t.Fatal(err)
	}
	d.Agree(t, person, "marketing")
}

func (d *desk) state(t *testing.T, message string) (state, reason string, code int64) {
	t.Helper()
	var got struct {
		Status, Reason string
		ErrorCode      int64 `json:"error_code"`
	}
	d.REST(t, http.MethodGet, "/api/v1/messages/"+message, nil, &got)
	return got.Status, got.Reason, got.ErrorCode
}

func (d *desk) message(t *testing.T, text string) id.Message {
	t.Helper()
	at, err := id.Parse[id.Message](text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// shown are the texts that Erika got from us, in order.
func (d *desk) shown() (texts []string) {
	for _, m := range d.erika.Messages(d.Number) {
		if m.Business {
			texts = append(texts, string(m.Content))
		}
	}
	return texts
}

// The privacy notice goes first, once; and the order is kept even when Meta
// answers some calls late.
func TestOrderIsKeptAndTheNoticeGoesFirst(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		if err := d.Sandbox.AddFault(sandbox.Fault{Kind: "slow", Probability: 0.5, DelayMS: 15}); err != nil {
			t.Fatal(err)
		}
		const n = 20
		for i := range n {
			if status, a := d.text(t, fmt.Sprintf("Antwort %02d", i)); status != http.StatusAccepted {
				t.Fatalf("%d %+v", status, a)
			}
		}
		d.Settle(t)
		shown := d.shown()
		if len(shown) != n+1 || !strings.Contains(shown[0], "/privacy/beispiel") {
			t.Fatalf("%d messages arrived, want the notice and %d answers: %q", len(shown), n, shown)
		}
		for i := range n {
			if !strings.Contains(shown[i+1], fmt.Sprintf("Antwort %02d", i)) {
				t.Fatalf("out of order: %q", shown)
			}
		}
	})
}

// What follows from each class of Meta's errors.
func TestRetriesByErrorClass(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.text(t, "die Datenschutzhinweise gehen mit")
		d.Settle(t)
		for _, c := range []struct {
			code  int
			state string
		}{
			{130429, "delivered"}, // rate limit of the number: again soon
			{131016, "delivered"}, // service unavailable, refused before processing: again soon
			{131056, "delivered"}, // pair limit: again for this recipient
			{131026, "failed"},    // undeliverable: final
			{131047, "failed"},    // window closed at Meta: final
			{131000, "uncertain"}, // may have been processed: nobody knows
		} {
			if err := d.Sandbox.AddFault(sandbox.Fault{Kind: "error", Code: c.code, Count: 1}); err != nil {
				t.Fatal(err)
			}
			_, a := d.text(t, fmt.Sprint("nach Fehler ", c.code))
			d.Settle(t)
			d.Until(t, fmt.Sprintf("a message after error %d is %s", c.code, c.state), func() bool {
				d.Clock.Advance(20 * time.Second) // what was put off comes due
				state, _, _ := d.state(t, a.ID)
				return state == c.state
			})
			d.Sandbox.ClearFaults()
			if c.state == "failed" {
				if _, _, code := d.state(t, a.ID); code != int64(c.code) {
					t.Errorf("a message that failed with %d says %d", c.code, code)
				}
			}
		}
	})
}

// A lost answer leaves a message uncertain; a status resolves it, and it is
// never sent twice. A lost request stays uncertain until a person decides.
func TestUncertain(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.text(t, "die Datenschutzhinweise gehen mit")
		d.Settle(t)
		if err := d.Sandbox.AddFault(sandbox.Fault{Kind: "pause_webhooks"}); err != nil {
			t.Fatal(err)
		}
		if err := d.Sandbox.AddFault(sandbox.Fault{Kind: "lost_answer", Count: 1}); err != nil {
			t.Fatal(err)
		}
		_, a := d.text(t, "Antwort ging verloren")
		uncertain := func() bool { state, _, _ := d.state(t, a.ID); return state == "uncertain" }
		d.Until(t, "the message is uncertain", uncertain)
		d.Sandbox.ClearFaults()
		d.Until(t, "a status resolves it", func() bool { state, _, _ := d.state(t, a.ID); return state == "delivered" })

		if err := d.Sandbox.AddFault(sandbox.Fault{Kind: "lost_request", Count: 1}); err != nil {
			t.Fatal(err)
		}
		_, a = d.text(t, "Anfrage ging verloren")
		d.Until(t, "the message is uncertain", uncertain)
		d.Settle(t)
		d.Clock.Advance(time.Hour)
		if !uncertain() {
			t.Error("an uncertain message moved by itself")
		}
		message := d.message(t, a.ID)
		var again outbox.Queued
		d.Write(t, func(tx store.Tx) (err error) {
			again, err = d.Outbox.Again(t.Context(), tx, d.Org.ID, message, id.Account(d.IDs.New()))
			return err
		})
		d.Settle(t)
		if state, _, _ := d.state(t, again.Message.String()); state != "delivered" {
			t.Errorf("sent again, it is %s", state)
		}
		if n := strings.Count(strings.Join(d.shown(), ""), "ging verloren"); n != 2 {
			t.Errorf("the customer sees %d messages, want each once", n)
		}
	})
}

// The gate is asked again right before the call: what was allowed when it was
// queued is not sent after STOP.
func TestTheGateIsAskedAgainBeforeTheCall(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.consent(t)
		d.Clock.Set(time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)) // a Sunday: quiet
		d.erika.Say(d.Number, "noch da?")
		d.Settle(t)
		status, a := d.template(t, "angebot", map[string]any{"reason": "campaign"})
		if status != http.StatusAccepted || a.Verdict.Outcome != "defer" || a.Verdict.Reason != "quiet_hours" {
			t.Fatalf("advertising on a Sunday: %d %+v", status, a)
		}
		d.Settle(t)
		if n := len(d.shown()); n != 0 {
			t.Fatalf("%d messages went out on a Sunday", n)
		}
		d.erika.Say(d.Number, "STOP")
		d.Settle(t)
		d.Clock.Set(time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC))
		d.Until(t, "the message is given up", func() bool {
			state, reason, _ := d.state(t, a.ID)
			return state == "cancelled" && reason == "opted_out"
		})
		if all := strings.Join(d.shown(), ""); strings.Contains(all, "angebot") {
			t.Errorf("advertising after STOP: %s", all)
		}
	})
}

// Quiet hours only put off: in the morning the message goes out.
func TestQuietHoursEnd(t *testing.T) {
	each(t, apptest.Options{}, func(t *testing.T, d *desk) {
		d.consent(t)
		d.Clock.Set(time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)) // nine in the evening in Berlin
		_, a := d.template(t, "angebot", map[string]any{"reason": "campaign"})
		if a.Verdict.Outcome != "defer" {
			t.Fatalf("%+v", a)
		}
		d.Clock.Set(time.Date(2026, 11, 25, 7, 1, 0, 0, time.UTC)) // a minute past eight
		d.Until(t, "the message has arrived", func() bool { state, _, _ := d.state(t, a.ID); return state == "delivered" })
	})
}

// The budget is reserved when the call is made, and holds.
func TestBudget(t *testing.T) {
	settings := org.DefaultSettings()
	settings.Budget, settings.Prices = 250_000, org.Prices{Marketing: 100_000}
	each(t, apptest.Options{Settings: &settings}, func(t *testing.T, d *desk) {
		d.consent(t)
		var last answer
		sent := 0
		for range 3 {
			status, a := d.template(t, "angebot", nil)
			if d.Settle(t); status == http.StatusAccepted {
				sent++
			}
			last = a
		}
		if sent != 2 || last.Code != "budget" {
			t.Errorf("%d of 3 messages went out for 0.25 at 0.10 each, the last said %+v", sent, last)
		}
	})
}
