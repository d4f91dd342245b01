package carddav_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"einklang/internal/account/org"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/test/apptest"
	"einklang/internal/test/storetest"
)

const (
	listBody = `<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>`
	newCard  = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Max Canarius\r\nTEL;TYPE=CELL:+49 151 777777\r\nNOTE:geheim\r\nEND:VCARD\r\n"
)

func syncBody(token string) string {
	return `<sync-collection xmlns="DAV:"><sync-token>` + token + `</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`
}

func tokenIn(t *testing.T, body string) string {
	t.Helper()
	m := regexp.MustCompile(`<d:sync-token>([^<]+)<`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no sync token in %s", body)
	}
	return m[1]
}

func TestWhatIsRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		people := meet(t, o, 1, 3)
		grant(t, o, people[0])
		p, writer := addPhone(t, o), addPhone(t, o, func(d *device.Device) { d.Candidates = true })
		revoked, wrong := addPhone(t, o), p
		if err := o.Devices.Revoke(t.Context(), o.DB, revoked.Org, revoked.ID); err != nil {
			t.Fatal(err)
		}
		wrong.password += "x"
		other, err := o.Orgs.Create(t.Context(), "muster", "Muster AG", org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		strange := addPhone(t, o, func(d *device.Device) { d.Org = other.ID })
		own, stranger := p.book()+addressbook.NameOf(people[0]), p.book()+addressbook.NameOf(people[1])
		for _, c := range []struct {
			name         string
			who          phone
			method, path string
			body         string
			headers      []string
			want         int
			says         string
		}{
			{"right", p, "PROPFIND", p.book(), listBody, nil, 207, "getetag"},
			{"wrong password", wrong, "PROPFIND", p.book(), listBody, nil, 401, ""},
			{"no password", phone{}, "PROPFIND", p.book(), listBody, nil, 401, ""},
			{"revoked device", revoked, "PROPFIND", revoked.book(), listBody, nil, 401, ""},
			{"book of another organisation", strange, "PROPFIND", p.book(), listBody, nil, 404, ""},
			{"card of another organisation", strange, "GET", own, "", nil, 404, ""},
			{"another organisation's card under the own path", strange, "GET", strange.book() + addressbook.NameOf(people[0]), "", nil, 404, ""},
			{"book of another device", p, "REPORT", writer.book(), syncBody(""), nil, 404, ""},
			{"own card", p, "GET", own, "", nil, 200, "Muster1"},
			{"own card, version 4", p, "GET", own, "", []string{"Accept", "text/vcard; version=4.0"}, 200, "VERSION:4.0"},
			{"somebody who did not agree", p, "GET", stranger, "", nil, 404, ""},
			{"properties of somebody who did not agree", p, "PROPFIND", stranger, listBody, nil, 404, ""},
			{"path that climbs", p, "GET", p.book() + "..%2fbook", "", nil, 404, ""},
			{"broken XML", p, "REPORT", p.book(), "<sync-collection xmlns=\"DAV:\"><prop>", nil, 400, ""},
			{"not XML", p, "PROPFIND", p.book(), "nonsense", nil, 400, ""},
			{"empty report", p, "REPORT", p.book(), "", nil, 400, ""},
			{"entities", p, "PROPFIND", p.book(), `<!DOCTYPE a [<!ENTITY b "c">]><propfind xmlns="DAV:"><prop><displayname>&b;</displayname></prop></propfind>`, nil, 400, ""},
			{"too deep", p, "PROPFIND", p.book(), strings.Repeat("<a>", 50) + strings.Repeat("</a>", 50), nil, 400, ""},
			{"too large", p, "REPORT", p.book(), "<a>" + strings.Repeat("x", 5<<20) + "</a>", nil, 413, ""},
			{"a filter with too many conditions", p, "REPORT", p.book(), queryBody(strings.Repeat(`<c:prop-filter name="FN"><c:text-match>a</c:text-match></c:prop-filter>`, 45_000)), nil, 413, ""},
			{"a filter with a long match", p, "REPORT", p.book(), queryBody(`<c:prop-filter name="FN"><c:text-match>` + strings.Repeat("a", 3<<20) + `</c:text-match></c:prop-filter>`), nil, 413, ""},
			{"too many properties", p, "REPORT", p.book(), `<sync-collection xmlns="DAV:"><sync-token/><prop>` + strings.Repeat(`<x/>`, 90_000) + `</prop></sync-collection>`, nil, 413, ""},
			{"a property with a long name", p, "REPORT", p.book(), `<sync-collection xmlns="DAV:"><sync-token/><prop><x xmlns="` + strings.Repeat("n", 3<<20) + `"/></prop></sync-collection>`, nil, 413, ""},
			{"too many cards", p, "REPORT", p.book(), multigetBody(numbered(11_000)), nil, 413, ""},
			{"unknown report", p, "REPORT", p.book(), `<expand-property xmlns="DAV:"/>`, nil, 403, "supported-report"},
			{"token of nobody", p, "REPORT", p.book(), syncBody("urn:einklang:book:00:1"), nil, 403, "valid-sync-token"},
			{"token that is none", p, "REPORT", p.book(), syncBody("http://example.com/1"), nil, 403, "valid-sync-token"},
			{"write to a read-only book", p, "PUT", p.book() + "neu.vcf", newCard, nil, 403, "need-privileges"},
			{"delete", p, "DELETE", own, "", nil, 403, "need-privileges"},
			{"make a book", p, "MKCOL", "/carddav/" + p.ID.String() + "/zwei/", "", nil, 404, ""},
			{"rename the book", p, "PROPPATCH", p.book(), "<a/>", nil, 403, "need-privileges"},
			{"move a card", p, "MOVE", own, "", nil, 403, "need-privileges"},
			{"unknown method", p, "BREW", p.book(), "", nil, 405, ""},
			{"look with a browser", p, "GET", p.book(), "", nil, 405, ""},
			{"change a card of the book", writer, "PUT", writer.book() + addressbook.NameOf(people[0]), newCard, nil, 403, "need-privileges"},
			{"propose a card", writer, "PUT", writer.book() + "neu.vcf", newCard, []string{"Content-Type", "text/vcard"}, 201, ""},
			{"oversized card", writer, "PUT", writer.book() + "riesig.vcf", "BEGIN:VCARD\r\nNOTE:" + strings.Repeat("x", 300<<10) + "\r\nEND:VCARD", nil, 413, "max-resource-size"},
			{"broken card", writer, "PUT", writer.book() + "kaputt.vcf", "BEGIN:VCARD\r\nFN:x", nil, 403, "valid-address-data"},
			{"nobody's card", writer, "PUT", writer.book() + "leer.vcf", "BEGIN:VCARD\r\nEND:VCARD\r\n", nil, 403, "valid-address-data"},
			{"not a card", writer, "PUT", writer.book() + "bild.vcf", newCard, []string{"Content-Type", "image/png"}, 415, "supported-address-data"},
		} {
			status, body, headers := ask(t, o, c.who, c.method, c.path, c.body, c.headers...)
			if status != c.want || !strings.Contains(body, c.says) {
				t.Errorf("%s: %d %s, want %d %s", c.name, status, body, c.want, c.says)
			}
			if status >= 400 && (strings.Contains(body, "Muster") || strings.Contains(body, "4915")) {
				t.Errorf("%s: the refusal tells something: %s", c.name, body)
			}
			if status == 401 && headers.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no challenge", c.name)
			}
		}
		if logs := o.Logs(); strings.Contains(logs, "Muster1") || strings.Contains(logs, p.password) {
			t.Error("the log tells a name or a password")
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	wrong := p
	wrong.password = "falsch"
	for range 10 {
		if status, _, _ := ask(t, o, wrong, "PROPFIND", p.book(), listBody); status != 401 {
			t.Fatalf("status %d", status)
		}
	}
	status, _, headers := ask(t, o, wrong, "PROPFIND", p.book(), listBody)
	if status != http.StatusTooManyRequests || headers.Get("Retry-After") == "" {
		t.Errorf("after ten attempts: %d, %v", status, headers)
	}
	o.Clock.Advance(2 * 60 * 1e9)
	if status, _, _ := ask(t, o, p, "PROPFIND", p.book(), listBody); status != 207 {
		t.Errorf("the brake does not let go: %d", status)
	}
}

