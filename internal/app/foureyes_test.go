package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/approval"
	"einklang/internal/account/user"
	"einklang/internal/app"
	"einklang/internal/engine/mail"
	"einklang/internal/engine/store"
	"einklang/internal/phones/device"
	"einklang/internal/rule/foureyes"
	"einklang/internal/rule/id"
	"einklang/internal/test/apptest"
	"einklang/internal/test/mailtest"
	"einklang/internal/test/storetest"
)

// fourEyes is an installation with an administrator and a data protection officer who
// have long been there, and a mail server.
type fourEyes struct {
	*apptest.Office
	t                *testing.T
	post             *mailtest.Server
	admin, dpo       *http.Client
	adminID, dpoID   id.Account
	adminTo, officer string // mail addresses
}

func openEyes(t *testing.T, url string) *fourEyes {
	t.Helper()
	e := &fourEyes{t: t, post: mailtest.Start(t, mail.StartTLS)}
	e.Office = apptest.OpenWith(t, url, apptest.Options{Config: func(c *app.Config) { c.Mail = e.post.Config(t) }})
	e.admin, e.dpo = e.SignIn(t, user.Admin), e.SignIn(t, user.DPO)
	for _, l := range e.staff() {
		if l.Role == user.Admin {
			e.adminID, e.adminTo = l.ID, l.Email
		} else {
			e.dpoID, e.officer = l.ID, l.Email
		}
	}
	return e
}

func eachEyes(t *testing.T, test func(t *testing.T, e *fourEyes)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) { test(t, openEyes(t, url)) })
}

func (e *fourEyes) staff() []user.Listed {
	e.t.Helper()
	all, err := e.Users.List(e.t.Context(), e.DB, e.Org.ID)
	if err != nil {
		e.t.Fatal(err)
	}
	return all
}

// change does something to an account on the page of the accounts.
func (e *fourEyes) change(browser *http.Client, account id.Account, do string, more ...string) (int, string) {
	e.t.Helper()
	form := url.Values{"do": {do}, "sure": {"yes"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return submit(e.t, e.Office, browser, "/settings/users/"+account.String(), form)
}

// asks tells whether a page asks for a second person.
func asks(page string) bool { return strings.Contains(page, "Eine zweite Person muss zustimmen") }

// question puts a question, and reads it as it is stored.
func (e *fourEyes) question(browser *http.Client, kind approval.Kind, subject string) approval.Request {
	e.t.Helper()
	if status, page := submit(e.t, e.Office, browser, "/desk/approvals", url.Values{"kind": {string(kind)}, "subject": {subject}, "reason": {"Beispielgrund"}}); status != http.StatusOK {
		e.t.Fatalf("the question: %d\n%s", status, page)
	}
	return e.newest()
}

func (e *fourEyes) newest() approval.Request {
	e.t.Helper()
	all, err := e.Approvals.List(e.t.Context(), e.DB, e.Org.ID, 1)
	if err != nil || len(all) == 0 {
		e.t.Fatal(all, err)
	}
	return all[0]
}

func (e *fourEyes) decide(browser *http.Client, q approval.Request, do string) int {
	e.t.Helper()
	status, _ := submit(e.t, e.Office, browser, "/desk/approvals/"+q.ID.String(), url.Values{"do": {do}})
	return status
}

func (e *fourEyes) later(d time.Duration) {
	e.t.Helper()
	e.Clock.Advance(d)
	if err := e.Approvals.RipenAll(e.t.Context(), e.DB, e.Orgs.IDs); err != nil {
		e.t.Fatal(err)
	}
	e.admin = e.again(e.adminTo) // sessions end meanwhile
}

// again signs in anew.
func (e *fourEyes) again(email string) *http.Client {
	e.t.Helper()
	return e.SignInAs(e.t, email, "Beispiel-Passwort")
}

// letters tries to take what needs a second person.
func (e *fourEyes) letters(browser *http.Client) bool {
	e.t.Helper()
	_, page := visit(e.t, e.Office, browser, "/desk/archive")
	return !asks(page)
}

// Attack 4: the administrator blocks the data protection officer, asks, is granted
// as "nobody else could decide", and lets her in again.
func TestBlockingTheOtherDeciderGrantsNothing(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		if status, page := e.change(e.admin, e.dpoID, "deactivate"); status != http.StatusOK || asks(page) {
			t.Fatalf("blocking waits: %d", status)
		}
		if status, page := visit(t, e.Office, e.dpo, "/desk/approvals"); status != http.StatusOK || !strings.Contains(page, `action="/sign-in"`) {
			t.Fatalf("her session goes on: %d", status)
		}
		e.told(e.officer, "gesperrt") // she hears of it, and can object
		q := e.question(e.admin, approval.Letters, "")
		if q.Alone || q.Granted || e.letters(e.admin) {
			t.Fatalf("blocking made him alone: %+v", q)
		}
		if _, page := e.change(e.admin, e.dpoID, "activate"); !asks(page) {
			t.Error("he lets her in again by himself")
		}
		e.later(6 * 24 * time.Hour)
		if q := e.question(e.admin, approval.Letters, ""); q.Alone {
			t.Error("after six days she does not count any more")
		}
		e.later(25 * time.Hour)
		q = e.question(e.admin, approval.Letters, "")
		if !q.Alone || q.Granted || e.letters(e.admin) {
			t.Fatalf("after a week nobody else counts, and it waits: %+v", q)
		}
		if _, page := visit(t, e.Office, e.admin, "/desk/approvals"); !strings.Contains(page, "wartet 72 Stunden") || !strings.Contains(page, "keine zwei Personen") {
			t.Error("the page does not say so openly")
		}
		e.later(71 * time.Hour)
		if e.letters(e.admin) {
			t.Error("it is granted before 72 hours")
		}
		e.later(time.Hour)
		if !e.letters(e.admin) {
			t.Error("after 72 hours he is not helped")
		}
		if q := e.newest(); !q.Alone || q.Second != q.By {
			t.Errorf("it is not marked: %+v", q)
		}
		if _, page := visit(t, e.Office, e.admin, "/desk/approvals"); !strings.Contains(page, "ohne zweite Person") {
			t.Error("the page does not keep the mark")
		}
	})
}

