package registers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/registers"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/egress"
	"einklang/internal/engine/store"
	"einklang/internal/govern/document"
	"einklang/internal/govern/facts"
	"einklang/internal/govern/processors"
	"einklang/internal/rule/id"
	"einklang/internal/test/doortest"
	"einklang/internal/test/storetest"
)

// meta stands for what Meta says of its storage.
type meta struct {
	refuses error
	asked   []string
}

func (m *meta) Read(ctx context.Context, db store.Writer, _ id.Org, channel id.Channel) error {
	m.asked = append(m.asked, "read "+channel.String())
	return m.done(ctx, db)
}

func (m *meta) Set(ctx context.Context, db store.Writer, _ id.Org, channel id.Channel, mode, region string) error {
	m.asked = append(m.asked, strings.TrimSpace("set "+channel.String()+" "+mode+" "+region))
	return m.done(ctx, db)
}

func (m *meta) done(ctx context.Context, db store.Writer) error {
	return db.Write(ctx, func(context.Context, store.Tx) error { return m.refuses })
}

// office is a house with the registers alone.
type office struct {
	*doortest.House
	register *processors.Register
	meta     *meta
	number   org.Channel
	dpo      *doortest.Visitor
}

// counted tells how many an organisation has; the others have none.
func (o *office) counted(n int64) func(context.Context, store.Reader, id.Org) (int64, error) {
	return func(_ context.Context, _ store.Reader, of id.Org) (int64, error) {
		if of != o.Org.ID {
			return 0, nil
		}
		return n, nil
	}
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := &office{House: doortest.Open(t, db), meta: &meta{}}
		o.register = processors.New(o.Vault, o.IDs, o.Now, o.Orgs)
		o.Orgs.Guard(processors.MayStart)
		err := registers.Mount(o.Shell, registers.Parts{DB: db, Orgs: o.Orgs, Registers: o.register, Storage: o.meta,
			Destinations: []egress.Destination{{Name: "meta", Recipient: "Meta Platforms Ireland", Country: "IE", Mechanism: "none_needed", Allow: []string{"graph.facebook.com"}, DataCategories: []string{"content"}}},
			Standing: processors.Standing{Numbers: o.Orgs, Open: o.counted(4711), Waiting: o.counted(0), People: o.counted(0),
				Consenting: func(context.Context, store.Reader, id.Org) ([]id.Person, error) { return nil, nil }},
			Cockpit: &facts.Cockpit{DB: db, Now: o.Now, Counters: []facts.Counter{o.Orgs.Facts}}})
		if err != nil {
			t.Fatal(err)
		}
		o.number = o.Number(t, o.Org, "4930555001")
		o.dpo = o.As(t, o.Org, user.DPO, "de")
		test(t, o)
	})
}

// agreement is the form of a processor in order, with changes.
func agreement(changes ...string) url.Values {
	f := url.Values{"name": {"Rechenzentrum Nord"}, "purpose": {"Betrieb"}, "country": {"de"}, "mechanism": {"none"}, "from": {"2026-01-01"}, "until": {"2027-01-01"}, "review": {"2026-12-01"}}
	for i := 0; i+1 < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
	}
	return f
}

// add enters a processor and returns its address.
func (o *office) add(t *testing.T, f url.Values) string {
	t.Helper()
	a := o.dpo.Post(t, "/desk/processors", f)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("a processor in order is answered %d: %s", a.Status, problem(a))
	}
	return a.Header.Get("Location")
}

// problem is what a page says is wrong.
func problem(a doortest.Answer) string {
	_, after, found := strings.Cut(a.Body, `class="problem" role="alert">`)
	said, _, _ := strings.Cut(after, "<")
	if !found {
		return ""
	}
	return said
}

