package carddav_test

import (
	"strconv"
	"strings"
	"testing"

	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
)

// People of whom customers tell (contact cards, members of groups) reach no
// book, neither that of phones nor the full one. Who writes to us is in the
// full book, but on no phone before she has agreed.
func TestS02ThirdPartiesReachNoBook(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p, full := addPhone(t, o), addPhone(t, o, func(d *device.Device) { d.Product = device.None })
		now := o.Clock.Now().Unix()
		for _, value := range []map[string]any{
			{
				"contacts": []any{map[string]any{"profile": map[string]any{"name": "Erika Schreiberin"}, "wa_id": "4915110000001"}},
				"messages": []any{map[string]any{"id": "wamid.K1", "from": "4915110000001", "timestamp": itoa(now), "type": "contacts", "contacts": []any{
					map[string]any{"name": map[string]any{"formatted_name": "Dritter Mann", "first_name": "Dritter"}, "phones": []any{map[string]any{"phone": "+49 151 30000003", "wa_id": "4915130000003"}}}}}},
			},
			{
				"contacts": []any{map[string]any{"profile": map[string]any{"name": "Gruppen Mitglied"}, "wa_id": "4915140000004"}},
				"messages": []any{map[string]any{"id": "wamid.G1", "from": "4915140000004", "group_id": "120363000000000001", "timestamp": itoa(now), "type": "text",
					"text": map[string]any{"body": "Hallo Gruppe"}}},
			},
		} {
			if status := o.Post(t, apptest.Webhook(value)); status != 200 {
				t.Fatal(status)
			}
		}
		o.Settle(t)
		query := `<c:addressbook-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><c:address-data/></prop></c:addressbook-query>`
		_, onPhone, _ := ask(t, o, p, "REPORT", p.book(), query)
		_, inFull, _ := ask(t, o, full, "REPORT", full.book(), query)
		for _, third := range []string{"Dritter", "30000003", "Gruppen", "40000004"} {
			if strings.Contains(onPhone, third) || strings.Contains(inFull, third) {
				t.Errorf("%q reached a book", third)
			}
		}
		if !strings.Contains(inFull, "Schreiberin") {
			t.Error("the customer herself is missing in the full book")
		}
		if strings.Contains(onPhone, "Schreiberin") {
			t.Error("a customer who did not agree is on a phone")
		}
		k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, "4915110000001")
		if err != nil || k == nil {
			t.Fatal(k, err)
		}
		grant(t, o, k.ID)
		if _, onPhone, _ = ask(t, o, p, "REPORT", p.book(), query); !strings.Contains(onPhone, "Schreiberin") {
			t.Error("she agreed and is not on the phone")
		}
		if status := o.Post(t, apptest.Text("wamid.S1", "4915110000001", "Erika Schreiberin", "STOP", o.Clock.Now())); status != 200 {
			t.Fatal(status)
		}
		if _, onPhone, _ = ask(t, o, p, "REPORT", p.book(), query); strings.Contains(onPhone, "Schreiberin") {
			t.Error("she said STOP and is still on the phone")
		}
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
