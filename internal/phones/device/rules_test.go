package device

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/phones/addressbook"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func checked(ago time.Duration, change ...func(*Device)) Device {
	d := Device{Product: Business, Platform: Android, Management: WorkProfile, Attested: noon.Add(-ago), Created: noon.Add(-400 * day), Synced: noon.Add(-time.Hour), Standing: Open}
	for _, f := range change {
		f(&d)
	}
	return d
}

func failed(ago time.Duration, items ...Item) func(*Device) {
	return func(d *Device) { d.Failed, d.FailedAt = items, noon.Add(-ago) }
}

func never(d *Device)   { d.Attested = time.Time{} }
func revoked(d *Device) { d.Revoked = true }

func TestS04StandingOfADevice(t *testing.T) {
	for _, c := range []struct {
		name   string
		device Device
		want   Standing
	}{
		{"nothing known", Device{}, Empty},
		{"never declared", checked(0, never), Empty},
		{"checked today", checked(0), Open},
		{"checked 89 days ago", checked(89 * day), Open},
		{"checked 90 days ago", checked(90 * day), Frozen},
		{"lapsed for 13 days", checked(103 * day), Frozen},
		{"lapsed for two weeks", checked(104 * day), Empty},
		{"revoked", checked(0, revoked), Empty},
		{"checked, then something failed", checked(10*day, failed(day, ChatBackup)), Frozen},
		{"failed for two weeks", checked(20*day, failed(14*day, ChatBackup)), Empty},
		{"failed after it had lapsed", checked(100*day, failed(day, ChatBackup)), Frozen},
		{"failing again gives no more time", checked(105*day, failed(day, ChatBackup)), Empty},
		{"failed at once", checked(0, never, failed(0, ScreenLock)), Empty},
	} {
		if got := Stand(c.device, noon); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// As time goes by without a new check list, a standing only gets stricter.
func TestS04StandingOnlyGetsStricter(t *testing.T) {
	order := []Standing{Open, Frozen, Empty}
	rapid.Check(t, func(t *rapid.T) {
		d := checked(time.Duration(rapid.IntRange(0, 200).Draw(t, "checked")) * day)
		if rapid.Bool().Draw(t, "failed") {
			failed(time.Duration(rapid.IntRange(-20, 200).Draw(t, "ago"))*day, ChatBackup)(&d)
		}
		at := noon.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "at")) * day)
		later := at.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "later")) * time.Hour)
		if slices.Index(order, Stand(d, later)) < slices.Index(order, Stand(d, at)) {
			t.Fatalf("%v → %v", Stand(d, at), Stand(d, later))
		}
	})
}

func TestChecklist(t *testing.T) {
	all := func(change ...string) map[Item]string {
		a := map[Item]string{BusinessOnly: "yes", Contacts: "book", ChatBackup: "off", MediaSaving: "off", ReadReceipts: "on", LinkedDevices: "none", ScreenLock: "yes"}
		for i := 0; i < len(change); i += 2 {
			a[Item(change[i])] = change[i+1]
		}
		return a
	}
	phone, computer := Checklist(Device{Product: Business}), Checklist(Device{Product: None})
	for _, c := range []struct {
		name            string
		list            []Question
		answers         map[Item]string
		missing, failed []Item
	}{
		{"all well", phone, all(), nil, nil},
		{"S14 encrypted backup", phone, all("chat_backup", "encrypted"), nil, nil},
		{"S13 backup in the cloud", phone, all("chat_backup", "cloud"), nil, []Item{ChatBackup}},
		{"S15 pictures are saved", phone, all("media_saving", "on"), nil, []Item{MediaSaving}},
		{"S05 WhatsApp sees other contacts", phone, all("contacts", "others"), nil, []Item{Contacts}},
		{"S05 permission denied altogether", phone, all("contacts", "denied"), nil, nil},
		{"S04 private use", phone, all("business_only", "no"), nil, []Item{BusinessOnly}},
		{"unknown linked device, no lock", phone, all("linked_devices", "unknown", "screen_lock", "no"), nil, []Item{LinkedDevices, ScreenLock}},
		{"an answer that there is not", phone, all("chat_backup", "sometimes"), []Item{ChatBackup}, nil},
		{"nothing", computer, nil, []Item{BusinessOnly, NoWhatsApp, ScreenLock}, nil},
		{"a computer with WhatsApp", computer, all("no_whatsapp", "no"), nil, []Item{NoWhatsApp}},
	} {
		missing, failed := Judge(c.list, c.answers)
		if !slices.Equal(missing, c.missing) || !slices.Equal(failed, c.failed) {
			t.Errorf("%s: missing %v, failed %v", c.name, missing, failed)
		}
	}
}

