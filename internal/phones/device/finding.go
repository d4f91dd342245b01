package device

import (
	"cmp"
	"slices"
	"time"
)

// Code names what is wrong with a device. The catalogue has finding.CODE and
// finding.CODE.remedy.
type Code string

// The findings.
const (
	ConsumerProduct Code = "consumer_product" // S6: WhatsApp's terms forbid business use
	NeverAttested   Code = "never_attested"   // S4: no declaration yet
	AttestationDue  Code = "attestation_due"
	Lapsed          Code = "lapsed"
	Emptied         Code = "emptied"
	CloudBackup     Code = "cloud_backup" // S13, S14
	CheckFailed     Code = "check_failed"
	WhatsAppThere   Code = "whatsapp_there" // S1: on a device with the full book
	NotManaged      Code = "not_managed"    // S5: nothing is enforced
	NeverSynced     Code = "never_synced"
	NotSynced       Code = "not_synced"
	HoldsRemoved    Code = "holds_removed" // S1
	SameNumber      Code = "same_number"   // S20
)

// Severity orders findings.
type Severity int

// The severities.
const (
	Notice Severity = iota
	Warning
	Alarm
)

// String is the name of a severity in texts and styles.
func (s Severity) String() string { return [...]string{"notice", "warning", "alarm"}[s] }

// Finding is one thing that is wrong.
type Finding struct {
	Code     Code
	Severity Severity
	Since    time.Time // zero: always
	Count    int       // with HoldsRemoved
	Items    []Item    // with CheckFailed
}

// Facts are what the findings follow from, beside the device itself.
type Facts struct {
	Held       int       // people who left the book and are still on the device
	HeldSince  time.Time // when the first of them left
	SameNumber bool      // an API channel has the device's number and is no coexistence number
}

// How long is too long. A finding about people who should be gone grows from a
// notice to an alarm: that is the escalation.
const (
	syncExpected  = 24 * time.Hour // phones ask at least once a day
	syncAlarm     = 7 * 24 * time.Hour
	removedNotice = time.Hour
	removedAlarm  = 3 * 24 * time.Hour
)

// Findings says what is wrong with a device, the worst first.
func Findings(d Device, f Facts, now time.Time) []Finding {
	if d.Revoked {
		if f.Held > 0 { // it holds the people until somebody removes its account
			return []Finding{{Code: HoldsRemoved, Severity: Alarm, Since: f.HeldSince, Count: f.Held}}
		}
		return nil
	}
	all := append(attestation(d, now), syncing(d, f, now)...)
	if d.Product == Consumer {
		all = append(all, Finding{Code: ConsumerProduct, Severity: Warning})
	}
	if d.Management == Unmanaged && d.Product != None {
		all = append(all, Finding{Code: NotManaged, Severity: Notice})
	}
	if f.SameNumber && d.Product != None {
		all = append(all, Finding{Code: SameNumber, Severity: Warning})
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}

func attestation(d Device, now time.Time) (all []Finding) {
	lapses := d.Attested.Add(AttestEvery)
	switch {
	case d.Attested.IsZero():
		all = append(all, Finding{Code: NeverAttested, Severity: Warning, Since: d.Created})
	case slices.Contains(d.Failed, NoWhatsApp):
		all = append(all, Finding{Code: WhatsAppThere, Severity: Alarm, Since: d.FailedAt})
	case Stand(d, now) == Empty:
		all = append(all, Finding{Code: Emptied, Severity: Alarm, Since: d.Since})
	case !now.Before(lapses):
		all = append(all, Finding{Code: Lapsed, Severity: Alarm, Since: lapses})
	case !now.Before(lapses.Add(-RemindBefore)):
		all = append(all, Finding{Code: AttestationDue, Severity: Notice, Since: lapses.Add(-RemindBefore)})
	}
	other := slices.DeleteFunc(slices.Clone(d.Failed), func(i Item) bool { return i == ChatBackup || i == NoWhatsApp })
	if slices.Contains(d.Failed, ChatBackup) {
		all = append(all, Finding{Code: CloudBackup, Severity: Alarm, Since: d.FailedAt})
	}
	if len(other) > 0 {
		all = append(all, Finding{Code: CheckFailed, Severity: Alarm, Since: d.FailedAt, Items: other})
	}
	return all
}

func syncing(d Device, f Facts, now time.Time) (all []Finding) {
	if f.Held > 0 {
		severity := Notice
		switch open := now.Sub(f.HeldSince); {
		case open >= removedAlarm:
			severity = Alarm
		case open >= removedNotice:
			severity = Warning
		}
		all = append(all, Finding{Code: HoldsRemoved, Severity: severity, Since: f.HeldSince, Count: f.Held})
	}
	switch silent := now.Sub(d.Synced); {
	case d.Synced.IsZero() && now.Sub(d.Created) >= syncExpected:
		all = append(all, Finding{Code: NeverSynced, Severity: Notice, Since: d.Created})
	case !d.Synced.IsZero() && silent >= syncAlarm:
		all = append(all, Finding{Code: NotSynced, Severity: Alarm, Since: d.Synced})
	case !d.Synced.IsZero() && silent >= syncExpected:
		all = append(all, Finding{Code: NotSynced, Severity: Warning, Since: d.Synced})
	}
	return all
}
