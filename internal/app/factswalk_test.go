package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/letterbox"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/govern/processors"
	"einklang/internal/govern/uptime"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/attribute"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/rights/breach"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/rule/place"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// seen collects the values of every field of the facts, in all situations.
type seen map[string]map[string]bool

func (s seen) note(path string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			s.note(strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i))
		}
		return
	case v.Kind() == reflect.Slice:
		if v.Len() == 0 {
			s.note(path+"[]", reflect.Zero(v.Type().Elem()))
		}
		for i := range v.Len() {
			s.note(path+"[]", v.Index(i))
		}
		return
	}
	if s[path] == nil {
		s[path] = map[string]bool{}
	}
	s[path][fmt.Sprint(v.Interface())] = true
}

// TestEveryFactIsRead: each field of the facts, from which the cockpit and the
// documents are made, has a writer that reads something, and so differs between
// an empty company and one in which much has happened.
func TestEveryFactIsRead(t *testing.T) {
	all := seen{}
	storetest.InTurn(t, func(t *testing.T, address func(testing.TB) string) {
		url := address(t)
		folder := filepath.Join(t.TempDir(), "backups")
		_, recipients := newIdentity(t)
		o := apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) {
			if strings.HasPrefix(url, "sqlite:") {
				c.PublicURL = "https://einklang.example.com"
			}
			c.Mail = mail.Server{Host: "127.0.0.1", Security: mail.TLS, From: "post@example.com", Recipient: "Mailhaus", Country: "DE"}
			c.Backup = backup.Config{Folder: folder, Recipients: recipients}
			c.Boxes = []string{"briefkasten"}
			c.Components = []processors.Component{at("database", "DE", ""), at("mail", "US", place.Clauses)}
		}})
		look := func(company id.Org) {
			t.Helper()
			f, err := o.Cockpit.Facts(t.Context(), company)
			if err != nil {
				t.Fatal(err)
			}
			all.note("", reflect.ValueOf(f))
		}
		empty, err := o.Orgs.Create(t.Context(), "leer", "Leer GmbH", org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		look(empty.ID)
		o.Write(t, func(tx store.Tx) error { // a word of one person, and a notice of one letter
			empty.Settings.Monitoring = org.Agreement{Reference: "Betriebsvereinbarung 7/2026"}
			if err := o.Orgs.SaveSettings(t.Context(), tx, empty.ID, empty.Settings); err != nil {
				return err
			}
			_, err := o.Notices.Publish(t.Context(), tx, empty.ID, "## Verantwortlich\n\nx", "## Controller\n\nx", true)
			return err
		})
		look(empty.ID)
		look(o.Org.ID)
		fillCompany(t, o)
		o.SignIn(t, user.Admin)
		o.Write(t, func(tx store.Tx) error { return o.Users.SetDemand(t.Context(), tx, o.Org.ID, user.Admin, true) })
		ownRole(t, o)
		o.Clock.Advance(2 * time.Minute) // the backups are asked again
		look(o.Org.ID)
		o.Clock.Advance(26 * 24 * time.Hour)
		look(o.Org.ID)
		plain := apptest.OpenWith(t, storetest.SQLite(t), apptest.Options{})
		f, err := plain.Cockpit.Facts(t.Context(), plain.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		all.note("", reflect.ValueOf(f))
	})
	for path, values := range all {
		if len(values) < 2 {
			t.Errorf("%s never changes: %v", path, values)
		}
	}
}

