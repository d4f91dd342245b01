package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/retention"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// Whatever takes something away at once asks first: the first press changes
// nothing and says what will be lost, the second does it. No script is needed.
func TestWhatCannotBeUndoneAsksFirst(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		known := o.Person(t, erika)
		var label string
		var theCase cases.Case
		var hold retention.Hold
		o.Write(t, func(tx store.Tx) error {
			ctx := t.Context()
			if _, err := o.Consents.Grant(ctx, tx, o.Org.ID, known, optin.Event{Purpose: optin.Marketing, Source: optin.FromPaper, Detail: optin.Detail{Note: "Beispiel", Wording: "Ja, Werbung per WhatsApp", Artefact: "Mappe 1"}}); err != nil {
				return err
			}
			at, err := o.Work.SaveLabel(ctx, tx, o.Org.ID, assignment.Label{Name: "Stammkunde", Colour: "teal"})
			if err != nil {
				return err
			}
			label = at.String()
			if theCase, err = o.Cases.Open(ctx, tx, o.Org.ID, cases.Request{Kind: cases.Erase, Contact: known.ID, Source: "e_mail", Received: o.Clock.Now(), Identity: cases.ByChat}); err != nil {
				return err
			}
			hold, err = o.Holds.Place(ctx, tx, o.Org.ID, retention.Hold{Contact: known.ID, By: id.Account(known.ID), Reason: "Klage", Until: o.Clock.Now().AddDate(0, 1, 0)})
			return err
		})
		colleague, err := o.Users.Create(t.Context(), user.Account{Org: o.Org.ID, Role: user.Agent, Locale: "de", Name: "Noch ein Beispiel", Email: "noch@example.com"}, "Beispiel-Passwort")
		if err != nil {
			t.Fatal(err)
		}
		threads, err := o.Threads.OfContact(t.Context(), o.DB, o.Org.ID, known.ID)
		if err != nil || len(threads) != 1 {
			t.Fatal(threads, err)
		}
		for _, c := range []struct {
			role         user.Role
			path         string
			form         url.Values
			says         string // what will be lost
			table, where string // what is there before, and not afterwards
		}{
			{user.Agent, "/people/" + known.ID.String() + "/withdraw", url.Values{"purpose": {"marketing"}, "conversation": {threads[0].ID.String()}}, "Die Einwilligung von Erika Mustermann in „Werbung“ endet", "consent", "state = 'granted'"},
			{user.Admin, "/settings/users/" + colleague.ID.String(), url.Values{"do": {"deactivate"}}, "Noch ein Beispiel wird sofort abgemeldet", "account", "state = 'active'"},
			{user.Lead, "/settings/labels", url.Values{"do": {"discard"}, "id": {label}}, "Das Etikett „Stammkunde“", "label", ""},
			{user.DPO, "/desk/holds/" + hold.ID.String() + "/lift", nil, "Klage", "legal_hold", "lifted_at = 0"},
			{user.DPO, "/desk/cases/" + theCase.ID.String() + "/grant", nil, "Nachrichten: ", "contact", "state = 'active'"},
		} {
			v := visitor{t, o, o.SignIn(t, c.role)}
			before := o.Count(t, c.table, c.where)
			status, page := v.post(c.path, c.form)
			if status != http.StatusOK || !strings.Contains(page, "Sind Sie sicher?") || !strings.Contains(page, c.says) {
				t.Fatalf("%s: %d\n%s", c.path, status, page)
			}
			if after := o.Count(t, c.table, c.where); before == 0 || after != before {
				t.Errorf("%s: of %d %s there are %d before anybody has agreed", c.path, before, c.table, after)
			}
			agreed := url.Values{"sure": {"yes"}}
			for name, values := range c.form {
				agreed[name] = values
			}
			if status, page := v.post(c.path, agreed); status != http.StatusOK || strings.Contains(page, "Sind Sie sicher?") {
				t.Errorf("%s, agreed: %d\n%s", c.path, status, page)
			}
			o.Until(t, c.path+" is done", func() bool { return o.Count(t, c.table, c.where) == before-1 })
		}
	})
}
