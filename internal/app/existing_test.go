package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/engine/store"
	"einklang/internal/person/record"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
)

// advertise asks by REST to send advertising, and returns the answer and the basis.
func advertise(t *testing.T, o *apptest.Office, person id.Person) (int, string) {
	t.Helper()
	var got struct {
		Verdict struct{ Basis, Reason string }
	}
	status := o.REST(t, http.MethodPost, "/api/v1/messages", map[string]any{"contact_id": person.String(), "phone_number_id": apptest.PhoneNumberID, "type": "text", "advertising": true, "text": map[string]any{"body": "Zubehör im Angebot"}}, &got)
	o.Settle(t)
	return status, got.Verdict.Basis
}

// TestUWG7ExistingCustomers: nothing rests on a purchase unless the controller has
// turned the exception on with a reason and somebody has said each of four facts;
// her objection ends it, and a new purchase does not bring it back.
func TestUWG7ExistingCustomers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		kim := o.Customer("Kim", "4915100040001")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, kim)
		agent, admin := o.SignIn(t, user.Lead), o.SignIn(t, user.DPO)
		page := "/people/" + p.ID.String() + "/consent"
		try := func(what string, want int, basis string) {
			t.Helper()
			if status, got := advertise(t, o, p.ID); status != want || got != basis {
				t.Errorf("%s: answered %d on %q, want %d on %q", what, status, got, want, basis)
			}
		}
		if _, body := visit(t, o, agent, page); strings.Contains(body, `id="sales"`) {
			t.Error("the page offers an exception that is off")
		}
		bought := url.Values{"product": {"Fahrrad Modell 7"}, "goods": {"Zubehör für Fahrräder"}, "sold": {"2026-10-01"}, "fact": {"number", "similar"}}
		if status, body := submit(t, o, agent, page+"/sale", bought); status != http.StatusOK {
			t.Fatalf("recording a purchase: %d %s", status, body)
		}
		sales, err := o.Consents.Sales(t.Context(), o.DB, o.Org.ID, p)
		if err != nil || len(sales) != 1 || len(sales[0].Facts) != 3 || len(sales[0].Missing()) != 1 {
			t.Fatalf("%d purchases, %v", len(sales), err)
		}
		turn := func(reason string) int {
			t.Helper()
			status, _ := submit(t, o, admin, "/consent/existing", url.Values{"on": {"yes"}, "reason": {reason}})
			return status
		}
		if status := turn("darum"); status != http.StatusUnprocessableEntity {
			t.Errorf("turned on for no reason: %d", status)
		}
		confirm := func() {
			t.Helper()
			if status, body := submit(t, o, agent, page+"/sale/"+sales[0].ID.String(), url.Values{"fact": {"informed"}}); status != http.StatusOK || !strings.Contains(body, "Fahrrad Modell 7") {
				t.Fatalf("confirming: %d %s", status, body)
			}
		}
		if status := turn("Nur Zubehör an Käufer, Prüfvermerk vom 1. November 2026"); status != http.StatusOK {
			t.Fatalf("turning it on: %d", status)
		}
		try("one fact is missing", http.StatusForbidden, "")
		confirm()
		try("all is so", http.StatusAccepted, "existing_customer")
		if said := lastText(o, kim); !strings.Contains(said, "STOP") {
			t.Errorf("she is not told how to object: %q", said)
		}
		var told record.Record
		told.Person = *p
		if err := o.Consents.Export(t.Context(), o.DB, o.Org.ID, &told); err != nil || len(told.Sales) != 1 || told.Sales[0].Product != "Fahrrad Modell 7" || len(told.Sales[0].Facts) != 4 {
			t.Errorf("what she is told: %v %v", len(told.Sales), err)
		}
		if status, _ := submit(t, o, admin, "/consent/existing", url.Values{}); status != http.StatusOK {
			t.Fatal(status)
		}
		try("it is turned off", http.StatusForbidden, "")
		turn("Nur Zubehör an Käufer, Prüfvermerk vom 1. November 2026")
		setFourEyes(t, o, true)
		try("one voice where two are asked for", http.StatusForbidden, "")
		setFourEyes(t, o, false)
		o.Clock.Advance(25 * time.Hour * 24 * 30)
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		try("not used for two years", http.StatusForbidden, "")
		o.Clock.Advance(-25 * time.Hour * 24 * 30)
		kim.Say(o.Number, "keine Werbung")
		o.Settle(t)
		try("she objected", http.StatusForbidden, "")
		if sales, err = o.Consents.Sales(t.Context(), o.DB, o.Org.ID, p); err != nil || sales[0].Ended.IsZero() {
			t.Errorf("the purchase still carries: %v", err)
		}
		if status, _ := submit(t, o, agent, page+"/sale", bought); status != http.StatusUnprocessableEntity {
			t.Errorf("a purchase was recorded of somebody who objected: %d", status)
		}
	})
}

