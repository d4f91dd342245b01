package cockpit

import (
	"fmt"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// good is an organisation of which every requirement is met.
func good() Facts {
	return Facts{
		Now:          now,
		Organisation: Organisation{Name: "Beispiel GmbH", Address: "Musterstraße 1, 10115 Berlin", Email: "info@example.com", DPO: "datenschutz@example.com"},
		Numbers: []Number{{Name: "Kundendienst", Product: "cloud_api", Active: true, AgreementUntil: now.AddDate(1, 0, 0),
			StorageMode: "NO_STORAGE_ENABLED", Profile: ProfileLinks}},
		Notice:     Notice{Version: 2, Published: now.AddDate(0, -1, 0), Delivered: 40},
		Consent:    Consent{Granted: 30, DoubleOptIn: true, EntryPoints: 2, Initiated: 12},
		Gate:       Gate{Allowed: 100, Denied: 4},
		Books:      Books{Devices: 3, WithWhatsApp: 2},
		Processors: []Processor{{Name: "WhatsApp Ireland Ltd.", Country: "IE", Mechanism: "not_needed", State: "valid"}},
		Transfers:  []Transfer{{Recipient: "Meta", Country: "US", Mechanism: "DPF", Calls: 9}},
		Components: []Component{{Name: "database", Country: "DE", EEA: true, Declared: true}},
		Deletion:   Deletion{Rules: []RetentionRule{{Class: "messages", Days: 365}}, LastRun: now.Add(-time.Hour)},
		Backup:     Backup{Last: now.Add(-12 * time.Hour), Verified: now.AddDate(0, 0, -7), Encrypted: true, KeyDays: 30},
		Staff:      Staff{Accounts: 4, Deciders: 2, Demanding: []string{"dpo", "admin"}},
		Budget:     Budget{Limit: 500_000_000, Spent: 1_000_000},
		Automation: Automation{QuickReplies: 3, Sent: 5},
		Labels:     Labels{Labels: 4, Used: 9},
		ThirdParty: ThirdParty{Cards: 2},
		Imports:    Imports{Imports: 1},
	}
}

func TestAllIsWell(t *testing.T) {
	all := Judge(good())
	if len(all) != 26 {
		t.Fatalf("there are 26 requirements, not %d", len(all))
	}
	for i, m := range all {
		state, finding := Green, ""
		if m.ID != fmt.Sprintf("S%d", i+1) || m.State != state || m.Finding != finding || m.Page == "" || len(m.Evidence) == 0 {
			t.Errorf("%+v", m)
		}
	}
}

func TestEveryFactChangesItsRequirement(t *testing.T) {
	number := func(change func(*Number)) func(*Facts) { return func(f *Facts) { change(&f.Numbers[0]) } }
	for _, c := range []struct {
		id, finding string
		state       State
		change      func(*Facts)
	}{
		{"S1", "book_unlawful", Red, func(f *Facts) { f.Books.Unlawful = 1 }},
		{"S1", "book_stale", Amber, func(f *Facts) { f.Books.StillHeld = 2 }},
		{"S1", "devices_none", Unknown, func(f *Facts) { f.Books = Books{} }},
		{"S2", "cards_kept", Amber, func(f *Facts) { f.ThirdParty.Overdue = 1 }},
		{"S2", "cards_none", Unknown, func(f *Facts) { f.ThirdParty.Cards = 0 }},
		{"S3", "judged_none", Unknown, func(f *Facts) { f.Gate = Gate{} }},
		{"S3", "unjudged", Red, func(f *Facts) { f.Gate.Unjudged = 1 }},
		{"S3", "on_sales", Amber, func(f *Facts) { f.Consent.Existing, f.Consent.OnSales = true, 2 }},
		{"S3", "existing_on", Amber, func(f *Facts) { f.Consent.Existing = true }},
		{"S3", "baseless", Red, func(f *Facts) { f.Gate.Baseless = 1 }},
		{"S3", "unproven", Red, func(f *Facts) { f.Consent.Unproven = 1 }},
		{"S4", "undeclared", Red, func(f *Facts) { f.Books.Undeclared = 1 }},
		{"S4", "devices_none", Unknown, func(f *Facts) { f.Books = Books{} }},
		{"S5", "phones_none", Unknown, func(f *Facts) { f.Books.WithWhatsApp = 0 }},
		{"S6", "numbers_none", Unknown, func(f *Facts) { f.Numbers, f.Books = nil, Books{} }},
		{"S7", "numbers_none", Unknown, func(f *Facts) { f.Numbers = nil }},
		{"S9", "numbers_none", Unknown, func(f *Facts) { f.Numbers = nil }},
		{"S5", "unmanaged", Amber, func(f *Facts) { f.Books.Unmanaged = 1 }},
		{"S6", "consumer_app", Red, func(f *Facts) { f.Books.ConsumerApp = 1 }},
		{"S6", "product_unknown", Amber, number(func(x *Number) { x.Product = "" })},
		{"S7", "content_lost", Red, func(f *Facts) { f.Intake.Lost = 1 }},
		{"S7", "storage_unknown", Red, number(func(x *Number) { x.StorageMode = "" })},
		{"S7", "storage_default", Amber, number(func(x *Number) { x.StorageMode = "DEFAULT" })},
		{"S7", "content_late", Amber, func(f *Facts) { f.Intake.Late = 1 }},
		{"S7", "box_silent", Amber, func(f *Facts) { f.Intake.Boxes, f.Intake.BoxesSilent = 1, 1 }},
		{"S7", "letters_refused", Amber, func(f *Facts) { f.Intake.LettersRefused = 1 }},
		{"S8", "number_uncovered", Red, number(func(x *Number) { x.AgreementUntil = now })},
		{"S8", "processor_bad", Red, func(f *Facts) { f.Processors[0].State = "expired" }},
		{"S8", "processor_short", Red, func(f *Facts) { f.Processors[0].State = "short" }},
		{"S8", "processors_none", Red, func(f *Facts) { f.Processors = nil }},
		{"S8", "processor_due", Amber, func(f *Facts) { f.Processors[0].State = "review_due" }},
		{"S9", "receipts_on", Amber, func(f *Facts) { f.Automation.Receipts = true }},
		{"S10", "no_entry_points", Amber, func(f *Facts) { f.Consent.EntryPoints = 0 }},
		{"S11", "no_opt_in_way", Red, func(f *Facts) { f.Consent.DoubleOptIn = false }},
		{"S12", "notice_none", Red, func(f *Facts) { f.Notice.Version = 0 }},
		{"S12", "notice_incomplete", Red, func(f *Facts) { f.Notice.Missing = []NoticeGap{{Part: "rights"}} }},
		{"S13", "cloud_backup", Red, func(f *Facts) { f.Books.CloudBackup = 1 }},
		{"S13", "attestation_lapsed", Red, func(f *Facts) { f.Books.Lapsed = 1 }},
		{"S13", "phones_none", Unknown, func(f *Facts) { f.Books.WithWhatsApp = 0 }},
		{"S13", "phones_unasked", Unknown, func(f *Facts) { f.Books.Unasked = 1 }},
		{"S15", "phones_none", Unknown, func(f *Facts) { f.Books.WithWhatsApp = 0 }},
		{"S15", "phones_unasked", Unknown, func(f *Facts) { f.Books.Unasked = 1 }},
		{"S14", "backup_none", Amber, func(f *Facts) { f.Backup = Backup{} }},
		{"S3", "past_the_gate", Red, func(f *Facts) { f.Gate.Foreign = 1 }},
		{"S14", "restored_unseen", Red, func(f *Facts) { f.Backup.Held = true }},
		{"S14", "journal_behind", Amber, func(f *Facts) { f.Backup.JournalSince = now.Add(-10 * time.Minute) }},
		{"S14", "backup_open", Red, func(f *Facts) { f.Backup.Encrypted = false }},
		{"S14", "backup_old", Amber, func(f *Facts) { f.Backup.Last = now.AddDate(0, 0, -3) }},
		{"S14", "backup_untried", Amber, func(f *Facts) { f.Backup.Verified = now.AddDate(0, -3, 0) }},
		{"S15", "saves_pictures", Red, func(f *Facts) { f.Books.SavesPictures = 1 }},
		{"S16", "no_labels", Amber, func(f *Facts) { f.Labels.Labels = 0 }},
		{"S17", "profile_without_link", Amber, number(func(x *Number) { x.Profile = ProfileLacks })},
		{"S17", "profile_unread", Unknown, number(func(x *Number) { x.Profile = ProfileUnread })},
		{"S17", "profile_unread", Unknown, number(func(x *Number) { x.Profile = "" })},
		{"S17", "numbers_none", Unknown, func(f *Facts) { f.Numbers = nil }},
		{"S18", "automation_none", Unknown, func(f *Facts) { f.Automation.Sent = 0 }},
		{"S19", "imports_none", Unknown, func(f *Facts) { f.Imports.Imports = 0 }},
		{"S20", "numbers_none", Unknown, func(f *Facts) { f.Numbers = nil }},
		{"S18", "baseless", Red, func(f *Facts) { f.Gate.Baseless = 1 }},
		{"S19", "article14_overdue", Red, func(f *Facts) { f.Imports.Article14Overdue = 1 }},
		{"S19", "article14_due", Amber, func(f *Facts) { f.Imports.Article14Due = 1 }},
		{"S20", "number_twice", Amber, number(func(x *Number) { x.OnPhone = true })},
		{"S21", "password_only", Amber, func(f *Facts) { f.Staff.Demanding = nil }},
		{"S21", "factor_roles", Amber, func(f *Facts) { f.Staff.Undemanded = 1 }},
		{"S21", "factor_missing", Amber, func(f *Facts) { f.Staff.Lacking = 1 }},
		{"S21", "nobody", Unknown, func(f *Facts) { f.Staff.Accounts = 0 }},
		{"S22", "no_budget", Amber, func(f *Facts) { f.Budget.Limit = 0 }},
		{"S22", "budget_used", Amber, func(f *Facts) { f.Budget.Spent = f.Budget.Limit }},
		{"S23", "transfer_unfounded", Red, func(f *Facts) { f.Transfers[0].Mechanism = "" }},
		{"S23", "component_outside", Red, func(f *Facts) { f.Components[0].EEA = false }},
		{"S23", "component_undeclared", Amber, func(f *Facts) { f.Components[0].Declared = false }},
		{"S24", "erasure_stuck", Red, func(f *Facts) { f.Deletion.Stuck = 1 }},
		{"S24", "retention_unrun", Unknown, func(f *Facts) { f.Deletion.LastRun = time.Time{} }},
		{"S24", "retention_idle", Amber, func(f *Facts) { f.Deletion.LastRun = now.AddDate(0, 0, -3) }},
		{"S24", "retention_warning", Amber, func(f *Facts) { f.Deletion.Rules[0].Warning = "too_short" }},
		{"S25", "case_overdue", Red, func(f *Facts) { f.Cases.Overdue = 1 }},
		{"S25", "controller_incomplete", Amber, func(f *Facts) { f.Organisation.Address = "" }},
		{"S25", "case_due", Amber, func(f *Facts) { f.Cases.DueSoon = 1 }},
		{"S25", "breach_overdue", Red, func(f *Facts) { f.Breaches = []Breach{{Overdue: true}} }},
		{"S25", "four_eyes", Amber, func(f *Facts) { f.Staff.Deciders = 1 }},
		{"S26", "agreement_waits", Amber, func(f *Facts) { f.Staff.AgreementWaits = true }},
		{"S26", "staff_none", Unknown, func(f *Facts) { f.Staff.Accounts = 1 }},
	} {
		f := good()
		c.change(&f)
		all := Judge(f)
		var got Measure
		for _, m := range all {
			if m.ID == c.id {
				got = m
			}
		}
		if got.State != c.state || got.Finding != c.finding {
			t.Errorf("%s %s: %s %q, want %s", c.id, c.finding, got.State, got.Finding, c.state)
		}
		if Worst(all) == Green {
			t.Errorf("%s %s: the whole is green all the same", c.id, c.finding)
		}
	}
}
