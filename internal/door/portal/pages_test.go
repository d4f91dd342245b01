package portal_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/door/portal"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/media"
	"einklang/internal/person/attribute"
	"einklang/internal/person/chat"
	"einklang/internal/person/contact"
	"einklang/internal/person/record"
	"einklang/internal/rights/access"
	"einklang/internal/rights/answer"
	"einklang/internal/rights/cases"
	"einklang/internal/rights/erasure"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/test/doortest"
	"einklang/internal/test/storetest"
)

const number = "+49 176 0406901"

// message is what a person was told.
type message struct {
	person          id.Person
	way, code, text string
	shown           string
}

// office is a house with the portal alone, and itself does what people ask for.
type office struct {
	*doortest.House
	people *contact.Book
	cases  *cases.Cases
	visits *cases.Visits
	ada    id.Person
	told   chan message
	did    []string // what was done about people
	held   bool     // a legal hold keeps everybody

	keysKept time.Duration // in backups
	waits    time.Duration // an erasure
	mayStop  bool          // who visits may stop it
}

func (o *office) TellVisitor(_ context.Context, tx store.Tx, _ id.Org, p *chat.Known, way, _ string, words chat.Words, code string) (bool, error) {
	tx.AfterCommit(func() { o.told <- message{p.ID, way, code, words.Text, words.Shown} })
	return true, nil
}

func (o *office) note(what string, person id.Person) error {
	o.did = append(o.did, what+" "+person.String())
	return nil
}

func (o *office) Withdraw(_ context.Context, _ store.Tx, _ id.Org, p *chat.Known, _ string) error {
	return o.note("withdraw", p.ID)
}

func (o *office) Object(_ context.Context, _ store.Tx, _ id.Org, p *chat.Known, _ string) error {
	return o.note("object", p.ID)
}

func (o *office) Oppose(_ context.Context, _ store.Tx, p *chat.Known, c cases.Case, _ string) error {
	return o.note(string(c.Kind), p.ID)
}

func (o *office) Restrict(_ context.Context, _ store.Tx, _ id.Org, person id.Person, on bool) error {
	if !on {
		return errors.New("nobody lifts a restriction here")
	}
	return o.note("restrict", person)
}

func (o *office) Recipients() []record.Recipient {
	return []record.Recipient{{Name: "Muster-Empfänger"}}
}

func (o *office) Record(_ context.Context, _ id.Org, p *chat.Known) (record.Record, error) {
	return record.Record{Person: *p}, nil
}

func (o *office) Download(ctx context.Context, tx store.Tx, of org.Org, p *chat.Known, c cases.Case, kind cases.Kind, way cases.Way) error {
	return o.visits.Await(ctx, tx, of.ID, cases.Wish{Case: c.ID, Contact: p.ID, Kind: kind, Way: way, Due: o.Now().Add(cases.DownloadLife)})
}

func (o *office) OrderErasure(ctx context.Context, tx store.Tx, of org.Org, p *chat.Known, c cases.Case, way cases.Way) (cases.Wish, error) {
	w := cases.Wish{Case: c.ID, Contact: p.ID, Kind: cases.Erase, Way: way, Due: o.Now().Add(o.waits)}
	if o.waits > 0 {
		return w, o.visits.Await(ctx, tx, of.ID, w)
	}
	return w, errors.Join(o.note("erase", p.ID), o.visits.End(ctx, tx, of.ID, p.ID))
}

func (o *office) StopErasure(_ context.Context, _ store.Tx, _ org.Org, p *chat.Known, _ cases.Way) error {
	if !o.mayStop {
		return answer.ErrOtherWay
	}
	return o.note("keep", p.ID)
}

func (o *office) MayStop(context.Context, store.Reader, id.Org, *chat.Known, cases.Wish, cases.Way) (bool, error) {
	return o.mayStop, nil
}

func (o *office) Parcel(_ context.Context, _ id.Org, parcel id.Parcel) (io.Reader, error) {
	return strings.NewReader("parcel " + parcel.String()), nil
}

func (o *office) Proven(_ context.Context, w io.Writer, _ id.Org, p *chat.Known, kind access.Kind, c *i18n.Catalogue) error {
	_, err := io.WriteString(w, strings.Join([]string{"package", string(kind), c.Locale, p.ID.String()}, " "))
	return err
}

