package sandbox_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/engine/cloudapi"
	"einklang/sandbox"
)

func (x *table) fault(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := x.AddFault(f); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsByCode(t *testing.T) {
	for code, want := range map[int]cloudapi.Class{0: cloudapi.ClassToken, 3: cloudapi.ClassPermission, 4: cloudapi.ClassRateLimit, 190: cloudapi.ClassToken, 368: cloudapi.ClassRestricted,
		131000: cloudapi.ClassTemporary, 131016: cloudapi.ClassTemporary, 131026: cloudapi.ClassUndeliverable, 131042: cloudapi.ClassAccount, 131047: cloudapi.ClassWindowClosed, 131048: cloudapi.ClassSpamLimit,
		131049: cloudapi.ClassHeldBack, 131050: cloudapi.ClassUserStoppedMarketing, 131056: cloudapi.ClassPairLimit, 131057: cloudapi.ClassMaintenance, 131064: cloudapi.ClassSpamLimit,
		132015: cloudapi.ClassTemplate, 133016: cloudapi.ClassRegistrationLimit, 137000: cloudapi.ClassIdentity} {
		x := lay(t)
		x.wrote(t)
		x.fault(t, sandbox.Fault{Kind: "error", Code: code, Count: 1})
		_, err := x.send(t, text("x"))
		var e *cloudapi.Error
		if !errors.As(err, &e) || e.Code != code || e.Class() != want {
			t.Errorf("%d: %v", code, err)
		}
		if _, err := x.send(t, text("x")); err != nil {
			t.Errorf("%d: it strikes twice: %v", code, err)
		}
	}
}

func TestAcceptedThenFailed(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "fail", Code: 131049, Recipient: x.erika.UserID})
	if _, err := x.send(t, text("x")); err != nil {
		t.Fatal(err)
	}
	if got := x.company.status(t); got.Status != "sent" {
		t.Error(got.Status)
	}
	if got := x.company.status(t); got.Status != "failed" || len(got.Errors) != 1 || got.Errors[0].Code != 131049 || got.Pricing != nil {
		t.Errorf("%+v", got)
	}
	x.idle(t)
}

func TestLostAnswer(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "lost_answer", Count: 1})
	_, err := x.send(t, text("x"))
	if cloudapi.SendCertainty(err) != cloudapi.CertaintyUnknown {
		t.Error(err)
	}
	if s := x.company.status(t); s.Opaque != "ours" {
		t.Error("the status does not tell which message was accepted")
	}
	if n := len(x.Accepted("", 0, 10)); n != 1 {
		t.Errorf("%d accepted", n)
	}
}

func TestLostRequest(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "lost_request", Recipient: phone})
	_, err := x.send(t, text("x"))
	if cloudapi.SendCertainty(err) != cloudapi.CertaintyUnknown || len(x.Accepted("", 0, 10)) != 0 {
		t.Error(err)
	}
	x.idle(t)
}

func TestASlowAnswer(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "slow", DelayMS: 60_000})
	impatient := cloudapi.New(&http.Client{Timeout: 20 * time.Millisecond}, x.url, "").Number("100", token)
	if _, err := impatient.Send(t.Context(), cloudapi.Outgoing{To: phone, Content: text("x"), OpaqueCallbackData: "ours"}); cloudapi.SendCertainty(err) != cloudapi.CertaintyUnknown {
		t.Error(err)
	}
	if s := x.company.status(t); s.Opaque != "ours" {
		t.Errorf("%+v", s)
	}
}

func TestDuplicatedWebhooks(t *testing.T) {
	x := lay(t)
	x.fault(t, sandbox.Fault{Kind: "duplicate_webhook", Count: 1})
	id := x.erika.Say(x.number, "Guten Tag")
	for range 2 {
		if m := x.company.message(t); m.ID != id {
			t.Error(m.ID)
		}
	}
	x.idle(t)
}

// TestLateWebhooks: reordered and delayed events all come, once.
func TestLateWebhooks(t *testing.T) {
	for _, f := range []sandbox.Fault{{Kind: "reorder_webhook"}, {Kind: "delay_webhook", DelayMS: 5}} {
		t.Run(f.Kind, func(t *testing.T) {
			x := lay(t)
			x.fault(t, f)
			var want, got []string
			for range 20 {
				want = append(want, x.erika.Say(x.number, "x"))
			}
			for range 20 {
				got = append(got, x.company.message(t).ID)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%d of %d", len(got), len(want))
			}
			x.idle(t)
		})
	}
}