// told waits until a mail with some words went to somebody.
func (e *fourEyes) told(to, words string) {
	e.t.Helper()
	e.Until(e.t, "a mail to "+to, func() bool { return e.mailed(to, words) })
}

func (e *fourEyes) mailed(to, words string) bool {
	return slices.ContainsFunc(e.post.Mails(), func(m mailtest.Mail) bool { return m.To == to && strings.Contains(m.Body(e.t), words) })
}

// Attack 4: or makes a second account of a data protection officer for himself.
func TestAnAccountOfOnesOwnDecidesNothing(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		add := func(role user.Role) (int, string) {
			return submit(t, e.Office, e.admin, "/settings/users", url.Values{"name": {"Strohmann"}, "email": {"strohmann@example.com"}, "role": {string(role)}})
		}
		if status, page := add(user.DPO); status != http.StatusUnprocessableEntity || !strings.Contains(page, "zwei Schritten") || len(e.staff()) != 2 {
			t.Fatalf("he makes a data protection officer: %d", status)
		}
		if status, page := add(user.Agent); status != http.StatusOK || strings.Contains(page, "/password/") {
			t.Fatalf("an account, and its link is mailed: %d", status)
		}
		straw := e.staff()[2].ID
		if _, page := e.change(e.admin, straw, "role", "role", "dpo"); !asks(page) || e.staff()[2].Role != user.Agent {
			t.Fatal("he makes an account decide by himself")
		}
		// Even where somebody agrees, the new one decides nothing for a week.
		subject := approval.AccountSubject(straw, foureyes.SetRole, "dpo")
		if status := e.decide(e.dpo, e.question(e.admin, approval.Account, subject), "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, page := e.change(e.admin, straw, "role", "role", "dpo"); asks(page) || e.staff()[2].Role != user.DPO {
			t.Fatal("the grant does not work")
		}
		young := e.password(straw)
		q := e.question(e.admin, approval.Letters, "")
		if status := e.decide(young, q, "grant"); status != http.StatusForbidden || e.letters(e.admin) {
			t.Errorf("who is new grants: %d", status)
		}
		if _, page := visit(t, e.Office, young, "/desk/approvals"); !strings.Contains(page, "schon sieben Tage") || strings.Contains(page, `value="grant"`) {
			t.Error("the page offers what cannot be")
		}
		if status := e.decide(young, q, "refuse"); status != http.StatusOK {
			t.Errorf("who is new refuses: %d", status)
		}
		e.later(8 * 24 * time.Hour)
		q = e.question(e.admin, approval.Letters, "")
		if status := e.decide(e.again("strohmann@example.com"), q, "grant"); status != http.StatusOK || !e.letters(e.admin) {
			t.Errorf("after a week: %d", status)
		}
	})
}

