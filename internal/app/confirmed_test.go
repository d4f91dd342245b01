package app_test

import (
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
	"einklang/sandbox"
)

// What confirms a STOP, a START, an end of advertising and a withdrawal says what is
// so of this person and this company, and no more.
func TestAConfirmationSaysWhatIsSo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika, mustermann := o.Customer("Erika Mustermann", "4917604069001"), o.Customer("Max Mustermann", "4917604069002")
		erika.Say(o.Number, "Guten Tag")
		mustermann.Say(o.Number, "Guten Tag")
		o.Settle(t)
		answer := func(p *sandbox.Phone, words string) string {
			t.Helper()
			p.Say(o.Number, words)
			o.Settle(t)
			return lastText(o, p)
		}
		expect := func(what, text string, says, not []string) {
			t.Helper()
			for _, s := range says {
				if !strings.Contains(text, s) {
					t.Errorf("%s: %q is not said: %q", what, s, text)
				}
			}
			for _, s := range not {
				if strings.Contains(text, s) {
					t.Errorf("%s: %q is said: %q", what, s, text)
				}
			}
		}
		const several, consents, books = "von keiner unserer Nummern", "Ihre Einwilligungen sind widerrufen", "verlässt unsere Firmentelefone"
		expect("who agreed to nothing", answer(erika, "STOP"), []string{"Erledigt: " + o.Org.Name + " schreibt Ihnen über WhatsApp nicht mehr.", "DATEN", "START hebt"}, []string{several, consents, books})
		expect("START, and no form", answer(erika, "START"), []string{"Der Stopp ist aufgehoben", "Widersprüche bleiben"}, []string{"Neu einwilligen"})

		o.Agree(t, o.Person(t, mustermann).ID, optin.Service)
		o.Agree(t, o.Person(t, mustermann).ID, optin.Marketing)
		if _, _, err := o.Devices.Add(t.Context(), o.DB, device.Device{Org: o.Org.ID, Product: device.Business, Platform: device.Android, Management: device.WorkProfile, Detail: device.Detail{Name: "Telefon", Owner: "Kim Beispiel"}}); err != nil {
			t.Fatal(err)
		}
		if err := o.Books.Refresh(t.Context(), o.Org.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Orgs.AddChannel(t.Context(), org.Channel{Org: o.Org.ID, App: apptest.AppKey, PhoneNumberID: "22", WABA: apptest.WABA, DisplayNumber: "+49 30 99", Name: "Vertrieb", Product: "cloud_api", PerSecond: 1, Active: true}, "x"); err != nil {
			t.Fatal(err)
		}
		o.Write(t, func(tx store.Tx) error {
			return o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, optin.Settings{Form: true})
		})
		expect("advertising ends, service goes on", answer(mustermann, "STOP WERBUNG"), []string{"Über WhatsApp bekommen Sie keine Werbung mehr. Ihr Widerspruch ist eingetragen.", "STOP beendet auch das"}, []string{"Auf Ihre Fragen"})
		expect("who agreed, and stands on a phone", answer(mustermann, "STOP"), []string{several, consents, books}, nil)
		expect("START, with the form", answer(mustermann, "START"), []string{"Neu einwilligen: " + o.URL + "/opt-in/" + o.Org.Slug}, nil)
		expect("advertising ends, nothing goes on", answer(erika, "Bitte keine Werbung"), nil, []string{"Weiter kommt"})

		o.Agree(t, o.Person(t, erika).ID, optin.Service)
		o.Agree(t, o.Person(t, erika).ID, optin.Utility)
		v := enteredBy(t, o, answer(erika, "DATEN"))
		_, page := v.post("/portal/beispiel/do/purpose", url.Values{"purpose": {optin.Utility}})
		expect("one of two", page, []string{"ist widerrufen, ab sofort", "Weiter gilt: "}, []string{"Eine andere Einwilligung"})
		_, page = v.post("/portal/beispiel/do/purpose", url.Values{"purpose": {optin.Service}})
		expect("the last one", page, []string{"Eine andere Einwilligung haben wir nicht"}, []string{"Weiter gilt: "})
	})
}