func (o *office) Preview(context.Context, store.Reader, id.Org, id.Person) (erasure.Preview, error) {
	return erasure.Preview{Goes: []erasure.Count{{Name: "messages", N: 4711}}, Held: o.held}, nil
}

func (o *office) Awaited(context.Context, store.Reader, id.Org, id.Person, time.Time) (media.Awaited, error) {
	return media.Awaited{Coming: 2}, nil
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	eachWith(t, 0, test)
}

// eachWith is each with backups whose copies of keys are kept for a time.
func eachWith(t *testing.T, keys time.Duration, test func(t *testing.T, o *office)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := &office{House: doortest.Open(t, db), told: make(chan message, 64), keysKept: keys}
		o.people = contact.New(o.Vault, o.IDs, o.Now)
		o.cases = cases.New(o.Vault, o.IDs, o.Now, o.Log)
		o.visits = cases.NewVisits(o.Vault, o.Now)
		codes := portal.NewCodes(slog.New(slog.DiscardHandler))
		ctx, end := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { codes.Run(ctx) })
		t.Cleanup(running.Wait)
		t.Cleanup(end)
		err := portal.Mount(o.Shell, portal.Parts{DB: db, Codes: codes, Now: o.Now, Log: slog.New(slog.DiscardHandler), Orgs: o.Orgs, People: o.people, Cases: o.cases,
			Consents: optin.New(o.IDs, o.Now, o.Vault, o.people, o.Log), Erasure: o, Files: o,
			Attributes: attribute.New(o.Vault, o.IDs, o.Now, func(context.Context, store.Tx, id.Org, id.Person) error { return nil }), Visits: o.visits, Rights: o, Mail: true, KeysKept: o.keysKept})
		if err != nil {
			t.Fatal(err)
		}
		o.ada = o.person(t, o.Org, "491760406901", "Ada Beispiel")
		test(t, o)
	})
}

func (o *office) person(t *testing.T, of org.Org, phone, name string) (who id.Person) {
	t.Helper()
	o.Write(t, func(ctx context.Context, tx store.Tx) error {
		found, err := o.people.Resolve(ctx, tx, of.ID, []contact.Sighting{{Phone: phone, Name: name, Wrote: true, At: o.Now()}})
		if err == nil {
			who = found[0].ID
		}
		return err
	})
	return who
}

// heard is what the person was told; it is told after the answer.
func (o *office) heard(t *testing.T) message {
	t.Helper()
	select {
	case m := <-o.told:
		return m
	case <-t.Context().Done():
	case <-time.After(5 * time.Second):
	}
	t.Fatal("nobody was told anything")
	return message{}
}

// enter is the browser of somebody who has shown who she is.
func (o *office) enter(t *testing.T) *doortest.Visitor {
	t.Helper()
	v := o.Anybody()
	if a := v.Post(t, "/portal/beispiel/code", url.Values{"number": {number}}); a.Status != http.StatusOK {
		t.Fatalf("asking for a code: %d", a.Status)
	}
	if a := v.Post(t, "/portal/beispiel/enter", url.Values{"number": {number}, "code": {o.heard(t).code}}); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/portal/beispiel/data" {
		t.Fatalf("the right code: %d", a.Status)
	}
	return v
}

// open are the person's requests, as "kind outcome".
func (o *office) open(t *testing.T) (all []string) {
	t.Helper()
	found, err := o.cases.OfContact(t.Context(), o.DB, o.Org.ID, o.ada)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		all = append(all, strings.TrimSpace(string(c.Kind)+" "+string(c.Outcome)))
	}
	slices.Sort(all)
	return all
}

func TestThePagesAnswerInBothLanguages(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		link, _, _ := strings.Cut(v.Get(t, "/portal/beispiel/enter/geheim").Header.Get("Location"), "?")
		for _, path := range []string{"/portal/beispiel", link, "/portal/beispiel/write", "/portal/beispiel/data"} {
			de, en := v.Get(t, path+"?lang=de"), v.Get(t, path+"?lang=en")
			if de.Status != http.StatusOK || en.Status != http.StatusOK || !de.Says(`<html lang="de"`) || !en.Says(`<html lang="en"`) || !de.Says("Firma beispiel") || de.Body == en.Body {
				t.Errorf("%s: %d in German, %d in English", path, de.Status, en.Status)
			}
		}
		if a := v.Get(t, "/portal/beispiel/data"); !a.Says("Ada Beispiel") || !a.Says("+491760406901") || !a.Says("4711") || !a.Says("Muster-Empfänger") {
			t.Error("she does not see what is kept about her")
		}
		for _, path := range []string{"/portal/niemand", "/portal/niemand/data", "/portal/beispiel/package/" + o.IDs.New().String()} {
			if a := v.Get(t, path); a.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		if a := v.Post(t, "/portal/beispiel/do/something", nil); a.Status != http.StatusNotFound {
			t.Errorf("what there is not: %d", a.Status)
		}
	})
}

