package agenda

import (
	"slices"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/govern/processors"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/i18n"
)

// TestWhatIsDue: what each thing reminds of, of whom, and that it has words.
func TestWhatIsDue(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	valid := processors.Processor{Detail: processors.Detail{Name: "Beispiel Hosting", Country: "DE"}, ValidFrom: now.Add(-100 * day), ValidUntil: now.Add(300 * day), Filed: true}
	change := func(f func(*processors.Processor)) processors.Processor { p := valid; f(&p); return p }
	received := func(at time.Time) cases.Case { return cases.Case{Clock: cases.Clock{Received: at}} }
	finding := func(c device.Code, s device.Severity) device.Looked {
		return device.Looked{Findings: []device.Finding{{Code: c, Severity: s, Since: now.Add(-day), Count: 2}}}
	}
	for _, c := range []struct {
		name  string
		topic reminder.Topic
		thing any
		stage string // "": nothing is due
		to    []user.Role
	}{
		{"a fresh request", reminder.Case, received(now.Add(-day)), "", nil},
		{"five days left", reminder.Case, received(now.AddDate(0, -1, 5)), "week", []user.Role{user.DPO}},
		{"two days left", reminder.Case, received(now.AddDate(0, -1, 2)), "days", []user.Role{user.DPO, user.Admin}},
		{"too late", reminder.Case, received(now.AddDate(0, -2, 0)), "overdue", []user.Role{user.DPO, user.Admin}},
		{"a breach, at once", reminder.Breach, breach.Record{Aware: now.Add(-time.Hour)}, "fresh", []user.Role{user.DPO, user.Admin}},
		{"a breach, 50 hours later", reminder.Breach, breach.Record{Aware: now.Add(-50 * time.Hour)}, "lastday", []user.Role{user.DPO, user.Admin}},
		{"a breach that was reported", reminder.Breach, breach.Record{Aware: now.Add(-50 * time.Hour), Reported: now}, "", nil},
		{"an agreement in order", reminder.Processor, valid, "", nil},
		{"ends in 20 days", reminder.Processor, change(func(p *processors.Processor) { p.ValidUntil = now.Add(20 * day) }), "ends", []user.Role{user.DPO}},
		{"has ended", reminder.Processor, change(func(p *processors.Processor) { p.ValidUntil = now.Add(-day) }), "expired", []user.Role{user.DPO, user.Admin}},
		{"no agreement", reminder.Processor, change(func(p *processors.Processor) { p.ValidUntil = time.Time{} }), "missing", []user.Role{user.DPO, user.Admin}},
		{"to be looked at", reminder.Processor, change(func(p *processors.Processor) { p.ReviewAt = now.Add(-day) }), "review_due", []user.Role{user.DPO}},
		{"not in use any more", reminder.Processor, change(func(p *processors.Processor) { p.ValidUntil, p.Ended = now.Add(-day), now.Add(-2*day) }), "", nil},
		{"people gone for an hour", reminder.Device, finding(device.HoldsRemoved, device.Notice), "", nil},
		{"people gone for a day", reminder.Device, finding(device.HoldsRemoved, device.Warning), "holds_removed", []user.Role{user.Lead}},
		{"people gone for a week", reminder.Device, finding(device.HoldsRemoved, device.Alarm), "holds_removed", []user.Role{user.Lead, user.DPO}},
		{"a check list lapses soon", reminder.Device, finding(device.AttestationDue, device.Notice), "attestation_due", []user.Role{user.Lead}},
		{"a check list has lapsed", reminder.Device, finding(device.Lapsed, device.Warning), "lapsed", []user.Role{user.Lead}},
		{"a restricted account", reminder.Number, org.Channel{AccountWord: org.Word{Event: "ACCOUNT_RESTRICTION", At: now}}, "account", []user.Role{user.Admin}},
		{"a lower limit", reminder.Number, org.Channel{Word: org.Word{Event: "DOWNGRADE", At: now}}, "said", []user.Role{user.Admin}},
		{"a higher limit", reminder.Number, org.Channel{Word: org.Word{Event: "UPGRADE", At: now}}, "", nil},
		{"an unmanaged phone", reminder.Device, finding(device.NotManaged, device.Alarm), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			due := caseDue(cases.Case{Clock: cases.Clock{Closed: now}}, now, time.UTC)
			switch thing := c.thing.(type) {
			case cases.Case:
				due = caseDue(thing, now, time.UTC)
			case breach.Record:
				due = breachDue(thing, now)
			case processors.Processor:
				due = processorDue(thing, now)
			case device.Looked:
				due = deviceDue(thing)
			case org.Channel:
				due = numberDue(thing)
			}
			if c.stage == "" {
				if len(due) > 0 {
					t.Errorf("%+v is due", due)
				}
				return
			}
			if len(due) != 1 || due[0].Topic != c.topic || due[0].Stage != c.stage || !slices.Equal(due[0].To, c.to) {
				t.Errorf("due is %+v", due)
			}
		})
	}
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for topic, stages := range map[reminder.Topic][]string{
		reminder.Case:      {"week", "days", "overdue", "supplement"},
		reminder.Number:    {"account", "said"},
		reminder.Guessing:  {"seen"},
		reminder.Relay:     {"silent", "refused"},
		reminder.Notice:    {"short", "over"},
		reminder.Approval:  {"open", "alone"},
		reminder.Account:   {string(user.Joined), string(user.Left)},
		reminder.Webhooks:  {"waiting"},
		reminder.Breach:    {"fresh", "day", "lastday", "overdue"},
		reminder.Processor: {"ends", string(processors.Expired), string(processors.Missing), string(processors.Unlawful), string(processors.ReviewDue)},
		reminder.Device: {string(device.HoldsRemoved), string(device.NotSynced), string(device.AttestationDue), string(device.Lapsed),
			string(device.Emptied), string(device.CheckFailed), string(device.WhatsAppThere)},
	} {
		for _, stage := range stages {
			if key := (reminder.Due{Topic: topic, Stage: stage}).Key(); !de.Has(key) || !en.Has(key) {
				t.Errorf("%s has no words", key)
			}
		}
	}
}