func TestEveryPageAnswersInBothLanguagesAndOnlyWhoMay(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := o.add(t, agreement())
		english, lead, nobody := o.As(t, o.Org, user.Admin, "en"), o.As(t, o.Org, user.Lead, "de"), o.Anybody()
		paths := map[string][2]string{"/desk/cockpit": {"Datenschutz", "requirement"}, "/desk/documents": {"Dokumente", "Documents"}, "/desk/processors": {"Rechenzentrum Nord", "Rechenzentrum Nord"},
			"/desk/processors/new": {"Land", "Country"}, at: {"Rechenzentrum Nord", "Rechenzentrum Nord"}, "/desk/transfers": {"Meta Platforms Ireland", "Meta Platforms Ireland"},
			"/desk/storage": {"4930555001", "4930555001"}, "/desk/controller": {"Firma beispiel", "Firma beispiel"}, "/desk/cockpit?open": {"", ""}}
		for _, key := range document.Keys() {
			paths["/desk/documents/"+key] = [2]string{"Firma beispiel", "Firma beispiel"}
		}
		for path, says := range paths {
			de, en := o.dpo.Get(t, path), english.Get(t, path)
			if de.Status != http.StatusOK || en.Status != http.StatusOK || !de.Says(`<html lang="de"`) || !en.Says(`<html lang="en"`) {
				t.Errorf("%s: %d in German, %d in English", path, de.Status, en.Status)
			}
			if !de.Says(says[0]) || !en.Says(says[1]) || de.Body == en.Body {
				t.Errorf("%s does not say %q", path, says)
			}
			if a := lead.Get(t, path); a.Status != http.StatusForbidden || a.Says("Rechenzentrum Nord") {
				t.Errorf("%s: a team lead is answered %d", path, a.Status)
			}
			if a := nobody.Get(t, path); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
				t.Errorf("%s: a stranger is answered %d", path, a.Status)
			}
		}
		number := "/desk/storage/" + o.number.ID.String()
		for _, path := range []string{"/desk/controller", "/desk/processors", at, at + "/document", "/desk/transfers/stop", "/desk/transfers/resume", number, number + "/read"} {
			if a := lead.Post(t, path, url.Values{"confirm": {"STOP"}, "name": {"Räuber"}}); a.Status != http.StatusForbidden {
				t.Errorf("%s: a team lead is answered %d", path, a.Status)
			}
			if a := nobody.Post(t, path, nil); a.Status != http.StatusSeeOther {
				t.Errorf("%s: a stranger is answered %d", path, a.Status)
			}
		}
		if is, err := o.Orgs.Get(t.Context(), o.DB, o.Org.ID); err != nil || is.Name != "Firma beispiel" || len(o.meta.asked) != 0 {
			t.Errorf("who may not changed %q and asked Meta %v (%v)", is.Name, o.meta.asked, err)
		}
	})
}

func TestWhatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		unknown := o.IDs.New().String()
		unfiled := o.add(t, agreement())
		for _, path := range []string{"/desk/processors/" + unknown, "/desk/processors/x", "/desk/processors/" + unknown + "/document", unfiled + "/document", "/desk/documents/novel", "/desk/documents/novel/pdf"} {
			if a := o.dpo.Get(t, path); a.Status != http.StatusNotFound {
				t.Errorf("GET %s is answered %d", path, a.Status)
			}
		}
		for _, path := range []string{"/desk/processors/" + unknown, "/desk/processors/x", "/desk/processors/" + unknown + "/document", "/desk/storage/" + unknown, "/desk/storage/x/read"} {
			if a := o.dpo.Post(t, path, agreement()); a.Status != http.StatusNotFound {
				t.Errorf("POST %s is answered %d", path, a.Status)
			}
		}
	})
}