// password lets the owner of an account choose the password of all tests.
func (e *fourEyes) password(account id.Account) *http.Client {
	e.t.Helper()
	var token string
	e.Write(e.t, func(tx store.Tx) (err error) {
		token, err = e.Users.NewLink(e.t.Context(), tx, e.Org.ID, account)
		return err
	})
	if _, _, err := e.Users.Redeem(e.t.Context(), token, "Beispiel-Passwort", user.Through(e.DB)); err != nil {
		e.t.Fatal(err)
	}
	a, err := e.Users.Get(e.t.Context(), e.Org.ID, account)
	if err != nil {
		e.t.Fatal(err)
	}
	return e.again(a.Email)
}

// Attack 4: or resets her password on the screen, or changes her role.
func TestADecidersAccountIsChangedByTwo(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		for _, c := range [][]string{{"password"}, {"role", "role", "agent"}, {"role", "role", "admin"}} {
			if _, page := e.change(e.admin, e.dpoID, c[0], c[1:]...); !asks(page) || strings.Contains(page, "/password/") {
				t.Errorf("%v by himself:\n%s", c, page)
			}
		}
		if n := e.Count(t, "password_link", ""); n != 0 {
			t.Errorf("%d links", n)
		}
		q := e.question(e.admin, approval.Account, approval.AccountSubject(e.dpoID, foureyes.SetPassword, ""))
		if status := e.decide(e.admin, q, "grant"); status != http.StatusForbidden {
			t.Errorf("he grants it himself: %d", status)
		}
		if status := e.decide(e.dpo, q, "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, page := e.change(e.admin, e.dpoID, "password"); strings.Contains(page, "/password/") || !strings.Contains(page, "geht per E-Mail an "+e.officer) {
			t.Error("with a grant it goes to her mailbox, and nowhere else")
		}
		e.told(e.officer, "/password/")
		if e.mailed(e.adminTo, "/password/") {
			t.Error("he has her link")
		}
		// Sessions end at once, without asking anybody.
		if _, page := e.change(e.admin, e.dpoID, "sessions"); asks(page) {
			t.Error("signing her out waits")
		}
		if _, page := visit(t, e.Office, e.dpo, "/desk/approvals"); !strings.Contains(page, `action="/sign-in"`) {
			t.Error("she is still signed in")
		}
	})
}

// What has one person do what took two needs two, too.
func TestAControlIsLoweredByTwo(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		if status, _ := submit(t, e.Office, e.dpo, "/consent/form", url.Values{"four_eyes": {"on"}}); status != http.StatusOK {
			t.Fatal(status)
		}
		if _, page := submit(t, e.Office, e.dpo, "/consent/form", url.Values{}); !asks(page) || !strings.Contains(page, "Vier Augen für Einwilligungen") {
			t.Errorf("turned off by one:\n%s", page)
		}
		if s, err := e.Consents.Settings(t.Context(), e.DB, e.Org.ID); err != nil || !s.FourEyes {
			t.Fatal(s, err)
		}
		if status := e.decide(e.admin, e.question(e.dpo, approval.Control, "consents"), "grant"); status != http.StatusOK {
			t.Fatal(status)
		}
		submit(t, e.Office, e.dpo, "/consent/form", url.Values{})
		if s, err := e.Consents.Settings(t.Context(), e.DB, e.Org.ID); err != nil || s.FourEyes {
			t.Error("with a grant it stays on", err)
		}
	})
}

