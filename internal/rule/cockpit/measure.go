package cockpit

import (
	"slices"
	"strconv"
	"time"
)

// State is how one requirement stands.
type State string

// The states.
const (
	Green State = "green"
	Amber State = "amber"
	Red   State = "red"
	// Unknown is where nothing has been asked, read or counted: it may well be
	// fulfilled, and is not said to be.
	Unknown State = "unknown"
)

// Measure is the judgement on one requirement.
type Measure struct {
	ID       string // S1 … S26
	State    State
	Finding  string   // stable code of why it is not green; text cockpit.finding.CODE
	Evidence []string // values for the text cockpit.evidence.ID, in its order
	Page     string   // where it can be mended
}

// rule judges one requirement.
type rule struct {
	id    string
	judge func(Facts) Measure
}

// Judge judges every requirement, in order.
func Judge(f Facts) []Measure {
	all := make([]Measure, len(rules))
	for i, r := range rules {
		m := r.judge(f)
		m.ID = r.id
		all[i] = m
	}
	return all
}

// Worst is the worst state among measures.
func Worst(all []Measure) State {
	order := []State{Green, Unknown, Amber, Red}
	worst := 0
	for _, m := range all {
		worst = max(worst, slices.Index(order, m.State))
	}
	return order[worst]
}

// check is one condition of a rule: when it holds, the requirement stands like
// this.
type check struct {
	holds   bool
	state   State
	finding string
}

// first is the first check that holds, or green.
func first(page string, evidence []string, checks ...check) Measure {
	m := Measure{Page: page, Evidence: evidence, State: Green}
	for _, c := range checks {
		if c.holds {
			m.State, m.Finding = c.state, c.finding
			break
		}
	}
	return m
}

func n(values ...int64) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatInt(v, 10)
	}
	return texts
}

// The pages on which things are mended.
const (
	DevicesPage    = "/devices"
	NoticePage     = "/settings/notice"
	NumbersPage    = "/settings/numbers"
	ProcessorsPage = "/desk/processors"
	TransfersPage  = "/desk/transfers"
	StoragePage    = "/desk/storage"
	ControllerPage = "/desk/controller"
	ConsentPage    = "/consent"
	CasesPage      = "/desk/cases"
	BreachesPage   = "/desk/breaches"
	ErasuresPage   = "/desk/erasures"
	RetentionPage  = "/desk/retention"
	CockpitPage    = "/desk/cockpit"
	RestorePage    = "/desk/restore"
	ImportPage     = "/import"
	InboxPage      = "/inbox"
	TeamPage       = "/settings/team"
	UsersPage      = "/settings/users"
	ReportsPage    = "/reports"
)