// A new password ends the old one.
func TestNewPassword(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	renewed := p
	var err error
	if renewed.password, err = o.Devices.NewPassword(t.Context(), p.Org, p.ID); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(t, o, p, "PROPFIND", p.book(), listBody); status != 401 {
		t.Errorf("old password: %d", status)
	}
	if status, _, _ := ask(t, o, renewed, "PROPFIND", p.book(), listBody); status != 207 {
		t.Errorf("new password: %d", status)
	}
}

// Who is added on a phone waits, sealed, and leaves the phone with the next
// sync.
func TestS01PeopleAddedOnAPhoneBecomeCandidates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p := addPhone(t, o, func(d *device.Device) { d.Candidates = true })
		_, body, _ := ask(t, o, p, "REPORT", p.book(), syncBody(""))
		before := tokenIn(t, body)
		if status, _, _ := ask(t, o, p, "PUT", p.book()+"neu%20hier.vcf", newCard); status != 201 {
			t.Fatal(status)
		}
		all, err := o.Books.Candidates(t.Context(), o.DB, p.Org, p.ID)
		if err != nil || len(all) != 1 || all[0].Name != "Max Canarius" || all[0].Phone != "+49 151 777777" {
			t.Fatalf("candidates %+v, %v", all, err)
		}
		_, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody(before))
		if !strings.Contains(body, "neu%20hier.vcf</d:href><d:status>HTTP/1.1 404") {
			t.Errorf("the phone is not told to delete the card: %s", body)
		}
		if _, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody(tokenIn(t, body))); strings.Contains(body, "neu") {
			t.Errorf("the phone is told twice: %s", body)
		}
		if status, body, _ := ask(t, o, p, "PROPFIND", p.book(), listBody, "Depth", "1"); status != 207 || strings.Contains(body, "neu") {
			t.Errorf("the card is still listed: %s", body)
		}
		if status, _, _ := ask(t, o, p, "GET", p.book()+"neu%20hier.vcf", ""); status != 404 {
			t.Errorf("the card can still be read: %d", status)
		}
		if o.DB.Engine() == "sqlite" {
			nothingInClear(t, o, "Canarius", "777777", "geheim", "neu hier")
		}
	})
}

