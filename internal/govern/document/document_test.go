package document

import (
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/rule/cockpit"
	"einklang/internal/rule/i18n"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func facts() cockpit.Facts {
	return cockpit.Facts{
		Now: now,
		Organisation: cockpit.Organisation{Name: "Beispiel GmbH", Address: "Musterstraße 1, 10115 Berlin", Email: "info@example.com", DPO: "datenschutz@example.com", Country: "DE",
			Portal: "https://einklang.example.com/portal/beispiel", Privacy: "https://einklang.example.com/privacy/beispiel"},
		Numbers:    []cockpit.Number{{Name: "Kundendienst", Product: "cloud_api", Active: true, AgreementUntil: now.AddDate(1, 0, 0), StorageMode: "NO_STORAGE_ENABLED"}},
		Notice:     cockpit.Notice{Version: 2, Published: now},
		Consent:    cockpit.Consent{DoubleOptIn: true, Untied: true, Purposes: []cockpit.Purpose{{Key: "service"}, {Key: "utility", AboutDE: "Bestellungen", AboutEN: "orders"}, advertising}},
		Books:      cockpit.Books{Devices: 2},
		Processors: []cockpit.Processor{{Name: "WhatsApp Ireland Ltd.", Country: "IE", Mechanism: "not_needed", State: "valid", Until: now.AddDate(1, 0, 0)}},
		Transfers:  []cockpit.Transfer{{Recipient: "Meta", Country: "US", Mechanism: "dpf", Calls: 3, Bytes: 4096}},
		Components: []cockpit.Component{{Name: "PostgreSQL", Host: "db.example.com", Country: "DE", EEA: true, Declared: true}},
		Deletion:   cockpit.Deletion{LastRun: now, Rules: []cockpit.RetentionRule{{Class: "messages", Days: 365}, {Class: "media", Days: 90}}},
		Backup:     cockpit.Backup{Last: now, Verified: now, Encrypted: true, KeyDays: 30},
		Staff:      cockpit.Staff{Accounts: 5, Admins: 1, DPOs: 1, Deciders: 2, AuditKept: true},
		Security:   cockpit.Security{HTTPS: true, MailTLS: true, Database: "postgres"},
	}
}

func catalogues(t *testing.T) []*i18n.Catalogue {
	t.Helper()
	de, en, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return []*i18n.Catalogue{de, en}
}

func write(t *testing.T, key string, f cockpit.Facts, c *i18n.Catalogue) Document {
	t.Helper()
	d, ok := Write(key, f, c)
	if !ok {
		t.Fatalf("there is no document %q", key)
	}
	return d
}

// all is everything that a document says.
func all(d Document) string {
	var b strings.Builder
	for _, s := range d.Sections {
		b.WriteString(s.Title + "\n" + strings.Join(s.Paragraphs, "\n") + "\n" + strings.Join(s.Items, "\n") + "\n" + strings.Join(s.Table.Head, " ") + "\n")
		for _, r := range s.Table.Rows {
			b.WriteString(strings.Join(r, " ") + "\n")
		}
	}
	return b.String()
}

func TestEveryDocumentIsWrittenInBothLanguages(t *testing.T) {
	for _, c := range catalogues(t) {
		for _, key := range Keys() {
			d := write(t, key, facts(), c)
			said := all(d)
			for _, g := range d.Missing {
				said += g.Text
			}
			if strings.Contains(said, "⟨") || strings.Contains(said, "{0}") || strings.Contains(d.Title, "⟨") {
				t.Errorf("%s %s has a gap in its texts: %s", c.Locale, key, said)
			}
			if len(d.Sections) < 2 || d.Date.IsZero() || !strings.Contains(said, "Beispiel GmbH") {
				t.Errorf("%s %s is not whole: %+v", c.Locale, key, d)
			}
			if len(d.Missing) != 0 && key != "dpia" {
				t.Errorf("%s %s misses something although all is there: %v", c.Locale, key, d.Missing)
			}
		}
	}
	if _, ok := Write("nonsense", facts(), catalogues(t)[0]); ok {
		t.Error("an unknown document is written")
	}
}

func TestADocumentStatesOnlyWhatIsSo(t *testing.T) {
	c := catalogues(t)[1]
	for _, off := range []struct {
		document, says string
		turn           func(*cockpit.Facts)
	}{
		{"measures", "Pages are reached over TLS", func(f *cockpit.Facts) { f.Security.HTTPS = false }},
		{"measures", "E-mail leaves", func(f *cockpit.Facts) { f.Security.MailTLS = false }},
		{"measures", "append-only", func(f *cockpit.Facts) { f.Staff.AuditKept = false }},
		{"measures", "needs a second person", func(f *cockpit.Facts) { f.Staff.Deciders = 1 }},
		{"measures", "deleted there after 30 days", func(f *cockpit.Facts) { f.Backup.KeyDays = 60 }},
		{"breach", "None is open", func(f *cockpit.Facts) { f.Breaches = []cockpit.Breach{{Aware: now, Missing: 2}} }},
		{"access", "", func(f *cockpit.Facts) { f.Transfers[0].Mechanism = "" }},
		{"measures", "confirmed twice", func(f *cockpit.Facts) { f.Consent.DoubleOptIn = false }},
		{"measures", "address book of consenting people", func(f *cockpit.Facts) { f.Books.Devices = 0 }},
		{"measures", "valid check list", func(f *cockpit.Facts) { f.Books.Lapsed = 1 }},
		{"measures", "Read receipts are not sent", func(f *cockpit.Facts) { f.Automation.Receipts = true }},
		{"measures", "Backups are encrypted", func(f *cockpit.Facts) { f.Backup.Encrypted = false }},
		{"measures", "Restoring was last tried", func(f *cockpit.Facts) { f.Backup.Verified = time.Time{} }},
		{"measures", "Meta stores no content", func(f *cockpit.Facts) { f.Numbers[0].StorageMode = "DEFAULT" }},
		{"measures", "PostgreSQL stands in DE", func(f *cockpit.Facts) { f.Components[0].EEA = false }},
		{"measures", "Erasing a person destroys", func(f *cockpit.Facts) { f.Deletion.Stuck = 1 }},
		{"measures", "retention rules run daily", func(f *cockpit.Facts) { f.Deletion.LastRun = time.Time{} }},
		{"notice", "", func(f *cockpit.Facts) { f.Notice.Missing = []cockpit.NoticeGap{{Part: "rights", Locale: "de"}} }},
		{"works_council", "Nobody's performance", func(f *cockpit.Facts) { f.Staff.AgreementWaits = true }},
		{"measures", "goes out with the first reply", func(f *cockpit.Facts) { f.Notice.Missing = []cockpit.NoticeGap{{Part: "rights", Locale: "de"}} }},
		{"notice", "Our servers stand", func(f *cockpit.Facts) { f.Components[0].Declared = false }},
		{"notice", "Our servers stand", func(f *cockpit.Facts) { f.Components = nil }},
		{"notice", "European Economic Area", func(f *cockpit.Facts) { f.Components[0].Country, f.Components[0].EEA = "US", false }},
		{"notice", "Data Privacy Framework", func(f *cockpit.Facts) { f.Transfers[0].Mechanism = "" }},
		{"record", "info@example.com", func(f *cockpit.Facts) { f.Organisation.Email = "" }},
		{"register", "", func(f *cockpit.Facts) { f.Processors[0].State = "expired" }},
		{"deletion", "365", func(f *cockpit.Facts) { f.Deletion.Rules = nil }},
	} {
		if off.document == "deletion" {
			off.says = "1 year"
		}
		before := write(t, off.document, facts(), c)
		f := facts()
		off.turn(&f)
		after := write(t, off.document, f, c)
		if off.says != "" && (!strings.Contains(all(before), off.says) || strings.Contains(all(after), off.says)) {
			t.Errorf("%s: %q is said before: %v, after: %v", off.document, off.says, strings.Contains(all(before), off.says), strings.Contains(all(after), off.says))
		}
		if len(after.Missing) <= len(before.Missing) {
			t.Errorf("%s without %q misses nothing: %v", off.document, off.says, after.Missing)
		}
	}
}

func TestTheImpactAssessmentShowsEveryRequirement(t *testing.T) {
	d := write(t, "dpia", facts(), catalogues(t)[0])
	i := slices.IndexFunc(d.Sections, func(s Section) bool { return len(s.Table.Rows) == 26 })
	if i < 0 {
		t.Fatal("the 26 requirements are not there")
	}
}