var rules = [...]rule{
	{"S1", func(f Facts) Measure {
		return first(DevicesPage, n(f.Books.WithWhatsApp, f.Books.StillHeld),
			check{f.Books.Unlawful > 0, Red, "book_unlawful"},
			check{f.Books.StillHeld > 0, Amber, "book_stale"},
			check{f.Books.Devices == 0, Unknown, "devices_none"})
	}},
	{"S2", func(f Facts) Measure {
		return first(RetentionPage, n(f.ThirdParty.Cards, f.ThirdParty.Overdue),
			check{f.ThirdParty.Overdue > 0, Amber, "cards_kept"},
			check{f.ThirdParty.Cards == 0, Unknown, "cards_none"})
	}},
	{"S3", func(f Facts) Measure {
		page := ConsentPage
		if f.Gate.Foreign > 0 {
			page = NumbersPage
		}
		return first(page, n(f.Gate.Allowed, f.Gate.Denied, f.Consent.Granted),
			check{f.Gate.Foreign > 0, Red, "past_the_gate"},
			check{f.Gate.Unjudged > 0, Red, "unjudged"},
			check{f.Gate.Baseless > 0, Red, "baseless"},
			check{f.Consent.Unproven > 0, Red, "unproven"},
			check{f.Consent.OnSales > 0, Amber, "on_sales"},
			check{f.Consent.Existing, Amber, "existing_on"},
			check{f.Gate.Allowed+f.Gate.Denied == 0, Unknown, "judged_none"})
	}},
	{"S4", func(f Facts) Measure {
		return first(DevicesPage, n(f.Books.Devices, f.Books.Undeclared), check{f.Books.Undeclared > 0, Red, "undeclared"},
			check{f.Books.Devices == 0, Unknown, "devices_none"})
	}},
	{"S5", func(f Facts) Measure {
		return first(DevicesPage, n(f.Books.Devices, f.Books.Unmanaged), check{f.Books.Unmanaged > 0, Amber, "unmanaged"},
			check{f.Books.WithWhatsApp == 0, Unknown, "phones_none"})
	}},
	{"S6", func(f Facts) Measure {
		unnamed := int64(0)
		for _, number := range f.Numbers {
			if number.Product == "" {
				unnamed++
			}
		}
		return first(DevicesPage, n(int64(len(f.Numbers)), f.Books.Devices, f.Books.ConsumerApp),
			check{f.Books.ConsumerApp > 0, Red, "consumer_app"},
			check{unnamed > 0, Amber, "product_unknown"},
			check{len(f.Numbers) == 0 && f.Books.Devices == 0, Unknown, "numbers_none"})
	}},
	{"S7", storedWhere},
	{"S8", func(f Facts) Measure {
		bad, short, due := int64(0), int64(0), int64(0)
		for _, p := range f.Processors {
			switch p.State {
			case "short":
				short++
			case "missing", "expired", "unlawful":
				bad++
			case "review_due", "unfiled":
				due++
			}
		}
		return first(ProcessorsPage, n(int64(len(f.Processors)), bad+short, due),
			check{uncovered(f) > 0, Red, "number_uncovered"},
			check{bad > 0, Red, "processor_bad"},
			check{short > 0, Red, "processor_short"},
			check{len(f.Processors) == 0, Red, "processors_none"},
			check{due > 0, Amber, "processor_due"})
	}},
	{"S9", func(f Facts) Measure {
		return first(NumbersPage, []string{yesNo(f.Automation.Receipts)}, check{f.Automation.Receipts, Amber, "receipts_on"},
			check{len(f.Numbers) == 0, Unknown, "numbers_none"})
	}},
	{"S10", func(f Facts) Measure {
		return first(ConsentPage, n(f.Consent.Initiated, f.Consent.EntryPoints), check{f.Consent.EntryPoints == 0, Amber, "no_entry_points"})
	}},
	{"S11", func(f Facts) Measure {
		return first(ConsentPage, n(f.Consent.Pending), check{!f.Consent.DoubleOptIn && !f.Consent.WebForm, Red, "no_opt_in_way"})
	}},
	{"S12", func(f Facts) Measure {
		return first(NoticePage, n(int64(f.Notice.Version), f.Notice.Delivered),
			check{f.Notice.Version == 0, Red, "notice_none"},
			check{len(f.Notice.Missing) > 0, Red, "notice_incomplete"})
	}},
	{"S13", func(f Facts) Measure {
		return first(DevicesPage, n(f.Books.WithWhatsApp, f.Books.CloudBackup),
			check{f.Books.CloudBackup > 0, Red, "cloud_backup"},
			check{f.Books.Lapsed > 0, Red, "attestation_lapsed"},
			check{f.Books.WithWhatsApp == 0, Unknown, "phones_none"},
			check{f.Books.Unasked > 0, Unknown, "phones_unasked"})
	}},
	{"S14", backedUp},
	{"S15", func(f Facts) Measure {
		return first(DevicesPage, n(f.Books.WithWhatsApp, f.Books.SavesPictures),
			check{f.Books.SavesPictures > 0, Red, "saves_pictures"},
			check{f.Books.Lapsed > 0, Red, "attestation_lapsed"},
			check{f.Books.WithWhatsApp == 0, Unknown, "phones_none"},
			check{f.Books.Unasked > 0, Unknown, "phones_unasked"})
	}},
	{"S16", func(f Facts) Measure {
		return first(TeamPage, n(f.Labels.Labels, f.Labels.Used), check{f.Labels.Labels == 0, Amber, "no_labels"})
	}},
	{"S17", func(f Facts) Measure {
		var linked, without int64
		for _, number := range f.Numbers {
			switch number.Profile {
			case ProfileLinks:
				linked++
			case ProfileLacks:
				without++
			case ProfileUnread:
			}
		}
		return first(NoticePage, n(int64(len(f.Numbers)), linked, without),
			check{f.Notice.Version == 0, Red, "notice_none"},
			check{without > 0, Amber, "profile_without_link"},
			check{len(f.Numbers) == 0, Unknown, "numbers_none"},
			check{linked < int64(len(f.Numbers)), Unknown, "profile_unread"})
	}},
	{"S18", func(f Facts) Measure {
		return first(InboxPage, n(f.Automation.QuickReplies, f.Automation.Sent),
			check{f.Gate.Baseless > 0, Red, "baseless"},
			check{f.Automation.Sent == 0, Unknown, "automation_none"})
	}},
	{"S19", func(f Facts) Measure {
		return first(ImportPage, n(f.Imports.Imports, f.Imports.WithoutConsent, f.Imports.Article14Due),
			check{f.Imports.Article14Overdue > 0, Red, "article14_overdue"},
			check{f.Imports.Article14Due > 0, Amber, "article14_due"},
			check{f.Imports.Imports == 0, Unknown, "imports_none"})
	}},
	{"S20", func(f Facts) Measure {
		twice := int64(0)
		for _, number := range f.Numbers {
			if number.OnPhone {
				twice++
			}
		}
		return first(DevicesPage, n(twice), check{twice > 0, Amber, "number_twice"},
			check{len(f.Numbers) == 0, Unknown, "numbers_none"})
	}},
	{"S21", func(f Facts) Measure {
		evidence := n(f.Staff.Accounts, int64(len(f.Numbers)))
		own := int64(len(f.Staff.Demanding))
		for _, role := range []string{"agent", "lead", "dpo", "admin"} {
			demanded := slices.Contains(f.Staff.Demanding, role)
			if evidence = append(evidence, yesNo(demanded)); demanded {
				own--
			}
		}
		return first(UsersPage, append(evidence, n(f.Staff.Lacking, own, f.Staff.Roles)...),
			check{f.Staff.Accounts == 0, Unknown, "nobody"},
			check{len(f.Staff.Demanding) == 0, Amber, "password_only"},
			check{f.Staff.Undemanded > 0, Amber, "factor_roles"},
			check{f.Staff.Lacking > 0, Amber, "factor_missing"})
	}},
	{"S22", func(f Facts) Measure {
		return first(ReportsPage, []string{money(f.Budget.Spent), money(f.Budget.Limit)}, check{f.Budget.Limit == 0, Amber, "no_budget"},
			check{f.Budget.Spent >= f.Budget.Limit, Amber, "budget_used"})
	}},
	{"S23", inEurope},
	{"S24", func(f Facts) Measure {
		page := RetentionPage
		if f.Deletion.Stuck > 0 {
			page = ErasuresPage
		}
		return first(page, n(f.Deletion.Done, f.Deletion.Running, int64(len(f.Deletion.Rules))),
			check{f.Deletion.Stuck > 0, Red, "erasure_stuck"},
			check{f.Deletion.LastRun.IsZero(), Unknown, "retention_unrun"},
			check{f.Now.Sub(f.Deletion.LastRun) > 48*time.Hour, Amber, "retention_idle"},
			check{warned(f.Deletion.Rules), Amber, "retention_warning"})
	}},
	{"S25", func(f Facts) Measure {
		o, page := f.Organisation, ControllerPage
		if f.Cases.Overdue > 0 || f.Cases.DueSoon > 0 {
			page = CasesPage
		}
		late := slices.ContainsFunc(f.Breaches, func(b Breach) bool { return b.Overdue })
		if late {
			page = BreachesPage
		} else if f.Staff.Deciders < 2 && page == ControllerPage && o.Address != "" && o.Email != "" {
			page = UsersPage
		}
		return first(page, n(f.Cases.Open, f.Cases.Overdue),
			check{late, Red, "breach_overdue"},
			check{f.Cases.Overdue > 0, Red, "case_overdue"},
			check{o.Address == "" || o.Email == "", Amber, "controller_incomplete"},
			check{f.Cases.DueSoon > 0, Amber, "case_due"},
			check{f.Staff.Deciders < 2, Amber, "four_eyes"})
	}},
	{"S26", func(f Facts) Measure {
		return first(ReportsPage, []string{yesNo(!f.Staff.Singles), yesNo(f.Staff.Singles)},
			check{f.Staff.AgreementWaits, Amber, "agreement_waits"},
			check{f.Staff.Accounts < 2, Unknown, "staff_none"})
	}},
}

