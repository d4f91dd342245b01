package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"einklang/internal/engine/store"
	"einklang/internal/test/apptest"
)

// TestNumbersFromTheField: ways in which one number is written lead to one person,
// over REST as in a webhook.
func TestNumbersFromTheField(t *testing.T) {
	raw, err := os.ReadFile("../rule/phone/testdata/numbers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(raw)), "\n")[1:]
	rows = append(rows, "+54 9 11 2345-6789\t\t5491123456789", "541123456789\t\t5491123456789", "＋４９ １７６ ０４０６９９５５\t\t4917604069955", "٠٠٤٩١٧٦٠٤٠٦٩٩٥٥\t\t4917604069955", "0043 (0)664 / 123 45 67\t\t436641234567")
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		for i, row := range rows {
			f := strings.Split(row, "\t")
			written, country, person := f[0], f[1], f[2]
			o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d", i), person, "Kim", "Guten Tag", o.Clock.Now()))
			p, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, person)
			if err != nil || p == nil {
				t.Fatalf("%s: %v", person, err)
			}
			home := func(country string) {
				o.Write(t, func(tx store.Tx) error {
					now, err := o.Orgs.Get(t.Context(), tx, o.Org.ID)
					if err != nil {
						return err
					}
					now.Settings.Country = country
					return o.Orgs.SaveSettings(t.Context(), tx, o.Org.ID, now.Settings)
				})
			}
			if country != "" {
				home("")
				if status, _, code := looked(t, o, written); status != http.StatusUnprocessableEntity || code != "national_number" {
					t.Errorf("%q without a country: %d %s", written, status, code)
				}
				home(country)
			}
			if status, found, code := looked(t, o, written); status != http.StatusOK || found != p.ID.String() {
				t.Errorf("%q: %d %s %s, want %s", written, status, code, found, p.ID)
			}
			if digits := strings.TrimPrefix(written, "+"); strings.Trim(digits, "0123456789") == "" && country == "" { // as Meta writes it
				o.Post(t, apptest.Text(fmt.Sprintf("wamid.%d.b", i), digits, "Kim", "Noch einmal", o.Clock.Now()))
				if again, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, person); err != nil || again.ID != p.ID {
					t.Errorf("a webhook from %s: %v, %v", digits, again, err)
				}
			}
		}
		if n := o.Count(t, "contact", "state = 'active'"); n != 5 {
			t.Errorf("%d people, want 5", n)
		}
		o.Settle(t)
	})
}
