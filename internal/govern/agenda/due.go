package agenda

import (
	"strconv"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/reminder"
	"einklang/internal/account/user"
	"einklang/internal/govern/processors"
	"einklang/internal/phones/device"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rule/id"
)

// caseDue reminds of a request a week and three days before its end, and when
// it is over (GDPR Art. 12(3)).
func caseDue(c cases.Case, now time.Time, zone *time.Location) []reminder.Due {
	urgency := c.Urgency(now, zone)
	to := []user.Role{user.DPO}
	switch urgency {
	case cases.Week:
	case cases.Days, cases.Overdue:
		to = append(to, user.Admin)
	default:
		return nil
	}
	return []reminder.Due{{Topic: reminder.Case, Subject: id.ID(c.ID), Stage: string(urgency), Round: c.Due(zone).Format(time.DateOnly), To: to, Path: "/desk/cases/" + c.ID.String()}}
}

// supplements is for how long files may come that a package lacked: WhatsApp has
// them for 30 days, and the reminder goes out once a day.
const supplements = 32 * 24 * time.Hour

// supplementDue reminds, once for each package, that files have come that it lacked
// (GDPR Art. 15): also where the answer went out without them.
func supplementDue(c cases.Case, came int) []reminder.Due {
	if came == 0 || (c.Outcome != "" && c.Outcome != cases.Done) {
		return nil
	}
	return []reminder.Due{{Topic: reminder.Case, Subject: id.ID(c.ID), Stage: "supplement", Round: c.Packed.UTC().Format(time.RFC3339), To: []user.Role{user.DPO},
		Path: "/desk/cases/" + c.ID.String(), Count: came}}
}

// breachDue reminds of a breach at once, after one day and two, and when the 72
// hours are over (GDPR Art. 33(1)).
func breachDue(b breach.Record, now time.Time) []reminder.Due {
	stage := b.Stage(now)
	if stage == breach.Settled {
		return nil
	}
	return []reminder.Due{{Topic: reminder.Breach, Subject: id.ID(b.ID), Stage: string(stage), To: []user.Role{user.DPO, user.Admin}, Path: "/desk/breaches/" + b.ID.String()}}
}

// endsSoon is how long before its end an agreement is spoken of.
const endsSoon = 30 * 24 * time.Hour

// processorDue reminds of agreements that end, have ended, or are to be looked
// at (GDPR Art. 28).
func processorDue(p processors.Processor, now time.Time) []reminder.Due {
	due := reminder.Due{Topic: reminder.Processor, Subject: id.ID(p.ID), To: []user.Role{user.DPO}, Path: "/desk/processors/" + p.ID.String()}
	switch state := p.State(now); {
	case state == processors.Short:
		due.Stage, due.Round, due.To = string(state), p.GraceEnds(now).Format(time.DateOnly), append(due.To, user.Admin)
	case state == processors.Expired || state == processors.Missing || state == processors.Unlawful:
		due.Stage, due.Round, due.To = string(state), p.ValidUntil.Format(time.DateOnly), append(due.To, user.Admin)
	case state == processors.ReviewDue:
		due.Stage, due.Round = string(state), p.ReviewAt.Format(time.DateOnly)
	case state != processors.Closed && p.ValidUntil.Sub(now) < endsSoon:
		due.Stage, due.Round = "ends", p.ValidUntil.Format(time.DateOnly)
	default:
		return nil
	}
	return []reminder.Due{due}
}

// numberDue tells of what Meta says against a number or its account, once each.
func numberDue(c org.Channel) (all []reminder.Due) {
	due := reminder.Due{Topic: reminder.Number, Subject: id.ID(c.ID), To: []user.Role{user.Admin}, Path: "/settings/numbers"}
	if c.AccountWord.Event != "" {
		due.Stage, due.Round = "account", c.AccountWord.Event+" "+c.AccountWord.At.Format(time.RFC3339)
		all = append(all, due)
	}
	if c.Word.Event == "DOWNGRADE" || c.Word.Event == "FLAGGED" {
		due.Stage, due.Round = "said", c.Word.Event+" "+c.Word.At.Format(time.RFC3339)
		all = append(all, due)
	}
	return all
}

// webhooksDue reminds, at once and then every week, of what WhatsApp sent and could
// not be applied: it is a message that is missing, and goes after ninety days.
func webhooksDue(org id.Org, n int64, since, now time.Time) []reminder.Due {
	if n == 0 {
		return nil
	}
	weeks := int(now.Sub(since) / (7 * 24 * time.Hour))
	return []reminder.Due{{Topic: reminder.Webhooks, Subject: id.ID(org), Stage: "waiting", Round: since.UTC().Format(time.DateOnly) + " " + strconv.Itoa(weeks),
		To: []user.Role{user.Admin}, Path: "/settings/webhooks", Count: int(n)}}
}

// deviceDue reminds of what grows worse with time: people who are gone but still
// on a phone, a phone that does not sync, and a check list that lapses. A
// warning goes to those who lead the team, an alarm to the data protection
// officer as well.
func deviceDue(d device.Looked) []reminder.Due {
	var all []reminder.Due
	for _, f := range d.Findings {
		switch f.Code {
		case device.HoldsRemoved, device.NotSynced, device.AttestationDue, device.Lapsed, device.Emptied, device.CheckFailed, device.WhatsAppThere:
		default:
			continue
		}
		due := reminder.Due{Topic: reminder.Device, Subject: id.ID(d.ID), Stage: string(f.Code), Round: f.Severity.String() + " " + f.Since.Format(time.DateOnly),
			To: []user.Role{user.Lead}, Path: "/devices/" + d.ID.String(), Count: f.Count}
		switch f.Severity {
		case device.Warning:
		case device.Alarm:
			due.To = append(due.To, user.DPO)
		case device.Notice:
			if f.Code != device.AttestationDue {
				continue
			}
		}
		all = append(all, due)
	}
	return all
}