func TestStatusesInTheWrongOrder(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.AutoRead = time.Millisecond })
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "status_order", Recipient: "erika"})
	if _, err := x.send(t, text("x")); err != nil {
		t.Fatal(err)
	}
	got := x.company.statuses(t, 3)
	slices.Sort(got)
	if !slices.Equal(got, []string{"delivered", "read", "sent"}) {
		t.Error(got)
	}
}

func TestPausedWebhooks(t *testing.T) {
	x := lay(t)
	x.fault(t, sandbox.Fault{Kind: "pause_webhooks"})
	x.erika.Say(x.number, "Guten Tag")
	if x.Idle() {
		t.Error("idle, though a webhook waits")
	}
	x.ClearFaults()
	x.company.message(t)
	x.idle(t)
}

func TestAFaultForOneNumberOnly(t *testing.T) {
	x := lay(t)
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "error", Code: 131000, Number: "999"})
	x.fault(t, sandbox.Fault{Kind: "error", Code: 131000, Recipient: "4917600000000"})
	if _, err := x.send(t, text("x")); err != nil {
		t.Error(err)
	}
}

func TestAFaultThatStrikesAtTimes(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.PerSecond, c.NoPairLimit = -1, true })
	x.wrote(t)
	x.fault(t, sandbox.Fault{Kind: "error", Code: 131000, Probability: 0.5})
	failed := 0
	for range 200 {
		if _, err := x.send(t, text("x")); err != nil {
			failed++
		}
	}
	if failed < 40 || failed > 160 {
		t.Errorf("%d of 200", failed)
	}
}

func TestFaultsThatAreNone(t *testing.T) {
	x := lay(t)
	for _, f := range []sandbox.Fault{{}, {Kind: "earthquake"}, {Kind: "error", Code: 7}, {Kind: "fail", Code: -1}, {Kind: "slow", Probability: 2}, {Kind: "slow", Probability: -1},
		{Kind: "slow", DelayMS: -1}, {Kind: "slow", Count: -1}} {
		if err := x.AddFault(f); err == nil {
			t.Errorf("%+v is switched on", f)
		}
	}
	if n := len(x.Faults()); n != 0 {
		t.Errorf("%d faults", n)
	}
}

// TestRetries: a webhook that is not taken comes again.
func TestRetries(t *testing.T) {
	x := lay(t)
	x.company.mu.Lock()
	x.company.refuse = 3
	x.company.mu.Unlock()
	id := x.erika.Say(x.number, "Guten Tag")
	if m := x.company.message(t); m.ID != id || x.company.refused != 3 {
		t.Errorf("%s after %d refusals", m.ID, x.company.refused)
	}
	x.idle(t)
	log := x.Webhooks()
	if len(log) != 4 || log[0].Status != http.StatusOK || log[0].Tries != 4 || log[3].Status != http.StatusServiceUnavailable || !strings.Contains(log[0].Body, id) {
		t.Errorf("%+v", log)
	}
}

// TestNobodyListensYet: what happens before an address is known is told then.
func TestNobodyListensYet(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.WebhookURL = "" })
	id := x.erika.Say(x.number, "Guten Tag")
	if x.Idle() {
		t.Error("idle, though a webhook waits")
	}
	x.SetWebhookURL(x.company.url)
	if m := x.company.message(t); m.ID != id {
		t.Error(m.ID)
	}
}

func TestSubscribeMakesTheHandshake(t *testing.T) {
	x := lay(t, func(c *sandbox.Config) { c.WebhookURL = "" })
	if err := x.account.Subscribe(t.Context(), x.company.url, "wrong"); err == nil {
		t.Error("a wrong verify token is taken")
	}
	if err := x.account.Subscribe(t.Context(), "http://127.0.0.1:1", verify); err == nil {
		t.Error("nobody answers, and it is taken")
	}
	if err := x.account.Subscribe(t.Context(), x.company.url, verify); err != nil {
		t.Fatal(err)
	}
	x.wrote(t)
	if apps, err := x.account.Subscriptions(t.Context()); err != nil || len(apps) != 1 {
		t.Error(len(apps), err)
	}
	if err := x.account.Unsubscribe(t.Context()); err != nil {
		t.Error(err)
	}
}