// Whoever has not shown who she is sees nothing and does nothing.
func TestNobodyEntersWithoutACode(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		inside := o.enter(t)
		strangers := map[string]*doortest.Visitor{"nobody": o.Anybody(), "staff": o.As(t, o.Org, user.Admin, "de")}
		for name, v := range strangers {
			for _, path := range []string{"data", "messages", "take/" + o.IDs.New().String(), "package/" + o.IDs.New().String()} {
				if a := v.Get(t, "/portal/beispiel/"+path); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/portal/beispiel" {
					t.Errorf("%s, %s: %d", name, path, a.Status)
				}
			}
			for _, path := range []string{"do/correct", "do/restrict", "do/object", "do/oppose", "do/withdraw", "do/purpose", "do/erase", "do/keep", "take"} {
				if a := v.Post(t, "/portal/beispiel/"+path, url.Values{"text": {"x"}}); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/portal/beispiel" {
					t.Errorf("%s, %s: %d", name, path, a.Status)
				}
			}
		}
		if len(o.did) != 0 || len(o.open(t)) != 0 {
			t.Errorf("strangers did %v, %v", o.did, o.open(t))
		}
		if a := inside.Get(t, "/portal/andere/data"); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/portal/andere" {
			t.Errorf("a visit holds at another organisation: %d", a.Status)
		}
		o.Time = o.Time.Add(time.Hour)
		if a := inside.Get(t, "/portal/beispiel/data"); a.Status != http.StatusSeeOther {
			t.Errorf("a visit lasts for ever: %d", a.Status)
		}
	})
}

// Nobody learns from the portal who is a customer, and no code stands where
// others read it.
func TestAskingForACode(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.person(t, o.Others, "491760406955", "Berta")
		v := o.Anybody()
		ask := func(number string) doortest.Answer {
			return v.Post(t, "/portal/beispiel/code", url.Values{"number": {number}})
		}
		unknown, elsewhere := ask("+491760406944"), ask("+491760406955")
		known := ask("0176 0406901")
		m := o.heard(t)
		if m.person != o.ada || m.way != "whatsapp" || len(m.code) != 8 || !strings.Contains(m.text, m.code) || strings.Contains(m.shown, m.code) {
			t.Errorf("she was told %+v", m)
		}
		if len(o.told) != 0 {
			t.Errorf("somebody else was told %+v", <-o.told)
		}
		strip := func(a doortest.Answer, number string) string { return strings.ReplaceAll(a.Body, number, "") }
		if unknown.Status != http.StatusOK || strip(unknown, "491760406944") != strip(known, "491760406901") || strip(elsewhere, "491760406955") != strip(known, "491760406901") {
			t.Error("the answer tells who is a customer")
		}
		for _, said := range []string{"", "Ada", "12", "ada@", "@beispiel.example"} {
			if a := ask(said); a.Status != http.StatusUnprocessableEntity || !a.Says("Schreiben Sie eine Telefonnummer mit Ländervorwahl") {
				t.Errorf("%q: %d", said, a.Status)
			}
		}
	})
}

