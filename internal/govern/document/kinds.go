package document

import (
	"slices"
	"strings"

	"einklang/internal/rule/cockpit"
)

// record is the record of processing activities (GDPR Art. 30(1)).
func record(w *writer) {
	w.section("record.purposes")
	for _, key := range []string{"service", "utility", "marketing", "evidence"} {
		w.item("purpose." + key)
	}
	w.section("record.people")
	w.say("record.people.text")
	w.section("record.categories")
	w.head("head.category", "head.origin", "head.period")
	for _, key := range []string{"identity", "content", "media", "metadata", "consent", "staff"} {
		w.row(w.t("category."+key), w.t("origin."+key), w.period(key))
	}
	if len(w.Attributes) > 0 {
		w.section("record.attributes")
		w.head("head.attribute", "head.purpose", "head.period")
		for _, a := range w.Attributes {
			w.row(a.Name, a.Purpose, w.period("identity"))
		}
	}
	w.section("record.basis")
	for _, key := range []string{"basis.initiated", "basis.consent", "basis.contract", "basis.duty"} {
		w.item(key)
	}
	if w.Consent.Existing || w.Consent.OnSales > 0 {
		w.item("basis.existing")
	}
	w.recipients()
	w.section("record.security")
	w.say("record.security.text")
	w.channels()
}

// period is how long a category is kept, as the retention rules say.
func (w *writer) period(category string) string {
	class := map[string]string{"content": "messages", "media": "media", "metadata": "status_details", "consent": "consent_proof", "staff": "audit", "identity": "messages"}[category]
	for _, r := range w.Deletion.Rules {
		if r.Class == class {
			return w.days(r.Days)
		}
	}
	return w.t("period.rule")
}

func (w *writer) days(days int) string {
	if days%365 == 0 && days > 0 {
		return w.c.N("doc.years", days/365)
	}
	return w.c.N("doc.days", days)
}

func (w *writer) recipients() {
	w.section("recipients")
	w.head("head.recipient", "head.country", "head.mechanism", "head.agreement")
	for _, p := range w.Processors {
		w.row(p.Name, p.Country, w.c.T("mechanism."+p.Mechanism), w.date(p.Until))
		if p.State != "valid" {
			w.missing("processor", cockpit.ProcessorsPage, p.Name, w.c.T("processors.state."+p.State))
		}
	}
	if len(w.Processors) == 0 {
		w.missing("processors", cockpit.ProcessorsPage)
	}
}

// channels lists the numbers and how Meta stores their content.
func (w *writer) channels() {
	w.section("numbers")
	w.head("head.number", "head.product", "head.storage", "head.agreement")
	for _, n := range w.Numbers {
		w.row(n.Name+" "+n.Display, w.c.T("product."+n.Product), w.c.T("storage.mode."+n.StorageMode)+" "+n.StorageRegion, w.date(n.AgreementUntil))
	}
	if len(w.Numbers) == 0 {
		w.missing("numbers", cockpit.NumbersPage)
	}
}

// registers is the register of processors and transfers, with the questions of
// a transfer impact assessment (EDPB Recommendations 01/2020).
func registers(w *writer) {
	w.recipients()
	w.section("transfers")
	w.head("head.recipient", "head.country", "head.mechanism", "head.calls", "head.bytes")
	third := false
	for _, t := range w.Transfers {
		w.row(t.Recipient, t.Country, w.c.Known("mechanism.", t.Mechanism), count(t.Calls), w.c.Size(t.Bytes))
		third = third || !t.EEA
	}
	if !third {
		return
	}
	w.section("tia")
	w.say("tia.text")
	for _, key := range []string{"tia.data", "tia.law", "tia.access", "tia.measures", "tia.rights", "tia.review"} {
		w.item(key)
	}
	for _, n := range w.Numbers {
		if n.StorageMode == "NO_STORAGE_ENABLED" {
			w.item("tia.no_storage", n.Name)
		}
	}
}