func TestWhatAProcessorMayNotBe(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := o.add(t, agreement())
		for _, c := range []struct {
			name string
			form url.Values
			says string
		}{
			{"without a name", agreement("name", "  "), "Bitte geben Sie einen Namen an."},
			{"a country in words", agreement("country", "Deutschland"), "mit zwei Buchstaben"},
			{"a country where the footing does not hold", agreement("country", "US", "mechanism", "none"), "Kapitel V DSGVO"},
			{"it ends before it begins", agreement("until", "2025-01-01"), "nach seinem Beginn"},
			{"no such day", agreement("from", "2026-02-30"), "JJJJ-MM-TT"},
		} {
			for _, path := range []string{"/desk/processors", at} {
				a := o.dpo.Post(t, path, c.form)
				if a.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(a), c.says) {
					t.Errorf("%s: %d, %q; want it to say %q", c.name, a.Status, problem(a), c.says)
				}
				if purpose := c.form.Get("purpose"); !a.Says(`value="` + purpose + `"`) {
					t.Errorf("%s: what was typed is lost", c.name)
				}
			}
		}
		all, err := o.register.List(t.Context(), o.DB, o.Org.ID)
		if err != nil || len(all) != 1 || all[0].Detail.Name != "Rechenzentrum Nord" || all[0].Detail.Country != "DE" {
			t.Errorf("the register holds %+v, %v", all, err)
		}
	})
}

// An agreement covers the numbers that are ticked, until it ends.
func TestAnAgreementCoversItsNumbers(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		covered := func() bool {
			c, err := o.Orgs.Channel(t.Context(), o.DB, o.Org.ID, o.number.ID)
			if err != nil {
				t.Fatal(err)
			}
			return c.AgreementValid(o.Time)
		}
		at := o.add(t, agreement())
		if covered() {
			t.Error("a number that is not ticked is covered")
		}
		if a := o.dpo.Post(t, at, agreement("channel", o.number.ID.String())); a.Status != http.StatusSeeOther || !covered() {
			t.Errorf("%d; the ticked number is covered: %v", a.Status, covered())
		}
		if a := o.dpo.Post(t, at, agreement("channel", o.number.ID.String(), "ended", "on")); a.Status != http.StatusSeeOther || covered() {
			t.Errorf("%d; after the end the number is covered: %v", a.Status, covered())
		}
		o.Time = o.Time.Add(time.Hour)
		o.dpo.Post(t, at, agreement("ended", "on", "note", "x"))
		if all, err := o.register.List(t.Context(), o.DB, o.Org.ID); err != nil || !all[0].Ended.Equal(o.Time.Add(-time.Hour)) {
			t.Errorf("another change moved the end to %v (%v)", all[0].Ended, err)
		}
	})
}

func (o *office) file(t *testing.T, at, field, name string, content []byte) doortest.Answer {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = part.Write(content)
	if err = errors.Join(err, form.Close()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, at+"/document", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return o.dpo.Do(t, r)
}

func TestTheDocumentOfAnAgreement(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := o.add(t, agreement())
		for name, a := range map[string]doortest.Answer{
			"empty":              o.file(t, at, "document", "avv.pdf", nil),
			"under a wrong name": o.file(t, at, "file", "avv.pdf", []byte("x")),
			"too large":          o.file(t, at, "document", "avv.pdf", make([]byte, processors.MaxDocument+1)),
			"no form":            o.dpo.Post(t, at+"/document", url.Values{"document": {"x"}}),
		} {
			if a.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(a), "fehlt oder ist größer als 10 MB") {
				t.Errorf("%s: %d, %q", name, a.Status, problem(a))
			}
		}
		if a := o.file(t, at, "document", "../../avv \"x\".html", []byte("<script>a()</script>")); a.Status != http.StatusSeeOther {
			t.Fatalf("a document is answered %d: %s", a.Status, problem(a))
		}
		a := o.dpo.Get(t, at+"/document")
		if a.Status != http.StatusOK || a.Body != "<script>a()</script>" || a.Header.Get("Content-Type") != "application/octet-stream" ||
			!strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || strings.Contains(a.Header.Get("Content-Disposition"), "..") {
			t.Errorf("the document came back as %d %q: %v", a.Status, a.Body, a.Header)
		}
		stranger := o.As(t, o.Others, user.Admin, "de")
		for _, path := range []string{at, at + "/document"} {
			if a := stranger.Get(t, path); a.Status != http.StatusNotFound {
				t.Errorf("another organisation opens %s: %d", path, a.Status)
			}
		}
		if a := stranger.Post(t, at, agreement("name", "Räuber")); a.Status != http.StatusNotFound {
			t.Errorf("another organisation changes a processor: %d", a.Status)
		}
		if a := stranger.Post(t, "/desk/storage/"+o.number.ID.String()+"/read", nil); a.Status != http.StatusNotFound || len(o.meta.asked) != 0 {
			t.Errorf("another organisation asks Meta about a number: %d", a.Status)
		}
		for _, path := range []string{"/desk/processors", "/desk/storage", "/desk/controller", "/desk/transfers", "/desk/cockpit.json"} {
			if a := stranger.Get(t, path); a.Status != http.StatusOK || a.Says("Rechenzentrum Nord") || a.Says("4930555001") || a.Says("Firma beispiel") || a.Says("4711") {
				t.Errorf("%s shows another organisation's, or %d", path, a.Status)
			}
		}
	})
}

