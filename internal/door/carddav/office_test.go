package carddav_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/phones/device"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// phone is a device that has passed its check list.
type phone struct {
	device.Device
	password string
}

// passing are the answers that a check list for a device with WhatsApp and one
// without ask for.
var passing = map[device.Item]string{
	device.BusinessOnly: "yes", device.NoWhatsApp: "yes", device.Contacts: "book", device.ChatBackup: "off", device.MediaSaving: "off",
	device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes",
}

func addPhone(tb testing.TB, o *apptest.Office, change ...func(*device.Device)) phone {
	tb.Helper()
	d := device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android, Management: device.WorkProfile, Names: true,
		Detail: device.Detail{Name: "Außendienst 1", Owner: "Erika Beispiel"}}
	for _, f := range change {
		f(&d)
	}
	d, password, err := o.Devices.Add(tb.Context(), o.DB, d)
	if err != nil {
		tb.Fatal(err)
	}
	attest(tb, o, d)
	return phone{d, password}
}

func attest(tb testing.TB, o *apptest.Office, d device.Device) {
	tb.Helper()
	token, err := o.Devices.Link(tb.Context(), o.DB, d.Org, d.ID, device.ToCheck)
	if err != nil {
		tb.Fatal(err)
	}
	if failed, err := o.Devices.Attest(tb.Context(), device.Through(o.DB), token, passing, nil); err != nil || len(failed) > 0 {
		tb.Fatal(failed, err)
	}
}

// meet makes people; their names and numbers follow from their place.
func meet(tb testing.TB, o *apptest.Office, from, to int) []id.Person {
	tb.Helper()
	var people []id.Person
	o.Write(tb, func(tx store.Tx) error {
		seen := make([]contact.Sighting, 0, to-from)
		for i := from; i < to; i++ {
			seen = append(seen, contact.Sighting{Phone: fmt.Sprintf("49151%07d", i), Given: fmt.Sprintf("Erika Muster%d", i)})
		}
		known, err := o.People.Resolve(tb.Context(), tx, o.Org.ID, seen)
		people = people[:0]
		for _, k := range known {
			people = append(people, k.ID)
		}
		return err
	})
	return people
}

func grant(tb testing.TB, o *apptest.Office, people ...id.Person) {
	tb.Helper()
	o.Write(tb, func(tx store.Tx) error {
		known, err := o.People.GetMany(tb.Context(), tx, o.Org.ID, people)
		for _, p := range people {
			if err == nil {
				_, err = o.Consents.Grant(tb.Context(), tx, o.Org.ID, known[p], optin.Event{Purpose: optin.Service, Source: "paper", Detail: optin.Detail{Note: "Beispiel"}})
			}
		}
		return err
	})
}

func withdraw(tb testing.TB, o *apptest.Office, person id.Person) {
	tb.Helper()
	o.Write(tb, func(tx store.Tx) error {
		known, err := o.People.Get(tb.Context(), tx, o.Org.ID, person)
		if err == nil {
			_, err = o.Consents.Withdraw(tb.Context(), tx, o.Org.ID, known, optin.Event{Purpose: optin.Service, Source: "agent"})
		}
		return err
	})
}

// ask sends one request as a device.
func ask(tb testing.TB, o *apptest.Office, p phone, method, path, body string, headers ...string) (int, string, http.Header) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, o.URL+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.SetBasicAuth(p.Login, p.password)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

func (p phone) book() string { return "/carddav/" + p.ID.String() + "/book/" }