// fillCompany makes something of everything that the facts tell. What may never happen
// by any door, such as a message without a verdict, is written into the tables.
func fillCompany(t *testing.T, o *apptest.Office) {
	t.Helper()
	ctx, of, now := t.Context(), o.Org.ID, o.Clock.Now()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []user.Role{user.Agent, user.Lead, user.DPO, user.Admin} {
		must(o.Users.Create(ctx, user.Account{Org: of, Role: role, Locale: "de", Name: "Beispielkonto", Email: string(role) + "@example.com"}, "Beispiel-Passwort"))
	}
	must(o.Orgs.AddChannel(ctx, org.Channel{Org: of, App: apptest.AppKey, PhoneNumberID: "2", WABA: apptest.WABA, DisplayNumber: "+49 30 99", Name: "Vertrieb",
		Product: "cloud_api", PerSecond: 1, StorageMode: "IN_COUNTRY_STORAGE_ENABLED", StorageRegion: "DE"}, "x"))
	must(nil, o.Profiles.CheckAll(ctx))
	o.Write(t, func(tx store.Tx) error {
		return o.Consents.SavePurpose(ctx, tx, of, optin.Purpose{Key: "tipps", DE: "Tipps", EN: "Tips", AboutDE: "Pflege", AboutEN: "care", Months: 12})
	})
	o.Write(t, func(tx store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO restore_hold (org_id, data, made_at, known_until, strangers, held_at, released_at) VALUES (?, 'x', 0, 0, 0, ?, 0)", of, store.Micros(now))
		_, early := tx.Exec(ctx, "INSERT INTO early (org_id, wamid_hash, id, contact_id, kind, detail, at, channel_id) VALUES (?, ?, ?, ?, 'status', ?, ?, ?)",
			of, []byte("x"), o.IDs.New(), o.IDs.New(), []byte{}, store.Micros(now.Add(-time.Hour)), o.Channel.ID)
		return errors.Join(err, early, uptime.Heard(ctx, tx, "briefkasten", now, letterbox.Status{Refused: 1}))
	})
	devices(t, o)
	must(house.TakeBackup(ctx, &o.Engine, false))
	must(nil, backup.NoteVerified(ctx, backup.Folder(o.Config.Backup.Folder), "x", now))
	o.Write(t, func(tx store.Tx) error { return rows(ctx, o, tx, now) })
	o.Write(t, func(tx store.Tx) error { return happen(ctx, o, tx, now) })
}