// The switch asks for a word, and stops every number of this organisation only.
func TestStoppingTheTransfers(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		theirs := o.Number(t, o.Others, "4930555009")
		running := func(c org.Channel) bool {
			is, err := o.Orgs.Channel(t.Context(), o.DB, c.Org, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return is.Active
		}
		for _, word := range []string{"", "stop", "STOP!", "YES"} {
			if a := o.dpo.Post(t, "/desk/transfers/stop", url.Values{"confirm": {word}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(a), "genau STOP") || !running(o.number) {
				t.Errorf("%q: %d, %q; the number runs: %v", word, a.Status, problem(a), running(o.number))
			}
		}
		if a := o.dpo.Post(t, "/desk/transfers/stop", url.Values{"confirm": {"STOP"}}); a.Status != http.StatusSeeOther || running(o.number) || !running(theirs) {
			t.Errorf("STOP: %d; ours runs %v, theirs %v", a.Status, running(o.number), running(theirs))
		}
		if a := o.dpo.Get(t, "/desk/transfers"); !a.Says(`action="/desk/transfers/resume"`) || a.Says(`action="/desk/transfers/stop"`) || !a.Says("4711") {
			t.Error("the page does not say that the transfers are stopped")
		}
		if a := o.dpo.Post(t, "/desk/transfers/resume", nil); a.Status != http.StatusSeeOther || running(o.number) {
			t.Errorf("resuming: %d; a number runs before anybody started it: %v", a.Status, running(o.number))
		}
		if a := o.dpo.Get(t, "/desk/transfers"); !a.Says(`action="/desk/transfers/stop"`) {
			t.Error("the page does not offer to stop again")
		}
	})
}

func TestWhatMetaSaysOfItsStorage(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		at := "/desk/storage/" + o.number.ID.String()
		if a := o.dpo.Post(t, at, url.Values{"mode": {"IN_COUNTRY_STORAGE_ENABLED"}, "region": {"DE"}}); a.Status != http.StatusSeeOther {
			t.Errorf("a choice is answered %d", a.Status)
		}
		if a := o.dpo.Post(t, at+"/read", nil); a.Status != http.StatusSeeOther {
			t.Errorf("asking is answered %d", a.Status)
		}
		if got, want := strings.Join(o.meta.asked, ", "), "set "+o.number.ID.String()+" IN_COUNTRY_STORAGE_ENABLED DE, read "+o.number.ID.String(); got != want {
			t.Errorf("Meta was told %q, want %q", got, want)
		}
		for _, c := range []struct {
			name    string
			refuses error
			status  int
			says    string
		}{
			{"a choice that there is not", processors.ErrMode, http.StatusUnprocessableEntity, "Wählen Sie eine der drei"},
			{"Meta refuses", &cloudapi.Error{Code: 190}, http.StatusBadGateway, "Code 190"},
			{"Meta does not answer", errors.New("dial tcp 10.0.0.1: i/o timeout"), http.StatusBadGateway, "antwortet gerade nicht"},
		} {
			o.meta.refuses = c.refuses
			if a := o.dpo.Post(t, at, url.Values{"mode": {"x"}}); a.Status != c.status || !strings.Contains(problem(a), c.says) || a.Says("timeout") || a.Says("choose") {
				t.Errorf("%s: %d, %q; want %d and %q", c.name, a.Status, problem(a), c.status, c.says)
			}
		}
	})
}

