package device_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

const linkLife = 14 * 24 * time.Hour

func add(t *testing.T, o *apptest.Office) (device.Device, string) {
	t.Helper()
	d, password, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.IOS, Management: device.Supervised,
		Detail: device.Detail{Name: "Telefon 1", Owner: "Erika Canaria", Number: "+49 151 88888888"}})
	if err != nil {
		t.Fatal(err)
	}
	return d, password
}

func link(t *testing.T, o *apptest.Office, d device.Device) string {
	t.Helper()
	token, err := o.Devices.Link(t.Context(), o.DB, d.Org, d.ID, device.ToCheck)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func answers(backup string) map[device.Item]string {
	return map[device.Item]string{device.BusinessOnly: "yes", device.Contacts: "book", device.ChatBackup: backup, device.MediaSaving: "off",
		device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes", "something else": "is left out"}
}

var png = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...)

func standing(t *testing.T, o *apptest.Office, d device.Device) device.Standing {
	t.Helper()
	d, err := o.Devices.Review(t.Context(), d.Org, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d.Standing
}

func TestS04ALifeOfADevice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		d, _ := add(t, o)
		if got := standing(t, o, d); got != device.Empty {
			t.Errorf("new: %s", got)
		}
		old := link(t, o, d)
		token := link(t, o, d)
		attest := func(token, backup string, shots ...device.Shot) ([]device.Item, error) {
			return o.Devices.Attest(t.Context(), device.Through(o.DB), token, answers(backup), shots)
		}
		if _, err := attest(old, "off"); !errors.Is(err, device.ErrLink) {
			t.Errorf("an earlier link: %v", err)
		}
		if _, err := attest(token, ""); !errors.Is(err, device.ErrIncomplete) {
			t.Errorf("an answer is missing: %v", err)
		}
		if _, err := attest(token, "off", device.Shot{Item: device.ChatBackup, Image: []byte("<html>")}); !errors.Is(err, device.ErrShot) {
			t.Errorf("a screenshot that is none: %v", err)
		}
		if failed, err := attest(token, "encrypted", device.Shot{Item: device.ChatBackup, Image: png}); err != nil || len(failed) != 0 {
			t.Fatal(failed, err)
		}
		if got := standing(t, o, d); got != device.Open {
			t.Errorf("checked: %s", got)
		}
		if _, err := attest(token, "off"); !errors.Is(err, device.ErrLink) {
			t.Errorf("a link that is used: %v", err)
		}
		o.Clock.Advance(30 * 24 * time.Hour)
		if failed, err := attest(link(t, o, d), "cloud"); err != nil || len(failed) != 1 {
			t.Errorf("backup in the cloud: %v, %v", failed, err)
		}
		if got := standing(t, o, d); got != device.Frozen {
			t.Errorf("backup in the cloud: %s", got)
		}
		if _, err := attest(link(t, o, d), "off"); err != nil || standing(t, o, d) != device.Open {
			t.Errorf("mended: %v, %s", err, standing(t, o, d))
		}
		expired := link(t, o, d)
		o.Clock.Advance(linkLife)
		if _, err := attest(expired, "off"); !errors.Is(err, device.ErrLink) {
			t.Errorf("a link that has ended: %v", err)
		}
		o.Clock.Advance(device.AttestEvery - linkLife)
		if got := standing(t, o, d); got != device.Frozen {
			t.Errorf("lapsed: %s", got)
		}
		o.Clock.Advance(device.Grace)
		if got := standing(t, o, d); got != device.Empty {
			t.Errorf("lapsed for long: %s", got)
		}
		for kind, want := range map[string]int{"device.added": 1, "device.attested": 3, "device.open": 2, "device.frozen": 2, "device.empty": 1} {
			if n := o.Count(t, "evidence_entry", "kind = ?", kind); n != want {
				t.Errorf("%d leaves %s, want %d", n, kind, want)
			}
		}
	})
}

