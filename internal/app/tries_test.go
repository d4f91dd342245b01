package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/app"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
	"einklang/sandbox"
)

// eachBehindProxy is an office on each engine to which a proxy tells from where
// visitors come.
func eachBehindProxy(t *testing.T, test func(t *testing.T, o *apptest.Office)) {
	storetest.EachURL(t, func(t *testing.T, u string) {
		test(t, apptest.OpenWith(t, u, apptest.Options{Config: func(c *app.Config) {
			c.Threshold.Proxies = threshold.Proxies{Trusted: threshold.SameMachine}
		}}))
	})
}

// asked is the code that a person gets because somebody asked for one.
func asked(t *testing.T, o *apptest.Office, erika *sandbox.Phone, from string) string {
	t.Helper()
	o.Clock.Advance(2 * time.Minute)
	before := lastText(o, erika)
	visitFrom(t, o, from, "/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
	o.Until(t, "the code is there", func() bool { return lastText(o, erika) != before })
	return codes.FindString(lastText(o, erika))
}

// The tries at a person's data count on when there is a new code; who tries waits
// longer and longer. She does not: she is told, and enters from where she is.
func TestTriesCountOnAndAreTold(t *testing.T) {
	eachBehindProxy(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		const stranger = "198.51.100.7"
		enter := func(code string) int {
			return visitFrom(t, o, stranger, "/portal/beispiel/enter", url.Values{"number": {"+49 176 04069001"}, "code": {code}})
		}
		code := asked(t, o, erika, stranger)
		for range 3 {
			if got := enter("AAAAAAAA"); got != http.StatusUnprocessableEntity {
				t.Fatalf("a wrong code was answered %d", got)
			}
		}
		o.Until(t, "she is told", func() bool { return strings.Contains(lastText(o, erika), "3-mal ein falscher Code") })
		if got := enter(code); got != http.StatusUnprocessableEntity {
			t.Errorf("after three wrong ones the next counts at once: %d", got)
		}
		o.Clock.Advance(31 * time.Second)
		enter("AAAAAAAA") // the pause is over, and the next is twice as long
		o.Clock.Advance(45 * time.Second)
		if got := enter(code); got != http.StatusUnprocessableEntity {
			t.Errorf("the pause does not grow: %d", got)
		}
		code = asked(t, o, erika, stranger)
		if enter("AAAAAAAA"); enter(code) != http.StatusUnprocessableEntity {
			t.Error("a new code brought new tries")
		}
		v := newVisitor(t, o)
		if status, page := v.post("/portal/beispiel/enter", url.Values{"number": {"+4917604069001"}, "code": {strings.ToLower(code)}}); status != http.StatusOK || !strings.Contains(page, "5-mal ein falscher Code") {
			t.Errorf("she is locked out, or not told on the page: %d\n%s", status, page)
		}
	})
}