// The founder makes the first who decides beside him without asking anybody; a
// company of one says that it is one; and whoever may object is told.
func TestACompanyOfOneSaysSo(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, database string) {
		post := mailtest.Start(t, mail.StartTLS)
		e := &fourEyes{t: t, post: post, Office: apptest.OpenWith(t, database, apptest.Options{Config: func(c *app.Config) { c.Mail = post.Config(t) }})}
		e.admin = e.SignIn(t, user.Admin)
		e.adminID, e.adminTo = e.staff()[0].ID, e.staff()[0].Email
		if _, page := visit(t, e.Office, e.admin, "/settings/users"); !strings.Contains(page, "keine zwei Personen") {
			t.Error("the page of the accounts does not say so")
		}
		if _, page := visit(t, e.Office, e.admin, "/desk/approvals/new?kind=letters"); !strings.Contains(page, "Niemand sonst kann") {
			t.Error("who asks does not know that it waits")
		}
		if status, page := submit(t, e.Office, e.admin, "/settings/users", url.Values{"name": {"Kim Beispiel"}, "email": {"kim@example.com"}, "role": {"dpo"}}); status != http.StatusOK || strings.Contains(page, "/password/") {
			t.Fatalf("the first data protection officer: %d\n%s", status, page)
		}
		q := e.question(e.admin, approval.Letters, "")
		if !q.Alone {
			t.Fatalf("%+v", q)
		}
		e.told("kim@example.com", "72 Stunden")
		e.told(e.adminTo, "72 Stunden")
		kim := e.password(e.staff()[1].ID)
		if status := e.decide(kim, q, "grant"); status != http.StatusForbidden {
			t.Errorf("who is new grants: %d", status)
		}
		if status := e.decide(kim, q, "refuse"); status != http.StatusOK {
			t.Errorf("who is new refuses: %d", status)
		}
		e.later(foureyes.Wait)
		if e.letters(e.admin) {
			t.Error("what was refused is granted by the time")
		}
		if f, err := e.Cockpit.Facts(t.Context(), e.Org.ID); err != nil || f.Staff.Deciders != 1 {
			t.Errorf("the cockpit counts %d, %v", f.Staff.Deciders, err)
		}
	})
}

// What law or safety wants now waits for nobody: neither while a decider who was
// blocked still counts, nor where nobody else is there.
func TestWhatIsUrgentNeverWaits(t *testing.T) {
	eachEyes(t, func(t *testing.T, e *fourEyes) {
		e.change(e.admin, e.dpoID, "deactivate")
		e.Customer("Erika Mustermann", "4917604069001").Say(e.Number, "Guten Tag")
		e.Settle(t)
		phone, _, err := e.Devices.Add(t.Context(), e.DB, device.Device{Org: e.Org.ID, Product: device.Business, Platform: device.Android, Management: device.WorkProfile,
			Detail: device.Detail{Name: "Telefon", Owner: "Kim Beispiel"}})
		if err != nil {
			t.Fatal(err)
		}
		now := func(path, words string, form url.Values) string {
			t.Helper()
			form.Set("sure", "yes")
			status, page := submit(t, e.Office, e.admin, path, form)
			if status != http.StatusOK || asks(page) || !strings.Contains(page, words) {
				t.Errorf("%s: %d\n%s", path, status, page)
			}
			return page
		}
		now("/devices/"+phone.ID.String()+"/revoke", "Telefon", url.Values{})
		if d, err := e.Devices.Get(t.Context(), e.DB, e.Org.ID, phone.ID); err != nil || !d.Revoked {
			t.Errorf("the phone is not revoked: %v", err)
		}
		_, after, _ := strings.Cut(now("/desk/breaches", "die Uhr läuft", url.Values{"what": {"Ein Laptop fehlt"}}), `action="/desk/breaches/`)
		now("/desk/breaches/"+after[:36], "erledigt", url.Values{"step": {"report"}})
		open := func(kind string) string {
			now("/desk/cases", "Erika", url.Values{"kind": {kind}, "person": {"Mustermann"}, "source": {"e_mail"}, "text": {"Erika bittet darum"}})
			all, err := e.Cases.OfContact(t.Context(), e.DB, e.Org.ID, e.personOf("4917604069001"))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				if string(c.Kind) == kind {
					now("/desk/cases/"+c.ID.String()+"/identity", "", url.Values{"how": {"known"}, "text": {"Rückruf"}})
					return "/desk/cases/" + c.ID.String()
				}
			}
			t.Fatal("no case")
			return ""
		}
		now(open("access")+"/package", "Liegt bereit bis", url.Values{})
		erase := open("erase")
		now(erase+"/letter", "", url.Values{"text": {"Wir löschen Ihre Daten."}, "way": {"post"}})
		now(erase+"/grant", "", url.Values{})
		if n := e.Count(t, "erasure", ""); n != 1 {
			t.Errorf("%d erasures", n)
		}
		if n := e.Count(t, "approval", ""); n != 0 {
			t.Errorf("%d questions were asked", n)
		}
	})
}

func (e *fourEyes) personOf(number string) id.Person {
	e.t.Helper()
	k, err := e.People.ByPhone(e.t.Context(), e.DB, e.Org.ID, number)
	if err != nil || k == nil {
		e.t.Fatal(k, err)
	}
	return k.ID
}