func TestScreenshotsAreSealedAndVanish(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		d, _ := add(t, o)
		canary := append(bytes.Clone(png), "Canaria im Bild"...)
		if _, err := o.Devices.Attest(t.Context(), device.Through(o.DB), link(t, o, d), answers("off"), []device.Shot{{Item: device.ChatBackup, Image: canary}}); err != nil {
			t.Fatal(err)
		}
		checks, err := o.Devices.Checks(t.Context(), o.DB, d.Org, d.ID, 5)
		if err != nil || len(checks) != 1 || len(checks[0].Shots) != 1 || checks[0].Answers["something else"] != "" {
			t.Fatalf("%+v, %v", checks, err)
		}
		shot, err := o.Devices.Screenshot(t.Context(), o.DB, d.Org, d.ID, checks[0].Shots[0].ID)
		if err != nil || !bytes.Equal(shot.Image, canary) || shot.Type != "image/png" {
			t.Errorf("%s %v", shot.Type, err)
		}
		var raw []byte
		if err := o.DB.QueryRow(t.Context(), "SELECT image FROM device_shot").Scan(&raw); err != nil || bytes.Contains(raw, []byte("Canaria")) {
			t.Error("the screenshot lies in clear", err)
		}
		o.Clock.Advance(device.ShotLife + time.Hour)
		o.Write(t, func(tx store.Tx) error { return o.Devices.Expire(t.Context(), tx, d.Org, o.Clock.Now()) })
		if _, err := o.Devices.Screenshot(t.Context(), o.DB, d.Org, d.ID, checks[0].Shots[0].ID); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("after 30 days: %v", err)
		}
		if n := o.Count(t, "data_key", "owner_id = ?", checks[0].ID); n != 0 {
			t.Error("its key is still there")
		}
	})
}

// The link that sets a device up works once, and ends the password before.
func TestEnrolment(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		d, old := add(t, o)
		token, err := o.Devices.Link(t.Context(), o.DB, d.Org, d.ID, device.ToEnrol)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Devices.Attest(t.Context(), device.Through(o.DB), token, answers("off"), nil); !errors.Is(err, device.ErrLink) {
			t.Errorf("a link for something else: %v", err)
		}
		enrolled, password, err := o.Devices.Enrol(t.Context(), device.Through(o.DB), token)
		if err != nil || enrolled.ID != d.ID {
			t.Fatal(enrolled, err)
		}
		if _, _, err := o.Devices.Enrol(t.Context(), device.Through(o.DB), token); !errors.Is(err, device.ErrLink) {
			t.Errorf("used twice: %v", err)
		}
		if _, err := o.Devices.SignIn(t.Context(), d.Login, old, ""); !errors.Is(err, device.ErrSignIn) {
			t.Errorf("the old password: %v", err)
		}
		if _, err := o.Devices.SignIn(t.Context(), d.Login, password, ""); err != nil {
			t.Error(err)
		}
	})
}

func TestDevicesOfAnotherOrganisation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		d, _ := add(t, o)
		other, err := o.Orgs.Create(t.Context(), "muster", "Muster AG", org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Devices.Get(t.Context(), o.DB, other.ID, d.ID); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("read: %v", err)
		}
		if _, err := o.Devices.NewPassword(t.Context(), other.ID, d.ID); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("new password: %v", err)
		}
		if _, err := o.Devices.Link(t.Context(), o.DB, other.ID, d.ID, device.ToCheck); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("link: %v", err)
		}
		stolen := d
		stolen.Org = other.ID
		if err := o.Devices.Change(t.Context(), o.DB, stolen); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("change: %v", err)
		}
		if err := o.Devices.Revoke(t.Context(), o.DB, other.ID, d.ID); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("revoke: %v", err)
		}
		if all, err := o.Devices.All(t.Context(), o.DB, other.ID); err != nil || len(all) != 0 {
			t.Errorf("list: %v, %v", all, err)
		}
	})
}

func TestWhatAboutADeviceIsSealed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		d, password := add(t, o)
		var detail, stored []byte
		if err := o.DB.QueryRow(t.Context(), "SELECT detail, password FROM device WHERE id = ?", d.ID).Scan(&detail, &stored); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(detail, []byte("Canaria")) || bytes.Contains(detail, []byte("8888")) || bytes.Contains(stored, []byte(password)) {
			t.Error("the owner, the number or the password lies in clear")
		}
		if _, _, err := o.Devices.Add(context.Background(), o.DB, device.Device{Org: o.Org.ID, Product: "fax"}); !errors.Is(err, device.ErrInvalid) {
			t.Errorf("nonsense: %v", err)
		}
		if _, err := o.Devices.Get(t.Context(), o.DB, o.Org.ID, id.Device{9}); !errors.Is(err, device.ErrNotFound) {
			t.Error(err)
		}
	})
}