func TestEnteringACode(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.Anybody()
		v.Post(t, "/portal/beispiel/code", url.Values{"number": {number}})
		code := o.heard(t).code
		const wrong = "AAAAAAAA"
		enter := func(slug, number, code string) doortest.Answer {
			return v.Post(t, "/portal/"+slug+"/enter", url.Values{"number": {number}, "code": {code}})
		}
		for name, a := range map[string]doortest.Answer{"a wrong code": enter("beispiel", number, wrong), "no code": enter("beispiel", number, ""),
			"for another number": enter("beispiel", "+491760406944", code), "elsewhere": enter("andere", number, code)} {
			if a.Status != http.StatusUnprocessableEntity || !a.Says("Der Code stimmt nicht") {
				t.Errorf("%s: %d", name, a.Status)
			}
		}
		if a := enter("beispiel", number, " "+strings.ToLower(code[:4])+"-"+code[4:]+" "); a.Status != http.StatusSeeOther {
			t.Errorf("the right code: %d", a.Status)
		} else if c := a.Header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || !strings.HasPrefix(c, "portal-beispiel=") || !strings.Contains(c, "Path=/;") {
			t.Errorf("the cookie is %q", c)
		}
		if a := enter("beispiel", number, code); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("a code opens twice: %d", a.Status)
		}
		refused := 0
		for range 40 {
			if a := enter("beispiel", number, wrong); a.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused == 0 {
			t.Error("codes can be guessed without end")
		}
	})
}

// A link from the chat asks before it opens: previews of links follow them, too.
func TestALinkFromTheChat(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		var secret string
		o.Write(t, func(ctx context.Context, tx store.Tx) (err error) {
			secret, _, err = o.visits.Link(ctx, tx, o.Org.ID, o.ada)
			return err
		})
		preview := o.Anybody()
		if a := preview.Get(t, preview.Get(t, "/portal/beispiel/enter/"+secret).Header.Get("Location")); a.Status != http.StatusOK || a.Says("Ada") || preview.Get(t, "/portal/beispiel/data").Status != http.StatusSeeOther {
			t.Errorf("looking at a link opens it: %d", a.Status)
		}
		v := o.Anybody()
		if a := v.Post(t, "/portal/beispiel/enter", url.Values{"secret": {secret}}); a.Status != http.StatusSeeOther || !v.Get(t, "/portal/beispiel/data").Says("Ada Beispiel") {
			t.Errorf("the link: %d", a.Status)
		}
		if a := o.Anybody().Post(t, "/portal/beispiel/enter", url.Values{"secret": {secret}}); a.Status != http.StatusUnprocessableEntity || !a.Says("Der Code stimmt nicht") {
			t.Errorf("a link opens twice: %d", a.Status)
		}
	})
}

// What somebody does about herself is done, and recorded as a right that was
// honoured.
func TestWhatPeopleDo(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		for _, c := range []struct{ do, request, says string }{
			{"restrict", "restrict done", "Ihre Daten werden nicht mehr genutzt."},
			{"object", "object done", "Ihr Widerspruch ist eingetragen."},
			{"oppose", "oppose", "Bis zur Entscheidung nutzen wir Ihre Daten nicht"},
			{"withdraw", "withdraw done", "Ihre Einwilligungen sind widerrufen."},
			{"correct", "rectify", "Wir kümmern uns darum"},
		} {
			a := v.Post(t, "/portal/beispiel/do/"+c.do, url.Values{"text": {"Ich heiße Ada"}})
			if to := a.Header.Get("Location"); a.Status != http.StatusSeeOther || to != "/portal/beispiel/data" || !v.Get(t, to).Says(c.says) || v.Get(t, to).Says(c.says+"</p>") || !slices.Contains(o.open(t), c.request) {
				t.Errorf("%s: %d; requests are %q", c.do, a.Status, o.open(t))
			}
			if did := c.do + " " + o.ada.String(); c.do != "correct" && !slices.Contains(o.did, did) {
				t.Errorf("%s: done is %v", c.do, o.did)
			}
		}
		before := len(o.open(t))
		for _, c := range []struct {
			name, text string
			status     int
			says       string
		}{
			{"nothing", "  ", http.StatusUnprocessableEntity, "Schreiben Sie, was falsch ist"},
			{"too much", strings.Repeat("x", 70<<10), http.StatusRequestEntityTooLarge, "64,0 KB"},
		} {
			if a := v.Post(t, "/portal/beispiel/do/correct", url.Values{"text": {c.text}}); a.Status != c.status || !a.Says(c.says) || len(o.open(t)) != before {
				t.Errorf("correcting %s: %d", c.name, a.Status)
			}
		}
		if a := v.Get(t, "/portal/beispiel/data?did=object"); a.Status != http.StatusOK || a.Says("Widerspruch ist eingetragen") {
			t.Errorf("what an address says was done is believed: %d", a.Status)
		}
		if a := v.Post(t, "/portal/beispiel/do/erase", nil); a.Status != http.StatusOK || !a.Says("Ihre Daten sind nicht mehr lesbar") || !slices.Contains(o.did, "erase "+o.ada.String()) {
			t.Errorf("the erasure: %d, %v", a.Status, o.did)
		}
		if a := v.Get(t, "/portal/beispiel/data"); a.Status != http.StatusSeeOther {
			t.Errorf("after the erasure her visit goes on: %d", a.Status)
		}
	})
}