// storedWhere judges S7: how Meta stores content must be known, and no storage
// is the default that we recommend. In that mode an intake that is away for an
// hour loses content.
func storedWhere(f Facts) Measure {
	var unknown, anywhere, none int64
	for _, number := range f.Numbers {
		switch {
		case number.StorageMode == "":
			unknown++
		case number.StorageMode == "DEFAULT":
			anywhere++
		case number.StorageMode == "NO_STORAGE_ENABLED":
			none++
		}
	}
	return first(StoragePage, n(int64(len(f.Numbers)), none, anywhere),
		check{none > 0 && f.Intake.Lost > 0, Red, "content_lost"},
		check{unknown > 0, Red, "storage_unknown"},
		check{anywhere > 0, Amber, "storage_default"},
		check{none > 0 && f.Intake.Late > 0, Amber, "content_late"},
		check{f.Intake.BoxesSilent > 0, Amber, "box_silent"},
		check{f.Intake.LettersRefused > 0, Amber, "letters_refused"},
		check{len(f.Numbers) == 0, Unknown, "numbers_none"})
}

// backedUp judges S14: encrypted to a key that the server does not hold, and
// tried by restoring.
func backedUp(f Facts) Measure {
	const fresh, tried, lag = 36 * time.Hour, 45 * 24 * time.Hour, 10 * time.Minute
	page, since := CockpitPage, f.Backup.JournalSince
	if f.Backup.Held {
		page = RestorePage
	}
	return first(page, []string{day(f.Backup.Last), day(f.Backup.Verified)},
		check{f.Backup.Held, Red, "restored_unseen"},
		check{f.Books.CloudBackup > 0, Red, "cloud_backup"},
		check{f.Backup.Last.IsZero(), Amber, "backup_none"},
		check{!f.Backup.Encrypted, Red, "backup_open"},
		check{!since.IsZero() && f.Now.Sub(since) >= lag, Amber, "journal_behind"},
		check{f.Now.Sub(f.Backup.Last) > fresh, Amber, "backup_old"},
		check{f.Now.Sub(f.Backup.Verified) > tried, Amber, "backup_untried"})
}

// inEurope judges S23: every component is declared and stands in the EEA, and
// what goes elsewhere has a footing.
func inEurope(f Facts) Measure {
	var undeclared, outside, unfounded int64
	for _, c := range f.Components {
		switch {
		case !c.Declared:
			undeclared++
		case !c.EEA:
			outside++
		}
	}
	for _, t := range f.Transfers {
		if !t.EEA && t.Mechanism == "" {
			unfounded++
		}
	}
	return first(TransfersPage, n(int64(len(f.Components)), int64(len(f.Transfers))),
		check{unfounded > 0, Red, "transfer_unfounded"},
		check{outside > 0, Red, "component_outside"},
		check{undeclared > 0, Amber, "component_undeclared"})
}

func uncovered(f Facts) (count int64) {
	for _, number := range f.Numbers {
		if number.Active && !f.Now.Before(number.AgreementUntil) {
			count++
		}
	}
	return count
}

func warned(rules []RetentionRule) bool {
	for _, r := range rules {
		if r.Warning != "" {
			return true
		}
	}
	return false
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func money(micros int64) string { return strconv.FormatFloat(float64(micros)/1e6, 'f', 2, 64) }

func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format(time.DateOnly)
}