// measures is the list of technical and organisational measures (GDPR Art.
// 32). It states what is configured now, and nothing else.
func measures(w *writer) {
	w.section("measures.confidentiality")
	w.item("measure.sealed")
	w.item("measure.lookup")
	w.item("measure.logs")
	w.when(w.Security.HTTPS, "https", cockpit.ControllerPage)
	w.when(w.Security.MailTLS, "mail_tls", cockpit.ConsentPage)
	w.when(w.Staff.Accounts > 0, "roles", cockpit.UsersPage, count(w.Staff.Accounts), count(w.Staff.Admins), count(w.Staff.DPOs))
	w.when(w.Staff.AuditKept, "audit", cockpit.UsersPage)
	w.when(w.Staff.Deciders > 1, "four_eyes", cockpit.UsersPage, count(w.Staff.Deciders))
	w.section("measures.lawfulness")
	w.item("measure.gate", count(w.Gate.Allowed), count(w.Gate.Denied))
	w.when(w.Consent.DoubleOptIn, "double_opt_in", cockpit.ConsentPage)
	if w.Notice.Version > 0 && len(w.Notice.Missing) == 0 {
		w.item("measure.notice", w.Notice.Version)
	} else {
		w.noticeGaps()
	}
	w.when(w.Books.Devices > 0, "books", cockpit.DevicesPage, count(w.Books.Devices))
	w.when(w.Books.Devices > 0 && w.Books.Lapsed+w.Books.Undeclared == 0, "attested", cockpit.DevicesPage, count(w.Books.Devices))
	w.when(!w.Automation.Receipts, "receipts", cockpit.NumbersPage)
	w.section("measures.integrity")
	w.item("measure.evidence", count(w.Evidence.Leaves))
	w.item("measure.durable", w.Security.Database)
	w.section("measures.availability")
	w.when(!w.Backup.Last.IsZero() && w.Backup.Encrypted, "backup", cockpit.CockpitPage, w.date(w.Backup.Last))
	w.when(w.Backup.KeyDays > 0 && w.Backup.KeyDays <= 30, "backup_keys", cockpit.CockpitPage, w.Backup.KeyDays)
	w.when(!w.Backup.Verified.IsZero(), "restore", cockpit.CockpitPage, w.date(w.Backup.Verified))
	w.when(w.Intake.Lost == 0, "reachable", cockpit.StoragePage, w.date(w.Intake.Since))
	w.section("measures.place")
	w.when(w.allStored("NO_STORAGE_ENABLED"), "no_storage", cockpit.StoragePage)
	w.item("measure.egress", len(w.Transfers))
	for _, c := range w.Components {
		if c.Declared && c.EEA {
			w.item("measure.component", c.Name, c.Host, c.Country)
		} else {
			w.missing("component", cockpit.TransfersPage, c.Name)
		}
	}
	w.section("measures.deletion")
	w.when(w.Deletion.Stuck == 0, "erasure", cockpit.ErasuresPage, count(w.Deletion.Done))
	w.when(!w.Deletion.LastRun.IsZero(), "retention", cockpit.RetentionPage, w.date(w.Deletion.LastRun))
}

func (w *writer) allStored(mode string) bool {
	for _, n := range w.Numbers {
		if n.StorageMode != mode {
			return false
		}
	}
	return len(w.Numbers) > 0
}

// impact is the skeleton of a data-protection impact assessment (GDPR Art. 35(7)).
func impact(w *writer) {
	w.section("dpia.description")
	w.say("dpia.description.text", w.Organisation.Name, len(w.Numbers), count(w.Staff.Accounts))
	w.channels()
	w.section("dpia.necessity")
	for _, key := range []string{"dpia.necessity.purpose", "dpia.necessity.minimal", "dpia.necessity.choice"} {
		w.item(key)
	}
	w.section("dpia.risks")
	w.head("head.risk", "head.measure", "head.state")
	all := cockpit.Judge(w.Facts)
	for _, m := range all {
		w.row(m.ID+" "+w.c.T("cockpit.title."+m.ID), w.c.T("cockpit.measure."+m.ID), w.c.T("cockpit.state."+string(m.State)))
		if m.State == cockpit.Red {
			w.missing("risk", m.Page, m.ID, w.c.T("cockpit.finding."+m.Finding))
		}
	}
	w.section("dpia.rights")
	w.say("dpia.rights.text", count(w.Cases.Open), count(w.Cases.Closed))
	w.section("dpia.decide")
	for _, key := range []string{"dpia.decide.residual", "dpia.decide.dpo", "dpia.decide.people", "dpia.decide.authority"} {
		w.item(key)
	}
}

