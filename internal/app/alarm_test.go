package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
	"einklang/internal/test/mailtest"
)

// alarms counts the mails to somebody that say something.
func (e *fourEyes) alarms(to, words string) (n int) {
	e.t.Helper()
	for _, m := range e.post.Mails() {
		if m.To == to && strings.Contains(m.Body(e.t), words) {
			n++
		}
	}
	return n
}

// Whose account it is hears at once of what may not have been she: another browser,
// a new password, another factor; and nothing of what is usual.
func TestTheOwnerIsTold(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		const strange, password, factors = "noch nicht kennt", "neues Kennwort bekommen", "Faktor hinzugefügt oder entfernt"
		if e.alarms(e.officer, strange) != 0 {
			t.Error("the first browser is an alarm")
		}
		submit(t, e.Office, e.dpo, "/sign-out", url.Values{})
		submit(t, e.Office, e.dpo, "/sign-in", url.Values{"email": {e.officer}, "password": {"Beispiel-Passwort"}})
		other := e.again(e.officer)
		e.told(e.officer, strange)
		if _, page := submit(t, e.Office, other, "/profile", url.Values{"do": {"password"}, "before": {"Beispiel-Passwort"}, "password": {"drei bunte Vögel"}}); !strings.Contains(page, "Gespeichert") {
			t.Fatal(page)
		}
		e.told(e.officer, password)
		e.dpo = e.SignInAs(t, e.officer, "drei bunte Vögel")
		addApp(t, e.Office, e.dpo)
		e.told(e.officer, factors)
		e.Until(t, "the second strange browser is told", func() bool { return e.alarms(e.officer, strange) == 2 })
		for _, words := range []string{strange, password, factors} {
			if n := e.alarms(e.adminTo, words); n != 0 {
				t.Errorf("%d mails %q to somebody else", n, words)
			}
		}
	})
}

// Guessing is told to whose account it is and to those who keep the accounts, once a
// day, and the answer says nothing of it.
func TestGuessingIsTold(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		const hers, theirs = "viele falsche Kennwörter", "einer Kollegin oder eines Kollegen"
		wrong := func(n int) {
			for range n {
				if status, _ := submit(t, e.Office, e.stranger(), "/sign-in", url.Values{"email": {e.officer}, "password": {"geraten geraten"}}); status != http.StatusUnauthorized {
					t.Fatal(status)
				}
				e.Clock.Advance(16 * time.Minute)
			}
			e.Audit.Settle()
		}
		wrong(9)
		if n := e.Count(t, "reminder", "topic = ?", "guessing"); n != 0 {
			t.Error("nine typing errors are an alarm")
		}
		wrong(5)
		e.told(e.officer, hers)
		e.told(e.adminTo, theirs)
		e.Clock.Advance(24 * time.Hour)
		wrong(10)
		e.Until(t, "the next day is told, too", func() bool { return e.alarms(e.officer, hers) == 2 && e.alarms(e.adminTo, theirs) == 2 })
		if e.alarms(e.adminTo, hers) != 0 || e.alarms(e.officer, theirs) != 0 {
			t.Error("the mails go to the wrong people")
		}
	})
}

// Mails about what is due can be turned off by all but the last; those about the
// security of an account by nobody.
func TestMailsThatSomebodyWants(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		due := func() (told map[string]bool) {
			t.Helper()
			told = map[string]bool{}
			before := len(e.post.Mails())
			var n int
			e.Write(t, func(tx store.Tx) (err error) {
				n, err = e.Reminders.Tell(t.Context(), tx, e.Org.ID, "Beispiel GmbH", []reminder.Due{{Topic: reminder.Case, Subject: id.ID(e.IDs.New()), Stage: "days", To: []user.Role{user.DPO, user.Admin}, Path: "/desk/cases"}})
				return err
			})
			var mails []mailtest.Mail
			e.Until(t, "the mails are there", func() bool { mails = e.post.Mails()[before:]; return len(mails) == n })
			for _, m := range mails {
				told[m.To] = true
			}
			return told
		}
		if told := due(); !told[e.adminTo] || !told[e.officer] {
			t.Fatalf("told %v", told)
		}
		if _, page := submit(t, e.Office, e.admin, "/profile", url.Values{"do": {"mails"}}); !strings.Contains(page, `name="due" value="on"> `) {
			t.Error("the page does not say that it is off")
		}
		if told := due(); told[e.adminTo] || !told[e.officer] {
			t.Errorf("told %v", told)
		}
		submit(t, e.Office, e.dpo, "/profile", url.Values{"do": {"mails"}})
		if told := due(); !told[e.adminTo] || !told[e.officer] {
			t.Errorf("nobody knows: %v", told)
		}
		addApp(t, e.Office, e.admin)
		e.told(e.adminTo, "Faktor hinzugefügt")
		submit(t, e.Office, e.dpo, "/profile", url.Values{"do": {"mails"}, "due": {"on"}})
		if told := due(); told[e.adminTo] || !told[e.officer] {
			t.Errorf("told %v", told)
		}
	})
}