func TestTheController(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		good := url.Values{"name": {"Beispiel AG"}, "address": {"Hauptstraße 1"}, "email": {"info@example.com"}, "dpo": {"dsb@example.com"}, "authority": {"BlnBDI"}}
		if a := o.dpo.Post(t, "/desk/controller", good); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/desk/controller?saved" {
			t.Fatalf("%d %s", a.Status, problem(a))
		}
		for _, c := range []struct{ name, field, value, says string }{
			{"no address of mail", "email", "info at example", "keine E-Mail-Adresse"},
			{"a name with an address", "email", "Info <info@example.com>", "keine E-Mail-Adresse"},
		} {
			form := url.Values{"name": {"Anders GmbH"}, c.field: {c.value}}
			if a := o.dpo.Post(t, "/desk/controller", form); a.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(a), c.says) {
				t.Errorf("%s: %d, %q", c.name, a.Status, problem(a))
			}
		}
		if a := o.dpo.Post(t, "/desk/controller", url.Values{"name": {"Anders GmbH"}, "address": {strings.Repeat("x", 70<<10)}}); a.Status != http.StatusRequestEntityTooLarge || !a.Says("64,0 KB") {
			t.Errorf("more than the form takes: %d", a.Status)
		}
		is, err := o.Orgs.Get(t.Context(), o.DB, o.Org.ID)
		if err != nil || is.Name != "Beispiel AG" || is.Settings.Controller != (org.Contact{Address: "Hauptstraße 1", Email: "info@example.com", DPO: "dsb@example.com", Authority: "BlnBDI"}) {
			t.Errorf("stored is %q %+v, %v", is.Name, is.Settings.Controller, err)
		}
		if other, err := o.Orgs.Get(t.Context(), o.DB, o.Others.ID); err != nil || other.Name != "Firma andere" {
			t.Errorf("another organisation is %q, %v", other.Name, err)
		}
	})
}

func TestCockpitAndDocumentsAsFiles(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		a := o.dpo.Get(t, "/desk/cockpit.json")
		var cockpitFile struct {
			Organisation string
			Requirements []struct{ ID, Title, State, Evidence string }
		}
		if err := json.Unmarshal([]byte(a.Body), &cockpitFile); err != nil || cockpitFile.Organisation != "Firma beispiel" || len(cockpitFile.Requirements) != 26 ||
			a.Header.Get("Content-Disposition") != `attachment; filename="cockpit-2026-11-02.json"` {
			t.Errorf("the cockpit is %d requirements of %q, %v, %q", len(cockpitFile.Requirements), cockpitFile.Organisation, err, a.Header.Get("Content-Disposition"))
		}
		for _, r := range cockpitFile.Requirements {
			if r.Title == "" || r.State == "" || r.Evidence == "" || strings.Contains(r.Title+r.Evidence, "cockpit.") {
				t.Errorf("a requirement without its words: %+v", r)
			}
		}
		for _, key := range document.Keys() {
			for _, locale := range []string{"de", "en"} {
				a := o.dpo.Get(t, "/desk/documents/"+key+"/pdf?lang="+locale)
				if a.Status != http.StatusOK || !strings.HasPrefix(a.Body, "%PDF-") || !strings.Contains(a.Header.Get("Content-Disposition"), "."+locale+".pdf") {
					t.Errorf("%s in %s: %d, %q", key, locale, a.Status, a.Header.Get("Content-Disposition"))
				}
			}
			if a := o.dpo.Get(t, "/desk/documents/"+key+"?lang=en"); !a.Says(`<html lang="en"`) {
				t.Errorf("%s is not in the language that was asked for", key)
			}
		}
	})
}
