package app

import (
	"context"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/mail"
	"einklang/internal/importing/lists"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/id"
)

// factsOfConsent counts the ways in which people come to consent.
func (a *App) factsOfConsent(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	ways, err := a.Consents.Settings(ctx, a.DB, o.ID)
	if err != nil {
		return err
	}
	f.Consent.DoubleOptIn = a.Post.Configured()
	f.Consent.WebForm = ways.Form && (ways.ByEmail && a.Post.Configured() || len(f.Numbers) > 0) // confirmed by e-mail, or by a code on WhatsApp
	f.Security.MailTLS = a.Post.Configured() && a.Config.Mail.Security != mail.Plain
	entries, err := a.Entries.All(ctx, a.DB, o.ID)
	for _, e := range entries {
		if !e.Retired {
			f.Consent.EntryPoints++
		}
	}
	return err
}

// factsOfCases counts privacy cases and how near their ends are (GDPR Art.
// 12(3)).
func (a *App) factsOfCases(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	zone, err := o.Settings.Location()
	if err != nil {
		return err
	}
	open, err := a.Cases.Waiting(ctx, a.DB, o.ID, zone)
	for _, c := range open {
		f.Cases.Open++
		switch c.Urgency(f.Now, zone) {
		case cases.Overdue:
			f.Cases.Overdue++
		case cases.Days, cases.Week:
			f.Cases.DueSoon++
		default:
		}
	}
	return err
}

// factsOfOversight tells whether what staff do is written down, how many could
// be a second person, and which breaches are open.
func (a *App) factsOfOversight(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	var err error
	if f.Staff.AuditKept, err = a.Audit.Kept(ctx, a.DB, o.ID); err != nil {
		return err
	}
	deciders, err := a.deciders(ctx, a.DB, o.ID, id.ID{})
	if err != nil {
		return err
	}
	f.Staff.Deciders = int64(deciders)
	breaches, err := a.Breaches.List(ctx, a.DB, o.ID)
	for _, b := range breaches {
		if b.Closed.IsZero() {
			f.Breaches = append(f.Breaches, cockpit.Breach{Aware: b.Aware, Due: b.Due(), Reported: b.Reported, Overdue: b.Stage(f.Now) == breach.Overdue,
				People: b.Affected.People, Missing: len(b.Missing(f.Now))})
		}
	}
	return err
}

// factsOfWork counts labels and quick replies.
func (a *App) factsOfWork(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	labels, err := a.Work.LabelsInUse(ctx, a.DB, o.ID)
	if err != nil {
		return err
	}
	f.Labels.Labels = int64(len(labels))
	for _, l := range labels {
		f.Labels.Used += int64(l.Used)
	}
	replies, err := a.Work.QuickReplies(ctx, a.DB, o.ID)
	f.Automation.QuickReplies = int64(len(replies))
	f.Staff.Singles, f.Staff.AgreementWaits = o.Settings.Monitoring.Holds(), o.Settings.Monitoring.Waits()
	return err
}

// The most imports and erasures that are looked through.
const factsMost = 1000

// factsOfImports counts what was brought in, and who has still to be informed
// (GDPR Art. 14).
func (a *App) factsOfImports(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	all, err := a.Imports.List(ctx, a.DB, o.ID, factsMost)
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.State == lists.Done {
			f.Imports.Imports++
		}
	}
	duties, err := a.Imports.Duties(ctx, a.DB, o.ID)
	for _, d := range duties {
		f.Imports.Article14Due += d.Open
		f.Imports.Article14Overdue += d.Overdue
	}
	return err
}

// factsOfErasure counts erasures. One that has not ended after a day is stuck.
func (a *App) factsOfErasure(ctx context.Context, o org.Org, f *cockpit.Facts) error {
	all, err := a.Erasure.List(ctx, a.DB, o.ID, factsMost)
	for _, p := range all {
		switch {
		case p.Step == erasure.Done && p.Done.After(f.Now.AddDate(-1, 0, 0)):
			f.Deletion.Done++
		case p.Step == erasure.Done:
		default:
			f.Deletion.Running++
			if f.Now.Sub(p.Started) > 24*time.Hour {
				f.Deletion.Stuck++
			}
		}
	}
	return err
}