func TestS06Findings(t *testing.T) {
	type want struct {
		code     Code
		severity Severity
	}
	for _, c := range []struct {
		name   string
		device Device
		facts  Facts
		want   []want
	}{
		{"all well", checked(0), Facts{}, nil},
		{"S06 consumer WhatsApp", checked(0, func(d *Device) { d.Product = Consumer }), Facts{}, []want{{ConsumerProduct, Warning}}},
		{"S04 never declared", checked(0, never), Facts{}, []want{{NeverAttested, Warning}}},
		{"due soon", checked(80 * day), Facts{}, []want{{AttestationDue, Notice}}},
		{"lapsed", checked(95 * day), Facts{}, []want{{Lapsed, Alarm}}},
		{"emptied", checked(120 * day), Facts{}, []want{{Emptied, Alarm}}},
		{"S13 backup in the cloud and no lock", checked(9*day, failed(day, ChatBackup, ScreenLock)), Facts{}, []want{{CloudBackup, Alarm}, {CheckFailed, Alarm}}},
		{"S01 WhatsApp on a device with the full book", checked(9*day, failed(day, NoWhatsApp, ScreenLock), func(d *Device) { d.Product = None }), Facts{}, []want{{WhatsAppThere, Alarm}, {CheckFailed, Alarm}}},
		{"S05 unmanaged phone", checked(0, func(d *Device) { d.Management = Unmanaged }), Facts{}, []want{{NotManaged, Notice}}},
		{"unmanaged computer without WhatsApp", checked(0, func(d *Device) { d.Management, d.Product = Unmanaged, None }), Facts{}, nil},
		{"never synced", checked(0, func(d *Device) { d.Synced = time.Time{} }), Facts{}, []want{{NeverSynced, Notice}}},
		{"just added", checked(0, func(d *Device) { d.Synced, d.Created = time.Time{}, noon }), Facts{}, nil},
		{"silent for two days", checked(0, func(d *Device) { d.Synced = noon.Add(-2 * day) }), Facts{}, []want{{NotSynced, Warning}}},
		{"silent for a week", checked(0, func(d *Device) { d.Synced = noon.Add(-7 * day) }), Facts{}, []want{{NotSynced, Alarm}}},
		{"S01 holds somebody since a minute", checked(0), Facts{Held: 1, HeldSince: noon.Add(-time.Minute)}, []want{{HoldsRemoved, Notice}}},
		{"S01 since two hours", checked(0), Facts{Held: 1, HeldSince: noon.Add(-2 * time.Hour)}, []want{{HoldsRemoved, Warning}}},
		{"S01 since four days", checked(0), Facts{Held: 1, HeldSince: noon.Add(-4 * day)}, []want{{HoldsRemoved, Alarm}}},
		{"S20 the number of a channel", checked(0), Facts{SameNumber: true}, []want{{SameNumber, Warning}}},
		{"revoked, and still full", checked(0, revoked), Facts{Held: 7}, []want{{HoldsRemoved, Alarm}}},
		{"revoked, and never had anybody", checked(0, revoked, never), Facts{}, nil},
		{"the worst comes first", checked(95*day, func(d *Device) { d.Product = Consumer }), Facts{}, []want{{Lapsed, Alarm}, {ConsumerProduct, Warning}}},
	} {
		var got []want
		for _, f := range Findings(c.device, c.facts, noon) {
			got = append(got, want{f.Code, f.Severity})
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestS01NoDeviceWithWhatsAppReadsTheFullBook(t *testing.T) {
	for _, p := range []Product{Consumer, Business, None, "", "something new"} {
		if got := (Device{Product: p}).View().Kind; (got == addressbook.Everyone) != (p == None) {
			t.Errorf("product %q reads the book %q", p, got)
		}
	}
	if v := (Device{Product: Business, Standing: "something new"}).View(); !v.Empty {
		t.Error("a standing that nobody knows lets people out")
	}
	if v := (Device{Product: Business, Standing: Frozen}).View(); v.Frozen == 0 {
		t.Error("a frozen book is open")
	}
}

func TestS20SameNumber(t *testing.T) {
	for _, c := range []struct {
		device, channel string
		want            bool
	}{
		{"030 23125000", "+49 30 23125000", true},
		{"+49 (0)30 / 231250-00", "+49 30 23125000", true},
		{"0049 30 23125000", "4930 23125000", true},
		{"030 23125001", "+49 30 23125000", false},
		{"", "", false},
		{"", "+49 30 23125000", false},
	} {
		if got := (Device{Detail: Detail{Number: c.device}}).HasNumber(c.channel); got != c.want {
			t.Errorf("%q and %q: %t", c.device, c.channel, got)
		}
	}
}
