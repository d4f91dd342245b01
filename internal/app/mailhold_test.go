package app_test

import (
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/contact"
	"einklang/internal/rights/cases"
	"einklang/internal/test/apptest"
)

// TestAMailHoldsAdvertising: at once where the address is one person's, and until
// a colleague has answered; where it is nobody's or two people's, for nobody. The
// case stays open, and nobody is taken for its writer.
func TestAMailHoldsAdvertising(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		const only, one, other, quiet = "4915100030001", "4915100030002", "4915100030003", "4915100030004"
		addresses := map[string]string{only: "Kim@example.org", one: "familie@example.org", other: "familie@example.org", quiet: "ruhig@example.org"}
		o.Write(t, func(tx store.Tx) error {
			for phone, address := range addresses {
				if _, err := o.People.Resolve(t.Context(), tx, o.Org.ID, []contact.Sighting{{Phone: phone, Name: "Kim", Email: address}}); err != nil {
					return err
				}
			}
			return nil
		})
		kim := o.Customer("Kim", only)
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		box := cases.Mailbox{DB: o.DB, Cases: o.Cases, Log: o.Config.Log, Orgs: o.Orgs, People: o.People, Consents: o.Consents}
		mail := func(at, from, words string) {
			t.Helper()
			raw := "Message-ID: <" + at + "@example.org>\r\nFrom: " + from + "\r\nTo: datenschutz@example.com\r\nSubject: Anfrage\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + words + "\r\n"
			if taken, err := box.Take(t.Context(), []byte(raw)); err != nil || !taken {
				t.Fatalf("the mail: %v, %v", taken, err)
			}
		}
		mail("1", "kim@EXAMPLE.org", "Ich widerrufe meine Einwilligung.")
		mail("2", "familie@example.org", "Ich widerspreche der Werbung.")
		mail("3", "niemand@example.org", "Bitte keine Werbung mehr.")
		mail("4", "ruhig@example.org", "Bitte geben Sie mir Auskunft über meine Daten.")
		held := func(phone string) bool {
			t.Helper()
			k, err := o.People.ByPhone(t.Context(), o.DB, o.Org.ID, phone)
			if err != nil || k == nil {
				t.Fatal(k, err)
			}
			return k.Flags.Held
		}
		if !held(only) {
			t.Error("advertising is not held for the one whose address it is")
		}
		if held(one) || held(other) || held(quiet) {
			t.Error("it is held for somebody who may not have written, or took nothing back")
		}
		zone := o.Chats.Location
		waiting, err := o.Cases.Waiting(t.Context(), o.DB, o.Org.ID, zone)
		if err != nil || len(waiting) != 4 {
			t.Fatalf("%d cases, %v", len(waiting), err)
		}
		for _, c := range waiting {
			if !c.Contact.IsZero() {
				t.Errorf("somebody is taken for the writer: %+v", c)
			}
		}
		threads, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, o.Person(t, kim).ID)
		if err != nil || len(threads) != 1 {
			t.Fatal(threads, err)
		}
		if _, page := visit(t, o, o.SignIn(t, user.Agent), "/inbox/"+threads[0].ID.String()); !strings.Contains(page, "Von der Mailadresse dieser Person") {
			t.Error("nobody is asked in the conversation")
		}
	})
}