func setFourEyes(t *testing.T, o *apptest.Office, on bool) {
	t.Helper()
	o.Write(t, func(tx store.Tx) error {
		s, err := o.Consents.Settings(t.Context(), tx, o.Org.ID)
		if err != nil {
			return err
		}
		s.FourEyes = on
		return o.Consents.SaveSettings(t.Context(), tx, o.Org.ID, s)
	})
}

// TestPurchasesByRESTAndTheirEnd: recorded and read by a program, told to the
// person, ended by STOP, and deleted when they prove nothing any more.
func TestPurchasesByRESTAndTheirEnd(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		kim := o.Customer("Kim", "4915100040002")
		kim.Say(o.Number, "Guten Tag")
		o.Settle(t)
		p := o.Person(t, kim)
		path := "/api/v1/contacts/" + p.ID.String() + "/sales"
		body := map[string]any{"product": "Fahrrad", "similar_goods": "Zubehör", "sold_at": o.Clock.Now().AddDate(0, -1, 0), "number_with_sale": true, "informed": true}
		var made struct {
			ID      string
			Missing []string
			Facts   []struct{ Fact, By string }
		}
		if status := o.REST(t, http.MethodPost, path, body, &made); status != http.StatusCreated || len(made.Missing) != 1 || made.Missing[0] != "similar" || len(made.Facts) != 3 || !strings.HasPrefix(made.Facts[0].By, "program ") {
			t.Fatalf("recording: %d %+v", status, made)
		}
		body["sold_at"] = o.Clock.Now().AddDate(0, 0, 1)
		if status := o.REST(t, http.MethodPost, path, body, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a purchase in the future: %d", status)
		}
		o.Write(t, func(tx store.Tx) error {
			o.Org.Settings.Existing.Reason, o.Org.Settings.Existing.At = "Nur Zubehör an Käufer", o.Clock.Now()
			return o.Orgs.SaveSettings(t.Context(), tx, o.Org.ID, o.Org.Settings)
		})
		if status, _ := advertise(t, o, p.ID); status != http.StatusForbidden {
			t.Errorf("with a fact missing: %d", status)
		}
		if status := o.REST(t, http.MethodDelete, path+"/"+made.ID, nil, nil); status != http.StatusNoContent {
			t.Errorf("ending it: %d", status)
		}
		if status := o.REST(t, http.MethodDelete, path+"/"+made.ID, nil, nil); status != http.StatusNotFound {
			t.Errorf("ending it twice: %d", status)
		}
		body["sold_at"], body["only_similar_goods"] = o.Clock.Now().AddDate(0, -1, 0), true
		if status := o.REST(t, http.MethodPost, path, body, &made); status != http.StatusCreated {
			t.Fatal(status)
		}
		if status, basis := advertise(t, o, p.ID); status != http.StatusAccepted || basis != "existing_customer" {
			t.Errorf("with all facts: %d on %q", status, basis)
		}
		lou := o.Customer("Lou", "4915100040003")
		lou.Say(o.Number, "Guten Tag")
		o.Settle(t)
		hers := o.Person(t, lou)
		if status := o.REST(t, http.MethodPost, "/api/v1/contacts/"+hers.ID.String()+"/sales", body, nil); status != http.StatusCreated {
			t.Fatal(status)
		}
		if status, _ := submit(t, o, o.SignIn(t, user.DPO), "/people/"+hers.ID.String()+"/consent/withdraw", url.Values{"what": {"object"}, "sure": {"yes"}}); status != http.StatusOK || o.Count(t, "sale", "contact_id = ? AND ended_at = 0", hers.ID) != 0 {
			t.Errorf("an objection without any consent ends nothing: %d", status)
		}
		kim.Say(o.Number, "STOP")
		o.Settle(t)
		var all struct {
			Items []struct {
				EndedAt *time.Time `json:"ended_at"`
			}
		}
		if o.REST(t, http.MethodGet, path, nil, &all); len(all.Items) != 2 || all.Items[0].EndedAt == nil || all.Items[1].EndedAt == nil {
			t.Errorf("after STOP: %+v", all)
		}
		expire := func(at time.Time) {
			t.Helper()
			o.Write(t, func(tx store.Tx) error { return o.Consents.Expire(t.Context(), tx, o.Org.ID, at) })
		}
		year := o.Clock.Now().Year()
		if expire(time.Date(year+3, 12, 31, 0, 0, 0, 0, time.UTC)); o.Count(t, "sale", "") != 3 {
			t.Error("deleted before the claims are barred")
		}
		if expire(time.Date(year+4, 1, 1, 0, 0, 0, 0, time.UTC)); o.Count(t, "sale", "")+o.Count(t, "sale_fact", "") != 0 {
			t.Error("kept when it proves nothing any more")
		}
	})
}