// A hold keeps her data; that she asked is not forgotten, as the page says.
func TestAHoldKeepsTheRequest(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		o.held = true
		a := v.Post(t, "/portal/beispiel/do/erase", nil)
		if page := v.Get(t, a.Header.Get("Location")); a.Status != http.StatusSeeOther || !page.Says("Ihre Anfrage liegt unserem Datenschutz vor") || page.Says(`do/erase`) {
			t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
		}
		if got := o.open(t); !slices.Equal(got, []string{"erase"}) {
			t.Errorf("her requests are %q, want one that is open", got)
		}
	})
}

var fetch = regexp.MustCompile(`/portal/beispiel/take/[0-9a-f-]+`)

func TestTakingOnesDataAlong(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		for _, c := range []struct{ kind, lang, want, request string }{
			{"access", "de", "package access de", "access done"},
			{"portability", "de", "package portability de", "portability done"},
			{"everything", "en", "package access en", "access done"},
		} {
			v.Post(t, "/portal/beispiel/take", url.Values{"kind": {c.kind}})
			path := fetch.FindString(v.Get(t, "/portal/beispiel/data").Body)
			a := v.Get(t, path+"?lang="+c.lang)
			if a.Status != http.StatusOK || a.Body != c.want+" "+o.ada.String() || a.Header.Get("Content-Type") != "application/zip" || !slices.Contains(o.open(t), c.request) {
				t.Errorf("%s: %d, %q; requests are %q", c.kind, a.Status, a.Body, o.open(t))
			}
			o.Time = o.Time.Add(time.Second)
		}
		parcel := func(person id.Person) (p cases.Parcel) {
			o.Write(t, func(ctx context.Context, tx store.Tx) error {
				c, err := o.cases.Open(ctx, tx, o.Org.ID, cases.Request{Contact: person, Kind: cases.Access, Source: "desk", Identity: cases.ByCode})
				if err != nil {
					return err
				}
				p, err = o.cases.Ready(ctx, tx, c, id.Parcel(o.IDs.New()), o.Time, id.Account(o.IDs.New()))
				return err
			})
			return p
		}
		mine, hers := parcel(o.ada), parcel(o.person(t, o.Org, "491760406902", "Berta"))
		if a := v.Get(t, "/portal/beispiel/data"); !a.Says(mine.ID.String()) || a.Says(hers.ID.String()) {
			t.Error("the page offers other packages than hers")
		}
		if a := v.Get(t, "/portal/beispiel/package/"+mine.ID.String()); a.Status != http.StatusOK || a.Body != "parcel "+mine.ID.String() {
			t.Errorf("the package that lies ready: %d %q", a.Status, a.Body)
		}
		if a := v.Get(t, "/portal/beispiel/package/"+hers.ID.String()); a.Status != http.StatusNotFound {
			t.Errorf("another person's package: %d", a.Status)
		}
	})
}

func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		if a := v.Post(t, "/portal/beispiel/leave", nil); a.Status != http.StatusSeeOther || v.Get(t, "/portal/beispiel/data").Status != http.StatusSeeOther {
			t.Errorf("%d; the visit goes on", a.Status)
		}
		if a := o.Anybody().Post(t, "/portal/beispiel/leave", nil); a.Status != http.StatusSeeOther {
			t.Errorf("leaving without being here: %d", a.Status)
		}
	})
}

