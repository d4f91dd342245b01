package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/messaging/outbox"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// What is uncertain is counted on the number, listed, and decided about together:
// it arrived, it is sent again through the gate, or given up.
func TestUncertainMessagesAreDecidedAboutTogether(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		send := func(words string) {
			t.Helper()
			if status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": "4917604069001", "type": "text", "text": map[string]any{"body": words}}, nil); status != http.StatusAccepted {
				t.Fatal(status)
			}
			o.Settle(t)
		}
		send("die Datenschutzhinweise gehen mit")
		o.Fault(t, sandbox.Fault{Kind: "lost_request", Count: 4})
		for i := range 4 {
			send(fmt.Sprint("Ungewiss ", i))
			o.Until(t, "it is uncertain", func() bool { return o.Count(t, "outbox", "state = 'uncertain'") == i+1 })
			o.Clock.Advance(time.Minute) // it keeps later ones back for a while
		}
		o.Sandbox.ClearFaults()
		agent := o.SignIn(t, user.Agent)
		if _, page := visit(t, o, o.SignIn(t, user.Admin), "/settings/numbers"); !strings.Contains(page, `id="uncertain"`) {
			t.Error("the number does not say how much is uncertain")
		}
		all, err := o.Outbox.Doubts(t.Context(), o.DB, o.Org.ID, 10)
		if err != nil || len(all) != 4 {
			t.Fatal(all, err)
		}
		if _, page := visit(t, o, agent, "/desk/uncertain"); strings.Count(page, `name="message"`) != 4 {
			t.Errorf("the list: %s", page)
		}
		decide := func(want int, choice outbox.Choice, some ...outbox.Doubt) string {
			t.Helper()
			form := url.Values{"do": {string(choice)}}
			for _, d := range some {
				form.Add("message", d.Message.String())
			}
			status, page := submit(t, o, agent, "/desk/uncertain", form)
			if status != want {
				t.Errorf("%s: %d, want %d", choice, status, want)
			}
			return page
		}
		states := func(want ...string) {
			t.Helper()
			o.Settle(t)
			for i, d := range all {
				if n := o.Count(t, "message", "id = ? AND state = ?", d.Message, want[i]); n != 1 {
					t.Errorf("message %d is not %s", i, want[i])
				}
			}
		}
		decide(http.StatusUnprocessableEntity, outbox.ChoiceAgain)
		decide(http.StatusOK, outbox.ChoiceSent, all[0])
		decide(http.StatusOK, outbox.ChoiceGiveUp, all[1])
		decide(http.StatusOK, outbox.ChoiceAgain, all[2])
		states("accepted", "cancelled", "cancelled", "uncertain")
		arrived := 0
		for _, m := range erika.Messages(o.Number) {
			if strings.Contains(string(m.Content), "Ungewiss 2") {
				arrived++
			}
		}
		if arrived != 1 {
			t.Errorf("sent again, it came %d times", arrived)
		}
		decide(http.StatusConflict, outbox.ChoiceGiveUp, all[0]) // somebody was faster
		erika.Say(o.Number, "STOP")
		o.Settle(t)
		if page := decide(http.StatusConflict, outbox.ChoiceAgain, all[3]); !strings.Contains(page, "1 nicht gesendet") {
			t.Error("it does not say what the gate refused")
		}
		states("accepted", "cancelled", "cancelled", "uncertain")
		if n := o.Count(t, "audit", "act = 'message.decided'"); n != 3 {
			t.Errorf("%d entries about 3 decisions", n)
		}
	})
}

// That nobody answers at WhatsApp stands on the number's page.
func TestTheNumberSaysThatNobodyAnswers(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		var dead atomic.Bool
		o := apptest.OpenWith(t, at, apptest.Options{Before: func(meta http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if dead.Load() {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				meta.ServeHTTP(w, r)
			})
		}})
		o.Customer("Erika Mustermann", "4917604069001").Say(o.Number, "Guten Tag")
		o.Settle(t)
		admin := o.SignIn(t, user.Admin)
		says := func() bool {
			_, page := visit(t, o, admin, "/settings/numbers")
			return strings.Contains(page, `id="silent"`)
		}
		if says() {
			t.Error("it says so although nothing was sent")
		}
		dead.Store(true)
		for i := range 8 {
			o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"to": "4917604069001", "type": "text", "text": map[string]any{"body": fmt.Sprint("Antwort ", i)}}, nil)
		}
		o.Until(t, "the number says so", func() bool { o.Clock.Advance(10 * time.Second); return says() })
		dead.Store(false)
		o.Until(t, "it does not say so any more", func() bool { o.Clock.Advance(10 * time.Second); return !says() })
	})
}
