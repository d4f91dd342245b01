package demo

import (
	"context"
	"time"

	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
)

// Phone is an example device whose address book can be read over CardDAV.
type Phone struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// checked are the answers of an example check list that passes.
var checked = map[device.Item]string{
	device.BusinessOnly: "yes", device.NoWhatsApp: "yes", device.Contacts: "book", device.ChatBackup: "off", device.MediaSaving: "off",
	device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes",
}

// devices gives the example company phones: one that is in order and has synced,
// one whose check list has lapsed, one that nobody has set up yet with the WhatsApp
// for private people, and a computer with the full book.
func (d *Demo) devices(ctx context.Context, org id.Org) error {
	const day = 24 * time.Hour
	for _, e := range []struct {
		device.Device
		checkedAgo, syncedAgo time.Duration // 0: never
	}{
		{device.Device{Product: device.Business, Platform: device.IOS, Management: device.Supervised, Names: true,
			Detail: device.Detail{Name: "Außendienst 1", Owner: "Alex Beispiel", Number: "+49 176 04069101"}}, 2 * day, time.Hour},
		{device.Device{Product: device.Business, Platform: device.Android, Management: device.WorkProfile, Names: true, Candidates: true,
			Detail: device.Detail{Name: "Werkstatt", Owner: "Robin Beispiel", Number: "+49 176 04069102"}}, 95 * day, 4 * day},
		{device.Device{Product: device.Consumer, Platform: device.Android, Management: device.Unmanaged,
			Detail: device.Detail{Name: "Privates Telefon", Owner: "Kim Beispiel", Number: "+49 176 04069103"}}, 0, 0},
		{device.Device{Product: device.None, Platform: device.Computer, Management: device.Supervised, Names: true,
			Detail: device.Detail{Name: "Empfang", Owner: "Sascha Beispiel"}}, 10 * day, 2 * time.Hour},
	} {
		phone, err := d.phone(ctx, org, e.Device, e.checkedAgo, e.syncedAgo)
		if err != nil {
			return err
		}
		if d.Facts.Phones == nil {
			d.Facts.Phones = []Phone{phone}
		}
	}
	return d.save()
}

// phone enters a device and, for those that are in use, answers its check list
// and has it read its book.
func (d *Demo) phone(ctx context.Context, org id.Org, e device.Device, checkedAgo, syncedAgo time.Duration) (Phone, error) {
	defer d.offset.Store(d.offset.Load())
	d.offset.Store(int64(-checkedAgo))
	e.Org = org
	e, password, err := d.App.Devices.Add(ctx, d.App.DB, e)
	if err != nil || checkedAgo == 0 {
		return Phone{}, err
	}
	link, err := d.App.Devices.Link(ctx, d.App.DB, org, e.ID, device.ToCheck)
	if err != nil {
		return Phone{}, err
	}
	if _, err := d.App.Devices.Attest(ctx, device.Through(d.App.DB), link, checked, nil); err != nil {
		return Phone{}, err
	}
	d.offset.Store(int64(-syncedAgo))
	if e, err = d.App.Devices.Review(ctx, org, e.ID); err != nil {
		return Phone{}, err
	}
	state, err := d.App.Books.State(ctx, d.App.DB, e.View())
	if err != nil {
		return Phone{}, err
	}
	cards, err := d.App.Books.Size(ctx, d.App.DB, e.View())
	if err != nil {
		return Phone{}, err
	}
	return Phone{Name: e.Name, URL: d.Facts.URL + "/carddav/", Login: e.Login, Password: password},
		d.App.Devices.Delivered(ctx, e, device.Delivery{Cards: cards, UpTo: state.Seq})
}
