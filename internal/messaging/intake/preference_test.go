package intake_test

import (
	"fmt"
	"testing"
	"time"

	"einklang/internal/consent/optin"
	"einklang/internal/test/apptest"
)

// prefers is the webhook of what a person chose at WhatsApp, at a moment.
func prefers(phone, value string, at time.Time) []byte {
	return hook("user_preferences", map[string]any{"contacts": []any{map[string]any{"wa_id": phone, "user_id": "DE." + phone}},
		"user_preferences": []any{map[string]any{"wa_id": phone, "detail": value, "category": "marketing_messages", "value": value, "timestamp": at.Unix()}}})
}

// A resume at Meta takes Meta's own stop back and nothing else; it never makes
// a consent, and neither does a sign-up.
func TestAResumeNeverMakesAConsent(t *testing.T) {
	type step func(t *testing.T, o *apptest.Office, phone string, t0 time.Time)
	say := func(words string, after time.Duration) step {
		return func(t *testing.T, o *apptest.Office, phone string, t0 time.Time) {
			post(t, o, apptest.Text("wamid."+words+phone, phone, "Kim", words, t0.Add(after)))
		}
	}
	choose := func(value string, after time.Duration) step {
		return func(t *testing.T, o *apptest.Office, phone string, t0 time.Time) {
			post(t, o, prefers(phone, value, t0.Add(after)))
		}
	}
	agree := func(t *testing.T, o *apptest.Office, phone string, _ time.Time) { granted(t, o, byPhone(t, o, phone)) }
	const m = time.Minute
	cases := map[string]struct {
		steps []step
		want  string
	}{
		"who never agreed":               {[]step{say("Hallo", 0), choose("resume", m)}, ""},
		"who never agreed and stopped":   {[]step{say("Hallo", 0), choose("stop", m), choose("resume", 2*m)}, "withdrawn"},
		"a sign-up":                      {[]step{say("Hallo", 0), choose("signup", m)}, ""},
		"what stood before stands again": {[]step{say("Hallo", 0), agree, choose("stop", m), choose("resume", 2*m)}, "granted"},
		"stopped twice":                  {[]step{say("Hallo", 0), agree, choose("stop", m), choose("stop", 2*m), choose("resume", 3*m)}, "granted"},
		"the resume comes first":         {[]step{say("Hallo", 0), agree, choose("resume", 2*m), choose("stop", m)}, "granted"},
		"an old resume":                  {[]step{say("Hallo", 0), agree, choose("stop", 2*m), choose("resume", m)}, "withdrawn"},
		"a STOP between":                 {[]step{say("Hallo", 0), agree, choose("stop", m), say("STOP", 2*m), choose("resume", 3*m)}, "withdrawn"},
		"a STOP and a START between": {[]step{say("Hallo", 0), agree, choose("stop", m), say("STOP", 2*m), say("START", 3*m),
			choose("resume", 4*m)}, "withdrawn"},
		"a STOP between that comes after the resume":       {[]step{say("Hallo", 0), agree, choose("stop", 3*m), choose("resume", 5*m), say("STOP", 4*m)}, "withdrawn"},
		"no advertising between, told of after the resume": {[]step{say("Hallo", 0), agree, choose("stop", 3*m), choose("resume", 5*m), say("Keine Werbung mehr", 4*m)}, "withdrawn"},
		"no advertising, between":                          {[]step{say("Hallo", 0), agree, choose("stop", m), say("Keine Werbung mehr", 2*m), choose("resume", 3*m)}, "withdrawn"},
	}
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for name, c := range cases {
			n++
			phone, t0 := fmt.Sprintf("4915100002%03d", n), o.Clock.Now().Add(-30*time.Minute)
			for _, step := range c.steps {
				step(t, o, phone, t0)
			}
			p := byPhone(t, o, phone)
			if got := standing(t, o, p)[optin.Marketing]; got != c.want {
				t.Errorf("%s: marketing is %q, want %q", name, got, c.want)
			}
			for _, s := range must(o.Consents.States(t.Context(), o.DB, o.Org.ID, p.ID)) {
				if s.Purpose == optin.Marketing && s.State == "granted" && !s.Granted.Before(t0) {
					t.Errorf("%s: the consent begins anew at %s", name, s.Granted)
				}
			}
		}
		people, events := o.Count(t, "contact", ""), o.Count(t, "consent_event", "")
		for _, value := range []string{"stop", "resume", "signup"} {
			post(t, o, prefers("4915100002999", value, o.Clock.Now()))
		}
		if o.Count(t, "contact", "") != people || o.Count(t, "consent_event", "") != events {
			t.Error("a choice at Meta made somebody known")
		}
		o.Settle(t)
	})
}