// deletion is the deletion concept (DIN 66398).
func deletion(w *writer) {
	w.section("deletion.classes")
	w.head("head.class", "head.period", "head.reason", "head.note")
	for _, r := range w.Deletion.Rules {
		note := w.t("deletion.default")
		if r.Changed {
			note = w.t("deletion.changed")
		}
		if r.Warning != "" {
			note += "; " + w.t("warning."+r.Warning)
		}
		w.row(w.t("class."+r.Class), w.days(r.Days), w.t("reason."+r.Class), note)
	}
	if len(w.Deletion.Rules) == 0 {
		w.missing("retention", cockpit.RetentionPage)
	}
	w.section("deletion.run")
	if w.Deletion.LastRun.IsZero() {
		w.missing("measure.retention", cockpit.RetentionPage)
	} else {
		w.say("deletion.run.text", w.date(w.Deletion.LastRun), count(w.Deletion.Holds))
	}
	w.section("deletion.erasure")
	w.say("deletion.erasure.text", count(w.Deletion.Done))
	w.say("deletion.backups")
}

// noticeSection is the part on WhatsApp for the company's privacy notice (GDPR
// Art. 13, 14).
func noticeSection(w *writer) {
	for _, part := range []string{"what", "why", "who", "where", "how_long", "rights"} {
		w.section("notice." + part)
		switch part {
		case "how_long":
			w.say("notice.how_long.text", w.period("content"), w.period("media"))
		case "where":
			w.places()
		default:
			w.say("notice." + part + ".text")
		}
	}
	w.noticeGaps()
}

// places says where the data lies, from what is declared and from what leaves:
// a part whose place nobody has declared is missing, and a place outside the
// EEA is named (GDPR Art. 13(1)(f)).
func (w *writer) places() {
	var inside, outside []string
	known := len(w.Components) > 0
	for _, c := range w.Components {
		switch {
		case !c.Declared:
			known = false
			w.missing("component", cockpit.TransfersPage, c.Name)
		case c.EEA && !slices.Contains(inside, c.Country):
			inside = append(inside, c.Country)
		case !c.EEA && !slices.Contains(outside, c.Country):
			outside = append(outside, c.Country)
		}
	}
	switch {
	case !known:
		w.missing("places", cockpit.TransfersPage)
	case len(outside) > 0:
		w.say("notice.where.outside", strings.Join(append(inside, outside...), ", "))
		w.missing("outside", cockpit.TransfersPage, strings.Join(outside, ", "))
	default:
		w.say("notice.where.inside", strings.Join(inside, ", "))
	}
	for _, t := range w.Transfers {
		switch {
		case t.EEA:
		case t.Mechanism == "":
			w.missing("transfer", cockpit.TransfersPage, t.Recipient)
		default:
			w.say("notice.where.transfer", t.Recipient, t.Country, w.c.Known("mechanism.", t.Mechanism))
		}
	}
	if w.allStored("NO_STORAGE_ENABLED") {
		w.say("notice.where.no_storage")
	}
}

// noticeGaps lists what the notice in force does not say.
func (w *writer) noticeGaps() {
	if w.Notice.Version == 0 {
		w.missing("measure.notice", cockpit.NoticePage)
	}
	for _, g := range w.Notice.Missing {
		lacks := w.c.T("notice.empty.part")
		if g.Lacks != "" {
			lacks = w.c.T("notice.lacks." + g.Lacks)
		}
		w.missing("notice", cockpit.NoticePage, w.c.T("notice.part."+g.Part), lacks, w.c.T("notice."+g.Locale))
	}
}