func nothingInClear(t *testing.T, o *apptest.Office, canaries ...string) {
	t.Helper()
	err := filepath.WalkDir(o.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, canary := range canaries {
			if bytes.Contains(raw, []byte(canary)) {
				t.Errorf("%q stands in clear in %s", canary, filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A long change list comes in parts when a client asks for it, and the parts
// add up.
func TestSyncInParts(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	grant(t, o, meet(t, o, 1, 8)...)
	seen, token, parts := map[string]bool{}, "", 0
	for {
		parts++
		body := strings.Replace(syncBody(token), "<prop>", "<limit><nresults>3</nresults></limit><prop>", 1)
		status, answer, _ := ask(t, o, p, "REPORT", p.book(), body)
		if status != 207 {
			t.Fatal(status, answer)
		}
		for _, m := range regexp.MustCompile(`book/([^<]+\.vcf)`).FindAllStringSubmatch(answer, -1) {
			seen[m[1]] = true
		}
		token = tokenIn(t, answer)
		if !strings.Contains(answer, "507") {
			break
		}
	}
	if len(seen) != 7 || parts != 3 {
		t.Errorf("%d cards in %d parts", len(seen), parts)
	}
}

// A device that turns out to have WhatsApp loses the full book with its next
// request, and gets none before it is checked anew.
func TestS01TheFullBookNeverMeetsWhatsApp(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o, func(d *device.Device) { d.Product = device.None })
	people := meet(t, o, 1, 4)
	grant(t, o, people[0])
	_, body, _ := ask(t, o, p, "REPORT", p.book(), syncBody(""))
	if n := strings.Count(body, "200 OK"); n != 3 {
		t.Fatalf("the full book has %d cards", n)
	}
	token := tokenIn(t, body)
	changed := p.Device
	changed.Product = device.Business
	if err := o.Devices.Change(t.Context(), o.DB, changed); err != nil {
		t.Fatal(err)
	}
	l, err := o.Devices.StillHeld(t.Context(), o.DB, reread(t, o, p))
	if err != nil || l.Count != 3 {
		t.Errorf("the device is said to hold %+v, %v", l, err)
	}
	_, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody(token))
	if strings.Contains(body, "200 OK") {
		t.Errorf("an unchecked device gets cards: %s", body)
	}
	if n := strings.Count(body, "404 Not Found"); n != 3 {
		t.Errorf("told to delete %d of 3: %s", n, body)
	}
	attest(t, o, changed)
	if _, body, _ = ask(t, o, p, "REPORT", p.book(), syncBody("")); strings.Count(body, "200 OK") != 1 {
		t.Errorf("the book with WhatsApp: %s", body)
	}
}

// What a device received is written down as counts, with a leaf of evidence.
func TestDeliveriesAreCounted(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	p := addPhone(t, o)
	people := meet(t, o, 1, 4)
	grant(t, o, people...)
	_, body, _ := ask(t, o, p, "REPORT", p.book(), syncBody(""))
	get := `<c:addressbook-multiget xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><c:address-data/></prop>`
	for _, who := range people {
		get += "<href>" + p.book() + addressbook.NameOf(who) + "</href>"
	}
	ask(t, o, p, "REPORT", p.book(), get+"</c:addressbook-multiget>")
	withdraw(t, o, people[2])
	ask(t, o, p, "REPORT", p.book(), syncBody(tokenIn(t, body)))
	ask(t, o, p, "REPORT", p.book(), syncBody(tokenIn(t, body))) // tells again, and is counted again
	lines, err := o.Devices.Deliveries(t.Context(), o.DB, p.Org, p.ID, 10)
	if err != nil || len(lines) != 3 || lines[2].Cards != 3 || lines[1].Removed != 1 {
		t.Errorf("deliveries %+v, %v", lines, err)
	}
	if n := o.Count(t, "evidence_entry", "kind = 'device.delivery'"); n != 3 {
		t.Errorf("%d leaves", n)
	}
}

func queryBody(filter string) string {
	return `<c:addressbook-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><getetag/></prop><c:filter>` + filter + `</c:filter></c:addressbook-query>`
}

func multigetBody(paths []string) string {
	return `<c:addressbook-multiget xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><prop><c:address-data/></prop><href>` + strings.Join(paths, "</href><href>") + `</href></c:addressbook-multiget>`
}

func numbered(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("/carddav/%d.vcf", i)
	}
	return all
}

// A request costs what it is long, not more: text in a hundred thousand pieces
// is read once, and a card that is named ten thousand times is handed out once.
func TestARequestCostsWhatItIsLong(t *testing.T) {
	o := apptest.Open(t, storetest.SQLite(t))
	people := meet(t, o, 1, 2)
	grant(t, o, people[0])
	p := addPhone(t, o)
	own := p.book() + addressbook.NameOf(people[0])
	named := make([]string, 9_000)
	for i := range named {
		named[i] = own
	}
	_, body, _ := ask(t, o, p, "REPORT", p.book(), multigetBody(named))
	if n := strings.Count(body, "BEGIN:VCARD"); n != 1 {
		t.Errorf("a card was handed out %d times", n)
	}
	pieces := strings.Repeat(strings.Repeat("a", 60)+"<!---->", 49_000)
	if status, _, _ := ask(t, o, p, "REPORT", p.book(), `<sync-collection xmlns="DAV:"><prop><getetag/></prop>`+pieces+`</sync-collection>`); status != 207 {
		t.Errorf("text in pieces was answered %d", status)
	}
}
