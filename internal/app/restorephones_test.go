package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/app"
	"einklang/internal/app/house"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/phones/device"
	"einklang/internal/rights/backup"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

// After a restore the numbers that were given since the backup are given again,
// for other changes. So a phone that read its book in between is sent back to
// the beginning, and finds no card with a tag of before.
func TestAfterARestorePhonesReadTheirWholeBook(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		o, from := backedUp(t, url)
		phone, password, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android,
			Management: device.Supervised, Names: true, Detail: device.Detail{Name: "Außendienst 1", Owner: "Erika Beispiel"}})
		if err != nil {
			t.Fatal(err)
		}
		link, err := o.Devices.Link(t.Context(), o.DB, o.Org.ID, phone.ID, device.ToCheck)
		if err != nil {
			t.Fatal(err)
		}
		if failed, err := o.Devices.Attest(t.Context(), device.Through(o.DB), link, map[device.Item]string{device.BusinessOnly: "yes", device.Contacts: "book", device.ChatBackup: "off",
			device.MediaSaving: "off", device.ReadReceipts: "off", device.LinkedDevices: "none", device.ScreenLock: "yes"}, nil); err != nil || len(failed) > 0 {
			t.Fatal(failed, err)
		}
		agrees := func(ctx context.Context, a *app.App, number, name string) {
			t.Helper()
			if err := a.DB.Write(ctx, func(ctx context.Context, tx store.Tx) error {
				known, err := a.People.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: number, Given: name}})
				if err != nil {
					return err
				}
				_, err = a.Consents.Grant(ctx, tx, o.Org.ID, known[0], optin.Event{Purpose: optin.Service, Source: "paper", Detail: optin.Detail{Note: "Beispiel"}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		sync := func(at, token string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), "REPORT", at+"/carddav/"+phone.ID.String()+"/book/", strings.NewReader(
				`<sync-collection xmlns="DAV:"><sync-token>`+token+`</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`))
			if err != nil {
				t.Fatal(err)
			}
			r.SetBasicAuth(phone.Login, password)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = answer.Body.Close() }()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			return answer.StatusCode, string(body)
		}
		tokenIn := regexp.MustCompile(`<d:sync-token>([^<]+)<`)
		tagIn := regexp.MustCompile(`<d:getetag>([^<]+)<`)

		agrees(t.Context(), o.App, "4915110000001", "Erika Muster1")
		_, first := sync(o.URL, "")
		if _, err := house.TakeBackup(t.Context(), &o.Engine, false); err != nil {
			t.Fatal(err)
		}
		agrees(t.Context(), o.App, "4915110000002", "Erika Muster2")
		_, second := sync(o.URL, tokenIn.FindStringSubmatch(first)[1])

		if err := o.Copier().Copy(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := o.Config
		c.Data, c.Database = t.TempDir(), ""
		if _, err := house.Restore(t.Context(), c, from, backup.Load); err != nil {
			t.Fatal(err)
		}
		a, err := app.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer apptest.Run(a)(t)
		handler, err := a.Handler()
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		agrees(t.Context(), a, "4915110000003", "Erika Muster3") // gets the numbers that Erika Muster2 had
		for what, token := range map[string]string{"before": tokenIn.FindStringSubmatch(first)[1], "after": tokenIn.FindStringSubmatch(second)[1]} {
			if status, body := sync(server.URL, token); status != 403 || !strings.Contains(body, "valid-sync-token") {
				t.Errorf("a token of %s the backup: %d %s", what, status, body)
			}
		}
		status, whole := sync(server.URL, "")
		if status != 207 || strings.Count(whole, "200 OK") != 2 {
			t.Fatalf("the whole book: %d %s", status, whole)
		}
		for _, tag := range tagIn.FindAllStringSubmatch(whole, -1) {
			if strings.Contains(first+second, tag[1]) {
				t.Errorf("a card has the tag %s, which was given before the restore", tag[1])
			}
		}
		if status, body := sync(server.URL, tokenIn.FindStringSubmatch(whole)[1]); status != 207 {
			t.Errorf("the new token: %d %s", status, body)
		}
	})
}