// worksCouncil is the fact sheet on staff data (BetrVG §87(1) no. 6).
func worksCouncil(w *writer) {
	w.section("works.data")
	for _, key := range []string{"works.data.account", "works.data.messages", "works.data.audit", "works.data.sessions"} {
		w.item(key)
	}
	w.section("works.statistics")
	switch {
	case w.Staff.Singles:
		w.say("works.agreement")
	case w.Staff.AgreementWaits:
		w.say("works.waits")
		w.missing("staff", cockpit.ReportsPage)
	default:
		w.say("works.aggregates")
	}
	w.section("works.access")
	w.head("head.role", "head.accounts")
	w.row(w.t("role.agent"), count(w.Staff.Agents))
	w.row(w.t("role.lead"), count(w.Staff.Leads))
	w.row(w.t("role.dpo"), count(w.Staff.DPOs))
	w.row(w.t("role.admin"), count(w.Staff.Admins))
	if w.Staff.Others > 0 {
		w.row(w.t("role.own"), count(w.Staff.Others))
	}
}

// instruction is the staff's instruction for WhatsApp and company phones.
func instruction(w *writer) {
	w.section("instruction.inbox")
	for _, key := range []string{"instruction.first", "instruction.light", "instruction.third", "instruction.stop", "instruction.notes"} {
		w.item(key)
	}
	w.section("instruction.phone")
	if w.Books.Devices == 0 {
		w.say("instruction.phone.none")
	}
	for _, key := range []string{"instruction.phone.separate", "instruction.phone.contacts", "instruction.phone.backup", "instruction.phone.pictures", "instruction.phone.lock", "instruction.phone.attest", "instruction.phone.lost"} {
		w.item(key)
	}
	w.section("instruction.sign")
	w.say("instruction.sign.text")
}

// access says what a person gets who asks for her data (GDPR Art. 15; EDPB
// Guidelines 01/2022). The package itself is made for one person from her case.
func access(w *writer) {
	w.section("access.contents")
	for _, key := range []string{"access.data", "access.files", "access.consents", "access.verdicts", "access.masked", "access.formats"} {
		w.item(key)
	}
	w.section("access.purposes")
	for _, key := range []string{"service", "utility", "marketing", "evidence"} {
		w.item("purpose." + key)
	}
	w.section("access.categories")
	w.head("head.category", "head.origin", "head.period")
	for _, key := range []string{"identity", "content", "media", "metadata", "consent"} {
		w.row(w.t("category."+key), w.t("origin."+key), w.period(key))
	}
	w.recipients()
	w.section("transfers")
	w.head("head.recipient", "head.country", "head.mechanism")
	for _, t := range w.Transfers {
		w.row(t.Recipient, t.Country, w.c.Known("mechanism.", t.Mechanism))
		if t.Mechanism == "" {
			w.missing("transfer", cockpit.TransfersPage, t.Recipient)
		}
	}
	w.section("access.rights")
	for _, key := range []string{"access.rights.correct", "access.rights.erase", "access.rights.restrict", "access.rights.object", "access.rights.withdraw", "access.rights.complain", "access.rights.automated"} {
		w.item(key)
	}
	w.section("access.how")
	w.say("access.how.text", count(w.Cases.Open), count(w.Cases.Overdue))
}

// breachNotice is the frame of a notification to the authority (GDPR Art.
// 33(3)) and what is open now. The notification itself is made from the record
// of the breach.
func breachNotice(w *writer) {
	w.section("breach.when")
	w.say("breach.when.text")
	w.section("breach.contents")
	for _, key := range []string{"breach.nature", "breach.numbers", "breach.contact", "breach.consequences", "breach.measures", "breach.delay"} {
		w.item(key)
	}
	w.section("breach.people")
	w.say("breach.people.text")
	w.section("breach.open")
	if len(w.Breaches) == 0 {
		w.say("breach.none")
		return
	}
	w.head("head.aware", "head.due", "head.reported", "head.people")
	for _, b := range w.Breaches {
		w.row(w.c.Moment(b.Aware), w.c.Moment(b.Due), w.date(b.Reported), count(b.People))
		if b.Missing > 0 {
			w.missing("breach", cockpit.BreachesPage, w.c.Moment(b.Aware), b.Missing)
		}
		if b.Overdue {
			w.missing("breach_overdue", cockpit.BreachesPage, w.c.Moment(b.Aware))
		}
	}
}