// Everything that is done in the portal is written down, with whom it is about
// as the one who did it, or with the colleague in whose browser it was.
func TestThePortalIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		count := func(account id.Account) (n int) {
			o.Audit.Settle() // a view is written once it was answered
			if err := o.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM audit WHERE org_id = ? AND account_id = ? AND contact_id = ?", o.Org.ID, account, o.ada).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		v := o.enter(t) // the code, and entering
		v.Post(t, "/portal/beispiel/take", nil)
		v.Get(t, fetch.FindString(v.Get(t, "/portal/beispiel/data").Body))
		v.Post(t, "/portal/beispiel/do/object", nil)
		if n := count(id.Account(o.ada)); n != 6 {
			t.Errorf("%d of her deeds are written down, want 6", n)
		}
		staff := o.As(t, o.Org, user.Admin, "de")
		o.Time = o.Time.Add(2 * time.Minute)
		staff.Post(t, "/portal/beispiel/code", url.Values{"number": {number}})
		staff.Post(t, "/portal/beispiel/enter", url.Values{"number": {number}, "code": {o.heard(t).code}})
		if n := count(staff.ID); n != 2 {
			t.Errorf("%d of a colleague's deeds are written down, want 2", n)
		}
	})
}

// Where an erasure waits, her page says so, and lets her stop it.
func TestAnErasureWaits(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.enter(t)
		o.waits = 24 * time.Hour
		a := v.Post(t, "/portal/beispiel/do/erase", nil)
		if page := v.Get(t, a.Header.Get("Location")); a.Status != http.StatusSeeOther || !page.Says("Ihre Löschung ist vorgemerkt") || !page.Says("Verlangt wurde das über WhatsApp") || page.Says("do/keep") || len(o.did) != 0 {
			t.Errorf("%d, %v", a.Status, o.did)
		}
		if a := v.Post(t, "/portal/beispiel/do/keep", nil); a.Status != http.StatusConflict || !a.Says("auf einem anderen Weg") {
			t.Errorf("by the same way: %d", a.Status)
		}
		o.mayStop = true
		if !v.Get(t, "/portal/beispiel/data").Says("do/keep") {
			t.Error("no button stops it")
		}
		if a := v.Post(t, "/portal/beispiel/do/keep", nil); a.Status != http.StatusSeeOther || !slices.Contains(o.did, "keep "+o.ada.String()) {
			t.Errorf("stopping: %d, %v", a.Status, o.did)
		}
	})
}

// A code that comes to a number that somebody else entered, and that never wrote,
// opens no data: only a message proves whose the entry is. Ending things it may.
func TestANumberThatNeverWroteShowsNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const other = "+491760406944"
		var berta id.Person
		o.Write(t, func(ctx context.Context, tx store.Tx) error {
			found, err := o.people.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: other[1:], Given: "Berta Muster", Email: "berta@beispiel.example"}})
			berta = found[0].ID
			return err
		})
		v := o.Anybody()
		v.Post(t, "/portal/beispiel/code", url.Values{"number": {other}})
		v.Post(t, "/portal/beispiel/enter", url.Values{"number": {other}, "code": {o.heard(t).code}})
		if a := v.Get(t, "/portal/beispiel/data"); a.Status != http.StatusOK || a.Says("Berta") || a.Says(other[1:]) || !a.Says("zeigt erst eine Nachricht von Ihnen") {
			t.Errorf("%d: the page shows her", a.Status)
		}
		for _, path := range []string{"messages", "take/" + o.IDs.New().String(), "package/" + o.IDs.New().String()} {
			if a := v.Get(t, "/portal/beispiel/"+path); a.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, a.Status)
			}
		}
		if a := v.Post(t, "/portal/beispiel/take", nil); a.Status != http.StatusNotFound {
			t.Errorf("a download: %d", a.Status)
		}
		v.Post(t, "/portal/beispiel/do/object", nil)
		v.Post(t, "/portal/beispiel/do/erase", nil)
		if !slices.Equal(o.did, []string{"object " + berta.String()}) {
			t.Errorf("done is %v", o.did)
		}

		// Her mail address proves nothing either while staff have just entered it.
		o.Anybody().Post(t, "/portal/beispiel/code", url.Values{"number": {"berta@beispiel.example"}})
		o.Anybody().Post(t, "/portal/beispiel/code", url.Values{"number": {number}})
		o.Time = o.Time.Add(2 * time.Minute)
		o.Anybody().Post(t, "/portal/beispiel/code", url.Values{"number": {number}})
		if m := o.heard(t); m.person != o.ada {
			t.Errorf("a fresh mail address got a code: %+v", m)
		}
		o.Time = o.Time.Add(contact.MailStands)
		v = o.Anybody()
		v.Post(t, "/portal/beispiel/code", url.Values{"number": {" Berta@Beispiel.example "}})
		m := o.heard(t)
		if m.person == o.ada {
			m = o.heard(t)
		}
		v.Post(t, "/portal/beispiel/enter", url.Values{"number": {"berta@beispiel.example"}, "code": {m.code}})
		if m.way != "e_mail" || !v.Get(t, "/portal/beispiel/data").Says("Berta Muster") {
			t.Errorf("after a month the mail address opens nothing: %+v", m)
		}
	})
}