func devices(t *testing.T, o *apptest.Office) {
	t.Helper()
	for i, answers := range []map[device.Item]string{
		nil,
		{device.BusinessOnly: "yes", device.Contacts: "book", device.ChatBackup: "cloud", device.MediaSaving: "on", device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes"},
	} {
		d, _, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: []device.Product{device.Consumer, device.Business}[i], Platform: device.IOS,
			Management: device.Unmanaged, Detail: device.Detail{Name: "Telefon", Owner: "Erika Beispiel", Number: apptest.Display}})
		if err != nil {
			t.Fatal(err)
		}
		o.Write(t, func(tx store.Tx) error { // it passed once, and has read its book up to the second change
			_, err := tx.Exec(t.Context(), `UPDATE device SET attested_at = ?, held_seq = 2, held_view = '{"kind":"consenting"}' WHERE org_id = ? AND id = ?`,
				int64(i)*store.Micros(o.Clock.Now()), o.Org.ID, d.ID)
			return err
		})
		if answers == nil {
			continue
		}
		link, err := o.Devices.Link(t.Context(), o.DB, o.Org.ID, d.ID, device.ToCheck)
		if err == nil {
			_, err = o.Devices.Attest(t.Context(), device.Through(o.DB), link, answers, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Books.Refresh(t.Context(), o.Org.ID); err != nil {
		t.Fatal(err)
	}
}

// happen does what the capabilities do themselves, because it is sealed.
func happen(ctx context.Context, o *apptest.Office, tx store.Tx, now time.Time) error {
	of, someone := o.Org.ID, o.IDs.New()
	settings := o.Org.Settings
	settings.Controller = org.Contact{Address: "Musterstraße 1", Email: "info@example.com", DPO: "datenschutz@example.com", Country: "DE"}
	settings.Budget, settings.Receipts, settings.Zone = 5_000_000, true, "Europe/Vienna"
	settings.Existing = org.Existing{Reason: "Nur Zubehör an Käufer", By: id.Account(someone), At: now}
	settings.Monitoring = org.Agreement{Reference: "Betriebsvereinbarung 7/2026", File: id.File(someone), By: id.Account(someone), Second: id.Account(of)}
	errs := []error{o.Orgs.SaveSettings(ctx, tx, of, settings), o.Consents.SaveSettings(ctx, tx, of, optin.Settings{Form: true, Untied: true})}
	add := func(_ any, err error) { errs = append(errs, err) }
	for i, p := range []processors.Processor{
		{Detail: processors.Detail{Name: "Rechenzentrum", Country: "DE", Mechanism: place.NotNeeded}, ValidFrom: now.AddDate(-1, 0, 0), ValidUntil: now.AddDate(1, 0, 0), ReviewAt: now.AddDate(0, 6, 0)},
		{Detail: processors.Detail{Name: "Beispiel Inc.", Country: "US", Mechanism: place.DPF}},
	} {
		add(o.Registers.Save(ctx, tx, of, p))
		add(o.Attributes.Save(ctx, tx, of, attribute.Definition{Name: []string{"Kundennummer", "Ort"}[i], Kind: attribute.Text, Purpose: []string{"Zuordnung", "Anfahrt"}[i]}))
		add(o.Breaches.Open(ctx, tx, of, now.Add(-time.Duration(i)*100*time.Hour), "Telefon verloren", id.Account(someone)))
	}
	known, err := o.Breaches.Outlines(ctx, tx, of)
	add(nil, err)
	for _, b := range known[:min(1, len(known))] {
		add(o.Breaches.Save(ctx, tx, of, b.ID, breach.Detail{What: "Telefon verloren", Consequences: "keine", Measures: "gesperrt", Scope: breach.Scope{From: now.AddDate(0, 0, -2), Until: now}}))
		_, err := tx.Exec(ctx, "UPDATE breach SET reported_at = ? WHERE org_id = ? AND id = ?", store.Micros(now), of, b.ID)
		add(nil, err)
	}
	c, err := o.Cases.Open(ctx, tx, of, cases.Request{Kind: cases.Access, Source: "desk"})
	add(nil, err)
	add(o.Cases.Open(ctx, tx, of, cases.Request{Kind: cases.Access, Source: "desk"}))
	closed, err := o.Cases.Open(ctx, tx, of, cases.Request{Kind: cases.Rectify, Source: "desk"})
	add(nil, err)
	_, err = tx.Exec(ctx, "UPDATE privacy_case SET closed_at = 1, outcome = 'done' WHERE org_id = ? AND id = ?", of, closed.ID)
	add(nil, err)
	_, err = tx.Exec(ctx, "UPDATE privacy_case SET received_at = ? WHERE org_id = ? AND id = ?", store.Micros(now.AddDate(0, -2, 0)), of, c.ID)
	add(nil, err)
	label, err := o.Work.SaveLabel(ctx, tx, of, assignment.Label{Name: "Stammkunde", Colour: "teal"})
	add(nil, err)
	add(nil, o.Work.SetLabel(ctx, tx, of, id.Person(someone), label, true))
	add(o.Holds.Place(ctx, tx, of, retention.Hold{Contact: id.Person(someone), By: id.Account(someone), Reason: "Streit", Until: now.AddDate(1, 0, 0)}))
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ownRole makes a role of the organisation's own, and an account that has it.
func ownRole(t *testing.T, o *apptest.Office) {
	t.Helper()
	var role user.Own
	o.Write(t, func(tx store.Tx) (err error) {
		role, _, err = o.Users.SaveOwnRole(t.Context(), tx, o.Org.ID, user.Own{Name: "Werkstatt", Rights: user.Holding(true, user.Answer)})
		return err
	})
	if _, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: role.Role(), Locale: "de", Name: "Beispielkonto", Email: "werkstatt@example.com"}, "Beispiel-Passwort"); err != nil {
		t.Fatal(err)
	}
}
