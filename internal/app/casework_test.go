package app_test

import (
	"archive/zip"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
)

const forwarded = "Message-ID: <weiter-1@example.com>\r\nFrom: Robin Beispiel <robin@example.com>\r\nTo: datenschutz@example.com\r\nSubject: WG: Meine Daten\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Zur Kenntnis.\r\n\r\n-----Urspr=FCngliche Nachricht-----\r\nVon: Erika Mustermann <erika@example.org>\r\nBetreff: Meine Daten\r\n\r\nBitte geben Sie mir Auskunft =FCber meine Daten.\r\n"

// A forwarded mail becomes a case; staff say whom it is about; she shows who she
// is by a link; her package lies ready, sealed, for a week; the tasks follow.
func TestArt12AMailedRequestIsWorkedOff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		ctx := t.Context()
		erika := o.Customer("Erika Mustermann", "4917604069001")
		erika.Say(o.Number, "Guten Tag")
		o.Settle(t)
		person := o.Person(t, erika)
		box := cases.Mailbox{DB: o.DB, Cases: o.Cases, Log: o.Config.Log, Orgs: o.Orgs, People: o.People, Consents: o.Consents}
		for range 2 { // read again after a crash
			if taken, err := box.Take(ctx, []byte(forwarded)); err != nil || !taken {
				t.Fatalf("the mail: %v, %v", taken, err)
			}
		}
		zone, _ := time.LoadLocation("Europe/Berlin")
		waiting, err := o.Cases.Waiting(ctx, o.DB, o.Org.ID, zone)
		if err != nil || len(waiting) != 1 || waiting[0].Kind != cases.Access || waiting[0].Source != "e_mail" || !waiting[0].Contact.IsZero() {
			t.Fatalf("%+v, %v", waiting, err)
		}
		dpo, path := o.SignIn(t, user.DPO), "/desk/cases/"+waiting[0].ID.String()
		do := func(what string, form url.Values, want string) {
			t.Helper()
			if status, page := submit(t, o, dpo, path+"/"+what, form); status != http.StatusOK || !strings.Contains(page, want) {
				t.Fatalf("%s: %d\n%s", what, status, page)
			}
		}
		if _, page := visit(t, o, dpo, path); !strings.Contains(page, "erika@example.org") || !strings.Contains(page, "Auskunft über meine Daten") {
			t.Errorf("the words of the mail are not there: %s", page)
		}
		do("person", url.Values{"person": {"Erika"}}, "Erika Mustermann")
		if status, _ := submit(t, o, dpo, path+"/package", nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a package for nobody knows whom: %d", status)
		}
		do("code", url.Values{"way": {"whatsapp"}}, "Link zur Bestätigung geschickt")
		o.Settle(t)
		link := regexp.MustCompile(`/portal/beispiel/enter/([A-Za-z0-9_-]+)`).FindStringSubmatch(lastText(o, erika))
		if link == nil {
			t.Fatalf("she got no link: %s", lastText(o, erika))
		}
		v := newVisitor(t, o)
		v.get(link[0])
		if status, page := v.post("/portal/beispiel/enter", url.Values{"secret": {link[1]}}); status != http.StatusOK || strings.Contains(page, "Ihr Paket liegt bereit") {
			t.Fatalf("the link: %d\n%s", status, page)
		}
		if c, err := o.Cases.Get(ctx, o.DB, o.Org.ID, waiting[0].ID); err != nil || c.Identity != cases.ByCode {
			t.Fatalf("who asks is not known: %+v, %v", c, err)
		}
		do("package", nil, "Liegt bereit bis")
		do("tick", url.Values{"task": {"third_parties"}, "done": {"yes"}}, "doch nicht")
		do("task", url.Values{"text": {"Kollegin fragen"}}, "Kollegin fragen")
		do("letter", url.Values{"way": {"post"}, "text": {"liegt bereit"}}, "1 Aufgabe ist noch offen")

		_, page := v.get("/portal/beispiel/data")
		fetch := regexp.MustCompile(`/portal/beispiel/package/[0-9a-f-]+`).FindString(page)
		if fetch == "" {
			t.Fatalf("she does not see it: %s", page)
		}
		_, raw := v.get(fetch)
		if z, err := zip.NewReader(strings.NewReader(raw), int64(len(raw))); err != nil || len(z.File) < 4 {
			t.Errorf("what she fetches: %v", err)
		}
		if _, raw := visit(t, o, dpo, path+"/package"); !strings.HasPrefix(raw, "PK") {
			t.Error("staff cannot fetch it")
		}
		if status, _ := newVisitor(t, o).get(fetch); status == http.StatusOK {
			if _, page := newVisitor(t, o).get(fetch); strings.HasPrefix(page, "PK") {
				t.Error("a stranger fetches it")
			}
		}

		o.Clock.Advance(cases.ParcelLife + time.Hour)
		o.Expire(ctx)
		if n := o.Count(t, "privacy_parcel", "TRUE") + o.Count(t, "blob", "TRUE"); n != 0 {
			t.Errorf("%d rows of the package are left after its time", n)
		}
		dpo = o.SignIn(t, user.DPO)
		do("package", nil, "Liegt bereit bis")
		eraseNow(t, o, erasure.Identity{Contact: person.ID})
		if n := o.Count(t, "privacy_parcel", "TRUE") + o.Count(t, "blob", "TRUE"); n != 0 {
			t.Errorf("%d rows of the package are left after the erasure", n)
		}
	})
}