// Whoever gets no code writes a request. It looks nobody up.
func TestAWrittenRequest(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		v := o.Anybody()
		whole := url.Values{"name": {"Ada Beispiel"}, "kind": {"access"}, "text": {"Was wissen Sie über mich?"}, "answer": {"Musterweg 1, 10115 Berlin"}}
		for field, says := range map[string]string{"name": "Bitte nennen Sie Ihren Namen", "answer": "Bitte nennen Sie einen Weg", "kind": "Bitte wählen Sie"} {
			part := url.Values{}
			for k, value := range whole {
				part[k] = value
			}
			part.Del(field)
			if a := v.Post(t, "/portal/beispiel/write", part); a.Status != http.StatusUnprocessableEntity || !a.Says(says) {
				t.Errorf("without %s: %d", field, a.Status)
			}
		}
		if a := v.Post(t, "/portal/beispiel/write", whole); a.Status != http.StatusOK || !a.Says("Ihre Anfrage ist eingegangen") {
			t.Fatalf("%d", a.Status)
		}
		waiting, err := o.cases.Waiting(t.Context(), o.DB, o.Org.ID, time.UTC)
		if err != nil || len(waiting) != 1 || waiting[0].Kind != cases.Access || !waiting[0].Contact.IsZero() || waiting[0].Identity.Shown() {
			t.Fatalf("%+v, %v", waiting, err)
		}
		file, _, err := o.cases.File(t.Context(), o.DB, o.Org.ID, waiting[0].ID, id.Cursor{})
		if err != nil || len(file) != 1 || !strings.Contains(file[0].Text, "Musterweg 1") || !strings.Contains(file[0].Text, "Was wissen Sie") {
			t.Errorf("the file is %+v, %v", file, err)
		}
		refused := 0
		for range 40 {
			if v.Post(t, "/portal/beispiel/write", whole).Status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused == 0 {
			t.Error("one source may write without end")
		}
	})
}

// The page says exactly what an erasure does not reach, each from a fact: copies of
// her key only where there are backups, Meta's storage as each number is set.
func TestAnErasureSaysWhatStays(t *testing.T) {
	const backups, unknown, none, days, book = "die letzte Kopie des Schlüssels verfällt am ", "Wie lange Meta zugestellte", "kann bei Meta noch bis zu 60 Minuten liegen", "kann bei Meta noch bis zu 30 Tage liegen", "Kontaktverzeichnis bei Meta"
	for _, keys := range []time.Duration{0, 29 * 24 * time.Hour} {
		eachWith(t, keys, func(t *testing.T, o *office) {
			first, second := o.Number(t, o.Org, "+49 30 1"), o.Number(t, o.Org, "+49 30 2")
			v := o.enter(t)
			says := func(when string, want map[string]bool) {
				t.Helper()
				page := v.Get(t, "/portal/beispiel/data?lang=de")
				for text, is := range want {
					if page.Says(text) != is {
						t.Errorf("%s: %q is said: %v", when, text, !is)
					}
				}
			}
			says("nothing known", map[string]bool{backups: keys > 0, backups + "02.12.2026": keys > 0, unknown: true, none: false, days: false, book: false})
			for at, mode := range map[id.Channel]string{first.ID: "NO_STORAGE_ENABLED", second.ID: "DEFAULT"} {
				o.Write(t, func(ctx context.Context, tx store.Tx) error {
					return o.Orgs.SetStorage(ctx, tx, o.Org.ID, at, mode, "")
				})
			}
			says("both known", map[string]bool{unknown: false, "49 30 1 geschrieben wurde, " + none: true, "49 30 2 geschrieben wurde, " + days: true})
			o.Write(t, func(ctx context.Context, tx store.Tx) error {
				_, err := o.people.Resolve(ctx, tx, o.Org.ID, []contact.Sighting{{Phone: "491760406901", BSUID: "DE.1", FromMeta: true, At: o.Now()}})
				return err
			})
			says("with a user id", map[string]bool{book: true})
		})
	}
}