// A person gets so many codes in a day, from wherever they are asked for; and from
// one place so many go out, to whomever.
func TestCodesAreCountedByTheDay(t *testing.T) {
	eachBehindProxy(t, func(t *testing.T, o *apptest.Office) {
		erika, moritz := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Mustermann", "4917604069002")
		for _, c := range []*sandbox.Phone{erika, moritz} {
			c.Say(o.Number, "Guten Tag")
		}
		o.Settle(t)
		for _, c := range []struct {
			from       string
			asks, gets int // from the last place she asks herself: nobody takes all of hers
		}{{"198.51.100.7", 6, 4}, {"198.51.101.7", 6, 4}, {"198.51.102.7", 2, 1}} {
			for i := range c.asks {
				o.Clock.Advance(21 * time.Minute)
				if i < c.gets {
					asked(t, o, erika, c.from)
				} else {
					visitFrom(t, o, c.from, "/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
				}
			}
		}
		asks := func(c *sandbox.Phone, number string) bool { // shows as well that all before are worked off
			before := lastText(o, c)
			visitFrom(t, o, "203.0.113.9", "/portal/beispiel/code", url.Values{"number": {number}})
			o.Until(t, "the code is there", func() bool { return lastText(o, c) != before })
			return codes.MatchString(lastText(o, c))
		}
		if !asks(moritz, "+49 176 04069002") {
			t.Fatal("no code came")
		}
		if n := o.Count(t, "message", "outgoing = ? AND conversation_id IN (SELECT id FROM conversation WHERE contact_id = ?)", true, o.Person(t, erika).ID); n != 9 {
			t.Errorf("she got %d messages, want nine codes: four from each of two places, and the first from a third", n)
		}
		for i := range 45 {
			o.Clock.Advance(7 * time.Second)
			visitFrom(t, o, "192.0.2.66", "/portal/beispiel/code", url.Values{"number": {fmt.Sprintf("+49 176 0407%04d", i)}})
		}
		o.Clock.Advance(2 * time.Minute)
		if !asks(moritz, "+49 176 04069002") {
			t.Error("another place is limited, too")
		}
		if n := o.Count(t, "portal_code", ""); n != 2+40 {
			t.Errorf("%d codes are kept, want those of two people and of forty numbers from one place", n)
		}
	})
}

// The key of a secret lies in no backup, and is gone when the call has returned,
// when nobody knows whether it did, and when the time is over.
func TestTheKeyOfASecretIsGoneInTime(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		ask := func() {
			o.Clock.Advance(2 * time.Minute)
			before := o.Count(t, "message", "outgoing = ?", true)
			newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
			o.Until(t, "the code is on its way", func() bool { return o.Count(t, "message", "outgoing = ?", true) > before })
		}
		ask()
		o.Settle(t)
		if n := o.Count(t, "fleeting_key", ""); n != 0 {
			t.Errorf("%d keys are left after the call returned", n)
		}
		o.Fault(t, sandbox.Fault{Kind: "lost_request", Count: 1})
		ask()
		o.Settle(t)
		if n := o.Count(t, "fleeting_key", ""); n != 0 || o.Count(t, "outbox", "state = ?", "uncertain") != 1 {
			t.Errorf("%d keys are left of what is uncertain", n)
		}
		o.Sandbox.ClearFaults()
		o.Fault(t, sandbox.Fault{Kind: "error", Code: 131016, Count: 1000})
		ask()
		o.Until(t, "the code waits", func() bool { return o.Count(t, "fleeting_key", "") == 1 })
		person := o.Person(t, erika)
		var sealed []byte
		if err := o.DB.QueryRow(t.Context(), "SELECT secret FROM outbox WHERE org_id = ? AND secret IS NOT NULL", o.Org.ID).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		var at [16]byte
		if _, err := person.Keys.Open("outbox.secret", at, sealed); err == nil || person.Keys.KeyID() == [16]byte(sealed[1:17]) {
			t.Error("a secret is sealed under the person's key, which backups hold")
		}
		o.Clock.Advance(11 * time.Minute)
		o.Expire(t.Context())
		if n := o.Count(t, "fleeting_key", ""); n != 0 {
			t.Errorf("%d keys are left of what is over", n)
		}
	})
}

// What a restore brings back of a secret is nothing: it was lost, and is asked for
// again. Without its key a message does not leave, and nothing else is said.
func TestASecretWithoutItsKeyDoesNotLeave(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		o.Fault(t, sandbox.Fault{Kind: "error", Code: 131016, Count: 1000})
		newVisitor(t, o).post("/portal/beispiel/code", url.Values{"number": {"+49 176 04069001"}})
		o.Until(t, "the code was tried and waits", func() bool { return o.Count(t, "outbox", "secret IS NOT NULL AND state = 'deferred'") == 1 })
		o.Write(t, func(tx store.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM fleeting_key")
			return err
		})
		o.Sandbox.ClearFaults()
		o.Until(t, "it is given up", func() bool {
			o.Clock.Advance(100 * time.Millisecond) // until it is tried again
			return o.Count(t, "message", "state = ? AND reason = ?", "cancelled", "secret_over") == 1
		})
		if codes.MatchString(lastText(o, erika)) || o.Count(t, "outbox", "") != 0 {
			t.Errorf("it left all the same: %s", lastText(o, erika))
		}
	})
}
